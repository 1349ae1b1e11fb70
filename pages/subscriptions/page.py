"""Reports and alerts that come by themselves: one's own, and those of tenants that one manages; preview and test."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, time
from html import escape
from typing import NoReturn
from zoneinfo import available_timezones

import streamlit as st

from collector.delivery.channels import NAMES, checked_channel
from collector.delivery.mail import html_part
from collector.delivery.sender import (
    SEES_NOTHING,
    current_content,
    public_links,
    send_test,
)
from data.accounts import grants, tenants
from data.accounts.models import Account, Viewer
from data.calendar import utc_now
from data.insight.spikes import STANDS_OUT
from data.reports.alerts import TITLES
from data.reports.deliveries import deliveries
from data.reports.recipients import recipient_of
from data.reports.subscription_settings import (
    HIGHEST_SCORE,
    HIGHEST_TIMES,
    LAST_DAY_OF_MONTH,
    MOST_LISTED,
    AlertKind,
    AlertSettings,
    ReportSettings,
    Settings,
    SubscriptionRefused,
)
from data.reports.subscriptions import (
    NAME_LIMIT,
    ChannelChanges,
    NewChannel,
    Subscription,
    add_subscription,
    change_subscription,
    pause_subscription,
    remove_subscription,
    subscription_with_id,
    subscriptions,
)
from data.repositories.groups import group_names, groups
from data.repositories.repositories import repositories, repository_names
from data.traffic.models import Grain
from pages.subscriptions import text
from pages.ui import controls, filters, messages, session
from pages.ui.controls import title_with_button
from pages.ui.managed_tenants import managed_tenants
from pages.ui.store import the_store

ONCE = "subscriptions_once"  # the signing secret of a new webhook, to be shown
OWN = 0  # among tenants: one's own
COMMON_ZONES = ("UTC", "Europe/Berlin", "Europe/London", "America/New_York", "America/Los_Angeles", "Asia/Tokyo")


@messages.dialog("New subscription", icon=":material/forward_to_inbox:")
def ask_for_new() -> None:
    account = session.require_account()
    viewer = grants.viewer_of(the_store(), account)
    owner = choose_owner(account)
    kinds = [each for each in text.KINDS if owner != OWN or each != text.ALERTS]
    kind = st.segmented_control("What", kinds, default=kinds[0], required=True, key="new_kind_of")
    where = choose_channel(account, own=owner == OWN)
    with st.expander("More", icon=":material/tune:"):
        usual = f"{kind} report" if kind != text.ALERTS else kind
        name = st.text_input("Name", value="", key="new_name", max_chars=NAME_LIMIT, placeholder=usual)
        settings: Callable[[], Settings]
        if (grain := text.KINDS[kind]) is None:
            settings = choose_alerts(AlertSettings(), "new")
        else:
            settings = choose_report(grain, viewer, owner, ReportSettings(), "new")
    if st.button("Create", type="primary", key="new_submit", width="stretch"):
        create(account, name or usual, settings, where, owner)


def choose_report(grain: Grain, viewer: Viewer, owner: int, known: ReportSettings, key: str) -> Callable[[], Settings]:
    """The settings as they are chosen, to be made when they are wanted: what cannot be so is refused then."""
    seen = viewer if owner == OWN else _of_tenant(viewer, owner)
    group_id, repository_ids = choose_repositories(seen, owner, known, key)
    top = st.number_input("Repositories in the list", 1, MOST_LISTED, known.top, key=f"{key}_top")
    day, at, zone = choose_time(grain, known, key)
    return lambda: ReportSettings(grain, int(top), day, at, zone, repository_ids, group_id)


def choose_alerts(known: AlertSettings, key: str) -> Callable[[], AlertSettings]:
    kinds = st.pills(
        "Alert me about",
        list(AlertKind),
        selection_mode="multi",
        default=list(known.kinds),
        format_func=TITLES.__getitem__,
        key=f"{key}_kinds",
    )
    score = st.number_input(
        "Minimum score of a spike or drop",
        STANDS_OUT,
        HIGHEST_SCORE,
        known.least_score,
        0.5,
        key=f"{key}_score",
        help=text.SCORE_HELP,
    )
    times = st.number_input(
        "Minimum of a spike, in times the usual", 1.0, HIGHEST_TIMES, known.least_times, 0.5, key=f"{key}_times"
    )
    views = st.number_input("Minimum views of a new referrer", 1, 1_000_000, known.referrer_views, key=f"{key}_views")
    return lambda: AlertSettings(tuple(kinds), score, times, int(views), known.muted_until)


def create(account: Account, name: str, settings: Callable[[], Settings], where: tuple[str, str], owner: int) -> None:
    channel = checked_channel(*where)
    by, tenant_id, now = account.username, owner or None, utc_now()
    add_subscription(the_store(), by, name, settings(), [channel], tenant_id=tenant_id, now=now)
    keep_secret(channel)
    messages.notice_after_rerun(f"{name} is created. Try it: Send a test now.")


def keep_secret(channel: NewChannel) -> None:
    if channel.kind == "webhook":
        st.session_state[ONCE] = channel.secret


def choose_owner(account: Account) -> int:
    """For oneself, or for a tenant that this user manages."""
    names = {OWN: "Me: what I have access to"} | managed_tenants(account)
    if len(names) == 1:
        return OWN
    return st.selectbox(
        "For", list(names), format_func=lambda key: f"Tenant {names[key]}" if key else names[key], key="new_for"
    )


def choose_channel(account: Account, *, own: bool, key: str = "new") -> tuple[str, str]:
    kind = st.selectbox("Send to", list(NAMES), format_func=NAMES.__getitem__, key=f"{key}_kind")
    return choose_address(account, kind, own=own, key=key)


def choose_address(account: Account, kind: str, *, own: bool, key: str) -> tuple[str, str]:
    if kind == "mail" and own:
        if account.email is None:
            st.caption("Your own report goes to the address of your profile. Save one under *Profile* first.")
        else:
            st.caption(f"To **{messages.literal(account.email)}**, the address of your profile.")
        return kind, account.email or ""
    label, placeholder, help_text = text.ADDRESSES[kind]
    address = st.text_input(label, key=f"{key}_address_{kind}", placeholder=placeholder, help=help_text, max_chars=2000)
    return kind, address or ""


def choose_repositories(
    viewer: Viewer, owner: int, known: ReportSettings, key: str
) -> tuple[int | None, tuple[int, ...] | None]:
    """A group, some repositories, or all: without both."""
    store = the_store()
    owners = {each.group_id: each.tenant_id for each in groups(viewer, store)}
    named = {each: name for each, name in group_names(viewer, store).items() if owner in {OWN, owners.get(each)}}
    group_id = None
    if named:
        options: Sequence[int | None] = [None, *named]
        place = options.index(known.group_id) if known.group_id in named else 0
        group_id = st.selectbox("Group", options, place, lambda each: named.get(each, "All"), key=f"{key}_group")
    if group_id is not None:
        return group_id, None
    names = repository_names(viewer, store)
    chosen = st.multiselect(
        "Repositories",
        list(names),
        [each for each in known.repository_ids or () if each in names],
        format_func=names.__getitem__,
        key=f"{key}_repositories",
        placeholder="All repositories",
    )
    return None, tuple(chosen) if chosen else None


def choose_time(grain: Grain, known: ReportSettings, key: str) -> tuple[int, time, str]:
    before = known.day if grain is known.grain else 1
    with st.container(horizontal=True):
        if grain is Grain.WEEK:
            days = dict(enumerate(text.DAYS, start=1))
            day = st.selectbox("On", list(days), before - 1, days.__getitem__, key=f"{key}_day", width=150)
        else:
            day = st.number_input("On day", 1, LAST_DAY_OF_MONTH, before, key=f"{key}_day_of_month", width=110)
        at = st.time_input("At", known.at, key=f"{key}_at", width=110)
    zones = list(dict.fromkeys([known.zone, *COMMON_ZONES, *sorted(available_timezones())]))
    zone = st.selectbox("Time zone", zones, key=f"{key}_zone")
    return int(day), at or time(12), zone


@messages.dialog("Preview", width="large", icon=":material/visibility:")
def preview(subscription_id: int) -> None:
    account, store, now = session.require_account(), the_store(), utc_now()
    subscription = subscription_with_id(account, store, subscription_id)
    recipient = recipient_of(store, subscription)
    if recipient.sees_nothing:
        st.info(SEES_NOTHING, icon=":material/visibility_off:")
        return
    with st.spinner(filters.READING):
        content = current_content(store, recipient, subscription, public_links(), now)
    title = f'<p style="font-size:1.25rem;font-weight:600;margin:0">{escape(content.message.title)}</p>'
    st.html(f'<div class="report-preview">{title}{html_part(content.message)}</div>')


@messages.dialog("Add a channel", icon=":material/add_link:")
def ask_for_channel(subscription_id: int) -> None:
    account = session.require_account()
    subscription = subscription_with_id(account, the_store(), subscription_id)
    where = choose_channel(account, own=subscription.tenant_id is None, key="more")
    if st.button("Add", type="primary", key="more_submit", width="stretch"):
        notice = f"{subscription.name} is also sent to {NAMES[where[0]]}."
        change(account, subscription, notice, channels=ChannelChanges(add=[checked_channel(*where)]))


@messages.dialog("Change a channel", icon=":material/edit:")
def ask_for_address(subscription_id: int, channel_id: int) -> None:
    """Another address for a channel, or none: the one that it has is not shown."""
    account = session.require_account()
    subscription = subscription_with_id(account, the_store(), subscription_id)
    known = next((each for each in subscription.channels if each.channel_id == channel_id), None)
    if known is None:
        raise SubscriptionRefused("This channel has been removed.")
    st.markdown(f"**{NAMES[known.kind]}** {messages.literal(known.hint)}")
    where = choose_address(account, known.kind, own=subscription.tenant_id is None, key="other")
    if known.kind == "webhook":
        st.caption("A new signing secret is created and shown once.")
    pressed = st.button("Save", type="primary", key="other_submit", width="stretch")
    if len(subscription.channels) > 1 and st.button("Remove this channel", key="other_remove", width="stretch"):
        gone = ChannelChanges(remove=[channel_id])
        change(account, subscription, f"{NAMES[known.kind]} is removed.", channels=gone)
    if pressed:
        other = ChannelChanges(replace={channel_id: checked_channel(*where)})
        change(account, subscription, f"{subscription.name} is sent to the new address.", channels=other)


@messages.dialog("Edit", icon=":material/edit:")
def ask_for_change(subscription_id: int) -> None:
    account, store = session.require_account(), the_store()
    subscription = subscription_with_id(account, store, subscription_id)
    name = st.text_input("Name", subscription.name, key="edit_name", max_chars=NAME_LIMIT)
    if subscription.kind == "alert":
        tuned, before = choose_alerts(subscription.alert, "edit"), subscription.alert.muted_until
        muted = st.date_input("Muted until", before, key="edit_muted", help=text.MUTED_HELP)
        until = muted if isinstance(muted, date) else None
        settings: Callable[[], Settings] = lambda: replace(tuned(), muted_until=until)  # noqa: E731
    else:
        kinds = {kind: grain for kind, grain in text.KINDS.items() if grain is not None}
        before_kind = next(kind for kind, grain in kinds.items() if grain is subscription.report.grain)
        kind = st.segmented_control("How often", list(kinds), default=before_kind, required=True, key="edit_kind")
        viewer, owner = grants.viewer_of(store, account), subscription.tenant_id or OWN
        settings = choose_report(kinds[kind], viewer, owner, subscription.report, "edit")
    if st.button("Save", type="primary", key="edit_submit", width="stretch"):
        change(account, subscription, f"{name} is saved.", name=name, settings=settings())


def change(
    account: Account,
    subscription: Subscription,
    notice: str,
    *,
    name: str | None = None,
    settings: Settings | None = None,
    channels: ChannelChanges | None = None,
) -> NoReturn:
    """Change what is given. Raises what change_subscription does."""
    by, key = account.username, subscription.subscription_id
    change_subscription(the_store(), by, key, utc_now(), name=name, settings=settings, channels=channels)
    if channels is not None:
        for each in (*channels.add, *channels.replace.values()):
            keep_secret(each)
    messages.notice_after_rerun(notice)


def test(subscription: Subscription) -> None:
    channels = [each for each in subscription.channels if not each.ended_because]
    with st.spinner("Sending a test …"):
        attempts = send_test(the_store(), subscription, channels, public_links(), utc_now())
    for each in attempts:
        name, reason = NAMES[each.channel.kind], each.reason or "sent"
        sentence = messages.literal(reason if reason.startswith(name) else f"{name}: {reason}")
        show = st.success if each.outcome == "sent" else st.error
        show(sentence, icon=":material/check:" if each.outcome == "sent" else ":material/error:")


def draw(account: Account, subscription: Subscription, tenant_names: Mapping[int, str]) -> None:
    key, store = subscription.subscription_id, the_store()
    newest = deliveries(account, store)
    with st.container(border=True, key=f"subscription_{key}"):
        badge = "" if subscription.active else " :gray-badge[Paused]"
        st.subheader(f"{messages.literal(subscription.name)}{badge}", anchor=False)
        st.markdown(text.what(subscription, tenant_names))
        for channel in subscription.channels:
            last, is_report = newest.get(channel.channel_id), subscription.kind == "report"
            with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
                st.markdown(text.channel_line(channel, last, st.context.timezone, is_report=is_report), width="content")
                help_text = "Another address for this channel, or none"
                if st.button("Change", key=f"channel_{channel.channel_id}", help=help_text, type="tertiary"):
                    ask_for_address(key, channel.channel_id)
        with st.container(horizontal=True, key=f"subscription_{key}_buttons"):
            if st.button("Preview", icon=":material/visibility:", key=f"preview_{key}"):
                preview(key)
            has_ended = all(channel.ended_because for channel in subscription.channels)
            is_tested = st.button("Send a test now", icon=":material/send:", key=f"test_{key}", disabled=has_ended)
            word, icon = ("Pause", ":material/pause:") if subscription.active else ("Resume", ":material/play_arrow:")
            if st.button(word, icon=icon, key=f"pause_{key}"):
                pause_subscription(store, account.username, key, active=not subscription.active, now=utc_now())
                messages.notice_after_rerun(f"{subscription.name} is {'paused' if subscription.active else 'resumed'}.")
            if st.button("Add a channel", icon=":material/add_link:", key=f"more_{key}"):
                ask_for_channel(key)
            if st.button("Edit", icon=":material/edit:", key=f"edit_{key}"):
                ask_for_change(key)
            if controls.danger_button("Remove …", ":material/delete:", f"remove_{key}", "tertiary"):
                messages.confirm(
                    "Remove this subscription?",
                    f"**{messages.literal(subscription.name)}** will no longer be sent, and its addresses are deleted.",
                    "Remove",
                    lambda: remove_subscription(store, account.username, key, utc_now()),
                    f"{subscription.name} is removed.",
                )
        if is_tested:
            test(subscription)


def draw_secret() -> None:
    """The signing secret of a webhook that was just made, once."""
    if secret := st.session_state.pop(ONCE, None):
        about = "Your receiver uses it to check that a message is ours."
        messages.show_once("secret_once", "The signing secret of your webhook", secret, about, icon="key")


def _of_tenant(viewer: Viewer, tenant_id: int) -> Viewer:
    """What a viewer sees of one tenant."""
    whole = viewer.of_each_tenant()
    keys = {each.repository_id for each in repositories(whole, the_store()) if each.tenant_id == tenant_id}
    return Viewer(whole.repository_ids & keys, frozenset({tenant_id}))


who, shop = session.require_account(), the_store()
sees = grants.viewer_of(shop, who)
filters.stop_without_traffic(sees)
if title_with_button("Subscriptions", "New subscription", "subscriptions_new", ":material/add:", type="primary"):
    ask_for_new()
draw_secret()
every = subscriptions(who, shop)
if not every:
    st.info(
        "Get a weekly or monthly report, or alerts, in Slack, Teams or Discord, by mail, or in a program of yours. "
        "Start with *New subscription*.",
        icon=":material/forward_to_inbox:",
    )
owners = {each.tenant_id: each.name for each in tenants.tenants(sees, shop)}
for each in every:
    draw(who, each, owners)
