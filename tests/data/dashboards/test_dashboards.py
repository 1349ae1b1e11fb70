"""Dashboards that users keep: whose they are, who sees a shared one, who may change it, what the audit log tells."""

from dataclasses import replace

import pytest

from data.accounts.audit import ActFilter, acts
from data.accounts.authority import NotAllowed
from data.accounts.models import Account
from data.dashboards import dashboards
from data.dashboards.dashboard_shapes import Dashboard, Kind, Panel
from data.dashboards.dashboard_specification import SpecificationRefused
from data.dashboards.dashboards import DashboardRefused, SavedDashboard
from data.store import Store
from tests.data.cast import NOW, Place, account, deactivate, first_user, quick, user

__all__ = ["quick"]
pytestmark = pytest.mark.usefixtures("quick")
MINE = Dashboard("Mine", "What I look at", (Panel(Kind.NUMBER),))


@pytest.fixture
def blue(store: Store) -> Place:
    """A tenant with a manager, a viewer, a viewer of one repository, and, of another tenant, its manager."""
    first_user(store)
    blue, green = Place.added(store, "Blue", 100), Place.added(store, "Green", 200)
    for name, grant in (
        ("manager", blue.manager),
        ("viewer", blue.viewer),
        ("single", blue.of_repository(0)),
        ("green", green.manager),
    ):
        user(store, name, grant)
    return blue


def seen(store: Store, name: str) -> list[str]:
    return [each.name for each in dashboards.dashboards(account(store, name), store)]


def kept(store: Store, name: str = "manager") -> int:
    return dashboards.add_dashboard(store, name, MINE, NOW)


def shared(store: Store, blue: Place) -> int:
    key = kept(store)
    dashboards.share_dashboard(store, "manager", key, blue.tenant_id, NOW)
    return key


def found(store: Store, name: str, key: int) -> SavedDashboard:
    return dashboards.dashboard_with_id(account(store, name), store, key)


def test_what_is_kept_is_found_again_by_its_owner_alone(store: Store, blue: Place) -> None:
    saved = found(store, "viewer", kept(store, "viewer"))
    assert (saved.dashboard(), saved.owner, saved.saved_at) == (MINE, "Viewer", NOW)
    assert [seen(store, name) for name in ("viewer", "manager", "ada", "green")] == [["Mine"], [], [], []]


def test_a_strangers_id_is_answered_as_a_missing_one(store: Store, blue: Place) -> None:
    told = set()
    for key in (kept(store, "green"), 4711, 0, -1, 2**70):
        with pytest.raises(DashboardRefused) as refusal:
            found(store, "manager", key)
        told.add(str(refusal.value))
    assert told == {dashboards.NONE_SUCH}


def test_nothing_of_a_strangers_can_be_changed(store: Store, blue: Place) -> None:
    key = kept(store, "green")
    for act in ("save", "share", "unshare", "remove"):
        with pytest.raises(DashboardRefused, match="no such"):
            changed(store, "manager", key, act, blue)
    assert seen(store, "green") == ["Mine"]


def changed(store: Store, by: str, key: int, act: str, blue: Place) -> None:
    match act:
        case "save":
            dashboards.save_dashboard(store, by, key, replace(MINE, name="Changed"), NOW)
        case "share":
            dashboards.share_dashboard(store, by, key, blue.tenant_id, NOW)
        case "unshare":
            dashboards.unshare_dashboard(store, by, key, NOW)
        case "remove":
            dashboards.remove_dashboard(store, by, key, NOW)


def test_a_shared_one_is_seen_by_those_who_see_the_whole_tenant(store: Store, blue: Place) -> None:
    shared(store, blue)
    names = ("manager", "viewer", "single", "green", "ada")
    assert [seen(store, name) for name in names] == [["Mine"], ["Mine"], [], [], []]


def test_a_viewer_may_only_read_a_shared_one(store: Store, blue: Place) -> None:
    key = shared(store, blue)
    for act in ("save", "share", "unshare", "remove"):
        with pytest.raises(NotAllowed):
            changed(store, "viewer", key, act, blue)
    assert not found(store, "viewer", key).may_change(account(store, "viewer"))
    assert seen(store, "viewer") == ["Mine"]


def test_sharing_needs_the_role_tenant_of_that_tenant(store: Store, blue: Place) -> None:
    for name in ("viewer", "single", "green"):
        with pytest.raises(NotAllowed):
            dashboards.share_dashboard(store, name, kept(store, name), blue.tenant_id, NOW)


def test_another_manager_takes_it_back_for_its_owner(store: Store, blue: Place) -> None:
    user(store, "second", blue.manager)
    dashboards.unshare_dashboard(store, "second", shared(store, blue), NOW)
    assert [seen(store, name) for name in ("manager", "viewer", "second")] == [["Mine"], [], []]


def test_a_deactivated_tenant_shows_none(store: Store, blue: Place) -> None:
    shared(store, blue)
    deactivate(store, blue.tenant_id)
    assert seen(store, "viewer") == []


def test_a_disabled_user_has_none(store: Store, blue: Place) -> None:
    key = kept(store)
    with store.control.commit("test") as connection:
        connection.execute("update account set active = false where username = 'manager'")
    assert seen(store, "manager") == []
    with pytest.raises(DashboardRefused):
        found(store, "manager", key)


def test_a_change_is_kept_with_its_new_name(store: Store, blue: Place) -> None:
    key = kept(store)
    changed(store, "manager", key, "save", blue)
    assert (seen(store, "manager"), found(store, "manager", key).dashboard().name) == (["Changed"], "Changed")


def test_an_id_is_never_given_again(store: Store, blue: Place) -> None:
    key = kept(store)
    changed(store, "manager", key, "remove", blue)
    assert kept(store) > key


def test_what_is_no_dashboard_is_not_kept(store: Store, blue: Place) -> None:
    with pytest.raises(SpecificationRefused):
        dashboards.add_dashboard(store, "manager", replace(MINE, name="x\x00"), NOW)
    assert seen(store, "manager") == []


def test_there_is_a_most_of_what_one_user_keeps(store: Store, blue: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dashboards, "MOST", 1)
    kept(store)
    with pytest.raises(DashboardRefused, match="Remove one first"):
        kept(store)
    assert kept(store, "viewer")


def test_the_audit_log_tells_of_shared_ones_only(store: Store, blue: Place) -> None:
    key = kept(store)
    for act in ("save", "share", "save", "unshare", "share", "remove"):
        changed(store, "manager", key, act, blue)
    manager: Account = account(store, "manager")
    told = [each.act for each in acts(manager, store, ActFilter()) if each.subject == f"dashboard {key}"]
    assert len(told) == 5
    assert set(told) == {
        *("dashboard shared", "shared dashboard changed", "dashboard no longer shared", "shared dashboard removed")
    }
