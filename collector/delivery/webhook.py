"""A generic webhook: JSON as docs/report.schema.json describes it, signed as Standard Webhooks.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from data.text import json_value

PREFIX = "whsec_"
SECRET_BYTES = 24


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def body(kind: str, facts: Mapping[str, Any], now: datetime) -> bytes:
    payload = {"type": kind, "timestamp": now.isoformat(), "data": facts}
    return json.dumps(payload, default=json_value, allow_nan=False).encode()


def headers(secret: str, message_id: str, payload: bytes, now: datetime) -> dict[str, str]:
    """The three headers: the id is the same at each try, so that a receiver can recognize it."""
    at = str(int(now.timestamp()))
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = hmac.new(key, f"{message_id}.{at}.".encode() + payload, hashlib.sha256).digest()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": at,
        "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
    }
