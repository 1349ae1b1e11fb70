"""Dashboards: their specification and its schema, the canned ones, those that users keep, and the rows of a panel."""
