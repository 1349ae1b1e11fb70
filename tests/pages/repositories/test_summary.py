"""What the repositories' page shows is kept for each viewer and version of the store apart."""

from data.accounts import grants
from data.accounts.models import Viewer
from data.calendar import utc_now
from data.repositories.repositories import pause_repository
from pages.repositories.view import EVERYTHING, RepositoryFilter, listed, summary
from tests.data.filled import DOCS, ENGINE, MIRROR, TELESCOPE
from tests.pages.app import App

ALL = RepositoryFilter("", EVERYTHING, None, "Name")


def viewer(app: App, username: str) -> Viewer:
    return grants.viewer_of(app.store, app.account(username))


def test_two_viewers_in_one_process_each_get_their_own(app: App) -> None:
    for _ in range(2):  # the second time from memory
        assert set(listed(viewer(app, "tenant"), ALL).ids) == {ENGINE, DOCS, MIRROR}
        assert set(listed(viewer(app, "green-tenant"), ALL).ids) == {TELESCOPE}
        assert listed(viewer(app, "single"), ALL).ids == (ENGINE,)
        assert summary(viewer(app, "nobody")) is None


def test_what_was_done_meanwhile_is_seen_at_once(app: App) -> None:
    who = viewer(app, "tenant")
    before = summary(who)
    pause_repository(app.store, ENGINE, utc_now())
    after = summary(who)
    assert before is not None
    assert after is not None
    assert (before.counts["Paused"], after.counts["Paused"]) == (0, 1)


def test_a_tenant_is_named_to_whoever_sees_several_only(app: App) -> None:
    names = [listed(viewer(app, name), ALL).table.column_names for name in ("tenant", "both")]
    assert ["tenant" in each for each in names] == [False, True]
