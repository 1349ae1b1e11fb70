"""Who gets which report or alert by which channels: kept in `control`, the addresses encrypted like tokens.

A user's own shows what that user may see at the moment of sending; a tenant's is managed by its managers and shows the
tenant. The rules are asked inside the commit that changes something.

SubscriptionRefused    there is no such subscription, or it cannot be so (settings.py)
NotAllowed             whoever acts may not do this (see data/accounts/authority.py)
"""

import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

import duckdb

from data.accounts.audit import Subject, record
from data.accounts.authority import NotAllowed, account_with_id, acting, stored_accounts
from data.accounts.encryption import Cipher, DecryptionFailed, open_cipher
from data.accounts.grants import administered, viewer_of
from data.accounts.models import Account, Role
from data.accounts.passwords import fingerprint
from data.calendar import aware, stored
from data.reports.subscription_settings import (
    AlertSettings,
    ReportSettings,
    Settings,
    SubscriptionRefused,
    settings_as_json,
    settings_of,
)
from data.repositories.groups import groups
from data.store import Store
from data.store.cache import cached
from data.store.ids import next_id
from data.store.sql import insert, query

MOST_OF_A_USER, MOST_CHANNELS, NAME_LIMIT = 50, 10, 80
NONE = "There is no such subscription."
MAIL = "mail"


@dataclass(frozen=True, slots=True)
class NewChannel:
    """A channel whose form the caller has checked: where it leads, with what secret. Only `hint` is ever shown."""

    kind: str
    hint: str
    address: str = field(repr=False)
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel as it may be shown; `ended_because`: why nothing is sent by it any more. What was due before `since` is
    not sent by it.
    """

    channel_id: int
    kind: str
    hint: str
    ended_because: str | None
    since: datetime


@dataclass(frozen=True, slots=True)
class OpenChannel:
    """A channel ready to use; `stop` is what a recipient shows to end it, and its own secret besides. `of_account`: an
    account had the address when it was entered.
    """

    channel_id: int
    kind: str
    address: str = field(repr=False)
    secret: str = field(repr=False)
    stop: str = field(repr=False)
    of_account: bool = False


@dataclass(frozen=True, slots=True)
class Subscription:
    """Of a tenant, or a user's own (`user_id`)."""

    subscription_id: int
    kind: str
    user_id: int | None
    tenant_id: int | None
    username: str | None
    name: str
    settings: Settings
    active: bool
    channels: tuple[Channel, ...]

    @property
    def report(self) -> ReportSettings:
        """The settings of one that is a report."""
        assert isinstance(self.settings, ReportSettings)
        return self.settings

    @property
    def alert(self) -> AlertSettings:
        """The settings of one that is an alert."""
        assert isinstance(self.settings, AlertSettings)
        return self.settings


@cached("control")
def subscriptions(account: Account, store: Store) -> tuple[Subscription, ...]:
    """The user's own, and those of the tenants that they manage, by name; the command line sees all."""
    with store.control.read() as cursor:
        return _visible(cursor, account)


def subscription_with_id(account: Account, store: Store, subscription_id: int) -> Subscription:
    """Raises: SubscriptionRefused, the same for another's and for none at all."""
    return _one(subscriptions(account, store), subscription_id)


def add_subscription(
    store: Store,
    by: str,
    name: str,
    settings: Settings,
    channels: Sequence[NewChannel],
    *,
    tenant_id: int | None = None,
    now: datetime,
) -> int:
    """Subscribe a tenant's people (for its managers) or, without a tenant, whoever acts. Returns its id.

    A mail to an address that is nobody's own is for a tenant's managers to enter: otherwise it is the user's own.
    Raises: SubscriptionRefused, NotAllowed, EncryptionError.
    """
    name, kind = _checked_name(name), "alert" if isinstance(settings, AlertSettings) else "report"
    if not 1 <= len(channels) <= MOST_CHANNELS:
        raise SubscriptionRefused(f"A subscription goes to 1 to {MOST_CHANNELS} channels.")
    with store.control.commit("adding a subscription") as connection:
        account = acting(connection, by)
        _refuse_unseen(store, account, settings, tenant_id)
        if tenant_id is None:
            _refuse_own(connection, account, channels)
        _refuse_same_name(connection, account, name, tenant_id)
        subscription_id = next_id(connection, "subscription")
        row = {
            "subscription_id": subscription_id,
            "kind": kind,
            "user_id": account.user_id if tenant_id is None else None,
            "tenant_id": tenant_id,
            "name": name,
            "settings": json.dumps(settings_as_json(settings)),
            "active": True,
            "added_by": by,
            "added_at": stored(now),
        }
        insert(connection, "subscription", row)
        cipher = open_cipher(store.directory)
        for each in channels:
            _save_channel(connection, cipher, subscription_id, each, now=now)
        kinds = ", ".join(each.kind for each in channels)
        record(connection, "subscription added", Subject(f"{kind} {name}", tenant_id), by, now, detail=kinds)
    return subscription_id


