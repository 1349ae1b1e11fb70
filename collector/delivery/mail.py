"""Mail by SMTP, with TLS: text, and HTML that loads nothing from anywhere.

TRAFFIC_SMTP is smtps://USER:PASSWORD@HOST (TLS from the start) or smtp://USER:PASSWORD@HOST:587 (STARTTLS, which must
be there, but for a server on this machine that takes no password). TRAFFIC_MAIL_FROM is the sender.
"""

import ipaddress
import os
import smtplib
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from html import escape
from urllib.parse import unquote, urlsplit

from collector.delivery.http import DEADLINE_S, tls_context
from collector.delivery.result import LONGEST_REASON, DeliveryOutcome, Result
from collector.errors import SettingsRefused
from collector.redaction import one_line
from data.reports.message import Line, Message, MessageTable, Section, plain_text

SMTP_VARIABLE, FROM_VARIABLE = "TRAFFIC_SMTP", "TRAFFIC_MAIL_FROM"
NOT_SET = f"Mail is not set up on this server: {SMTP_VARIABLE} and {FROM_VARIABLE} name the mail server and the sender."
PORTS = {"smtp": 587, "smtps": 465}
_CELL = "padding:4px 8px;border-bottom:1px solid #d0d7de"


@dataclass(frozen=True, slots=True)
class MailServer:
    is_tls: bool
    host: str
    port: int
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)

    @property
    def is_here(self) -> bool:
        try:
            return self.host == "localhost" or ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def mail_server() -> MailServer | None:
    """The server of the environment; None where none is set. Raises: SettingsRefused."""
    url, sender = os.environ.get(SMTP_VARIABLE, ""), os.environ.get(FROM_VARIABLE, "").strip()
    if not url:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS[parts.scheme]
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        if not parts.hostname or parts.path.strip("/") or (user and not password):
            raise ValueError("no host")
        Address(addr_spec=sender)
    except (KeyError, ValueError, IndexError) as error:
        raise SettingsRefused(
            f"{SMTP_VARIABLE} must be like smtps://USER:PASSWORD@mail.example.org or smtp://mail.example.org:587, and "
            f"{FROM_VARIABLE} an address like traffic@example.org."
        ) from error
    return MailServer(parts.scheme == "smtps", parts.hostname, port, sender, user, password)


