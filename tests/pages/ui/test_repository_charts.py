"""What the charts of a repository are made of: pending is hollow, a gap is a band, what is unknown is left out."""

import re
from datetime import date, timedelta

import pandas as pd
import pytest
from pandas import DataFrame

from data.insight.events import compared
from data.insight.notes import checked_link
from data.insight.spike_causes import Cause, Listed, Noted, Released, Spike, Starred
from data.text import Notation, writing
from data.traffic.models import Grain
from pages.repository import text, view
from pages.ui.charts import coverage, listings, repository
from pages.ui.charts.bars_and_lines import IMPORTED, STATES, with_imports
from pages.ui.charts.repository import Mark, lanes_specification
from tests.data.reading import of_one

DAY = date(2026, 3, 4)
HOSTILE = "<b>[x](javascript:1)</b>"


def series(*days: tuple[int | None, str]) -> dict[str, DataFrame]:
    """The rows of traffic.series of one repository, from DAY on, by metric: views and half as many people; no clones
    known.
    """
    rows = []
    for n, (value, state) in enumerate(days):
        day, people = DAY + timedelta(days=n), None if value is None else value // 2
        rows += [(1, "o/r", day, "views", value, state, None), (1, "o/r", day, "view_uniques", people, state, "day")]
        rows += [(1, "o/r", day, metric, None, "pending", None) for metric in ("clones", "clone_uniques")]
    columns = ["repository_id", "full_name", "period", "metric", "value", "state", "kind"]
    frame = DataFrame(rows, columns=columns).astype({"value": "Int64", "repository_id": "Int64"})
    return {str(metric): of_metric for metric, of_metric in frame.groupby("metric")}


def counters(**columns: list[int]) -> DataFrame:
    """The rows of repository.counters, from DAY on."""
    names = ("stars_gained", "stars", "forks", "watchers", "downloads")
    length = max(map(len, columns.values()), default=0)
    rows = {name: columns.get(name, [None] * length) for name in names}
    return DataFrame({"day": [DAY + timedelta(days=n) for n in range(length)], **rows})


def story(rows: dict[str, DataFrame], marks: tuple[Mark, ...] = (), days: int = 4) -> repository.Story:
    selection = of_one(1, DAY, DAY + timedelta(days=days - 1), DAY + timedelta(days=days))
    return repository.story(rows, counters(stars_gained=[1, 0]), marks, selection)


def test_pending_is_open_a_gap_is_told_and_a_lane_of_which_nothing_is_known_is_not_there() -> None:
    found = story(series((8, "final"), (None, "gap"), (3, "pending"), (None, "pending")))
    assert found.lanes == ("views", "stars_gained")
    views = found.rows[found.rows["lane"] == "views"]
    assert list(views["open"]) == [False, True, True, True]
    assert list(views["value"].isna()) == [False, True, False, True]
    assert list(views["people"].dropna()) == [4, 1]
    assert set(found.rows["state"].dropna()) == {"final", "gap", "pending"}


def test_more_days_than_can_be_told_apart_are_weeks_and_no_spike_stands_over_a_week() -> None:
    marks = (Mark(DAY, "Spike", "9 views", "views"), Mark(DAY, "Note", "A talk"))
    found = story(series((8, "final")), marks, days=500)
    assert "views Spike" not in set(found.rows["lane"])
    assert "views Spike" in set(story(series((8, "final")), marks).rows["lane"])
    assert found.lanes[0] == repository.MARKS


def test_clones_by_machines_are_a_part_of_each_bar_and_a_sentence() -> None:
    days = [DAY + timedelta(days=n) for n in range(4)]
    columns: dict[str, list[int | None]] = {
        "clones": [297, 50, 60, 9],
        "clone_uniques": [8, 1, 5, 1],
        "workflow_runs": [80, 0, None, None],
    }
    columns |= {"at_least_by_actions": [120, 0, None, None], "steady_floor": [None, 12, 9, None]}
    machines = DataFrame({"day": days, **columns}).astype(dict.fromkeys(columns, "Int64"))
    rows = series(*[(8, "final")] * 4)
    rows["clones"][["value", "state"]] = [[each, "final"] for each in columns["clones"]]
    found = repository.story(rows, counters(), (), of_one(1, DAY, days[-1], days[-1]), machines)
    assert found.details == {"actions", "steady"}
    clones = found.rows[found.rows["lane"] == "clones"]
    assert list(clones["machines"]) == ["at least 120 of 297", "at least 0 of 50", "unknown", "unknown"]
    assert clones["spoken"].iloc[0].endswith("297, final, by GitHub Actions at least 120 of 297")
    assert text.machines(machines) == (
        "At least 120 of 347 clones by GitHub Actions (2 of 4 days known). Steady floor: 9 clones a day, the fewest of "
        "15 days: a sign of machines. On 2 days one cloner made all 59 clones."
    )
    assert text.machines(machines.iloc[:0]) == ""


def test_all_lanes_have_the_same_days() -> None:
    lanes = ("marks", "views", "clones", "stars_gained", "forks", "downloads")
    found = lanes_specification(lanes, DAY, DAY + timedelta(days=30))
    scales = [layer["encoding"]["x"]["scale"] for lane in found["vconcat"] for layer in lane["layer"]]
    assert len(found["vconcat"]) == len(lanes)
    assert all(scale["domain"] == scales[0]["domain"] and scale["type"] == "utc" for scale in scales)
    assert lanes_specification(("views",), DAY, DAY)["vconcat"][0]["layer"]


