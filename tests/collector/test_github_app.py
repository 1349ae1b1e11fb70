"""A GitHub App collects: stored, given to a tenant, beside a token, and what is said where it cannot."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from collector.clock import SystemClock
from collector.errors import TokenRefused
from collector.github_app import InstallationAuthorization, app_client
from collector.redaction import redacted
from collector.run import Collecting
from collector.settings import Settings
from data.accounts.github_app import Installation as StoredInstallation
from data.accounts.github_app import InstallationState, open_app
from data.store import StoreBusy
from tests.collector.conftest import CommandLine, last_line, refused, repository
from tests.data.written_once import once
from tests.fake_github import App, FakeGitHub, Installation
from tests.fake_github.answers import json_answer
from tests.fake_github.answers import refused as fake_refusal
from tests.fake_github.faults import answered

LISTED = StoredInstallation(501, "octo", None, InstallationState.GRANTED, "all", None)


@pytest.fixture(scope="module")
def key() -> tuple[App, str]:
    """An App with a key: to make one takes long."""
    app = App()
    return app, app.new_key()


@pytest.fixture
def app(run: CommandLine, github: FakeGitHub, key: tuple[App, str], tmp_path: Path) -> App:
    """GitHub has the App, installed on octo; its key lies in a file."""
    made, pem = key
    made.installations, made.keys = [Installation(501, "octo")], made.keys[:1]
    github.world.app = made
    (tmp_path / "key.pem").write_text(pem)
    run.environment["KEY"] = str(tmp_path / "key.pem")
    return made


@pytest.fixture
def given(run: CommandLine, app: App) -> App:
    """The App is stored, and its installation is acme's."""

    def give() -> None:
        assert run("app", "create", "--app-id", app.id, "--key-file", run.environment["KEY"]).exit_code == 0
        assert run("app", "give", "octo", "acme").exit_code == 0

    once(run.store, (given, app.id), give)
    return app


def test_an_app_collects_what_its_installation_includes_and_tracks_new_ones_by_the_rule(
    run: CommandLine, app: App, github: FakeGitHub
) -> None:
    made = run("app", "create", "--app-id", app.id, "--key-file", run.environment["KEY"])
    assert "octo is no tenant's yet: python -m collector app give octo TENANT" in made.output
    github.world.add(repository(3, "forked", fork=True))
    result = run("app", "give", "octo", "acme", "--track", "octo/*,!fork")
    assert "Tracked by the rule of octo: 2 repositories (octo/hello, octo/world)" in result.output
    assert run.facts("collect")["state"] == "complete"
    github.world.add(repository(4, "new"))
    assert run.facts("collect")["repositories"] == 3
    assert run.states() == dict.fromkeys(("octo/hello", "octo/world", "octo/new"), "active")
    assert github.violations == []
    app.installations.append(Installation(502, "team", frozenset()))
    assert run("app", "give", "team", "acme").exit_code == 0
    app.installations[0].repositories, app.installations[1].repositories = frozenset({1}), frozenset({4})
    assert "octo has taken 1 repository out of the GitHub App's reach" in run("collect").output
    assert run.states()["octo/world"] == "removed"
    assert run.states()["octo/new"] == "active", "another installation of the tenant includes it"


def test_what_the_installation_does_not_include_is_collected_with_the_token(
    run: CommandLine, given: App, with_token: CommandLine, github: FakeGitHub
) -> None:
    run.follow("octo/hello", "octo/world")
    given.installations[0].repositories = frozenset({1})
    result = run("collect", "--json")
    assert last_line(result)["state"] == "complete"
    assert len(last_line(result)["run_ids"]) == 2  # an owner has a run: the installation, and the token's user
    assert github.budgets.of(-501).used > 0


def test_a_repository_falls_back_to_the_token_and_the_log_says_so(
    run: CommandLine, given: App, with_token: CommandLine, github: FakeGitHub
) -> None:
    run.follow("octo/hello")
    assert run.facts("app", "installations")["installations"][0]["repositories"] == 2
    given.installations[0].suspended = True
    result = run("collect", "--json")
    assert last_line(result)["state"] == "complete"  # its state is known before anything is asked with it
    given.installations[0].suspended = False
    assert run.facts("app", "installations")["installations"][0]["state"] == "granted"
    github.faults.add(answered(fake_refusal("installation_suspended")).on("/app/installations/*").repeated(2))
    result = run("collect", "--repo", "octo/hello", "--json")
    assert "octo/hello: collected with the tenant's token instead. octo has suspended the GitHub App." in result.output
    assert last_line(result)["failures"] == 0
    github.faults.add(answered(fake_refusal("app_missing_permission")).on("*/traffic/views"))
    result = run("collect", "--repo", "octo/hello", "--json")
    assert "octo/hello: collected with the tenant's token instead. GitHub: Resource not accessible" in result.output
    assert last_line(result)["failures"] == 0


