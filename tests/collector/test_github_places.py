"""Where the token goes, and where it never goes: TLS, redirects, proxies, .netrc (fault cases 6, 22 to 27, 74)."""

from itertools import cycle
from pathlib import Path

import pytest

from collector.client import TRIES, GitHub
from collector.errors import BadAnswer, GitHubError, Missing, RequestRefused, RunStopped, Unreachable
from collector.rate_limit import RateLimiter
from collector.settings import Settings
from tests.collector.asking import REPO, SECRET, VIEWS, VirtualClock, asking
from tests.collector.other_servers import Serve, hangs_up, listening, speaks_plainly, with_certificate
from tests.fake_github import Fault
from tests.fake_github import faults as cases

LEADS_AWAY = [
    "http://{there}/x",
    "https://{here}/x",
    "//{there}/x",
    "http://{there}\\@{here}/x",
    "http://{here}@{there}/x",
    "http://user:password@{here}/x",
    "http://{here}:80/x",
    "http://localhost/x",
    "ftp://{here}/x",
    "http://{there}#@{here}/",
    "http://{there}?@{here}/",
    "file:///etc/hostname",
]


def asks_over_tls(serve: Serve) -> tuple[type[GitHubError], str]:
    with listening(serve) as listener:
        settings, clock = Settings(f"https://{listener.place}"), VirtualClock()
        with pytest.raises(GitHubError) as caught:
            GitHub(settings, SECRET, RateLimiter(settings, clock), clock).fetch(VIEWS)
    return caught.type, str(caught.value)


def test_a_certificate_that_nobody_vouches_for_stops_the_run(tmp_path: Path) -> None:
    kind, said = asks_over_tls(with_certificate(tmp_path))
    assert kind is RunStopped
    assert "certificate of 127.0.0.1 is not trusted" in said


def test_a_port_without_tls_stops_the_run_and_is_not_asked_without_it() -> None:
    assert asks_over_tls(speaks_plainly)[0] is RunStopped


def test_a_handshake_that_is_cut_off_may_go_better_the_next_time() -> None:
    assert asks_over_tls(hangs_up)[0] is Unreachable


@pytest.mark.parametrize(("status", "place"), list(zip(cycle([301, 302, 307, 308]), LEADS_AWAY, strict=False)))
def test_a_redirect_to_another_place_is_refused_and_nothing_arrives_there(status: int, place: str) -> None:
    with listening() as listener, asking() as there:
        here = there.server.url.removeprefix("http://")
        location = place.format(there=listener.place, here=here)
        there.server.faults.add(cases.redirect(status, lambda _: location))
        with pytest.raises(RequestRefused, match="leads away"):
            there.fetch()
        assert listener.received == []
        assert there.asked == 1


@pytest.mark.parametrize("location", ["http:\\\\{place}/x", "\\\\{place}/x", "/\\{place}/x", "http://[::1/x"])
def test_a_redirect_that_is_no_address_leads_nowhere(location: str) -> None:
    with listening() as listener, asking() as there:
        there.server.faults.add(cases.redirect(301, lambda _: location.format(place=listener.place)))
        with pytest.raises((Missing, RequestRefused)):
            there.fetch()
        assert listener.received == []


def test_a_redirect_to_the_same_machine_under_another_name_gets_no_token() -> None:
    plain = cases.redirect(301, lambda request: f"http://127.0.0.1:1{request.target}")
    with asking(cases.redirect_to_other_host(), plain) as there:
        for _ in range(2):
            with pytest.raises(RequestRefused, match="leads away"):
                there.fetch()
        assert there.server.violations == []


@pytest.mark.parametrize("status", [302, 303, 307])
def test_a_temporary_redirect_is_followed_and_forgotten(status: int) -> None:
    aside = cases.redirect(status, lambda request: f"http://{request.headers['host']}{REPO}")
    with asking(aside) as there:
        answer = there.fetch()
        assert answer.body["full_name"] == "octo/hello"  # type: ignore[index]
        assert answer.led_to is not None


