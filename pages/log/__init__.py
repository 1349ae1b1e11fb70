"""The system log."""
