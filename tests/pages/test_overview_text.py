"""What the overview makes of rows: causes become words, days on the chart get numbers."""

from datetime import date, timedelta
from typing import Any

import pytest

from data.insight.overview import Mover
from data.insight.spike_causes import Cause, Listed, Noted, Released, Spike, Starred, WorkflowRunsRise
from data.insight.text import HTML, NO_CAUSE, cause_text, why
from data.store.arrow import arrow_rows, frame
from data.traffic.models import Grain
from pages.overview import text
from pages.ui.charts import compare as compare_charts
from pages.ui.charts.chart import legend_of
from pages.ui.charts.spikes import SpikeMark, marked
from pages.ui.spike_list import spike_sentence

DAY = date(2026, 4, 14)  # a Tuesday
NEWS = Cause("referrer", "news.example", 0.4, Listed(DAY, True, 700, None, 650, seen_before=DAY - timedelta(days=5)))


def one(*causes: Cause, value: int = 1200) -> Spike:
    return Spike(1, "owner/r1", "views", DAY, DAY, DAY, value, 100.0, 9.0, 1.0, causes)


def test_an_event_is_told_with_what_is_usual_and_its_cause() -> None:
    assert spike_sentence(one(NEWS)) == (
        "1,200 views, 12 times the usual 100. "
        "<strong>news.example</strong> appeared among the referrers, with at least 650 views from 9 to 14 Apr."
    )
    assert "150 views, usually 100" in spike_sentence(one(value=150))
    assert why(one(), HTML) == NO_CAUSE


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (Cause("referrer", "Google", 0.5, Listed(DAY, False, 90, 40, 50)), "Google</strong> brought at least 50 more"),
        (Cause("referrer", "Bing", 0.5, Listed(DAY, False, 90, None, 50)), "Bing</strong> brought at least 50 views"),
        (Cause("path", "/o/r/wiki", 0.5, Listed(DAY, False, 9, 4, 5)), "was viewed at least 5 more times"),
        (Cause("release", "v1", 0.5, Released(None, DAY - timedelta(days=1))), "published the day before"),
        (Cause("stars", "", 0.2, Starred(30, 2.0)), "30 new stars, usually 2"),
        (
            Cause("runs", "", 0.9, WorkflowRunsRise(90, 9.5, 120)),
            "90 workflow runs, usually 10, at least 120 clones by GitHub Actions",
        ),
        (Cause("note", "A <b> talk", 1.0, Noted(None)), "note: “A &lt;b&gt; talk”"),
    ],
)
def test_each_kind_of_cause_has_its_words(cause: Cause, words: str) -> None:
    assert words in cause_text(cause, DAY, HTML)


def test_where_everybody_lands_explains_nothing() -> None:
    front = Cause("path", "/owner/r1", 0.9, Listed(DAY, True, 900, None, 900))
    assert why(one(front), HTML) == NO_CAUSE


def test_what_was_not_there_before_is_told_first_and_three_at_most() -> None:
    usual = [Cause("referrer", f"r{n}", 0.6, Listed(DAY, False, 90, 40, 50)) for n in range(4)]
    sentence = why(one(*usual, NEWS), HTML)
    assert sentence.startswith("<strong>news.example")
    assert sentence.count(";") == 2


def test_a_note_takes_no_causes_place_and_a_rise_of_several_days_says_which() -> None:
    note = Cause("note", "463 views: referrer news.example", 1.0, Noted(None))
    more = Listed(DAY + timedelta(days=2), False, 900, 100, 761, seen_before=DAY - timedelta(days=15))
    causes = [note, *(Cause("referrer", f"r{n}", 0.9, more) for n in range(3))]
    sentence = spike_sentence(one(*causes, value=463))
    assert sentence.count("at least 761 more views from 30 Mar to 16 Apr") == 3
    assert "Note: “463 views" in sentence


def test_a_rise_from_nothing_has_no_percent_and_a_name_is_never_markup() -> None:
    table = text.moved_table([Mover(1, "o/<r>", "clones", 40, 0, 31, 6.3)], {}, (DAY, DAY))
    assert "▲ +40" in table
    assert ">new</td>" in table
    days = f"dates={DAY}&amp;dates={DAY}"
    assert f'"/repository?of=o/%3Cr%3E&amp;range=Custom&amp;{days}"' in table
    assert "<r>" not in table


def test_numbers_stand_over_their_periods_and_share_one() -> None:
    y = {"axis": {"format": "d"}, "scale": {"zero": True}}
    drawn: dict[str, Any] = {"layer": [{"encoding": {"x": {"axis": None, "scale": {"type": "utc"}}, "y": y}}]}
    marks = [
        SpikeMark(1, DAY, 900, "a"),
        SpikeMark(2, DAY + timedelta(days=1), 900, "b"),
        SpikeMark(3, date(2026, 5, 1), 50, "c"),
    ]
    layer = marked(drawn, marks, Grain.WEEK)["layer"][-1]
    assert [(row["number"], row["height"]) for row in layer["data"]["values"]] == [("1 · 2", 900), ("3", 50)]
    assert (layer["encoding"]["x"]["scale"], layer["encoding"]["y"]["axis"]) == ({"type": "utc"}, {"format": "d"})
    assert len(drawn["layer"]) == 1, "the chart without numbers is another's too"


def test_a_long_name_in_a_legend_does_not_widen_a_phone() -> None:
    lines = compare_charts.Lines((f"an-owner/{'a-long-name-' * 8}", "<b>"), "Views")
    html = legend_of(compare_charts.legend(lines))
    assert "nowrap" not in html
    assert "overflow-wrap:anywhere" in html
    assert "&lt;b&gt;" in html


@pytest.mark.parametrize(
    ("wanted", "names", "total"),
    [
        (text.TableRequest("", "Views"), ["b", "a", "D", "c"], 4),
        (text.TableRequest("", "Change"), ["D", "b", "a", "c"], 4),
        (text.TableRequest("", "Name"), ["a", "b", "c", "D"], 4),
        (text.TableRequest("D", "Views"), ["D"], 1),
        (text.TableRequest("", "Views", page=2, size=3), ["c"], 4),
    ],
)
def test_what_is_unknown_comes_last_and_what_is_as_great_comes_by_name(
    wanted: text.TableRequest, names: list[str], total: int
) -> None:
    counts = {"final_days": 10, "views_days": 10, "visitor_days": 1, "clones": 1, "stars": None}
    rows: list[dict[str, Any]] = [
        {"full_name": "a", "views": 5, "views_compared": 5, "views_before": 5, "views_days": 4},
        {"full_name": "b", "views": 9, "views_compared": 9, "views_before": 9},
        {"full_name": "c", "views": None, "views_compared": None, "views_before": None},
        {"full_name": "D", "views": 5, "views_compared": 5, "views_before": 1},
    ]
    sums = frame(arrow_rows([counts | row | {"repository_id": key} for key, row in enumerate(rows)]))
    shown, count = text.page(sums, wanted)
    assert ([rows[each["repository_id"]]["full_name"] for each in shown], count) == (names, total)
