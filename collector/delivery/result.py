"""What came of sending something by a channel. Pure."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import unquote

from collector.rate_limit import until_retry
from collector.redaction import one_line

LONGEST_REASON = 300
LONGEST_WAIT_S = 24 * 3600.0
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
        asked = until_retry(retry_after or "", now)
        wait = None if asked is None else min(asked, LONGEST_WAIT_S)
        return Result(DeliveryOutcome.AGAIN, status, reason[:LONGEST_REASON], wait)
    return Result(DeliveryOutcome.FAILED, status, reason[:LONGEST_REASON], ends_channel=status == GONE)


def without(text: str, *secrets: str) -> str:
    """The text without an address or a part of it that a channel may have repeated."""
    for secret in secrets:
        for part in sorted({secret, *re.split(r"[/?&=:@]", f"{secret}&{unquote(secret)}")}, key=len, reverse=True):
            if len(part) >= LEAST_SECRET and part not in {"https:", "services", "webhook", "webhooks"}:
                text = text.replace(part, "[hidden]")
    return text
