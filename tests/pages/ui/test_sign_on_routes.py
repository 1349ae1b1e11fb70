"""Signing on by the organization, against a real provider of OpenID Connect: who gets in, where they land, and which
tokens open nothing.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import pytest
import streamlit as st
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.testclient import TestClient

from data.accounts import accounts, invitations, sign_on
from data.accounts.authority import COMMAND_LINE, account_named
from data.accounts.models import Account, Grant, Role
from data.accounts.sign_on import Identity, NewSignOnRule, NotLetIn, RuleKind
from data.calendar import utc_now
from pages.ui import middleware, session_routes, sign_on_routes
from pages.ui.session_routes import COOKIE, REASON_COOKIE
from pages.ui.sign_on_routes import END_PATH, HINT_COOKIE, RETURN_PATH, START_PATH, own_address
from tests.pages.app import BLUE, App, shown_text
from tests.pages.organization import Organization, Spoil, organization

HERE = "http://localhost:8501"
WANTED = "/chart?range=All&of=blue%2Fengine&by=month"
VIEWER = Grant(Role.TENANT_VIEWER, BLUE)
EVE = {"email": "eve@corp.example", "email_verified": True, "name": "Eve", "preferred_username": "eve"}


@pytest.fixture(scope="module")
def running() -> Iterator[Organization]:
    with organization() as found:
        yield found


@dataclass(frozen=True)
class Browser:
    """A browser over the routes and what stands around them, and the organization's provider."""

    client: TestClient
    provider: Organization

    def start(self, wanted: str = WANTED, **fields: object) -> str:
        """The provider's address to which one is led from a page."""
        answer = self.client.post(START_PATH, json={"wanted": wanted, **fields}, headers={"Origin": HERE})
        assert answer.status_code == 200, answer.text
        return answer.text

    def sign_on(self, subject: str = "eve", wanted: str = WANTED, **claims: object) -> str:
        """Go to the provider, sign in there, come back; where one lands."""
        return self.back(self.provider.sign_in(self.start(wanted, **claims), subject))

    def back(self, location: str) -> str:
        answer = self.client.get(location.removeprefix(HERE))
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    @property
    def reason(self) -> str:
        return self.client.cookies.get(REASON_COOKIE) or ""

    @property
    def is_signed_in(self) -> bool:
        return COOKIE in self.client.cookies


