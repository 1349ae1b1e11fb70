"""Whole collection runs against the simulated GitHub, into real stores."""
