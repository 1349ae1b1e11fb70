"""An answer before it is sent, and the refusals in GitHub's own words: status, headers and texts in one place."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

DOCS = "https://docs.github.com/rest"
TRAFFIC_DOCS = f"{DOCS}/metrics/traffic#get-page-views"
LIMIT_DOCS = f"{DOCS}/overview/rate-limits-for-the-rest-api"
SECONDARY_DOCS = (
    "https://docs.github.com/free-pro-team@latest/rest/overview/rate-limits-for-the-rest-api"
    "#about-secondary-rate-limits"
)
SECONDARY_TEXT = (
    "You have exceeded a secondary rate limit. Please wait a few minutes before you try again. For more on scraping "
    "GitHub and how it may affect your rights, please review our Terms of Service "
    "(https://docs.github.com/en/site-policy/github-terms/github-terms-of-service) If you reach out to GitHub "
    "Support for help, please include the request ID C620:D8D4:1FA9F4A3:1EAC3CBC:6AA01B31."
)
SAML_DOCS = "https://docs.github.com/articles/authenticating-to-a-github-organization-with-saml-single-sign-on/"
NO_USER_AGENT = (
    "\r\nRequest forbidden by administrative rules. Please make sure your request has a User-Agent header "
    "(https://docs.github.com/en/rest/overview/resources-in-the-rest-api#user-agent-required). Check "
    "https://developer.github.com for other possible causes.\r\n"
)
JSON_TYPE = "application/json; charset=utf-8"
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(slots=True)
class Answer:
    """Status, headers (names in lower case) and the body before any encoding."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)

    def json(self) -> Any:
        """The body as a value."""
        return json.loads(self.body)


def json_answer(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """A value as GitHub sends it."""
    return Answer(status, _encode(value).encode(), {"content-type": JSON_TYPE, **(headers or {})})


def refusal(status: int, message: str, docs: str = DOCS, headers: Mapping[str, str] | None = None) -> Answer:
    """GitHub's usual error body; its status is a text."""
    return json_answer({"message": message, "documentation_url": docs, "status": str(status)}, status, headers)


def bad_credentials() -> Answer:
    """The token is wrong, expired or revoked."""
    return refusal(401, "Bad credentials")


def requires_authentication() -> Answer:
    """No token was sent where one is needed."""
    return refusal(401, "Requires authentication")


def locked_out() -> Answer:
    """Too many bad tokens one after the other: good ones are refused too, for a while."""
    return refusal(403, "Maximum number of login attempts exceeded. Please try again later.")


def not_found() -> Answer:
    """Not there, or not for this token."""
    return refusal(404, "Not Found", f"{DOCS}/repos/repos#get-a-repository")


def no_user_agent() -> Answer:
    """Refused at the door, as a page and not as JSON."""
    return Answer(403, NO_USER_AGENT.encode(), {"content-type": "text/html"})


def unknown_version(version: str) -> Answer:
    """The API version in the header is none; `errors` is a text here, not a list."""
    body = {
        "message": "The version you specified is not a supported version.",
        "errors": f"{version} is not one of 2022-11-28, 2026-03-10",
        "documentation_url": "https://docs.github.com",
    }
    return json_answer(body, 400)


def retired_version(version: str) -> Answer:
    """The API version was one."""
    return refusal(410, f"API version {version} is no longer supported.")


def moved(url: str) -> Answer:
    """Renamed or transferred: by id it is always found."""
    body = {
        "message": "Moved Permanently",
        "url": url,
        "documentation_url": "https://docs.github.com/v3/#http-redirects",
    }
    return json_answer(body, 301, {"location": url})


def unprocessable(message: str, docs: str = DOCS) -> Answer:
    """The question cannot be answered as it is put."""
    return refusal(422, message, docs)


def pages_limited() -> Answer:
    """A page too deep in a list."""
    text = "In order to keep the API fast for everyone, pagination is limited for this resource."
    return unprocessable(text, "https://docs.github.com/v3/#pagination")


def primary_limit(whose: str, status: int = 403) -> Answer:
    """The budget of the hour is used up; the headers of the limit are added to every answer."""
    return refusal(status, f"API rate limit exceeded for {whose.removesuffix('.')}.", LIMIT_DOCS)


def secondary_limit(retry_after: int | None, status: int = 403) -> Answer:
    """Too fast, or for reasons that GitHub keeps to itself; `retry-after` may be missing."""
    headers = {} if retry_after is None else {"retry-after": str(retry_after)}
    return json_answer({"documentation_url": SECONDARY_DOCS, "message": SECONDARY_TEXT}, status, headers)
