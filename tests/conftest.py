"""What holds for all tests: examples are drawn the same way each time, and none fails for being slow."""

from hypothesis import settings

settings.register_profile("the_same_each_time", derandomize=True, deadline=None, print_blob=True)
settings.load_profile("the_same_each_time")