def test_where_the_store_fails_while_another_token_is_looked_for_the_refusal_stands_and_both_are_told(
    run: CommandLine, given: App, with_token: CommandLine, github: FakeGitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> None:
        raise StoreBusy("The store is being written to.")

    run.follow("octo/hello")
    monkeypatch.setattr(Collecting, "_another_token", busy)
    github.faults.add(answered(fake_refusal("app_missing_permission")).on("*/traffic/views"))
    result = run("collect", "--repo", "octo/hello", "--json")
    assert "No other token was looked for, for octo/hello: The store is being written to." in result.output
    assert last_line(result)["failures"] == 1


def test_an_answer_that_is_no_list_removes_no_installation(run: CommandLine, given: App, github: FakeGitHub) -> None:
    github.faults.add(answered(json_answer({})).on("/app/installations"))
    result = run("app", "installations", "--json")
    assert "GitHub's answer holds no installations." in result.output
    assert last_line(result)["installations"][0]["state"] == "granted"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"suspended": True}, "octo has suspended the GitHub App."),
        ({"administration": None}, "octo has not granted the repository permission Administration: read."),
        (None, "octo has removed the GitHub App. To collect again, install it there once more"),
    ],
)
def test_an_installation_that_cannot_collect_says_what_to_do(
    run: CommandLine, given: App, change: dict[str, object] | None, expected: str
) -> None:
    run.follow("octo/hello")
    for name, value in (change or {}).items():
        setattr(given.installations[0], name, value)
    if change is None:
        given.installations.clear()
    assert expected in run("app", "installations").output
    assert expected in run("collect").output
    given.installations.append(Installation(502, "team"))
    run("app", "give", "team", "acme")
    status = run("status").output
    assert "tenant token acme" not in status  # a token would not help the installation
    assert "of team collects" not in status, "the repositories of octo are not its own"
    assert any(expected in problem for problem in run.facts("tenant", "list")["tenants"][0]["problems"])


@pytest.mark.parametrize(("granted", "outcome"), [("read", "ok"), (None, "not_granted")])
def test_workflow_runs_are_counted_where_that_is_granted_else_they_are_unknown_and_nothing_fails(
    run: CommandLine, given: App, granted: str | None, outcome: str
) -> None:
    given.installations[0].actions = granted
    run.follow("octo/hello")
    assert run("tenant", "workflow-runs", "acme", "on").exit_code == 0
    facts = run.facts("collect")
    assert (facts["state"], facts["failures"]) == ("complete", 0)
    with run.store.traffic.read() as cursor:
        sql = "select outcome, message from collection_result where endpoint = 'workflow_runs'"
        ((noted, message),) = cursor.execute(sql).fetchall()
        ((days,),) = cursor.execute("select count(*) as days from workflow_day").fetchall()
    assert (noted, days, message is None) == (outcome, 14 if granted else 0, bool(granted))


def test_two_keys_are_alive_while_one_is_exchanged(run: CommandLine, given: App, tmp_path: Path) -> None:
    run.follow("octo/hello")
    (tmp_path / "new.pem").write_text(given.new_key())
    newest, former = run.facts("app", "key", "--key-file", tmp_path / "new.pem")["keys"]
    given.keys.pop()  # the new one, by mistake
    assert run.facts("collect")["state"] == "complete"
    assert run.facts("app", "key", "--forget", newest)["keys"] == [former]
    refused(run("app", "key", "--forget", former), "it is the only one")
    assert run("key", "rotate").exit_code == 0
    assert run.facts("collect")["state"] == "complete"


def test_what_is_no_key_of_the_app_is_refused(run: CommandLine, app: App, tmp_path: Path, github: FakeGitHub) -> None:
    (tmp_path / "other.pem").write_text("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\n")
    refused(run("app", "create", "--app-id", app.id, "--key-file", tmp_path / "other.pem"), "not a private key")
    (tmp_path / "other.pem").write_text(other := App().new_key())
    result = run("app", "create", "--app-id", app.id, "--key-file", tmp_path / "other.pem")
    refused(result, "GitHub does not accept this key for a GitHub App of the id 77", code=1)
    assert "PRIVATE" not in result.output
    assert run.facts("app", "list")["app"] is None
    with closing(app_client(Settings(github.url, 60000), app.id, [other], SystemClock())) as client:
        for _ in range(2):  # for one installation, and for another
            with pytest.raises(TokenRefused):
                client.fetch("/app")


def test_a_token_is_renewed_five_minutes_before_its_hour_is_over_by_whatever_clock(
    run: CommandLine, given: App, github: FakeGitHub
) -> None:
    github.clock.now = datetime.now(UTC) + timedelta(days=3)  # this machine's clock is wrong
    opened = open_app(run.store)
    assert opened is not None

    class Clock(SystemClock):
        def monotonic(self) -> float:
            return github.clock.elapsed()

    with closing(app_client(Settings(github.url, 60000), given.id, opened.keys, Clock())) as client:
        authorization = InstallationAuthorization(client, LISTED, Clock())
        assert authorization.ready() == 1
        github.clock.advance(timedelta(minutes=54))
        assert authorization.ready() == 1
        github.clock.advance(timedelta(minutes=2))
        assert authorization.ready() == 2
        sent = authorization(requests.Request("GET", github.url).prepare()).headers["Authorization"]
    secret = sent.removeprefix("Bearer ")
    assert len(secret) > 500
    assert redacted(f"token {secret} and {secret[4:]}") == "token [hidden] and [hidden]"
