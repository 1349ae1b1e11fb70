"""Dashboards: canned ones, and those that users build from panels."""
