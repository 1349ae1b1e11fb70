"""The top-10 lists of referrers and paths: counts of the 14 days before, never to be added up.

Source: https://docs.github.com/en/rest/metrics/traffic (/traffic/popular/referrers, /traffic/popular/paths).
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from collector.endpoints import fields
from collector.endpoints.endpoint import Endpoint, Phase
from collector.errors import AnswerRefused
from data.calendar import stored, utc_day
from data.collection.models import Row, Save

LISTING_LIMIT = 100  # GitHub gives 10
SAVE = Save(
    {
        "incoming_listing": (
            "repository_id integer, listing text, observed_on date, observed_at timestamp, digest text, "
            "rank integer, name text, title text, count bigint, uniques bigint"
        )
    },
    ((__name__, "save"),),
    {"fresh_listing": "listing"},
)


@dataclass(frozen=True, slots=True)
class ListingEntry:
    name: str
    title: str | None
    count: int
    uniques: int


@dataclass(frozen=True, slots=True)
class ListingObservation:
    """One answer of referrers or paths, largest count first; an empty one says that there was no traffic."""

    listing: str
    entries: tuple[ListingEntry, ...]

    save = SAVE

    def rows(self, repository_id: int, observed_at: datetime) -> Iterator[tuple[str, Row]]:
        """A list without entries is one row with rank 0."""
        digest = hashlib.sha256(repr(self.entries).encode()).hexdigest()[:16]
        head = (repository_id, self.listing, utc_day(observed_at), stored(observed_at), digest)
        if not self.entries:
            yield "incoming_listing", (*head, 0, None, None, None, None)
        for rank, entry in enumerate(self.entries, start=1):
            yield "incoming_listing", (*head, rank, entry.name, entry.title, entry.count, entry.uniques)


class TopList(Endpoint):
    def parse(self, body: object, as_of: datetime) -> fields.Parsed[ListingObservation]:
        return parse_listing(self.name, body)


REFERRERS = TopList("referrers", "/traffic/popular/referrers", Phase.LISTS)
PATHS = TopList("paths", "/traffic/popular/paths", Phase.LISTS)
ENDPOINTS = (REFERRERS, PATHS)


def parse_listing(listing: str, body: object) -> fields.Parsed[ListingObservation]:
    """The top-10 list of referrers or paths, verbatim up to a limit. Raises: AnswerRefused."""
    name_field = {"referrers": "referrer", "paths": "path"}[listing]
    if not isinstance(body, list):
        raise AnswerRefused(f"{listing} should be a list")
    entries: dict[str, ListingEntry] = {}
    warnings = fields.Warnings()
    for row in body[:LISTING_LIMIT]:
        entry = fields.attempt(partial(_entry, row, name_field), warnings)
        if entry and entry.name not in entries:
            entries[entry.name] = entry
    if len(body) > LISTING_LIMIT:
        warnings.odd.append(f"{len(body)} {listing} were given; the first {LISTING_LIMIT} are kept")
    if warnings.refused and not entries:
        raise AnswerRefused(f"no row of {listing} could be used: {warnings.refused[0]}")
    ranked = sorted(entries.values(), key=lambda e: -e.count)
    return fields.Parsed(ListingObservation(listing, tuple(ranked)), warnings.sentences())


def _entry(given: object, name_field: str) -> ListingEntry:
    row = fields.mapping(given)
    count, uniques = fields.count_field(row, "count"), fields.count_field(row, "uniques")
    if uniques > count:
        raise fields.FieldRefused("an entry has more uniques than requests")
    return ListingEntry(fields.text_field(row, name_field), fields.optional_text(row, "title"), count, uniques)
