"""What is done by the command line is in the audit log, as what is done by a page."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import click

from collector.__main__ import command_line
from data.accounts import set_up, sign_on
from data.accounts.audit import AuditFilter, entries
from data.accounts.authority import COMMAND_LINE, NewUser
from data.accounts.models import Account, Grant, Role
from data.calendar import utc_now
from tests.collector.conftest import CommandLine
from tests.fake_github import App, FakeGitHub, Installation

AUDITOR = Account(99, "auditor", "Somebody who reads the audit log", None, True, (Grant(Role.ADMIN),))
HELLO, WORLD = ("acme", "octo/hello"), ("acme", "octo/world")
ACTS = {  # in this order, each with the action that the log has of it
    "tenant add": (["blue"], "tenant added"),
    "tenant schedule": (["blue", "weekly"], "schedule changed"),
    "tenant workflow-runs": (["blue", "on"], "counting of workflow runs begun"),
    "tenant token": (["acme", "--token-env", "OCTO_TOKEN"], "token stored"),
    "app create": (["--app-id", "77", "--key-file", "{key}"], "GitHub App added"),
    "app give": (["octo", "acme"], "installation given"),
    "app give --no-track": (["octo", "acme"], "tracking rule changed"),
    "app give --nobody": (["octo"], "installation taken back"),
    "app key": (["--key-file", "{new_key}"], "key of the GitHub App added"),
    "app remove": (["--yes"], "GitHub App removed"),
    "repo add": ([*HELLO], "repositories added"),
    "repo correct": ([*HELLO, f"{utc_now() - timedelta(days=5):%Y-%m-%d}", "views", "1", "1"], "reading corrected"),
    "repo discover": (["acme", "octo/*", "--add"], "repositories added"),
    "group add": (["acme", "Web", "octo/hello"], "group added"),
    "group change": (["acme", "Web", "--add", "octo/world"], "group changed"),
    "group remove": (["acme", "Web"], "group removed"),
    "report add": (["acme", "--mail", "ada@example.org"], "subscription added"),
    "report edit": (["acme weekly", "--top", "9"], "subscription changed"),
    "report pause": (["#1"], "subscription paused"),
    "report resume": (["#1"], "subscription resumed"),
    "report remove": (["acme weekly"], "subscription removed"),
    "alert add": (["acme", "--mail", "ada@example.org", "--only", "loss"], "subscription added"),
    "alert mute": (["acme alerts", "--until", "2030-01-01"], "subscription changed"),
    "alert edit": (["acme alerts", "--least-score", "4"], "subscription changed"),
    "alert pause": (["acme alerts"], "subscription paused"),
    "alert resume": (["acme alerts"], "subscription resumed"),
    "alert remove": (["acme alerts"], "subscription removed"),
    "repo pause": ([*HELLO, "octo/world"], "repositories paused"),
    "repo resume": ([*HELLO], "repositories resumed"),
    "import": (["acme", "{traffic}", "--repository", "octo/hello"], "traffic imported"),
    "import undo": (["1"], "import undone"),
    "repo remove": ([*HELLO], "repositories removed"),
    "repo remove --delete-data": ([*WORLD, "--yes"], "repositories deleted with the history"),
    "user add": (["bob", "--role", "tenant_viewer", "--tenant", "acme"], "user added"),
    "api-token add": (["bob", "--name", "grafana"], "API token made"),
    "api-token revoke": (["1"], "API token revoked"),
    "signon add-domain": (["example.org", "--role", "maintainer"], "sign-on rule added"),
    "signon add-group": (["ops", "--role", "tenant", "--tenant", "acme"], "sign-on rule added"),
    "signon remove": (["1"], "sign-on rule removed"),
    "signon passwords": (["off"], "passwords switched off"),
    "user reset": (["ada"], "link for a new password made"),
    "user sign-out-all": ([], "all sessions ended"),
    "key rotate": ([], "key rotated"),
    "restore": (["{backup}"], "backup restored"),
}
CHANGE_NOTHING_OF_ANYBODY = {  # and what collects is in the system log
    *("init", "collect", "schedule", "serve", "status", "log", "export", "backup", "check", "store copy", "store tidy"),
    *("app list", "app installations"),
    *("tenant list", "repo list", "group list", "user list", "signon list", "api-token list", "import list"),
    *(
        "report list",
        "report preview",
        "report send",
        "report test",
        "alert list",
        "alert test",
    ),  # what is sent has its own log
}


def commands(group: click.Group, before: str = "") -> Iterator[str]:
    for name in group.list_commands(click.Context(group)):
        each = group.get_command(click.Context(group), name)
        yield from commands(each, f"{name} ") if isinstance(each, click.Group) else [f"{before}{name}"]


def test_every_command_that_changes_something_is_in_the_table() -> None:
    acts = {name.partition(" --")[0] for name in ACTS}
    acts = acts - {"import"} | {"import add"}  # which need not be said
    assert set(commands(command_line())) == acts | CHANGE_NOTHING_OF_ANYBODY


def test_every_act_leaves_its_record(run: CommandLine, github: FakeGitHub, tmp_path: Path) -> None:
    app = github.world.app = App(installations=[Installation(501, "octo")])
    for name in ("key", "new_key"):
        (tmp_path / name).write_text(app.new_key())
    code = set_up.renew_setup_code(run.store, utc_now()) or ""
    set_up.add_first_user(run.store, code, NewUser("ada", "Ada", None, "a meadow in the rain"), utc_now())
    sign_on.link_identity(run.store, "ada", 1, sign_on.Identity("https://id.example.org", "1"), utc_now())
    assert run("backup", tmp_path / "backup").exit_code == 0
    traffic = tmp_path / "views.csv"
    traffic.write_text("_date,total_views,unique_views\n2024-05-01,4,1\n", encoding="utf-8")
    places = {"traffic": traffic, **{name: tmp_path / name for name in ("backup", "key", "new_key")}}
    known = entries(AUDITOR, run.store, AuditFilter(actor=COMMAND_LINE))
    for name, (words, action) in ACTS.items():
        result = run(*name.split(), *(word.format(**places) for word in words))
        assert result.exit_code == 0, (name, result.output)
        logged = entries(AUDITOR, run.store, AuditFilter(actor=COMMAND_LINE))
        assert [each.action for each in logged if each not in known] == [action], name
        known = logged
