"""Who may do what, as one table; and that no secret of anybody lies in a file."""

import ast
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache, wraps
from pathlib import Path
from typing import TypeVar

import pytest

import data
from data.accounts import (
    accounts,
    api_tokens,
    github_app,
    grants,
    invitations,
    sessions,
    set_up,
    sign_on,
    tenants,
    tokens,
)
from data.accounts.audit import AuditFilter, entries
from data.accounts.authority import COMMAND_LINE, AccountRefused, NewUser, acting
from data.accounts.models import Account, Grant, Role
from data.accounts.tokens import TokenFacts
from data.dashboards.specification import Dashboard
from data.imports import imports
from data.imports.models import ImportRefused, Options, Unknown
from data.insight import notes
from data.reports import subscriptions
from data.reports.subscription_settings import ReportSettings, SubscriptionRefused
from data.repositories import groups, repositories
from data.repositories.models import Repository, RepositoryFacts
from data.repositories.repositories import RepositoryRefused
from data.sharing import badges, shares
from data.store import Store
from data.traffic import corrections
from data.traffic.models import Metric
from tests.data.cast import (
    ADDRESS,
    AUDITOR,
    FIREFOX,
    NOW,
    PASSWORD,
    Place,
    account,
    first_user,
    kept_in,
    newcomer,
    signed_in,
    user,
)
from tests.data.imports import importing
from tests.fake_github import App

ADMINS = {"admin", COMMAND_LINE}
MANAGERS = {*ADMINS, "manager"}
KEEPERS = MANAGERS - {"admin"}  # an admin has a tenant's rights where somebody has granted them
OWNERS = {*ADMINS, "viewer"}
EVERYBODY = {*MANAGERS, *OWNERS, "other-manager", "single", "maintainer", "off", "nobody", "", "\ud800"}
NEW = RepositoryFacts(99, "north/new", None, None, None)
APP = github_app.AppFacts(77, "traffic", "Traffic", "https://github.com/apps/traffic")
INSTALLED = github_app.Installation(501, "octo", None, github_app.InstallationState.GRANTED, "all", None)
FACTS = TokenFacts("classic", "octo", 7, "repo", None)


Made = TypeVar("Made")


@cache
def app_key(number: int) -> str:
    """A private key, the same for each number."""
    return App().new_key()


def kept(make: Callable[["Scene"], Made]) -> Callable[["Scene"], Made]:
    """Makes something once, and anew only after a change: who is refused changes nothing."""
    made: dict[tuple[Path, int, int], Made] = {}

    @wraps(make)
    def there(scene: "Scene") -> Made:
        def stand() -> tuple[Path, int, int]:
            return scene.store.directory, scene.store.traffic.version(), scene.store.control.version()

        if stand() not in made:
            found = make(scene)
            made[stand()] = found
        return made[stand()]

    return there


