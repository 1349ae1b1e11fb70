"""Names that have moved to text.py."""

from pages.ui.text import change, of_ratio

__all__ = ["change", "of_ratio"]
