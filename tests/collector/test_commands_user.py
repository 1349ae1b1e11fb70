"""`user …` and `key rotate`: what whoever has the server can do for those who sign in to the app."""

import pytest

from data.accounts import accounts, api_tokens, invitations, sessions, set_up
from data.accounts.authority import NewUser
from data.accounts.encryption import KEY_FILE
from data.accounts.models import Account
from data.calendar import utc_now
from tests.collector.conftest import CommandLine, refused

PASSWORD = "a good long password"


@pytest.fixture
def ada(run: CommandLine) -> Account:
    """The first user of the app."""
    code = set_up.renew_setup_code(run.store, utc_now())
    assert code
    return set_up.add_first_user(run.store, code, NewUser("ada", "Ada", None, PASSWORD), utc_now())


def session_of(run: CommandLine, account: Account) -> str:
    ticket = sessions.make_ticket(run.store, account.user_id, utc_now())
    return sessions.redeem_ticket(run.store, ticket, "a browser", "127.0.0.1", utc_now())


def test_users_are_listed_with_their_roles(run: CommandLine, ada: Account) -> None:
    assert run.facts("user", "list")["users"] == [{"username": "ada", "active": True, "roles": ["admin"]}]


def test_without_a_user_the_list_says_how_the_first_one_is_made(run: CommandLine) -> None:
    assert "set-up" in run("user", "list").stdout


def test_a_reset_link_lets_the_user_choose_a_password_once(run: CommandLine, ada: Account) -> None:
    link = run.facts("user", "reset", "Ada")["link"]
    secret = link.removeprefix("/?invitation=")
    invitations.accept_reset(run.store, secret, "another long password", utc_now())
    assert accounts.check_password(run.store, "ada", "another long password") is not None
    assert invitations.invitation_of(run.store, secret, utc_now()) is None


def test_nobody_gets_a_link_for_a_user_that_is_not_there(run: CommandLine, ada: Account) -> None:
    refused(run("user", "reset", "bob"), "user list")


def test_all_sessions_end_at_once(run: CommandLine, ada: Account) -> None:
    secret = session_of(run, ada)
    assert run("user", "sign-out-all").exit_code == 0
    assert sessions.account_of_session(run.store, secret, utc_now()) is None


def test_a_new_key_opens_the_tokens_and_the_former_one_is_gone(with_token: CommandLine) -> None:
    key = (with_token.directory / KEY_FILE).read_text()
    assert with_token.facts("key", "rotate")["tokens"] == 1
    assert key.strip() not in (with_token.directory / KEY_FILE).read_text()
    assert with_token("collect").exit_code == 0


def test_after_a_restore_sessions_and_links_of_that_time_are_void(
    run: CommandLine, ada: Account, tmp_path_factory: pytest.TempPathFactory
) -> None:
    backup, secret = tmp_path_factory.mktemp("backup"), session_of(run, ada)
    link = run.facts("user", "reset", "ada")["link"].removeprefix("/?invitation=")
    assert run("backup", backup).exit_code == 0
    assert run("restore", backup).exit_code == 0
    assert sessions.account_of_session(run.store, secret, utc_now()) is None
    assert invitations.invitation_of(run.store, link, utc_now()) is None


def test_a_server_is_set_up_without_a_browser(run: CommandLine) -> None:
    refused(run("user", "add", "ada", "--role", "maintainer"), "first user of a server is an admin")
    refused(run("user", "add", "ada", "--role", "admin", "--password-env", "NOT_SET"), "NOT_SET is empty")
    run.environment["ADAS"] = PASSWORD
    assert run("user", "add", "ada", "--role", "admin", "--password-env", "ADAS").exit_code == 0
    assert accounts.check_password(run.store, "ada", PASSWORD) is not None
    for role, place in (("tenant_viewer", "a whole tenant"), ("repository_viewer", "a repository")):
        refused(run("user", "add", "bob", "--role", role), f"is for {place}. Name it")
    run.follow("octo/hello")
    words = ["--role", "repository_viewer", "--tenant", "acme", "--repository", "octo/hello"]
    assert run.facts("user", "add", "bob", *words) == {"ok": True, "username": "bob", "role": "repository_viewer"}
    secret = run.facts("api-token", "add", "bob", "--name", "readme", "--repository", "octo/hello")["token"]
    assert len(api_tokens.access_of_token(run.store, secret, utc_now()).viewer.repository_ids) == 1
    (token,) = run.facts("api-token", "list")["tokens"]
    assert (token["name"], token["last_used_at"]) == ("readme", None)
    assert secret not in run("api-token", "list").output
    refused(run("api-token", "add", "bob", "--name", "x", "--repository", "octo/none"), "not tracked")
    refused(run("api-token", "revoke", "one"), "no token's number")


def test_the_choices_of_a_missing_option_are_told_in_one_line(run: CommandLine) -> None:
    refused(run("user", "add", "bob"), "Missing option '--role'. Choose from: admin, maintainer, tenant,")
