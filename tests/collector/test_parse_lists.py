"""Referrers, paths, the repository, its stars and its releases (fault cases 65, 67, 69 and 72)."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from collector.endpoints.lists import ListingEntry, parse_listing
from collector.endpoints.releases import AssetReading, parse_releases
from collector.endpoints.repository import parse_repository
from collector.endpoints.stars import StarDay, parse_star_history
from collector.errors import AnswerRefused

EXAMPLES: dict[str, Any] = json.loads(Path(__file__).with_name("examples.json").read_text("utf-8"))
NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)
SUNDAY = date(2026, 8, 30)
HOSTILE = [
    "<script>alert(1)</script>",
    "=HYPERLINK(1)",
    "+1",
    "-1",
    "@SUM(A1)",
    "\u202ereversed",
    "a\x00b\x1b[31m\r\nc",
    "'; drop table daily_traffic; --",
    "",
    " ",
    "大きさ",
    "{{7*7}}",
]


def entry(name: object, count: object = 3, uniques: object = 1, **more: object) -> dict[str, object]:
    return {"referrer": name, "count": count, "uniques": uniques, **more}


def release(key: int = 1, **changed: object) -> dict[str, object]:
    asset = {"id": 10 * key, "name": "file.zip", "download_count": 7}
    plain = {
        "id": key,
        "tag_name": f"v{key}",
        "name": None,
        "prerelease": False,
        "published_at": "2026-08-01T10:00:00Z",
    }
    return {**plain, "draft": False, "assets": [asset], **changed}


def test_the_examples_of_lists_come_out_as_they_are() -> None:
    found = parse_listing("referrers", EXAMPLES["referrers"]).observation
    assert found.entries[:2] == (ListingEntry("Google", None, 4, 3), ListingEntry("stackoverflow.com", None, 2, 2))
    first = parse_listing("paths", EXAMPLES["paths"]).observation.entries[0]
    assert (first.name, first.count, first.uniques) == ("/github/hubot", 3542, 2225)
    assert first.title == "github/hubot: A customizable life embetterment robot."


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_kept_to_the_letter(text: str) -> None:
    found = parse_listing("referrers", [entry(text)])
    assert found.observation.entries[0].name == text
    assert found.warnings == ()


def test_a_long_text_is_cut_and_half_a_character_replaced() -> None:
    names = [
        each.name for each in parse_listing("referrers", [entry("x" * 10_240), entry("\ud83d")]).observation.entries
    ]
    assert names == ["x" * 1000, "?"]


def test_names_that_differ_by_case_are_two_and_the_same_name_is_one() -> None:
    rows = [entry("Google", 5), entry("google", 4), entry("Google", 3)]
    assert [(e.name, e.count) for e in parse_listing("referrers", rows).observation.entries] == [
        ("Google", 5),
        ("google", 4),
    ]


def test_more_than_ten_are_kept_in_order_and_more_than_a_hundred_are_cut() -> None:
    found = parse_listing("referrers", [entry(f"r{n}", n, 0) for n in range(250)])
    assert len(found.observation.entries) == 100
    assert [each.count for each in found.observation.entries] == sorted(range(100), reverse=True)
    assert found.warnings == ("250 referrers were given; the first 100 are kept",)


@pytest.mark.parametrize("row", [entry(None), entry("a", None), entry("a", 1, 2), entry("a", -1), {}, None, "Google"])
def test_a_bad_entry_is_refused_and_the_others_stay(row: object) -> None:
    found = parse_listing("referrers", [entry("Bing"), row])
    assert [each.name for each in found.observation.entries] == ["Bing"]
    assert found.warnings[0].startswith("row refused: ")
    with pytest.raises(AnswerRefused):
        parse_listing("referrers", [row])


@pytest.mark.parametrize("body", [None, {}, {"message": "Server Error"}, "x", 5])
def test_what_is_no_list_is_refused(body: object) -> None:
    for parse in (lambda: parse_listing("paths", body), lambda: parse_releases([body])):
        with pytest.raises(AnswerRefused, match="should be a list"):
            parse()
    with pytest.raises(AnswerRefused):
        parse_star_history([body], NOW)


def test_watchers_are_the_subscribers_and_not_the_stars() -> None:
    found = parse_repository(EXAMPLES["repository"]).observation
    assert (found.facts.github_id, found.facts.full_name) == (1296269, "octocat/Hello-World")
    assert (found.stars, found.watchers, found.size_kb) == (80, 42, 108)
    assert (found.facts.visibility, found.facts.archived, found.facts.fork) == ("public", False, False)


def test_counters_that_are_missing_or_odd_are_unknown_and_the_odd_ones_told() -> None:
    body = {"id": 1, "full_name": "o/r", "stargazers_count": None, "forks_count": "x", "size": -1, "private": True}
    parsed = parse_repository(body)
    found = parsed.observation
    assert (found.stars, found.forks, found.watchers, found.size_kb) == (None, None, None, None)
    refused = ["row refused: stargazers_count", "row refused: forks_count", "row refused: size"]
    assert [each.partition(" is ")[0] for each in parsed.warnings] == refused
    assert (found.facts.visibility, found.facts.archived) == ("private", None)


@pytest.mark.parametrize(
    "changed", [{"id": None}, {"id": -1}, {"id": True}, {"full_name": None}, {"full_name": "a/../b"}]
)
def test_a_repository_without_identity_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(AnswerRefused):
        parse_repository({**EXAMPLES["repository"], **changed})


def test_the_star_history_is_told_day_by_day_oldest_first_up_to_today() -> None:
    found = parse_star_history([EXAMPLES["star_history"]], NOW).observation.days
    assert found[0] == StarDay(SUNDAY - timedelta(days=7), 0)
    assert [each.stars for each in found[7:]] == [4 - 3, 0, 2]
    assert found[-1].day == NOW.date()


@pytest.mark.parametrize("hours", [-12, -7, -1, 0, 1, 8, 11])
def test_a_week_of_stars_that_begins_off_midnight_utc_begins_on_the_nearest_one(hours: int) -> None:
    week = {"week": int(datetime(2026, 8, 23, tzinfo=UTC).timestamp()) + hours * 3600, "days": [1, 2, 3, 4, 5, 6, 7]}
    found = parse_star_history([[week]], NOW).observation.days
    assert found[0] == StarDay(date(2026, 8, 23), 1)
    assert len(found) == 7


def test_a_week_that_two_pages_hold_is_counted_once() -> None:
    page = EXAMPLES["star_history"]
    assert parse_star_history([page, page], NOW) == parse_star_history([page], NOW)


@pytest.mark.parametrize(
    "week", [{}, {"week": 0, "days": [1] * 6}, {"week": -1, "days": [0] * 7}, {"week": 0, "days": [None] * 7}]
)
def test_a_bad_week_of_stars_is_refused_and_the_others_stay(week: object) -> None:
    found = parse_star_history([[week, *EXAMPLES["star_history"]]], NOW)
    assert len(found.observation.days) == 10
    assert len(found.warnings) == 1


def test_releases_give_the_lifetime_counters_of_their_assets() -> None:
    found = parse_releases([EXAMPLES["releases"]]).observation
    assert found.assets == (AssetReading(1, 1, "example.zip", 42),)
    assert found.releases[0].tag_name == "v1.0.0"


def test_drafts_are_left_out_and_a_release_without_assets_is_told() -> None:
    found = parse_releases([[release(1, draft=True), release(2, assets=None), release(3)]])
    assert [each.release_id for each in found.observation.releases] == [2, 3]
    assert [each.asset_id for each in found.observation.assets] == [30]
    assert found.warnings == ("release v2 came without its assets",)


def test_a_release_that_shifted_to_the_next_page_is_counted_once() -> None:
    found = parse_releases([[release(1), release(2)], [release(2), release(3)]]).observation
    assert [each.release_id for each in found.releases] == [1, 2, 3]
    assert len(found.assets) == 3
