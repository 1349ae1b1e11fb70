"""The kinds of channels: which addresses they take, and how something is sent by each."""

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from email.headerregistry import Address
from typing import Any
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

from collector.delivery import discord, mail, other, slack, teams, webhook
from collector.delivery.http import AddressRefused, ReceiverUnreachable, in_time, post, target
from collector.delivery.result import DeliveryOutcome, Result, of_status, without
from collector.errors import SettingsRefused
from data.accounts.authority import AccountRefused, checked_email
from data.reports.message import Links, Message
from data.reports.subscriptions import NewChannel, OpenChannel

NAMES = {
    "slack": "Slack",
    "teams": "Microsoft Teams",
    "discord": "Discord",
    "webhook": "Webhook",
    "mail": "Mail",
    "other": "Other",
}
_BODIES: dict[str, Callable[[Message], bytes]] = {"slack": slack.body, "teams": teams.body, "discord": discord.body}
JSON_TYPE = {"Content-Type": "application/json; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Content:
    """What is sent: for people a message, for programs (`kind` says of what) the facts."""

    kind: str
    message: Message
    facts: Mapping[str, Any]


def checked_channel(kind: str, address: str, secret: str = "") -> NewChannel:
    """A channel that may be saved. Raises: AddressRefused, ReceiverUnreachable where its name does not resolve."""
    address = address.strip()
    if kind == "mail":
        return NewChannel(kind, _masked(_mail_address(address)), address)
    if kind == "other":
        return NewChannel(kind, other.checked(address), address)
    if kind not in NAMES:
        raise AddressRefused(f"A channel is one of: {', '.join(NAMES)}.")
    target(address)
    if kind == "webhook":
        secret = _webhook_secret(secret.strip() or webhook.new_secret())
    return NewChannel(kind, urlsplit(address).hostname or "", address, secret)


def send(content: Content, channel: OpenChannel, occasion: str, links: Links, now: datetime) -> Result:
    """Send it once. The same occasion has the same id at each try. Whatever happens is in the result."""
    message_id = str(uuid5(NAMESPACE_URL, f"{channel.stop}:{occasion}"))
    try:
        if channel.kind == "mail":
            return _mailed(content, channel, message_id, links, now)
        if channel.kind == "other":
            return other.send(content.message, channel.address)
        if channel.kind == "webhook":
            payload = webhook.body(content.kind, content.facts, now)
            headers = webhook.headers(channel.secret, message_id, payload, now)
        else:
            payload, headers = _BODIES[channel.kind](content.message), {}
        answer = post(channel.address, payload, {**JSON_TYPE, **headers})
    except AddressRefused as refusal:
        return Result(DeliveryOutcome.FAILED, None, str(refusal))
    except SettingsRefused as refusal:  # which the operator can fix
        return Result(DeliveryOutcome.AGAIN, 0, str(refusal))
    except ReceiverUnreachable as failure:
        return Result(DeliveryOutcome.AGAIN, None, f"{NAMES[channel.kind]}: {failure}")
    words = without(_words(answer.text), channel.address, channel.secret)
    return of_status(NAMES[channel.kind], answer.status, words, answer.retry_after, now)


def server_of(channel: OpenChannel) -> str:
    """The same of channels that share a server, so that one that is down is not asked again and again."""
    parts = urlsplit(channel.address)
    place = {"mail": "", "other": parts.scheme}.get(channel.kind, parts.netloc)
    return f"{channel.kind} {place}"


def _mailed(content: Content, channel: OpenChannel, message_id: str, links: Links, now: datetime) -> Result:
    server = mail.mail_server()
    if server is None:
        raise SettingsRefused(mail.NOT_SET)
    stop = links.page(f"unsubscribe/{channel.stop}")
    made = mail.mail(content.message, channel.address, server, message_id, stop_link=stop, now=now)
    result = in_time(lambda: mail.send(made, server))
    return replace(result, reason=result.reason and without(result.reason, channel.address, server.password))


def _words(text: str) -> str:
    """What a channel says, without the JSON or HTML around it."""
    try:
        body = json.loads(text)
    except ValueError:
        return "" if text.lstrip().startswith("<") else text
    if isinstance(body, dict):
        message = body.get("message") or body.get("error") or body.get("detail") or ""
        return str(message.get("message", "") if isinstance(message, dict) else message)
    return text


def _mail_address(text: str) -> str:
    try:
        address = checked_email(text)
        Address(addr_spec=address or "")
    except (AccountRefused, ValueError, IndexError) as error:
        raise AddressRefused("This is not an e-mail address. It looks like name@example.org.") from error
    if address is None or not address.isascii():
        raise AddressRefused("This is not an e-mail address. It looks like name@example.org.")
    return address


def _masked(address: str) -> str:
    name, _, host = address.rpartition("@")
    return f"{name[:1]}…@{host}"


def _webhook_secret(secret: str) -> str:
    try:
        key = base64.b64decode(secret.removeprefix(webhook.PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise AddressRefused("A signing secret is whsec_ and base64.") from error
    if not secret.startswith(webhook.PREFIX) or not 24 <= len(key) <= 64:
        raise AddressRefused("A signing secret is whsec_ and the base64 of 24 to 64 bytes.")
    return secret
