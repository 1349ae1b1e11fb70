"""Discord's webhooks. https://discord.com/developers/docs/resources/webhook#execute-webhook (2,000 characters)"""

import json
import re

from data.reports.message import Line, Message, shortened_lines

MOST = 2000
NO_EMBEDS = 4  # flag: links are not unfurled
_MARKS = re.compile(r"([\\*_~`|\[\]<@]|^[#>-]|:(?=\w+:))")


def body(message: Message) -> bytes:
    title = f"**{literal(message.title[:200])}**"
    footer = [" · ".join(_line(line) for line in message.footer)] if message.footer else []
    lines = [literal(message.summary[:300])]
    for section in message.sections:
        lines += ["", f"__{literal(section.title)}__", *map(_line, section.all_lines())]
    room = MOST - sum(len(each) + 1 for each in (title, *footer))
    text = "\n".join([title, *shortened_lines(lines, room), *footer])
    return json.dumps({"content": text[:MOST], "allowed_mentions": {"parse": []}, "flags": NO_EMBEDS}).encode()


def _line(line: Line) -> str:
    parts = []
    for span in line:
        text = literal(span.text)
        if span.link:
            text = f"[{text}](<{span.link}>)"
        parts.append(f"**{text}**" if span.bold and span.text.strip() else text)
    return "".join(parts)


def literal(text: str) -> str:
    """A text that stays one: no markup, no mention."""
    return _MARKS.sub(r"\\\1", text)
