"""Untrusted SQL: a query in a process of its own over a file of one viewer's rows; saved queries and examples."""
