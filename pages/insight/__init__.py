"""Answers: what moved and why, a repository in full, repositories and launches beside each other."""
