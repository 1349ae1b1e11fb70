"""Collects at once, on a page's behalf: starts the collector as a process of its own and shows how far it is.

The process goes on when the page, the session or the server ends; what it commits is in the system log as ever.
"""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import IO

import streamlit as st

from data.accounts.models import Account, Viewer
from data.accounts.tenants import operator
from data.collection import log as system_log
from data.collection.ledger import Scope
from data.collection.models import LastLook, LoggedRun, RunState
from data.store.backup import COLLECTING
from data.store.version_files import is_held
from data.text import counted, number_text
from pages.ui import messages, session
from pages.ui.collector_process import begin, last_line, record_start, wanted_repositories
from pages.ui.store import the_store

STATE = "collecting_started"
REFRESH_S = 1
LOOKED_AT = 20  # the newest runs
ENDED = {
    RunState.COMPLETE: "The collection is complete.",
    RunState.PARTIAL: "The collection is done, but some of it failed: the system log has the reasons.",
    RunState.FAILED: "The collection failed: the system log has the reasons.",
    RunState.STOPPED: "The collection was stopped; what it had saved is kept.",
}


@dataclass(frozen=True, slots=True)
class Started:
    """A collection that this session has asked for: by a process, or (None) by the one that was collecting already."""

    process: subprocess.Popen[bytes] | None
    output: IO[bytes]
    after_run: int  # the newest run there was; moments would not do, since runs go by GitHub's clock
    wanted: frozenset[int]  # the ids of the repositories that are to be collected
    looks: Mapping[int, LastLook]  # when they had been looked at before

    def is_running(self) -> bool:
        return is_held(the_store().directory / COLLECTING) if self.process is None else self.process.poll() is None


def start_by(account: Account, scope: Scope) -> None:
    """Start at somebody's wish, with an entry in the audit log for each tenant that it is about, or one for all."""
    record_start(account, scope)
    start(scope)


def start(scope: Scope, *, days_are_there: bool = False) -> None:
    """Have everything collected, or some tenants, or some repositories. Says nothing, waits for nothing: draw
    `progress`. Whether the user may is for the page to ask.

    One process collects: where there is one it takes this up, too; else one is started and handed the lock, so that
    of many who press at once one starts it.
    """
    store, wanted = the_store(), frozenset(each.repository_id for each in wanted_repositories(scope))
    looks = {} if days_are_there else system_log.looks(Viewer(wanted, frozenset()), store)
    before = system_log.runs(operator(store), store, 1)
    process, output = begin(scope)
    st.session_state[STATE] = Started(process, output, before[0].run_id if before else 0, wanted, looks)


def progress(viewer: Viewer, *, own: bool = False) -> bool:
    """Show the collection that is going on, anew every second, and once, how the one started here has ended; or
    nothing but the one started here. Whether one is going on that is shown.
    """
    if own and STATE not in st.session_state:
        return False
    goes_on = is_going_on(viewer)
    draw_progress(viewer, goes_on=goes_on)
    return goes_on


def draw_progress(viewer: Viewer, *, goes_on: bool) -> None:
    """The same, where it is known already whether one is going on."""
    if goes_on:
        st.fragment(_draw_running, run_every=REFRESH_S)(viewer)
    else:
        _draw_end(viewer)


def is_going_on(viewer: Viewer) -> bool:
    """Whether a collection is going on that this viewer may know of."""
    started = st.session_state.get(STATE)
    return (started is not None and started.is_running()) or _running(viewer) is not None


def _draw_running(viewer: Viewer) -> None:
    with messages.shown():
        session.require_account()
        if not is_going_on(viewer):
            st.rerun()
        started = st.session_state.get(STATE)
        with st.container(border=True, key="collecting_progress"):
            if started is not None and started.wanted:
                st.progress(*_counted(started))
            elif (run := _running(viewer)) is not None and run.repositories:
                st.markdown(f"{counted(run.repositories, 'repository')} saved so far")
            line = last_line(started.output) if started is not None and started.is_running() else ""
            waits = messages.literal(line) if "Waiting" in line else ""
            st.caption(f":material/sync: Collecting from GitHub. {waits or 'You can keep working.'}")


def _counted(started: Started) -> tuple[float, str]:
    """How many repositories have been asked for their views since, as a part and in words, with the last one's."""
    of, looks = len(started.wanted), system_log.looks(Viewer(started.wanted, frozenset()), the_store())
    new = [look for key, look in looks.items() if look != started.looks.get(key)]
    if not new:
        return 0.0, f"0 of {number_text(of)}"
    if len(new) == of:
        return 1.0, f"{number_text(of)} of {number_text(of)}. Referrers, popular pages, stars and releases follow."
    last = max(new, key=attrgetter("tried_at"))
    views = "" if last.views is None else f": {number_text(last.views)} views in 14 days"
    return len(new) / of, f"{number_text(len(new))} of {number_text(of)}, {messages.literal(last.full_name)}{views}"


def _draw_end(viewer: Viewer) -> None:
    started = st.session_state.pop(STATE, None)
    if started is None:
        return
    runs = system_log.runs(viewer.of_each_tenant(), the_store(), LOOKED_AT)
    new = [run for run in runs if run.run_id > started.after_run]  # each token owner has its own
    run = next((run for run in new if run.state is not RunState.COMPLETE), new[0] if new else None)
    code, line = started.process and started.process.returncode, messages.literal(last_line(started.output))
    if run is not None and run.state in ENDED:
        if run.state is RunState.COMPLETE:
            st.success(ENDED[run.state], icon=":material/check_circle:")
        else:
            st.warning(ENDED[run.state], icon=":material/warning:")
    elif code == 0:
        st.info("There was nothing to collect: no repository is tracked, or all are paused or up to date.")
    elif code is not None:
        sees_all = operator(the_store()).tenant_ids <= viewer.tenant_ids  # a process speaks of all that it collects
        st.warning(line if sees_all and line else "The collection failed: see *Health*, or the server’s log.")


def _running(viewer: Viewer) -> LoggedRun | None:
    newest = system_log.runs(viewer.of_each_tenant(), the_store(), LOOKED_AT)
    return next((run for run in newest if run.state is RunState.RUNNING), None)
