"""Microsoft Teams: the webhook of a workflow, which takes an Adaptive Card.

https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using (28 KB a message)
https://adaptivecards.io/explorer/RichTextBlock.html (a TextRun, unlike a TextBlock, is no Markdown: names stay text)
"""

import json
from typing import Any

from data.reports.message import Line, Message, Span

MOST_BYTES = 27_000


def body(message: Message) -> bytes:
    """The card; where it is too large, its sections have fewer lines."""
    for most in (1000, 60, 30, 15, 8, 3, 0):
        made = json.dumps(_message(message, most)).encode()
        if len(made) <= MOST_BYTES:
            break
    return made


def _message(message: Message, most: int) -> dict[str, Any]:
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": [
            _block((Span(message.title, bold=True),), size="Large"),
            _block((Span(message.summary),)),
            *(block for section in message.sections for block in _section(section.title, section.all_lines(), most)),
        ],
        "actions": [
            {"type": "Action.OpenUrl", "title": span.text, "url": span.link}
            for line in message.footer
            for span in line
            if span.link
        ],
    }
    content = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "summary": message.summary, "attachments": [content]}


def _section(title: str, lines: tuple[Line, ...], most: int) -> list[dict[str, Any]]:
    blocks = [_block((Span(title, bold=True),), separator=True, spacing="Medium")]
    blocks += [_block(line, spacing="Small") for line in lines[:most]]
    if len(lines) > most:
        blocks.append(_block((Span(f"... and {len(lines) - most:,} more"),), spacing="Small"))
    return blocks


def _block(line: Line, size: str = "Default", **more: Any) -> dict[str, Any]:
    runs = []
    for span in (each for each in line if each.text):
        run: dict[str, Any] = {"type": "TextRun", "text": span.text}
        if span.bold:
            run["weight"] = "Bolder"
        if size != "Default":
            run["size"] = size
        if span.link:
            run["selectAction"] = {"type": "Action.OpenUrl", "url": span.link}
        runs.append(run)
    return {"type": "RichTextBlock", "inlines": runs, **more}
