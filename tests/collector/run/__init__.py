"""Whole collection runs against the fake GitHub, into real stores."""
