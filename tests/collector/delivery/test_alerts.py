"""Alerts: one message a collection, an episode once, its end as well; never of a gap or a pending day."""

from datetime import date, datetime, timedelta

import pytest

from collector.delivery import sender
from collector.delivery.channels import checked_channel
from collector.delivery.sender import Sender, send_test
from data.accounts.authority import COMMAND_LINE, acting
from data.accounts.models import Viewer
from data.accounts.tenants import operator
from data.accounts.tokens import TokenFacts, save_token
from data.calendar import DAY, stored
from data.reports import alerts
from data.reports.alerts import AlertEvent, events
from data.reports.message import Links
from data.reports.subscription_settings import AlertKind, AlertSettings, SubscriptionRefused
from data.reports.subscriptions import (
    Subscription,
    add_subscription,
    change_subscription,
    pause_subscription,
    subscriptions,
)
from data.store import Store
from tests.collector.delivery.servers import Receiver
from tests.data.filled import DOCS, ENGINE, TODAY
from tests.data.launch import LAUNCH, fill_launch
from tests.data.launch import day as launch_day
from tests.data.writers import NOW

LINKS = Links("https://traffic.example.org")
BLUE, GREEN = 1, 2
HOUR = timedelta(hours=1)


def subscribe(
    store: Store, address: str, settings: AlertSettings | None = None, added: datetime = NOW - 30 * DAY
) -> int:
    channels = [checked_channel("slack", address)]
    how = {"tenant_id": BLUE, "now": added}
    return add_subscription(store, COMMAND_LINE, "Alerts", settings or AlertSettings(), channels, **how)  # type: ignore[arg-type]


def one(store: Store) -> Subscription:
    with store.control.read() as cursor:
        return next(e for e in subscriptions(acting(cursor, COMMAND_LINE), store) if e.kind == "alert")


def look(store: Store, now: datetime) -> list[str]:
    return [each.outcome for each in Sender(store, LINKS, lambda _: None, lambda: now).look()]


def found(
    store: Store, since: date = TODAY - 14 * DAY, now: datetime = NOW, **settings: object
) -> tuple[AlertEvent, ...]:
    chosen = AlertSettings(**settings)  # type: ignore[arg-type]
    return events(operator(store), store, chosen, frozenset({BLUE, GREEN}), since=since, now=now)


def test_all_of_a_collection_is_one_message_and_an_episode_is_told_once(filled: Store, server: Receiver) -> None:
    subscribe(filled, server.url("/alert"))
    assert look(filled, NOW) == ["sent"]
    assert look(filled, NOW + HOUR) == []
    (request,) = server.to("/alert")
    text = request.json["text"]
    assert text.startswith("Alert: Blue")
    assert "Blue: There is no token: nothing is collected." in text
    assert "Green" not in text


def test_what_lasts_is_told_again_when_it_is_over(filled: Store, server: Receiver) -> None:
    subscribe(filled, server.url("/over"), AlertSettings((AlertKind.TOKEN,)))
    for now, expires in ((NOW, NOW + 10 * DAY), (NOW + 4 * DAY, None), (NOW + 5 * DAY, NOW + 400 * DAY)):
        if expires:
            facts = TokenFacts("fine-grained", "octo", 7, None, expires)
            save_token(filled, COMMAND_LINE, BLUE, "github_pat_" + "x" * 30, facts, now=now)
        look(filled, now)
    first, second, last = (each.json["text"] for each in server.to("/over"))
    assert "expires in 10 days" in first
    assert "expires in 6 days" in second
    assert "Resolved" not in second
    assert "Token: resolved (tokens)" in last


