"""The room that talks to people: each page asks, shows, and nothing else. No page lies here itself: see the frame."""
