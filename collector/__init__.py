"""The room that talks to GitHub: what is due is fetched, parsed and handed to the store."""
