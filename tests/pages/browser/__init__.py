"""The whole app in a real browser: Chromium over a live server."""
