"""Tokens of programs: shown once, never more than their user's rights now, dead with the user or when revoked."""

from dataclasses import replace
from datetime import timedelta

import pytest

from data.accounts import accounts, api_tokens, grants
from data.accounts.api_tokens import InvalidToken, NewToken, add_api_token, is_well_formed
from data.accounts.authority import COMMAND_LINE, AccountRefused
from data.accounts.models import Account, Viewer
from data.store import Store
from tests.data.cast import DAY, HOUR, NOW, Place, first_user, kept_in, user
from tests.data.written_once import written_once


@pytest.fixture
@written_once
def north(store: Store) -> Place:
    first_user(store, "admin")
    return Place.added(store, "north", 1)


@pytest.fixture
@written_once
def bob(store: Store, north: Place) -> Account:
    """A viewer of north and south, of which south tracks north's first repository as well."""
    return user(store, "bob", north.viewer, Place.added(store, "south", 1).viewer)


def made(store: Store, who: Account, new: NewToken | None = None) -> str:
    return add_api_token(store, who.username, who.user_id, new or NewToken("grafana"), NOW)


def seen(store: Store, secret: str) -> Viewer:
    return api_tokens.access_of_token(store, secret, NOW).viewer


def test_a_token_has_its_form_is_kept_as_a_hash_and_sees_what_its_user_sees(store: Store, bob: Account) -> None:
    secret = made(store, bob)
    assert (len(secret), secret[:4], is_well_formed(secret)) == (40, "gta_", True)
    assert seen(store, secret) == grants.viewer_of(store, bob)
    assert secret.encode() not in kept_in(store)
    (token,) = api_tokens.api_tokens(bob, store, NOW)
    assert (token.name, token.expires_at - NOW, token.last_used_at) == ("grafana", 90 * DAY, None)


def test_a_scope_narrows_and_never_widens(store: Store, north: Place, bob: Account) -> None:
    of_tenant = made(store, bob, NewToken("x", tenant_id=north.tenant_id))
    of_one = made(store, bob, NewToken("x", repository_id=north.repositories[0]))
    assert seen(store, of_tenant) == Viewer(frozenset(north.repositories), frozenset({north.tenant_id}))
    assert seen(store, of_one) == Viewer(frozenset({north.repositories[0]}), frozenset())
    for foreign in (NewToken("x", tenant_id=99), NewToken("x", repository_id=99)):
        with pytest.raises(AccountRefused, match="There is no such"):
            made(store, bob, foreign)
    grants.revoke(store, COMMAND_LINE, bob.user_id, north.viewer, NOW)
    assert not seen(store, of_tenant).repository_ids
    assert not seen(store, of_one).repository_ids, "it loses what its user loses, at once"


@pytest.mark.parametrize("ended", ["expired", "revoked", "disabled", "half", "mistyped", "unknown", "nothing"])
def test_what_opens_nothing_is_refused_in_one_way(store: Store, bob: Account, ended: str) -> None:
    secret, now = made(store, bob), NOW
    if ended == "expired":
        now += 90 * DAY
    elif ended == "revoked":
        api_tokens.revoke_api_token(store, "bob", 1, NOW)
    elif ended == "disabled":
        accounts.disable_user(store, COMMAND_LINE, bob.user_id, NOW)
    secret = {
        "half": secret[:20],
        "mistyped": secret[:-1] + ("a" if secret[-1] != "a" else "b"),
        "unknown": api_tokens.new_secret(),
        "nothing": "",
    }.get(ended, secret)
    with pytest.raises(InvalidToken):
        api_tokens.access_of_token(store, secret, now)


def test_the_last_use_is_written_once_an_hour(store: Store, bob: Account) -> None:
    secret = made(store, bob)
    for after, versions in ((timedelta(0), 1), (HOUR - timedelta(seconds=1), 0), (HOUR, 1)):
        before = store.control.version()
        api_tokens.note_use(store, api_tokens.access_of_token(store, secret, NOW).token, NOW + after)
        assert store.control.version() - before == versions


@pytest.mark.parametrize(
    "wrong",
    [{"lasts": timedelta(0)}, {"lasts": 367 * DAY}, {"name": " "}, {"name": "x" * 81}, {"name": "\x1b"}],
)
def test_a_token_that_cannot_be_is_refused(store: Store, bob: Account, wrong: dict[str, object]) -> None:
    with pytest.raises(AccountRefused):
        made(store, bob, replace(NewToken("x"), **wrong))  # type: ignore[arg-type]


def test_a_user_has_so_many_tokens_and_no_more(store: Store, bob: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_tokens, "MOST", 2)
    made(store, bob)
    made(store, bob)
    with pytest.raises(AccountRefused, match="maximum"):
        made(store, bob)
    later = NOW + NewToken("x").lasts  # expired ones are not listed, so nobody could revoke them to make room
    api_tokens.add_api_token(store, "bob", bob.user_id, NewToken("x"), later)
