"""The token stays out of every text that an error, an object or a log can make of itself (fault case 76)."""

import gc
import logging
import traceback
from collections.abc import Callable

import pytest

from collector.client import GitHub
from collector.errors import GitHubError
from collector.rate_limit import RateLimiter
from collector.redaction import HIDDEN
from collector.settings import Settings
from data.accounts.tokens import OpenToken
from tests.collector.asking import SECRET, VIEWS, VirtualClock, asking
from tests.collector.other_servers import Serve, hangs_up, listening
from tests.fake_github import Fault
from tests.fake_github import faults as cases

PLAIN = "0123456789abcdef0123456789abcdef01234567"  # an old token: no pattern knows it
ECHO = {"message": f"you sent Authorization: Bearer {PLAIN} and {SECRET}"}
FAULTS = [
    cases.closed_before_answer,
    cases.reset_in_body,
    cases.truncated_body,
    cases.wrong_content_encoding,
    cases.html_with_200,
    cases.unicorn_502,
    cases.redirect_loop,
    cases.redirect_to_other_host,
    cases.bad_credentials_401,
    lambda: Fault(403, ECHO),
    lambda: Fault(502, str(ECHO)),
    lambda: Fault(451, {"message": "x", "block": {"reason": SECRET[:38], "html_url": f"https://x/?token={SECRET}"}}),
    lambda: Fault(400, {"message": f"version {SECRET}"}),
]


def everything_told(error: BaseException) -> str:
    """An error, its causes and contexts with all their frames' variables, as the nosiest reporter would print them."""
    texts, waiting, seen = [], [error], set()
    while waiting:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        frames = [
            frame for frame, _ in traceback.walk_tb(each.__traceback__) if "/tests/" not in frame.f_code.co_filename
        ]
        texts += [repr(each), str(each), repr(each.args), repr(vars(each))]
        texts += [f"{name}={value!r}" for frame in frames for name, value in frame.f_locals.items()]
        waiting += [cause for cause in (each.__cause__, each.__context__) if cause is not None]
    return "\n".join(texts)


@pytest.mark.parametrize("fault", FAULTS)
def test_no_error_tells_the_token_not_even_to_a_reporter_that_prints_variables(fault: Callable[[], Fault]) -> None:
    with asking(fault().repeated()) as there:
        with pytest.raises(GitHubError) as caught:
            there.fetch()
        assert SECRET not in everything_told(caught.value)


@pytest.mark.parametrize("status", [401, 403, 404, 500])
def test_a_refusal_that_repeats_our_request_is_quoted_without_the_token(status: int) -> None:
    with asking(Fault(status, ECHO).repeated()) as there:
        with pytest.raises(GitHubError) as caught:
            there.client(PLAIN).fetch(VIEWS)
        assert PLAIN not in everything_told(caught.value)
        assert PLAIN not in str(caught.value)
        assert status == 404 or HIDDEN in str(caught.value)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_no_error_of_the_connection_carries_the_request(scheme: str) -> None:
    serve: Serve = hangs_up
    with listening(serve) as listener:
        settings, clock = Settings(f"{scheme}://{listener.place}"), VirtualClock()
        github = GitHub(settings, SECRET, RateLimiter(settings, clock), clock)
        with pytest.raises(GitHubError) as caught:
            github.fetch(VIEWS)
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None
        assert SECRET not in everything_told(caught.value)


def test_nothing_that_represents_itself_shows_the_token() -> None:
    with asking() as there:
        answer = there.fetch()
        session = there.github._session()
        objects = [there.github, there.github._authorization, session, session.auth, session.headers, answer]
        objects += [vars(there.github), vars(session), there.github.limiter, vars(there.github.limiter)]
        objects.append(OpenToken(1, 1, 1, None, True, SECRET))
        assert SECRET not in "".join(repr(each) + str(each) for each in objects)


def test_nothing_keeps_the_request_after_an_error() -> None:
    with asking(cases.truncated_body().repeated()) as there:
        with pytest.raises(GitHubError):
            there.fetch()
        gc.collect()
        requests = [each for each in gc.get_objects() if type(each).__name__ == "PreparedRequest"]
        assert not [each for each in requests if SECRET in str(each.headers) and there.server.url in str(each.url)]


def test_the_libraries_log_no_token_even_when_they_log_everything(caplog: pytest.LogCaptureFixture) -> None:
    with (
        caplog.at_level(logging.DEBUG),
        asking(cases.reset_in_body(), cases.redirect(301, lambda _: f"{VIEWS}?from=elsewhere")) as there,
    ):
        assert there.fetch().status == 200
    assert "traffic/views" in caplog.text
    assert SECRET not in caplog.text
