"""What the collector is told and tells: the repositories followed, what is due, answers saved, the log of its runs."""