def test_of_two_refused_installations_the_one_that_works_again_is_told_to_be_over(
    filled: Store, server: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe(filled, server.url("/two"))
    one_, other = (AlertEvent(AlertKind.TOKEN, f"token refused {who}", who, "refused") for who in ("octo", "hubot"))
    for hours, current in enumerate([(one_, other), (other,)]):
        monkeypatch.setattr(sender, "current_events", lambda *_, current=current: current)
        assert look(filled, NOW + hours * HOUR) == ["sent"]
    assert "octo: resolved (tokens)" in server.to("/two")[-1].json["text"]


def test_what_is_chosen_no_more_is_not_told_to_be_over(filled: Store, server: Receiver) -> None:
    key = subscribe(filled, server.url("/chosen"))
    assert look(filled, NOW) == ["sent"]
    change_subscription(filled, COMMAND_LINE, key, NOW, settings=AlertSettings((AlertKind.SPIKE,)))
    assert look(filled, NOW + HOUR) == []


def test_until_the_day_to_which_it_is_muted_nothing_is_sent_nor_told_later(filled: Store, server: Receiver) -> None:
    key = subscribe(filled, server.url("/muted"))
    change_subscription(filled, COMMAND_LINE, key, NOW, settings=AlertSettings(muted_until=TODAY))
    assert look(filled, NOW) == []
    assert look(filled, NOW + DAY) == []
    assert server.to("/muted") == []


def test_a_spike_is_told_with_its_causes_and_a_small_one_is_not(store: Store) -> None:
    fill_launch(store)
    peak = launch_day(LAUNCH)
    now = datetime(peak.year, peak.month, peak.day, 12, tzinfo=NOW.tzinfo) + 5 * DAY
    spikes = [e for e in found(store, launch_day(LAUNCH - 3), now) if e.kind is AlertKind.SPIKE]
    assert {(e.name, e.first_day) for e in spikes} == {("red/rocket", peak), ("blue/boat", peak)}
    assert "news.example" in spikes[0].text
    assert not [e for e in found(store, launch_day(LAUNCH - 3), now, least_times=900.0) if e.kind is AlertKind.SPIKE]
    referrers = [e.text for e in found(store, launch_day(LAUNCH - 3), now) if e.kind is AlertKind.REFERRER]
    assert len(referrers) == 2
    assert all(each.startswith("news.example brought") for each in referrers)


def test_what_happened_while_they_were_paused_is_not_sent_when_they_are_resumed(filled: Store) -> None:
    with filled.traffic.commit("a drop") as connection:
        row = [ENGINE, "views", *[TODAY - 10 * DAY] * 3, 1, 100, -9.0]
        connection.execute("insert into spike values (?, ?, ?, ?, ?, ?, ?, ?)", row)
    key = subscribe(filled, "http://127.0.0.1:9/paused")

    def drops() -> int:
        return [e.kind for e in sender.current_events(filled, one(filled), NOW)].count(AlertKind.DROP)

    assert drops() == 1
    for active in (False, True):
        pause_subscription(filled, COMMAND_LINE, key, active=active, now=NOW)
    assert drops() == 0


def test_a_stretch_that_grows_is_the_same_episode() -> None:
    episode = alerts.Episode("spike 1 views", "o/r", 1, TODAY - 9 * DAY, TODAY - 8 * DAY, False)
    grown = AlertEvent(AlertKind.SPIKE, "spike 1 views", "o/r", "", 1, TODAY - 10 * DAY, TODAY - 7 * DAY)
    later = AlertEvent(AlertKind.SPIKE, "spike 1 views", "o/r", "", 1, TODAY - 4 * DAY, TODAY - 4 * DAY)
    assert episode.has(grown)
    assert not episode.has(later)


def test_of_many_that_are_over_some_are_named() -> None:
    over = [AlertEvent(AlertKind.LOSS, f"loss {n}", f"o/r{n}", "resolved", n, is_over=True) for n in range(30)]
    (section,) = alerts.alert_message(over, "Blue", LINKS).sections
    assert len(section.lines) == alerts.MOST_LINES + 1
    assert section.lines[-1][0].text == "and 10 more"


def test_a_gap_or_a_pending_day_is_no_drop(filled: Store) -> None:
    """The traffic of blue/docs was refused in the end; nothing was collected after NOW."""
    assert not [e for n in (0, 7) for e in found(filled, now=NOW + n * DAY) if e.kind is AlertKind.DROP]


def test_days_about_to_be_lost_and_missed_collections_are_told(filled: Store) -> None:
    later = NOW + 9 * DAY
    current = events(operator(filled), filled, AlertSettings(), frozenset(), since=TODAY, now=later)
    assert {AlertKind.LOSS, AlertKind.MISSED} <= {e.kind for e in current}
    assert {e.kind for e in found(filled, now=NOW + 9 * DAY, kinds=(AlertKind.LOSS,))} == {AlertKind.LOSS}


def test_each_other_kind_is_told_from_its_threshold_on(filled: Store) -> None:
    def told(kind: AlertKind) -> list[str]:
        return [e.text for e in found(filled, now=NOW + 2 * DAY, kinds=(kind,))]

    with filled.traffic.commit("drops and stars") as connection:
        for metric, value, score in (("views", 40, -4.5), ("views", 60, -4.5), ("clones", 40, -3.5)):
            row = [ENGINE, metric, *[TODAY - 5 * DAY] * 3, value, 100, score]
            connection.execute("insert into spike values (?, ?, ?, ?, ?, ?, ?, ?)", row)
        at = stored(NOW)
        connection.execute(
            "insert into repository_stats values (?, ?, ?, 1003, 0, 0, 0, 0, 0)", [ENGINE, TODAY + DAY, at]
        )
        connection.execute("insert into star_history values (?, ?, ?, 5)", [ENGINE, TODAY + DAY, at])
    for hours in (1, 2, 3):
        assert (len(told(AlertKind.RUN)), len(told(AlertKind.REFUSED))) == (hours > 2, 0)
        at = stored(NOW + hours * HOUR)
        with filled.traffic.commit("a collection that fails") as connection:
            run = "insert into collection_run by name select ? as run_id, 'timer' as trigger, ? as started_at, "
            failed = "started_at as ended_at, 'failed' as state, 1 as requests, 0 as repositories, 'Why.' as message"
            connection.execute(run + failed, [900 + hours, at])
            row = [900 + hours, ENGINE, at]
            connection.execute("insert into collection_result values (?, ?, 'views', ?, 'blocked', 451, '', 0, 1)", row)
            change = "update repository set state = 'blocked', state_reason = 'Taken down.', state_since = ? "
            connection.execute(f"{change} where repository_id = ? and state = 'active'", [at, ENGINE])
    assert told(AlertKind.RUN) == ["The last 2 collections failed. Why."]
    one_of_theirs = Viewer(frozenset({DOCS}), frozenset({BLUE}))  # of whose repositories it asked about none
    for_blue = events(one_of_theirs, filled, AlertSettings(), frozenset({BLUE}), since=TODAY, now=NOW + 2 * DAY)
    assert [e.text for e in for_blue if e.kind is AlertKind.RUN] == ["The last 2 collections failed."]
    assert told(AlertKind.REFUSED) == ["Taken down."]
    (drop,) = told(AlertKind.DROP)
    assert drop.startswith("40 views on 5 May")
    assert told(AlertKind.MILESTONE) == ["reached 1,000 stars on 11 May"]


def test_a_milestone_that_is_reached_again_is_no_news(
    filled: Store, server: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe(filled, server.url("/stars"))
    stars = AlertEvent(AlertKind.MILESTONE, "milestone 1 1000", "blue/engine", "reached 1,000 stars", ENGINE)
    failed = AlertEvent(AlertKind.RUN, "run", "Collection", "failed")
    for days, current in ((0, stars), (150, failed), (300, stars)):
        monkeypatch.setattr(sender, "current_events", lambda *_, current=current: (current,))
        assert look(filled, NOW + days * DAY) == ["sent"]
    texts = [each.json["text"] for each in server.to("/stars")]
    assert ["1,000 stars" in each for each in texts] == [True, False, False]
    assert "Resolved" in texts[2]


def test_a_test_tells_what_there_is_now_and_counts_for_nothing(filled: Store, server: Receiver) -> None:
    subscribe(filled, server.url("/tested"))
    (attempt,) = send_test(filled, one(filled), one(filled).channels, LINKS, NOW)
    assert attempt.outcome == "sent"
    assert server.to("/tested")[0].json["text"].startswith("Test: Alert: Blue")
    assert look(filled, NOW) == ["sent"]


def test_an_alert_is_a_tenants_and_of_something(filled: Store) -> None:
    with pytest.raises(SubscriptionRefused):
        AlertSettings(())
    with pytest.raises(SubscriptionRefused):
        AlertSettings(least_score=1.0)
