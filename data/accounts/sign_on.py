"""Signing on by the organization (OpenID Connect): whose an identity is, who is let in, which roles their groups give.

An identity is the provider (issuer) and its lasting name for the person (subject). An e-mail address links nobody with
an account that is there already: that takes the user, an invitation, or a link that an admin has made.

SignOnRefused    somebody is not let in; its reason has a sentence that says what to do
"""

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from unicodedata import normalize

import duckdb

from data.accounts.audit import Subject, record
from data.accounts.authority import (
    COMMAND_LINE,
    NAME_LIMIT,
    AccountRefused,
    NewUser,
    account_named,
    account_with_id,
    acting,
    checked_email,
    entering_admins,
    has_open_password,
    passwords_are_on,
    require_admin,
    require_self_or_admin,
    save_account,
    signed_on,
    stored_accounts,
)
from data.accounts.grants import allowed, described, give, take
from data.accounts.models import Account, Grant, Role
from data.calendar import aware, stored
from data.store import Store
from data.store.cache import cached
from data.store.ids import next_id
from data.store.sql import changed_rows, insert

LIMIT = 255  # characters of an issuer, a subject, a group, the name of a claim
CLAIM = "groups"
BY_DOMAIN, BY_GROUP = "e-mail domain", "group of the organization"  # who gave a role; no username has a space
GOOGLE = "https://accounts.google.com"
_DOMAIN = re.compile(r"(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")
_ISSUER = re.compile(r"https?://[^\s?#]{3,240}")


class NotLetIn(StrEnum):
    """Why somebody whom the organization knows, or may know, is not let in."""

    UNKNOWN = "unknown"
    UNVERIFIED = "unverified"
    EMAIL_TAKEN = "email_taken"
    DISABLED = "disabled"
    TAKEN = "taken"
    LINK = "link"
    LATE = "late"
    DECLINED = "declined"
    FAILED = "failed"


SENTENCES = {
    NotLetIn.UNKNOWN: "Your organization knows you, but you have no user here yet. Ask whoever administers this server "
    "for an invitation. If you have a user already, sign in with its password and link it on your profile, or ask for "
    "a sign-in link.",
    NotLetIn.UNVERIFIED: "Your organization has not verified your e-mail address, so you are not let in by it. Verify "
    "it there and sign in again, or ask whoever administers this server for an invitation.",
    NotLetIn.EMAIL_TAKEN: "There is a user with your e-mail address already, not linked with your organization. If it "
    "is you, sign in with your password and link it on your profile, or ask whoever administers this server for a "
    "sign-in link.",
    NotLetIn.DISABLED: "Your user is disabled. Ask whoever administers this server to enable it.",
    NotLetIn.TAKEN: "This account of your organization belongs to another user here. Choose another one there.",
    NotLetIn.LINK: "This link has been used, has expired, or was revoked. Ask whoever sent it for a new one.",
    NotLetIn.LATE: "This sign-in took too long, or began in another window. Try again.",
    NotLetIn.DECLINED: "Your organization did not sign you in. Try again, or ask there whether you may use this app.",
    NotLetIn.FAILED: "Signing in with your organization failed. Try again; if it stays so, tell whoever runs this "
    "server: its log says why.",
}


class SignOnRefused(AccountRefused):
    """Somebody is not let in."""

    def __init__(self, reason: NotLetIn) -> None:
        super().__init__(SENTENCES[reason])
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is to a provider of OpenID Connect: the provider, and its lasting name for the person."""

    issuer: str
    subject: str

    @property
    def is_whole(self) -> bool:
        return all(part.isprintable() and 0 < len(part) <= LIMIT for part in (self.issuer, self.subject))


@dataclass(frozen=True, slots=True)
class LinkedIdentity:
    identity: Identity
    linked_at: datetime


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom the provider has just signed in: their identity, and what its checked token says of them."""

    identity: Identity
    claims: Mapping[str, Any]

    @property
    def email(self) -> str | None:
        """The address that the provider gives, verified or not."""
        try:
            return checked_email(self.text("email"))
        except AccountRefused:
            return None

    @property
    def verified_email(self) -> str | None:
        """The address, where the provider itself has verified it. Google verifies those of other organizations too:
        there an organization's own accounts are recognized by the claim hd.
        """
        is_own = self.identity.issuer != GOOGLE or bool(self.text("hd"))
        return self.email if self.claims.get("email_verified") is True and is_own else None

    def text(self, claim: str) -> str:
        value = self.claims.get(claim)
        return value if isinstance(value, str) else ""

    def values(self, claim: str) -> frozenset[str]:
        """The texts of a claim, be it one or a list; a name with dots may lead into objects (realm_access.roles)."""
        value: object = self.claims
        for part in [claim] if claim in self.claims else claim.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        texts = value if isinstance(value, list) else [value]
        return frozenset(each for each in texts if isinstance(each, str))


