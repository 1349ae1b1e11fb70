"""The system log: which collections there were, and what came of each request to GitHub."""

from collections.abc import Sequence

import streamlit as st

from data.accounts import grants, tenants
from data.accounts.models import Account, Viewer
from data.collection.ledger import Scope
from data.collection.log import results, runs
from data.collection.models import LoggedRun, RunState
from data.reports.deliveries import attempts
from data.repositories.models import Repository
from data.repositories.repositories import repositories
from pages.log import view
from pages.ui import collecting, messages, session
from pages.ui.controls import one_or_all, title_with_button
from pages.ui.store import the_store

ALL = "All tenants"
RUNS_SHOWN = 200


def choices(account: Account, viewer: Viewer) -> list[str]:
    """What this user may have collected: all there is, or of somebody who manages tenants, those."""
    names = [each.name for each in tenants.tenants(viewer, the_store()) if each.active]
    return [ALL, *names] if names and account.may_collect_everything else names


@messages.dialog("Collect now", icon=":material/sync:")
def ask_to_collect() -> None:
    account = session.require_account()
    viewer = grants.log_viewer(account, the_store())
    what = st.selectbox("What", choices(account, viewer), key="log_collect_what")
    st.caption("Collects what is due. You can leave this page.")
    if what and st.button("Start", type="primary", key="log_collect_start", width="stretch"):
        everything = what == ALL and account.may_collect_everything
        tenant_ids = None if everything else (tenants.tenant_named(viewer, the_store(), what).tenant_id,)
        collecting.start_by(account, Scope(tenant_ids))
        messages.notice_after_rerun("The collection has started.")


def draw_filters(tracked: Sequence[Repository], viewer: Viewer) -> tuple[list[RunState], int | None, int | None, bool]:
    names = {each.tenant_id: each.name for each in tenants.tenants(viewer, the_store())}
    with st.container(horizontal=True, vertical_alignment="bottom", key="log_filters"):
        states = st.multiselect(
            "State", list(view.STATES), format_func=view.STATES.__getitem__, key="log_states", placeholder="Any"
        )
        tenant_id = one_or_all("Tenant", names, "log_tenant", "Any", width=180)
        of_tenant = {r.repository_id: r.full_name for r in tracked if tenant_id in {None, r.tenant_id}}
        repository_id = one_or_all("Repository", of_tenant, "log_repository", "Any", width=260)
        failed_only = st.toggle("Failed only", key="log_failed")
    return states, tenant_id, repository_id, failed_only


def narrowed(viewer: Viewer, repositories: Sequence[Repository], tenant_id: int | None) -> Viewer:
    if tenant_id is None:
        return viewer
    ids = frozenset(each.repository_id for each in repositories if each.tenant_id == tenant_id)
    return Viewer(ids & viewer.repository_ids, frozenset({tenant_id}) & viewer.tenant_ids)


def draw_run(viewer: Viewer, run: LoggedRun, repository_id: int | None, only_failed: bool) -> None:
    with st.container(border=True, key="log_run"):
        st.header(f"Run {run.run_id}", anchor=False)
        if run.message:
            st.markdown(messages.literal(run.message))
        found = view.shown_results(viewer, the_store(), run.run_id, repository_id, failed_only=only_failed)
        if found is not None:
            view.draw_results(found)
        else:
            st.caption("Nothing in this run matches the filters." if only_failed else "This run has no results.")


def draw_attempts(account: Account, viewer: Viewer) -> None:
    """What was sent of reports and alerts: one's own, and those of tenants that one manages."""
    managed = frozenset(key for key in viewer.tenant_ids if account.manages(key))
    found = attempts(account, the_store(), managed)
    if found:
        st.header("Reports and alerts", anchor=False)
        view.draw_attempts(found)


who = session.require_account()
sees = grants.log_viewer(who, the_store())
busy, may = collecting.is_going_on(sees), bool(choices(who, sees))
if title_with_button("System log", "Collect now", "log_collect", ":material/sync:", offered=may, disabled=busy):
    ask_to_collect()
collecting.draw_progress(sees, goes_on=busy)
tracked = repositories(sees, the_store())
wanted_states, of_tenant, of_repository, only_failed = draw_filters(tracked, sees)
reader = narrowed(sees, tracked, of_tenant)
known_runs = runs(sees, the_store(), RUNS_SHOWN)
shown = [run for run in known_runs if not wanted_states or run.state in wanted_states]
if of_tenant is not None or of_repository is not None or only_failed:
    matching = results(reader, the_store(), repository_id=of_repository, failed_only=only_failed)
    run_ids = {each.run_id for each in matching}
    shown = [run for run in shown if run.run_id in run_ids]
if not shown:
    st.info(
        "No runs match the filters."
        if known_runs
        else "No runs yet. The first starts at the next scheduled time, or with *Collect now*.",
        icon=":material/receipt_long:",
    )
    draw_attempts(who, sees)
    st.stop()
chosen = view.draw_runs(the_store(), shown)
draw_run(reader, chosen, of_repository, only_failed)
draw_attempts(who, sees)
