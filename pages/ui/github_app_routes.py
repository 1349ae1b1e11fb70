"""The way to GitHub and back on which an admin makes the GitHub App: a form that hands GitHub a manifest, the address
to which GitHub sends the browser with a code, and that to which it comes after an installation. Works behind NAT:
GitHub itself asks this server for nothing.

Source: https://docs.github.com/apps/sharing-github-apps/registering-a-github-app-from-a-manifest
"""

import hmac
import json
import secrets
from collections.abc import Callable, Sequence
from html import escape

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from collector.errors import GitHubError, SettingsRefused
from collector.github_app import BY_CHOICE, PERMISSIONS, convert_manifest, form_address, form_places
from collector.installations import refresh_now
from data.accounts.authority import AccountRefused
from data.accounts.encryption import EncryptionError, open_cipher
from data.accounts.github_app import AppRefused, save_app
from data.accounts.models import Account, Role
from data.accounts.tenants import has_tenants
from data.calendar import utc_now
from data.store import StoreError
from pages.ui.addresses import NO_STORE, base_path, public_addresses
from pages.ui.document import plain_page
from pages.ui.session_routes import account_of_request, give_cookie, is_secure, unavailable
from pages.ui.store import the_store

NEW_PATH, CREATED_PATH, INSTALLED_PATH = "/github-app/new", "/github-app/created", "/github-app/installed"
AFTERWARDS = "tenants"
STATE_COOKIE, STATE_LASTS_S = "traffic_github_app", 3600  # so long is GitHub's code good
WIDTH = "min(26rem, 100% - 2rem)"
FORM = """<p>GitHub asks you to confirm a GitHub App that may read Administration (where traffic belongs) and
Metadata{more}.</p>
<form method="post" action="{action}"><input type="hidden" name="manifest" value="{manifest}">
<button>Continue to GitHub</button></form>
<script>document.querySelector("form").submit()</script>"""
BACK = '<p>{text}</p><p><a href="{home}">Back to Tenants</a></p>'


def routes() -> Sequence[BaseRoute]:
    found = {NEW_PATH: ask, CREATED_PATH: created, INSTALLED_PATH: installed}
    return [Route(f"{base_path()}{path}", _for_admins(answer), methods=["GET"]) for path, answer in found.items()]


def _for_admins(answer: Callable[[Request, Account], Response]) -> Callable[[Request], Response]:
    """A route for admins, which says why something cannot be done. Runs in a thread."""

    def checked(request: Request) -> Response:
        account = account_of_request(request)
        if account is None or not account.has(Role.ADMIN):
            return _page("Not allowed", "Only an admin may do this. Sign in as one, then try again.", 403)
        try:
            return answer(request, account)
        except (GitHubError, SettingsRefused, AppRefused, AccountRefused, EncryptionError) as error:
            return _page("The GitHub App is not stored", str(error), 400)
        except StoreError as error:
            return unavailable(error)

    return checked


def ask(request: Request, account: Account) -> Response:
    """Hand the manifest to GitHub, with a secret that GitHub gives back and this browser keeps meanwhile."""
    open_cipher(the_store().directory)  # before GitHub makes anything: the key may not be usable
    origin, state = _origin(request), secrets.token_urlsafe(24)
    with_actions = request.query_params.get("actions") == "1"
    manifest = {
        "name": f"Traffic of {request.query_params.get('organization') or request.url.hostname}"[:34],
        "url": f"{origin}{base_path()}/",
        "redirect_url": f"{origin}{base_path()}{CREATED_PATH}",
        "setup_url": f"{origin}{base_path()}{INSTALLED_PATH}",
        "setup_on_update": True,
        "public": request.query_params.get("public") == "1",
        "default_permissions": PERMISSIONS | (BY_CHOICE if with_actions else {}),
        "default_events": [],
    }
    request.state.form_places = form_places()
    action = f"{form_address(request.query_params.get('organization', ''))}?state={state}"
    more = ", and Actions, to count workflow runs" if with_actions else ""
    text = FORM.format(action=escape(action), manifest=escape(json.dumps(manifest)), more=more)
    answer = plain_page("Create the GitHub App", text, width=WIDTH)
    give_cookie(answer, request, STATE_COOKIE, state, max_age=STATE_LASTS_S, path=CREATED_PATH)
    return answer


def created(request: Request, account: Account) -> Response:
    """Fetch the App that was made, for the code that GitHub gave this very browser."""
    state, kept = request.query_params.get("state", ""), request.cookies.get(STATE_COOKIE, "")
    if not kept or not hmac.compare_digest(state.encode(), kept.encode()):
        return _page("The GitHub App is not stored", "This was not started in this browser. Create the App again.", 403)
    facts, key = convert_manifest(request.query_params.get("code", ""))
    save_app(the_store(), account.username, facts, key, utc_now())
    answer = installed(request, account)
    answer.delete_cookie(STATE_COOKIE, path=f"{base_path()}{CREATED_PATH}")
    return answer


def installed(request: Request, account: Account) -> Response:
    """Back from GitHub after an installation: ask which there are."""
    refresh_now(the_store())
    page = AFTERWARDS if has_tenants(the_store()) else ""  # a new server goes on with its first tenant
    return RedirectResponse(f"{base_path()}/{page}", 303, NO_STORE)


def _page(title: str, text: str, status: int) -> Response:
    back = BACK.format(text=escape(text), home=f"{base_path()}/{AFTERWARDS}")
    return plain_page(title, back, status, width=WIDTH)


def _origin(request: Request) -> str:
    """Scheme, name and port of this server as the browser knows it: a proxy alone knows about TLS, and the public
    address says so.
    """
    for each in public_addresses():
        if each.name == request.url.hostname:
            port = "" if (each.scheme, each.port) in {("http", 80), ("https", 443)} else f":{each.port}"
            return f"{each.scheme}://{each.name}{port}"
    scheme = "https" if is_secure(request) else "http"
    return f"{scheme}://{request.headers.get('host', '')}"
