"""Running the server: log, tenants, users."""
