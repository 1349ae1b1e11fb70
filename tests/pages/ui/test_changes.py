"""How a change is told."""

import pytest

from pages.ui.text import change


@pytest.mark.parametrize(
    ("now", "before", "told"),
    [
        (150, 100, "+50.0 %"),
        (50, 100, "-50.0 %"),
        (1000, 999, "+0.1 %"),
        (100_000, 100_001, "+0.0 %"),
        (719, 100, "+619 %"),
        (1000, 100, "×10"),
        (5_000_000, 100, "×50,000"),
        (1, 0, None),
        (1, None, None),
        (None, 1, None),
    ],
)
def test_a_change_is_told_where_there_is_something_to_compare(now: int | None, before: int | None, told: str) -> None:
    assert change(now, before) == told
