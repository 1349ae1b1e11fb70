"""The users' page: grants, links, disabling; for an admin everybody, for a tenant's manager the tenant's."""

from urllib.parse import parse_qs, urlsplit

from streamlit.testing.v1 import AppTest

from data.accounts import invitations, sessions, sign_on
from data.accounts.accounts import active_account
from data.accounts.models import Grant, Role
from data.calendar import utc_now
from pages.ui.text import ROLES
from tests.data.filled import DOCS
from tests.pages.app import BLUE, GREEN, App, confirmed, shown_text

PAGE = "users"


def chosen(app: App, by: str, username: str) -> AppTest:
    """The page with a user chosen."""
    run = app.opened(by, PAGE)
    return run.selectbox(key="users_chosen").set_value(app.account(username).user_id).run()


def invited(app: App, by: str) -> AppTest:
    """The part of the page that invites."""
    run = app.opened(by, PAGE)
    run.segmented_control(key="users_part").set_value("Invitations")
    return run.run()


def link(run: AppTest) -> str:
    """The secret of the link that is shown."""
    return parse_qs(urlsplit(run.code[0].value).query)["invitation"][0]


def test_an_admin_finds_everybody(app: App) -> None:
    found = set(app.opened("admin", PAGE).dataframe[0].value["username"])
    assert {"admin", "maintainer", "tenant", "green-tenant", "nobody"} <= found


def test_nobody_is_opened_before_somebody_is_chosen(app: App) -> None:
    run = app.opened("admin", PAGE)
    assert not [each.key for each in run.button if str(each.key).startswith("user_")]


def test_a_manager_finds_the_tenant_s_people_only(app: App) -> None:
    found = set(app.opened("tenant", PAGE).dataframe[0].value["username"])
    assert found == {"tenant", "viewer", "single", "both"}


def test_an_admin_grants_a_role(app: App) -> None:
    run = chosen(app, "admin", "nobody")
    run.button(key="user_grant").click().run()
    run.selectbox(key="user_new_role").select(Role.TENANT_VIEWER)
    run.button(key="user_grant").click().run()
    run.selectbox(key="user_new_tenant").select(GREEN)
    run.button(key="user_grant").click()
    run.button(key="user_new_submit").click().run()
    assert app.account("nobody").grants == (Grant(Role.TENANT_VIEWER, GREEN),)


def test_a_manager_is_offered_viewers_of_the_own_tenant_only(app: App) -> None:
    run = chosen(app, "tenant", "single")
    run.button(key="user_grant").click().run()
    assert run.selectbox(key="user_new_role").options == ["Repository viewer", "Tenant viewer"]
    assert run.selectbox(key="user_new_tenant").options == ["Blue"]
    assert not [each.key for each in run.button if each.key in {"user_reset", "user_disable", "users_end_all"}]


def test_a_grant_is_taken_after_a_tick(app: App) -> None:
    confirmed(chosen(app, "tenant", "viewer"), "user_take_0")
    assert app.account("viewer").grants == ()


def test_a_manager_cannot_take_what_a_manager_cannot_give(app: App) -> None:
    run = chosen(app, "tenant", "tenant")
    assert not [each.key for each in run.button if (each.key or "").startswith("user_take")]


def test_the_last_admin_stays(app: App) -> None:
    run = confirmed(chosen(app, "admin", "admin"), "user_disable")
    assert "last active admin" in run.error[0].value
    assert app.account("admin").active


def test_disabling_ends_a_user_s_sessions_until_the_user_is_enabled_again(app: App) -> None:
    secret, key = app.signed_in("viewer"), app.account("viewer").user_id
    confirmed(chosen(app, "admin", "viewer"), "user_disable")
    assert active_account(app.store, "viewer") is None
    assert sessions.account_of_session(app.store, secret, utc_now()) is None
    run = app.opened("admin", PAGE)
    run.selectbox(key="users_chosen").set_value(key).run().button(key="user_enable").click().run()
    assert app.account("viewer").active


