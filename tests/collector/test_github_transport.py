"""What goes wrong on the way: connections that break, drip, lie or never end (fault cases 1 to 9)."""

import gzip
import tracemalloc
import zlib
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import chain, repeat

import pytest

from collector import client
from collector.client import GREATEST_BODY, TRIES
from collector.errors import BadAnswer, GitHubError, HostDown, RequestRefused, Unreachable
from tests.collector.asking import VIEWS, asking
from tests.fake_github import Answer, Fault, Request, message
from tests.fake_github import faults as cases
from tests.fake_github.answers import head

MEGABYTE = 1 << 20
chunked_without_end = partial(Fault, send=lambda answer: [message(answer, chunked=True)[: -len(b"0\r\n\r\n")]])
headers_then_nothing = partial(Fault, send=lambda answer: [head(answer), 60])
no_answer = partial(Fault, send=lambda _: [60])
BROKEN = [
    (cases.closed_before_answer, Unreachable),
    (cases.reset_in_body, Unreachable),
    (cases.truncated_body, BadAnswer),
    (chunked_without_end, BadAnswer),
    (cases.wrong_content_encoding, BadAnswer),
    (cases.html_with_200, BadAnswer),
]


@pytest.mark.parametrize("case", [case for case, _ in BROKEN])
def test_a_broken_answer_is_asked_for_again(case: Callable[[], Fault]) -> None:
    with asking(case()) as there:
        assert len(there.fetch().body["views"]) == 14  # type: ignore[index]
        assert there.asked == 2


@pytest.mark.parametrize(("case", "kind"), BROKEN)
def test_an_answer_that_stays_broken_is_a_failure_after_four_tries(
    case: Callable[[], Fault], kind: type[GitHubError]
) -> None:
    with asking(case().repeated()) as there:
        with pytest.raises(kind):
            there.fetch()
        assert there.asked == TRIES
        assert there.server.violations == []


def test_a_refused_connection_means_that_the_host_is_down() -> None:
    with asking() as there:
        there.server.stop()
        with pytest.raises(HostDown, match=r"Could not connect to GitHub \(127\.0\.0\.1\)"):
            there.fetch()


def test_a_name_that_nobody_knows_means_that_the_host_is_down() -> None:
    with asking() as there:
        there.github._api_url = "http://nowhere.invalid"
        with pytest.raises(HostDown, match="Could not connect"):
            there.fetch()


def slowly(text: bytes) -> list[bytes | float | str]:
    return [part for byte in text for part in (0.05, bytes([byte]))]


CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n"
DRIPS = {
    "body": Fault(send=lambda answer: chain([head(answer)], slowly(answer.body))),
    "headers": Fault(send=lambda _: slowly(b"HTTP/1.1 200 OK\r\n" + b"x-more: 1\r\n" * 50)),
    "size of a chunk": Fault(send=lambda _: [CHUNKED + b"\r\n", *slowly(b"0" * 500)]),
    "size of a chunk of a last answer": Fault(
        send=lambda _: [CHUNKED + b"connection: close\r\n\r\n", *slowly(b"0" * 500)]
    ),
}


@pytest.mark.parametrize("what", DRIPS)
def test_an_answer_that_drips_is_given_up_at_the_deadline(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "DEADLINE_S", 0.3)
    with asking(DRIPS[what].repeated(TRIES)) as there:
        with pytest.raises(BadAnswer, match=r"not complete after 0\.3 s"):
            there.fetch()
        assert there.asked == TRIES
        assert there.fetch().status == 200


@pytest.mark.parametrize("case", [headers_then_nothing, no_answer])
def test_silence_is_given_up_at_the_timeout(case: Callable[[], Fault], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "READ_TIMEOUT_S", 0.2)
    with asking(case().repeated(TRIES)) as there:
        with pytest.raises(Unreachable, match=r"did not answer within 0\.2 s"):
            there.fetch()
        assert there.fetch().status == 200


def test_a_huge_body_is_given_up_once_and_for_all() -> None:
    pieces = repeat(b"12345678," * (MEGABYTE // 9), 100)
    huge = Fault(headers={"content-length": "104857600"}, send=lambda answer: chain([head(answer), b"["], pieces))
    with asking(huge.repeated()) as there:
        there.server.switches.gzip = False
        with pytest.raises(RequestRefused, match="more than 10,000,000 bytes"):
            there.fetch()
        assert there.asked == 1


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_a_bomb_of_gzip_takes_no_more_memory_than_the_greatest_body(layers: int) -> None:
    body = bomb(64)
    for _ in range(layers - 1):
        body = gzip.compress(body)
    with asking(Fault(body=body, headers={"content-encoding": ", ".join(["gzip"] * layers)})) as there:
        tracemalloc.start()
        with pytest.raises(RequestRefused, match="more than"):
            there.fetch()
        greatest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert greatest < 3 * GREATEST_BODY


def bomb(megabytes: int) -> bytes:
    """Small on the wire, far too much when unpacked: zeros in a JSON list."""
    packer = zlib.compressobj(6, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    pieces = [packer.compress(b"[0"), *(packer.compress(b",0" * (MEGABYTE // 2)) for _ in range(megabytes))]
    return b"".join([*pieces, packer.compress(b"]"), packer.flush()])


@pytest.mark.parametrize(("gzip_on", "chunked"), [(True, False), (True, True), (False, True), (False, False)])
def test_one_connection_carries_many_calls(gzip_on: bool, chunked: bool) -> None:
    connections: list[int] = []

    def note(answer: Answer, request: Request) -> Answer:
        connections.append(request.connection)
        return answer

    with asking(Fault(rework=note).repeated()) as there:
        there.server.switches.gzip, there.server.switches.chunked = gzip_on, chunked
        for path in [VIEWS, "/repos/octo/nothing", "/user"] * 3:
            with suppress(GitHubError):
                there.fetch(path)
    assert connections == [connections[0]] * 9


def test_a_connection_that_github_has_closed_meanwhile_is_made_anew() -> None:
    with asking(Fault(headers={"connection": "close"}, send=lambda answer: [message(answer)])) as there:
        assert [there.fetch().status for _ in range(3)] == [200, 200, 200]
        assert there.asked == 3
