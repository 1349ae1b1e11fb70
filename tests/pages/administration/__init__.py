"""The administration pages as each role sees them."""
