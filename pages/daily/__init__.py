"""The daily traffic."""
