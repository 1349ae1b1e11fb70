"""Answers that bring nothing: broken connections, useless bodies, pages instead of JSON, refusals out of turn."""

from collections.abc import Callable

from tests.simulated_github import answers, spoiled
from tests.simulated_github.answers import JSON_TYPE, Answer
from tests.simulated_github.faults import Fault
from tests.simulated_github.wire import Request

HTML_TYPE = "text/html; charset=utf-8"
LOGIN_PAGE = "<!DOCTYPE html>\n<html><head><title>Sign in to the network</title></head><body>Welcome.</body></html>\n"
UNICORN = (
    "<!DOCTYPE html>\n<!--\n\nHello future GitHubber! I bet you're here to remove those nasty inline styles,\n"
    "DRY up these templates and make 'em nice and re-usable, right?\n\nPlease, don't. "
    "https://github.com/styleguide/templates/2.0\n\n-->\n<html>\n<head>\n<title>Unicorn! &middot; GitHub</title>\n"
    "</head>\n<body><p><strong>No server is currently available to service your request.</strong></p><p>Sorry about "
    "that. Please try refreshing and contact us if the problem persists.</p></body></html>\n"
)


def closed_before_answer() -> Fault:
    """The connection ends before an answer."""
    return Fault(send=spoiled.closed_before_answer)


def reset_in_body() -> Fault:
    """The connection is reset in the middle of the body."""
    return Fault(send=spoiled.reset_in_body)


def truncated_body() -> Fault:
    """Less than `content-length` promised."""
    return Fault(send=spoiled.truncated)


def chunked_without_end() -> Fault:
    """Chunks without the last one."""
    return Fault(send=spoiled.chunked_without_end)


def slow_drip(interval_s: float = 1.0) -> Fault:
    """A byte at a time."""
    return Fault(send=spoiled.dripping(interval_s))


def headers_then_nothing(for_s: float = 60.0) -> Fault:
    """The head, and never the body."""
    return Fault(send=spoiled.silent_after_head(for_s))


def no_answer(for_s: float = 60.0) -> Fault:
    """The request is read, and nothing comes."""
    return Fault(send=spoiled.silent(for_s))


def huge_body(megabytes: int = 100) -> Fault:
    """Far too much."""
    return Fault(send=spoiled.huge(megabytes))


def gzip_bomb(megabytes: int = 64) -> Fault:
    """Small on the wire, far too much when unpacked."""
    return Fault(body=spoiled.bomb(megabytes), headers={"content-encoding": "gzip"})


def wrong_content_encoding() -> Fault:
    """Says gzip, is not."""
    return Fault(headers={"content-encoding": "gzip"})


def html_with_200() -> Fault:
    """A proxy's sign-in page instead of GitHub."""
    return Fault(200, LOGIN_PAGE, {"content-type": HTML_TYPE})


def malformed_json() -> Fault:
    """JSON that breaks off."""
    return Fault(200, '{"count": 12, "uniques": ')


def empty_body() -> Fault:
    """200 and nothing in it."""
    return Fault(200, b"")


def null_body() -> Fault:
    """200 and `null`."""
    return Fault(200, b"null")


def wrong_top_type() -> Fault:
    """A list where an object belongs, an object where a list belongs."""
    return Fault(200, change=lambda body: {} if isinstance(body, list) else [body])


def error_object_with_200() -> Fault:
    """An error that says it is none."""
    return Fault(200, {"message": "Server Error"})


def wrong_content_type() -> Fault:
    """Good JSON under a wrong name."""
    return Fault(headers={"content-type": "text/plain"})


def accepted_202() -> Fault:
    """GitHub is still computing."""
    return Fault(202, {})


def no_content_204() -> Fault:
    """Nothing, instead of an empty list."""
    return Fault(204, b"")


def not_modified_unasked() -> Fault:
    """304 for a client that has nothing."""
    return Fault(304, b"")


def unsupported_version_400() -> Fault:
    """The API version is refused."""
    return Fault(rework=lambda answer, request: _about_version(answers.unknown_version, answer, request))


def retired_version_410() -> Fault:
    """The API version is gone."""
    return Fault(rework=lambda answer, request: _about_version(answers.retired_version, answer, request))


def pages_limited_422() -> Fault:
    """No deeper page is given."""
    return answered(answers.pages_limited())


def not_found_once() -> Fault:
    """404 between good answers, as from a replica that lags."""
    return answered(answers.not_found())


def bad_credentials_401(message: str = "Bad credentials") -> Fault:
    """The token is refused, rightly or not."""
    return answered(answers.refusal(401, message))


def server_error(status: int = 502, key: str = "message") -> Fault:
    """500, 502, 503 or 504 as JSON; older answers carry `error` instead of `message`."""
    return Fault(status, {key: "Server Error"})


def unicorn_502() -> Fault:
    """GitHub's own page for an outage."""
    return Fault(502, UNICORN, {"content-type": HTML_TYPE})


def html_503_labelled_json() -> Fault:
    """A page that says it is JSON."""
    return Fault(503, UNICORN, {"content-type": JSON_TYPE})


def answered(given: Answer) -> Fault:
    """One of GitHub's own refusals, at a wrong time."""
    return Fault(given.status, given.body, given.headers)


def _about_version(refuse: Callable[[str], Answer], answer: Answer, request: Request) -> Answer:
    """The refusal of the version that was asked for, with the headers of the real answer."""
    refused = refuse(request.headers.get("x-github-api-version", "2022-11-28"))
    kept = {name: value for name, value in answer.headers.items() if name != "etag"}
    return Answer(refused.status, refused.body, kept | refused.headers)
