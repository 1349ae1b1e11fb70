"""The top-10 lists of referrers and paths: as recorded, or made from the views of the 14 days.

Made ones change once a day, together with the window, are sorted by count and never have more uniques than requests.
"""

from datetime import datetime
from typing import Any

from tests.simulated_github.repositories import Entry, Repository, Snapshot
from tests.simulated_github.windows import Row, dense_rows, distinct

TOP = 10
_REFERRERS = (
    ("Google", 31),
    ("github.com", 24),
    ("reddit.com", 9),
    ("news.ycombinator.com", 7),
    ("DuckDuckGo", 5),
    ("t.co", 4),
    ("Bing", 3),
    ("chatgpt.com", 3),
    ("stackoverflow.com", 2),
    ("com.google.android.gm", 1),
    ("StartPage", 1),
)
_PATHS = (
    ("", 44),
    ("/blob/main/README.md", 9),
    ("/issues", 8),
    ("/tree/main/src", 7),
    ("/releases", 6),
    ("/pulls", 4),
    ("/tree/main/docs", 4),
    ("/blob/main/LICENSE", 1),
    ("/actions", 1),
    ("/graphs/traffic", 1),
    ("/network", 1),
)


def referrers(repository: Repository, now: datetime) -> list[dict[str, Any]]:
    """The sites that visitors came from."""
    return [
        {"referrer": entry.name, "count": entry.count, "uniques": entry.uniques}
        for entry in _entries(repository.referrers, repository, now, _REFERRERS)
    ]


def paths(repository: Repository, now: datetime) -> list[dict[str, Any]]:
    """The pages that were looked at."""
    full_name = repository.full_name
    made = tuple((f"/{full_name}{path}", weight) for path, weight in _PATHS)
    return [
        {"path": entry.name, "title": entry.title or title(entry.name), "count": entry.count, "uniques": entry.uniques}
        for entry in _entries(repository.paths, repository, now, made)
    ]


def title(path: str) -> str:
    """A page's title made from its path, in the form that GitHub gives."""
    owner, name, *rest = path.strip("/").split("/")
    if len(rest) > 2 and rest[0] in ("blob", "tree"):
        return f"{name}/{'/'.join(rest[2:])} at {rest[1]} · {owner}/{name} · GitHub"
    return f"{rest[0].capitalize()} · {owner}/{name} · GitHub" if rest else f"{owner}/{name}"


def _entries(
    snapshots: list[Snapshot] | None, repository: Repository, now: datetime, weights: tuple[tuple[str, int], ...]
) -> tuple[Entry, ...] | list[Entry]:
    if snapshots is None:
        return _made(dense_rows(repository, repository.views, now), repository.id, weights)
    known = [snapshot for snapshot in snapshots if snapshot.since <= now]
    return max(known, key=lambda snapshot: snapshot.since).entries if known else ()


def _made(rows: list[Row], repository_id: int, weights: tuple[tuple[str, int], ...]) -> list[Entry]:
    views, visitors = sum(row.requests for row in rows), distinct(rows, repository_id)
    entries = []
    for place, (name, weight) in enumerate(weights):
        own = weight * (70 + (repository_id * 31 + place * 17) % 61)
        count = views * own // 13_000
        if count:
            entries.append(Entry(name, count, max(1, min(count, visitors * own // 13_000))))
    return sorted(entries, key=lambda entry: -entry.count)[:TOP]
