"""A report goes out once, when its week is final or has waited long enough, whatever fails or ends in between."""

import json
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from collector.delivery import sender
from collector.delivery.channels import checked_channel
from collector.delivery.result import DeliveryOutcome, Result
from collector.delivery.sender import Sender, send_test
from data.accounts import accounts, grants
from data.accounts.authority import COMMAND_LINE, NotAllowed, acting
from data.accounts.encryption import open_cipher
from data.accounts.models import Account, Grant, Role
from data.accounts.tokens import rotate_key
from data.reports import deliveries
from data.reports.deliveries import LoggedAttempt, to_be_sent
from data.reports.message import Links
from data.reports.models import period_named
from data.reports.recipients import recipient_of
from data.reports.subscription_settings import AlertSettings, ReportSettings
from data.reports.subscriptions import (
    ChannelChanges,
    Subscription,
    add_subscription,
    change_subscription,
    open_channels,
    pause_subscription,
    subscriptions,
)
from data.store import Store, StoreAway, StoreOvertaken
from data.store.leases import LASTS, LeaseLost, give_back, take_leases
from data.traffic.models import Grain
from tests.collector.delivery.servers import Receiver
from tests.data.cast import user
from tests.data.filled import DOCS, ENGINE

LONG_AGO = datetime(2026, 4, 28, tzinfo=UTC)
FINAL = datetime(2026, 5, 6, 13, tzinfo=UTC)  # of the week from 27 April all is known
DUE = datetime(2026, 5, 11, 12, tzinfo=UTC)  # the report of the week from 4 May, of which the last days are not known
LINKS = Links("https://traffic.example.org")
BLUE = 1
ROOT = Path(__file__).parents[3]


def everybody(store: Store) -> Account:
    with store.control.read() as cursor:
        return acting(cursor, COMMAND_LINE)


def subscribe(
    store: Store, *addresses: str, by: str = COMMAND_LINE, tenant_id: int | None = BLUE, **settings: object
) -> int:
    channels = [checked_channel("webhook" if "hook" in each else "slack", each) for each in addresses]
    report = ReportSettings(**settings)  # type: ignore[arg-type]
    return add_subscription(
        store, by, f"to {addresses[0].split('/')[3]}", report, channels, tenant_id=tenant_id, now=LONG_AGO
    )


def look(store: Store, now: datetime) -> list[str]:
    """The outcomes of a look at that moment."""
    return sorted(each.outcome for each in Sender(store, LINKS, lambda _: None, lambda: now).look())


def logged(store: Store, account: Account | None = None) -> tuple[LoggedAttempt, ...]:
    found = deliveries.attempts(account or everybody(store), store, frozenset())
    return tuple(each for each in found if each.subscription != "Blue weekly")  # which was there before


def one(store: Store) -> Subscription:
    return subscriptions(everybody(store), store)[0]


def test_a_final_week_is_sent_once_and_each_attempt_is_a_row_without_an_address(
    filled: Store, server: Receiver
) -> None:
    subscribe(filled, server.url("/once/SECRETPATH"))
    assert look(filled, FINAL) == ["sent"]
    assert look(filled, FINAL + timedelta(minutes=1)) == []
    (request,) = server.to("/once/SECRETPATH")
    assert "27 Apr to 3 May 2026" in request.json["text"]
    assert [(e.kind, e.channel, e.occasion, e.outcome) for e in logged(filled)] == [
        ("report", "slack", "2026-W18", "sent")
    ]
    for path in filled.directory.rglob("*.duckdb"):
        assert b"SECRETPATH" not in path.read_bytes()


def test_a_week_that_is_not_final_waits_two_days_and_then_names_what_is_pending(
    filled: Store, server: Receiver
) -> None:
    subscribe(filled, server.url("/waits"))
    assert look(filled, FINAL) == ["sent"]
    assert look(filled, DUE + timedelta(hours=47)) == []
    assert look(filled, DUE + timedelta(hours=48)) == ["sent"]
    text = server.to("/waits")[-1].json["text"]
    assert "Still pending and not counted" in text
    assert "(late)" not in text


