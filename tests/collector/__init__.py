"""Tests of the room that talks to GitHub, and of its command line."""
