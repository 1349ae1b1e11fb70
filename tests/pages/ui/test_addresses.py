"""Addresses deeper than any page's: where they lead."""

import pytest

from pages.ui.middleware import meant


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/traffic/daily", "/daily"),
        ("/administration/users/", "/users"),
        ("/a/b/c/start", "/start"),
        ("/traffic/elsewhere.example", "/"),
        ("//elsewhere.example/daily", "/daily"),
    ],
)
def test_a_deeper_address_leads_to_the_page_that_was_meant(path: str, target: str) -> None:
    assert meant(path) == target


@pytest.mark.parametrize(
    "path", ["/", "/daily", "/daily/", "/media/a.csv", "/_stcore/health", "/session/open", "/static/js/a.js"]
)
def test_what_is_served_as_it_is_leads_nowhere_else(path: str) -> None:
    assert meant(path) is None
