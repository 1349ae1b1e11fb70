"""Keeps tokens and terminal tricks out of all that is printed or logged. Pure, but for the log's formatter.

What GitHub says is hostile text: a title may hold a colour code, a page reversed by a hidden mark, or a new line
that looks like one of ours.
"""

import logging
import re
import traceback
import unicodedata
from pathlib import Path

HIDDEN = "[hidden]"

# the bare prefixes, as in "one begins with ghp_.", are no tokens; the last form is a JSON web token
_TOKEN = re.compile(
    r"gh[pousr]_[A-Za-z0-9_]{4}[A-Za-z0-9_.-]*|github_pat_[A-Za-z0-9_]+|\beyJ[\w-]+\.eyJ[\w-]+\.[\w-]+", re.IGNORECASE
)
_SCHEME = r"(?:bearer|token|basic)[ \t]+"
_AUTHORIZATION = re.compile(
    rf"""(?P<name>authorization["']?[ \t]*[:=][ \t]*(?:b?["'])?)(?:{_SCHEME})?[^\s"',;\\]+""", re.IGNORECASE
)
_BEARER = re.compile(r"(?P<name>\bbearer[ \t]+)[A-Za-z0-9_.~+/=-]{16,}", re.IGNORECASE)
_USER_IN_ADDRESS = re.compile(r"(?P<name>[a-z][a-z0-9+.-]*://)[^\s/@'\"]+@", re.IGNORECASE)
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def redacted(text: str) -> str:
    """The text with every token, `Authorization` value and user of an address hidden."""
    text = _USER_IN_ADDRESS.sub(rf"\g<name>{HIDDEN}@", text)
    text = _AUTHORIZATION.sub(rf"\g<name>{HIDDEN}", text)
    text = _BEARER.sub(rf"\g<name>{HIDDEN}", text)
    return _TOKEN.sub(HIDDEN, text)


def one_line(text: str) -> str:
    """The text fit for a line of a terminal: redacted, and what cannot be seen written as an escape."""
    text = redacted(text)
    hidden = (c.encode("unicode_escape").decode("ascii") if unicodedata.category(c) in _INVISIBLE else c for c in text)
    return text if text.isprintable() else "".join(hidden)


def many_lines(text: str) -> str:
    """Text of our own with line breaks: each line made fit for a terminal."""
    return "\n".join(one_line(line) for line in text.split("\n"))


class RedactingFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return many_lines(super().format(record))


def place_of(fault: BaseException) -> str:
    """A fault of this program by its kind and its line, without its words, which may have in them what was answered."""
    frames = traceback.extract_tb(fault.__traceback__)
    where = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(fault).__name__}{where}"
