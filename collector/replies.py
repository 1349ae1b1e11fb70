"""Reads the replies of GitHub: what the headers say; whether a refusal is a limit, the token, the repository or the
call, and what to do about it. Pure; what cannot be read is unknown."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from collector import errors
from collector.rate_limit import LOCKOUT_S, LimitHit, is_number, until_reset, until_retry
from collector.redaction import redacted
from data.collection.models import Outcome

MESSAGE_LIMIT = 200
API_VERSION = "2026-03-10"
ENTERPRISE_SERVER = "x-github-enterprise-version"

YEARS = range(2008, 2200)  # GitHub's clock is never outside of them
_VALIDATOR = re.compile(r'(W/)?"[\x21\x23-\x7e]{0,200}"')

_SECONDARY_ENDINGS = (
    "please wait a few minutes before you try again.",
    "please retry your request again later.",
)
_MAKE_ANEW = (
    "It has expired, was revoked or is mistyped: make a new one at GitHub, Settings, Developer settings, Personal "
    "access tokens."
)
_APP_HELPS = "Or use a GitHub App: it needs no token that somebody renews."
# a fine-grained token: github.com/settings/personal-access-tokens/<number>, a classic one: github.com/settings/tokens
_OUTLIVES = re.compile(r"lifetime is greater than (\d{1,5}) days")
_TOKEN_PAGE = re.compile(r"https://github\.com/settings/[A-Za-z0-9/_-]{1,100}")
_PERMISSION = "the repository permission Administration: read"


@dataclass(frozen=True, slots=True)
class Response:
    """What GitHub answered: a status, the headers (lower case), and JSON or the beginning of a text that is none.

    `as_of` is GitHub's own clock (UTC); `led_to` the path after a redirect. `unchanged` stands for 304: the body is
    what it was when `etag` was given.
    """

    status: int
    headers: Mapping[str, str]
    body: object
    as_of: datetime
    warnings: tuple[str, ...] = ()
    etag: str | None = None
    unchanged: bool = False
    led_to: str | None = None

    @property
    def message(self) -> str:
        found: object = self.body
        if isinstance(self.body, Mapping):
            found = self.body.get("message") or self.body.get("error")
        return _quoted(found, MESSAGE_LIMIT)

    @property
    def documentation(self) -> str:
        found = self.body.get("documentation_url") if isinstance(self.body, Mapping) else None
        return found if isinstance(found, str) else ""


def _quoted(value: object, limit: int) -> str:
    """A text of GitHub's fit to be repeated: on one line, without a token, storable, without its full stop; where it is
    long, cut between two words.
    """
    text = " ".join(redacted(value).split()) if isinstance(value, str) else ""
    if len(text) > limit:
        text = f"{text[:limit].rpartition(' ')[0] or text[:limit]} …"
    return text.removesuffix(".").encode("utf-8", "replace").decode("utf-8")


def limit_of(reply: Response) -> LimitHit | None:
    """The limit that an answer reports, if it is one. The order is that of GitHub's own client libraries."""
    if reply.status not in {403, 429}:
        return None
    message, headers = reply.message.lower(), reply.headers
    retry_after = until_retry(headers["retry-after"], reply.as_of) if "retry-after" in headers else None
    if _is_secondary(reply, message):
        return LimitHit(Outcome.SECONDARY_LIMIT, retry_after)
    if headers.get("x-ratelimit-remaining") == "0" or message.startswith("api rate limit"):
        reset = headers.get("x-ratelimit-reset", "")
        if retry_after is None and is_number(reset):
            retry_after = until_reset(reset, reply.as_of)
        return LimitHit(Outcome.PRIMARY_LIMIT, retry_after)
    if message.startswith("maximum number of login attempts"):
        return LimitHit(Outcome.LOCKOUT, LOCKOUT_S)
    if reply.status == 429 or retry_after is not None:
        return LimitHit(Outcome.SECONDARY_LIMIT, retry_after)
    if "rate limit" in message:
        return LimitHit(Outcome.SECONDARY_LIMIT, None)
    return None


def _is_secondary(reply: Response, message: str) -> bool:
    whole = reply.body.get("message") if isinstance(reply.body, Mapping) else reply.body
    ending = " ".join(whole.split()).lower() if isinstance(whole, str) else ""
    return (
        "secondary rate" in message
        or "abuse detection" in message
        or reply.documentation.endswith(("secondary-rate-limits", "#abuse-rate-limits"))
        or ending.endswith(_SECONDARY_ENDINGS)
    )


def error_of(reply: Response, *, of_app: bool = False) -> errors.GitHubError:
    """The error that an answer without a limit stands for; its sentence quotes GitHub and says what to do: of a token
    also that a GitHub App would do without, where that helps.
    """
    status, message = reply.status, reply.message
    if ENTERPRISE_SERVER in reply.headers:
        return errors.RunStopped(
            "This is a GitHub Enterprise Server: it has no traffic API. Only github.com has one.", status
        )
    if status == 202:
        return errors.NotReady("GitHub is still computing the answer.", status)
    if status == 401:
        return errors.TokenRefused(
            f"GitHub does not accept the token ({message or 'no reason given'}). {_MAKE_ANEW}"
            f"{'' if of_app else f' {_APP_HELPS}'}",
            status,
        )
    if status == 451 or _is_block(reply):
        return errors.Blocked(_block_reason(reply), status)
    if status == 403:
        return _access_refused(reply)
    if status == 404:
        return errors.Missing(
            "GitHub answers 404: the repository was deleted, is misspelt, or is private and the token may not see it.",
            status,
        )
    if status == 410 or (status == 400 and "version" in _all_text(reply)):
        return errors.RunStopped(
            f"GitHub no longer takes the API version {API_VERSION} (header X-GitHub-Api-Version; {message!r}). "
            "Update this program.",
            status,
        )
    if status == 422:
        return errors.PagingLimited(f"GitHub refuses this page of the list ({message}).", status)
    failure = f"with status {status} ({message or 'no reason given'})."
    if status >= 500:
        return errors.ServerFailed(f"GitHub failed {failure}", status)
    return errors.RequestRefused(f"GitHub refuses the call {failure}", status)