class RuleKind(StrEnum):
    DOMAIN = "domain"
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class NewSignOnRule:
    """A domain of verified e-mail addresses (`subdomains` too, where that is set) whose people get a user with a role;
    or a group in a claim whose members have a role while they are in it, and a user where it `lets_in`. Of one issuer.
    """

    kind: RuleKind
    issuer: str
    value: str
    grant: Grant
    claim: str | None = None
    subdomains: bool = False
    lets_in: bool = True

    def matches(self, person: Person, email: str | None) -> bool:
        """Whether it is about this person of the issuer, whose address is that."""
        if self.kind is RuleKind.GROUP:
            return self.value in person.values(self.claim or CLAIM)
        domain = (email or "").rpartition("@")[2]
        if not domain.isascii():  # else a letter that only looks like another could become it
            return False
        domain = domain.lower()
        return domain == self.value or (self.subdomains and domain.endswith(f".{self.value}"))


@dataclass(frozen=True, slots=True)
class SignOnRule(NewSignOnRule):
    """A rule that is in force."""

    rule_id: int = 0
    made_by: str = ""


def sign_on(store: Store, person: Person, now: datetime) -> Account:
    """The user whose identity this is, or a new one where a rule lets them in; their roles follow their groups.

    Raises: SignOnRefused.
    """
    with store.control.commit("signing in by the organization") as connection:
        known = owner(connection, person.identity)
        return entered(store, connection, known or _let_in(store, connection, person, now), person, now)


def link_identity(store: Store, by: str, user_id: int, identity: Identity, now: datetime) -> None:
    """Let a user sign in by their organization; an identity belongs to one user. Raises: NotAllowed, SignOnRefused."""
    with store.control.commit("linking an identity") as connection:
        require_self_or_admin(connection, by, user_id)
        account, known = account_with_id(connection, user_id), owner(connection, identity)
        if known not in {None, account}:
            raise SignOnRefused(NotLetIn.TAKEN)
        _link(connection, account, identity, by, now)


def unlink_identity(store: Store, by: str, user_id: int, identity: Identity, now: datetime) -> None:
    """Sign a user in by this identity no more, and with the last one of a provider take what its groups gave. The only
    way to sign in stays; what is not there stays so. Raises: NotAllowed, AccountRefused.
    """
    with store.control.commit("unlinking an identity") as connection:
        require_self_or_admin(connection, by, user_id)
        account = account_with_id(connection, user_id)
        values = {"user_id": user_id, "issuer": identity.issuer, "subject": identity.subject}
        gone = "delete from account_identity where user_id = $user_id and issuer = $issuer and subject = $subject"
        if not changed_rows(connection, gone, values):
            return
        others = "select issuer from account_identity where user_id = $user_id"
        left = {issuer for (issuer,) in connection.execute(others, {"user_id": user_id}).fetchall()}
        if not left and not has_open_password(connection, user_id):
            raise AccountRefused("This is the only way to sign in that this user has.")
        record(connection, "identity unlinked", f"user {account.username}", by, now, detail=identity.issuer)
        for key, grant in _mapped(connection, identity.issuer):
            if key == user_id and identity.issuer not in left:
                _take_unless_last(connection, user_id, grant, by, now)


def owner(connection: duckdb.DuckDBPyConnection, identity: Identity) -> Account | None:
    """Whose identity this is; None where it is nobody's yet. Raises SignOnRefused for a disabled user."""
    if not identity.is_whole:
        raise SignOnRefused(NotLetIn.FAILED)
    owners = "select user_id from account_identity where issuer = $issuer and subject = $subject"
    values = {"issuer": identity.issuer, "subject": identity.subject}
    for (user_id,) in connection.execute(owners, values).fetchall():
        account = account_with_id(connection, user_id)
        if not account.active:
            raise SignOnRefused(NotLetIn.DISABLED)
        return account
    return None


