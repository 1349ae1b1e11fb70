"""The repositories that are tracked: adding, pausing, removing, and how their collection stands."""
