"""Each refusal of GitHub, word for word, becomes the right error, limit or action, with a sentence that helps.

The fake GitHub's `refusals.json` holds what GitHub answers: status, headers and body.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.errors import (
    AccessRefused,
    Blocked,
    GitHubError,
    Missing,
    PagingLimited,
    RequestRefused,
    RunStopped,
    ServerFailed,
    TokenRefused,
)
from collector.rate_limit import LimitHit
from collector.replies import MESSAGE_LIMIT, Response, error_of, limit_of
from data.collection.models import Outcome
from tests.collector.test_parse_anything import JSON
from tests.fake_github.answers import refusals

NOW = datetime(2026, 5, 10, 12, tzinfo=UTC)
ANSWERS = refusals()
LIMITS = {
    "primary_limit_user": Outcome.PRIMARY_LIMIT,
    "primary_limit_installation": Outcome.PRIMARY_LIMIT,
    "primary_limit_ip": Outcome.PRIMARY_LIMIT,
    "secondary_limit": Outcome.SECONDARY_LIMIT,
    "secondary_limit_legacy_ghes": Outcome.SECONDARY_LIMIT,
}
ERRORS: dict[str, tuple[type[GitHubError], str]] = {
    "bad_credentials": (TokenRefused, "does not accept the token (Bad credentials)"),
    "requires_authentication": (TokenRefused, "does not accept the token (Requires authentication)"),
    "jwt_exp_too_far": (TokenRefused, "too far in the future"),
    "jwt_not_decoded": (TokenRefused, "could not be decoded"),
    "traffic_no_push": (AccessRefused, "must be able to push to this repository, and a classic token needs the scope"),
    "fine_grained_missing_permission": (
        AccessRefused,
        "This token lacks the repository permission Administration: read. Edit the fine-grained token on GitHub",
    ),
    "app_missing_permission": (AccessRefused, "This app lacks the repository permission Administration: read"),
    "saml": (AccessRefused, "Authorise the token for this organization"),
    "classic_pat_forbidden": (AccessRefused, "fine-grained permissions"),
    "fine_grained_lives_too_long": (
        AccessRefused,
        "no token that lives longer than 366 days. Shorten its life at "
        "https://github.com/settings/personal-access-tokens/1234567, or",
    ),
    "ip_allow_list": (AccessRefused, "IP allow list enabled"),
    "stargazers_forbidden": (AccessRefused, "permission to view the stargazers"),
    "installation_suspended": (AccessRefused, "This installation has been suspended"),
    "no_user_agent": (AccessRefused, "Please make sure your request has a User-Agent"),
    "not_found": (Missing, "deleted, is misspelt, or is private"),
    "blocked_dmca": (Blocked, "reason: dmca, see https://github.com/github/dmca/"),
    "blocked_tos": (Blocked, "reason: tos, see https://github.com/tos"),
    "html_unicorn_502": (ServerFailed, "status 502"),
    "json_502": (ServerFailed, "status 502 (Server Error)"),
    "bad_api_version": (RunStopped, "header X-GitHub-Api-Version"),
    "pagination_limited": (PagingLimited, "pagination is limited"),
    "moved": (RequestRefused, "status 301 (Moved Permanently)"),  # the client follows it before it comes here
}


def reply(name: str, status: int | None = None, headers: Mapping[str, str] | None = None) -> Response:
    """One of the answers, with another status or further headers."""
    given_headers: dict[str, Any] = {**ANSWERS[name]["headers"], **(headers or {})}
    with_epoch = {key: value.replace("<epoch>", str(int(NOW.timestamp()) + 60)) for key, value in given_headers.items()}
    return Response(status or ANSWERS[name]["status"], with_epoch, ANSWERS[name]["body"], NOW)


def test_every_recorded_refusal_is_expected_here() -> None:
    assert ANSWERS.keys() == LIMITS.keys() | ERRORS.keys()


@pytest.mark.parametrize("name", ERRORS)
def test_a_refusal_becomes_its_error_with_github_s_words_and_what_to_do(name: str) -> None:
    kind, sentence = ERRORS[name]
    assert limit_of(reply(name)) is None
    error = error_of(reply(name))
    assert type(error) is kind
    assert sentence in str(error)
    assert ".." not in str(error).replace("...", "")
    assert error.status == ANSWERS[name]["status"]


@pytest.mark.parametrize("status", [403, 429])
@pytest.mark.parametrize("name", LIMITS)
def test_a_limit_is_told_from_a_refusal_with_either_status(name: str, status: int) -> None:
    assert limit_of(reply(name, status)) == LimitHit(LIMITS[name], 61.0 if "primary" in name else 60.0)


@pytest.mark.parametrize("name", [name for name in ERRORS if ANSWERS[name]["status"] == 403])
def test_a_refusal_of_permission_in_the_last_call_of_the_hour_is_a_limit(name: str) -> None:
    limit = limit_of(reply(name, headers={"x-ratelimit-remaining": "0"}))
    assert limit == LimitHit(Outcome.PRIMARY_LIMIT, None)


def test_the_words_of_a_secondary_limit_count_more_than_an_empty_budget() -> None:
    limit = limit_of(reply("secondary_limit", headers={"x-ratelimit-remaining": "0"}))
    assert limit == LimitHit(Outcome.SECONDARY_LIMIT, 60.0)


@pytest.mark.parametrize(
    ("status", "headers", "body", "outcome"),
    [
        (429, {}, None, "secondary_limit"),
        (429, {}, "<html>slow down</html>", "secondary_limit"),
        (403, {"retry-after": "5"}, {"message": "no"}, "secondary_limit"),
        (403, {}, {"message": "API rate limit already exceeded for user ID 1."}, "primary_limit"),
        (403, {}, {"message": "Sorry, Please retry your request again later."}, "secondary_limit"),
        (403, {}, {"documentation_url": "https://docs.github.com/x#abuse-rate-limits"}, "secondary_limit"),
        (403, {}, {"message": "x" * 300 + " please wait a few minutes before you try again."}, "secondary_limit"),
        (403, {}, {"message": "Maximum number of login attempts exceeded. Please try again later."}, "lockout"),
        (403, {}, {"message": "You are over the rate limit of something new"}, "secondary_limit"),
        (503, {"retry-after": "5"}, {"message": "secondary rate limit"}, None),
        (200, {"x-ratelimit-remaining": "0"}, {}, None),
    ],
)
def test_limits_are_told_apart_in_github_s_own_order(
    status: int, headers: dict[str, str], body: object, outcome: str | None
) -> None:
    limit = limit_of(Response(status, headers, body, NOW))
    assert (limit.outcome if limit else None) == outcome


@pytest.mark.parametrize(
    ("accepted", "named"),
    [
        ("administration=read", "Administration: read"),
        ("", "Administration: read"),
        ("metadata=read; contents=write", "Metadata: read or Contents: write"),
        ("pull_requests=read", "Pull requests: read"),
        ("=;;=x", "the repository permission"),
    ],
)
def test_the_permission_that_github_asks_for_is_named(accepted: str, named: str) -> None:
    error = error_of(reply("fine_grained_missing_permission", headers={"x-accepted-github-permissions": accepted}))
    assert named in str(error)


def test_a_short_lived_link_is_carried_beside_the_sentence() -> None:
    error = error_of(reply("saml"))
    assert error.link == "https://github.com/orgs/ORG/sso?authorization_request=..."
    assert "authorization_request" not in str(error)


def test_a_page_is_quoted_on_one_line_and_cut() -> None:
    said = str(error_of(reply("html_unicorn_502")))
    assert "\n" not in said
    assert len(said) < MESSAGE_LIMIT + 60


@pytest.mark.parametrize("days", [8, 90, 366])
def test_where_a_token_that_lives_too_long_is_mended_stands_whole_in_the_sentence(days: int) -> None:
    answer = reply("fine_grained_lives_too_long")
    text = str(answer.body["message"]) if isinstance(answer.body, dict) else ""
    long = {"message": text.replace("'ORG'", repr("o" * 80)).replace("366", str(days))}
    said = str(error_of(Response(403, {}, long, NOW)))
    assert f"longer than {days} days" in said
    assert "https://github.com/settings/personal-access-tokens/1234567," in said


HEADERS = ["retry-after", "x-github-sso", "x-accepted-github-permissions", "x-ratelimit-remaining", "x-ratelimit-reset"]


@given(st.integers(201, 599), st.dictionaries(st.sampled_from(HEADERS), st.text(max_size=30)), JSON)
def test_whatever_comes_is_a_limit_or_an_error_that_can_be_stored(
    status: int, headers: dict[str, str], body: object
) -> None:
    answer = Response(status, headers, body, NOW)
    limit = limit_of(answer)
    assert limit is None or limit.wait_s is None or limit.wait_s >= 1
    error = error_of(answer)
    assert isinstance(error, GitHubError)
    assert str(error).encode("utf-8")
    assert len(str(error)) < 700