def test_after_an_outage_the_newest_missed_one_is_sent_marked_late(filled: Store, server: Receiver) -> None:
    subscribe(filled, server.url("/late"))
    assert look(filled, DUE + timedelta(days=3)) == ["sent"]
    (request,) = server.to("/late")
    assert "Weekly report (late): Blue, 4 to 10 May 2026" in request.json["text"]


def test_nothing_is_due_before_it_was_added_and_while_it_is_paused(filled: Store, server: Receiver) -> None:
    key = subscribe(filled, server.url("/paused"))
    assert look(filled, LONG_AGO + timedelta(hours=1)) == []
    pause_subscription(filled, COMMAND_LINE, key, active=False, now=LONG_AGO)
    assert look(filled, FINAL) == []


def test_what_was_due_before_it_was_resumed_or_a_channel_was_added_is_not_sent_then(
    filled: Store, server: Receiver
) -> None:
    key = subscribe(filled, server.url("/resumed"))
    for active in (False, True):
        pause_subscription(filled, COMMAND_LINE, key, active=active, now=FINAL)
    added = ChannelChanges(add=[checked_channel("slack", server.url("/added"))])
    change_subscription(filled, COMMAND_LINE, key, FINAL, channels=added)
    assert look(filled, FINAL) == []
    assert look(filled, DUE + timedelta(days=2)) == ["sent", "sent"]


def test_what_fails_for_now_is_tried_again_as_asked_and_holds_up_no_other(filled: Store, server: Receiver) -> None:
    subscribe(filled, server.url("/busy/hook"), server.url("/well"))
    server.answers["/busy/hook"] = (503, b"come back", {"Retry-After": "600"})
    assert look(filled, FINAL) == ["again", "sent"]
    assert look(filled, FINAL + timedelta(minutes=9)) == []
    server.answers["/busy/hook"] = (200, b"", {})
    assert look(filled, FINAL + timedelta(minutes=11)) == ["sent"]
    first, again = server.to("/busy/hook")
    assert first.headers["webhook-id"] == again.headers["webhook-id"]
    assert "Webhook answers 503: come back" in {each.reason for each in logged(filled)}


def test_what_was_sent_by_hand_and_failed_for_now_is_tried_again_by_the_timer(filled: Store, server: Receiver) -> None:
    subscribe(filled, server.url("/by-hand"))
    assert look(filled, FINAL) == ["sent"]
    server.answers["/by-hand"] = (503, b"come back", {})
    sender_, week = Sender(filled, LINKS, lambda _: None, lambda: FINAL), period_named("2026-W17", FINAL.date())
    with sender_.alone():
        sender_.send(to_be_sent(filled, one(filled), week, FINAL, FINAL, asked_for=True))
    server.answers.clear()
    assert look(filled, FINAL + timedelta(seconds=30)) == []
    assert look(filled, FINAL + timedelta(minutes=2)) == ["sent"]
    assert "20 to 26 Apr 2026" in server.to("/by-hand")[-1].json["text"]
    assert look(filled, FINAL + timedelta(minutes=3)) == []


def test_what_was_begun_before_the_clock_was_set_back_waits_until_the_clock_is_there_again(
    filled: Store, server: Receiver
) -> None:
    subscribe(filled, server.url("/clock"))
    server.answers["/clock"] = (503, b"come back", {})
    assert look(filled, FINAL) == ["again"]
    assert look(filled, FINAL - timedelta(days=4)) == []  # its week is not over then
    server.answers.clear()
    assert look(filled, FINAL + timedelta(minutes=2)) == ["sent"]


