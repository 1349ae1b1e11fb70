"""The tenants, with their tokens and schedules."""
