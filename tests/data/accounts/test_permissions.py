"""Who may do what, as one table; and that no secret of anybody lies in a file."""

from collections.abc import Callable

import pytest

from data.accounts import accounts, grants, invitations, sessions, tenants, tokens
from data.accounts.authority import COMMAND_LINE, AccountRefused
from data.accounts.models import Account, Grant, Role
from data.accounts.tokens import TokenFacts
from data.store import Store
from tests.data.cast import (
    ADDRESS,
    FIREFOX,
    NOW,
    PASSWORD,
    Place,
    account,
    first_user,
    kept_in,
    newcomer,
    quick,
    signed_in,
    user,
)

pytestmark = pytest.mark.usefixtures(quick.__name__)

ADMINS = {"admin", COMMAND_LINE}
MANAGERS = {*ADMINS, "manager"}
OWNERS = {*ADMINS, "viewer"}
EVERYBODY = {*MANAGERS, *OWNERS, "other-manager", "single", "maintainer", "off", "nobody", "", "\ud800"}
FACTS = TokenFacts("classic", "octo", 7, "repo", None)


class Scene:
    """Two tenants: `manager`, `viewer` and `single` (a repository's viewer) are of north, `other-manager` of south."""

    def __init__(self, store: Store) -> None:
        self.store = store
        first_user(store, "admin")
        self.north, self.south = Place.added(store, "north", 1), Place.added(store, "south", 11)
        user(store, "manager", self.north.manager)
        user(store, "viewer", self.north.viewer)
        user(store, "single", self.north.of_repository(0))
        user(store, "other-manager", self.south.manager)
        user(store, "maintainer", Grant(Role.MAINTAINER))
        accounts.disable_user(store, COMMAND_LINE, user(store, "off", Grant(Role.ADMIN)).user_id, NOW)

    @property
    def viewer(self) -> Account:
        return account(self.store, "viewer")

    def link(self, place: Place) -> int:
        """A fresh invitation for a tenant, made by the command line."""
        invitations.invite(self.store, COMMAND_LINE, [place.viewer], None, NOW)
        return invitations.open_invitations(account(self.store, "admin"), self.store, NOW)[0].invitation_id


Do = Callable[[Scene, str], object]
ACTIONS: dict[str, tuple[set[str], Do]] = {
    "disable": (ADMINS, lambda s, by: accounts.disable_user(s.store, by, s.viewer.user_id, NOW)),
    "enable": (ADMINS, lambda s, by: accounts.enable_user(s.store, by, s.viewer.user_id, NOW)),
    "change a profile": (
        OWNERS,
        lambda s, by: accounts.save_profile(s.store, by, s.viewer.user_id, NOW, name="V", email="v@x.org"),
    ),
    "link an identity": (
        OWNERS,
        lambda s, by: accounts.link_identity(s.store, by, s.viewer.user_id, accounts.Identity("https://x", "1"), NOW),
    ),
    "make an admin": (ADMINS, lambda s, by: grants.grant(s.store, by, s.viewer.user_id, Grant(Role.ADMIN), NOW)),
    "make a maintainer": (
        ADMINS,
        lambda s, by: grants.grant(s.store, by, s.viewer.user_id, Grant(Role.MAINTAINER), NOW),
    ),
    "make a manager": (ADMINS, lambda s, by: grants.grant(s.store, by, s.viewer.user_id, s.north.manager, NOW)),
    "make a viewer": (MANAGERS, lambda s, by: grants.grant(s.store, by, s.viewer.user_id, s.north.viewer, NOW)),
    "show a repository": (
        MANAGERS,
        lambda s, by: grants.grant(s.store, by, s.viewer.user_id, s.north.of_repository(1), NOW),
    ),
    "show another tenant": (
        ADMINS,
        lambda s, by: grants.grant(s.store, by, s.viewer.user_id, s.south.viewer, NOW),
    ),
    "take a viewer's role": (MANAGERS, lambda s, by: grants.revoke(s.store, by, s.viewer.user_id, s.north.viewer, NOW)),
    "take a manager's role": (
        ADMINS,
        lambda s, by: grants.revoke(s.store, by, account(s.store, "manager").user_id, s.north.manager, NOW),
    ),
    "invite a viewer": (MANAGERS, lambda s, by: invitations.invite(s.store, by, [s.north.viewer], None, NOW)),
    "invite a manager": (ADMINS, lambda s, by: invitations.invite(s.store, by, [s.north.manager], None, NOW)),
    "invite for nothing yet": (ADMINS, lambda s, by: invitations.invite(s.store, by, [], None, NOW)),
    "invite to two tenants": (
        ADMINS,
        lambda s, by: invitations.invite(s.store, by, [s.north.viewer, s.south.viewer], None, NOW),
    ),
    "revoke a link": (MANAGERS, lambda s, by: invitations.revoke_invitation(s.store, by, s.link(s.north), NOW)),
    "reset a password": (ADMINS, lambda s, by: invitations.reset_password(s.store, by, s.viewer.user_id, NOW)),
    "sign everybody out": (ADMINS, lambda s, by: sessions.end_all_sessions(s.store, by, NOW)),
    "store a token": (
        MANAGERS,
        lambda s, by: tokens.save_token(s.store, by, s.north.tenant_id, "ghp_x", FACTS, now=NOW),
    ),
    "rotate the key": (ADMINS, lambda s, by: tokens.rotate_key(s.store, by, NOW)),
    "rename a tenant": (ADMINS, lambda s, by: tenants.rename_tenant(s.store, by, s.north.tenant_id, "Azure", NOW)),
    "deactivate a tenant": (
        ADMINS,
        lambda s, by: tenants.set_tenant_active(s.store, by, s.south.tenant_id, False, NOW),
    ),
}


@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_is_refused_to_all_but_those_who_may(store: Store, action: str) -> None:
    scene, (may, act) = Scene(store), ACTIONS[action]
    before = [account(store, name) for name in ("viewer", "manager")]
    for by in sorted(EVERYBODY - may):
        with pytest.raises(AccountRefused):
            act(scene, by)
    assert [account(store, name) for name in ("viewer", "manager")] == before
    for by in sorted(may, reverse=True):  # a user who may only do it for themselves, before an admin disables them
        act(scene, by)


def test_no_password_code_link_ticket_or_session_is_in_any_file(store: Store) -> None:
    code = accounts.renew_setup_code(store, NOW) or ""
    ada = accounts.add_first_user(store, code, newcomer("ada"), NOW)
    changed, chosen = "another meadow, dry", "a third meadow, wet"
    session = signed_in(store, ada)
    accounts.change_password(store, session, PASSWORD, changed, NOW)
    unused, used = (sessions.make_ticket(store, ada.user_id, NOW) for _ in range(2))
    sessions.redeem_ticket(store, used, FIREFOX, ADDRESS, NOW)
    links = [invitations.invite(store, "ada", [], None, NOW) for _ in range(2)]
    new = invitations.accept(store, links[0], newcomer("new"), NOW)
    reset = invitations.reset_password(store, "ada", new.user_id, NOW)
    invitations.accept_reset(store, reset, chosen, NOW)
    kept = kept_in(store)
    assert b"ada" in kept
    secrets = [code, code.replace("-", ""), code[6:17], PASSWORD, changed, chosen, session, unused, used, *links, reset]
    assert not [secret for secret in secrets if secret.encode() in kept]