def entered(
    store: Store, connection: duckdb.DuckDBPyConnection, account: Account, person: Person, now: datetime
) -> Account:
    """The user who has signed in by this identity, linked with it and with the roles of their groups, inside the
    caller's commit.
    """
    _link(connection, account, person.identity, account.username, now)
    _follow_groups(store, connection, account, person, now)
    return account_with_id(connection, account.user_id)


def add_person(connection: duckdb.DuckDBPyConnection, person: Person, email: str | None, now: datetime) -> Account:
    """A new user without a password, inside the caller's commit, named as the organization names them."""
    username = _free_username(connection, person)
    name = " ".join("".join(each for each in person.text("name") if each.isprintable()).split())[:NAME_LIMIT].strip()
    user = NewUser(username, name or username, person.verified_email or email)
    return account_with_id(connection, save_account(connection, user, None, now))


def replace_identity(connection: duckdb.DuckDBPyConnection, user_id: int, identity: Identity) -> None:
    """Forget by which other identities of that issuer a user has signed in, inside the caller's commit."""
    values = {"user_id": user_id, "issuer": identity.issuer, "subject": identity.subject}
    of_issuer = "delete from account_identity where user_id = $user_id and issuer = $issuer and subject <> $subject"
    connection.execute(of_issuer, values)


def add_rule(store: Store, by: str, new: NewSignOnRule, now: datetime, *, may_make_admins: bool = False) -> int:
    """Put a rule in force, for sign-ins from now on; its number. A group gives the role admin only with
    `may_make_admins`, a domain never. Admins only. Raises: NotAllowed, AccountRefused.
    """
    new = _checked(new, may_make_admins=may_make_admins)
    with store.control.commit("adding a rule of signing on") as connection:
        require_admin(connection, by)
        (placed,) = allowed(store, acting(connection, by), [new.grant])
        new = replace(new, grant=placed)
        if any(_same(each, new) for each in _rules(connection)):
            raise AccountRefused("There is this rule already.")
        rule_id = next_id(connection, "sign_on_rule")
        of_rule = {"kind": new.kind.value, "issuer": new.issuer, "value": new.value, "claim": new.claim}
        how = {"subdomains": new.subdomains, "lets_in": new.lets_in}
        place = {"role": placed.role.value, "tenant_id": placed.tenant_id, "repository_id": placed.repository_id}
        made = {"rule_id": rule_id, "made_by": by, "made_at": stored(now)}
        insert(connection, "sign_on_rule", of_rule | how | place | made)
        record(connection, "sign-on rule added", _subject(new), by, now, detail=_detail(new))
        return rule_id


def remove_rule(store: Store, by: str, rule_id: int, now: datetime) -> None:
    """Lift a rule. A role that the group gave, and no other of the issuer gives, is taken away at once; users whom a
    rule has let in stay. Admins only. Raises: NotAllowed, AccountRefused.
    """
    with store.control.commit("removing a rule of signing on") as connection:
        require_admin(connection, by)
        found = {each.rule_id: each for each in _rules(connection)}
        rule = found.pop(rule_id, None)
        if rule is None:
            raise AccountRefused("There is no such rule.")
        connection.execute("delete from sign_on_rule where rule_id = $id", {"id": rule_id})
        record(connection, "sign-on rule removed", _subject(rule), by, now, detail=_detail(rule))
        groups = [each for each in found.values() if each.kind is rule.kind is RuleKind.GROUP]
        if any((each.issuer, each.grant) == (rule.issuer, rule.grant) for each in groups):
            return
        for user_id, grant in _mapped(connection, rule.issuer):
            if grant == rule.grant:
                _take_unless_last(connection, user_id, grant, by, now)


def switch_passwords(store: Store, by: str, now: datetime, *, on: bool) -> None:
    """Let people sign in with a password, or by their organization only. They are switched off only once an admin has
    signed in by the organization: so somebody can. Admins only. Raises: NotAllowed, AccountRefused.
    """
    with store.control.commit("switching passwords on or off") as connection:
        require_admin(connection, by)
        if passwords_are_on(connection) is on:
            return
        if not on and not entering_admins(connection) & signed_on(connection):
            raise AccountRefused(
                "No active admin has signed in with the organization yet, so nobody could administer this server. Sign "
                "in with it as an admin, then switch passwords off."
            )
        connection.execute("delete from password_stop")
        if not on:
            insert(connection, "password_stop", {"stopped_by": by, "stopped_at": stored(now)})
        record(connection, f"passwords switched {'on' if on else 'off'}", "all users", by, now)