@pytest.mark.parametrize(
    ("state", "value", "kind"),
    [
        ("final", 7, "Final"),
        ("final", 0, "Zero"),
        ("pending", None, "Pending"),
        ("pending", 0, "Pending"),
        ("gap", None, "Gap"),
        ("gap", 0, "Partial"),
    ],
)
def test_a_zero_is_true_only_where_an_answer_told_it(state: str, value: int | None, kind: str) -> None:
    assert coverage.kind(state, pd.NA if value is None else value) == kind


def test_a_final_day_of_another_tool_is_shown_as_imported() -> None:
    assert [coverage.kind(state, 0, "import") for state in ("final", "pending")] == ["Imported", "Pending"]
    rows = DataFrame({"state": ["final", "final", "gap"], "kind": ["import", None, "import"]}, dtype="string[pyarrow]")
    assert list(with_imports(rows)) == [IMPORTED, "final", "gap"]
    assert "with days imported" in STATES[with_imports(rows, Grain.WEEK)[0]]


def test_the_pattern_of_the_week_is_of_final_days_only() -> None:
    states = ["final"] * 14 + ["pending"] * 7
    days = [DAY + timedelta(days=n) for n in range(21)]
    frame = DataFrame({"day": days, "views": [10] * 14 + [999] * 7, "views_state": states})
    found = coverage.weekdays(frame, "views")
    assert len(found) == 7
    assert set(found["median"]) == {10.0}
    assert set(found["days"]) == {2}
    assert coverage.weekdays(frame[frame["views_state"] == "pending"], "views").empty


def test_a_bound_that_is_not_known_is_not_drawn_as_one() -> None:
    of_name = DataFrame({"day": [DAY, DAY], "low": [3, 0], "high": pd.array([9, pd.NA], dtype="Int64")})
    found = listings.bound_rows(of_name)
    assert list(found["open"]) == [False, True]
    assert list(found["most"]) == ["9", "unknown"]


@pytest.mark.parametrize(
    ("path", "shown"),
    [("/O/r", "/"), ("/o/R/issues", "/issues"), ("/o/rest", "/o/rest"), ("Google", "Google"), (HOSTILE, HOSTILE)],
)
def test_a_path_is_shown_as_it_lies_below_the_repository(path: str, shown: str) -> None:
    assert listings.below(path, "o/r") == shown


@pytest.mark.parametrize(
    ("detail", "said"),
    [
        (
            Listed(DAY, True, 80, None, 70, 5, 40, DAY - timedelta(days=6)),
            "with at least 70 views from 26 Feb to 4 Mar, 5 to 40 on this day",
        ),
        (Listed(DAY, False, 80, 30, None), "brought more: 80 views in 14 days (list of 4 Mar), 30 before"),
        (Released(None, DAY - timedelta(days=1)), "was published the day before"),
        (Noted("https://example.org"), "” [Open](https://example.org)"),
        (Starred(20, 1.0), "20 new stars, usually 1"),
    ],
)
def test_a_cause_is_told_in_words_and_its_text_is_a_text(detail: object, said: str) -> None:
    line = text.cause_line(Cause("referrer", HOSTILE, 0.5, detail), DAY)  # type: ignore[arg-type]
    assert said in line
    assert "<b>" not in line
    assert "](j" not in line


def test_a_note_of_a_spike_begins_with_its_release_too() -> None:
    listed = [Cause("referrer", f"r{n}", 0.9, Listed(DAY, False, 80, 30, 50)) for n in range(3)]
    causes = [
        Cause("note", "old", 1.0, Noted(None)),
        *listed,
        Cause("release", "v2", 0.5, Released("", DAY)),
    ]
    assert text.for_note("views", 463, causes) == "463 views: referrer r0, referrer r1, release v2"


def test_a_link_of_a_note_is_one_link_whatever_stands_in_it() -> None:
    kept = checked_link("https://example.org/a)[x](javascript:alert(1))![y](https://example.org/z")
    assert re.findall(r"[()\[\]]", text.to_open(kept)) == ["[", "]", "(", ")"]
    assert text.to_open(None) == ""


def test_an_event_of_which_days_are_missing_says_so() -> None:
    days = [DAY + timedelta(days=n) for n in range(-56, 3)]
    found = compared(DataFrame({"views": [5.0] * len(days), "clones": [1.0] * len(days)}, days), DAY, days[-1])
    assert text.cards(found)[0].days == "3 of 7 days"
    assert [each.partition(":")[0] for each in text.incomplete(found)] == ["7 days after", "30 days after"]
    assert text.event_table(found)["before_change"].iloc[0] == "0%"


def test_the_days_of_weeks_are_written_as_each_reader_writes_them() -> None:
    found = []
    for notation in (Notation(), Notation(month_first=True), Notation()):
        with writing(notation):
            found.append(view._week_columns()["week"]["type_config"]["format"])
    assert found == ["D MMM YYYY", "MMM D, YYYY", "D MMM YYYY"]


def test_the_day_that_stood_out_most_is_looked_at_first_and_links_hold_no_text() -> None:
    days = [DAY, DAY + timedelta(days=1), DAY + timedelta(days=2)]
    spikes = [
        Spike(1, "o/r", "views", day, day, day, value, 5.0, score, score)
        for day, value, score in zip(days, (90, 50), (9.0, 4.0), strict=False)
    ]
    found = text.events([Mark(days[2], "Note", HOSTILE), Mark(days[2], "Note", "A talk")], spikes)
    assert [each.key for each in found] == [
        "2026-03-06-note-2",
        "2026-03-06-note",
        "2026-03-05-views",
        "2026-03-04-views",
    ]
    assert text.most_notable(found).day == DAY
    assert text.most_notable(found[:2]).day == days[2]
