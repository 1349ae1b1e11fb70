"""The columns of the administration's tables: how each is headed and written. Made once, not at every run of a page."""

from collections.abc import Mapping
from typing import Any

from streamlit import column_config as config

_text, _number, _moment = config.TextColumn, config.NumberColumn, config.DatetimeColumn
_OWN_TIME = "In your own time zone"

ACTS: Mapping[str, Any] = {
    "at": _moment("When", format="localized", help=_OWN_TIME),
    "actor": _text("Who"),
    "act": _text("Did"),
    "subject": _text("On"),
    "detail": _text("Detail", width="large"),
}
USERS: Mapping[str, Any] = {
    "username": _text("Username", pinned=True),
    "name": _text("Name"),
    "email": _text("E-mail"),
    "roles": _text("Roles"),
    "state": _text("State", width=90),
}
TENANTS: Mapping[str, Any] = {
    "name": _text("Tenant", pinned=True),
    "state": _text("State", width=100),
    "repositories": _number("Repositories", format="localized", width=100),
    "schedule": _text("Schedule (UTC)"),
    "next": _moment("Next collection", format="localized", help=_OWN_TIME),
    "token": _text("Token of"),
    "expires": _text("Token expires", width="medium"),
}
RUNS: Mapping[str, Any] = {
    "run": _number("Run", format="%d", width=60, pinned=True),
    "started": _moment("Started", format="localized", help=_OWN_TIME),
    "state": _text("State", width=110),
    "trigger": _text("Started by"),
    "repositories": _number("Repositories", format="localized"),
    "requests": _number("Requests", format="localized", help="Questions asked of GitHub"),
    "seconds": _number("Seconds", format="%.0f"),
}
RESULTS: Mapping[str, Any] = {
    "repository": _text("Repository", pinned=True),
    "tenant": _text("Tenant"),
    "endpoint": _text("Asked for", width=110),
    "outcome": _text("Outcome", width=110),
    "reason": _text("Reason", width="large"),
    "status": _number("HTTP", format="%d", width=60),
    "changed": _number("Rows changed", format="localized", width=100),
    "at": _moment("At", format="localized"),
    "elapsed": _number("Milliseconds", format="localized", width=100),
}
