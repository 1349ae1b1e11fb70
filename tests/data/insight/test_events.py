"""Before and after a day: final days only, against the median of the same weekdays before it."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pandas import DataFrame

from data.accounts.models import Viewer
from data.insight.events import METRICS, before_and_after, compared
from tests.data.filled import ENGINE, RELEASED_ON, TODAY
from tests.data.reading import filled

DAY = date(2026, 3, 4)
LONG_AFTER = DAY + timedelta(days=90)
WEEKDAYS = (10, 20, 30, 40, 50, 3, 2)


def usual(first: int = -56, last: int = 30) -> DataFrame:
    """Days around DAY on which each weekday has what it always has."""
    days = [DAY + timedelta(days=n) for n in range(first, last)]
    return DataFrame({"views": [float(WEEKDAYS[day.weekday()]) for day in days]}, index=days)


def window(final: DataFrame, name: str, shown_from: date = LONG_AFTER) -> dict[str, Any]:
    """What a window tells of views."""
    rows = compared(final, DAY, shown_from).windows
    (row,) = rows[(rows["window"] == name) & (rows["metric"] == "views")].to_dict("records")
    return dict(row)


@pytest.mark.parametrize(("name", "days"), [("before", 7), ("after_7", 7), ("after_30", 30)])
def test_a_usual_time_is_neither_up_nor_down(name: str, days: int) -> None:
    found = window(usual(), name)
    assert found["final_days"] == found["days"] == days
    assert found["total"] == found["usual"]
    assert found["change"] == 0


def test_what_the_day_brought_has_no_part_in_what_is_usual() -> None:
    final = usual()
    final.loc[DAY : DAY + timedelta(days=6), "views"] *= 3
    found = window(final, "after_7")
    assert (found["total"], found["usual"]) == (3 * sum(WEEKDAYS), sum(WEEKDAYS))
    assert found["change"] == pytest.approx(2)
    assert found["change_on_before"] == pytest.approx(2)
    assert window(final, "before")["change"] == 0


def test_days_that_are_not_final_and_gaps_are_left_out_on_both_sides_and_one_outlier_moves_nothing() -> None:
    final = usual()
    final.loc[DAY - timedelta(days=14), "views"] = 9000.0
    assert window(final, "after_30")["change"] == 0
    final.loc[DAY + timedelta(days=1), "views"] = np.nan
    gap = window(final, "after_7")
    assert (gap["final_days"], gap["open_days"], gap["lost_days"], gap["change"]) == (6, 0, 1, 0)
    final.loc[DAY + timedelta(days=2) :, "views"] = np.nan
    young = window(final, "after_7", DAY - timedelta(days=9))  # five days later GitHub shows all of them
    assert (young["final_days"], young["open_days"], young["lost_days"], young["change"]) == (1, 6, 0, 0)
    older = window(final, "after_7", DAY + timedelta(days=2))
    assert (older["final_days"], older["open_days"], older["lost_days"], older["change"]) == (1, 5, 1, 0)


def test_with_too_few_weeks_before_nothing_is_called_usual() -> None:
    found = window(usual(first=-20), "after_7")
    assert found["total"] == sum(WEEKDAYS)
    assert np.isnan(found["usual"])
    assert np.isnan(found["change"])


def test_of_nothing_known_nothing_is_told() -> None:
    found = compared(DataFrame({"views": []}), DAY, LONG_AFTER)
    assert found.windows["total"].isna().all()
    assert found.around["value"].isna().all()


def test_stars_are_final_when_the_history_was_read_two_days_later(template: Path, tmp_path: Path) -> None:
    """Days that are long old, of a history that was read on the next day only, are known in part at most."""
    with filled(template, tmp_path / "full") as store:
        with store.traffic.commit("test") as connection:
            read = "update endpoint_state set last_good_at = $at where endpoint = 'star_history'"
            connection.execute(read, {"at": RELEASED_ON + timedelta(days=1)})
        found = before_and_after(Viewer(frozenset({ENGINE}), frozenset()), store, ENGINE, RELEASED_ON, TODAY)
    around = found.around[(found.around["metric"] == "stars") & found.around["value"].notna()]
    assert max(around["day"]) == RELEASED_ON - timedelta(days=1)


def test_before_and_after_a_real_release(template: Path, tmp_path: Path) -> None:
    """The engine's views were four times the usual on the day of its release and on the next."""
    viewer = Viewer(frozenset({ENGINE}), frozenset())
    with filled(template, tmp_path / "full") as store:
        found = before_and_after(viewer, store, ENGINE, RELEASED_ON, TODAY)
        young = before_and_after(viewer, store, ENGINE, TODAY - timedelta(days=5), TODAY)
    rows = found.windows.set_index(["window", "metric"])
    assert set(rows.index.get_level_values("metric")) == set(METRICS)
    assert 0.5 < rows.loc[("after_7", "views"), "change"] < 1.2
    assert abs(rows.loc[("before", "views"), "change"]) < 0.2
    assert rows.loc[("after_7", "stars"), "total"] >= 3 * 25
    open_days = young.windows.set_index(["window", "metric"]).loc[("after_7", "views"), "open_days"]
    assert open_days == 4
