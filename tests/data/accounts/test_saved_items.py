"""What users save, queries and dashboards alike: whose it is, who sees and changes a shared one, what is noted."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from data.accounts import audit
from data.accounts.authority import AccountRefused, NotAllowed
from data.accounts.models import Account, Grant, Role
from data.accounts.saved_items import SavedItemRefused, SavedItems
from data.dashboards.dashboards import DASHBOARDS
from data.dashboards.specification import Dashboard, Kind, Panel, SpecificationRefused
from data.sandbox.saved_queries import QUERIES, NewQuery
from data.sandbox.statement import Parameter, ParameterKind, ParametersRefused
from data.store import Store
from tests.data.cast import NOW, Place, account, deactivate, user

QUERY = NewQuery("Mine", "from v_daily where day >= $since", (Parameter("since", ParameterKind.DAY, "2026-05-01"),))
BLUES = ("manager", "second", "reader")  # who see the whole tenant
DASHBOARD = Dashboard("Mine", "What I look at", (Panel(Kind.NUMBER),))


@dataclass
class Cast:
    """Saved items of one kind, two tenants, and users who may do different things in the first."""

    store: Store
    items: SavedItems[Any, Any]
    new: Any
    blue: Place
    green: Place

    def add(self, username: str = "manager", *, shared: bool = False) -> int:
        item_id = self.items.add(self.store, username, self.new, NOW)
        if shared:
            self.items.share(self.store, username, item_id, self.blue.tenant_id, NOW)
        return item_id

    def changes(self, by: str, item_id: int) -> dict[str, Callable[[], None]]:
        items, store = self.items, self.store
        return {
            "save": lambda: items.save(store, by, item_id, replace(self.new, name="Changed"), NOW),
            "share": lambda: items.share(store, by, item_id, self.blue.tenant_id, NOW),
            "unshare": lambda: items.unshare(store, by, item_id, NOW),
            "remove": lambda: items.remove(store, by, item_id, NOW),
        }

    def seen(self) -> dict[str, list[str]]:
        """What everybody sees who sees anything."""
        names = ("manager", "second", "reader", "single", "outsider", "boss")
        seen = {
            name: [each.name for each in self.items.seen_by(account(self.store, name), self.store)] for name in names
        }
        return {name: items for name, items in seen.items() if items}


@pytest.fixture(scope="module")
def template(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with the tenants and users; never written to again."""
    directory = tmp_path_factory.mktemp("users") / "db"
    shutil.copytree(template, directory, symlinks=True)
    store = Store(directory)
    blue, green = Place.added(store, "blue", 10), Place.added(store, "green", 20)
    users = {"manager": blue.manager, "second": blue.manager, "reader": blue.viewer, "single": blue.of_repository(0)}
    for name, grant in {**users, "outsider": green.manager, "boss": Grant(Role.ADMIN)}.items():
        user(store, name, grant)
    store.close()
    return directory


@pytest.fixture(params=["query", "dashboard"])
def cast(request: pytest.FixtureRequest, store: Store) -> Cast:
    blue, green = Place(1, [1, 2]), Place(2, [3, 4])
    items, new = (QUERIES, QUERY) if request.param == "query" else (DASHBOARDS, DASHBOARD)
    return Cast(store, items, new, blue, green)


def test_an_item_comes_back_as_it_was_saved(store: Store, cast: Cast) -> None:
    reader = account(store, "reader")
    item = cast.items.with_id(reader, store, cast.add("reader"))
    assert (item.name, item.tenant_id, item.user_id, item.owner) == ("Mine", None, reader.user_id, "Reader")
    content = item.dashboard() if cast.new is DASHBOARD else NewQuery(item.name, item.statement, item.parameters)
    assert content == cast.new


def test_ones_own_is_nobody_elses_to_see_and_a_missing_one_is_answered_alike(store: Store, cast: Cast) -> None:
    own = cast.add("reader")
    assert cast.seen() == {"reader": ["Mine"]}
    for name in ("manager", "outsider", "boss"):
        for item_id in (own, 0, -1, 77, 2**31, 2**70):
            with pytest.raises(SavedItemRefused, match=rf"^There is no such {cast.items.kind}\.$"):
                cast.items.with_id(account(store, name), store, item_id)


def test_a_shared_one_is_seen_by_those_who_see_the_whole_tenant(cast: Cast) -> None:
    cast.add(shared=True)
    assert cast.seen() == {name: ["Mine"] for name in BLUES}


@pytest.mark.parametrize("change", ["save", "share", "unshare", "remove"])
def test_only_who_manages_the_tenant_changes_a_shared_one(store: Store, cast: Cast, change: str) -> None:
    item_id = cast.add(shared=True)
    refusals = {
        "reader": NotAllowed,
        "single": SavedItemRefused,
        "outsider": SavedItemRefused,
        "boss": SavedItemRefused,
    }
    for by, refusal in refusals.items():
        with pytest.raises(refusal):
            cast.changes(by, item_id)[change]()
    reader = account(store, "reader")
    assert not cast.items.with_id(reader, store, item_id).may_change(reader)
    assert cast.seen() == {name: ["Mine"] for name in BLUES}


