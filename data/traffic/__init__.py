"""What the traffic pages show: days, weeks and series of the repositories that a viewer may see, and their export."""
