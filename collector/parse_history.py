"""Turns the star history and the releases into observations. Pure, like `collector.parse`."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import partial

from collector.errors import AnswerRefused
from collector.fields import (
    FieldRefused,
    count_field,
    mapping,
    moment_field,
    optional_flag,
    optional_text,
    text_field,
)
from collector.parse import Parsed, Warnings, attempt
from data.calendar import DAY, utc_day
from data.collection.models import AssetReading, ReleaseFacts, ReleaseObservation, StarDay, StarObservation

ZONES_REACH = timedelta(hours=12)


def parse_star_history(pages: list[object], as_of: datetime) -> Parsed[StarObservation]:
    """Stars gained a day, oldest first, up to the day of the answer.

    GitHub: "Week and day boundaries are not guaranteed to align with UTC". A week's start is taken as the
    nearest UTC midnight, so a boundary anywhere from 12 h before to 12 h after gives the same Sunday.
    Source: /stargazers/history, newest week first. Raises: AnswerRefused.
    """
    days: dict[date, StarDay] = {}
    warnings = Warnings()
    for row in _rows(pages, "the star history"):
        for star_day in attempt(partial(_star_week, row), warnings) or ():
            if star_day.day <= utc_day(as_of):
                days.setdefault(star_day.day, star_day)
    if warnings.refused and not days:
        raise AnswerRefused(f"no week of the star history could be used: {warnings.refused[0]}")
    return Parsed(StarObservation(tuple(days[day] for day in sorted(days))), warnings.told())


def parse_releases(pages: list[object]) -> Parsed[ReleaseObservation]:
    """Published releases and the lifetime counters of their assets. Raises: AnswerRefused.

    Drafts are left out: only people with push access see them.
    """
    releases: dict[int, ReleaseFacts] = {}
    assets: dict[int, AssetReading] = {}
    warnings = Warnings()
    for row in _rows(pages, "the releases"):
        release = attempt(partial(_release, row), warnings)
        if release is None or (isinstance(row, Mapping) and row.get("draft") is True):
            continue
        releases.setdefault(release.release_id, release)
        for asset in _assets(row, release, warnings):
            assets.setdefault(asset.asset_id, asset)
    if warnings.refused and not releases:
        raise AnswerRefused(f"no row of the releases could be used: {warnings.refused[0]}")
    return Parsed(ReleaseObservation(tuple(releases.values()), tuple(assets.values())), warnings.told())


def _rows(pages: list[object], what: str) -> list[object]:
    rows: list[object] = []
    for page in pages:
        if not isinstance(page, list):
            raise AnswerRefused(f"{what} should be a list")
        rows.extend(page)
    return rows


def _star_week(given: object) -> list[StarDay]:
    row = mapping(given)
    days = row.get("days")
    if not isinstance(days, list) or len(days) != 7:
        raise FieldRefused("a week of stars has not seven days")
    try:
        start = utc_day(datetime.fromtimestamp(count_field(row, "week"), UTC) + ZONES_REACH)
        dates = [start + n * DAY for n in range(7)]
    except FieldRefused:
        raise
    except (OverflowError, ValueError, OSError) as error:
        raise FieldRefused("the start of a week of stars is not a moment") from error
    return [StarDay(day, count_field({"days": stars}, "days")) for day, stars in zip(dates, days, strict=True)]


def _release(given: object) -> ReleaseFacts:
    row = mapping(given)
    published = moment_field(row, "published_at") if row.get("published_at") is not None else None
    return ReleaseFacts(
        count_field(row, "id"),
        text_field(row, "tag_name"),
        optional_text(row, "name"),
        optional_flag(row, "prerelease"),
        published,
    )


def _assets(given: object, release: ReleaseFacts, warnings: Warnings) -> list[AssetReading]:
    listed = mapping(given).get("assets")
    if not isinstance(listed, list):
        warnings.odd.append(f"release {release.tag_name} came without its assets")
        return []
    read = (attempt(partial(_asset, asset, release.release_id), warnings) for asset in listed)
    return [asset for asset in read if asset is not None]


def _asset(given: object, release_id: int) -> AssetReading:
    row = mapping(given)
    return AssetReading(release_id, count_field(row, "id"), text_field(row, "name"), count_field(row, "download_count"))
