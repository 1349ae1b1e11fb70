"""The colours, until all charts take them from chart.py."""

from pages.ui.charts.chart import COLOURS

__all__ = ["COLOURS"]
