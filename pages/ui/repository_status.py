"""The status of repositories, and what needs attention, in words that people act on."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from collector.reach import overbooked
from data.accounts.encryption import key_mark
from data.accounts.grants import administered
from data.accounts.models import Account, Viewer
from data.collection.health import CollectionHealth, Finding, FindingKind, collection_health, looked_at
from data.collection.log import is_collecting
from data.repositories.models import RepositoryState
from data.repositories.repositories import other_tenants, repository_names
from data.store import Store
from data.store.arrow import plain_values
from data.store.cache import cached
from data.text import counted, ended, number_text
from data.traffic.traffic import repository_summaries
from pages.ui import messages
from pages.ui.text import repository_link
from pages.ui.time_format import moment_text

MOST_TOLD = 4  # of each kind that needs attention
MORE = {
    FindingKind.REFUSED: ": *Repositories*, *Needs attention* lists them.",
    FindingKind.LOSS: ": *Repositories*, *Needs attention* lists them.",
}
REMEDIES = {
    FindingKind.RUN: "The system log has the reasons.",
    FindingKind.MISSED: "Ask whoever runs this server to check its timer.",
    FindingKind.SCHEDULE: "Change it under Tenants.",
    FindingKind.TOKEN: "Store a new one under Tenants.",
    FindingKind.LOSS: "A manager can collect it now; the system log says what fails.",
}
STATES = {
    RepositoryState.ACTIVE: "Active",
    RepositoryState.PAUSED: "Paused",
    RepositoryState.UNAVAILABLE: "Not reachable",
    RepositoryState.BLOCKED: "Blocked",
    RepositoryState.REMOVED: "Removed",
}
COLOURS = {"Active": "green", "Paused": "gray", "Not reachable": "red", "Blocked": "red", "Removed": "gray"}


@dataclass(frozen=True, slots=True)
class HealthInWords:
    """How the collection stands; in Markdown its problems, its warnings, and both, or that nothing needs attention."""

    read: CollectionHealth
    problems: str
    warnings: str
    text: str


def health_of(account: Account, viewer: Viewer, store: Store, now: datetime) -> HealthInWords:
    """The one reading of the collection's health, with the tokens of the tenants that the user manages."""
    key = key_mark(store.directory)
    return _health_of(account, viewer, store, looked_at(now), key, is_going_on=is_collecting(store))


@cached("traffic", "control", in_words=True)
def _health_of(
    account: Account, viewer: Viewer, store: Store, now: datetime, key: Hashable, *, is_going_on: bool
) -> HealthInWords:
    """Kept in words, since every page shows it; for all that decides on it, the key of the tokens among it."""
    managed = administered(account, store)
    read = collection_health(viewer.of_each_tenant(), store, managed.tenant_ids, now, overbooked(managed, store))
    return HealthInWords(read, attention(read.problems), attention(read.warnings), health_text(read))


def finding_text(each: Finding) -> str:
    """A finding in plain text, without what it is about: what is wrong, since when, and the next step."""
    at = f"{each.label}: {moment_text(each.moment) if each.moment else 'never'}." if each.label else ""
    return " ".join(part for part in (ended(each.text), at, REMEDIES.get(each.kind, "")) if part)


def attention(findings: Sequence[Finding]) -> str:
    """Findings as a list in Markdown, the first few of each kind."""
    lines: list[str] = []
    for kind in FindingKind:
        of_kind = [each for each in findings if each.kind is kind]
        lines += [
            f"- **{messages.literal(each.about)}**: {messages.literal(finding_text(each))}"
            for each in of_kind[:MOST_TOLD]
        ]
        if (more := len(of_kind) - MOST_TOLD) > 0:
            lines.append(f"- and {number_text(more)} more like these{MORE.get(kind, '.')}")
    return "\n".join(lines)


def health_text(read: CollectionHealth) -> str:
    """What needs attention, or that nothing does, in Markdown."""
    if read.findings:
        return attention(read.findings)
    if read.tracked and read.last_collected_at:
        days = "" if read.days_until_loss is None else f" No data loss within {counted(read.days_until_loss, 'day')}."
        return (
            ":green[:material/check_circle:] All repositories are up to date: "
            f"{number_text(read.tracked)} tracked, last collected {moment_text(read.last_collected_at)}.{days}"
        )
    nothing = "Nothing has been collected yet." if read.tracked else "You are not tracking any repositories at present."
    return f":gray[:material/info:] {nothing}"


@cached("traffic", in_words=True)
def repository_rows(
    viewer: Viewer, store: Store, today: date, findings: tuple[Finding, ...]
) -> Mapping[str, Sequence[Any]]:
    """The viewer's repositories by name, as columns: what the reader gives, and beside it what the table and the
    choices need.

    Urgent are those of the findings, with these as their note.
    """
    summaries = repository_summaries(viewer, store, today)
    rows = {str(name): tuple(plain_values(summaries[name])) for name in summaries}
    keys, states = rows["repository_id"], [RepositoryState(state) for state in rows["state"]]
    urgent: dict[int | None, str] = {}
    for each in findings:
        urgent[each.repository_id] = f"{urgent.get(each.repository_id, '')} {finding_text(each)}".strip()
    others = other_tenants(viewer, store)
    also = [f"Also tracked by {', '.join(others[key])}; counted once." if key in others else "" for key in keys]
    collected = rows["last_collected_at"]
    own = [urgent.get(key) or _note(state, at) for key, state, at in zip(keys, states, collected, strict=True)]
    archived = ["archived" if each else None for each in rows["archived"]]
    names = repository_names(viewer, store)
    return MappingProxyType(
        rows
        | {
            "urgent": tuple(key in urgent for key in keys),
            "note": tuple(" ".join(part for part in parts if part) for parts in zip(own, also, strict=True)),
            "link": tuple(repository_link(names.get(key, "")) for key in keys),
            "words": tuple([STATES[state]] for state in states),
            "kind": tuple(
                ", ".join(word for word in kind if word) for kind in zip(rows["visibility"], archived, strict=True)
            ),
            "days_left": tuple(None if days is None else max(0, days) for days in rows["days_until_loss"]),
        }
    )


def _note(state: RepositoryState, collected_at: object) -> str:
    """What there is to say of a repository that needs nobody."""
    match state:
        case RepositoryState.PAUSED:
            return "Paused by its tenant: resumed within 13 days of the last collection, no day is lost."
        case RepositoryState.REMOVED:
            return "Not tracked any more; its history is kept. Resume it to collect it again."
    return (
        "" if collected_at else "Not collected yet: that comes at the next scheduled time, or at once with Collect now."
    )
