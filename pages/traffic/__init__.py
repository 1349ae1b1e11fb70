"""Reading the traffic."""
