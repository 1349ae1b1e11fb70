"""Answers whose data is strange: made from the real body of views, clones, referrers or paths."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from tests.simulated_github.faults import Fault

Rows = list[dict[str, Any]]
HOSTILE = (
    "",
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    "evil\u202egro.example",
    "bell\x07and\x1b[31mred",
    "x" * 10_000,
    "GITHUB.COM",
    "github.com",
    "+1",
    "-1",
    "@sum",
)


def rows_changed(change: Callable[[Rows], Rows]) -> Fault:
    """The rows of the body, whichever it is, changed; the totals stay as they were."""

    def changed(body: Any) -> Any:
        if isinstance(body, list):
            return change(body)
        [name] = {"views", "clones"} & body.keys()
        return {**body, name: change(body[name])}

    return Fault(change=changed)


def each_row(**fields: object) -> Fault:
    """Every row with these fields instead of its own; a field that is `...` is taken away."""

    def changed(row: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in {**row, **fields}.items() if value is not ...}

    return rows_changed(lambda rows: [changed(row) for row in rows])


def oldest_row(**fields: object) -> Fault:
    """The first row with these fields instead of its own."""
    return rows_changed(lambda rows: [{**row, **fields} if n == 0 else row for n, row in enumerate(rows)])


def no_rows() -> Fault:
    """An answer that has nothing to say."""
    return Fault(change=lambda body: [] if isinstance(body, list) else dict.fromkeys(body, 0) | _empty(body))


def array_missing() -> Fault:
    """The totals without the days."""
    return Fault(change=lambda body: {name: value for name, value in body.items() if name not in ("views", "clones")})


def every_day_twice() -> Fault:
    """Each day again, with smaller numbers."""
    return rows_changed(lambda rows: rows + [{**row, "count": row["count"] // 2, "uniques": 0} for row in rows])


def backwards() -> Fault:
    """The newest day first."""
    return rows_changed(lambda rows: rows[::-1])


def timestamps(form: str = "%Y-%m-%dT02:00:00+02:00") -> Fault:
    """Timestamps in another form: by default with an offset."""
    return rows_changed(
        lambda rows: [{**row, "timestamp": _moment(row).strftime(form)} for row in rows],
    )


def days_moved(by_days: int = 40) -> Fault:
    """Days that cannot be in the window: in the future, or long past."""
    return rows_changed(
        lambda rows: [
            {**row, "timestamp": f"{_moment(row) + timedelta(days=by_days):%Y-%m-%dT00:00:00Z}"} for row in rows
        ]
    )


def more_uniques_than_requests() -> Fault:
    """What was never seen in 225,102 real rows."""
    return rows_changed(lambda rows: [{**row, "uniques": row["count"] + 1} for row in rows])


def numbers_as(kind: str = "text") -> Fault:
    """Counts as text, float, half, bool, null or negative numbers, or as one that is too great."""
    forms: dict[str, Callable[[int], object]] = {
        "text": str,
        "float": float,
        "half": lambda n: n + 0.5,
        "bool": bool,
        "null": lambda _: None,
        "negative": lambda n: -n - 1,
        "huge": lambda _: 2**64,
    }
    return rows_changed(lambda rows: [{**row, "count": forms[kind](row["count"])} for row in rows])


def totals_wrong() -> Fault:
    """A total that is not the sum of the days."""
    return Fault(change=lambda body: {**body, "count": body["count"] + 1000})


def everything_zero() -> Fault:
    """As in the outage of August 2019: all days are there, all without traffic."""
    return rows_changed(lambda rows: [{**row, "count": 0, "uniques": 0} for row in rows])


def hostile_names() -> Fault:
    """Referrers or paths whose names are meant to do harm, more than ten, some of them twice but for case."""

    def changed(rows: Any) -> Any:
        key = "path" if rows and "path" in rows[0] else "referrer"
        return [{key: name, "title": name, "count": 50 - n, "uniques": 1} for n, name in enumerate(HOSTILE)]

    return Fault(change=changed)


def _empty(body: dict[str, Any]) -> dict[str, list[object]]:
    return {name: [] for name in ("views", "clones") if name in body}


def _moment(row: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(row["timestamp"])
