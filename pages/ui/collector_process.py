"""The process that collects on this server's behalf: started by a page or a program, and recorded. Needs no page.

It goes on when whoever started it ends; what it commits is in the system log as ever.
"""

import logging
import os
import subprocess
import sys
import tempfile
import threading
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from typing import IO

from data.accounts.audit import Subject, about_tenant, save_entry
from data.accounts.models import Account
from data.accounts.tenants import operator
from data.calendar import utc_now
from data.collection.health import ON_HOLD
from data.collection.ledger import Scope
from data.collection.run_requests import save_request
from data.repositories.models import Repository
from data.repositories.repositories import repositories
from data.store.backup import COLLECTING
from data.store.version_files import LockHeld, exclusive
from data.text import one_or_counted
from pages.ui.store import DIRECTORY_VARIABLE, the_store

log = logging.getLogger(__name__)

ROOT = Path(__file__).parents[2]
LONGEST_TAIL = 4000  # bytes of the process's output


def begin(scope: Scope) -> tuple[subprocess.Popen[bytes] | None, IO[bytes]]:
    """Start the one process that collects, handed its lock, and what it says; none where one is at it already, which
    takes the scope up, too.
    """
    store = the_store()
    save_request(store, scope)
    output = tempfile.TemporaryFile()  # noqa: SIM115 - kept open for as long as somebody may read it
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
        threading.Thread(target=_log_end, args=(process, output), daemon=True).start()
    return process, output


def last_line(output: IO[bytes]) -> str:
    """The last line of what the collector says, which is free of secrets."""
    begin = max(0, os.fstat(output.fileno()).st_size - LONGEST_TAIL)
    lines = os.pread(output.fileno(), LONGEST_TAIL, begin).decode("utf-8", "replace").splitlines()
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def _log_end(process: subprocess.Popen[bytes], output: IO[bytes]) -> None:
    code = process.wait()
    level = logging.INFO if code == 0 else logging.WARNING
    log.log(level, "a collection ended with %s: %s", code, last_line(output))


def wanted_repositories(scope: Scope) -> list[Repository]:
    """The repositories of a scope that are collected."""
    return [
        each
        for each in repositories(operator(the_store()), the_store())
        if (scope.tenant_ids is None or each.tenant_id in scope.tenant_ids)
        and (scope.repository_ids is None or each.repository_id in scope.repository_ids)
        and each.state not in ON_HOLD
    ]


def start_for_program(account: Account, scope: Scope) -> None:
    """Have a scope collected at the wish of a program's user; waits for nothing. Whether they may the route asks."""
    record_start(account, scope)
    begin(scope)


def record_start(account: Account, scope: Scope) -> None:
    """An entry in the audit log for each tenant that a collection is about, or one for all."""
    by_tenant: dict[int, list[str]] = defaultdict(list)
    for each in wanted_repositories(scope):
        by_tenant[each.tenant_id].append(each.full_name)
    subjects = [Subject("all tenants")]
    if scope != Scope():
        whole = scope.repository_ids is None
        subjects = [
            about_tenant(key) if whole else Subject(one_or_counted(names, "repository"), key)
            for key, names in sorted(by_tenant.items())
        ]
    for subject in subjects:
        save_entry(the_store(), "collection started", subject, account.username, utc_now())
