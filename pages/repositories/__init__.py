"""The repositories that a tenant follows."""
