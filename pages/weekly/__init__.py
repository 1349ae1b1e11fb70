"""The weekly traffic."""
