"""What is concluded from the traffic: the overview, spikes and their causes, bounds, comparisons, notes."""
