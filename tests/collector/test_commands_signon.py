"""`signon …`: domains and groups of the organization, and passwords on and off."""

import pytest

from data.accounts import accounts, set_up, sign_on
from data.accounts.authority import NewUser
from data.accounts.sign_on import Identity, Person
from data.calendar import utc_now
from tests.collector.conftest import CommandLine, refused

ISSUER = "https://id.example.org"
ADA = Identity(ISSUER, "ada")


@pytest.fixture
def admin(run: CommandLine) -> CommandLine:
    """The command line over a server with its first user and a tenant."""
    code = set_up.renew_setup_code(run.store, utc_now()) or ""
    set_up.add_first_user(run.store, code, NewUser("ada", "Ada", None, "a good long password"), utc_now())
    run.follow("octo/hello")
    return run


def test_rules_are_added_listed_obeyed_and_lifted(admin: CommandLine) -> None:
    refused(admin("signon", "add-domain", "corp.example", "--role", "maintainer"), "its issuer is not known")
    words = ["corp.example", "--role", "tenant_viewer", "--tenant", "acme", "--issuer", ISSUER]
    assert admin.facts("signon", "add-domain", *words)["grant"] == "tenant viewer of tenant 1"
    person = Person(Identity(ISSUER, "eve"), {"email": "eve@corp.example", "email_verified": True, "teams": ["ops"]})
    sign_on.sign_on(admin.store, person, utc_now())
    refused(admin("signon", "add-group", "ops", "--role", "admin"), "allowed expressly")
    added = admin.facts("signon", "add-group", "ops", "--role", "admin", "--allow-admin", "--claim", "teams")
    assert (added["issuer"], added["claim"], added["lets_in"]) == (ISSUER, "teams", False)
    assert len(sign_on.sign_on(admin.store, person, utc_now()).grants) == 2
    shown = admin("signon", "list").output
    assert all(word in shown for word in ("Passwords are on", "@corp.example", "acme", "ops (claim teams)"))
    assert admin("signon", "remove", added["rule_id"]).exit_code == 0
    assert [each["value"] for each in admin.facts("signon", "list")["rules"]] == ["corp.example"]
    assert [each["roles"] for each in admin.facts("user", "list")["users"]] == [["admin"], ["tenant_viewer"]]
    refused(admin("signon", "remove", "corp.example"), "no rule's number")


def test_passwords_are_switched_off_once_an_admin_needs_none(admin: CommandLine) -> None:
    refused(admin("signon", "passwords", "off"), "No active admin has signed in with the organization")
    sign_on.link_identity(admin.store, "ada", 1, ADA, utc_now())
    assert admin("user", "add", "bob", "--role", "maintainer").exit_code == 0
    off = admin.facts("signon", "passwords", "off")
    assert (off["passwords"], off["unlinked"]) == (False, ["bob"])
    assert accounts.check_password(admin.store, "ada", "a good long password") is None
    assert admin.facts("signon", "passwords", "on")["passwords"] is True
    assert accounts.check_password(admin.store, "ada", "a good long password") is not None
