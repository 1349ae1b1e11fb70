"""Signing on by the organization (OpenID Connect): to the provider, and back with a code. Authlib speaks the protocol
and checks the token; who is let in is decided by data/accounts/sign_on.py.

Streamlit's own way (st.login) is not used: it keeps the token's claims in a cookie for a month, and leads to the start
page. Here a token counts once, when it comes. The browser keeps, signed, what the provider must give back.

Source: https://openid.net/specs/openid-connect-core-1_0.html
"""

import json
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import streamlit as st
from authlib.integrations.starlette_client import OAuth
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from data.accounts import invitations, sessions, sign_on
from data.accounts.authority import AccountRefused
from data.accounts.sign_on import Identity, NotLetIn, Person, SignOnRefused
from data.calendar import utc_now
from data.store import StoreError
from pages.ui.addresses import NO_STORE, base_path
from pages.ui.middleware import below_base
from pages.ui.navigation import ENTRIES, INVITATION, START
from pages.ui.session_routes import (
    REASON_COOKIE,
    account_of_request,
    give_cookie,
    set_session,
    short_body,
    unavailable,
)
from pages.ui.store import the_store

log = logging.getLogger(__name__)

START_PATH, RETURN_PATH, END_PATH = "/session/organization", "/oauth2callback", "/session/organization/end"
HINT_COOKIE = "traffic_organization"  # the provider's token: by it the provider knows who signs out
REASON_LASTS_S, ATTEMPT_LASTS_S, TIMEOUT_S, CLOCKS_DIFFER_S = 60, 1800, 10, 60
LONGEST_BODY, LONGEST_ADDRESS, LONGEST_TOKEN = 8000, 2000, 3500  # bytes; a cookie has room for 4096
LONGEST_ATTEMPTS = 2800  # bytes, which are more by a third as a cookie
# Authlib takes a token without a signature where the provider names "none" among its algorithms; HS is by a shared key
UNSIGNED = {"none", "HS256", "HS384", "HS512"}


@dataclass(frozen=True, slots=True)
class Provider:
    """The section [auth] of .streamlit/secrets.toml."""

    client_id: str
    client_secret: str = field(repr=False)
    metadata_url: str
    redirect_uri: str
    options: Mapping[str, Any]

    @property
    def likely_issuer(self) -> str:
        """By the standard the metadata lie below the issuer; some providers name another one there."""
        return self.metadata_url.partition("/.well-known/")[0]

    def client(self) -> Any:
        options = {"scope": "openid email profile", **self.options}
        asked = {"prompt": options.pop("prompt", None)}  # none of ours: a provider may refuse one that it does not know
        return OAuth().register(
            "organization",
            client_id=self.client_id,
            client_secret=self.client_secret,
            server_metadata_url=self.metadata_url,
            authorize_params={name: value for name, value in asked.items() if value},
            client_kwargs={"timeout": TIMEOUT_S, **options, "code_challenge_method": "S256"},
        )


def provider() -> Provider | None:
    """The organization's provider, where one is configured as a whole."""
    try:
        found = st.secrets.get("auth", {})
        return Provider(
            str(found["client_id"]),
            str(found["client_secret"]),
            str(found["server_metadata_url"]),
            str(found["redirect_uri"]),
            dict(found.get("client_kwargs", {})),
        )
    except (FileNotFoundError, KeyError):
        return None


def routes() -> Sequence[BaseRoute]:
    found = {START_PATH: (start, "POST"), RETURN_PATH: (returned, "GET"), END_PATH: (end, "GET")}
    return [Route(f"{base_path()}{path}", answer, methods=[how]) for path, (answer, how) in found.items()]


async def start(request: Request) -> Response:
    """The provider's address to which the browser goes, for what the page sends: the address that was wanted, and the
    secret of a one-time link, or that the identity is to be linked with the account of this session.
    """
    organization = provider()
    if organization is None:
        return PlainTextResponse("Signing in with an organization is not set up here.", 404)
    home = "://".join(urlsplit(organization.redirect_uri)[:2])
    if request.headers.get("origin", "") != home:  # what the browser keeps for the way back is kept for one address
        return PlainTextResponse(f"Open this app at {home}, the address that your organization knows.", 409)
    try:
        body = json.loads(await short_body(request, LONGEST_BODY) or b"")
        flow: dict[str, Any] = {"wanted": own_address(str(body["wanted"])), "secret": str(body.get("secret", ""))[:200]}
    except (ValueError, KeyError, TypeError):
        return PlainTextResponse("This is no sign-in.", 400)
    if body.get("link"):
        account = await run_in_threadpool(account_of_request, request)
        flow["user_id"] = account.user_id if account else 0
    client = organization.client()
    try:
        made = await client.create_authorization_url(organization.redirect_uri)
    except Exception as error:  # noqa: BLE001 - whatever comes from another server
        _note(error)
        return PlainTextResponse("Your organization’s sign-in does not respond. Try again in a minute.", 502)
    flow |= {"until": time.time() + ATTEMPT_LASTS_S, "redirect_uri": organization.redirect_uri}
    flow |= {name: made[name] for name in ("nonce", "code_verifier") if name in made}
    await client.framework.set_state_data(request.session, made["state"], flow)
    _forget_old_attempts(request.session)
    answer = PlainTextResponse(made["url"], headers=NO_STORE)
    answer.delete_cookie(REASON_COOKIE, path=base_path() or "/")
    return answer


