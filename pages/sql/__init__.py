"""Asking the database oneself."""
