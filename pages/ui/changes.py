"""By how much a number has changed, in words that are the same on every page. Pure."""

MANIFOLD = 10  # times: from here on a change is told in times, not in percent


def change(now: int | None, before: int | None) -> str | None:
    """By how much a number has changed; None where there is nothing to compare with."""
    if now is None or not before:
        return None
    return of_ratio(now / before)


def of_ratio(ratio: float) -> str:
    """How many times as much it is: +12.5 %, +619 %, ×12."""
    if ratio >= MANIFOLD:
        return f"×{ratio:,.0f}"
    percent = 100 * (ratio - 1)
    return f"{percent:+.0f} %" if abs(percent) >= 100 else f"{round(percent, 1) + 0.0:+.1f} %"  # there is no -0 %