async def returned(request: Request) -> Response:
    """Back from the provider: with a code for this very browser, with a refusal, or after signing out there."""
    organization, query = provider(), request.query_params
    if organization is None or not {"code", "error"} & query.keys():
        return RedirectResponse(f"{base_path()}/", 303, NO_STORE)
    client = organization.client()
    flow = await client.framework.get_state_data(request.session, query.get("state", "")) or {}
    if flow.get("until", 0) < time.time():
        return _refused(request, NotLetIn.LATE, {})
    if "error" in query:
        await client.framework.clear_state_data(request.session, query["state"])
        log.warning("the organization did not sign somebody in: %s", _one_line(query["error"]))
        return _refused(request, NotLetIn.DECLINED if query["error"] == "access_denied" else NotLetIn.FAILED, flow)
    try:
        person, token = await _person(client, request)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with what came, nobody is signed in by it
        _note(error)
        return _refused(request, NotLetIn.FAILED, flow)
    return await run_in_threadpool(_entered, request, person, token, flow)


async def end(request: Request) -> Response:
    """Sign out at the provider too, where it knows how, and come back."""
    target, token, found = f"{base_path()}/", request.cookies.get(HINT_COOKIE), provider()
    if token and found:
        try:
            hint = token if "." in token else None
            of_client = {"id_token_hint": hint, "client_id": found.client_id}
            target = (await found.client().create_logout_url(found.redirect_uri, **of_client))["url"]
        except Exception as error:  # noqa: BLE001 - here one is signed out already
            _note(error)
    answer = RedirectResponse(target, 303, NO_STORE)
    answer.delete_cookie(HINT_COOKIE, path=base_path() or "/")
    return answer


def own_address(wanted: str) -> str:
    """The address of a page with its filters; of anything else the app's first page. It is made anew from what is known
    here, so that it leads nowhere else.
    """
    parts = urlsplit(wanted if len(wanted) <= LONGEST_ADDRESS else wanted.partition("?")[0][:LONGEST_ADDRESS])
    page = below_base(parts.path).strip("/")
    known = page if page in {START, *ENTRIES} else ""
    return f"{base_path()}/{known}" + (f"?{parts.query}" if parts.query and known == page else "")


def _forget_old_attempts(session: dict[str, Any]) -> None:
    """Attempts that nobody came back from, until the cookie has room: a browser would not take a longer one."""
    for attempt in list(session)[:-1]:
        if len(json.dumps(session)) > LONGEST_ATTEMPTS:
            del session[attempt]


async def _person(client: Any, request: Request) -> tuple[Person, str]:
    """Who the provider says this is, by a token that it signed for this server and this attempt; and the token."""
    metadata = await client.load_server_metadata()
    issuer, named = str(metadata["issuer"]), metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
    metadata["id_token_signing_alg_values_supported"] = [each for each in named if each not in UNSIGNED]
    options = {
        "iss": {"essential": True, "values": [issuer]},
        "aud": {"essential": True, "values": [client.client_id]},
        "nonce": {"essential": True},
    }
    answer = await client.authorize_access_token(request, claims_options=options, leeway=CLOCKS_DIFFER_S)
    claims = dict(answer["userinfo"])  # of the token, whatever its name there
    if "userinfo_endpoint" in metadata:  # where the standard puts what the token need not say
        more = await client.userinfo(token=answer)
        if more["sub"] != claims["sub"]:
            raise ValueError("The userinfo are of somebody else.")
        own = {"email", "email_verified"} if "email" in claims else set()
        claims = {name: value for name, value in more.items() if name not in own} | claims
    return Person(Identity(issuer, str(claims["sub"])), claims), str(answer["id_token"])


def _entered(request: Request, person: Person, token: str, flow: Mapping[str, Any]) -> Response:
    store, now = the_store(), utc_now()
    try:
        if "user_id" in flow:
            account = account_of_request(request)
            if account is None or account.user_id != flow["user_id"]:
                raise SignOnRefused(NotLetIn.LATE)
            sign_on.link_identity(store, account.username, account.user_id, person.identity, now)
            return RedirectResponse(flow["wanted"], 303, NO_STORE)
        if flow["secret"]:
            account = invitations.accept_by_organization(store, flow["secret"], person, now)
        else:
            account = sign_on.sign_on(store, person, now)
        answer = RedirectResponse(f"{base_path()}/" if flow["secret"] else flow["wanted"], 303, NO_STORE)
        ticket = sessions.make_ticket(store, account.user_id, now)
        set_session(answer, request, ticket)
    except SignOnRefused as refusal:
        return _refused(request, refusal.reason, flow)
    except AccountRefused:
        return _refused(request, NotLetIn.LINK, flow)
    except StoreError as error:
        return unavailable(error)
    give_cookie(answer, request, HINT_COOKIE, token if len(token) <= LONGEST_TOKEN else "long")
    return answer


def _refused(request: Request, reason: NotLetIn, flow: Mapping[str, Any]) -> Response:
    """Back to where somebody came from, which says why they were not let in."""
    target = flow.get("wanted", f"{base_path()}/")
    if flow.get("secret"):
        target = f"{base_path()}/?{urlencode({INVITATION: flow['secret']})}"
    answer = RedirectResponse(target, 303, NO_STORE)
    give_cookie(answer, request, REASON_COOKIE, reason, max_age=REASON_LASTS_S)
    return answer


def _note(error: Exception) -> None:
    log.warning("signing in by the organization failed: %s: %s", type(error).__name__, _one_line(str(error)))


def _one_line(text: str) -> str:
    return " ".join(text.split())[:500]
