"""The page Subscriptions: one's own and the tenant's, with a preview, a test, a pause; a mail's one click."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from collector.delivery import http
from data.accounts import accounts
from data.accounts.encryption import open_cipher
from data.calendar import utc_now
from data.reports import subscriptions as known
from data.reports.subscription_settings import ReportSettings
from data.reports.subscriptions import NewChannel, add_subscription, open_channels, subscriptions
from pages.ui import messages, unsubscribe_routes
from tests.collector.delivery.servers import Receiver, receiver
from tests.pages.app import BLUE, App, shown_text


@pytest.fixture(scope="module")
def server() -> Iterator[Receiver]:
    with receiver() as known:
        yield known


@pytest.fixture(autouse=True)
def private_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(http.ALLOW_PRIVATE, "1")


def subscribe(app: App, by: str, address: str, tenant_id: int | None = None, kind: str = "slack") -> int:
    channel = NewChannel(kind, "127.0.0.1", address)
    then = utc_now() - timedelta(days=30)
    return add_subscription(
        app.store, by, f"Report of {by}", ReportSettings(), [channel], tenant_id=tenant_id, now=then
    )


def test_everybody_sees_their_own_and_a_manager_the_tenants(app: App) -> None:
    subscribe(app, "tenant", "https://x.example.org/SECRET", BLUE)
    subscribe(app, "single", "https://x.example.org/SECRET")
    shown = {
        who: shown_text(app.opened(who, "subscriptions")) for who in ("tenant", "viewer", "single", "green-tenant")
    }
    assert {who: "Report of" in text for who, text in shown.items()} == {
        **dict.fromkeys(("tenant", "single"), True),
        **dict.fromkeys(("viewer", "green-tenant"), False),
    }
    assert "Report of single" in shown["single"]
    assert "Report of tenant" not in shown["single"]
    assert not any("SECRET" in text for text in shown.values())


def test_a_new_one_is_created_tested_paused_and_removed(app: App, server: Receiver) -> None:
    page = app.opened("viewer", "subscriptions")
    page.button(key="subscriptions_new").click().run()
    in_dialog(page, "subscriptions_new", "new_submit", new_address_slack="file:///etc/passwd")
    assert "begin with https" in page.error[0].value
    in_dialog(page, "subscriptions_new", "new_submit", new_address_slack=server.url("/made"))
    (made,) = subscriptions(app.account("viewer"), app.store)
    key = made.subscription_id
    page.button(key=f"test_{key}").click().run()
    assert "Slack" in page.success[0].value
    (request,) = server.to("/made")
    assert request.json["text"].startswith("Test: Weekly report")
    server.answers["/made"] = (403, b"invalid_token", {})
    page.button(key=f"test_{key}").click().run()
    assert [each.value for each in page.error] == [messages.literal("Slack answers 403: invalid_token")]
    page.button(key=f"pause_{key}").click().run()
    assert not subscriptions(app.account("viewer"), app.store)[0].active
    page.button(key=f"remove_{key}").click().run()
    page.checkbox(key="confirm_ticked").check()
    page.button(key=f"remove_{key}").click()
    page.button(key="confirm_submit").click().run()
    assert subscriptions(app.account("viewer"), app.store) == ()


def in_dialog(page: AppTest, opens: str, submits: str, **typed: str) -> None:
    """Type and press in a dialog; AppTest closes one with each run, so its button is pressed again."""
    for key, value in typed.items():
        page.text_input(key=key).input(value)
    page.button(key=opens).click()
    page.button(key=submits).click().run()


def test_a_preview_shows_what_its_recipient_may_see(app: App) -> None:
    key = subscribe(app, "single", "https://x.example.org/hook")
    page = app.opened("single", "subscriptions")
    page.button(key=f"preview_{key}").click().run()
    shown = shown_text(page)
    assert "blue/engine" in shown
    assert "blue/docs" not in shown


def test_a_mail_is_ended_by_one_click_and_not_by_looking_at_it(app: App) -> None:
    who = app.account("single")
    accounts.save_profile(app.store, "single", who.user_id, utc_now(), name="S", email="s@example.org")
    subscribe(app, "single", "s@example.org", kind="mail")
    (found,) = subscriptions(who, app.store)
    key = found.channels[0].channel_id
    stop = open_channels(app.store, open_cipher(app.store.directory), [key])[key].stop
    client = TestClient(Starlette(routes=unsubscribe_routes.routes()))
    assert "Unsubscribe?" in client.get(f"/unsubscribe/{stop}").text
    assert subscriptions(who, app.store)[0].channels[0].ended_because is None
    assert client.post("/unsubscribe/another").status_code == 404
    clicked = client.post(f"/unsubscribe/{stop}", data={"List-Unsubscribe": "One-Click"})
    assert (clicked.status_code, "Unsubscribed" in clicked.text) == (200, True)
    assert subscriptions(who, app.store)[0].channels[0].ended_because == "Unsubscribed by its recipient."


def test_a_manager_makes_alerts_for_the_tenant_and_mutes_them(app: App, server: Receiver) -> None:
    page = app.opened("tenant", "subscriptions")
    page.button(key="subscriptions_new").click().run()
    page.selectbox(key="new_for").select(BLUE)
    page.button(key="subscriptions_new").click().run()
    page.segmented_control(key="new_kind_of").select("Alerts")
    in_dialog(page, "subscriptions_new", "new_submit", new_address_slack=server.url("/alerts"))
    (made,) = subscriptions(app.account("tenant"), app.store)
    assert (made.kind, made.tenant_id, made.name) == ("alert", BLUE, "Alerts")
    key = made.subscription_id
    page.button(key=f"edit_{key}").click().run()
    page.date_input(key="edit_muted").set_value(utc_now().date())
    page.button(key=f"edit_{key}").click()
    page.button(key="edit_submit").click().run()
    assert subscriptions(app.account("tenant"), app.store)[0].alert.muted_until == utc_now().date()
    assert "Muted until" in shown_text(app.opened("tenant", "subscriptions"))


def test_a_channel_that_was_removed_meanwhile_is_told_so(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    subscribe(app, "single", "https://x.example.org/hook")
    (found,) = subscriptions(app.account("single"), app.store)
    page = app.opened("single", "subscriptions")
    monkeypatch.setattr(known, "subscription_with_id", lambda *_: replace(found, channels=()))
    page.button(key=f"channel_{found.channels[0].channel_id}").click().run()
    assert [each.value for each in page.error] == [messages.literal("This channel has been removed.")]


def test_a_report_and_one_of_its_channels_are_changed_in_place(app: App, server: Receiver) -> None:
    key = subscribe(app, "single", "https://x.example.org/SECRET")
    page = app.opened("single", "subscriptions")
    page.button(key=f"edit_{key}").click().run()
    page.number_input(key="edit_top").set_value(7)
    in_dialog(page, f"edit_{key}", "edit_submit", edit_name="Mine")
    (found,) = subscriptions(app.account("single"), app.store)
    (channel,) = found.channels
    page.button(key=f"channel_{channel.channel_id}").click().run()
    assert "SECRET" not in shown_text(page)
    in_dialog(page, f"channel_{channel.channel_id}", "other_submit", other_address_slack=server.url("/other"))
    (changed,) = subscriptions(app.account("single"), app.store)
    assert (changed.name, changed.report.top, changed.report.day) == ("Mine", 7, 1)
    assert [(each.channel_id, each.hint) for each in changed.channels] == [(channel.channel_id, "127.0.0.1")]
