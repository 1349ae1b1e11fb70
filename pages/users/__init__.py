"""The users and their roles."""
