"""The schema of the two databases: numbered migrations, and the public views."""
