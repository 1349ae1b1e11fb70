"""How a badge looks: drawn by badgepy, in the four usual styles. Pure."""

from badgepy import badge

from data.sharing.badges import Style

UNKNOWN, UNKNOWN_COLOUR = "n/a", "lightgrey"
TALLER = 1.4  # times is one "for the badge"
# badgepy draws two styles. The others are these with another gradient, or larger and in capitals, as shields.io has it.
_FLAT = '<stop offset="0" stop-color="#bbb" stop-opacity=".1"/><stop offset="1" stop-opacity=".1"/>'
_PLASTIC = (
    '<stop offset="0" stop-color="#fff" stop-opacity=".7"/><stop offset=".1" stop-color="#aaa" stop-opacity=".1"/>'
    '<stop offset=".9" stop-color="#000" stop-opacity=".3"/><stop offset="1" stop-color="#000" stop-opacity=".5"/>'
)


def badge_svg(label: str, message: str, colour: str, style: Style) -> str:
    drawn_as = "flat-square" if style in {Style.FLAT_SQUARE, Style.FOR_THE_BADGE} else "flat"
    if style is Style.FOR_THE_BADGE:
        label, message = label.upper(), message.upper()
    svg: str = badge(label, message, right_color=colour, style=drawn_as, whole_title=f"{label}: {message}")
    if style is Style.PLASTIC:
        return svg.replace(_FLAT, _PLASTIC)
    return _enlarged(svg) if style is Style.FOR_THE_BADGE else svg


def compact(number: int | None) -> str:
    """5.3k as badges have it; unknown is n/a, never 0."""
    if number is None:
        return UNKNOWN
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        scaled = number / size
        if scaled >= 0.9995:
            return f"{scaled:.1f}".removesuffix(".0") + letter if scaled < 9.95 else f"{scaled:.0f}{letter}"
    return str(number)


def _enlarged(svg: str) -> str:
    """The same at another size: what has a viewBox is scaled."""
    head, _, rest = svg.partition(">")
    size = {name: float(head.partition(f'{name}="')[2].partition('"')[0]) for name in ("width", "height")}
    for name, value in size.items():
        head = head.replace(f'{name}="{_number(head, name)}"', f'{name}="{value * TALLER:g}"')
    return f'{head} viewBox="0 0 {size["width"]:g} {size["height"]:g}">{rest}'


def _number(head: str, name: str) -> str:
    return head.partition(f'{name}="')[2].partition('"')[0]
