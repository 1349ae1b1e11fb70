"""Signing on by the organization: whose an identity is, who is let in, what groups give and take, passwords off."""

from typing import Any

import pytest

from data.accounts import accounts, grants, invitations, sessions, sign_on
from data.accounts.authority import COMMAND_LINE, AccountRefused, NewUser
from data.accounts.models import Grant, Role
from data.accounts.sign_on import BY_GROUP, GOOGLE, Identity, NewSignOnRule, NotLetIn, Person, RuleKind, SignOnRefused
from data.store import Store
from tests.data.cast import AUDITOR, HOUR, NOW, PASSWORD, Place, account, newcomer, signed_in, user

ISSUER = "https://id.example.org"
ADMINS = Grant(Role.ADMIN)


def person(subject: str = "s1", issuer: str = ISSUER, **claims: Any) -> Person:
    usual = {"email": "eve@corp.example", "email_verified": True, "name": "Eve  Ä.", "preferred_username": "Eve@corp"}
    return Person(Identity(issuer, subject), usual | claims)


def let_in(store: Store, granted: Grant, domain: str = "corp.example", **how: Any) -> int:
    rule = NewSignOnRule(RuleKind.DOMAIN, how.pop("issuer", ISSUER), domain, granted, **how)
    return sign_on.add_rule(store, "ada", rule, NOW)


def mapped(store: Store, granted: Grant, group: str = "staff", **how: Any) -> int:
    may = how.pop("may_make_admins", False)
    rule = NewSignOnRule(RuleKind.GROUP, ISSUER, group, granted, **{"lets_in": False} | how)
    return sign_on.add_rule(store, "ada", rule, NOW, may_make_admins=may)


def refused(store: Store, who: Person) -> NotLetIn:
    before = len(accounts.accounts(AUDITOR, store))
    with pytest.raises(SignOnRefused) as refusal:
        sign_on.sign_on(store, who, NOW)
    assert len(accounts.accounts(AUDITOR, store)) == before
    return refusal.value.reason


def logged(store: Store, actor: str) -> list[tuple[str, str, str | None]]:
    """What the audit log has of an actor, the oldest first."""
    own = "select act, subject, detail from audit_log where actor = $actor order by rowid"
    with store.control.read() as cursor:
        return cursor.execute(own, {"actor": actor}).fetchall()


def test_an_identity_is_issuer_and_subject_and_signs_its_one_active_user_in(store: Store, north: Place) -> None:
    bob, ada = user(store, "bob", north.viewer), account(store, "ada")
    same = person(email="bob@example.org")
    assert refused(store, same) is NotLetIn.UNKNOWN, "an address links nobody"
    for _ in range(2):
        sign_on.link_identity(store, "bob", bob.user_id, same.identity, NOW)
    assert sign_on.sign_on(store, person(email="other@example.org"), NOW) == bob
    assert [each.identity for each in sign_on.identities(bob, store)] == [same.identity]
    assert (sign_on.known_issuer(ada, store), sign_on.known_issuer(bob, store)) == (ISSUER, "")
    with pytest.raises(SignOnRefused, match="another user"):
        sign_on.link_identity(store, "ada", ada.user_id, same.identity, NOW)
    for unknown in (person("s2"), person(issuer="https://id.example.com")):
        assert refused(store, unknown) is NotLetIn.UNKNOWN
    assert refused(store, person("")) is NotLetIn.FAILED
    accounts.disable_user(store, "ada", bob.user_id, NOW)
    let_in(store, north.viewer)
    assert refused(store, same) is NotLetIn.DISABLED
    assert refused(store, person("s3", email="Bob@example.org")) is NotLetIn.UNKNOWN


def test_an_identity_is_unlinked_but_for_the_only_way_in(store: Store, north: Place) -> None:
    bob, first, second = user(store, "bob", north.viewer), person("s1", groups="staff"), person("s2", groups="staff")
    mapped(store, north.manager)
    for each in (first, second):
        sign_on.link_identity(store, "bob", bob.user_id, each.identity, NOW)
    assert sign_on.sign_on(store, second, NOW).grants == (north.manager, north.viewer)
    sign_on.unlink_identity(store, "bob", bob.user_id, first.identity, NOW)
    assert refused(store, first) is NotLetIn.UNKNOWN
    assert account(store, "bob").grants == (north.manager, north.viewer)
    sign_on.unlink_identity(store, "bob", bob.user_id, second.identity, NOW)
    assert account(store, "bob").grants == (north.viewer,)
    assert sign_on.identities(bob, store) == (), "there is a password"
    let_in(store, north.viewer)
    eve = sign_on.sign_on(store, person(), NOW)
    with pytest.raises(AccountRefused, match="only way"):
        sign_on.unlink_identity(store, "eve", eve.user_id, person().identity, NOW)
    assert sign_on.sign_on(store, person(), NOW) == eve


