"""The room that talks to DuckDB: the store, its schema, and every question asked of it."""
