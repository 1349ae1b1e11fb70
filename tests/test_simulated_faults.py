"""The simulated faults: what a client gets when GitHub, or what lies between, goes wrong."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.simulated_github import FOR_EVER, Fault, Repository, SimulatedGitHub, Token, fault_cases
from tests.simulated_github.client import Client

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
VIEWS = "/repos/sample/one/traffic/views"
CLONES = "/repos/sample/one/traffic/clones"


@pytest.fixture
def github() -> Iterator[SimulatedGitHub]:
    """A GitHub with one repository and one token."""
    views = {NOON.date() - timedelta(days=n): (n, 1) for n in range(1, 99)}
    with SimulatedGitHub.of([Repository(1, "sample", "one", views=views)], [Token("ghp_a")], NOON) as github:
        yield github


@pytest.fixture
def client(github: SimulatedGitHub) -> Iterator[Client]:
    """A client with a token."""
    with Client(github.url, "ghp_a") as client:
        yield client


def test_a_fault_happens_once_and_then_all_is_well(github: SimulatedGitHub, client: Client) -> None:
    github.faults.add(fault_cases.server_error(500))
    assert [client.get(VIEWS).status for _ in range(2)] == [500, 200]
    assert len(github.faults) == 0


def test_a_fault_may_happen_several_times_or_for_ever(github: SimulatedGitHub, client: Client) -> None:
    github.faults.add(fault_cases.server_error(503).repeated(2), fault_cases.server_error(504).repeated(FOR_EVER))
    assert [client.get(VIEWS).status for _ in range(5)] == [503, 503, 504, 504, 504]
    github.faults.clear()
    assert client.get(VIEWS).status == 200


def test_a_fault_waits_for_a_path_that_fits(github: SimulatedGitHub, client: Client) -> None:
    github.faults.add(fault_cases.server_error(502).on("*/traffic/clones"))
    assert [client.get(target).status for target in (VIEWS, CLONES, CLONES)] == [200, 502, 200]


def test_the_first_fault_that_fits_is_used(github: SimulatedGitHub, client: Client) -> None:
    github.faults.add(fault_cases.server_error(500).on("*/views"), fault_cases.server_error(502))
    assert [client.get(target).status for target in (CLONES, VIEWS)] == [502, 500]


def test_status_body_and_headers_may_be_anything(github: SimulatedGitHub, client: Client) -> None:
    github.faults.add(Fault(418, {"message": "short and stout"}, {"X-Teapot": "yes", "etag": None}))
    reply = client.get(VIEWS)
    assert (reply.status, reply.message, reply.headers["x-teapot"]) == (418, "short and stout", "yes")
    assert "etag" not in reply.headers


def test_the_real_body_may_be_changed(github: SimulatedGitHub, client: Client) -> None:
    def smaller(body: dict[str, Any]) -> dict[str, Any]:
        body["views"][3]["count"] = "12"
        return body

    real = client.get(VIEWS).json
    github.faults.add(Fault(change=smaller))
    changed = client.get(VIEWS).json
    assert changed["views"][3]["count"] == "12"
    assert changed["views"][:3] == real["views"][:3]


def test_a_changed_body_does_not_bear_the_real_etag(github: SimulatedGitHub, client: Client) -> None:
    github.faults.add(Fault(change=lambda body: body | {"count": -1}))
    assert "etag" not in client.get(VIEWS).headers


def test_a_fault_comes_before_a_304(github: SimulatedGitHub, client: Client) -> None:
    etag = client.get(VIEWS).headers["etag"]
    github.faults.add(Fault(change=lambda body: {**body, "count": 1}))
    assert client.get(VIEWS, if_none_match=etag).json["count"] == 1


def test_what_was_sent_is_noted_with_its_status(github: SimulatedGitHub, client: Client) -> None:
    github.faults.add(fault_cases.unicorn_502())
    client.get(VIEWS)
    assert [seen.status for seen in github.requests] == [502]


@pytest.mark.parametrize(
    ("case", "status", "body"),
    [
        (fault_cases.malformed_json, 200, b'{"count": 12, "uniques": '),
        (fault_cases.empty_body, 200, b""),
        (fault_cases.null_body, 200, b"null"),
        (fault_cases.error_object_with_200, 200, b'{"message": "Server Error"}'),
        (fault_cases.accepted_202, 202, b"{}"),
        (fault_cases.no_content_204, 204, b""),
        (fault_cases.not_modified_unasked, 304, b""),
    ],
)
def test_a_body_may_be_useless(
    github: SimulatedGitHub, client: Client, case: Callable[[], Fault], status: int, body: bytes
) -> None:
    github.faults.add(case())
    reply = client.get(VIEWS)
    assert (reply.status, reply.body) == (status, body)
    assert client.get(VIEWS).status == 200


@pytest.mark.parametrize(
    ("case", "status", "kind"),
    [
        (fault_cases.html_with_200, 200, "text/html; charset=utf-8"),
        (fault_cases.unicorn_502, 502, "text/html; charset=utf-8"),
        (fault_cases.html_503_labelled_json, 503, "application/json; charset=utf-8"),
    ],
)
def test_a_page_may_come_instead(
    github: SimulatedGitHub, client: Client, case: Callable[[], Fault], status: int, kind: str
) -> None:
    github.faults.add(case())
    reply = client.get(VIEWS)
    assert (reply.status, reply.headers["content-type"], reply.body[:15]) == (status, kind, b"<!DOCTYPE html>")


def test_good_json_may_bear_a_wrong_label(github: SimulatedGitHub, client: Client) -> None:
    github.faults.add(fault_cases.wrong_content_type())
    reply = client.get(VIEWS)
    assert (reply.headers["content-type"], len(reply.json["views"])) == ("text/plain", 14)


def test_the_top_type_may_be_the_other_one(github: SimulatedGitHub, client: Client) -> None:
    github.faults.add(fault_cases.wrong_top_type(), fault_cases.wrong_top_type())
    assert isinstance(client.get(VIEWS).json, list)
    assert client.get("/repos/sample/one/traffic/popular/paths").json == {}


@pytest.mark.parametrize(
    ("case", "status"),
    [
        (fault_cases.unsupported_version_400, 400),
        (fault_cases.retired_version_410, 410),
        (fault_cases.pages_limited_422, 422),
        (fault_cases.not_found_once, 404),
        (fault_cases.bad_credentials_401, 401),
    ],
)
def test_any_refusal_may_come_out_of_turn(
    github: SimulatedGitHub, client: Client, case: Callable[[], Fault], status: int
) -> None:
    github.faults.add(case())
    reply = client.get(VIEWS)
    assert reply.status == status
    assert reply.message


def test_the_date_may_be_off(github: SimulatedGitHub, client: Client) -> None:
    github.faults.add(fault_cases.skewed_date(timedelta(hours=-3)))
    assert client.get(VIEWS).headers["date"] == "Fri, 20 Nov 2026 09:00:00 GMT"


@pytest.mark.parametrize("value", ["-5", "soon", "Fri, 20 Nov 2026 12:01:00 GMT", "86400"])
def test_retry_after_may_be_absurd(github: SimulatedGitHub, client: Client, value: str) -> None:
    github.faults.add(fault_cases.strange_retry_after(value))
    reply = client.get(VIEWS)
    assert (reply.status, reply.headers["retry-after"]) == (429, value)
    assert reply.message.startswith("You have exceeded a secondary rate limit")


@pytest.mark.parametrize(
    ("case", "reset"),
    [
        (fault_cases.reset_in_the_past, NOON.timestamp() - 3600),
        (fault_cases.reset_in_milliseconds, (NOON.timestamp() + 60) * 1000),
        (fault_cases.reset_far_ahead, NOON.timestamp() + 365 * 86400),
    ],
)
def test_the_reset_may_be_absurd(
    github: SimulatedGitHub, client: Client, case: Callable[[], Fault], reset: float
) -> None:
    github.faults.add(case())
    reply = client.get(VIEWS)
    assert (reply.status, reply.headers["x-ratelimit-remaining"]) == (403, "0")
    assert float(reply.headers["x-ratelimit-reset"]) == reset


def test_limit_headers_may_be_missing_in_part_or_all(github: SimulatedGitHub, client: Client) -> None:
    github.faults.add(fault_cases.reset_missing(), fault_cases.no_limit_headers())
    first, second = client.get(VIEWS), client.get(VIEWS)
    assert (first.status, "x-ratelimit-reset" in first.headers) == (403, False)
    assert (second.status, [name for name in second.headers if name.startswith("x-ratelimit")]) == (200, [])


def test_a_403_may_speak_of_a_limit_while_much_is_left(github: SimulatedGitHub, client: Client) -> None:
    github.faults.add(fault_cases.limit_text_with_remaining())
    reply = client.get(VIEWS)
    assert reply.status == 403
    assert "secondary rate limit" in reply.message
    assert int(reply.headers["x-ratelimit-remaining"]) > 4000


def test_a_small_packed_body_may_be_huge(github: SimulatedGitHub, client: Client) -> None:
    github.faults.add(fault_cases.gzip_bomb(megabytes=8))
    reply = client.get(VIEWS)
    assert int(reply.headers["content-length"]) < 50_000
    assert len(reply.body) > 8_000_000
    assert set(json.loads(reply.body)) == {0}