@dataclass(frozen=True)
class Scene:
    """Two tenants: `manager`, `viewer` and `single` (a repository's viewer) are of north, `other-manager` of south."""

    store: Store
    north: Place
    south: Place

    @classmethod
    def of(cls, store: Store) -> "Scene":
        first_user(store, "admin")
        north, south = Place.added(store, "north", 1), Place.added(store, "south", 11)
        repositories.pause_repositories(store, COMMAND_LINE, north.repositories[1:], NOW)
        user(store, "manager", north.manager)
        user(store, "viewer", north.viewer)
        user(store, "single", north.of_repository(0))
        user(store, "other-manager", south.manager)
        user(store, "maintainer", Grant(Role.MAINTAINER))
        accounts.disable_user(store, COMMAND_LINE, user(store, "off", Grant(Role.ADMIN)).user_id, NOW)
        return cls(store, north, south)

    @property
    def viewer(self) -> Account:
        return account(self.store, "viewer")

    @property
    def new_note(self) -> notes.NewNote:
        return notes.NewNote(NOW.date(), "A talk", None, self.north.repositories[0])

    def unlink(self, by: str) -> None:
        linked = sign_on.Identity("https://x", "2")
        sign_on.link_identity(self.store, COMMAND_LINE, self.viewer.user_id, linked, NOW)
        sign_on.unlink_identity(self.store, by, self.viewer.user_id, linked, NOW)

    def let_in(self, by: str, domain: str) -> int:
        rule = sign_on.NewSignOnRule(sign_on.RuleKind.DOMAIN, "https://x.example.org", domain, self.north.viewer)
        return sign_on.add_rule(self.store, by, rule, NOW)

    def switch_passwords(self, by: str) -> None:
        admin = account(self.store, "admin").user_id
        sign_on.link_identity(self.store, COMMAND_LINE, admin, sign_on.Identity("https://x", "9"), NOW)
        sign_on.switch_passwords(self.store, by, NOW, on=not sign_on.passwords_open(self.store))

    def note(self) -> notes.Note:
        """The note that is there, or a fresh one of the command line."""
        found = notes.notes(tenants.operator(self.store), self.store, NOW.date(), NOW.date())
        return found[0] if found else notes.add_note(self.store, COMMAND_LINE, self.new_note, NOW)

    def group(self) -> int:
        """The group that is there, or a fresh one of the command line."""
        found = groups.groups(tenants.operator(self.store), self.store)
        return (found[0] if found else self.grouped(COMMAND_LINE, "Web")).group_id

    def grouped(self, by: str, name: str) -> groups.Group:
        return groups.add_group(self.store, by, self.north.tenant_id, name, self.north.repositories, now=NOW)

    @property
    def channel(self) -> subscriptions.NewChannel:
        return subscriptions.NewChannel("slack", "example.org", "https://example.org/hook")

    def subscription(self) -> int:
        """The subscription that is there, or a fresh one of the command line."""
        with self.store.control.read() as cursor:
            found = subscriptions.subscriptions(acting(cursor, COMMAND_LINE), self.store)
        return found[0].subscription_id if found else self.subscribed(COMMAND_LINE, "Weekly")

    def subscribed(self, by: str, name: str) -> int:
        return subscriptions.add_subscription(
            self.store, by, name, ReportSettings(), [self.channel], tenant_id=self.north.tenant_id, now=NOW
        )

    def added(self) -> int:
        """A repository that the command line has added, where none is left."""
        every = repositories.repositories(tenants.operator(self.store), self.store)
        found = [each for each in every if each.github_id == NEW.github_id]
        return (found or repositories.add_repositories(self.store, COMMAND_LINE, 1, [NEW], NOW))[0].repository_id

    @kept
    def measured(self) -> Repository:
        """A repository of which a day is stored."""
        found = next(each for each in repositories.repositories(tenants.operator(self.store), self.store))
        with self.store.traffic.commit("a day") as connection:
            day = "insert into daily_traffic (repository_id, day, views, view_uniques) values ($key, $day, 9, 9)"
            connection.execute("delete from daily_traffic")
            connection.execute(day, {"key": found.repository_id, "day": NOW.date()})
        return found

    @kept
    def token(self) -> int:
        """A token of the viewer, made by the command line."""
        api_tokens.add_api_token(self.store, COMMAND_LINE, self.viewer.user_id, api_tokens.NewToken("x"), NOW)
        return api_tokens.api_tokens(self.viewer, self.store, NOW)[0].token_id

    @property
    def new_badge(self) -> badges.NewBadge:
        repository_id = self.north.repositories[0]
        return badges.NewBadge(
            self.north.tenant_id, badges.BadgeMeasure.VIEWS, badges.BadgePeriod.ALL, "views", repository_id
        )

    @property
    def new_share(self) -> shares.NewShare:
        return shares.NewShare("x", self.north.tenant_id, Dashboard("x"), frozenset(self.north.repositories[:1]))

    @kept
    def share(self) -> int:
        """A link, made by the manager."""
        shares.add_share(self.store, "manager", self.new_share, NOW)
        return shares.shares(account(self.store, "manager"), self.store, NOW)[0].share_id

    @kept
    def badge(self) -> int:
        return badges.add_badge(self.store, COMMAND_LINE, self.new_badge, NOW).badge_id

    @kept
    def without_app(self) -> Store:
        """The store, in which there is no GitHub App."""
        with suppress(github_app.AppRefused):
            github_app.remove_app(self.store, COMMAND_LINE, NOW)
        return self.store

    @kept
    def app(self) -> Store:
        """The store with the GitHub App, with two keys and an installation of north's."""
        self.without_app()
        github_app.save_app(self.store, COMMAND_LINE, APP, app_key(0), NOW)
        github_app.save_app_key(self.store, COMMAND_LINE, app_key(1), NOW)
        github_app.save_installations(self.store, [INSTALLED], {})
        github_app.give_installation(self.store, COMMAND_LINE, 501, self.north.tenant_id, NOW)
        return self.store

    @kept
    def link(self) -> int:
        """An invitation for north, made by the command line."""
        invitations.invite(self.store, COMMAND_LINE, [self.north.viewer], None, NOW)
        return invitations.open_invitations(account(self.store, "admin"), self.store, NOW)[0].invitation_id

    @kept
    def brought(self) -> int:
        return self.bring(COMMAND_LINE)

    def bring(self, by: str) -> int:
        """An import of one day, a new one each time. Answers its number."""
        day = date(2024, 1, 1) + timedelta(days=self.store.traffic.version())
        names = Options(repository="north/r0")
        with importing.staged({"views.csv": f"_date,total_views,unique_views\n{day},4,1"}, names) as read:
            tenant_id, ask = self.north.tenant_id, Unknown.ASK
            batch = imports.save_import(self.store, by, tenant_id, read, NOW, aliases={}, unknown=ask, mappings={})
        assert batch
        return batch.batch_id


