"""Saved queries: one's own are nobody else's; shared ones the tenant sees, and those who manage it change."""

from pathlib import Path

import pytest

from data.accounts import audit
from data.accounts.authority import AccountRefused, NotAllowed
from data.accounts.models import Account, Grant, Role
from data.sandbox.query_parameters import Kind, Parameter, ParametersRefused
from data.sandbox.saved_queries import (
    MOST,
    NewQuery,
    QueryRefused,
    add_query,
    query_with_id,
    remove_query,
    save_query,
    saved_queries,
    share_query,
    unshare_query,
)
from data.store import Store
from tests.data.cast import Place, account, deactivate, quick, user
from tests.data.writers import NOW

pytestmark = pytest.mark.usefixtures(quick.__name__)
DAYS = NewQuery("Days", "select * from v_daily where day >= $since", (Parameter("since", Kind.DAY, "2026-05-01"),))


class Cast:
    """Two tenants, and users who may do different things in the first."""

    def __init__(self, store: Store) -> None:
        self.blue, self.green = Place.added(store, "blue", 10), Place.added(store, "green", 20)
        self.manager = user(store, "manager", self.blue.manager)
        self.reader = user(store, "reader", self.blue.viewer)
        self.single = user(store, "single", self.blue.of_repository(0))
        self.stranger = user(store, "stranger", self.green.manager)
        self.admin = user(store, "boss", Grant(Role.ADMIN))

    @property
    def everybody(self) -> tuple[Account, ...]:
        return self.manager, self.reader, self.single, self.stranger, self.admin


@pytest.fixture
def cast(store: Store) -> Cast:
    return Cast(store)


def seen_by(store: Store, who: Account) -> list[str]:
    return [each.name for each in saved_queries(account(store, who.username), store)]


def shared(store: Store, cast: Cast) -> int:
    query_id = add_query(store, "manager", DAYS, NOW)
    share_query(store, "manager", query_id, cast.blue.tenant_id, NOW)
    return query_id


def test_a_query_comes_back_as_it_was_saved(store: Store, cast: Cast) -> None:
    found = query_with_id(cast.reader, store, add_query(store, "reader", DAYS, NOW))
    assert (found.name, found.statement, found.parameters, found.saved_at) == (*vars_of(DAYS), NOW)
    assert (found.tenant_id, found.user_id, found.owner) == (None, cast.reader.user_id, "Reader")


def vars_of(new: NewQuery) -> tuple[object, ...]:
    return new.name, new.statement, new.parameters


def test_ones_own_is_nobody_elses_to_see(store: Store, cast: Cast) -> None:
    query_id = add_query(store, "reader", DAYS, NOW)
    assert {who.username for who in cast.everybody if seen_by(store, who)} == {"reader"}
    for who in cast.everybody:
        if who is not cast.reader:
            with pytest.raises(QueryRefused, match=r"There is no such query\."):
                query_with_id(who, store, query_id)


def test_a_shared_one_is_seen_by_those_who_see_the_whole_tenant(store: Store, cast: Cast) -> None:
    shared(store, cast)
    assert {who.username for who in cast.everybody if seen_by(store, who)} == {"manager", "reader"}


@pytest.mark.parametrize("query_id", [0, -1, 77, 2**31, 2**70])
def test_a_missing_one_is_answered_like_a_strangers(store: Store, cast: Cast, query_id: int) -> None:
    with pytest.raises(QueryRefused, match=r"There is no such query\."):
        query_with_id(cast.manager, store, query_id)


@pytest.mark.parametrize("act", ["save", "share", "unshare", "remove"])
@pytest.mark.parametrize(("who", "refusal"), [("reader", NotAllowed), ("single", QueryRefused), ("boss", QueryRefused)])
def test_only_who_manages_the_tenant_changes_a_shared_one(
    store: Store, cast: Cast, act: str, who: str, refusal: type[Exception]
) -> None:
    query_id = shared(store, cast)
    acts = {
        "save": lambda: save_query(store, who, query_id, DAYS, NOW),
        "share": lambda: share_query(store, who, query_id, cast.blue.tenant_id, NOW),
        "unshare": lambda: unshare_query(store, who, query_id, NOW),
        "remove": lambda: remove_query(store, who, query_id, NOW),
    }
    with pytest.raises(refusal):
        acts[act]()
    assert seen_by(store, cast.manager) == ["Days"]