@dataclass(frozen=True, slots=True)
class ChannelChanges:
    """Channels to be added, those that get another address (by id), and the ids of those that are removed."""

    add: Sequence[NewChannel] = ()
    replace: Mapping[int, NewChannel] = field(default_factory=dict)
    remove: Collection[int] = ()


def change_subscription(
    store: Store,
    by: str,
    subscription_id: int,
    now: datetime,
    *,
    name: str | None = None,
    settings: Settings | None = None,
    channels: ChannelChanges | None = None,
) -> str:
    """Change the name, the settings, the channels, or what is given of these: all or nothing. What has changed, in a
    few words without an address. A week or month that a channel was sent is not sent to its other address.

    Raises: SubscriptionRefused, NotAllowed, EncryptionError.
    """
    with store.control.commit("changing a subscription") as connection:
        old = _one(_visible(connection, acting(connection, by)), subscription_id)
        account = acting(connection, by) if old.user_id is None else account_with_id(connection, old.user_id)
        changed = []
        if name is not None and (name := _checked_name(name)) != old.name:
            _refuse_same_name(connection, account, name, old.tenant_id, subscription_id)
            _set(connection, subscription_id, "name", name)
            changed.append(f"name {name}")
        if settings is not None and settings != old.settings:
            _change_settings(connection, store, account, old, settings, now=now)
            changed.append(_difference(old.settings, settings))
        if channels is not None:
            changed += _change_channels(connection, store, account, old, channels, now=now)
        if changed:
            subject = Subject(f"{old.kind} {old.name}", old.tenant_id)
            record(connection, "subscription changed", subject, by, now, detail="; ".join(changed))
    return "; ".join(changed)


def _change_settings(
    connection: duckdb.DuckDBPyConnection,
    store: Store,
    account: Account,
    old: Subscription,
    settings: Settings,
    *,
    now: datetime,
) -> None:
    if type(settings) is not type(old.settings):
        raise SubscriptionRefused(NONE)
    _refuse_unseen(store, account, settings, old.tenant_id)
    _set(connection, old.subscription_id, "settings", json.dumps(settings_as_json(settings)))
    if isinstance(settings, ReportSettings) and settings.grain is not old.report.grain:
        _send_from(connection, old.subscription_id, now)  # the month before is no news for who had weeks


def _change_channels(
    connection: duckdb.DuckDBPyConnection,
    store: Store,
    account: Account,
    old: Subscription,
    changes: ChannelChanges,
    *,
    now: datetime,
) -> list[str]:
    kinds, fresh = {each.channel_id: each.kind for each in old.channels}, [*changes.add, *changes.replace.values()]
    if not kinds.keys() >= {*changes.replace, *changes.remove}:
        raise SubscriptionRefused("It has no such channel.")
    if not 1 <= len(kinds) + len(changes.add) - len(set(changes.remove)) <= MOST_CHANNELS:
        raise SubscriptionRefused(f"A subscription goes to 1 to {MOST_CHANNELS} channels.")
    if old.tenant_id is None:
        _refuse_mail_to_others(account, fresh)
    for key in changes.remove:
        for table in ("subscription_channel", "delivery"):
            connection.execute(f"delete from {table} where channel_id = $channel_id", {"channel_id": key})  # noqa: S608
    cipher = open_cipher(store.directory) if fresh else None
    for key, channel in changes.replace.items():
        if channel.kind != kinds[key]:
            raise SubscriptionRefused(f"Its other address is one of the same kind: {kinds[key]}.")
        assert cipher is not None
        _save_channel(connection, cipher, old.subscription_id, channel, now=now, channel_id=key)
    for channel in changes.add:
        assert cipher is not None
        _save_channel(connection, cipher, old.subscription_id, channel, now=now)
    return [
        *(f"{each.kind} added" for each in changes.add),
        *(f"{kinds[key]} to another address" for key in changes.replace),
        *(f"{kinds[key]} removed" for key in changes.remove),
    ]