def new_user(scene: Scene) -> NewUser:
    return newcomer(f"new-{scene.store.control.version()}", None)


Do = Callable[[Scene, str], object]
ACTIONS: dict[str, tuple[set[str], Do]] = {
    "store the GitHub App": (
        ADMINS,
        lambda s, by: github_app.save_app(s.without_app(), by, APP, app_key(0), NOW),
    ),
    "exchange the App's key": (
        ADMINS,
        lambda s, by: github_app.save_app_key(s.app(), by, app_key(2), NOW),
    ),
    "forget a key of the App": (
        ADMINS,
        lambda s, by: github_app.remove_app_key(s.app(), by, github_app.fingerprint(app_key(1)), NOW),
    ),
    "remove the GitHub App": (ADMINS, lambda s, by: github_app.remove_app(s.app(), by, NOW)),
    "give an installation": (
        ADMINS,
        lambda s, by: github_app.give_installation(s.app(), by, 501, s.south.tenant_id, NOW),
    ),
    "change what an installation tracks": (
        MANAGERS,
        lambda s, by: github_app.save_tracking_rule(s.app(), by, 501, "octo/*", NOW),
    ),
    "make a badge": (KEEPERS, lambda s, by: badges.add_badge(s.store, by, s.new_badge, NOW)),
    "remove a badge": (KEEPERS, lambda s, by: badges.remove_badge(s.store, by, s.badge(), NOW)),
    "make a share link": ({"manager"}, lambda s, by: shares.add_share(s.store, by, s.new_share, NOW)),
    "revoke a share link": (KEEPERS, lambda s, by: shares.revoke_share(s.store, by, s.share(), NOW)),
    "add a user": (ADMINS, lambda s, by: accounts.add_user(s.store, by, new_user(s), s.north.viewer, NOW)),
    "make a token for programs": (
        {COMMAND_LINE, "viewer"},
        lambda s, by: api_tokens.add_api_token(s.store, by, s.viewer.user_id, api_tokens.NewToken("x"), NOW),
    ),
    "revoke a token of programs": (OWNERS, lambda s, by: api_tokens.revoke_api_token(s.store, by, s.token(), NOW)),
    "disable": (ADMINS, lambda s, by: accounts.disable_user(s.store, by, s.viewer.user_id, NOW)),
    "enable": (ADMINS, lambda s, by: accounts.enable_user(s.store, by, s.viewer.user_id, NOW)),
    "change a profile": (
        OWNERS,
        lambda s, by: accounts.save_profile(s.store, by, s.viewer.user_id, NOW, name="V", email="v@x.org"),
    ),
    "link an identity": (
        OWNERS,
        lambda s, by: sign_on.link_identity(s.store, by, s.viewer.user_id, sign_on.Identity("https://x", "1"), NOW),
    ),
    "unlink an identity": (OWNERS, lambda s, by: s.unlink(by)),
    "let a domain in": (ADMINS, lambda s, by: s.let_in(by, f"d{s.store.control.version()}.example.org")),
    "lift a rule of signing on": (
        ADMINS,
        lambda s, by: sign_on.remove_rule(s.store, by, s.let_in(COMMAND_LINE, f"d{by[:1]}.example.org"), NOW),
    ),
    "switch passwords off": (ADMINS, lambda s, by: s.switch_passwords(by)),
    "make an admin": (ADMINS, lambda s, by: grants.grant(s.store, by, s.viewer.user_id, Grant(Role.ADMIN), NOW)),
    "make a maintainer": (
        ADMINS,
        lambda s, by: grants.grant(s.store, by, s.viewer.user_id, Grant(Role.MAINTAINER), NOW),
    ),
    "make a manager": (ADMINS, lambda s, by: grants.grant(s.store, by, s.viewer.user_id, s.north.manager, NOW)),
    "make a viewer": (
        MANAGERS,
        lambda s, by: grants.grant(s.store, by, account(s.store, "single").user_id, s.north.viewer, NOW),
    ),
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
    "revoke a link": (MANAGERS, lambda s, by: invitations.revoke_invitation(s.store, by, s.link(), NOW)),
    "reset a password": (ADMINS, lambda s, by: invitations.reset_password(s.store, by, s.viewer.user_id, NOW)),
    "sign everybody out": (ADMINS, lambda s, by: sessions.end_all_sessions(s.store, by, NOW)),
    "store a token": (
        MANAGERS,
        lambda s, by: tokens.save_token(s.store, by, s.north.tenant_id, "ghp_x", FACTS, now=NOW),
    ),
    "rotate the key": (ADMINS, lambda s, by: tokens.rotate_key(s.store, by, NOW)),
    "sign somebody out": (
        OWNERS,
        lambda s, by: sessions.end_other_sessions(s.store, by, s.viewer.user_id, "", NOW),
    ),
    "add a tenant": (
        ADMINS,
        lambda s, by: tenants.add_tenant(s.store, by, f"T{s.store.traffic.version()}", "daily", NOW),
    ),
    "change a schedule": (
        MANAGERS,
        lambda s, by: tenants.save_schedule(s.store, by, s.north.tenant_id, "weekly", NOW),
    ),
    "have workflow runs counted": (
        MANAGERS,
        lambda s, by: tenants.set_reads_actions(s.store, by, s.north.tenant_id, True, NOW),
    ),
    "track a repository": (
        KEEPERS,
        lambda s, by: repositories.add_repositories(s.store, by, s.north.tenant_id, [NEW], NOW),
    ),
    "pause a repository": (
        KEEPERS,
        lambda s, by: repositories.pause_repositories(s.store, by, s.north.repositories, NOW),
    ),
    "resume a repository": (
        KEEPERS,
        lambda s, by: repositories.resume_repositories(s.store, by, s.north.repositories[1:], NOW),
    ),
    "remove a repository": (
        KEEPERS,
        lambda s, by: repositories.remove_repositories(s.store, by, s.north.repositories, NOW),
    ),
    "delete a history": (
        KEEPERS,
        lambda s, by: repositories.remove_repositories_with_data(s.store, by, [s.added()], NOW),
    ),
    "correct a reading": (
        {*ADMINS, "maintainer"},
        lambda s, by: corrections.correct_reading(
            s.store, by, s.measured(), corrections.Reading(NOW.date(), Metric.VIEWS, 5, 2), NOW
        ),
    ),
    "add a group": (KEEPERS, lambda s, by: s.grouped(by, f"T{s.store.traffic.version()}")),
    "change a group": (
        KEEPERS,
        lambda s, by: groups.change_group(s.store, by, s.group(), "Shop", s.north.repositories[:1], now=NOW),
    ),
    "remove a group": (KEEPERS, lambda s, by: groups.remove_group(s.store, by, s.group(), NOW)),
    "import": (KEEPERS, lambda s, by: s.bring(by)),
    "undo an import": (KEEPERS, lambda s, by: imports.undo_import(s.store, by, s.brought(), NOW)),
    "write a note": (KEEPERS, lambda s, by: notes.add_note(s.store, by, s.new_note, NOW)),
    "change a note": (KEEPERS, lambda s, by: notes.change_note(s.store, by, s.note(), NOW)),
    "remove a note": (KEEPERS, lambda s, by: notes.remove_note(s.store, by, s.note().note_id, NOW)),
    "subscribe a tenant": (KEEPERS, lambda s, by: s.subscribed(by, f"T{s.store.control.version()}")),
    "change a subscription": (
        KEEPERS,
        lambda s, by: subscriptions.change_subscription(
            s.store, by, s.subscription(), NOW, name=f"N{s.store.control.version()}"
        ),
    ),
    "pause a subscription": (
        KEEPERS,
        lambda s, by: subscriptions.pause_subscription(s.store, by, s.subscription(), active=False, now=NOW),
    ),
    "remove a subscription": (
        KEEPERS,
        lambda s, by: subscriptions.remove_subscription(s.store, by, s.subscription(), NOW),
    ),
    "rename a tenant": (ADMINS, lambda s, by: tenants.rename_tenant(s.store, by, s.north.tenant_id, "Azure", NOW)),
    "deactivate a tenant": (
        ADMINS,
        lambda s, by: tenants.set_tenant_active(s.store, by, s.south.tenant_id, False, NOW),
    ),
}


