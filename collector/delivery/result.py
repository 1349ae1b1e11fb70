"""What came of sending something by a channel. Pure."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from urllib.parse import unquote

from collector.redaction import one_line

LONGEST_REASON = 300
LONGEST_WAIT_S = 24 * 3600
TRY_AGAIN = frozenset({408, 425, 429})
GONE = 410
LEAST_SECRET = 6  # characters; what is shorter is in every text


class DeliveryOutcome(StrEnum):
    """`AGAIN`: it will be tried again. `SKIPPED`: there was nothing to send."""

    SENT = "sent"
    AGAIN = "again"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Result:
    """`status` is what the channel answered with; `ends_channel`: it will never take anything again."""

    outcome: DeliveryOutcome
    status: int | None = None
    reason: str | None = None
    retry_after_s: float | None = None
    ends_channel: bool = False


def of_status(name: str, status: int, words: str, retry_after: str | None, now: datetime) -> Result:
    """What an HTTP answer means, with the channel's own words."""
    if 200 <= status < 300:
        return Result(DeliveryOutcome.SENT, status)
    quoted = one_line(" ".join(words.split()))
    reason = f"{name} answers {status}" + (f": {quoted}" if quoted else ".")
    if 300 <= status < 400:
        return Result(DeliveryOutcome.FAILED, status, f"{name} answers {status}: redirects are not followed.")
    if status in TRY_AGAIN or status >= 500:
        return Result(DeliveryOutcome.AGAIN, status, reason[:LONGEST_REASON], wait_s(retry_after, now))
    return Result(DeliveryOutcome.FAILED, status, reason[:LONGEST_REASON], ends_channel=status == GONE)


def wait_s(retry_after: str | None, now: datetime) -> float | None:
    """For how long a header Retry-After, seconds or a date, asks to wait; a day at most."""
    text = (retry_after or "").strip()
    try:
        seconds = float(text) if text.replace(".", "", 1).isdigit() else _until(text, now)
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(seconds, 0.0), LONGEST_WAIT_S)


def _until(text: str, now: datetime) -> float:
    at = parsedate_to_datetime(text)
    return ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds()


def without(text: str, *secrets: str) -> str:
    """The text without an address or a part of it that a channel may have repeated."""
    for secret in secrets:
        for part in sorted({secret, *re.split(r"[/?&=:@]", f"{secret}&{unquote(secret)}")}, key=len, reverse=True):
            if len(part) >= LEAST_SECRET and part not in {"https:", "services", "webhook", "webhooks"}:
                text = text.replace(part, "[hidden]")
    return text