@cached("control")
def passwords_open(store: Store) -> bool:
    """Whether people may sign in with a password."""
    with store.control.read() as cursor:
        return passwords_are_on(cursor)


@cached("control")
def unlinked(account: Account, store: Store) -> tuple[str, ...]:
    """The active users who have not signed in by their organization yet, by username: for admins."""
    if not account.is_active_admin:
        return ()
    with store.control.read() as cursor:
        linked = signed_on(cursor)
        return tuple(each.username for each in stored_accounts(cursor) if each.active and each.user_id not in linked)


@cached("control")
def rules(account: Account, store: Store) -> tuple[SignOnRule, ...]:
    """The rules in force, domains first: for admins."""
    if not account.is_active_admin:
        return ()
    with store.control.read() as cursor:
        return tuple(_rules(cursor))


@cached("control")
def identities(account: Account, store: Store) -> tuple[LinkedIdentity, ...]:
    """By which identities this user can sign in, the oldest first."""
    own = "select issuer, subject, linked_at from account_identity where user_id = $user_id order by linked_at, subject"
    rows = store.control.rows(own, {"user_id": account.user_id})
    return tuple(LinkedIdentity(Identity(issuer, subject), aware(at)) for issuer, subject, at in rows)


@cached("control")
def known_issuer(account: Account, store: Store) -> str:
    """The provider by which somebody has signed in last, for admins; nothing where nobody has."""
    last = "select issuer from account_identity order by used_at desc nulls last, issuer limit 1"
    if not account.is_active_admin:
        return ""
    return next((str(issuer) for (issuer,) in store.control.rows(last)), "")


def _link(connection: duckdb.DuckDBPyConnection, account: Account, identity: Identity, by: str, now: datetime) -> None:
    """Note that a user has just signed in by an identity, which is theirs from now on."""
    row = {"user_id": account.user_id, "issuer": identity.issuer, "subject": identity.subject, "used_at": stored(now)}
    used = (
        "update account_identity set used_at = $used_at "
        "where user_id = $user_id and issuer = $issuer and subject = $subject"
    )
    if not changed_rows(connection, used, row):
        insert(connection, "account_identity", row | {"linked_at": stored(now)})
        record(connection, "identity linked", f"user {account.username}", by, now, detail=identity.issuer)


def _let_in(store: Store, connection: duckdb.DuckDBPyConnection, person: Person, now: datetime) -> Account:
    """A new user, where a rule of their issuer lets them in. Raises: SignOnRefused."""
    letting = [each for each in _rules(connection) if each.lets_in and each.issuer == person.identity.issuer]
    found = [each for each in letting if each.matches(person, person.verified_email)]
    if not found:
        is_unverified = any(each.matches(person, person.email) for each in letting)
        raise SignOnRefused(NotLetIn.UNVERIFIED if is_unverified else NotLetIn.UNKNOWN)
    if person.email and any(each.has_email(person.email) for each in stored_accounts(connection)):
        raise SignOnRefused(NotLetIn.EMAIL_TAKEN)
    account = add_person(connection, person, None, now)
    by, why = (BY_DOMAIN if found[0].kind is RuleKind.DOMAIN else BY_GROUP), ", ".join(map(_named, found))
    record(connection, "user let in", f"user {account.username}", by, now, detail=why)
    for grant in _placed(store, connection, [each for each in found if each.kind is RuleKind.DOMAIN]):
        give(connection, account, grant, BY_DOMAIN, now)
    return account


def _follow_groups(
    store: Store, connection: duckdb.DuckDBPyConnection, account: Account, person: Person, now: datetime
) -> None:
    """Give what the issuer's rules give this person's groups, and take what they gave and do not give any more."""
    issuer = person.identity.issuer
    groups = [each for each in _rules(connection) if each.kind is RuleKind.GROUP and each.issuer == issuer]
    wanted = _placed(store, connection, [each for each in groups if each.matches(person, None)])
    for user_id, grant in _mapped(connection, issuer):
        if user_id == account.user_id and grant not in wanted:
            _take_unless_last(connection, user_id, grant, BY_GROUP, now)
    for grant in wanted:
        give(connection, account, grant, BY_GROUP, now, mapped_by=issuer)


