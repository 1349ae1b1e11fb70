"""The repositories that a tenant tracks."""