@pytest.fixture
def browser(app: App, running: Organization, monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    running.spoil, running.key, running.userinfo = None, None, {}
    running.knows("eve", **EVE)
    monkeypatch.setattr("streamlit.secrets", {"auth": running.settings(HERE)})
    signed = Middleware(SessionMiddleware, secret_key="a secret of the tests", same_site="lax")
    routes = [*session_routes.routes(), *sign_on_routes.routes()]
    inner = Starlette(routes=routes, middleware=[*middleware.middleware(), signed])
    with TestClient(inner, HERE, follow_redirects=False) as client:
        yield Browser(client, running)


@pytest.fixture
def let_in(app: App, browser: Browser) -> Browser:
    """The browser, where the domain corp.example is let in."""
    rule = NewSignOnRule(RuleKind.DOMAIN, browser.provider.issuer, "corp.example", VIEWER)
    sign_on.add_rule(app.store, COMMAND_LINE, rule, utc_now())
    return browser


def known(app: App, username: str) -> Account:
    """The account of that name, which need not have a password."""
    with app.store.control.read() as cursor:
        account = account_named(cursor, username)
    assert account is not None
    return account


def test_a_verified_domain_is_let_in_and_lands_where_it_wanted_to_be(app: App, let_in: Browser) -> None:
    asked = parse_qs(urlsplit(let_in.start()).query)
    assert (asked["code_challenge_method"], asked["scope"]) == (["S256"], ["openid email profile"])
    assert "prompt" not in asked, "a provider may refuse one that it does not know"
    assert let_in.sign_on() == WANTED
    eve = known(app, "eve")
    assert (eve.grants, eve.email) == ((VIEWER,), "eve@corp.example")
    let_in.client.cookies.delete(COOKIE)
    let_in.provider.knows("eve", email="other@corp.example", email_verified=False)
    assert let_in.sign_on(wanted="/") == "/", "the subject counts, whatever the address is now"
    assert let_in.is_signed_in
    assert let_in.reason == ""


def changed(**claims: object) -> Spoil:
    return lambda header, found: found.update(claims)


def unsigned(header: dict[str, object], claims: dict[str, object]) -> None:
    header.update(alg="none")
    claims.pop("at_hash")  # which would tell of another algorithm


def without(claim: str) -> Spoil:
    return lambda header, claims: claims.pop(claim)


HOUR = 3600
SPOILED: dict[str, Spoil] = {
    "issuer": changed(iss="https://evil.example"),
    "no issuer": without("iss"),
    "audience": changed(aud=["another"], azp="traffic"),
    "no audience": without("aud"),
    "nonce": changed(nonce="another"),
    "no nonce": without("nonce"),
    "expired": changed(exp=int(time.time()) - HOUR, iat=int(time.time()) - 2 * HOUR),
    "not yet": changed(iat=int(time.time()) + HOUR),
    "no subject": without("sub"),
    "empty subject": changed(sub=""),
    "unsigned": unsigned,
    "signed with what everybody knows": lambda header, _: header.update(alg="HS256"),
}


def test_a_token_that_is_not_right_opens_nothing(let_in: Browser) -> None:
    for how, let_in.provider.spoil in SPOILED.items():
        assert let_in.sign_on() == WANTED
        assert (how, let_in.reason, let_in.is_signed_in) == (how, NotLetIn.FAILED, False)
        let_in.client.cookies.delete(REASON_COOKIE)
    let_in.provider.spoil, let_in.provider.key = changed(), RSAKey.generate_key()
    let_in.sign_on()
    assert (let_in.reason, let_in.is_signed_in) == (NotLetIn.FAILED, False)
    let_in.provider.key = None
    let_in.provider.userinfo = {"sub": "somebody else"}
    let_in.sign_on()
    assert (let_in.reason, let_in.is_signed_in) == (NotLetIn.FAILED, False)
    let_in.provider.userinfo = {}
    let_in.sign_on()
    assert let_in.is_signed_in, "the same, signed by the provider's own key"


def test_what_the_token_does_not_say_is_asked_of_the_provider(app: App, let_in: Browser) -> None:
    let_in.provider.spoil = without("email")
    let_in.sign_on()
    assert known(app, "eve").email == "eve@corp.example"
    let_in.provider.spoil = changed(email="bob@corp.example", email_verified=False)
    let_in.provider.knows("bob", **EVE | {"email": "bob@corp.example"})
    let_in.sign_on("bob")
    assert let_in.reason == NotLetIn.UNVERIFIED, "the token's own word of an address stands"


@pytest.mark.parametrize(
    ("subject", "claims", "reason"),
    [
        ("new", {"email": "new@corp.example", "email_verified": False}, NotLetIn.UNVERIFIED),
        ("sub", {"email": "new@a.corp.example", "email_verified": True}, NotLetIn.UNKNOWN),
        ("again", EVE, NotLetIn.EMAIL_TAKEN),
        ("disabled", {}, NotLetIn.DISABLED),
    ],
)
def test_whoever_is_not_let_in_is_told_why(
    app: App, let_in: Browser, subject: str, claims: dict[str, object], reason: NotLetIn
) -> None:
    let_in.sign_on()
    let_in.client.cookies.delete(COOKIE)
    off = app.account("viewer").user_id
    sign_on.link_identity(app.store, COMMAND_LINE, off, Identity(let_in.provider.issuer, "disabled"), utc_now())
    accounts.disable_user(app.store, COMMAND_LINE, off, utc_now())
    let_in.provider.knows(subject, **claims)
    assert let_in.sign_on(subject) == WANTED
    assert (let_in.reason, let_in.is_signed_in) == (reason, False)
    app.monkeypatch.setattr("pages.ui.session.refused_because", lambda: let_in.reason)
    assert sign_on.SENTENCES[reason] in [each.value for each in app.opened().warning]


def test_only_the_browser_that_began_comes_back_and_once(app: App, let_in: Browser) -> None:
    location = let_in.provider.sign_in(let_in.start(), "eve")
    cookies = dict(let_in.client.cookies)
    let_in.client.cookies.clear()
    assert let_in.back(location) == "/"
    assert (let_in.reason, let_in.is_signed_in) == (NotLetIn.LATE, False)
    let_in.client.cookies.update(cookies)
    assert let_in.back(location) == WANTED
    assert let_in.is_signed_in
    let_in.client.cookies.delete(COOKIE)
    let_in.back(location)
    assert not let_in.is_signed_in


def test_an_attempt_that_took_too_long_or_was_declined_opens_nothing(let_in: Browser) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sign_on_routes, "ATTEMPT_LASTS_S", -1)
        let_in.sign_on()
    assert (let_in.reason, let_in.is_signed_in) == (NotLetIn.LATE, False)
    state = parse_qs(urlsplit(let_in.start()).query)["state"][0]
    assert let_in.back(f"{RETURN_PATH}?error=access_denied&state={state}") == WANTED
    assert (let_in.reason, let_in.is_signed_in) == (NotLetIn.DECLINED, False)


def test_attempts_that_nobody_came_back_from_keep_nobody_out(let_in: Browser) -> None:
    for _ in range(15):
        let_in.start()
    let_in.start(f"/sql?query={'x' * 1900}", secret="s" * 200)
    assert len(let_in.client.cookies["session"]) < 4000, "a browser keeps no longer one"
    assert let_in.sign_on() == WANTED
    assert let_in.is_signed_in


ELSEWHERE = (
    *("https://evil.example/chart", "//evil.example/chart", "/\\evil.example", "\\\\evil.example", "\t//evil.example"),
    *("javascript:alert(1)", "/chart/../../evil", "/session/close", "/oauth2callback?code=1", ""),
)