def test_a_reset_link_is_shown_once(app: App) -> None:
    run = chosen(app, "admin", "viewer")
    run.button(key="user_reset").click().run()
    found = invitations.invitation_of(app.store, link(run), utc_now())
    assert found is not None
    assert (found.is_reset, found.username) == (True, "viewer")
    assert not run.run().code


def test_a_manager_invites_a_viewer_of_a_repository(app: App) -> None:
    run = invited(app, "tenant")
    run.multiselect(key="invite_repositories").select(DOCS)
    run.button(key="invite_submit").click().run()
    found = invitations.invitation_of(app.store, link(run), utc_now())
    assert found is not None
    assert found.grants == (Grant(Role.REPOSITORY_VIEWER, BLUE, DOCS),)
    assert "Repository viewer" in shown_text(run)


def test_an_invitation_for_nothing_is_not_made(app: App) -> None:
    run = invited(app, "tenant")
    run.button(key="invite_submit").click().run()
    assert "Choose what" in run.error[0].value
    assert not run.code


def test_a_link_is_revoked(app: App) -> None:
    secret = invitations.invite(app.store, "tenant", [Grant(Role.TENANT_VIEWER, BLUE)], None, utc_now())
    made = invitations.invitation_of(app.store, secret, utc_now())
    assert made is not None
    confirmed(invited(app, "tenant"), f"invite_revoke_{made.invitation_id}")
    assert invitations.invitation_of(app.store, secret, utc_now()) is None


def test_everybody_is_signed_out_at_once(app: App) -> None:
    secret = app.signed_in("viewer")
    confirmed(app.opened("admin", PAGE), "users_end_all")
    assert sessions.account_of_session(app.store, secret, utc_now()) is None


def typed_rule(run: AppTest, opener: str, **typed: str) -> AppTest:
    """The dialog of a new rule, filled in: what opens it is pressed at each run."""
    for field, text in typed.items():
        run.button(key=opener).click().run()
        run.text_input(key=f"rule_{field}").input(text)
    run.button(key=opener).click().run()
    return run


def test_an_admin_lets_a_domain_in_and_gives_a_group_a_role(app: App) -> None:
    run = app.opened("admin", PAGE)
    run.segmented_control(key="users_part").set_value("Sign-in")
    run.run()
    assert "is not set up" in shown_text(run)
    typed_rule(run, "rule_add_domain", value="corp.example", issuer="https://id.example.org")
    assert Role.ADMIN not in [each for each, name in ROLES.items() if name in run.selectbox(key="rule_role").options]
    run.selectbox(key="rule_role").select(Role.TENANT_VIEWER)
    run.button(key="rule_add_domain").click()
    run.button(key="rule_submit").click().run()
    typed_rule(run, "rule_add_group", value="ops", claim="teams", issuer="https://id.example.org")
    run.selectbox(key="rule_role").select(Role.ADMIN)
    run.button(key="rule_add_group").click()
    run.button(key="rule_submit").click().run()
    assert "allowed expressly" in run.error[0].value
    run.checkbox(key="rule_admin").check()
    run.button(key="rule_add_group").click()
    run.button(key="rule_submit").click().run()
    domain, group = sign_on.rules(app.account("admin"), app.store)
    assert (domain.value, domain.grant, domain.made_by) == ("corp.example", Grant(Role.TENANT_VIEWER, BLUE), "admin")
    assert (group.value, group.claim, group.grant, group.lets_in) == ("ops", "teams", Grant(Role.ADMIN), False)
    confirmed(run, f"rule_remove_{group.rule_id}")
    assert sign_on.rules(app.account("admin"), app.store) == (domain,)


def test_who_gets_in_is_an_admins_matter(app: App) -> None:
    assert "Sign-in" not in app.opened("tenant", PAGE).segmented_control(key="users_part").options
