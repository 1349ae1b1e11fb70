"""Collects at once, on a page's behalf: starts the collector as a process of its own and shows how far it is.

The process goes on when the page, the session or the server ends; what it commits is in the system log as ever.
"""

import logging
import os
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import streamlit as st

from data.accounts.audit import Subject, save_entry
from data.accounts.models import Account, Tenant, Viewer
from data.accounts.tenants import operator, tenant_named
from data.calendar import utc_now
from data.collection import log as system_log
from data.collection.ledger import Scope
from data.collection.models import LoggedRun, RunState
from data.collection.requests import save_request
from data.repositories.repositories import repositories
from data.store.backup import COLLECTING
from data.store.versions import LockHeld, exclusive, is_held
from pages.ui import messages, session
from pages.ui.store import DIRECTORY_VARIABLE, the_store

log = logging.getLogger(__name__)

ROOT = Path(__file__).parents[2]
STATE = "collecting_started"
REFRESH_S = 2
LOOKED_AT = 20  # the newest runs
LONGEST_TAIL = 4000  # bytes of the process's output
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

    def is_running(self) -> bool:
        return is_held(the_store().directory / COLLECTING) if self.process is None else self.process.poll() is None

    def last_line(self) -> str:
        """What the collector has said last; it keeps its output free of secrets."""
        size = os.fstat(self.output.fileno()).st_size
        begin = max(0, size - LONGEST_TAIL)
        lines = os.pread(self.output.fileno(), LONGEST_TAIL, begin).decode("utf-8", "replace").splitlines()
        return next((line.strip() for line in reversed(lines) if line.strip()), "")


def start_by(account: Account, tenant: Tenant | None, repository: str | None = None) -> None:
    """Start at somebody's wish, with an entry in the audit log: for all tenants, for one, or for one repository."""
    about = Subject("all tenants")
    if tenant is not None:
        about = Subject(repository or f"tenant {tenant.tenant_id}", tenant.tenant_id)
    save_entry(the_store(), "collection started", about, account.username, utc_now())
    start(None if tenant is None else tenant.name, repository)


def start(tenant_name: str | None, repository: str | None) -> None:
    """Have everything collected, or a tenant, or of a tenant one repository (`owner/name`). Says nothing, waits for
    nothing: draw `progress`. Whether the user may is for the page to ask.

    One process collects: where there is one it takes this up, too; else one is started and handed the lock, so that
    of many who press at once one starts it.
    """
    store = the_store()
    save_request(store, _scope(tenant_name, repository))
    before = system_log.runs(operator(store), store, 1)
    output = tempfile.TemporaryFile()  # noqa: SIM115 - kept open for as long as somebody may read what is said
    process = None
    with suppress(LockHeld), exclusive(store.directory / COLLECTING, "collecting", 0) as lock:
        process = subprocess.Popen(  # noqa: S603 - no shell, and every argument is one word of ours
            [sys.executable, "-m", "collector", "--data", str(store.directory), "collect", f"--requested={lock}"],
            cwd=ROOT,
            env={**os.environ, DIRECTORY_VARIABLE: str(store.directory)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=(lock,),
        )
    st.session_state[STATE] = Started(process, output, before[0].run_id if before else 0)
    if process is not None:
        threading.Thread(target=_tell_end, args=(process, st.session_state[STATE]), daemon=True).start()


def _scope(tenant_name: str | None, repository: str | None) -> Scope:
    store = the_store()
    if tenant_name is None:
        return Scope()
    tenant_id = tenant_named(operator(store), store, tenant_name).tenant_id
    of_tenant = [each for each in repositories(operator(store), store) if each.tenant_id == tenant_id]
    named = tuple(each.repository_id for each in of_tenant if each.full_name == repository)
    return Scope(repository_ids=named) if named else Scope(tenant_ids=(tenant_id,))


def progress(viewer: Viewer) -> None:
    """Show the collection that is going on, anew every two seconds; and once, how the one started here has ended."""
    if is_going_on(viewer):
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
        run, started = _running(viewer), st.session_state.get(STATE)
        words = "Collecting from GitHub …"
        if run is not None and run.repositories:
            words = f"Collecting from GitHub: {run.repositories:,} repositories saved so far …"
        said = started.last_line() if started is not None and started.is_running() else ""
        with st.container(border=True, key="collecting_progress"), st.spinner(words, show_time=True):
            st.markdown(f":material/sync: {words}")
            st.caption(messages.literal(said) or "You can go on working; it does not need this page.")


def _draw_end(viewer: Viewer) -> None:
    started = st.session_state.pop(STATE, None)
    if started is None:
        return
    runs = system_log.runs(viewer.of_each_tenant(), the_store(), LOOKED_AT)
    new = [run for run in runs if run.run_id > started.after_run]  # each token owner has its own
    run = next((run for run in new if run.state is not RunState.COMPLETE), new[0] if new else None)
    code, said = started.process and started.process.returncode, messages.literal(started.last_line())
    if run is not None and run.state in ENDED:
        if run.state is RunState.COMPLETE:
            st.success(ENDED[run.state], icon=":material/check_circle:")
        else:
            st.warning(ENDED[run.state], icon=":material/warning:")
    elif code == 0:
        st.info("There was nothing to collect: no repository is tracked, or all are paused or up to date.")
    elif code is not None:
        st.warning(said or "The collection could not be started: the server's log says why.")


def _running(viewer: Viewer) -> LoggedRun | None:
    newest = system_log.runs(viewer.of_each_tenant(), the_store(), LOOKED_AT)
    return next((run for run in newest if run.state is RunState.RUNNING), None)


def _tell_end(process: subprocess.Popen[bytes], started: Started) -> None:
    code = process.wait()
    level = logging.INFO if code == 0 else logging.WARNING
    log.log(level, "a collection started by a page ended with %s: %s", code, started.last_line())