def _difference(before: Settings, after: Settings) -> str:
    """The settings that are others, as they are now."""
    old, new = settings_as_json(before), settings_as_json(after)
    changed = {name: value for name, value in new.items() if value != old[name]}
    return ", ".join(
        f"{name} {' '.join(map(str, value)) if isinstance(value, tuple) else value}" for name, value in changed.items()
    )


def _set(connection: duckdb.DuckDBPyConnection, subscription_id: int, column: str, value: object) -> None:
    change = f"update subscription set {column} = $value where subscription_id = $subscription_id"  # noqa: S608 - ours
    connection.execute(change, {"subscription_id": subscription_id, "value": value})


def _send_from(connection: duckdb.DuckDBPyConnection, subscription_id: int, now: datetime) -> None:
    since = "update subscription_channel set since = $now where subscription_id = $subscription_id"
    connection.execute(since, {"subscription_id": subscription_id, "now": stored(now)})


def pause_subscription(store: Store, by: str, subscription_id: int, *, active: bool, now: datetime) -> None:
    """Stop sending, or begin again with what is due from now on. Raises: SubscriptionRefused, NotAllowed."""
    with store.control.commit("pausing a subscription") as connection:
        found = _one(_visible(connection, acting(connection, by)), subscription_id)
        _set(connection, subscription_id, "active", active)
        if active and not found.active:
            _send_from(connection, subscription_id, now)
        word = "resumed" if active else "paused"
        record(connection, f"subscription {word}", Subject(f"{found.kind} {found.name}", found.tenant_id), by, now)


def remove_subscription(store: Store, by: str, subscription_id: int, now: datetime) -> Subscription:
    """Forget a subscription with its addresses; what was sent stays in the log. Raises: as pause_subscription."""
    with store.control.commit("removing a subscription") as connection:
        found = _one(_visible(connection, acting(connection, by)), subscription_id)
        for table in ("subscription", "subscription_channel", "delivery", "alert_episode", "alert_message"):
            delete = f"delete from {table} where subscription_id = $subscription_id"  # noqa: S608 - the names above
            connection.execute(delete, {"subscription_id": subscription_id})
        record(connection, "subscription removed", Subject(f"{found.kind} {found.name}", found.tenant_id), by, now)
    return found


def end_channel(store: Store, stop: str, now: datetime) -> str | None:
    """End the channel whose recipient shows its secret: one click in a mail. Its hint; None where there is none."""
    values = {"stop_hash": fingerprint(stop)}
    found = (
        "select channel_id, hint, ended_because is null, subscription.kind, name, tenant_id from subscription_channel "
        "inner join subscription using (subscription_id) where stop_hash = $stop_hash"
    )
    rows = store.control.rows(found, values)
    for channel_id, hint, is_open, kind, name, tenant_id in rows:
        if is_open:
            with store.control.commit("unsubscribing") as connection:
                note_channel_ended(connection, channel_id, "Unsubscribed by its recipient.")
                record(connection, "unsubscribed", Subject(f"{kind} {name}", tenant_id), "recipient", now, detail=hint)
        return str(hint)
    return None


def open_channels(store: Store, cipher: Cipher, channel_ids: Sequence[int]) -> dict[int, OpenChannel]:
    """For sending only: the channels by id, decrypted; one that does not open with this server's key is left out."""
    rows = "select channel_id, kind, encrypted from subscription_channel where list_contains($ids, channel_id)"
    found = store.control.rows(rows, {"ids": list(channel_ids)})
    opened = {}
    for key, kind, encrypted in found:
        with suppress(DecryptionFailed):
            opened[key] = OpenChannel(key, kind, **json.loads(cipher.decrypt(encrypted)))
    return opened


def _save_channel(
    connection: duckdb.DuckDBPyConnection,
    cipher: Cipher,
    subscription_id: int,
    channel: NewChannel,
    *,
    now: datetime,
    channel_id: int | None = None,
) -> None:
    """A new one, or another address of a known one: had that ended, it begins anew."""
    stop = secrets.token_urlsafe(24)
    of_account = channel.kind == MAIL and any(each.has_email(channel.address) for each in stored_accounts(connection))
    kept = {"address": channel.address, "secret": channel.secret, "stop": stop, "of_account": of_account}
    values = {
        "channel_id": next_id(connection, "subscription_channel") if channel_id is None else channel_id,
        "subscription_id": subscription_id,
        "kind": channel.kind,
        "encrypted": cipher.encrypt(json.dumps(kept)),
        "hint": channel.hint,
        "stop_hash": fingerprint(stop),
        "since": stored(now),
    }
    connection.execute(query(__name__, "save_channel"), values)