def test_nobody_is_led_elsewhere_and_a_filter_stays_as_it_was() -> None:
    assert {own_address(each) for each in ELSEWHERE} == {"/", "/chart"}
    with pytest.raises(ValueError, match="IPv6"):  # which is answered as no sign-in
        own_address("http://[")
    assert own_address("/sql?query=select%20'%C3%A4'%0D%0A&x=//y") == "/sql?query=select%20'%C3%A4'%0D%0A&x=//y"
    assert own_address(f"/sql?query={'x' * 2000}") == "/sql"


def test_another_sites_page_starts_nothing(browser: Browser) -> None:
    for headers in ({"Origin": "https://evil.example"}, {}):
        assert browser.client.post(START_PATH, json={"wanted": "/"}, headers=headers).status_code == 403


def test_an_invitation_is_accepted_without_a_password(app: App, browser: Browser) -> None:
    secret = invitations.invite(app.store, "tenant", [VIEWER], "new@example.org", utc_now())
    run = app.opened(invitation=secret)
    assert run.button(key="invitation_organization").label == "Continue with your organization"
    assert browser.sign_on(secret=secret) == "/"
    assert browser.is_signed_in
    assert known(app, "eve").grants == (VIEWER,)
    assert not accounts.has_password(known(app, "eve"), app.store)
    assert browser.sign_on("other", secret=secret) == f"/?invitation={secret}"
    assert browser.reason == NotLetIn.LINK


def test_an_identity_is_linked_with_the_account_that_asked_only(app: App, browser: Browser) -> None:
    assert browser.sign_on(wanted="/profile", link=True) == "/profile"
    assert browser.reason == NotLetIn.LATE, "nobody is signed in"
    browser.client.cookies.set(COOKIE, app.signed_in("viewer"))
    location = browser.provider.sign_in(browser.start("/profile", link=True), "eve")
    browser.client.cookies.set(COOKIE, app.signed_in("single"))
    browser.back(location)
    assert browser.reason == NotLetIn.LATE, "somebody else is by now"
    assert sign_on.identities(app.account("single"), app.store) == ()
    browser.client.cookies.set(COOKIE, app.signed_in("viewer"))
    assert browser.sign_on(wanted="/profile", link=True) == "/profile"
    run = app.opened("viewer", "profile")
    assert "eve, linked just now" in shown_text(run)
    browser.client.cookies.set(COOKIE, app.signed_in("single"))
    browser.sign_on(wanted="/profile", link=True)
    assert browser.reason == NotLetIn.TAKEN
    run.button(key="profile_unlink_0").click().run()
    assert sign_on.identities(app.account("viewer"), app.store) == ()


def test_signing_out_signs_out_at_the_organization_too(app: App, let_in: Browser) -> None:
    let_in.sign_on()
    hint = let_in.client.cookies[HINT_COOKIE]
    answer = let_in.client.get(END_PATH)
    asked = parse_qs(urlsplit(answer.headers["location"]).query)
    assert answer.headers["location"].startswith(f"{let_in.provider.issuer}/oauth2/end_session?")
    assert (asked["id_token_hint"], asked["post_logout_redirect_uri"]) == ([hint], [f"{HERE}{RETURN_PATH}"])
    assert let_in.back(f"{RETURN_PATH}?state={asked['state'][0]}") == "/"
    assert (let_in.client.get(END_PATH).headers["location"], let_in.reason) == ("/", "")


def test_with_passwords_off_the_organization_is_the_only_way(app: App, browser: Browser) -> None:
    browser.client.cookies.set(COOKIE, app.signed_in("admin"))
    browser.sign_on(wanted="/profile", link=True)
    assert [each.label for each in app.opened().text_input] == ["Username", "Password"]
    sign_on.switch_passwords(app.store, "admin", utc_now(), on=False)
    run = app.opened()
    assert not run.text_input
    assert run.button(key="sign_in_organization").label == "Sign in with your organization"
    reset = invitations.reset_password(app.store, "admin", known(app, "viewer").user_id, utc_now())
    link = invitations.invite(app.store, "admin", [VIEWER], None, utc_now())
    for secret in (reset, link):
        run = app.opened(invitation=secret)
        assert not run.text_input
        assert run.button(key="invitation_organization")
    assert not [each for each in app.opened("viewer", "profile").text_input if each.key == "profile_current"]
    app.monkeypatch.setattr("streamlit.secrets", {})
    assert "signon passwords on" in app.opened().warning[0].value


def test_a_provider_that_does_not_answer_is_said(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(st.secrets["auth"], "server_metadata_url", "http://localhost:9/none")
    answer = browser.client.post(START_PATH, json={"wanted": "/"}, headers={"Origin": HERE})
    assert answer.status_code == 502
    assert "does not respond" in answer.text


def test_at_another_address_than_the_organization_knows_one_is_told_which(browser: Browser) -> None:
    other = HERE.replace("localhost", "127.0.0.1")
    answer = browser.client.post(
        f"{other}{START_PATH}", json={"wanted": "/"}, headers={"Origin": other, "Host": other.partition("//")[2]}
    )
    assert answer.status_code == 409
    assert f"Open this app at {HERE}," in answer.text
