"""Tokens that are refused, lack something, expire, or belong to a blocked repository (fault cases 34 to 43)."""

from datetime import UTC, datetime

import pytest

from collector.discovery import hidden_organizations
from collector.errors import AccessRefused, LimitReached, TokenRefused
from tests.collector.asking import SECRET, VIEWS, asking
from tests.fake_github import Fault
from tests.fake_github import faults as cases

EXPIRES = datetime(2026, 11, 1, 8, 30, 10, tzinfo=UTC)


def test_a_token_that_is_revoked_meanwhile_is_refused_and_that_is_remembered() -> None:
    with asking() as there:
        assert there.fetch().status == 200
        there.server.world.tokens[SECRET].revoked = True
        with pytest.raises(TokenRefused):
            there.fetch()
        assert there.asked == 2
        assert "Bad credentials" in str(there.github.token_refused)


def test_a_401_with_other_words_is_asked_again_once() -> None:
    with asking(cases.bad_credentials_401("Requires authentication")) as there:
        assert there.fetch().status == 200
        assert there.asked == 2
        assert there.github.token_refused is None


def test_a_401_with_other_words_that_comes_again_is_a_refusal() -> None:
    with asking(cases.bad_credentials_401("A JSON web token could not be decoded").repeated()) as there:
        with pytest.raises(TokenRefused, match="could not be decoded"):
            there.fetch()
        assert there.asked == 2
        assert there.server.violations == []


@pytest.mark.parametrize(
    "header", ["required; url=javascript:alert(1)", "required; url=https://evil.invalid/", "required"]
)
def test_a_link_for_single_sign_on_leads_to_github_or_is_left_out(header: str) -> None:
    with asking(Fault(403, {"message": "Resource protected"}, {"x-github-sso": header})) as there:
        with pytest.raises(AccessRefused) as caught:
            there.fetch()
        assert caught.value.link is None


def test_a_good_token_after_several_bad_ones_waits_a_quarter_of_an_hour() -> None:
    with asking() as there:
        for number in range(6):
            try:
                there.client(f"ghp_wrong{number}wrongWrong0123456789").fetch(VIEWS)
            except (TokenRefused, LimitReached):
                continue
        waited = there.clock.waits()
        assert there.fetch().status == 200
        assert [*waited, *there.clock.waits()][-1] == 900
        assert there.github.token_refused is None


def test_organizations_hidden_from_a_list_are_counted() -> None:
    header = {"x-github-sso": "partial-results; organizations=21955855,20582480"}
    with asking(Fault(headers=header)) as there:
        assert hidden_organizations(there.fetch("/user/repos")) == 2
        assert hidden_organizations(there.fetch("/user/repos")) == 0


@pytest.mark.parametrize(
    "form", ["08:30:10 UTC", "08:30:10 +0000", "09:30:10 +0100", "00:30:10 -0800", "22:30:10 +1400"]
)
def test_the_expiry_of_a_token_is_read_in_both_of_its_forms(form: str) -> None:
    with asking(Fault(headers={"github-authentication-token-expiration": f"2026-11-01 {form}"})) as there:
        there.fetch()
        assert there.github.token_expires_at == EXPIRES


@pytest.mark.parametrize("text", [None, "", "soon", "2026-13-45 99:99:99 UTC", "0001-01-01 00:00:00 +1400", "9" * 99])
def test_an_expiry_that_cannot_be_read_is_unknown_and_never_now(text: str | None) -> None:
    with asking(Fault(headers={"github-authentication-token-expiration": text})) as there:
        assert there.fetch().status == 200
        assert there.github.token_expires_at is None


@pytest.mark.parametrize(
    "secret", ["", " ", "ghp_a b", "ghp_a\nb", "ghp_\x00", "ghp_ä", "ghr_0123456789abcdef", "\u202e"]
)
def test_what_cannot_be_a_token_is_refused_before_anything_is_sent(secret: str) -> None:
    with asking() as there:
        with pytest.raises(TokenRefused) as caught:
            there.client(secret)
        assert there.asked == 0
        assert len(secret) < 2 or secret not in str(caught.value)


@pytest.mark.parametrize(
    ("secret", "kind"),
    [
        ("ghp_0123456789abcdef", "classic"),
        ("github_pat_11AAA_0123456789", "fine-grained"),
        ("gho_0123456789abcdef", "OAuth"),
        ("ghu_0123456789abcdef", "app user"),
        ("ghs_" + "eyJhbGciOi.eyJpc3Mi.c2ln" * 21, "app installation"),
        ("0123456789abcdef0123456789abcdef01234567", "unknown"),
    ],
)
def test_a_token_shows_its_kind(secret: str, kind: str) -> None:
    with asking() as there:
        assert there.client(secret).kind == kind
