"""Each channel gets its native form; names stay text; an address that may not be asked is not."""

import json
import re
import socket
import threading
from contextlib import suppress
from datetime import UTC, date, datetime

import pytest
import requests
from apprise.manager_plugins import NotificationManager
from standardwebhooks import Webhook, WebhookVerificationError

from collector.delivery import discord, http, mail, other, slack, teams
from collector.delivery.channels import Content, checked_channel, send, server_of
from collector.delivery.http import AddressRefused, ReceiverUnreachable
from collector.delivery.result import DeliveryOutcome, Result
from data.calendar import utc_now
from data.reports.message import Line, Links, Message, MessageTable, Section, Span
from data.reports.subscriptions import OpenChannel
from tests.collector.delivery.servers import AUTHORITY, Receiver, mail_receiver

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
HOSTILE = "owner/<b>*x* _y_ & `z` [a](http://b) @everyone"
LINKS = Links("https://traffic.example.org")
TELEGRAM = "tgram://123456789:abcdefg_hijklmnop/12315544/"


def message(name: str = HOSTILE, rows: int = 3) -> Message:
    table = MessageTable(
        ("Repository", "Visitors", "Views"), tuple((_span(name, n), Span(f"{n:,}"), Span("1")) for n in range(rows))
    )
    lines: tuple[Line, ...] = ((Span("Views: "), Span("1,200", bold=True), Span(" (+100, +9%)")),)
    footer = ((Span("Open the overview", link="https://traffic.example.org/overview"),),)
    return Message(
        f"Weekly report: {name}", "A summary.", (Section("Totals", lines), Section("Top", table=table)), footer
    )


def _span(name: str, number: int) -> Span:
    return Span(f"{name}{number}", link=f"https://traffic.example.org/repository?of=o/r{number}&x=1")


def content() -> Content:
    return Content("report", message(), {"period": {"first": date(2026, 11, 16)}})


def channel(kind: str, address: str, secret: str = "") -> OpenChannel:
    return OpenChannel(1, kind, address, secret, "stop-secret")


def sent(server: Receiver, kind: str, path: str, secret: str = "") -> Result:
    return send(content(), channel(kind, server.url(path), secret), "2026-W47", LINKS, NOW)


def test_slack_gets_blocks_within_its_limits_and_a_plain_text(server: Receiver) -> None:
    assert sent(server, "slack", "/slack").outcome is DeliveryOutcome.SENT
    (request,) = server.to("/slack")
    texts = [block["text"]["text"] for block in request.json["blocks"]]
    assert "<b>" not in "".join(texts[1:])
    assert "&lt;b&gt;" in texts[3]
    assert "&amp;" in texts[3]
    assert "<https://traffic.example.org/overview|Open the overview>" in texts[-1]
    assert "1,200" in request.json["text"]
    long = json.loads(slack.body(message("owner/" + "long-name-" * 8, rows=2000)))
    assert len(long["blocks"]) == 50
    assert all(len(block["text"]["text"]) <= 3000 for block in long["blocks"])
    assert len(long["blocks"][0]["text"]["text"]) <= 150
    shown = "\n".join(block["text"]["text"] for block in long["blocks"]).count("&amp;x=1|")
    more, footer = long["blocks"][-1]["text"]["text"].splitlines()
    assert more == f"... and {2000 - shown:,} more"
    assert "Open the overview" in footer


def test_what_looks_like_markup_stays_text_in_slack() -> None:
    text = slack.literal("*x* _y_ a_b `z` a@b @all [a](http://b)")
    assert {"a_b", "a@b"} <= set(text.split())
    assert not re.search(r"@all|\]\(", text)
    assert slack.literal("@all") in json.loads(slack.body(message("owner/@all")))["text"]
    assert not re.search(r"(?<!\u200b)[*`](?!\u200b)", text)


