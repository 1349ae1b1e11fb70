"""What all refusals have in common. Each topic has its own kind, with its sentences."""


class Refused(Exception):
    """What is asked for cannot be done as it stands; the sentence says why, and what to do."""
