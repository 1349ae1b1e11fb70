"""The system log: which collections there were, and what came of each question to GitHub."""

import streamlit as st

from data.accounts import audit, tenants
from data.accounts.audit import Subject
from data.accounts.models import Account, Viewer
from data.calendar import utc_now
from data.collection.log import Wanted
from data.collection.models import LoggedRun, RunState
from data.repositories.models import Repository
from data.repositories.repositories import repositories
from pages.administration import log_rows, log_tables
from pages.ui import collecting, messages, session
from pages.ui.store import the_store

ALL = "All tenants"


def choices(account: Account, viewer: Viewer) -> list[str]:
    """What this user may have collected: all there is, or of somebody who manages tenants, those."""
    names = [each.name for each in tenants.tenants(viewer, the_store()) if each.active]
    return [ALL, *names] if names and session.may_collect_everything(account) else names


@st.dialog("Collect now", icon=":material/sync:")
def ask_to_collect() -> None:
    """The question what is to be collected at once."""
    with messages.shown():
        account = session.require_account()
        viewer = session.log_viewer(account)
        what = st.selectbox("What", choices(account, viewer), key="log_collect_what")
        st.caption("GitHub is asked for what is due. It runs by itself; you can leave this page.")
        if what and st.button("Start", type="primary", key="log_collect_start", width="stretch"):
            _start(account, viewer, what)


def _start(account: Account, viewer: Viewer, what: str) -> None:
    now = utc_now()
    if what == ALL and session.may_collect_everything(account):
        audit.save_act(the_store(), "collection started", Subject("all tenants"), (account.username, now))
        collecting.start(None, None)
    else:
        tenant = tenants.tenant_named(viewer, the_store(), what)
        about = Subject(f"tenant {tenant.tenant_id}", tenant.tenant_id)
        audit.save_act(the_store(), "collection started", about, (account.username, now))
        collecting.start(tenant.name, None)
    messages.notice_after_rerun("The collection has started.")


def draw_filters(found: list[Repository], viewer: Viewer) -> tuple[list[RunState], int | None, int | None, bool]:
    """The filters: states of runs, a tenant, a repository, only what failed."""
    names = {each.tenant_id: each.name for each in tenants.tenants(viewer, the_store())}
    with st.container(horizontal=True, vertical_alignment="bottom", key="log_filters"):
        states = st.multiselect(
            "State", list(log_rows.STATES), format_func=log_tables.state_name, key="log_states", placeholder="Any"
        )
        tenant_id = st.selectbox(
            "Tenant", [None, *names], format_func=lambda key: names.get(key, "Any"), key="log_tenant", width=180
        )
        of_tenant = {r.repository_id: r.full_name for r in found if tenant_id in {None, r.tenant_id}}
        repository_id = st.selectbox(
            "Repository",
            [None, *of_tenant],
            format_func=lambda key: of_tenant.get(key, "Any"),
            key="log_repository",
            width=260,
        )
        failed_only = st.toggle("Failed only", key="log_failed")
    return states, tenant_id, repository_id, failed_only


def narrowed(viewer: Viewer, found: list[Repository], tenant_id: int | None) -> Viewer:
    """The viewer, as far as one tenant goes."""
    if tenant_id is None:
        return viewer
    ids = frozenset(each.repository_id for each in found if each.tenant_id == tenant_id)
    return Viewer(ids & viewer.repository_ids, frozenset({tenant_id}) & viewer.tenant_ids)


def draw_run(viewer: Viewer, run: LoggedRun, wanted: Wanted) -> None:
    """A run down to endpoint and reason."""
    with st.container(border=True, key="log_run"):
        st.header(f"Run {run.run_id}", anchor=False)
        if run.message:
            st.markdown(messages.literal(run.message))
        found = log_rows.run_results(viewer, wanted)
        if found.count:
            log_tables.draw_reasons(found)
            log_tables.draw_results(found)
        else:
            st.caption(
                "Nothing of this run fits the filters." if wanted.failed_only else "No result is kept of this run."
            )


who = session.require_account()
sees = session.log_viewer(who)
with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
    st.title("System log", anchor=False, width="content")
    if choices(who, sees) and st.button(
        "Collect now", key="log_collect", icon=":material/sync:", disabled=collecting.is_going_on(sees)
    ):
        ask_to_collect()
collecting.progress(sees)
followed = repositories(sees, the_store())
wanted_states, of_tenant, of_repository, only_failed = draw_filters(followed, sees)
reader = narrowed(sees, followed, of_tenant)
is_plain = of_tenant is None and of_repository is None and not only_failed
choice = log_rows.Choice(reader, frozenset(wanted_states), of_repository, only_failed, is_plain)
shown = log_rows.fitting_runs(sees, choice)
if not shown.by_id:
    st.info(
        "Nothing was collected yet. It begins at the next time of a tenant’s schedule, or with *Collect now*."
        if not shown.any_run
        else "No run fits the filters.",
        icon=":material/receipt_long:",
    )
    st.stop()
chosen = log_tables.draw_runs(shown)
draw_run(reader, chosen, Wanted(chosen.run_id, of_repository, only_failed))
if any(run.state is RunState.RUNNING for run in shown.by_id.values()):
    st.caption("A run that was killed stands as running until the next one begins.")
