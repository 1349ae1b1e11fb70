"""What administrators read is kept for each account and version of the store apart."""

from data.accounts import accounts, grants
from data.accounts.audit import ActFilter, Subject, save_act
from data.accounts.models import Grant, Role
from data.calendar import utc_now
from data.collection.log import Wanted
from pages.administration import readers
from pages.administration.log_rows import run_results
from pages.administration.tenant_rows import table
from tests.pages.app import BLUE, GREEN, App


def test_two_managers_in_one_process_each_get_their_own(app: App) -> None:
    for key in (BLUE, GREEN):
        save_act(app.store, "token stored", Subject(f"tenant {key}", key), ("somebody", utc_now()))
    for _ in range(2):  # the second time from memory
        for name, tenant, repository in (("tenant", BLUE, "blue/engine"), ("green-tenant", GREEN, "green/telescope")):
            who = app.account(name)
            seen = grants.administered(who, app.store)
            assert {grant.tenant_id for user in readers.users(who) for grant in user.grants} == {tenant}
            assert set(readers.acts(who, ActFilter()).table.column("subject").to_pylist()) >= {f"tenant {tenant}"}
            assert f"tenant {BLUE + GREEN - tenant}" not in readers.acts(who, ActFilter()).table["subject"].to_pylist()
            assert len(table(seen, utc_now())) == 1
            results = run_results(seen, Wanted()).table.column("repository").to_pylist()
            assert repository in results
            assert {each.partition("/")[0] for each in results} == {repository.partition("/")[0]}


def test_a_role_that_was_taken_is_gone_at_once(app: App) -> None:
    admin, user_id = app.account("admin"), app.account("viewer").user_id
    assert [each.grant.role for each in readers.named_grants(admin, user_id)] == [Role.TENANT_VIEWER]
    grants.revoke(app.store, "admin", user_id, Grant(Role.TENANT_VIEWER, BLUE), utc_now())
    assert not readers.named_grants(admin, user_id)


def test_a_user_with_a_new_name_has_it_at_once(app: App) -> None:
    admin, user_id = app.account("admin"), app.account("viewer").user_id
    before = {each.display_name for each in readers.users(admin)}
    accounts.rename(app.store, "viewer", user_id, "Another name", utc_now())
    assert {each.display_name for each in readers.users(admin)} - before == {"Another name"}


def test_what_a_stranger_asks_of_a_user_is_not_what_an_admin_got(app: App) -> None:
    user_id = app.account("green-tenant").user_id
    assert readers.named_grants(app.account("admin"), user_id)
    assert not readers.named_grants(app.account("tenant"), user_id)
