"""A query in an address: saved ones by their number, others by their text, packed where it is long. Pure."""

import base64
import binascii
import zlib

from data.sandbox.query_parameters import LONGEST_STATEMENT

PLAIN = 400  # characters of a statement that stand in an address as they are
PACKED = "z."  # what the packed form begins with; no statement does
LONGEST_LINK = 6000  # characters; some mail programs break longer addresses


def packed(statement: str) -> str | None:
    """The statement as it stands in an address; None where it is too long for one."""
    if len(statement) <= PLAIN:
        return statement
    content = zlib.compress(statement.encode("utf-8", "replace"), 9)
    told = PACKED + base64.urlsafe_b64encode(content).decode().rstrip("=")
    return told if len(told) <= LONGEST_LINK else None


def unpacked(told: str) -> str | None:
    """The statement of an address; None where it is none."""
    if not told.startswith(PACKED):
        return told[:LONGEST_STATEMENT] or None
    if len(told) > LONGEST_LINK:
        return None
    text = told.removeprefix(PACKED)
    try:
        content = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        opening = zlib.decompressobj()
        statement = opening.decompress(content, 4 * LONGEST_STATEMENT)
        found = statement.decode() if opening.eof else ""
    except (binascii.Error, zlib.error, ValueError):
        return None
    return found if 0 < len(found) <= LONGEST_STATEMENT else None
