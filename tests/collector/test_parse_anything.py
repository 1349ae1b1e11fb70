"""Whatever JSON GitHub may answer: a parser gives possible rows, or refuses the answer, and nothing else happens."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.endpoints.fields import Parsed
from collector.endpoints.lists import parse_listing
from collector.endpoints.releases import parse_releases
from collector.endpoints.repository import parse_repository
from collector.endpoints.stars import parse_star_history
from collector.endpoints.traffic import TrafficObservation, parse_traffic, parse_weekly
from collector.errors import AnswerRefused
from data.traffic.models import Metric

NOW = datetime(2026, 5, 10, 12, tzinfo=UTC)
GREATEST = 10**12
NUMBERS = st.one_of(
    st.integers(),
    st.integers(0, 50),
    st.floats(),
    st.sampled_from([2**63, GREATEST, GREATEST + 1, -1, 3.0, 3.5, 1e300, float("nan"), float("inf")]),
)
TEXTS = st.one_of(
    st.text(),
    st.text("0123456789²٣-+. e", max_size=8),
    st.sampled_from(["\ud800", "\x00", "x" * 20_000, "=1+1", "<script>", "octo/hello", "12"]),
)
TIMES = st.one_of(
    st.timedeltas(timedelta(days=-40), timedelta(days=3)).map(lambda apart: (NOW + apart).isoformat()),
    st.dates(date(2026, 4, 20), date(2026, 5, 12)).map(lambda day: f"{day}T00:00:00Z"),
    st.sampled_from(["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-W19-1", "20260501", "2026-05-01"]),
    TEXTS,
)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)
ANYTHING = SCALARS | JSON


def row(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Rows with these fields: some missing, some of another kind."""
    return st.fixed_dictionaries({}, optional={name: values | ANYTHING for name, values in fields.items()}) | ANYTHING


DAYS = row(timestamp=TIMES, count=NUMBERS, uniques=NUMBERS)
TRAFFIC = row(count=NUMBERS, uniques=NUMBERS, views=st.lists(DAYS, max_size=16))
ENTRIES = row(referrer=TEXTS, path=TEXTS, title=TEXTS, count=NUMBERS, uniques=NUMBERS)
WEEKS = row(
    week=NUMBERS | st.sampled_from([253_402_214_400, 1_778_371_200]), days=st.lists(NUMBERS, min_size=7, max_size=7)
)
ASSETS = row(id=NUMBERS, name=TEXTS, download_count=NUMBERS)
RELEASES = row(id=NUMBERS, tag_name=TEXTS, name=TEXTS, published_at=TIMES, assets=st.lists(ASSETS, max_size=3))
REPOSITORIES = row(id=NUMBERS, full_name=TEXTS, size=NUMBERS, visibility=TEXTS, stargazers_count=NUMBERS, fork=NUMBERS)


def parsed(parse: Callable[..., Parsed[Any]], *given_to_it: Any) -> Any:
    """What a parser makes of it; None where it refuses the answer. Its warnings can be stored."""
    try:
        made = parse(*given_to_it)
    except AnswerRefused:
        return None
    assert all(warning.encode() and len(warning) < 1500 for warning in made.warnings)
    assert len(made.warnings) < 50
    return made.observation


def possible(*counts: int | None, most: int = GREATEST) -> bool:
    return all(count is None or (type(count) is int and 0 <= count <= most) for count in counts)


def storable(*texts: str | None) -> bool:
    return all(text is None or (len(text.encode()) >= 0 and len(text) <= 1000) for text in texts)


@given(TRAFFIC | ANYTHING)
def test_days_are_possible_or_refused(body: Any) -> None:
    found: TrafficObservation | None = parsed(parse_traffic, Metric.VIEWS, body, NOW)
    for reading in found.days if found else ():
        assert possible(reading.count, reading.uniques, reading.count - reading.uniques)
        assert NOW.date() - timedelta(days=30) <= reading.day <= NOW.date()
    assert not found or len({reading.day for reading in found.days}) == len(found.days)
    window = found.window if found else None
    assert window is None or (
        window.first_day <= window.last_day < NOW.date() and possible(window.total, window.uniques)
    )


@given(TRAFFIC | ANYTHING)
def test_weeks_are_possible_or_refused(body: Any) -> None:
    found = parsed(parse_weekly, Metric.VIEWS, body, NOW)
    for week in found.weeks if found else ():
        assert possible(week.count, week.uniques, week.count - week.uniques)
        assert week.week.weekday() == 0
    assert not found or len({week.week for week in found.weeks}) == len(found.weeks)


@pytest.mark.parametrize("listing", ["referrers", "paths"])
@given(body=st.lists(ENTRIES, max_size=8) | ANYTHING)
def test_entries_of_a_list_are_possible_or_refused(listing: str, body: Any) -> None:
    found = parsed(parse_listing, listing, body)
    for entry in found.entries if found else ():
        assert possible(entry.count, entry.uniques, entry.count - entry.uniques)
        assert storable(entry.name, entry.title)
    assert not found or len({entry.name for entry in found.entries}) == len(found.entries)


@given(REPOSITORIES | ANYTHING)
def test_a_repository_is_possible_or_refused(body: Any) -> None:
    found = parsed(parse_repository, body)
    if found:
        assert possible(found.facts.github_id, most=2**63 - 1)
        assert possible(found.stars, found.forks, found.watchers, found.size_kb)
        assert storable(found.facts.full_name, found.facts.visibility)


@given(st.lists(st.lists(WEEKS, max_size=4) | ANYTHING, max_size=3))
def test_star_days_are_possible_or_refused(pages: list[Any]) -> None:
    found = parsed(parse_star_history, pages, NOW)
    for star_day in found.days if found else ():
        assert possible(star_day.stars)
        assert star_day.day <= NOW.date()
    assert not found or [each.day for each in found.days] == sorted({each.day for each in found.days})


@given(st.lists(st.lists(RELEASES, max_size=4) | ANYTHING, max_size=3))
def test_releases_are_possible_or_refused(pages: list[Any]) -> None:
    found = parsed(parse_releases, pages)
    for asset in found.assets if found else ():
        assert possible(asset.asset_id, asset.release_id, most=2**63 - 1)
        assert possible(asset.downloads)
        assert storable(asset.asset_name)
    for release in found.releases if found else ():
        assert possible(release.release_id, most=2**63 - 1)
        assert storable(release.tag_name, release.name)
        assert release.published_at is None or release.published_at.tzinfo is UTC


def test_counts_that_add_up_to_more_than_can_be_stored_are_refused() -> None:
    rows = [{"timestamp": f"2026-05-0{day}T00:00:00Z", "count": GREATEST, "uniques": 1} for day in (1, 2)]
    with pytest.raises(AnswerRefused, match="more than can be"):
        parse_traffic(Metric.VIEWS, {"views": rows}, NOW)


def test_a_week_of_stars_at_the_end_of_time_is_refused() -> None:
    with pytest.raises(AnswerRefused, match="is not a moment"):
        parse_star_history([[{"week": 253_402_214_400, "days": [0] * 7}]], NOW)