def test_teams_gets_an_adaptive_card_of_text_runs_within_its_limit(server: Receiver) -> None:
    assert sent(server, "teams", "/teams").outcome is DeliveryOutcome.SENT
    (request,) = server.to("/teams")
    (attachment,) = request.json["attachments"]
    card = attachment["content"]
    assert (card["type"], attachment["contentType"]) == ("AdaptiveCard", "application/vnd.microsoft.card.adaptive")
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}
    runs = [run for block in card["body"] for run in block["inlines"]]
    assert {run["type"] for run in runs} == {"TextRun"}
    assert any(run["text"] == f"{HOSTILE}0" and "selectAction" in run for run in runs)
    assert len(teams.body(message("owner/" + "long-name-" * 8, rows=100))) < 28_000


def test_discord_gets_two_thousand_characters_that_mention_nobody(server: Receiver) -> None:
    assert sent(server, "discord", "/discord").outcome is DeliveryOutcome.SENT
    body = server.to("/discord")[0].json
    assert body["allowed_mentions"] == {"parse": []}
    assert r"\*x\* \_y\_" in body["content"]
    long = json.loads(discord.body(message(rows=100)))["content"]
    assert len(long) <= 2000
    assert "more" in long
    assert "Open the overview" in long


def test_a_webhook_is_signed_as_another_library_checks_it_and_keeps_its_id(server: Receiver) -> None:
    saved = checked_channel("webhook", server.url("/hook"))
    for _ in range(2):
        to = channel("webhook", server.url("/hook"), saved.secret)
        assert send(content(), to, "2026-W47", LINKS, utc_now()).outcome is DeliveryOutcome.SENT
    first, again = server.to("/hook")
    assert Webhook(saved.secret).verify(first.body, first.headers)["type"] == "report"
    with pytest.raises(WebhookVerificationError):
        Webhook(saved.secret).verify(first.body + b" ", first.headers)
    assert first.headers["webhook-id"] == again.headers["webhook-id"]


@pytest.mark.parametrize(
    ("status", "headers", "outcome", "wait", "ends"),
    [
        (503, {"Retry-After": "120"}, DeliveryOutcome.AGAIN, 120.0, False),
        (429, {"Retry-After": "Wed, 25 Nov 2026 09:00:00 GMT"}, DeliveryOutcome.AGAIN, 3600.0, False),
        (408, {}, DeliveryOutcome.AGAIN, None, False),
        (404, {}, DeliveryOutcome.FAILED, None, False),
        (410, {}, DeliveryOutcome.FAILED, None, True),
        (302, {"Location": "http://127.0.0.1:1/"}, DeliveryOutcome.FAILED, None, False),
    ],
)
def test_what_an_answer_means(
    server: Receiver, *, status: int, headers: dict[str, str], outcome: DeliveryOutcome, wait: float | None, ends: bool
) -> None:
    server.answers["/answer"] = (status, b"invalid_token", headers)
    result = sent(server, "slack", "/answer")
    assert (result.outcome, result.status, result.retry_after_s, result.ends_channel) == (outcome, status, wait, ends)


def test_a_wrong_secret_is_told_in_the_channels_own_words_without_the_address(server: Receiver) -> None:
    path = "/services/T0SECRET/B0SECRET"
    server.answers[path] = (403, f"invalid_token for {server.url(path)}".encode(), {})
    assert sent(server, "slack", path).reason == "Slack answers 403: invalid_token for [hidden]"
    server.answers["/flow?sig=S%2FQSECRET"] = (403, b"QSECRET and S%2FQSECRET", {})
    assert sent(server, "teams", "/flow?sig=S%2FQSECRET").reason == "Microsoft Teams answers 403: [hidden] and [hidden]"