def _placed(store: Store, connection: duckdb.DuckDBPyConnection, rules: Iterable[SignOnRule]) -> list[Grant]:
    """What the rules grant, without what it was for and is gone since."""
    granter, placed = acting(connection, COMMAND_LINE), list[Grant]()
    for each in rules:
        with suppress(AccountRefused):
            placed += allowed(store, granter, [each.grant])
    return list(dict.fromkeys(placed))


def _take_unless_last(
    connection: duckdb.DuckDBPyConnection, user_id: int, grant: Grant, by: str, now: datetime
) -> None:
    account = account_with_id(connection, user_id)
    try:
        take(connection, account, grant, by, now)
    except AccountRefused:
        why = "the last active admin who can sign in"
        record(connection, "role kept", f"user {account.username}", by, now, detail=f"{described(grant)}: {why}")


def _mapped(connection: duckdb.DuckDBPyConnection, issuer: str) -> list[tuple[int, Grant]]:
    """What the groups of an issuer have given: users and grants."""
    given = "select user_id, role, tenant_id, repository_id from account_grant where mapped_by = $issuer order by all"
    rows = connection.execute(given, {"issuer": issuer}).fetchall()
    return [(user_id, Grant(Role(role), *place)) for user_id, role, *place in rows]


def _rules(connection: duckdb.DuckDBPyConnection) -> list[SignOnRule]:
    rows = connection.execute(
        "select kind, issuer, value, role, tenant_id, repository_id, claim, subdomains, lets_in, rule_id, made_by "
        "from sign_on_rule order by kind, value, rule_id"
    ).fetchall()
    return [
        SignOnRule(RuleKind(kind), issuer, value, Grant(Role(role), tenant_id, repository_id), *how)
        for kind, issuer, value, role, tenant_id, repository_id, *how in rows
    ]


def _checked(new: NewSignOnRule, *, may_make_admins: bool) -> NewSignOnRule:
    """The rule in the spelling that is kept. Raises: AccountRefused."""
    if not _ISSUER.fullmatch(new.issuer):
        raise AccountRefused("An issuer is an address like https://login.example.org, exactly as the provider says it.")
    if new.kind is RuleKind.DOMAIN:
        domain = new.value.strip().lower().removeprefix("@")
        if not domain.isascii() or not _DOMAIN.fullmatch(domain):
            raise AccountRefused("A domain looks like example.org (one with other letters like xn--exmple-cua.org).")
        if new.grant.role is Role.ADMIN:
            raise AccountRefused("A domain makes nobody admin. Grant that role by hand, or by a group.")
        return replace(new, value=domain, claim=None, lets_in=True)
    group, claim = new.value.strip(), (new.claim or CLAIM).strip()
    if not all(0 < len(each) <= LIMIT and each.isprintable() for each in (group, claim)):
        raise AccountRefused(f"A group and a claim have 1 to {LIMIT} printable characters.")
    if new.grant.role is Role.ADMIN and not may_make_admins:
        raise AccountRefused("A group makes admins only where that is allowed expressly (by command: --allow-admin).")
    return replace(new, value=group, claim=claim, subdomains=False)


def _same(one: NewSignOnRule, other: NewSignOnRule) -> bool:
    kept = ("kind", "issuer", "value", "claim", "grant")
    return all(getattr(one, each) == getattr(other, each) for each in kept)


def _named(rule: NewSignOnRule) -> str:
    return f"{rule.kind} {rule.value}"


def _subject(rule: NewSignOnRule) -> Subject:
    return Subject(_named(rule), rule.grant.tenant_id)


def _detail(rule: NewSignOnRule) -> str:
    words = [described(rule.grant), f"issuer {rule.issuer}"]
    words += [f"claim {rule.claim}"] if rule.claim else []
    words += ["sub-domains too"] if rule.subdomains else []
    words += ["lets in"] if rule.lets_in else []
    return ", ".join(words)


def _free_username(connection: duckdb.DuckDBPyConnection, person: Person) -> str:
    """A username that nobody has, like the organization's own for the person."""
    candidates = (person.text("preferred_username"), person.verified_email or "", person.text("name"))
    plain = [
        normalize("NFKD", each.partition("@")[0]).encode("ascii", "ignore").decode().lower() for each in candidates
    ]
    names = [re.sub(r"[^a-z0-9._-]+", "-", each).strip("-._")[:36] for each in plain]
    wanted = next((each for each in names if len(each) >= 3), "user")
    numbered = (wanted if number == 1 else f"{wanted}{number}" for number in range(1, 10_000))
    return next(each for each in numbered if account_named(connection, each) is None)
