"""GitHub as the server's GitHub App sees it: signs in as the App, and as each of its installations, by the hour.

Source: https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app. A token of an installation
is kept in memory only. Nothing has to be reachable from outside: there are no webhooks.
"""

import re
import threading
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta

import jwt
import requests

from collector import errors
from collector.client import Authorization, GitHub
from collector.clock import Clock, SystemClock
from collector.endpoints.fields import FieldRefused, moment_field, optional_count, optional_text
from collector.rate_limit import RateLimiter
from collector.redaction import HIDDEN
from collector.replies import Response
from collector.settings import Settings, read_settings
from data.accounts.github_app import AppFacts, Installation, InstallationState, fingerprint
from data.calendar import utc_now

SIGNED_BACK, SIGNED_FOR = timedelta(seconds=60), timedelta(seconds=540)  # GitHub takes ten minutes at most
SIGNED_AGAIN_AFTER_S = 300.0
CLOCK_OFF_FROM = timedelta(seconds=30)
RENEWED_BEFORE = timedelta(minutes=5)
NOT_AGAIN_WITHIN_S = 60.0  # a token that is refused so soon after it was made is not the fault of its age
PERMISSIONS = {"administration": "read", "metadata": "read"}
BY_CHOICE = {"actions": "read"}  # to count workflow runs
PATIENCE_S = 60.0  # with a limit of the App itself: those wait who collect
INSTALLATION = "app installation"  # the kind of a token
_LOGIN = re.compile(r"[A-Za-z0-9_-]{0,100}")
_SECRET = re.compile(r"[!-~]{10,4000}")  # visible ASCII; about 520 characters today
_CODE = re.compile(r"[A-Za-z0-9_-]{1,200}")
_EXCHANGE = (
    "If its private key was deleted on GitHub, make another there and store it: python -m collector app key --key-file "
    "FILE"
)


class _NoAuthorization(Authorization):
    def __init__(self) -> None:
        self._secret = ""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request

    def hide(self, raw: bytes) -> bytes:
        return raw


class AppAuthorization(Authorization):
    """Signs in as the App, by a web token of its private key; by GitHub's clock once ours has turned out to be wrong,
    and by the former key where GitHub does not take the newest.
    """

    kind = "app"

    def __init__(self, app_id: int, keys: Sequence[str], clock: Clock) -> None:
        self._app_id, self._keys, self._clock = app_id, list(keys), clock
        self._offset = timedelta(0)
        self._secret, self._number, self._signed_at = "", 0, float("-inf")
        self._guard = threading.Lock()

    def ready(self) -> int:
        with self._guard:
            if self._clock.monotonic() - self._signed_at > SIGNED_AGAIN_AFTER_S:
                now = utc_now() + self._offset
                claims = {"iat": now - SIGNED_BACK, "exp": now + SIGNED_FOR, "iss": str(self._app_id)}
                self._secret = jwt.encode(claims, self._keys[0], algorithm="RS256")
                self._number, self._signed_at = self._number + 1, self._clock.monotonic()
            return self._number

    def renewed(self, refused: int, as_of: datetime) -> bool:
        with self._guard:
            if refused != self._number:
                return True
            self._signed_at = float("-inf")
            if abs(as_of - utc_now() - self._offset) > CLOCK_OFF_FROM:
                self._offset = as_of - utc_now()
                return True
            if len(self._keys) == 1:  # it stays: the same client is asked for other installations
                return False
            self._keys.pop(0)
            return True


class InstallationAuthorization(Authorization):
    """Signs in as an installation of the App, with tokens of an hour, each made when the former is nearly over."""

    kind = INSTALLATION

    def __init__(self, app: GitHub, installation: Installation, clock: Clock) -> None:
        self._app, self._installation, self._clock = app, installation, clock
        self._secret, self._number, self._made_at, self._good_until = "", 0, float("-inf"), float("-inf")
        self._guard = threading.Lock()

    def ready(self) -> int:
        with self._guard:
            if self._clock.monotonic() >= self._good_until:
                self._make()
            return self._number

    def renewed(self, refused: int, as_of: datetime) -> bool:
        with self._guard:
            if refused == self._number:
                if self._clock.monotonic() - self._made_at < NOT_AGAIN_WITHIN_S:
                    return False
                self._good_until = float("-inf")
            return True

    def hide(self, raw: bytes) -> bytes:
        return raw.replace(self._secret.encode(), HIDDEN.encode()) if self._secret else raw

    def _make(self) -> None:
        place = f"/app/installations/{self._installation.installation_id}/access_tokens"
        answer = _as_app(self._app, self._installation, place)
        body = answer.body if isinstance(answer.body, Mapping) else {}
        secret = body.get("token")
        try:
            expires_at = moment_field(body, "expires_at")
        except FieldRefused as error:
            raise errors.BadAnswer("GitHub does not say until when the installation's token is good.") from error
        if not isinstance(secret, str) or not _SECRET.fullmatch(secret):
            raise errors.BadAnswer("GitHub's answer holds no token of the installation.", answer.status)
        self._secret, self._number, self._made_at = secret, self._number + 1, self._clock.monotonic()
        self._good_until = self._made_at + (expires_at - answer.as_of - RENEWED_BEFORE).total_seconds()