def test_a_domain_lets_verified_addresses_in_exactly(store: Store, north: Place) -> None:
    let_in(store, north.viewer, "@Corp.example")
    let_in(store, north.of_repository(0), "wide.example", subdomains=True)
    let_in(store, Grant(Role.MAINTAINER), "corp.example", issuer="https://other.example")
    eve = sign_on.sign_on(store, person(), NOW)
    assert (eve.username, eve.display_name, eve.email) == ("eve", "Eve Ä.", "eve@corp.example")
    assert eve.grants == (north.viewer,)
    assert not accounts.has_password(eve, store)
    assert logged(store, "e-mail domain") == [
        ("user let in", "user eve", "domain corp.example"),
        ("granted", "user eve", f"tenant viewer of tenant {north.tenant_id}"),
    ]
    sub = sign_on.sign_on(store, person("s2", email="eve@a.wide.example"), NOW)
    assert (sub.username, sub.grants) == ("eve2", (north.of_repository(0),))
    for n, address in enumerate(
        ("x@a.corp.example", "x@corp.example.evil.example", "x@corp.exampl\u212a", "x@notwide.example", "")
    ):
        assert refused(store, person(f"n{n}", email=address)) is NotLetIn.UNKNOWN
    for verified in (False, "true", 1, None):
        assert refused(store, person("s4", email="new@corp.example", email_verified=verified)) is NotLetIn.UNVERIFIED
    assert refused(store, person("s5", email="EVE@corp.example")) is NotLetIn.EMAIL_TAKEN
    assert refused(store, person("s6", issuer="https://evil.example")) is NotLetIn.UNKNOWN
    grants.revoke(store, "ada", eve.user_id, north.viewer, NOW)
    assert sign_on.sign_on(store, person(), NOW).grants == (), "only the first time"


def test_a_private_google_account_is_not_of_the_domain_in_its_address(store: Store, north: Place) -> None:
    let_in(store, north.viewer, issuer=GOOGLE)
    assert refused(store, person(issuer=GOOGLE)) is NotLetIn.UNVERIFIED
    assert sign_on.sign_on(store, person(issuer=GOOGLE, hd="corp.example"), NOW).grants == (north.viewer,)


def test_groups_give_and_take_roles_and_leave_what_was_given_by_hand(store: Store, north: Place) -> None:
    south = Place.added(store, "south", 11)
    bob = user(store, "bob", north.viewer)
    sign_on.link_identity(store, "bob", bob.user_id, person().identity, NOW)
    mapped(store, north.viewer)
    mapped(store, south.manager, "leads", claim="realm.roles")
    mapped(store, south.viewer, "auditors")
    signed = sign_on.sign_on(store, person(groups=["staff", "auditors", 7], realm={"roles": ["leads"]}), NOW)
    assert set(signed.grants) == {north.viewer, south.manager, south.viewer}
    grants.grant(store, "ada", bob.user_id, south.viewer, NOW)  # now it is given by hand
    assert sign_on.sign_on(store, person(groups="staff"), NOW + HOUR).grants == (north.viewer, south.viewer)
    assert sign_on.sign_on(store, person(), NOW).grants == (north.viewer, south.viewer)
    manager, viewer = (f"{role} of tenant {south.tenant_id}" for role in ("manager", "tenant viewer"))
    assert logged(store, BY_GROUP) == [
        ("granted", "user bob", viewer),
        ("granted", "user bob", manager),
        ("revoked", "user bob", manager),
    ]


def test_a_group_rule_that_is_lifted_takes_its_role_at_once(store: Store, north: Place) -> None:
    first, second = mapped(store, north.viewer, lets_in=True), mapped(store, north.viewer, "others")
    eve = sign_on.sign_on(store, person(groups=["staff"], email_verified=False), NOW)
    assert (eve.grants, eve.email) == ((north.viewer,), None)
    assert refused(store, person("s2", groups=["others"])) is NotLetIn.UNKNOWN
    sign_on.remove_rule(store, "ada", first, NOW)
    assert account(store, "eve").grants == (north.viewer,), "the other group gives it too"
    sign_on.remove_rule(store, "ada", second, NOW)
    assert account(store, "eve").grants == ()
    assert logged(store, "ada")[-1][:2] == ("revoked", "user eve")
    assert sign_on.rules(AUDITOR, store) == () == sign_on.rules(eve, store)


def test_no_rule_makes_admins_unless_that_is_allowed_and_the_last_one_stays(store: Store, north: Place) -> None:
    ada = account(store, "ada")
    with pytest.raises(AccountRefused, match="nobody admin"):
        let_in(store, ADMINS)
    with pytest.raises(AccountRefused, match="allowed expressly"):
        mapped(store, ADMINS)
    mapped(store, ADMINS, may_make_admins=True, lets_in=True)
    eve = sign_on.sign_on(store, person(groups=["staff"]), NOW)
    assert eve.grants == (ADMINS,)
    accounts.add_user(store, "eve", NewUser("kim", "Kim"), ADMINS, NOW)  # who cannot sign in yet
    accounts.disable_user(store, "eve", ada.user_id, NOW)
    assert sign_on.sign_on(store, person(), NOW).grants == (ADMINS,)
    assert logged(store, BY_GROUP)[-1] == ("role kept", "user eve", "admin: the last active admin who can sign in")
    accounts.enable_user(store, "eve", ada.user_id, NOW)
    assert sign_on.sign_on(store, person(), NOW).grants == ()


