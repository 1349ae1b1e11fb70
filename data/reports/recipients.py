"""Whose eyes a report is seen with, at the moment of sending."""

from dataclasses import dataclass

from data.accounts.authority import AccountRefused, account_with_id, stored_accounts
from data.accounts.grants import administered, viewer_of
from data.accounts.models import Account, Grant, Role, Viewer
from data.accounts.tenants import operator, tenants
from data.reports.report import narrowed
from data.reports.subscription_settings import AlertSettings
from data.reports.subscriptions import MAIL, OpenChannel, Subscription
from data.repositories.groups import groups
from data.store import Store

NOBODY = Viewer(frozenset(), frozenset())


@dataclass(frozen=True, slots=True)
class Recipient:
    """What a recipient sees, the tenants of whose tokens they may read, and what the report is about, in words."""

    viewer: Viewer
    managed: frozenset[int]
    subject: str

    @property
    def sees_nothing(self) -> bool:
        return not self.viewer.repository_ids


def recipient_of(store: Store, subscription: Subscription, channel: OpenChannel | None = None) -> Recipient:
    """Of a user's own what the user sees, by mail at the address of the profile only. Of a tenant's the tenant; where
    it is mailed to the address of an account, what that account sees of it: nothing once it is disabled, or once the
    address is the account's no more.
    """
    viewer, managed, subject = _whole(store, subscription, channel if channel and channel.kind == MAIL else None)
    settings = subscription.settings
    if isinstance(settings, AlertSettings):
        return Recipient(viewer, managed, subject)
    chosen = None if settings.repository_ids is None else frozenset(settings.repository_ids)
    if settings.group_id is not None:
        group = next((each for each in groups(viewer, store) if each.group_id == settings.group_id), None)
        chosen = frozenset(group.repository_ids if group else ())
        subject = f"{subject}, {group.name}" if group else subject
    return Recipient(narrowed(viewer, chosen), managed, subject)


def _whole(store: Store, subscription: Subscription, mail: OpenChannel | None) -> tuple[Viewer, frozenset[int], str]:
    if subscription.tenant_id is None:
        account = _account(store, subscription.user_id or 0)
        if account is None or (mail is not None and not account.has_email(mail.address)):
            return NOBODY, frozenset(), subscription.name
        return viewer_of(store, account), administered(account, store).tenant_ids, "all repositories"
    tenant_id = subscription.tenant_id
    managers = Account(-1, "", "", None, True, (Grant(Role.TENANT, tenant_id),))
    viewer, managed = viewer_of(store, managers), frozenset({tenant_id})
    accounts = _accounts_of(store, mail)
    if accounts or (mail is not None and mail.of_account):
        active = [each for each in accounts if each.active]
        seen = {key for each in active for key in viewer_of(store, each).of_each_tenant().repository_ids}
        whole = {key for each in active for key in viewer_of(store, each).tenant_ids}
        viewer = Viewer(viewer.repository_ids & seen, viewer.tenant_ids & whole)
        managed &= {key for each in active for key in administered(each, store).tenant_ids if each.manages(key)}
    names = [each.name for each in tenants(operator(store), store) if each.tenant_id == tenant_id]
    return viewer, managed, names[0] if names else subscription.name


def _account(store: Store, user_id: int) -> Account | None:
    with store.control.read() as cursor:
        try:
            return account_with_id(cursor, user_id)
        except AccountRefused:
            return None


def _accounts_of(store: Store, mail: OpenChannel | None) -> list[Account]:
    if mail is None:
        return []
    with store.control.read() as cursor:
        return [each for each in stored_accounts(cursor) if each.has_email(mail.address)]