def _as_app(app: GitHub, installation: Installation, place: str) -> Response:
    """Raises: TokenRefused where the installation gives none, with what somebody must do; GitHubError."""

    def refused(state: InstallationState, error: errors.GitHubError) -> errors.TokenRefused:
        as_refused = Installation(installation.installation_id, installation.account, None, state, "all", None)
        return errors.TokenRefused(as_refused.to_do, error.status)

    try:
        try:
            return app.post(place, {"permissions": PERMISSIONS | BY_CHOICE})
        except errors.PagingLimited:  # 422: one of them is not granted
            return app.post(place, {"permissions": PERMISSIONS})
    except errors.TokenRefused as error:
        raise errors.TokenRefused(f"GitHub does not accept the GitHub App's key. {_EXCHANGE}", error.status) from error
    except errors.Missing as error:
        raise refused(InstallationState.REMOVED, error) from error
    except errors.AccessRefused as error:
        raise refused(InstallationState.SUSPENDED, error) from error
    except errors.PagingLimited as error:  # 422: the permissions requested are not granted to this installation
        raise refused(InstallationState.NOT_GRANTED, error) from error


def app_client(settings: Settings, app_id: int, keys: Sequence[str], clock: Clock) -> GitHub:
    """GitHub as the App itself sees it; whoever makes it closes it."""
    limiter = RateLimiter(settings, clock, patience_s=PATIENCE_S)
    return GitHub(settings, AppAuthorization(app_id, keys, clock), limiter, clock)


def fetch_app(app_id: int, key: str) -> AppFacts:
    """What GitHub says of the App of this id to whoever has this key. Raises: GitHubError, AppRefused,
    SettingsRefused.
    """
    fingerprint(key)
    with closing(app_client(read_settings(), app_id, [key], SystemClock())) as github:
        try:
            answer = github.fetch("/app")
        except errors.TokenRefused as error:
            text = f"GitHub does not accept this key for a GitHub App of the id {app_id}. Is it of another App?"
            raise errors.TokenRefused(text, error.status) from error
    return _app_facts(answer.body)


def form_address(organization: str) -> str:
    """Where somebody makes an App by a manifest, for themselves or an organization. Raises: SettingsRefused,
    RequestRefused for what is no organization's name.
    """
    if not _LOGIN.fullmatch(organization):
        raise errors.RequestRefused("An organization's name on GitHub has letters, digits and hyphens.")
    place = f"organizations/{organization}/settings" if organization else "settings"
    return f"{read_settings().web_url}/{place}/apps/new"


def form_places() -> str:
    """The addresses to which a form with a manifest may go, for a page's policy."""
    return f"{form_address('')} {read_settings().web_url}/organizations/"


def convert_manifest(code: str) -> tuple[AppFacts, str]:
    """The App that somebody has just made on GitHub, and its private key, for the code that GitHub gave; it is good
    once, for an hour. Raises: GitHubError, SettingsRefused.
    """
    settings, clock = read_settings(), SystemClock()
    if not _CODE.fullmatch(code):
        raise errors.RequestRefused("This is no code of GitHub's.")
    github = GitHub(settings, _NoAuthorization(), RateLimiter(settings, clock), clock)
    with closing(github):
        try:
            answer = github.post(f"/app-manifests/{code}/conversions")
        except errors.Missing as error:
            text = "GitHub does not know the code any more: it is good once, for an hour. Create the App again."
            raise errors.RequestRefused(text, error.status) from error
    key = answer.body.get("pem") if isinstance(answer.body, Mapping) else None
    if not isinstance(key, str):
        raise errors.BadAnswer("GitHub's answer holds no private key.", answer.status)
    return _app_facts(answer.body), key


def fetch_installations(github: GitHub) -> list[Installation]:
    """All installations of the App. Raises: GitHubError."""
    found = {}
    for answer in github.fetch_pages("/app/installations", {"per_page": 100}):
        if not isinstance(answer.body, list):  # else all would seem to be removed
            raise errors.BadAnswer("GitHub's answer holds no installations.", answer.status)
        for item in answer.body:
            each = _installation(item)
            if each is not None:
                found[each.installation_id] = each
    return list(found.values())


def _installation(item: object) -> Installation | None:
    if not isinstance(item, Mapping):
        return None
    key, account, permissions = item.get("id"), item.get("account"), item.get("permissions")
    login = account.get("login") if isinstance(account, Mapping) else None
    if not isinstance(key, int) or isinstance(key, bool) or not isinstance(login, str):
        return None
    state = InstallationState.GRANTED
    if isinstance(permissions, Mapping) and permissions.get("administration") not in {"read", "write"}:
        state = InstallationState.NOT_GRANTED
    if item.get("suspended_at"):
        state = InstallationState.SUSPENDED
    selection = "selected" if item.get("repository_selection") == "selected" else "all"
    return Installation(key, login[:100], None, state, selection, None)


def _app_facts(body: object) -> AppFacts:
    facts = body if isinstance(body, Mapping) else {}
    app_id, slug = optional_count(facts, "id"), optional_text(facts, "slug")
    if app_id is None or not slug:
        raise errors.BadAnswer("GitHub's answer holds no GitHub App.")
    return AppFacts(app_id, slug, optional_text(facts, "name") or slug, optional_text(facts, "html_url") or "")