@pytest.mark.parametrize(
    ("kind", "value", "issuer"),
    [
        (RuleKind.DOMAIN, "example", ISSUER),
        (RuleKind.DOMAIN, "ex\u00e4mple.org", ISSUER),
        (RuleKind.DOMAIN, "a b.org", ISSUER),
        (RuleKind.DOMAIN, "corp.example", "id.example.org"),
        (RuleKind.GROUP, " ", ISSUER),
    ],
)
def test_what_is_no_rule_is_refused(store: Store, north: Place, kind: RuleKind, value: str, issuer: str) -> None:
    with pytest.raises(AccountRefused):
        sign_on.add_rule(store, "ada", NewSignOnRule(kind, issuer, value, north.viewer), NOW)


def test_a_rule_is_there_once(store: Store, north: Place) -> None:
    let_in(store, north.viewer)
    with pytest.raises(AccountRefused, match="already"):
        let_in(store, north.viewer, subdomains=True)


def test_an_invitation_is_accepted_by_the_organization_alone(store: Store, north: Place) -> None:
    link = invitations.invite(store, "ada", [north.viewer], "new@example.org", NOW)
    eve = invitations.accept_by_organization(store, link, person(email_verified=False), NOW)
    assert (eve.username, eve.email, eve.grants) == ("eve", "new@example.org", (north.viewer,))
    assert sign_on.sign_on(store, person(), NOW) == eve
    with pytest.raises(SignOnRefused, match="has been used"):
        invitations.accept_by_organization(store, link, person("s2"), NOW)
    more = invitations.invite(store, "ada", [north.of_repository(0)], None, NOW)
    same = invitations.accept_by_organization(store, more, person(), NOW)
    assert (same.user_id, len(same.grants)) == (eve.user_id, 2)


def test_a_sign_in_link_puts_a_changed_subject_in_the_former_ones_place(store: Store, north: Place) -> None:
    bob = user(store, "bob", north.viewer)
    sign_on.link_identity(store, "bob", bob.user_id, person().identity, NOW)
    session = signed_in(store, bob)
    link = invitations.reset_password(store, "ada", bob.user_id, NOW)
    sign_on.link_identity(store, "ada", account(store, "ada").user_id, person("s9").identity, NOW)
    with pytest.raises(SignOnRefused, match="another user"):
        invitations.accept_by_organization(store, link, person("s9"), NOW)
    assert invitations.accept_by_organization(store, link, person("s2"), NOW).username == "bob"
    assert sessions.account_of_session(store, session, NOW) is None
    assert sign_on.sign_on(store, person("s2"), NOW).username == "bob"
    assert refused(store, person()) is NotLetIn.UNKNOWN
    assert invitations.invitation_of(store, link, NOW) is None


def test_passwords_go_off_once_an_admin_can_sign_in_without_one(store: Store, north: Place) -> None:
    ada, bob = account(store, "ada"), user(store, "bob")
    sign_on.link_identity(store, "bob", bob.user_id, person("s2").identity, NOW)
    with pytest.raises(AccountRefused, match="No active admin"):
        sign_on.switch_passwords(store, "ada", NOW, on=False)
    sign_on.link_identity(store, "ada", ada.user_id, person().identity, NOW)
    session, link = signed_in(store, ada), invitations.invite(store, "ada", [north.viewer], None, NOW)
    reset = invitations.reset_password(store, "ada", bob.user_id, NOW)
    sign_on.switch_passwords(store, "ada", NOW, on=False)
    assert not sign_on.passwords_open(store)
    assert accounts.check_password(store, "ada", PASSWORD) is None
    assert accounts.active_account(store, "ada") is None
    for act in (
        lambda: invitations.accept(store, link, newcomer("new"), NOW),
        lambda: invitations.accept_reset(store, reset, PASSWORD, NOW),
        lambda: accounts.add_user(store, "ada", newcomer("new"), north.viewer, NOW),
        lambda: accounts.change_password(store, session, PASSWORD, "another meadow, dry", NOW),
    ):
        with pytest.raises(AccountRefused):
            act()
    grants.grant(store, "ada", bob.user_id, ADMINS, NOW)
    user(store, "cai", ADMINS)  # who could not sign in
    accounts.disable_user(store, "ada", bob.user_id, NOW)
    with pytest.raises(AccountRefused, match="last active admin who can sign in"):
        grants.revoke(store, "ada", ada.user_id, ADMINS, NOW)
    sign_on.switch_passwords(store, COMMAND_LINE, NOW, on=True)
    assert accounts.check_password(store, "ada", PASSWORD) == account(store, "ada")
    assert logged(store, "ada")[-1][0] == "user disabled"
    assert logged(store, COMMAND_LINE)[-1][:2] == ("passwords switched on", "all users")
