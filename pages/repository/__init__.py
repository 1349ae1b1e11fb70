"""The page of one repository: its traffic with all that happened, its lists, its events, what is known of it."""
