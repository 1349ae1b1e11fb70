"""The chart: what it shows, and the numbers behind it."""
