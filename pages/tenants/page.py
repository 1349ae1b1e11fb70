"""Tenants: who tracks repositories, with whose token, when. An admin sees all, a tenant's manager the own one."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

import streamlit as st

from data.accounts import github_app, grants, tenants, tokens
from data.accounts.models import Account, Role, Tenant, Viewer
from data.accounts.tokens import StoredToken
from data.calendar import utc_now
from data.collection.ledger import Scope
from data.collection.schedule import (
    FORMS,
    NAMED,
    ScheduleRefused,
    checked_schedule,
    next_time,
    schedule_fault,
    schedule_warning,
)
from data.repositories.models import RepositoryState
from data.repositories.repositories import repositories
from data.text import counted, day_text
from pages.tenants import app_view, view
from pages.ui import collecting, controls, messages, session, time_format
from pages.ui.controls import title_with_button
from pages.ui.store import the_store

ACTIONS_HELP = (
    "Each checkout of a build is a clone. With the workflow runs of each day, the repository page shows how many "
    "clones GitHub Actions has made at least. The token or GitHub App needs the permission Actions: read, too."
)
SCHEDULES = {
    "daily": "Daily: 06:15, 14:15 and 22:15 UTC",
    "weekly": "Weekly: Wednesday, 06:15 UTC",
    "cron": "A cron expression",
}


@messages.dialog("New tenant", width="medium", icon=":material/domain_add:")
def ask_for_new(account: Account) -> None:
    tenant = app_view.new_tenant(account, "tenants_new")
    if tenant is not None:
        messages.notice_after_rerun(f"{tenant.name} is created. Add its repositories next.")


def draw_table(listed: Sequence[Tenant], viewer: Viewer, token_of: Mapping[int, StoredToken]) -> None:
    st.caption(counted(len(listed), "tenant"))  # a touch screen shows the table's own buttons over this line
    tracked = [each for each in repositories(viewer, the_store()) if each.state is not RepositoryState.REMOVED]
    counts, now = Counter(each.tenant_id for each in tracked), utc_now()
    given = github_app.installations(viewer, the_store())
    apps = {key: [f"App of {one.account}" for one in given if one.tenant_id == key] for key in viewer.tenant_ids}
    rows = [
        _row(each, token_of.get(each.tenant_id), apps.get(each.tenant_id, []), counts[each.tenant_id], now)
        for each in listed
    ]
    view.draw_rows(the_store(), rows)


def next_collection(tenant: Tenant, now: datetime) -> datetime | None:
    try:
        return next_time(tenant.schedule, now) if tenant.active else None
    except ScheduleRefused:
        return None


def _row(
    each: Tenant, token: StoredToken | None, apps: Sequence[str], repositories: int, now: datetime
) -> dict[str, object]:
    own = [f"{token.facts.login or token.facts.kind} …{token.last_four}"] if token else []
    return {
        "name": each.name,
        "state": "Active" if each.active else "Deactivated",
        "repositories": repositories,
        "schedule": each.schedule,
        "next": next_collection(each, now),
        "token": ", ".join([*apps, *own]) or "none",
        "expires": time_format.expiry(token.facts.expires_at, now) if token else "",
    }


def draw_tenant(account: Account, tenant: Tenant, token: StoredToken | None) -> None:
    columns = st.columns(2, gap="medium")
    with columns[0], st.container(border=True, key="tenant_token"):
        _draw_token(account, tenant, token)
    with columns[1], st.container(border=True, key="tenant_schedule"):
        _draw_schedule(account, tenant)
    if account.has(Role.ADMIN):
        with columns[1], st.container(border=True, key="tenant_itself"):
            _draw_itself(account, tenant)
    app_view.draw(account, tenant)
    collecting.progress(grants.log_viewer(account, the_store()))


def _draw_token(account: Account, tenant: Tenant, token: StoredToken | None) -> None:
    st.header("GitHub token", anchor=False)
    if token is None:
        st.caption("None yet. A tenant collects with a token, with a GitHub App that an admin gives it, or with both.")
    else:
        st.caption(token_text(token))
        view.draw_facts(token.facts)
    st.markdown("**Replace it**" if token else "**Store one**")
    field = f"tenant_token_{tenant.tenant_id}"
    with st.form("tenant_token_form", border=False):
        secret = view.token_input(controls.widget_key(field))
        if token is not None:
            st.caption("The current token stays in use until the new one is stored: no collection is missed.")
        messages_slot = st.container()
        pressed = st.form_submit_button("Store token", key="tenant_token_submit", icon=":material/key:")
    if not pressed:
        return
    try:
        with messages_slot:
            facts = view.checked_token(secret)
    except view.TokenUnusable as unusable:
        messages_slot.error(messages.literal(str(unusable)), icon=":material/key_off:")
        return
    tokens.save_token(the_store(), account.username, tenant.tenant_id, secret, facts, now=utc_now())
    controls.empty(field)
    messages.notice_after_rerun(f"GitHub accepts the token of {facts.login or 'the app'}. It is in use now.")


def token_text(token: StoredToken) -> str:
    """Which token it is, and what is known of it: the moment of its last check is kept where that changed something."""
    ending = f"Ends in **{messages.literal(token.last_four)}**."
    if token.state == tokens.UNREADABLE:
        return f"{ending} {token.state_reason}"
    known = "Accepted by GitHub since" if token.state == "valid" else "GitHub refused it on"
    return f"{ending} {known} {day_text(token.checked_at)}."


def _draw_schedule(account: Account, tenant: Tenant) -> None:
    st.header("Collection", anchor=False)
    upcoming = next_collection(tenant, utc_now())
    never = "Never: the schedule cannot be read." if tenant.active else "Deactivated: nothing is collected."
    st.caption(f"Next: {time_format.moment_text(upcoming)}" if upcoming else never)
    if odd := schedule_fault(tenant.schedule) or schedule_warning(tenant.schedule):
        st.warning(messages.literal(odd), icon=":material/event_busy:")
    with st.form("tenant_schedule_form", border=False):
        kind = st.selectbox(
            "Schedule",
            list(SCHEDULES),
            index=list(SCHEDULES).index(tenant.schedule if tenant.schedule in NAMED else "cron"),
            format_func=SCHEDULES.__getitem__,
            key=f"tenant_schedule_{tenant.tenant_id}",
        )
        cron = st.text_input(
            "Cron expression (UTC)",
            value="" if tenant.schedule in NAMED else tenant.schedule,
            key=f"tenant_cron_{tenant.tenant_id}",
            placeholder="30 */6 * * *",
            help="For *A cron expression* only. GitHub deletes days after 14 days: collect at least weekly, "
            "and at most once an hour.",
        )
        if st.form_submit_button("Save schedule", key="tenant_schedule_submit"):
            _save_schedule(account, tenant, (cron or "") if kind == "cron" else kind)
    key = f"tenant_actions_{tenant.tenant_id}_{tenant.reads_actions}"
    counts = st.toggle("Count workflow runs", value=tenant.reads_actions, key=key, help=ACTIONS_HELP)
    if counts != tenant.reads_actions:
        tenants.set_reads_actions(the_store(), account.username, tenant.tenant_id, counts, utc_now())
        effect = "counted from the next collection on" if counts else "not counted any more"
        messages.notice_after_rerun(f"Workflow runs are {effect}.")
    if tenant.active and st.button("Collect now", key="tenant_collect", icon=":material/sync:"):
        collecting.start_by(account, Scope(tenant_ids=(tenant.tenant_id,)))


def _save_schedule(account: Account, tenant: Tenant, typed: str) -> None:
    try:
        schedule = checked_schedule(typed)
    except ScheduleRefused as refusal:
        st.error(messages.literal(str(refusal) if typed else FORMS))
        return
    tenants.save_schedule(the_store(), account.username, tenant.tenant_id, schedule, utc_now())
    messages.notice_after_rerun("Schedule saved.")


def _draw_itself(account: Account, tenant: Tenant) -> None:
    st.header("Name and state", anchor=False)
    with st.form("tenant_rename_form", border=False):
        name = st.text_input(
            "Name", value=tenant.name, key=f"tenant_name_{tenant.tenant_id}", max_chars=tenants.NAME_LIMIT
        )
        if st.form_submit_button("Rename", key="tenant_rename_submit"):
            tenants.rename_tenant(the_store(), account.username, tenant.tenant_id, name or "", utc_now())
            messages.notice_after_rerun("The tenant has its new name.")
    if not tenant.active:
        if st.button("Activate", key="tenant_activate", icon=":material/play_circle:"):
            tenants.set_tenant_active(the_store(), account.username, tenant.tenant_id, True, utc_now())
            messages.notice_after_rerun(f"{tenant.name} is active again.")
    elif controls.danger_button("Deactivate …", ":material/pause_circle:", "tenant_deactivate"):
        messages.confirm(
            "Deactivate this tenant?",
            "Collection stops, and its users cannot see it, until you activate it again. What was collected is "
            "kept, but **GitHub deletes days after 14 days**: days that are not collected are lost for good.",
            "Deactivate",
            lambda: tenants.set_tenant_active(the_store(), account.username, tenant.tenant_id, False, utc_now()),
            f"{tenant.name} is deactivated.",
            to_type=tenant.name,
        )


who = session.require_account()
seen = grants.administered(who, the_store())
all_tenants = tenants.tenants(seen, the_store())
token_of = {each.tenant_id: each for each in tokens.tokens(seen, the_store())}
with_app = {each.tenant_id for each in github_app.installations(seen, the_store())}
is_admin = who.has(Role.ADMIN)
if title_with_button("Tenants", "New tenant", "tenants_add", ":material/domain_add:", offered=is_admin, type="primary"):
    ask_for_new(who)
if not all_tenants:
    st.info("There is no tenant for you to manage. An admin can create one.", icon=":material/domain_disabled:")
    st.stop()
for tenant in all_tenants:
    if tenant.active and tenant.tenant_id in token_of:
        view.draw_expiry(token_of[tenant.tenant_id], tenant.name, utc_now())
    elif tenant.active and tenant.tenant_id not in with_app:
        st.warning(f"{messages.literal(tenant.name)} has no token: nothing is collected. Store one below.")
draw_table(all_tenants, seen, token_of)
by_id = {each.tenant_id: each for each in all_tenants}
chosen = (
    st.selectbox("Manage", list(by_id), format_func=lambda key: by_id[key].name, key="tenants_chosen", width=360)
    if len(by_id) > 1
    else next(iter(by_id))
)
draw_tenant(who, by_id[chosen], token_of.get(chosen))