def test_a_test_does_not_wait_for_a_channel_that_is_slow(filled: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    subscribe(filled, "http://127.0.0.1:9/one", "http://127.0.0.1:9/two")
    together = threading.Barrier(2, timeout=20)
    monkeypatch.setattr(sender, "send", lambda *_: Result(DeliveryOutcome.AGAIN, together.wait()))
    attempts = send_test(filled, one(filled), one(filled).channels, LINKS, FINAL)
    assert [each.outcome for each in attempts] == ["failed", "failed"]  # a test is not tried again


def test_a_server_that_is_down_is_asked_for_hours_and_then_given_up(
    filled: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "TRY_AGAIN_AFTER", sender.TRY_AGAIN_AFTER[-2:])
    subscribe(filled, "http://127.0.0.1:9/closed")
    now, outcomes = FINAL, []
    while now < FINAL + timedelta(days=2):
        outcomes += look(filled, now)
        now += timedelta(hours=6)
    assert outcomes == ["again"] * (len(sender.TRY_AGAIN_AFTER) + 1)
    assert deliveries.deliveries(everybody(filled), filled).popitem()[1].state == "failed"


@pytest.mark.parametrize(("asked_s", "waits"), [(None, 60), (20, 60), (7200, 7200)])
def test_a_channel_that_asks_for_a_longer_wait_gets_it(
    filled: Store, monkeypatch: pytest.MonkeyPatch, asked_s: float | None, waits: int
) -> None:
    subscribe(filled, "http://127.0.0.1:9/limited")
    monkeypatch.setattr(sender, "send", lambda *_: Result(DeliveryOutcome.AGAIN, 429, retry_after_s=asked_s))
    assert look(filled, FINAL) == ["again"]
    next_try_at = deliveries.deliveries(everybody(filled), filled).popitem()[1].next_try_at
    assert next_try_at == FINAL + timedelta(seconds=waits)


def test_what_cannot_be_made_is_logged_without_the_address(
    filled: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    address = "http://127.0.0.1:9/T0SECRET/path"

    def fails(*_: object) -> Result:
        raise ValueError(address)

    monkeypatch.setattr(sender, "send", fails)
    subscribe(filled, address)
    assert look(filled, FINAL) == ["again"]
    assert "[hidden]" in caplog.text
    assert "T0SECRET" not in caplog.text


def test_a_failure_that_goes_on_is_logged_once(filled: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    failures, stop = ["Away.", "Away.", "Full."], threading.Event()
    said: list[str] = []

    def fails(*_: object) -> None:
        failure = failures.pop(0)
        if not failures:
            stop.set()
        raise StoreAway(failure)

    monkeypatch.setattr(sender, "LOOK_EVERY_S", 0.0)
    monkeypatch.setattr(Sender, "look", fails)
    Sender(filled, LINKS, said.append).run(stop)
    assert said == ["Reports are delayed: Away.", "Reports are delayed: Full."]


def test_a_channel_that_is_gone_is_ended(filled: Store, server: Receiver) -> None:
    subscribe(filled, server.url("/gone/hook"))
    server.answers["/gone/hook"] = (410, b"no more", {})
    assert look(filled, FINAL) == ["failed"]
    assert one(filled).channels[0].ended_because == "Webhook answers 410: no more"
    assert look(filled, DUE + timedelta(days=3)) == []


def test_who_lost_a_right_gets_the_smaller_report_then_none(filled: Store, server: Receiver) -> None:
    mine = [Grant(Role.REPOSITORY_VIEWER, BLUE, key) for key in (ENGINE, DOCS)]
    who = user(filled, "single", *mine)
    subscribe(filled, server.url("/own"), by="single", tenant_id=None)
    send_test(filled, one(filled), one(filled).channels, LINKS, FINAL)
    grants.revoke(filled, COMMAND_LINE, who.user_id, mine[0], FINAL)
    send_test(filled, one(filled), one(filled).channels, LINKS, FINAL)
    accounts.disable_user(filled, COMMAND_LINE, who.user_id, FINAL)
    assert look(filled, FINAL) == ["skipped"]
    whole, smaller = (request.json["text"] for request in server.to("/own"))
    assert "blue/engine" in whole
    assert "blue/mirror" not in whole
    assert "blue/docs" in smaller
    assert "blue/engine" not in smaller


def test_attempts_are_for_their_owner_and_the_tenants_managers(filled: Store, server: Receiver) -> None:
    who = user(filled, "single", Grant(Role.REPOSITORY_VIEWER, BLUE, ENGINE))
    other = user(filled, "other", Grant(Role.TENANT, BLUE))
    subscribe(filled, server.url("/mine"), by="single", tenant_id=None)
    subscribe(filled, server.url("/ours"))
    look(filled, FINAL)
    assert [each.subscription for each in logged(filled, who)] == [None]
    assert {each.subscription for each in deliveries.attempts(other, filled, frozenset({BLUE}))} == {
        "to ours",
        "Blue weekly",
    }
    assert [each.name for each in subscriptions(other, filled)] == ["to ours"]


def test_another_time_and_zone() -> None:
    settings = ReportSettings(day=2, at=time(9), zone="America/New_York")
    assert settings.last_time(DUE) == datetime(2026, 5, 5, 13, tzinfo=UTC)
    monthly = replace(settings, grain=Grain.MONTH)
    assert monthly.last_time(DUE) == datetime(2026, 5, 2, 13, tzinfo=UTC)
    assert monthly.period(monthly.last_time(DUE)).name == "2026-04"


def test_east_of_utc_a_report_waits_until_its_week_or_month_is_over_there() -> None:
    tokyo = ReportSettings(zone="Asia/Tokyo", at=time(8))
    monthly = replace(tokyo, grain=Grain.MONTH)
    assert tokyo.last_time(DUE) == datetime(2026, 5, 11, tzinfo=UTC)
    assert tokyo.period(tokyo.last_time(DUE)).name == "2026-W19"
    assert monthly.period(monthly.last_time(DUE)).name == "2026-04"


def test_of_two_machines_one_sends_and_one_that_slept_meanwhile_sends_nothing_when_it_wakes(
    filled: Store, server: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere, save = Store(filled.directory), deliveries.save_progress
    elsewhere.machine = "elsewhere"
    subscribe(filled, server.url("/machines"))

    with monkeypatch.context() as patched:

        def sleep_after(*arguments: Any) -> None:
            """Note what is sent; then the lease runs out, and another machine takes it."""
            save(*arguments)
            patched.setattr("collector.own_leases.UNSURE_BEFORE", LASTS)
            give_back(filled, arguments[-1:])
            take_leases(elsewhere, [sender.REPORTS])

        patched.setattr(sender, "save_progress", sleep_after)
        with pytest.raises(LeaseLost):
            look(filled, FINAL)
    assert look(filled, FINAL) == []
    assert server.to("/machines") == []
    assert look(elsewhere, FINAL) == ["sent"]
    assert look(filled, FINAL) == []


KILLED = """
import os, sys
from datetime import datetime
from pathlib import Path
from collector.delivery import sender
from data.store import Store, StoreAway, StoreOvertaken
save, now = sender.save_progress, datetime.fromisoformat(sys.argv[2])
sender.save_progress = lambda store, begun, ended, *rest: os._exit(9) if ended else save(store, begun, ended, *rest)
sender.Sender(Store(Path(sys.argv[1])), sender.Links(None), print, lambda: now).look()
"""  # ends in the moment when the channel has taken it and nobody has noted that


def test_a_kill_between_sent_and_noted_loses_nothing_and_repeats_it_under_the_same_id(
    filled: Store, server: Receiver
) -> None:
    times = 2  # make bench does it fifty times
    subscribe(filled, server.url("/killed/hook"))
    for _ in range(times):
        command = [sys.executable, "-c", KILLED, str(filled.directory), FINAL.isoformat()]
        assert subprocess.run(command, check=False, cwd=ROOT).returncode == 9
    assert look(filled, FINAL) == ["sent"]
    assert look(filled, FINAL) == []
    requests = server.to("/killed/hook")
    assert len(requests) == times + 1
    assert len({each.headers["webhook-id"] for each in requests}) == 1
    assert [each.reason for each in logged(filled)].count(deliveries.UNKNOWN) == times


def test_one_that_ends_the_program_is_tried_alone_and_given_up_in_the_end(
    filled: Store, server: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed() -> None:
        deliveries.save_progress(filled, deliveries.due_deliveries(filled, FINAL), [], FINAL)

    subscribe(filled, server.url("/ends/hook"))
    killed()
    subscribe(filled, server.url("/innocent/hook"))
    for _ in range(sender.MOST_TRIES - 1):
        killed()
    save, together = deliveries.save_progress, []

    def noted(*arguments: Any) -> None:
        together.append(len(arguments[1]))
        save(*arguments)

    monkeypatch.setattr(sender, "save_progress", noted)
    assert look(filled, FINAL) == ["failed", "sent"]
    assert together == [1, 1, 0]
    assert look(filled, FINAL) == []
    assert server.to("/ends/hook") == []
    assert sender.GIVEN_UP in {each.reason for each in logged(filled)}


def test_what_was_sent_while_the_store_was_away_is_noted_when_it_is_back_and_not_repeated(
    filled: Store, server: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe(filled, server.url("/away/hook"))
    save, outages = deliveries.save_progress, iter([StoreAway("It does not answer."), StoreOvertaken("Try again.")])

    def away_at_the_end(*arguments: Any) -> None:
        if arguments[2] and (failure := next(outages, None)):
            raise failure
        save(*arguments)

    monkeypatch.setattr(sender, "save_progress", away_at_the_end)
    monkeypatch.setattr(sender, "WRITE_AGAIN_S", 0.0)
    assert look(filled, FINAL) == ["sent"]
    assert look(filled, FINAL) == []
    assert len(server.to("/away/hook")) == 1


def test_what_a_webhook_gets_is_as_its_published_schema_says(filled: Store, server: Receiver) -> None:
    schema = json.loads((ROOT / "docs/report.schema.json").read_text(encoding="utf-8"))
    subscribe(filled, server.url("/schema/hook"))
    channels = [checked_channel("webhook", server.url("/schema/hook"))]
    how = {"tenant_id": BLUE, "now": LONG_AGO}
    add_subscription(filled, COMMAND_LINE, "Alerts", AlertSettings(), channels, **how)  # type: ignore[arg-type]
    assert look(filled, FINAL) == ["sent", "sent"]
    bodies = [each.json for each in server.to("/schema/hook")]
    assert {each["type"] for each in bodies} == {"report", "alert"}
    for each in bodies:
        jsonschema.validate(each, schema)


def test_a_channel_opens_with_a_new_key(filled: Store, server: Receiver) -> None:
    subscribe(filled, server.url("/rotated"))
    rotate_key(filled, COMMAND_LINE, LONG_AGO)
    assert look(filled, FINAL) == ["sent"]
    with filled.control.commit("a channel of another key") as connection:
        connection.execute("update subscription_channel set encrypted = 'x'::blob")
        connection.execute("delete from delivery")
    subscribe(filled, server.url("/own-key"))
    assert look(filled, FINAL) == ["failed", "sent"]


def test_ones_own_mail_goes_to_the_address_of_the_profile_of_that_moment(filled: Store) -> None:
    who = user(filled, "single", Grant(Role.REPOSITORY_VIEWER, BLUE, ENGINE))
    channels = [checked_channel("mail", "single@example.org")]
    add_subscription(filled, "single", "Mine", ReportSettings(), channels, now=LONG_AGO)
    with pytest.raises(NotAllowed):
        add_subscription(
            filled, "single", "Theirs", ReportSettings(), [checked_channel("mail", "x@y.org")], now=LONG_AGO
        )
    accounts.save_profile(filled, "single", who.user_id, FINAL, name="S", email="new@example.org")
    assert look(filled, FINAL) == ["skipped"]


def test_a_tenants_mail_to_an_account_is_not_the_whole_tenants_once_the_account_has_another_address(
    filled: Store,
) -> None:
    who = user(filled, "single", Grant(Role.REPOSITORY_VIEWER, BLUE, ENGINE))
    mails = [checked_channel("mail", each) for each in ("single@example.org", "nobodys@example.org")]
    add_subscription(filled, COMMAND_LINE, "Theirs", ReportSettings(), mails, tenant_id=BLUE, now=LONG_AGO)
    opened = open_channels(filled, open_cipher(filled.directory), [each.channel_id for each in one(filled).channels])

    def seen() -> list[frozenset[int]]:
        return [recipient_of(filled, one(filled), each).viewer.repository_ids for _, each in sorted(opened.items())]

    before, whole = seen()
    assert before == {ENGINE} < whole
    accounts.save_profile(filled, "single", who.user_id, FINAL, name="S", email="new@example.org")
    assert seen() == [frozenset(), whole]
