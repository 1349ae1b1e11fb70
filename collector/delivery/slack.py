"""Slack's incoming webhooks, which Mattermost and Rocket.Chat take as well.

https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
https://docs.slack.dev/reference/block-kit/blocks (50 blocks; 150 characters a header; 3,000 characters a section)
https://docs.slack.dev/messaging/formatting-message-text (& < > are escaped)
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from data.reports.message import Line, Message, plain_text, shortened_lines
from data.text import number_text

MOST_BLOCKS, MOST_OF_HEADER, MOST_OF_SECTION, MOST_OF_TEXT = 50, 150, 3000, 3000
_MARKS = re.compile(r"(?<!\w)[*_~`@]|[*_~`](?!\w)|(?<=\])(?=\()")  # also Mattermost's, which reads `text` as Markdown
NOTHING_WIDE = "\u200b"  # beside a mark it keeps Slack from taking the mark for one


def body(message: Message) -> bytes:
    blocks = list(_blocks(message))
    if len(blocks) > MOST_BLOCKS:
        left_out = sum(each["text"]["text"].count("\n") + 1 for each in blocks[MOST_BLOCKS - 1 :])
        footer = [blocks[-1]["text"]["text"]] if message.footer else []
        more = f"... and {number_text(left_out - len(footer))} more"
        blocks = [*blocks[: MOST_BLOCKS - 1], _block([more, *footer])]
    text = "\n".join(shortened_lines(plain_text(message).splitlines(), MOST_OF_TEXT))
    return json.dumps({"text": literal(text), "blocks": blocks, "unfurl_links": False}).encode()


def _blocks(message: Message) -> Iterator[dict[str, Any]]:
    title = message.title if len(message.title) <= MOST_OF_HEADER else f"{message.title[: MOST_OF_HEADER - 1]}…"
    yield {"type": "header", "text": {"type": "plain_text", "text": title, "emoji": False}}
    yield from _section([literal(message.summary)])
    for section in message.sections:
        yield from _section([f"*{literal(section.title)}*", *map(_line, section.all_lines())])
    if message.footer:
        yield from _section([" · ".join(map(_line, message.footer))])


def _section(lines: list[str]) -> Iterator[dict[str, Any]]:
    """As many blocks as the lines need; a line that is longer than a block is cut."""
    part: list[str] = []
    for line in (each[:MOST_OF_SECTION] for each in lines):
        if part and sum(map(len, part)) + len(part) + len(line) > MOST_OF_SECTION:
            yield _block(part)
            part = []
        part.append(line)
    yield _block(part)


def _block(lines: list[str]) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": "\n".join(lines), "verbatim": True}}


def _line(line: Line) -> str:
    parts = []
    for span in line:
        text = literal(span.text)
        if span.link:
            text = f"<{escaped(span.link)}|{text.replace('|', '¦')}>"
        parts.append(f"*{text}*" if span.bold and span.text.strip() else text)
    return "".join(parts)


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def literal(text: str) -> str:
    """A text that stays one: nothing in it is a link, a mention, bold or code."""
    return escaped(_MARKS.sub(lambda found: f"{NOTHING_WIDE}{found[0]}{NOTHING_WIDE}", text))
