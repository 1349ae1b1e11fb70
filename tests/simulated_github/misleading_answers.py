"""Answers that lead astray: redirects and pages elsewhere, waits and resets that cannot be, a clock that is off."""

from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime

from tests.simulated_github import answers
from tests.simulated_github.answers import Answer
from tests.simulated_github.broken_answers import answered
from tests.simulated_github.faults import FOR_EVER, Fault
from tests.simulated_github.wire import Request


def redirect(status: int, location: Callable[[Request], str | None]) -> Fault:
    """A redirect to a place made from the request; None leaves the header out."""

    def rework(answer: Answer, request: Request) -> Answer:
        target = location(request)
        headers = {name: value for name, value in answer.headers.items() if name != "etag"}
        return answers.json_answer({}, status, {**headers, **({"location": target} if target is not None else {})})

    return Fault(rework=rework)


def redirect_loop() -> Fault:
    """To itself, for ever."""
    return redirect(301, lambda request: f"http://{request.headers['host']}{request.target}").repeated(FOR_EVER)


def redirect_to_other_host() -> Fault:
    """To the same server under another host name, where a token must not be sent: it would be seen there."""
    return redirect(301, lambda request: f"http://localhost:{request.headers['host'].split(':')[-1]}{request.target}")


def redirect_to_plain_http() -> Fault:
    """To another, unencrypted address, at which nothing listens."""
    return redirect(301, lambda request: f"http://127.0.0.1:1{request.target}")


def redirect_without_location() -> Fault:
    """To nowhere."""
    return redirect(301, lambda _: None)


def relative_redirect(status: int = 301) -> Fault:
    """To a place on the same host, named without scheme and host."""
    return redirect(status, _beside)


def temporary_redirect(status: int = 302) -> Fault:
    """302 or 307: to follow, not to remember."""
    return redirect(status, lambda request: f"http://{request.headers['host']}{_beside(request)}")


def strange_retry_after(value: str = "86400", status: int = 429) -> Fault:
    """A secondary limit with a `retry-after` that is too long, negative, a text or a date."""
    limit = answers.secondary_limit(None, status)
    return Fault(status, limit.body, {"retry-after": value})


def primary_limit_with_reset(reset: Callable[[datetime], str | None], status: int = 403) -> Fault:
    """The primary limit with a reset made from GitHub's time; None leaves the header out."""

    def rework(answer: Answer, request: Request) -> Answer:
        limit = answers.primary_limit("user ID 1", status)
        limit.headers = {**answer.headers, **limit.headers, "x-ratelimit-remaining": "0"}
        value = reset(parsedate_to_datetime(answer.headers["date"]))
        limit.headers.pop("x-ratelimit-reset", None)
        if value is not None:
            limit.headers["x-ratelimit-reset"] = value
        return limit

    return Fault(rework=rework)


def reset_in_the_past() -> Fault:
    """The budget was renewed an hour ago, it says."""
    return primary_limit_with_reset(lambda now: str(int(now.timestamp()) - 3600))


def reset_in_milliseconds() -> Fault:
    """A thousand times too late."""
    return primary_limit_with_reset(lambda now: str((int(now.timestamp()) + 60) * 1000))


def reset_missing() -> Fault:
    """No word of when."""
    return primary_limit_with_reset(lambda _: None)


def reset_far_ahead() -> Fault:
    """In a year."""
    return primary_limit_with_reset(lambda now: str(int(now.timestamp()) + 365 * 86400))


def no_limit_headers() -> Fault:
    """As an Enterprise Server without limits answers."""
    names = ("limit", "remaining", "used", "reset", "resource")
    return Fault(headers={f"x-ratelimit-{name}": None for name in names})


def limit_text_with_remaining() -> Fault:
    """403 that speaks of a limit while the headers say that much is left: no matter of permission."""
    return answered(answers.secondary_limit(None))


def skewed_date(by: timedelta) -> Fault:
    """GitHub's clock, or ours, is off by so much."""

    def rework(answer: Answer, request: Request) -> Answer:
        answer.headers["date"] = format_datetime(parsedate_to_datetime(answer.headers["date"]) + by, usegmt=True)
        return answer

    return Fault(rework=rework)


def _beside(request: Request) -> str:
    """Another address of the same answer: one such redirect leads somewhere, a repeated one round in a circle."""
    if request.query.get("from") == "elsewhere":
        return request.target
    return f"{request.target}{'&' if '?' in request.target else '?'}from=elsewhere"


def next_page_elsewhere() -> Fault:
    """A list whose next page is on another host."""
    return Fault(rework=lambda answer, request: _next(answer, f"http://localhost:1{request.target}"))


def next_page_is_the_same() -> Fault:
    """A list whose next page is this one, for ever."""

    def rework(answer: Answer, request: Request) -> Answer:
        return _next(answer, f"http://{request.headers['host']}{request.target}")

    return Fault(rework=rework).repeated(FOR_EVER)


def _next(answer: Answer, address: str) -> Answer:
    answer.headers["link"] = f'<{address}>; rel="next"'
    return answer
