"""`report` and `alert` by hand: what goes where, once; addresses come from the environment and are never shown."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from collector.delivery.http import ALLOW_PRIVATE
from data.accounts.authority import COMMAND_LINE, acting
from data.calendar import DAY, utc_now
from data.reports.models import newest_period
from data.reports.subscription_settings import AlertKind
from data.reports.subscriptions import subscriptions
from data.traffic.models import Grain
from tests.collector.conftest import CommandLine, last_line, refused
from tests.collector.delivery.servers import Receiver, receiver


@pytest.fixture(scope="module")
def server() -> Iterator[Receiver]:
    with receiver() as known:
        yield known


@pytest.fixture
def ready(run: CommandLine, server: Receiver) -> CommandLine:
    """Of a tenant with a repository; $HOOK is the address of a channel."""
    run.follow("octo/hello")
    run.environment |= {ALLOW_PRIVATE: "1", "HOOK": server.url("/SECRET/hook"), "SLACK": server.url("/SECRET/slack")}
    server.requests.clear()
    return run


def test_a_report_is_added_previewed_sent_once_and_listed_without_its_address(
    ready: CommandLine, server: Receiver
) -> None:
    added = ready("report", "add", "acme", "--weekly", "--slack-env", "SLACK", "--webhook-env", "HOOK", "--json")
    assert added.exit_code == 0
    facts = last_line(added)
    (secret,) = facts["signing_secrets"]
    assert added.output.count(secret) == 2  # shown, and in the line for programs
    week = newest_period(Grain.WEEK, utc_now().date()).name
    assert ready.facts("report", "preview", "acme weekly")["period"]["name"] == week
    assert "to be sent" in ready("report", "send", "#1", "--dry-run").output
    assert server.requests == []
    assert [each["outcome"] for each in ready.facts("report", "send", "ACME weekly")["attempts"]] == ["sent", "sent"]
    assert ready.facts("report", "send", "#1")["attempts"] == []
    assert len(server.requests) == 2
    result = ready("report", "list", "--json")
    listed = result.output
    assert f"{week} sent" in listed
    lasts = [each["last"] for each in last_line(result)["reports"][0]["channels"]]
    assert [(each["occasion"], each["state"], each["reason"]) for each in lasts] == [(week, "sent", None)] * 2
    assert not any(word in listed for word in ("SECRET", secret))


def test_a_report_is_changed_in_place_with_one_channel_at_another_address(ready: CommandLine, server: Receiver) -> None:
    ready("report", "add", "acme", "--slack-env", "SLACK", "--webhook-env", "HOOK", "--repo", "octo/hello")
    ready.environment["NEW"] = server.url("/SECRET/new")
    changes = ("--top", "7", "--at", "TUE 08:30", "--all-repos", "--channel", "1", "--slack-env", "NEW")
    changed = ready.facts("report", "edit", "acme weekly", "--rename", "Mondays", *changes)["changed"]
    assert changed == "name Mondays; top 7, day 2, at 08:30, repository_ids None; slack to another address"
    assert ready("report", "test", "Mondays").exit_code == 0
    assert {request.path for request in server.requests} == {"/SECRET/new", "/SECRET/hook"}
    assert ready("report", "edit", "Mondays", "--remove-channel", "2", "--monthly").exit_code == 0
    listed = ready("report", "list").output
    assert "#1 Mondays (acme): 1 08:30 UTC" in listed
    assert max(map(len, listed.splitlines())) <= 80
    assert "Nothing has changed" in ready("report", "edit", "Mondays").output


def test_a_change_that_cannot_be_is_refused(ready: CommandLine) -> None:
    ready("report", "add", "acme", "--slack-env", "SLACK")
    for words, expected in (
        (("--remove-channel", "1"), "1 to 10 channels"),
        (("--channel", "9", "--slack-env", "SLACK"), "no such channel"),
        (("--channel", "1"), "Say where"),
        (("--channel", "1", "--webhook-env", "HOOK"), "the same kind"),
        (("--rename", "#1"), "printable characters"),
        (("--top", "0"), "1 to 100"),
    ):
        refused(ready("report", "edit", "#1", *words), expected)


def test_what_fails_is_told_and_is_the_exit_code(ready: CommandLine, server: Receiver) -> None:
    server.answers["/SECRET/slack"] = (403, b"invalid_token", {})
    ready("report", "add", "acme", "--slack-env", "SLACK")
    result = ready("report", "test", "#1")
    assert result.exit_code == 1
    assert "Slack answers 403: invalid_token" in result.output
    server.answers.clear()


def test_what_cannot_be_is_refused(ready: CommandLine) -> None:
    ready.environment["FILE"] = "file:///etc/passwd"
    for words, expected in (
        (("add", "acme"), "Say where it goes"),
        (("add", "acme", "--slack-env", "NOT_SET"), "NOT_SET is empty"),
        (("add", "acme", "--slack-env", "FILE"), "begin with https://"),
        (("add", "acme", "--slack-env", "HOOK", "--at", "noon"), "MON 12:00"),
        (("add", "acme", "--slack-env", "HOOK", "--zone", "Mars/Olympus"), "no time zone"),
        (("add", "nobody", "--slack-env", "HOOK"), "no tenant"),
        (("preview", "nothing"), "no report"),
    ):
        refused(ready("report", *words), expected)


def test_a_report_is_of_repositories_or_of_a_group_that_there_is(ready: CommandLine) -> None:
    ready("group", "add", "acme", "Shop", "octo/hello")
    both = ("add", "acme", "--slack-env", "SLACK", "--group", "Shop")
    refused(ready("report", *both, "--repo", "octo/hello"), "not of both")
    assert ready("report", *both).exit_code == 0
    assert ready("group", "remove", "acme", "Shop").exit_code == 0
    refused(ready("report", "preview", "acme weekly"), "There is no repository")
    assert ready("report", "send", "acme weekly").exit_code == 0
    assert "There is no repository in it" in ready("report", "list").output


def test_a_period_is_one_of_the_report_and_over(ready: CommandLine) -> None:
    ready("report", "add", "acme", "--monthly", "--slack-env", "SLACK", "--name", "Months")
    refused(ready("report", "preview", "Months", "--period", "2026-W40"), "is sent each month: 2026-W40 is a week")
    later = f"{utc_now() + 40 * DAY:%Y-%m}"
    refused(ready("report", "send", "Months", "--period", later), "not over yet")


def test_an_alert_is_added_tested_and_muted(ready: CommandLine, server: Receiver) -> None:
    assert ready("alert", "add", "acme", "--slack-env", "SLACK", "--only", "loss", "--only", "token").exit_code == 0
    assert ready("alert", "test", "acme alerts").exit_code == 0
    (request,) = server.to("/SECRET/slack")
    assert request.json["text"].startswith("Test: Alert: acme")
    until = utc_now().date() + timedelta(days=3)
    assert ready("alert", "mute", "acme alerts", "--until", until).exit_code == 0
    assert f"loss, token, muted until {until}" in ready("alert", "list").output
    assert ready("alert", "edit", "acme alerts", "--only", "all", "--least-score", "5").exit_code == 0
    with ready.store.control.read() as cursor:
        (alert,) = subscriptions(acting(cursor, COMMAND_LINE), ready.store)
    assert (alert.alert.muted_until, alert.alert.least_score, len(alert.alert.kinds)) == (until, 5.0, len(AlertKind))
    refused(ready("report", "preview", "acme alerts"), "no report")
