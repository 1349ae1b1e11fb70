"""This server's sandbox, in which every query runs, of the page SQL and of programs: with the operator's limits."""

import os
from functools import cache

from data.sandbox.sandbox import Limits, Sandbox
from pages.ui.store import the_store

SETTINGS = {  # the environment variables of the operator
    "seconds": "TRAFFIC_SQL_SECONDS",
    "rows": "TRAFFIC_SQL_ROWS",
    "memory_mb": "TRAFFIC_SQL_MEMORY_MB",
    "at_once": "TRAFFIC_SQL_AT_ONCE",
}


def limits() -> Limits:
    values = {name: os.environ.get(variable, "") for name, variable in SETTINGS.items()}
    return Limits(**{name: int(text) for name, text in values.items() if text.isdecimal()})


def is_on() -> bool:
    return limits().at_once > 0


def the_sandbox() -> Sandbox:
    return _sandbox(str(the_store().directory), limits())


@cache
def _sandbox(directory: str, limits: Limits) -> Sandbox:
    return Sandbox(the_store(), limits)
