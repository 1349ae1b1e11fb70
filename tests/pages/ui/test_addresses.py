"""Who may speak to the server: under which names it is asked, and from which pages."""

import pytest
from streamlit import net_util
from streamlit.web.server.starlette.starlette_websocket import _is_origin_allowed

from pages.ui.addresses import Origin, PublicAddressRefused, public_addresses, refusal

HERE = "localhost:8501"
PUBLIC = public_addresses({"TRAFFIC_PUBLIC_ADDRESS": "https://traffic.example.org:8443/, http://10.0.0.5:8501"})


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        (HERE, None, None),
        (HERE, "http://localhost:8501", None),
        ("127.0.0.1:8501", "http://127.0.0.1:8501", None),
        ("[::1]:8501", "http://[::1]:8501", None),
        ("LOCALHOST:8501", "HTTP://localhost:8501", None),
        ("localhost:80", "http://localhost", None),
        ("localhost", "https://localhost:443", None),  # a proxy with TLS
        ("traffic.example.org:8443", "https://traffic.example.org:8443", None),
        ("traffic.example.org", "https://traffic.example.org:8443", None),  # a proxy that drops the port
        ("127.0.0.1:8501", "https://traffic.example.org:8443", None),  # a proxy that names itself
        ("10.0.0.5:8501", "http://10.0.0.5:8501", None),
        (HERE, "http://localhost:3000", 403),  # another program of the same machine
        (HERE, "http://elsewhere.example", 403),
        (HERE, "http://localhost:8501.elsewhere.example", 400),
        (HERE, "http://localhost.elsewhere.example:8501", 403),
        (HERE, "file://localhost:8501", 403),
        (HERE, "null", 403),
        ("traffic.example.org", "https://traffic.example.org:9443", 403),
        ("elsewhere.example", "http://elsewhere.example", 403),  # a name that was made to lead here
        ("localhost.elsewhere.example", None, 403),
        ("127.0.0.1.elsewhere.example", None, 403),
        ("8.8.8.8:8501", None, 403),
        *(
            (HERE, malformed, 400)
            for malformed in ("", "http://", "http://[bad", "http://a b", "http://localhost:99999")
        ),
        *((HERE, malformed, 400) for malformed in ("localhost:8501", "http://localhost:8501/", "http://x@localhost")),
        *(
            (malformed, None, 400)
            for malformed in ("", "[bad", "a:b", "a:1:2", "localhost:99999", "a/b", "x@localhost")
        ),
        ("localhost:８５０１", None, 400),
    ],
)
def test_only_known_names_and_pages_are_served(host: str, origin: str | None, status: int | None) -> None:
    found = refusal([host], [] if origin is None else [origin], must_tell=False, public=PUBLIC)
    assert (found and found.status) == status


@pytest.mark.parametrize(("hosts", "origins"), [([], []), ([HERE, HERE], []), ([HERE], ["http://localhost:8501"] * 2)])
def test_a_header_that_is_missing_or_stands_twice_is_malformed(hosts: list[str], origins: list[str]) -> None:
    found = refusal(hosts, origins, must_tell=False, public=PUBLIC)
    assert found is not None
    assert found.status == 400


def test_what_changes_something_must_say_where_it_comes_from() -> None:
    found = refusal([HERE], [], must_tell=True, public=PUBLIC)
    assert found is not None
    assert found.status == 403


@pytest.mark.parametrize(
    "named", ["traffic.example.org", "ftp://a.example", "https://a.example/traffic", "https://a b"]
)
def test_a_public_address_that_is_none_is_refused_at_the_start(named: str) -> None:
    with pytest.raises(PublicAddressRefused, match="TRAFFIC_PUBLIC_ADDRESS must be an address"):
        public_addresses({"TRAFFIC_PUBLIC_ADDRESS": f"https://good.example,{named}"})


def test_no_public_address_is_named_by_default() -> None:
    assert public_addresses({}) == frozenset()
    assert Origin("https", "traffic.example.org", 8443) in PUBLIC


def test_the_streamlit_that_is_installed_asks_the_outside_for_who_it_does_not_know(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The reason of all this: when it is gone, so may be the host that a socket gets."""
    asked: list[str] = []
    monkeypatch.setattr(net_util, "get_internal_ip", lambda: None)
    monkeypatch.setattr(net_util, "get_external_ip", lambda: asked.append("the outside"))
    assert _is_origin_allowed("https://traffic.example.org:8443", "traffic.example.org") is False
    assert asked
