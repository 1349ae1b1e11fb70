"""Getting in, and one's own account, in a browser session as tests run it."""
