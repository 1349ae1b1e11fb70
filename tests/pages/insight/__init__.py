"""Tests of the insight pages."""