def note_channel_ended(connection: duckdb.DuckDBPyConnection, channel_id: int, reason: str | None) -> None:
    """Have nothing sent by a channel any more, inside the caller's commit."""
    ended = "update subscription_channel set ended_because = $reason where channel_id = $channel_id"
    connection.execute(ended, {"channel_id": channel_id, "reason": reason})


def _refuse_unseen(store: Store, account: Account, settings: Settings, tenant_id: int | None) -> None:
    """For whoever may subscribe to that, and of what they see. Raises: SubscriptionRefused, NotAllowed."""
    if tenant_id is not None and not (
        account.manages(tenant_id) and tenant_id in administered(account, store).tenant_ids
    ):
        raise NotAllowed("There is no such tenant.")
    if tenant_id is None and account.is_command_line:
        raise NotAllowed("A subscription of one's own belongs to a user; name a tenant.")
    if isinstance(settings, AlertSettings):
        if tenant_id is None:
            raise SubscriptionRefused("Alerts are a tenant's: name it.")
        return
    if settings.repository_ids is not None and settings.group_id is not None:
        raise SubscriptionRefused("A report is of repositories or of a group, not of both.")
    viewer = viewer_of(store, account).of_each_tenant()
    if not viewer.repository_ids >= set(settings.repository_ids or ()):
        raise SubscriptionRefused("There is no such repository.")
    of_group = [each.tenant_id for each in groups(viewer, store) if each.group_id == settings.group_id]
    if settings.group_id is not None and (not of_group or tenant_id not in {None, *of_group}):
        raise SubscriptionRefused("There is no such group.")


def _refuse_own(connection: duckdb.DuckDBPyConnection, account: Account, channels: Sequence[NewChannel]) -> None:
    _refuse_mail_to_others(account, channels)
    saved = "select count(*) as saved from subscription where user_id = $user_id"
    ((count,),) = connection.execute(saved, {"user_id": account.user_id}).fetchall()
    if count >= MOST_OF_A_USER:
        raise SubscriptionRefused(f"You have {MOST_OF_A_USER} subscriptions, the maximum. Remove one first.")


def _refuse_mail_to_others(account: Account, channels: Sequence[NewChannel]) -> None:
    mails = [each.address for each in channels if each.kind == MAIL]
    if not all(account.has_email(each) for each in mails):
        raise NotAllowed("Your own report is mailed to the address of your profile only. Save the address there first.")


def _refuse_same_name(
    connection: duckdb.DuckDBPyConnection, account: Account, name: str, tenant_id: int | None, but: int | None = None
) -> None:
    whose = (account.user_id, None) if tenant_id is None else (None, tenant_id)
    others = (each for each in _visible(connection, account) if each.subscription_id != but)
    if any((o.user_id, o.tenant_id) == whose and o.name.casefold() == name.casefold() for o in others):
        raise SubscriptionRefused(f"There is already a subscription {name!r}.")


def _visible(connection: duckdb.DuckDBPyConnection, account: Account) -> tuple[Subscription, ...]:
    if not account.active:
        return ()
    values = {
        "everything": account.is_command_line,
        "user_id": account.user_id,
        "tenant_ids": [each.tenant_id for each in account.grants if each.role == Role.TENANT],
    }
    rows = connection.execute(query(__name__, "subscriptions"), values).fetchall()
    found = []
    for head, group in groupby(rows, key=lambda row: row[:8]):
        key, kind, user_id, tenant_id, username, name, settings, active = head
        channels = tuple(
            Channel(channel_id, channel, hint, ended, aware(since))
            for channel_id, channel, hint, ended, since in (row[8:] for row in group if row[8] is not None)
        )
        kept = settings_of(kind, json.loads(settings))
        found.append(Subscription(key, kind, user_id, tenant_id, username, name, kept, active, channels))
    return tuple(found)


def _one(visible: Sequence[Subscription], subscription_id: int) -> Subscription:
    for each in visible:
        if each.subscription_id == subscription_id:
            return each
    raise SubscriptionRefused(NONE)


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > NAME_LIMIT or not name.isprintable() or name.startswith("#"):
        raise SubscriptionRefused(f"A name has 1 to {NAME_LIMIT} printable characters, the first of them not #.")
    return name
