"""What needs attention, in words."""

from datetime import UTC, datetime

from data.collection.health import Finding, FindingKind
from pages.ui.repository_status import attention, finding_text

AT = datetime(2026, 5, 3, 14, 15, tzinfo=UTC)


def loss(number: int) -> Finding:
    text = "GitHub deletes a day in 3 days that is not stored yet."
    return Finding(FindingKind.LOSS, True, f"octo/r{number}", text, "Last collected", AT, "acme", number)


def test_a_finding_tells_what_is_wrong_since_when_and_what_to_do() -> None:
    assert finding_text(loss(1)) == (
        "GitHub deletes a day in 3 days that is not stored yet. Last collected: 3 May 2026, 14:15 UTC. "
        "A manager can collect it now; the system log says what fails."
    )
    command = Finding(FindingKind.RUN, True, "Run 4", "Store one: python -m collector tenant token NAME", "Started", AT)
    assert finding_text(command).startswith("Store one: python -m collector tenant token NAME. Started: 3 May 2026")


def test_the_first_of_a_kind_are_told_and_how_many_more_there_are_and_no_text_is_markup() -> None:
    text = attention([*map(loss, range(6)), Finding(FindingKind.TOKEN, True, "*acme*", "It is [refused](x).")])
    assert text.count("GitHub deletes") == 4
    assert "and 2 more" in text
    assert "- **\\*acme\\***: It is \\[refused\\]" in text
