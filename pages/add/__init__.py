"""Adding repositories."""
