"""Settings are taken as they are, or refused with a sentence that says what to change."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.errors import SettingsRefused
from collector.settings import DEFAULT_API_URL, Settings, read_settings


def test_without_anything_set_it_is_github_at_600_requests_a_minute_and_8_at_once() -> None:
    assert read_settings({}) == Settings(DEFAULT_API_URL, 600, 8)


def test_an_empty_variable_counts_as_not_set() -> None:
    empty = {"GITHUB_API_URL": "", "TRAFFIC_REQUESTS_A_MINUTE": "", "TRAFFIC_CONCURRENCY": ""}
    assert read_settings(empty) == Settings()


@pytest.mark.parametrize(
    ("url", "taken"),
    [
        ("https://api.github.com/", "https://api.github.com"),
        ("https://api.github.com", "https://api.github.com"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("https://proxy.example/github", "https://proxy.example/github"),
    ],
)
def test_an_address_is_taken_without_its_last_slash(url: str, taken: str) -> None:
    assert read_settings({"GITHUB_API_URL": url}).api_url == taken


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://api.github.com", "must begin with https://"),
        ("http://10.0.0.1", "must begin with https://"),
        ("http://127.0.0.1.example", "must begin with https://"),
        ("ftp://api.github.com", "must begin with https://"),
        ("ghp_0123456789abcdef", "must begin with https://"),
        ("api.github.com", "must begin with https://"),
        ("https://", "must begin with https://"),
        ("https://user:secret@api.github.com", "without a user, a token or a query"),
        ("https://ghp_0123456789abcdef@api.github.com", "without a user, a token or a query"),
        ("https://@api.github.com", "without a user, a token or a query"),
        ("https://api.github.com?access_token=secret", "without a user, a token or a query"),
        ("https://api.github.com#secret", "without a user, a token or a query"),
        ("https://api.acme.ghe.com", "data residency"),
        ("https://GHE.com", "data residency"),
        ("https://github.acme.example/api/v3", "GitHub Enterprise Server"),
        ("https://github.acme.example/api/v3/", "GitHub Enterprise Server"),
        ("https://[::1", "is not an address"),
        ("https://api.github.com:port", "is not an address"),
        ("https://api.github.com:99999", "is not an address"),
        ("https://api.github.com\\@evil.invalid", "is not an address"),
        ("https://api.github.com /x", "is not an address"),
        ("https://api.gith\nub.com", "is not an address"),
        ("https://api.github\u3002com", "is not an address"),
    ],
)
def test_an_address_that_gives_no_traffic_or_is_not_safe_is_refused(url: str, why: str) -> None:
    with pytest.raises(SettingsRefused, match=why) as caught:
        read_settings({"GITHUB_API_URL": url})
    assert "secret" not in str(caught.value)
    assert "ghp_" not in str(caught.value)


@pytest.mark.parametrize("url", ["https://github.com", "https://GitHub.com/", "https://www.github.com"])
def test_the_website_is_not_the_api_and_the_right_address_is_named(url: str) -> None:
    with pytest.raises(SettingsRefused, match="Its API, which GITHUB_API_URL names, is https://api\\.github\\.com"):
        read_settings({"GITHUB_API_URL": url})


@pytest.mark.parametrize("name", ["TRAFFIC_REQUESTS_A_MINUTE", "TRAFFIC_CONCURRENCY"])
@pytest.mark.parametrize("text", ["0", "-1", "1.5", "many", "1e3", "²", "٣", " 5", "10000000", "9" * 5000])
def test_a_number_out_of_range_is_refused_with_its_name(name: str, text: str) -> None:
    with pytest.raises(SettingsRefused, match=f"{name} must be a whole number from 1 to") as caught:
        read_settings({name: text})
    assert len(str(caught.value)) < 200


def test_numbers_in_range_are_taken() -> None:
    found = read_settings({"TRAFFIC_REQUESTS_A_MINUTE": "60", "TRAFFIC_CONCURRENCY": "100"})
    assert (found.requests_a_minute, found.concurrency) == (60, 100)


@given(st.text() | st.text().map(lambda text: f"https://{text}"), st.text(max_size=12))
def test_whatever_is_set_is_taken_or_refused_and_nothing_else_happens(url: str, number: str) -> None:
    try:
        found = read_settings({"GITHUB_API_URL": url, "TRAFFIC_CONCURRENCY": number})
    except SettingsRefused:
        return
    assert found.api_url.startswith(("https://", "http://localhost", "http://127.", "http://[::1]"))
    assert 1 <= found.concurrency <= 100