@pytest.mark.parametrize("change", ["save", "share", "unshare", "remove"])
def test_nothing_of_another_tenants_can_be_changed(cast: Cast, change: str) -> None:
    item_id = cast.add("outsider")
    with pytest.raises(SavedItemRefused, match="no such"):
        cast.changes("manager", item_id)[change]()
    assert cast.seen() == {"outsider": ["Mine"]}


def test_nobody_shares_in_a_tenant_that_is_not_theirs_to_manage(store: Store, cast: Cast) -> None:
    for by, tenants in (("reader", (cast.blue, cast.green)), ("single", (cast.blue,)), ("outsider", (cast.blue,))):
        item_id = cast.add(by)
        for tenant_id in (*(tenant.tenant_id for tenant in tenants), 99):
            with pytest.raises(NotAllowed):
                cast.items.share(store, by, item_id, tenant_id, NOW)
    assert cast.seen() == {name: ["Mine"] for name in ("reader", "single", "outsider")}


def test_another_manager_changes_and_removes_a_shared_one(cast: Cast) -> None:
    item_id = cast.add(shared=True)
    cast.changes("second", item_id)["save"]()
    assert cast.seen() == {name: ["Changed"] for name in BLUES}
    cast.changes("second", item_id)["remove"]()
    assert cast.seen() == {}


def test_one_that_is_no_longer_shared_is_its_owners_again(cast: Cast) -> None:
    cast.changes("second", cast.add(shared=True))["unshare"]()
    assert cast.seen() == {"manager": ["Mine"]}


def test_an_id_is_never_given_again(cast: Cast) -> None:
    item_id = cast.add()
    cast.changes("manager", item_id)["remove"]()
    assert cast.add() > item_id


def test_a_disabled_user_has_none_and_saves_none(store: Store, cast: Cast) -> None:
    item_id = cast.add("reader")
    with store.control.commit("test") as connection:
        connection.execute("update account set active = false where username = 'reader'")
    assert cast.seen() == {}
    with pytest.raises(SavedItemRefused):
        cast.items.with_id(account(store, "reader"), store, item_id)
    with pytest.raises(AccountRefused):
        cast.add("reader")


def test_in_a_deactivated_tenant_nothing_is_shared(store: Store, cast: Cast) -> None:
    cast.add(shared=True)
    deactivate(store, cast.blue.tenant_id)
    assert "reader" not in cast.seen()


def test_what_concerns_others_is_in_the_audit_log_and_nothing_else(store: Store, cast: Cast) -> None:
    cast.changes("reader", cast.add("reader"))["remove"]()
    item_id, kind = cast.add(), cast.items.kind
    for change in ("save", "share", "save", "unshare", "share", "remove"):
        cast.changes("manager", item_id)[change]()
    manager: Account = account(store, "manager")
    logged = [(each.action, each.subject) for each in audit.entries(manager, store, audit.AuditFilter(text=kind))]
    actions = [f"shared {kind} changed", f"{kind} no longer shared", f"shared {kind} removed", *[f"{kind} shared"] * 2]
    assert sorted(logged) == sorted((action, f"{kind} {item_id}") for action in actions)


def test_a_user_saves_so_many(store: Store, cast: Cast) -> None:
    few = replace(cast.items, most=2)
    for _ in range(2):
        few.add(store, "reader", cast.new, NOW)
    with pytest.raises(SavedItemRefused, match="Remove one first"):
        few.add(store, "reader", cast.new, NOW)
    assert few.add(store, "manager", cast.new, NOW)


@pytest.mark.parametrize(
    "new",
    [
        NewQuery("", "select 1"),
        NewQuery("x" * 81, "select 1"),
        NewQuery("bell\x07", "select 1"),
        NewQuery("Empty", "  \n "),
        NewQuery("Long", "select " + "1" * 50_000),
        NewQuery("Twice", "select $a", (Parameter("a", ParameterKind.TEXT), Parameter("a", ParameterKind.DAY))),
        NewQuery("No day", "select $a", (Parameter("a", ParameterKind.DAY, "tomorrow"),)),
        NewQuery("No name", "select $a", (Parameter("a; drop", ParameterKind.TEXT),)),
        replace(DASHBOARD, name="x\x00"),
    ],
    ids=lambda new: str(new.name[:10]),
)
def test_what_cannot_be_saved_is_refused_in_a_sentence(store: Store, new: NewQuery | Dashboard) -> None:
    items: SavedItems[Any, Any] = QUERIES if isinstance(new, NewQuery) else DASHBOARDS
    with pytest.raises((SavedItemRefused, ParametersRefused, SpecificationRefused), match=r"\.$"):
        items.add(store, "reader", new, NOW)
    assert items.seen_by(account(store, "reader"), store) == ()