@pytest.mark.parametrize("location", [REPO, f"..{REPO}", "/repositories/1", f"{REPO}#part"])
def test_a_redirect_without_a_host_stays_on_ours(location: str) -> None:
    with asking(cases.redirect(301, lambda _: location).on("/somewhere")) as there:
        assert there.fetch("/somewhere").body["full_name"] == "octo/hello"  # type: ignore[index]


@pytest.mark.parametrize("fault", [cases.redirect_loop(), cases.redirect(301, lambda request: request.target)])
def test_a_redirect_in_a_circle_is_refused_at_once(fault: Fault) -> None:
    with asking(fault) as there:
        with pytest.raises(RequestRefused, match="in a circle"):
            there.fetch()
        assert there.asked == 1


def test_more_than_five_redirects_are_refused() -> None:
    onward = cases.redirect(301, lambda request: request.path + "x").repeated()
    with asking(onward) as there:
        with pytest.raises(RequestRefused, match="more than 5 times"):
            there.fetch("/a")
        assert there.asked == 6


@pytest.mark.parametrize("location", [None, ""])
def test_a_redirect_to_nowhere_is_refused(location: str | None) -> None:
    with asking(cases.redirect(301, lambda _: location)) as there, pytest.raises(RequestRefused, match="where to"):
        there.fetch()


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "all_proxy", "https_proxy"])
def test_a_proxy_of_the_environment_never_sees_the_token(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with listening() as proxy, asking() as there:
        monkeypatch.setenv(name, f"http://{proxy.place}")
        assert there.fetch().status == 200
        assert proxy.received == []


def test_through_a_proxy_to_https_only_the_name_of_the_host_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with listening() as proxy:
        monkeypatch.setenv("https_proxy", f"http://{proxy.place}")
        monkeypatch.delenv("no_proxy", raising=False)
        settings, clock = Settings("https://github.invalid"), VirtualClock()
        with pytest.raises(GitHubError):
            GitHub(settings, SECRET, RateLimiter(settings, clock), clock).fetch(VIEWS)
        assert len(proxy.received) >= 1
        assert all(each.startswith(b"CONNECT github.invalid:443") for each in proxy.received)
        assert not any(b"uthorization" in each or SECRET.encode() in each for each in proxy.received)


def test_a_netrc_file_does_not_replace_the_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password else\n")
    with asking() as there:
        monkeypatch.setenv("NETRC", str(netrc))
        monkeypatch.setenv("HOME", str(tmp_path))
        assert there.fetch().status == 200


def test_a_next_page_elsewhere_is_refused_and_nothing_arrives_there() -> None:
    with listening() as listener, asking() as there:
        link = f'<http://{listener.place}/user/repos?page=2>; rel="next"'
        there.server.faults.add(Fault(headers={"link": link}))
        pages = there.github.fetch_pages("/user/repos")
        assert next(pages).status == 200
        with pytest.raises(RequestRefused, match="next page of a list leads away"):
            next(pages)
        assert listener.received == []


def test_pages_that_lead_to_themselves_end() -> None:
    with asking() as there:
        link = f'<{there.server.url}/user/repos>; rel="next"'
        there.server.faults.add(Fault(headers={"link": link}).repeated())
        assert len(list(there.github.fetch_pages("/user/repos"))) == 1


def test_a_cut_off_page_of_a_list_is_asked_for_again() -> None:
    with asking() as there:
        link = f'<{there.server.url}/user/repos?page=2>; rel="next"'
        there.server.faults.add(Fault(headers={"link": link}), cases.truncated_body().repeated(TRIES))
        pages = there.github.fetch_pages("/user/repos")
        next(pages)
        with pytest.raises(BadAnswer):
            next(pages)
        assert there.asked == 1 + TRIES
