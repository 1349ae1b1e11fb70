"""Names that have moved to charts/traffic.py."""

from pages.ui.charts.traffic import LONGEST_BY_DAY, METRICS, PERIODS, legible

__all__ = ["LONGEST_BY_DAY", "METRICS", "PERIODS", "legible"]