def test_what_apprise_logs_is_not_in_our_log(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(AddressRefused):
        checked_channel("other", "pover://SECRETUSER")
    assert "SECRETUSER" not in caplog.text + capfd.readouterr().err


@pytest.mark.parametrize(
    "address",
    [
        *("https://127.0.0.1/x", "https://10.0.0.5/x", "https://[::1]/x", "https://169.254.169.254/latest"),
        *("https://[::ffff:127.0.0.1]/x", "https://[64:ff9b::7f00:1]/", "https://localhost/x", "https://0.0.0.0/"),
        *("https://[::127.0.0.1]/", "https://[fec0::1]/", "https://[64:ff9b:1::1]/"),
        *(
            "http://8.8.8.8/x",
            "file:///etc/passwd",
            "https://user:pass@8.8.8.8/",
            "https://8.8.8.8/#x",
            "ftp://8.8.8.8/",
        ),
    ],
)
def test_an_address_that_may_not_be_asked_is_refused_at_saving_and_at_sending(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(http.ALLOW_PRIVATE)
    with pytest.raises(AddressRefused):
        checked_channel("slack", address)
    result = send(content(), channel("slack", address), "2026-W47", LINKS, NOW)
    assert (result.outcome, result.status) == (DeliveryOutcome.FAILED, None)


def test_a_name_that_leads_elsewhere_later_is_not_followed(server: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is resolved once: what was looked at is what is connected to."""
    asked: list[str] = []

    def rebinding(host: str, port: int, **_: object) -> list[tuple[int, int, int, str, tuple[str, int]]]:
        asked.append(host)
        address = "8.8.8.8" if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    def connect(address: tuple[str, int], timeout: float) -> socket.socket:
        assert address[0] == "8.8.8.8"
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.delenv(http.ALLOW_PRIVATE)
    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    monkeypatch.setattr(socket, "create_connection", connect)
    result = send(content(), channel("slack", "https://rebind.example.org/x"), "2026-W47", LINKS, NOW)
    assert result == Result(DeliveryOutcome.AGAIN, None, "Slack: It did not answer (Connection refused).")
    assert asked == ["rebind.example.org"]


def test_one_that_never_ends_its_answer_is_left(server: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "DEADLINE_S", 0.2)
    monkeypatch.setattr(server, "delay_s", 0.6)
    with pytest.raises(ReceiverUnreachable, match="in time"):
        http.post(server.url("/slow"), b"{}", {})


def test_one_that_has_answered_is_left_in_time_however_slowly_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "DEADLINE_S", 0.2)
    written: list[int] = []

    def drip() -> None:
        connection, _ = listening.accept()
        with connection, suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            for number in range(500):
                connection.sendall(b".")
                written.append(number)
                threading.Event().wait(0.01)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        dripping = threading.Thread(target=drip)
        dripping.start()
        reply = http.post(f"http://127.0.0.1:{listening.getsockname()[1]}/drip", b"{}", {})
        dripping.join()
    assert reply.status == 200
    assert len(written) < 500


@pytest.mark.parametrize("starttls", [True, False])
def test_a_mail_comes_by_tls_with_text_and_html_and_one_click_to_end_it(
    starttls: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    http.tls_context.cache_clear()
    AUTHORITY.configure_trust(http.tls_context())
    with mail_receiver(starttls=starttls) as mailbox:
        monkeypatch.setenv(mail.SMTP_VARIABLE, mailbox.url)
        monkeypatch.setenv(mail.FROM_VARIABLE, "traffic@example.org")
        to = channel("mail", "ada@example.org")
        results = [send(content(), to, "2026-W47", LINKS, NOW) for _ in range(2)]
        mailbox.refused.add("gone@example.org")
        refused = send(content(), channel("mail", "gone@example.org"), "2026-W47", LINKS, NOW)
        monkeypatch.setenv(mail.SMTP_VARIABLE, mailbox.url.replace("meadow", "wrong"))
        wrong = send(content(), to, "2026-W47", LINKS, NOW)
    assert [each.outcome for each in results] == [DeliveryOutcome.SENT, DeliveryOutcome.SENT]
    first, again = mailbox.mails
    assert first["Message-ID"] == again["Message-ID"]
    assert first["List-Unsubscribe"] == "<https://traffic.example.org/unsubscribe/stop-secret>"
    assert first["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    text, html = (first.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert html is not None
    assert HOSTILE in text.get_content()
    assert "&lt;b&gt;" in html.get_content()
    assert not re.search(r"<img|src=|<b>|url\(", html.get_content())
    assert (refused.outcome, refused.reason) == (
        DeliveryOutcome.FAILED,
        "The mail server answers 550: No such user here: [hidden]",
    )
    assert (wrong.outcome, wrong.status) == (DeliveryOutcome.AGAIN, 535)
    assert "Authentication" in (wrong.reason or "")


def test_mail_that_is_not_set_up_is_tried_again_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    to = channel("mail", "ada@example.org")
    monkeypatch.delenv(mail.SMTP_VARIABLE, raising=False)
    assert send(content(), to, "2026-W47", LINKS, NOW) == Result(DeliveryOutcome.AGAIN, 0, mail.NOT_SET)
    monkeypatch.setenv(mail.SMTP_VARIABLE, "mail.example.org")
    result = send(content(), to, "2026-W47", LINKS, NOW)
    assert (result.outcome, mail.SMTP_VARIABLE in (result.reason or "")) == (DeliveryOutcome.AGAIN, True)


def test_a_mail_server_that_answers_byte_by_byte_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "DEADLINE_S", 0.2)
    over = threading.Event()

    def drip() -> None:
        connection, _ = listening.accept()
        with connection, suppress(OSError):
            while not over.wait(0.01):
                connection.sendall(b"2")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        dripping = threading.Thread(target=drip)
        dripping.start()
        monkeypatch.setenv(mail.SMTP_VARIABLE, f"smtp://127.0.0.1:{listening.getsockname()[1]}")
        monkeypatch.setenv(mail.FROM_VARIABLE, "traffic@example.org")
        result = send(content(), channel("mail", "ada@example.org"), "2026-W47", LINKS, NOW)
        over.set()
        dripping.join()
    assert result == Result(DeliveryOutcome.AGAIN, None, "Mail: It did not answer in time.")


def test_another_service_that_does_not_answer_is_left_and_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "DEADLINE_S", 0.2)
    over, refusal = threading.Event(), requests.Response()
    refusal.status_code, refusal._content = 400, b'{"errors": ["application token is invalid"]}'
    monkeypatch.setattr(requests, "post", lambda *_, **__: over.wait() and refusal)
    slow, well = channel("other", TELEGRAM), channel("other", f"pover://{'u' * 30}@{'t' * 30}")
    left = send(content(), slow, "2026-W47", LINKS, NOW)
    monkeypatch.undo()
    monkeypatch.setattr(requests, "post", lambda *_, **__: refusal)
    refused = send(content(), well, "2026-W47", LINKS, NOW)
    over.set()
    assert left == Result(DeliveryOutcome.AGAIN, None, "Other: It did not answer in time.")
    assert (refused.outcome, refused.status) == (DeliveryOutcome.AGAIN, 0)
    assert "Failed to send Pushover" in (refused.reason or "")
    assert server_of(slow) != server_of(well)


@pytest.mark.parametrize(
    "address",
    [
        *(
            "file:///etc/passwd",
            "syslog://",
            "dbus://",
            "windows://",
            "json://localhost/x",
            "tgram://1:a/?verify=no",
            "x",
        ),
        *(f"{TELEGRAM}?format=text;verify=no", f"{TELEGRAM}#?verify=no", f"{TELEGRAM}, json://127.0.0.1/"),
        *(f"{TELEGRAM} json://127.0.0.1/", f"{TELEGRAM},json://127.0.0.1/"),
    ],
)
def test_other_services_are_those_that_touch_neither_files_nor_this_machine(address: str) -> None:
    with pytest.raises(AddressRefused):
        checked_channel("other", address)


def test_another_service_is_known_by_its_name() -> None:
    saved = checked_channel("other", TELEGRAM)
    assert saved.hint == "Telegram"
    known = NotificationManager()  # type: ignore[no-untyped-call]
    templates = {scheme: " ".join(known[scheme].templates) for scheme in other.SCHEMES}
    assert [scheme for scheme, each in templates.items() if re.search("{(host|port|endpoint|keyfile)}", each)] == []
    assert len(templates) >= 100


def test_a_mails_address_is_masked_where_it_is_shown() -> None:
    assert checked_channel("mail", "ada@example.org").hint == "a…@example.org"
    for wrong in ("ada", "a b@example.org", "ada@example.org\nBcc: x@example.org"):
        with pytest.raises(AddressRefused):
            checked_channel("mail", wrong)
