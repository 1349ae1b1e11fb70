"""A tenant in detail: its token, its schedule, its name, whether it is active."""

import streamlit as st

from collector.schedule import FORMS, NAMED, ScheduleRefused, checked_schedule, next_time
from data.accounts import audit, tenants
from data.accounts.audit import Subject
from data.accounts.models import Account, Role, Tenant
from data.accounts.tokens import NewToken, StoredToken, save_new_token
from data.accounts.vault import open_vault
from data.calendar import utc_now
from pages.administration import token_card
from pages.ui import collecting, confirming, fresh, messages, moments, session
from pages.ui.confirming import Question
from pages.ui.store import the_store

SCHEDULES = {
    "daily": "Daily: 06:15, 14:15 and 22:15 UTC",
    "weekly": "Weekly: Wednesday, 06:15 UTC",
    "cron": "A cron expression",
}


def draw(account: Account, tenant: Tenant, token: StoredToken | None) -> None:
    """The card of a tenant, for a user who manages it."""
    columns = st.columns(2, gap="medium")
    with columns[0], st.container(border=True, key="tenant_token"):
        _draw_token(account, tenant, token)
    with columns[1], st.container(border=True, key="tenant_schedule"):
        _draw_schedule(account, tenant)
    if account.has(Role.ADMIN):
        with columns[1], st.container(border=True, key="tenant_itself"):
            _draw_itself(account, tenant)
    collecting.progress(session.log_viewer(account))


def _draw_token(account: Account, tenant: Tenant, token: StoredToken | None) -> None:
    st.header("GitHub token", anchor=False)
    if token is None:
        st.caption("None yet: nothing is collected without one.")
    else:
        st.caption(words(token))
        token_card.draw_facts(token.facts)
    st.markdown("**Replace it**" if token else "**Store one**")
    field = f"tenant_token_{tenant.tenant_id}"
    secret = token_card.token_input(fresh.key(field))
    facts = token_card.asked(f"tenant_checked_{tenant.tenant_id}", secret) if secret else None
    if token is not None:
        st.caption("The present token stays in use until the new one is stored: no collection is missed.")
    if st.button("Store token", type="primary", key="tenant_token_submit", icon=":material/key:"):
        if facts is None:
            st.error("Paste a token that GitHub accepts first.")
            return
        sealed = open_vault(the_store().directory).seal(secret)
        new = NewToken(tenant.tenant_id, sealed, secret[-4:], facts)
        save_new_token(the_store(), account.username, new, utc_now())
        st.session_state.pop(f"tenant_checked_{tenant.tenant_id}", None)
        fresh.empty(field)
        messages.notice_after_rerun("The new token is in use.")


def words(token: StoredToken) -> str:
    """Which token it is, and what is known of it: the moment of its last check is kept where that changed something."""
    known = "GitHub has accepted it since" if token.state == "valid" else "GitHub refused it on"
    return f"Ends in **{messages.literal(token.last_four)}**. {known} {moments.day_text(token.checked_at)}."


def _draw_schedule(account: Account, tenant: Tenant) -> None:
    st.header("Collection", anchor=False)
    st.caption(_next(tenant))
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
            help="For *A cron expression* only. GitHub forgets after 14 days: collect at least weekly.",
        )
        if st.form_submit_button("Save schedule", key="tenant_schedule_submit"):
            _save_schedule(account, tenant, (cron or "") if kind == "cron" else kind)
    if tenant.active and st.button("Collect now", key="tenant_collect", icon=":material/sync:"):
        about = Subject(f"tenant {tenant.tenant_id}", tenant.tenant_id)
        audit.save_act(the_store(), "collection started", about, (account.username, utc_now()))
        collecting.start(tenant.name, None)


def _next(tenant: Tenant) -> str:
    if not tenant.active:
        return "Deactivated: nothing is collected."
    try:
        return f"Next: {moments.moment_text(next_time(tenant.schedule, utc_now()))}"
    except ScheduleRefused:
        return "Never: the schedule cannot be read."


def _save_schedule(account: Account, tenant: Tenant, typed: str) -> None:
    try:
        schedule = checked_schedule(typed)
    except ScheduleRefused as refusal:
        st.error(messages.literal(str(refusal) if typed else FORMS))
        return
    tenants.save_schedule(the_store(), tenant.tenant_id, schedule)
    about = Subject(f"tenant {tenant.tenant_id}", tenant.tenant_id)
    audit.save_act(the_store(), "schedule changed", about, (account.username, utc_now()), schedule)
    messages.notice_after_rerun("The schedule is saved.")


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
            tenants.activate_tenant(the_store(), account.username, tenant.tenant_id, utc_now())
            messages.notice_after_rerun(f"{tenant.name} is active again.")
    elif st.button("Deactivate …", key="tenant_deactivate", icon=":material/pause_circle:"):
        confirming.confirm(
            Question(
                "Deactivate this tenant?",
                "It is not collected any more, and its people do not see it, until you activate it again. What was "
                "collected is kept, but **GitHub forgets after 14 days**: days that nobody collects are lost for good.",
                "Deactivate",
                typed=tenant.name,
            ),
            lambda: tenants.deactivate_tenant(the_store(), account.username, tenant.tenant_id, utc_now()),
            f"{tenant.name} is deactivated.",
        )
