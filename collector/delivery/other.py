"""Other services, each by one address of apprise (tgram://..., pover://...): those whose servers are the service's own.

Left out is every scheme that names a host of its own choice, a file, a program or a device of this machine. And of an
address every option that reads a file, or weakens TLS. https://github.com/caronc/apprise/wiki
"""

import logging
import re
from importlib import import_module
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from collector.delivery.http import AddressRefused, in_time
from collector.delivery.result import LONGEST_REASON, DeliveryOutcome, Result, without
from collector.redaction import one_line
from data.reports.message import Message, plain_text

SCHEMES = frozenset(  # each with an address of its own by https, where a token or number says who gets it
    """
    46elks atalk bale brevo bulksms bulkvs burstsms chanify clickatell clicksend cm d7sms dingtalk dot exotel
    feishu firehydrant flock freemobile gchat groundmail groupme guilded gupshup httpsms ifttt ilert incidentio
    jira join kakaotalk kook kumulos lark lauther lfg line mailersend mobilemsg msg91 msgbird notifyapp notifyre
    octopush onesignal opsgenie pagerduty pagertree pbul pingram plivo postmark pover prowl psafer push pushed
    pushme pushplus pushward pushy qq reddit resend revolt ringc schan sendgrid serwersms seven sfr signalgrid
    signl4 sinch smsmgr smstunnel spike spugpush spush squadcast stackfield strmlabs telesign telnyx tgram
    threema twilio twist viber victorops voipms vonage wecombot whapi whatsapp wpush wxpusher wxteams youlmk
    zalo zoom
    """.split()  # noqa: SIM905 - to be read
)
SAFE_OPTIONS = frozenset({"format", "overflow", "image", "silent", "preview", "topic", "thread", "priority", "sound"})
_ADDRESS = re.compile(r"[^\s,;#?]+(\?[^\s,;#?]*)?")  # what apprise would take for two addresses, or for other options
MOST = 8000  # characters; each service cuts at its own limit


def checked(address: str) -> str:
    """The service's name. Raises: AddressRefused."""
    parts = urlsplit(address) if address.isprintable() else urlsplit("")
    if parts.scheme.lower() not in SCHEMES:
        raise AddressRefused(
            f"Other services have an address of apprise that begins with one of: {', '.join(sorted(SCHEMES))}."
        )
    if not _ADDRESS.fullmatch(address):
        raise AddressRefused("An address of another service has no space, comma, ; or # and one ? at most.")
    options = {key.lower() for key, _ in parse_qsl(parts.query, keep_blank_values=True)}
    if options - SAFE_OPTIONS:
        raise AddressRefused(f"These options are not taken here: {', '.join(sorted(options - SAFE_OPTIONS))}.")
    service = _apprise().Apprise.instantiate(address)
    if service is None:
        raise AddressRefused(f"This is not an address of {parts.scheme}://: see the list of services of apprise.")
    return str(service.service_name)


def send(message: Message, address: str) -> Result:
    name, apprise = checked(address), _apprise()
    no_pool = apprise.AppriseAsset(service_timeout=0)  # whose few places those that do not answer would take
    service = apprise.Apprise(apprise.Apprise.instantiate(address, asset=no_pool), asset=no_pool)
    text = plain_text(message).removeprefix(message.title).strip()[:MOST]
    result = in_time(lambda: service.notify(body=text, title=message.title, body_format=apprise.NotifyFormat.TEXT))
    if result:
        return Result(DeliveryOutcome.SENT)
    logged = " ".join(each.message for each in result.logs())
    words = one_line(without(" ".join(logged.split()), address)) or "no reason given"
    return Result(DeliveryOutcome.AGAIN, 0, f"{name}: {words}"[:LONGEST_REASON])


def _apprise() -> Any:
    """Half a second's work, which few need. What it logs names addresses: only `send` reads it."""
    log = logging.getLogger("apprise")
    log.propagate = False
    if not log.handlers:
        log.addHandler(logging.NullHandler())
    return import_module("apprise")