def test_nobody_shares_in_a_tenant_that_is_not_theirs_to_manage(store: Store, cast: Cast) -> None:
    query_id = add_query(store, "reader", DAYS, NOW)
    for tenant_id in (cast.blue.tenant_id, cast.green.tenant_id, 99):
        with pytest.raises(NotAllowed):
            share_query(store, "reader", query_id, tenant_id, NOW)
    assert seen_by(store, cast.stranger) == []


def test_another_manager_changes_and_removes_a_shared_one(store: Store, cast: Cast) -> None:
    query_id = shared(store, cast)
    user(store, "second", cast.blue.manager)
    save_query(store, "second", query_id, NewQuery("Weeks", "from v_weekly"), NOW)
    assert seen_by(store, cast.reader) == ["Weeks"]
    remove_query(store, "second", query_id, NOW)
    assert seen_by(store, cast.manager) == []


def test_one_that_is_no_longer_shared_is_its_owners_again(store: Store, cast: Cast) -> None:
    query_id = shared(store, cast)
    unshare_query(store, "manager", query_id, NOW)
    assert (seen_by(store, cast.reader), seen_by(store, cast.manager)) == ([], ["Days"])


def test_what_concerns_others_is_in_the_audit_log_and_nothing_else(store: Store, cast: Cast) -> None:
    remove_query(store, "reader", add_query(store, "reader", DAYS, NOW), NOW)
    query_id = shared(store, cast)
    save_query(store, "manager", query_id, NewQuery("Weeks", "from v_weekly"), NOW)
    remove_query(store, "manager", query_id, NOW)
    told = [(each.act, each.subject) for each in audit.acts(cast.admin, store, audit.ActFilter(text="query"))]
    about = f"query {query_id}"
    assert set(told) == {(act, about) for act in ("query shared", "shared query changed", "shared query removed")}


def test_a_disabled_user_has_none_and_saves_none(store: Store, cast: Cast) -> None:
    add_query(store, "reader", DAYS, NOW)
    with store.control.commit("test") as connection:
        connection.execute("update account set active = false where username = 'reader'")
    assert seen_by(store, cast.reader) == []
    with pytest.raises(AccountRefused):
        add_query(store, "reader", DAYS, NOW)


def test_in_a_deactivated_tenant_nothing_is_shared(store: Store, cast: Cast) -> None:
    shared(store, cast)
    deactivate(store, cast.blue.tenant_id)
    assert seen_by(store, cast.reader) == []


@pytest.mark.parametrize(
    "new",
    [
        NewQuery("", "select 1"),
        NewQuery("x" * 81, "select 1"),
        NewQuery("bell\x07", "select 1"),
        NewQuery("Empty", "  \n "),
        NewQuery("Long", "select " + "1" * 50_000),
        NewQuery("Twice", "select $a", (Parameter("a", Kind.TEXT), Parameter("a", Kind.DAY))),
        NewQuery("No day", "select $a", (Parameter("a", Kind.DAY, "tomorrow"),)),
        NewQuery("No name", "select $a", (Parameter("a; drop", Kind.TEXT),)),
    ],
    ids=lambda new: new.name[:10],
)
def test_what_cannot_be_is_refused_in_a_sentence(store: Store, cast: Cast, new: NewQuery) -> None:
    with pytest.raises((QueryRefused, ParametersRefused), match=r"\.$"):
        add_query(store, "reader", new, NOW)
    assert seen_by(store, cast.reader) == []


def test_a_user_keeps_so_many(store: Store, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.sandbox.saved_queries.MOST", 2)
    assert MOST > 2
    for _ in range(2):
        add_query(store, "reader", DAYS, NOW)
    with pytest.raises(QueryRefused, match="which is the most"):
        add_query(store, "reader", DAYS, NOW)


def test_saved_queries_survive_a_restart(store: Store, cast: Cast, tmp_path: Path) -> None:
    add_query(store, "reader", DAYS, NOW)
    again = Store(store.directory)
    assert seen_by(again, cast.reader) == ["Days"]
    again.close()