def mail(
    message: Message, to: str, server: MailServer, message_id: str, *, stop_link: str | None, now: datetime
) -> EmailMessage:
    """The mail; `message_id` is the same at each try, `stop_link` ends it with one click (RFC 8058)."""
    made = EmailMessage()
    made["Subject"] = one_line(message.title)
    made["From"] = Address("GitHub traffic", addr_spec=server.sender)
    made["To"] = Address(addr_spec=to)
    made["Date"] = format_datetime(now)
    made["Message-ID"] = f"<{message_id}@{server.sender.rpartition('@')[2]}>"
    made["Auto-Submitted"] = "auto-generated"
    if stop_link:
        made["List-Unsubscribe"] = f"<{stop_link}>"
        made["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    stop = f"\n\nUnsubscribe: {stop_link}" if stop_link else ""
    made.set_content(f"{plain_text(message)}{stop}\n")
    made.add_alternative(html(message, stop_link), subtype="html")
    return made


def send(mail: EmailMessage, server: MailServer) -> Result:
    """Hand the mail to the server, which takes it or says why not."""
    try:
        with closing(_connected(server)) as connection:
            if server.user:
                connection.login(server.user, server.password)
            connection.send_message(mail)
            with suppress(OSError):  # it has been taken, whatever is said to that
                connection.putcmd("quit")
    except smtplib.SMTPRecipientsRefused as error:
        code, words = next(iter(error.recipients.values()))
        return _refused(code, words)
    except smtplib.SMTPDataError as error:
        return _refused(error.smtp_code, error.smtp_error)
    except smtplib.SMTPResponseException as error:  # of the password or the sender: the operator can fix it
        return replace(_refused(error.smtp_code, error.smtp_error), outcome=DeliveryOutcome.AGAIN)
    except smtplib.SMTPNotSupportedError:
        return Result(DeliveryOutcome.AGAIN, 0, "The mail server offers no STARTTLS: nothing is sent without TLS.")
    except (OSError, smtplib.SMTPException) as error:
        reason = (error.strerror if isinstance(error, OSError) else "") or type(error).__name__
        return Result(DeliveryOutcome.AGAIN, None, f"The mail server did not answer ({one_line(str(reason))}).")
    return Result(DeliveryOutcome.SENT, 250)


def _connected(server: MailServer) -> smtplib.SMTP:
    if server.is_tls:
        return smtplib.SMTP_SSL(server.host, server.port, timeout=DEADLINE_S, context=tls_context())
    connection = smtplib.SMTP(server.host, server.port, timeout=DEADLINE_S)
    connection.ehlo()
    if not server.is_here or server.user or connection.has_extn("starttls"):
        connection.starttls(context=tls_context())
    return connection


def _refused(code: int, words: bytes | str) -> Result:
    """4xx: later it may be taken; 5xx never (RFC 5321, 4.2.1)."""
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    outcome = DeliveryOutcome.AGAIN if 400 <= code < 500 else DeliveryOutcome.FAILED
    return Result(outcome, code, f"The mail server answers {code}: {one_line(' '.join(text.split()))}"[:LONGEST_REASON])


def html(message: Message, stop_link: str | None) -> str:
    """The message as a page of its own, styles in place, without a picture: as mail programs show it."""
    stop = f'<p><a href="{escape(stop_link)}">Unsubscribe</a></p>' if stop_link else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">'
        f"<title>{escape(message.title)}</title></head>"
        '<body style="font-family:system-ui,-apple-system,Segoe UI,sans-serif;line-height:1.5;max-width:720px;'
        f'margin:0 auto;padding:16px"><h1 style="font-size:20px;margin:0 0 8px">{escape(message.title)}</h1>'
        f"{html_part(message)}{stop}</body></html>"
    )


def html_part(message: Message) -> str:
    """All below the title, for a page that has its own frame."""
    sections = "".join(_section(each) for each in message.sections)
    footer = " · ".join(_line(line) for line in message.footer)
    return f'<p>{escape(message.summary)}</p>{sections}<p style="margin-top:24px">{footer}</p>'


def _section(section: Section) -> str:
    lines = "".join(f"<div>{_line(line)}</div>" for line in section.lines)
    table = _table(section.table) if section.table else ""
    note = f'<p style="font-size:13px;opacity:.8;margin:4px 0">{escape(section.note)}</p>' if section.note else ""
    return f'<h2 style="font-size:16px;margin:20px 0 6px">{escape(section.title)}</h2>{lines}{table}{note}'


def _table(table: MessageTable) -> str:
    def cell(text: str, place: int, tag: str) -> str:
        align = "right" if place else "left"
        scope = ' scope="col"' if tag == "th" else ""
        return f'<{tag}{scope} style="{_CELL};text-align:{align}">{text}</{tag}>'

    head = "".join(cell(escape(each), place, "th") for place, each in enumerate(table.headings))
    rows = "".join(
        f"<tr>{''.join(cell(_line((span,)), place, 'td') for place, span in enumerate(row))}</tr>" for row in table.rows
    )
    drawn = f'<table style="border-collapse:collapse;width:100%;font-size:14px"><tr>{head}</tr>{rows}</table>'
    return f'<div style="overflow-x:auto">{drawn}</div>'


def _line(line: Line) -> str:
    parts = []
    for span in line:
        text = escape(span.text)
        text = f'<a href="{escape(span.link)}">{text}</a>' if span.link else text
        parts.append(f"<strong>{text}</strong>" if span.bold else text)
    return "".join(parts)
