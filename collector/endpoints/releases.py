"""Published releases, and the lifetime download counters of their assets.

Source: https://docs.github.com/en/rest/releases/releases#list-releases
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from collector.endpoints import fields
from collector.endpoints.endpoint import PagedEndpoint, Phase, Query, Request
from collector.errors import AnswerRefused
from data.calendar import stored, utc_day
from data.collection.models import Row, Save

MAX_PAGES = 40  # of 30 releases: a hundred with many assets make an answer of several megabytes
SAVE = Save(
    {
        "incoming_release": (
            "repository_id integer, release_id bigint, observed_at timestamp, tag_name text, name text, "
            "prerelease boolean, published_at timestamp"
        ),
        "incoming_asset": (
            "repository_id integer, asset_id bigint, day date, observed_at timestamp, release_id bigint, "
            "asset_name text, downloads bigint"
        ),
    },
    ((__name__, "save"),),
    {"moved_counter": "'releases'"},
)


@dataclass(frozen=True, slots=True)
class AssetReading:
    release_id: int
    asset_id: int
    asset_name: str
    downloads: int


@dataclass(frozen=True, slots=True)
class ReleaseFacts:
    release_id: int
    tag_name: str
    name: str | None
    prerelease: bool | None
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class ReleaseObservation:
    releases: tuple[ReleaseFacts, ...]
    assets: tuple[AssetReading, ...]

    save = SAVE

    def rows(self, repository_id: int, observed_at: datetime) -> Iterator[tuple[str, Row]]:
        at, day = stored(observed_at), utc_day(observed_at)
        for release in self.releases:
            published = None if release.published_at is None else stored(release.published_at)
            row = (release.release_id, at, release.tag_name, release.name, release.prerelease, published)
            yield "incoming_release", (repository_id, *row)
        for asset in self.assets:
            counter = (asset.release_id, asset.asset_name, asset.downloads)
            yield "incoming_asset", (repository_id, asset.asset_id, day, at, *counter)


class Releases(PagedEndpoint):
    conditional = True

    def query(self, request: Request) -> Query:
        return {"per_page": 30}

    def max_pages(self, request: Request) -> int:
        return MAX_PAGES

    def parse(self, body: object, as_of: datetime) -> fields.Parsed[ReleaseObservation]:
        return parse_releases(body)


RELEASES = Releases("releases", "/releases", Phase.HISTORY)
ENDPOINTS = (RELEASES,)


def parse_releases(pages: object) -> fields.Parsed[ReleaseObservation]:
    """Published releases and the lifetime counters of their assets. Raises: AnswerRefused.

    Drafts are left out: only people with push access see them.
    """
    releases: dict[int, ReleaseFacts] = {}
    assets: dict[int, AssetReading] = {}
    warnings = fields.Warnings()
    for row in fields.rows_of_pages(pages, "the releases"):
        release = fields.attempt(partial(_release, row), warnings)
        if release is None or (isinstance(row, Mapping) and row.get("draft") is True):
            continue
        releases.setdefault(release.release_id, release)
        for asset in _assets(row, release, warnings):
            assets.setdefault(asset.asset_id, asset)
    if warnings.refused and not releases:
        raise AnswerRefused(f"no row of the releases could be used: {warnings.refused[0]}")
    return fields.Parsed(ReleaseObservation(tuple(releases.values()), tuple(assets.values())), warnings.sentences())


def _release(given: object) -> ReleaseFacts:
    row = fields.mapping(given)
    published = fields.moment_field(row, "published_at") if row.get("published_at") is not None else None
    return ReleaseFacts(
        fields.id_field(row, "id"),
        fields.text_field(row, "tag_name"),
        fields.optional_text(row, "name"),
        fields.optional_flag(row, "prerelease"),
        published,
    )


def _assets(given: object, release: ReleaseFacts, warnings: fields.Warnings) -> list[AssetReading]:
    listed = fields.mapping(given).get("assets")
    if not isinstance(listed, list):
        warnings.odd.append(f"release {release.tag_name} came without its assets")
        return []
    read = (fields.attempt(partial(_asset, asset, release.release_id), warnings) for asset in listed)
    return [asset for asset in read if asset is not None]


def _asset(given: object, release_id: int) -> AssetReading:
    row = fields.mapping(given)
    return AssetReading(
        release_id,
        fields.id_field(row, "id"),
        fields.text_field(row, "name"),
        fields.count_field(row, "download_count"),
    )
