"""Changes, spikes and their likely causes in words: on pages, in reports and alerts. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from html import escape

from data.insight.spike_causes import Cause, Listed, Noted, Released, Spike, Starred, WorkflowRunsRise
from data.text import days_text, number_text, short_day_text

LONGEST_NOTE = 120  # characters of a note where it is shown as a cause
TIMES_USUAL = 3  # from so many times the usual on, a number is given in times
MANIFOLD = 10  # times: from here on a change is given in times, not in percent
MOST_CAUSES = 3  # beside notes
MOST_NOTES = 2
NEW_FIRST = 0.3  # what was not there before explains more than what was, by as much of the surplus
NO_CAUSE = "No likely cause found"


def change(now: int | None, before: int | None) -> str | None:
    """By how much a number has changed; None where there is nothing to compare with."""
    if now is None or not before:
        return None
    return of_ratio(now / before)


def of_ratio(ratio: float) -> str:
    """How many times as much it is: +12%, -3%, 0%, ×12; without decimals, so that it is right in every locale."""
    if ratio >= MANIFOLD:
        return f"×{ratio:.0f}"
    percent = round(100 * (ratio - 1))
    return f"{percent:+}%" if percent else "0%"


def beside_usual(value: int, expected: float) -> str:
    """How an unusual number stands to what was expected: "12 times the usual 100", "usually 100", "usually none"."""
    usual = round(expected)
    if not usual:
        return "usually none"
    return (
        f"{number_text(value / usual)} times the usual {number_text(usual)}"
        if value >= TIMES_USUAL * usual
        else f"usually {number_text(usual)}"
    )


def spike_text(spike: Spike) -> str:
    return f"{number_text(spike.value)} {spike.metric}, {beside_usual(spike.value, spike.expected)}"


def shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def capitalised(text: str) -> str:
    """A sentence with a capital letter, unlike str.capitalize with all others as they are."""
    return text[:1].upper() + text[1:]


@dataclass(frozen=True, slots=True)
class Markup:
    """How a text from outside is kept a text, and how it is set in bold."""

    literal: Callable[[str], str]
    bold: str


HTML = Markup(escape, "<strong>{}</strong>")


def why(spike: Spike, markup: Markup) -> str:
    """The likeliest causes of a spike in a sentence without its full stop."""
    telling = [each for each in spike.causes if not _is_front_page(each, spike.full_name)]
    written = [each for each in telling if isinstance(each.detail, Noted)][:MOST_NOTES]
    others = sorted((each for each in telling if not isinstance(each.detail, Noted)), key=lambda each: -_weight(each))
    ordered = written + others[:MOST_CAUSES]  # a note says what somebody knows, and takes no cause's place
    if not ordered:
        return NO_CAUSE
    sentence = "; ".join(cause_text(each, spike.peak, markup) for each in ordered)
    return sentence if isinstance(ordered[0].detail, Listed) else capitalised(sentence)  # a name stays as it is


def cause_text(cause: Cause, day: date, markup: Markup) -> str:
    """A likely cause of a spike, as the middle of a sentence."""
    name = markup.bold.format(markup.literal(cause.what))
    match cause.detail:
        case Listed() as listed:
            return f"{name} {_listed_text(listed, cause.kind == 'path')}"
        case Released(name=title, published_on=published):
            when = {-1: "the day before", 0: "that day", 1: "the day after"}.get(
                (published - day).days, f"on {short_day_text(published)}"
            )
            called = f" ({markup.literal(title)})" if title and title != cause.what else ""
            return f"release {name}{called} was published {when}"
        case Noted():
            return f"note: “{markup.literal(shortened(cause.what, LONGEST_NOTE))}”"
        case WorkflowRunsRise(runs=runs, usual=usual, clones=clones):
            made = f", at least {number_text(clones)} clones by GitHub Actions" if clones else ""
            return f"{number_text(runs)} workflow {'run' if runs == 1 else 'runs'}, usually {number_text(usual)}{made}"
        case Starred(gained=gained, usual=usual):
            return f"{number_text(gained)} new {'star' if gained == 1 else 'stars'}, usually {number_text(usual)}"


def _listed_text(listed: Listed, is_path: bool) -> str:
    on_day = f", {_between(listed.low, listed.high)} on this day" if listed.low and listed.high else ""
    rise = f"at least {number_text(listed.gained)}" if listed.gained else ""
    if listed.is_new:
        views = f", with {rise} views{_over_days(listed)}" if rise else ""
        return f"appeared among the {'popular pages' if is_path else 'referrers'}{views}{on_day}"
    verb, more = "was viewed" if is_path else "brought", "" if listed.views_before is None else " more"
    if rise:
        return f"{verb} {rise}{more} {'times' if is_path else 'views'}{_over_days(listed)}{on_day}"
    before = "not listed before" if listed.views_before is None else f"{number_text(listed.views_before)} before"
    seen = f"list of {short_day_text(listed.seen_on)}"
    return f"{verb} more: {number_text(listed.views)} views in 14 days ({seen}), {before}{on_day}"


def _between(low: int, high: int) -> str:
    return f"{number_text(low)}" if low == high else f"{number_text(low)} to {number_text(high)}"


def _over_days(listed: Listed) -> str:
    """The days between the two lists that a rise is of, which are several: the day itself may have had less."""
    before, seen = listed.seen_before, listed.seen_on
    if before is None:
        return ""
    return f" from {days_text(before, seen, year=False)}"


def _weight(cause: Cause) -> float:
    is_new = isinstance(cause.detail, Listed) and cause.detail.is_new
    return cause.weight + (NEW_FIRST if is_new and cause.kind == "referrer" else 0)


def _is_front_page(cause: Cause, full_name: str) -> bool:
    return cause.kind == "path" and cause.what.strip("/").casefold() == full_name.casefold()
