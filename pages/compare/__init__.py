"""The comparison: repositories on the same days, and launches from day 0 on."""
