"""A chart as a picture, PNG or SVG, with its title, days, legend and source: made only when somebody asks for it.

vl-convert draws it without a browser. It holds Python's lock meanwhile, so this file is run as a process of its own; it
gets the chart on its input, nothing of the environment, and loads nothing from anywhere. Names come from outside: they
are text in the picture, never markup.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from html import escape
from threading import Lock
from typing import Any

import vl_convert

WIDTH, MARGIN, SCALE = 1200, 36, 2  # pixels; a PNG has twice as many, for slides
TITLE, TEXT, SMALL = 26, 16, 13  # pixels of the letters
ROW, BOX = 26, 13  # pixels of a legend
NARROW, BROAD, SQUARE = 0.52, 0.72, 1.05  # of its height a letter takes, more or less
LANE_MARGIN = 70  # pixels of the axes beside the lanes
LONGEST_NAME = 260  # pixels of a name beside an axis or in a legend of the chart
LONGEST_S = 60
FONT = "Arial, sans-serif"
MIME = {"png": "image/png", "svg": "image/svg+xml"}
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SIZE = re.compile(r'width="([\d.]+)" height="([\d.]+)"')
_one_at_a_time = Lock()


@dataclass(frozen=True, slots=True)
class ThemeColours:
    """The colours of a theme."""

    background: str
    text: str
    lines: str


@dataclass(frozen=True, slots=True)
class Picture:
    """What is in a picture: the chart (its rows as JSON), and what stands above and below it.

    `legend`: the style of each box, as HTML has it, and its name. `notation`: how numbers and days are
    written, as Vega takes it.
    """

    specification: Mapping[str, Any]
    rows: str
    title: str
    below_title: str
    legend: Sequence[tuple[str, str]]
    source: str
    colours: ThemeColours
    notation: Mapping[str, Any]


def rendered(picture: Picture, kind: str) -> bytes:
    """The picture as a file of that kind (png, svg)."""
    asked = json.dumps({"kind": kind, "picture": asdict(picture)})
    with _one_at_a_time:
        done = subprocess.run(  # noqa: S603 - our own script, no shell, nothing of a user in its arguments
            [sys.executable, "-I", __file__],
            input=asked.encode(),
            stdout=subprocess.PIPE,
            timeout=LONGEST_S,
            check=True,
            env={"TZ": "UTC"},
        )
    return done.stdout


def svg(picture: Picture) -> str:
    """Title, days, chart, legend and source, one below the other."""
    drawn = _chart(picture)
    size = _SIZE.search(drawn)
    width, height = (float(each) for each in size.groups()) if size else (WIDTH, WIDTH / 2)
    scale = min(1, (WIDTH - 2 * MARGIN) / width)
    colours, y = picture.colours, MARGIN + TITLE
    parts = [_text(picture.title, y, TITLE, f'font-weight="600" fill="{colours.text}"')]
    if picture.below_title:
        y += ROW
        parts.append(_text(picture.below_title, y, TEXT, f'fill="{colours.text}" opacity="0.75"'))
    y += 20
    parts.append(f'<g transform="translate({MARGIN},{y}) scale({scale:.4f})">{drawn}</g>')
    y += round(height * scale)
    for line, entries in enumerate(_lines(picture.legend), start=1):
        for x, css, name in entries:
            parts += [_box(css, x, y + line * ROW), _text(name, y + line * ROW, TEXT, f'fill="{colours.text}"', x + 22)]
    y += len(list(_lines(picture.legend))) * ROW + 40
    parts.append(_text(picture.source, y, SMALL, f'fill="{colours.text}" opacity="0.7"'))
    y += MARGIN - 10
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y}" viewBox="0 0 {WIDTH} {y}">'
    name = f"<title>{escape(picture.title)}</title>"
    found = f'{head}{name}<rect width="{WIDTH}" height="{y}" fill="{colours.background}"/>{"".join(parts)}</svg>'
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", found)


def _chart(picture: Picture) -> str:
    """The chart alone as SVG."""
    specification: dict[str, Any] = _with_whole_names(picture.specification)
    specification["data"] = {"name": "rows", "values": json.loads(picture.rows)}
    specification["background"] = picture.colours.background
    specification["config"] = _config(picture.colours)
    inner = WIDTH - 2 * MARGIN
    if "vconcat" in specification:  # the width of its lanes is set without their axes
        specification.pop("autosize", None)
        specification["vconcat"] = [{**lane, "width": inner - LANE_MARGIN} for lane in specification["vconcat"]]
    else:
        specification |= {"width": inner, "autosize": {"type": "fit-x", "contains": "padding"}}
    written = picture.notation
    return str(
        vl_convert.vegalite_to_svg(
            specification, allowed_base_urls=[], format_locale=written["number"], time_format_locale=written["time"]
        )
    )


def _with_whole_names(part: Any) -> Any:
    """A part of a specification, in which the names along an axis have the room that a phone has not."""
    if isinstance(part, Mapping):
        narrow = {"minExtent", "maxExtent"} if "labelLimit" in part else set()
        found = {name: _with_whole_names(each) for name, each in part.items() if name not in narrow}
        return found | ({"labelLimit": LONGEST_NAME} if "labelLimit" in part else {})
    return [_with_whole_names(each) for each in part] if isinstance(part, list | tuple) else part


def _config(colours: ThemeColours) -> dict[str, Any]:
    """How a page draws a chart, in the colours of its theme."""
    text = {"labelColor": colours.text, "titleColor": colours.text, "labelFontSize": 13, "titleFontSize": 13}
    lines = {"gridColor": colours.lines, "domainColor": colours.lines, "domain": False, "ticks": False}
    placing = {"labelPadding": 8, "titlePadding": 12, "labelFlush": True, "labelOverlap": True, "titleFontWeight": 400}
    return {
        "font": FONT,
        "padding": {"left": 0, "top": 0, "right": 8, "bottom": 0},
        "view": {"stroke": None},
        "title": {"color": colours.text, "anchor": "start", "fontWeight": 600},
        "axis": text | lines | placing,
        "axisDiscrete": {"grid": False},
        "axisTemporal": {"grid": False},
        "legend": text | {"symbolType": "square"},
    }


def _lines(legend: Sequence[tuple[str, str]]) -> Iterator[list[tuple[float, str, str]]]:
    """The entries of a legend with their places from the left, as many in a line as fit."""
    line: list[tuple[float, str, str]] = []
    x = float(MARGIN)
    for css, name in legend:
        shown = _fitting(name, TEXT, WIDTH - 2 * MARGIN - 22)
        wide = 22 + _width(shown, TEXT) + 24
        if line and x + wide > WIDTH - MARGIN + 24:
            yield line
            line, x = [], float(MARGIN)
        line.append((x, css, shown))
        x += wide
    if line:
        yield line


def _width(text: str, size: int) -> float:
    """How wide a text is, more or less: capitals are broader, and letters of other scripts may be square."""
    broad = sum(letter.isupper() or letter in "mw" for letter in text)
    square = sum(ord(letter) >= 0x1100 for letter in text)
    return size * (BROAD * broad + SQUARE * square + NARROW * (len(text) - broad - square))


def _fitting(text: str, size: int, width: float) -> str:
    """The text, cut where it would be wider."""
    if _width(text, size) <= width:
        return text
    while text and _width(text, size) > width - size:
        text = text[:-1]
    return f"{text.rstrip()}…"


def _text(text: str, y: float, size: int, how: str, x: float = MARGIN) -> str:
    shown = escape(_fitting(text, size, WIDTH - MARGIN - x))
    return f'<text x="{x:.1f}" y="{y:.1f}" font-family="{FONT}" font-size="{size}" {how}>{shown}</text>'


def _box(css: str, x: float, y: float) -> str:
    """A box of a legend, which HTML draws by its style, as a shape."""
    style = {name.strip(): value.strip() for name, _, value in (part.partition(":") for part in css.split(";"))}
    edge = style.get("border") or style.get("border-top") or style.get("box-shadow") or ""
    stroke = f'stroke="{edge.split()[-1]}" stroke-width="1.5"' if edge else ""
    stroke += ' stroke-dasharray="3 2"' if "dashed" in edge else ""
    look = f'fill="{style.get("background", "none")}" fill-opacity="{style.get("opacity", "1")}" {stroke}'
    top = y - BOX + 1
    if "border-top" in style:
        return f'<path d="M{x} {y - 5}h{BOX + 3}" {look}/>'
    if "clip-path" in style:
        return f'<path d="M{x} {top}h{BOX}l{-BOX / 2} {BOX}z" {look}/>'
    round_by = BOX / 2 if style.get("border-radius") == "50%" else 2
    return f'<rect x="{x}" y="{top}" width="{BOX}" height="{BOX}" rx="{round_by}" {look}/>'


def answer(asked: Mapping[str, Any]) -> bytes:
    parts = dict(asked["picture"])
    drawn = svg(Picture(**parts | {"colours": ThemeColours(**parts["colours"])}))
    return vl_convert.svg_to_png(drawn, scale=SCALE) if asked["kind"] == "png" else drawn.encode()


if __name__ == "__main__":
    sys.stdout.buffer.write(answer(json.load(sys.stdin.buffer)))
