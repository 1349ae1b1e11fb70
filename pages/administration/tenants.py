"""Tenants: who follows repositories, with whose token, when. An admin sees all, a tenant's manager the own one."""

import streamlit as st

from data.accounts import grants, tenants
from data.accounts.models import Account, Role, Tenant, Viewer
from data.calendar import utc_now
from pages.administration import readers, tenant_card, tenant_rows, token_card
from pages.administration.columns import TENANTS
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


def draw_table(found: list[Tenant], seen: Viewer) -> None:
    """The tenants in a table, below a line over which a touch screen shows the table's own buttons."""
    st.caption("1 tenant" if len(found) == 1 else f"{len(found):,} tenants")
    st.dataframe(
        tenant_rows.table(seen, utc_now()),
        column_config=TENANTS,
        hide_index=True,
        key="tenants_table",
        alt=f"{len(found)} tenants with their schedules and tokens",
    )


who = session.require_account()
seen = grants.administered(who, the_store())
all_tenants = tenants.tenants(seen, the_store())
token_of = {each.tenant_id: each for each in readers.stored_tokens(seen)}
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
draw_table(all_tenants, seen)
by_id = {each.tenant_id: each for each in all_tenants}
chosen = (
    st.selectbox("Manage", list(by_id), format_func=lambda key: by_id[key].name, key="tenants_chosen", width=360)
    if len(by_id) > 1
    else next(iter(by_id))
)
tenant_card.draw(who, by_id[chosen], token_of.get(chosen))
