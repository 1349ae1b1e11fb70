"""A user's open sessions, asked once a version of the store and minute for whoever asks."""

from datetime import datetime
from functools import lru_cache

from data.accounts import sessions
from data.accounts.models import Account
from data.accounts.passwords import fingerprint
from data.accounts.sessions import OpenSession
from pages.ui.readers import Place, control_place
from pages.ui.store import the_store


def open_sessions(account: Account, secret: str, now: datetime) -> tuple[OpenSession, ...]:
    """The user's open sessions, the newest first; `secret` is that of the one that asks."""
    return _open_sessions(account, control_place(), fingerprint(secret), now.replace(second=0, microsecond=0))


@lru_cache(maxsize=16)
def _open_sessions(account: Account, place: Place, current: str, minute: datetime) -> tuple[OpenSession, ...]:
    return tuple(sessions.sessions_of(account, the_store(), minute, current))