def _all_text(reply: Response) -> str:
    return str(reply.body)[:2000].lower()


def _is_block(reply: Response) -> bool:
    return reply.status == 403 and (
        reply.message.startswith("Repository access blocked")
        or (isinstance(reply.body, Mapping) and isinstance(reply.body.get("block"), Mapping))
    )


def _block_reason(reply: Response) -> str:
    block = reply.body.get("block") if isinstance(reply.body, Mapping) else None
    reason = block.get("reason") if isinstance(block, Mapping) else None
    link = block.get("html_url") if isinstance(block, Mapping) else None
    because = f", reason: {_quoted(reason, 40)}" if isinstance(reason, str) else ""
    where = f", see {_quoted(link, MESSAGE_LIMIT)}" if isinstance(link, str) else ""
    return f"GitHub has blocked the repository{because}{where}."


def _access_refused(reply: Response) -> errors.AccessRefused:
    message, headers = reply.message, reply.headers
    if (outlives := _OUTLIVES.search(_all_text(reply))) is not None:
        return errors.AccessRefused(_lifetime_refused(reply, outlives[1]), reply.status)
    quoted = f"GitHub: {message or 'refused without a reason'}."
    if "SAML" in message or headers.get("x-github-sso", "").startswith("required"):
        found = re.search(r"url=(https://github\.com/\S+)", headers.get("x-github-sso", ""))
        fix = (
            "Authorise the token for this organization: GitHub, Settings, Developer settings, Configure SSO. "
            f"{_APP_HELPS}"
        )
        refused = errors.AccessRefused(f"{quoted} {fix}", reply.status)
        refused.link = found.group(1) if found else None
        return refused
    if message.startswith("Resource not accessible by personal access token"):
        needed = _needed(headers.get("x-accepted-github-permissions", ""))
        fix = f"This token lacks {needed}. Edit the fine-grained token on GitHub, grant it, and select this repository."
    elif message.startswith("Resource not accessible by integration"):
        needed = _needed(headers.get("x-accepted-github-permissions", ""))
        fix = (
            f"This app lacks {needed}, or its installation does not include this repository. (The GITHUB_TOKEN of "
            "Actions can never have it.)"
        )
    elif message.startswith(("Must have push access", "Must have admin rights")):
        fix = (
            "The token's user must be able to push to this repository, and a classic token needs the scope repo "
            "(public_repo is enough for public ones)."
        )
    elif "access via a personal access token (classic)" in message:
        fix = f"Store a fine-grained token instead. {_APP_HELPS}"
    else:
        fix = "Fix this on GitHub, or use another token."
    return errors.AccessRefused(f"{quoted} {fix}", reply.status)


def _lifetime_refused(reply: Response, days: str) -> str:
    """An organization takes no token that lives so long. GitHub says where its life is shortened, late in a long text:
    that address is what helps, so it is kept whole.
    """
    found = _TOKEN_PAGE.search(str(reply.body))
    where = f"at {found[0]}" if found else "on GitHub, Settings, Developer settings, Personal access tokens"
    return (
        f"GitHub: the organization takes no token that lives longer than {days} days. Shorten its life {where}, or "
        f"make a new one that expires sooner. {_APP_HELPS}"
    )


def _needed(accepted: str) -> str:
    """The permission that the header names, in the words of GitHub's token page."""
    if not accepted or accepted == "administration=read":
        return _PERMISSION
    words = [part.strip().partition("=") for part in accepted[:MESSAGE_LIMIT].split(";")]
    named = [f"{name.replace('_', ' ').capitalize()}: {level}" for name, _, level in words if name]
    return "the repository permission " + " or ".join(named)


def date_of(headers: Mapping[str, str]) -> datetime | None:
    """The moment of the answer by GitHub's clock; None where it says none that can be."""
    try:
        moment = parsedate_to_datetime(headers.get("date", ""))
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None
    return moment if moment.year in YEARS else None


def expiry_of(headers: Mapping[str, str]) -> datetime | None:
    """When the token expires, from either form that GitHub writes; None where it never does, or says it oddly."""
    text = headers.get("github-authentication-token-expiration", "").strip().replace(" UTC", " +0000")
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S %z").astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def validator_of(headers: Mapping[str, str]) -> str | None:
    """The `etag`, quotation marks and all; None where it is none that could be sent back."""
    given = headers.get("etag", "")
    return given if _VALIDATOR.fullmatch(given) else None


def place_of(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port as the connection will be made: read by the same parser, else the two might disagree."""
    try:
        parts = parse_url(url)
    except LocationParseError:
        return None
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme or "")
    if not parts.host or not port or parts.auth is not None:
        return None
    return parts.scheme or "", parts.host, port