@pytest.fixture(scope="module")
def staged(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """The scene; never written to again."""
    directory = tmp_path_factory.mktemp("staged") / "db"
    shutil.copytree(template, directory, symlinks=True)
    scene = Scene.of(Store(directory))
    scene.store.close()
    return scene


@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_is_refused_to_all_but_those_who_may_and_leaves_a_record(
    staged: Scene, tmp_path: Path, action: str
) -> None:
    shutil.copytree(staged.store.directory, tmp_path / "scene", symlinks=True)
    scene, (may, act) = replace(staged, store=(store := Store(tmp_path / "scene"))), ACTIONS[action]
    before = [account(store, name) for name in ("viewer", "manager")]
    for by in sorted(EVERYBODY - may):
        with pytest.raises(
            (
                AccountRefused,
                RepositoryRefused,
                groups.GroupRefused,
                notes.NoteRefused,
                SubscriptionRefused,
                ImportRefused,
                github_app.AppRefused,
            )
        ):
            act(scene, by)
    assert [account(store, name) for name in ("viewer", "manager")] == before
    first, *others = sorted(may, reverse=True)  # who may do it for themselves only, before an admin does
    known = len(entries(AUDITOR, store, AuditFilter(actor=first)))
    act(scene, first)
    assert len(entries(AUDITOR, store, AuditFilter(actor=first))) > known, "it leaves a record"
    for by in others:  # for whom there may be nothing left to change
        act(scene, by)


def test_every_function_that_changes_something_for_somebody_is_in_the_table() -> None:
    table = Path(__file__).read_text(encoding="utf-8")
    parts = {"save_entry", "change_of_traffic"}  # of changes
    for path in Path(data.__path__[0]).rglob("*.py"):
        for each in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(each, ast.FunctionDef) and not each.name.startswith("_") and each.name not in parts:
                takes = {argument.arg for argument in each.args.args}
                assert not {"store", "by"} <= takes or f".{each.name}(" in table, f"{each.name} of {path.name}"


def test_no_password_code_link_ticket_or_session_is_in_any_file(store: Store) -> None:
    code = set_up.renew_setup_code(store, NOW) or ""
    ada = set_up.add_first_user(store, code, newcomer("ada"), NOW)
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
