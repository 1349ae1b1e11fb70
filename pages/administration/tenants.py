"""Tenants: who follows repositories, with whose token, when. An admin sees all, a tenant's manager the own one."""

import streamlit as st

from collector.schedule import ScheduleRefused, next_time
from data import grants, tenants, tokens
from data.calendar import utc_now
from data.models import Account, RepositoryState, Role, Tenant
from data.repositories import repositories
from data.tokens import StoredToken
from pages.administration import tenant_card, token_card
from pages.administration.new_tenant import new_tenant
from pages.ui import messages, session
from pages.ui.store import the_store


@st.dialog("New tenant", width="medium", icon=":material/domain_add:")
def ask_for_new(account: Account) -> None:
    """The form of a new tenant."""
    with messages.shown():
        session.require_account()
        tenant = new_tenant(account, "tenants_new")
        if tenant is not None:
            messages.notice_after_rerun(f"{tenant.name} is there. Add its repositories next.")


def draw_table(found: list[Tenant], token_of: dict[int, StoredToken], counts: dict[int, int]) -> None:
    """The tenants in a table."""
    now = utc_now()
    rows = [
        _row(each, token_of.get(each.tenant_id), now) | {"repositories": counts.get(each.tenant_id, 0)}
        for each in found
    ]
    text, moment = st.column_config.TextColumn, st.column_config.DatetimeColumn
    st.dataframe(
        rows,
        column_config={
            "name": text("Tenant", pinned=True),
            "state": text("State", width=100),
            "repositories": st.column_config.NumberColumn("Repositories", format="localized", width=100),
            "schedule": text("Schedule (UTC)"),
            "next": moment("Next collection", format="localized", help="In your own time zone"),
            "token": text("Token of"),
            "expires": text("Token expires", width="medium"),
        },
        hide_index=True,
        key="tenants_table",
        alt=f"{len(rows)} tenants with their schedules and tokens",
    )


def _row(each: Tenant, token: StoredToken | None, now: object) -> dict[str, object]:
    moment = utc_now()
    try:
        upcoming = next_time(each.schedule, moment) if each.active else None
    except ScheduleRefused:
        upcoming = None
    return {
        "name": each.name,
        "state": "Active" if each.active else "Deactivated",
        "repositories": 0,
        "schedule": each.schedule,
        "next": upcoming,
        "token": f"{token.facts.login or token.facts.kind} …{token.last_four}" if token else "none",
        "expires": token_card.expiry(token.facts.expires_at, moment) if token else "",
    }


def counted(found: list[int]) -> dict[int, int]:
    """How often each tenant's id is there."""
    return {key: found.count(key) for key in set(found)}


who = session.require_account()
seen = grants.administered(who, the_store())
all_tenants = tenants.tenants(seen, the_store())
token_of = {each.tenant_id: each for each in tokens.tokens(seen, the_store())}
with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
    st.title("Tenants", anchor=False, width="content")
    if who.has(Role.ADMIN) and st.button("New tenant", key="tenants_add", icon=":material/domain_add:", type="primary"):
        ask_for_new(who)
if not all_tenants:
    st.info("There is no tenant for you to manage. An admin can create one.", icon=":material/domain_disabled:")
    st.stop()
for tenant in all_tenants:
    if tenant.active and tenant.tenant_id in token_of:
        token_card.draw_expiry(token_of[tenant.tenant_id], tenant.name, utc_now())
    elif tenant.active:
        st.warning(f"{messages.literal(tenant.name)} has no token: nothing is collected. Store one below.")
followed = [r.tenant_id for r in repositories(seen, the_store()) if r.state is not RepositoryState.REMOVED]
draw_table(all_tenants, token_of, counted(followed))
by_id = {each.tenant_id: each for each in all_tenants}
chosen = (
    st.selectbox("Manage", list(by_id), format_func=lambda key: by_id[key].name, key="tenants_chosen", width=360)
    if len(by_id) > 1
    else next(iter(by_id))
)
tenant_card.draw(who, by_id[chosen], token_of.get(chosen))
