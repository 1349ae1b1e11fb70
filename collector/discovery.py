"""Finds and checks repositories and tokens at GitHub, for the command line and the pages.

What people type to mean repositories: names, addresses pasted from a browser or a clone, and patterns. A pattern is a
list of terms with commas (or spaces) between them; letter case does not matter:

    owner/name      that repository
    owner/*         all of a user or an organization; * also stands for a part of a name: owner/api-*
    */*             everything that the token can see; */docs-* is fine too
    !fork           no forks; so also !archived and !private
    !name-*         none whose name is like this; !owner/name-* for one owner's

A repository is meant when at least one term names it and no term with `!` does.
"""

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from functools import partial
from urllib.parse import urlsplit

from collector import errors
from collector.client import DOUBTED_FROM, Authorization, GitHub
from collector.clock import Clock, SystemClock
from collector.credentials import open_access
from collector.endpoints.endpoint import Endpoint, Fetched, Request
from collector.endpoints.fields import FieldRefused, moment_field, optional_count, optional_text
from collector.endpoints.repository import REPOSITORY, StatsObservation
from collector.endpoints.traffic import CLONES, VIEWS, TrafficObservation
from collector.fetcher import good_result
from collector.github_app import INSTALLATION
from collector.rate_limit import RateLimiter, Waiting, pace_file
from collector.replies import Response
from collector.settings import Settings, read_settings
from data.accounts.encryption import EncryptionError, open_cipher
from data.accounts.models import Viewer
from data.accounts.tokens import TokenFacts, open_tokens
from data.calendar import utc_now
from data.collection.ledger import save_first_results
from data.collection.models import EndpointResult, Outcome
from data.repositories.models import Repository, RepositoryFacts, RepositoryState
from data.repositories.pauses import OwnerPause, owner_pauses, save_pauses
from data.repositories.repositories import add_repositories, other_tenants, repositories
from data.store import Store

_OWNER = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,98}[A-Za-z0-9_])?")  # _ in names of managed users
_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")
_GLOB_OWNER = re.compile(r"[A-Za-z0-9*_-]{1,100}")
_GLOB_NAME = re.compile(r"[A-Za-z0-9*._-]{1,100}")
_HOSTS = {"github.com", "www.github.com", "ssh.github.com", "api.github.com", "raw.githubusercontent.com"}
_SCHEMES = {"https", "http", "ssh", "git", "git+https", "git+ssh", "git+http"}
_SITE_PAGES = {
    *("about", "apps", "collections", "dashboard", "enterprise", "explore", "features", "issues", "login"),
    *("marketplace", "notifications", "orgs", "pricing", "pulls", "repositories", "search", "settings", "sponsors"),
    *("stars", "topics", "trending", "users"),
}
FLAGS = ("fork", "archived", "private")
GRAMMAR = "A pattern looks like 'org/*,!fork,!archived'."
PATIENCE_S = 120.0  # somebody is waiting for the answer
# https://docs.github.com/rest/apps/apps#create-an-installation-access-token-for-an-app
INSTALLATION_LASTS = timedelta(hours=1)
SHORT_LIVED = (
    "This token is of an app's installation. GitHub ends such a token an hour after it was made, and nothing is "
    "collected with it from then on: store a personal access token instead."
)
_AROUND = " \t\r\n\u00a0\ufeff\u200b\u200c\u200d\u2060\"'"
TOKEN_LIMIT = 4000  # an installation's token has about 520 characters
_A_TOKEN = re.compile(r"github_pat_|gh[pousr]_|[0-9a-f]{40}$")  # the last form is that of tokens made before 2021
PAUSE_KEPT_FROM_S = 60.0  # what is left of a wait at the end, for the processes that come after
MAX_PAGES = 100  # 10,000 repositories
AT_ONCE = 4
NO_OTHER_GOES_BETTER = (errors.TokenRefused, errors.LimitReached, errors.RunStopped, errors.HostDown)


@dataclass(frozen=True, slots=True)
class ListedRepository:
    """A repository in one of GitHub's lists; None stands for what the list does not say."""

    github_id: int
    full_name: str
    fork: bool
    archived: bool
    private: bool
    may_push: bool | None = None
    stars: int | None = None
    pushed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Pattern:
    """Which repositories are meant: name globs (owner, name), the globs left out, and the flags left out."""

    wanted: tuple[tuple[str, str], ...]
    unwanted: tuple[tuple[str, str], ...] = ()
    without: frozenset[str] = frozenset()

    @property
    def owners(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(owner for owner, _ in self.wanted))

    def means(self, listed: ListedRepository) -> bool:
        if any(getattr(listed, flag) for flag in self.without):
            return False
        return _is_like(listed.full_name, self.wanted) and not _is_like(listed.full_name, self.unwanted)


def repository_name(text: str) -> str:
    """`owner/name` from a name, a GitHub address of any usual kind, or what one clones with. Raises: NameRefused."""
    typed = text.strip().strip("<>\"'").strip()
    path = _path(typed)
    parts = [part for part in path.partition("?")[0].partition("#")[0].split("/") if part]
    if len(parts) < 2:
        raise errors.NameRefused(f"{_shown(text)} is no repository: write OWNER/NAME, or paste its GitHub address.")
    owner, name = parts[0], parts[1].removesuffix(".git")
    if owner.casefold() in _SITE_PAGES:
        raise errors.NameRefused(
            f"{_shown(text)} is a page of GitHub, not a repository. To track all of an owner: OWNER/*"
        )
    if not _OWNER.fullmatch(owner) or not _NAME.fullmatch(name) or name in {".", ".."}:
        raise errors.NameRefused(f"{_shown(text)} has characters that no repository of GitHub has in its name.")
    return f"{owner}/{name}"


def repository_names(texts: Iterable[str]) -> list[str]:
    """The names of several, each once, letter case aside. Raises: NameRefused, naming all that are not one."""
    names, refusals = sorted_names(texts)
    if refusals:
        raise errors.NameRefused("\n".join(refusals))
    return names


def sorted_names(texts: Iterable[str]) -> tuple[list[str], list[str]]:
    """The names of several, each once, letter case aside; and of each text that is none, why."""
    names: dict[str, str] = {}
    refusals: dict[str, None] = {}
    for text in texts:
        try:
            name = repository_name(text)
        except errors.NameRefused as refusal:
            refusals.setdefault(str(refusal))
        else:
            names.setdefault(name.casefold(), name)
    return list(names.values()), list(refusals)


def parse_pattern(text: str) -> Pattern:
    """The pattern that was written. Raises: NameRefused."""
    terms = re.split(r"[,\s]+", text.strip(", \t\n"))
    left_out = [term[1:].casefold() for term in terms if term.startswith("!")]
    wanted = tuple(_glob(term) for term in terms if not term.startswith("!"))
    if not wanted:
        raise errors.NameRefused(f"The pattern says what to leave out only. {GRAMMAR}")
    flags = frozenset(term for term in left_out if term in FLAGS)
    unwanted = tuple(_glob(term if "/" in term else f"*/{term}") for term in left_out if term not in FLAGS)
    return Pattern(wanted, unwanted, flags)


def parse_listed(item: object) -> ListedRepository | None:
    """A row of one of GitHub's lists; None where it is no repository, because one odd row must not hide the rest."""
    if not isinstance(item, Mapping):
        return None
    github_id, full_name, permissions = item.get("id"), item.get("full_name"), item.get("permissions")
    if not isinstance(github_id, int) or isinstance(github_id, bool) or not isinstance(full_name, str):
        return None
    owner, _, name = full_name.partition("/")
    if not _OWNER.fullmatch(owner) or not _NAME.fullmatch(name):
        return None
    push = permissions.get("push") if isinstance(permissions, Mapping) else None
    private = item.get("private") is True or item.get("visibility") in {"private", "internal"}
    fork, archived = item.get("fork") is True, item.get("archived") is True
    pushed_at = None
    with suppress(FieldRefused):
        pushed_at = moment_field(item, "pushed_at")
    may_push = push if isinstance(push, bool) else None
    stars = optional_count(item, "stargazers_count")
    return ListedRepository(github_id, full_name, fork, archived, private, may_push, stars, pushed_at)


def folded(repositories: Iterable[ListedRepository]) -> list[ListedRepository]:
    """Each repository once, by name: lists shift while their pages are read, and overlap."""
    by_id = {each.github_id: each for each in repositories}
    return sorted(by_id.values(), key=lambda each: each.full_name.casefold())


def _path(typed: str) -> str:
    scp = re.fullmatch(r"(?:[\w.-]+@)?([\w.-]+\.[A-Za-z]+):(?!//)/?(.+)", typed)
    if scp:
        return _of_host(scp[1], scp[2])
    if "://" not in typed:
        first = typed.partition("/")[0].casefold()
        if first in _HOSTS or first.endswith(".github.com"):
            typed = f"https://{typed}"
        else:
            return typed
    try:
        address = urlsplit(typed)
        host = address.hostname or ""
    except ValueError as error:
        raise errors.NameRefused(f"{_shown(typed)} is no address.") from error
    if address.scheme.casefold() not in _SCHEMES:
        raise errors.NameRefused(f"{_shown(typed)} is no address of a repository.")
    return _of_host(host, address.path)


def _of_host(host: str, path: str) -> str:
    if host.casefold() not in _HOSTS:
        raise errors.NameRefused(
            f"{_shown(host)} is not github.com: only github.com gives traffic of its repositories."
        )
    path = path.lstrip("/")
    return path.removeprefix("repos/") if host.casefold() == "api.github.com" else path


def _glob(term: str) -> tuple[str, str]:
    owner, slash, name = term.casefold().partition("/")
    if not slash or not _GLOB_OWNER.fullmatch(owner) or not _GLOB_NAME.fullmatch(name):
        raise errors.NameRefused(f"{_shown(term)} is no part of a pattern. {GRAMMAR}")
    return owner, name


def _is_like(full_name: str, globs: Sequence[tuple[str, str]]) -> bool:
    owner, _, name = full_name.casefold().partition("/")
    return any(fnmatchcase(owner, like_owner) and fnmatchcase(name, like_name) for like_owner, like_name in globs)


def _shown(text: str) -> str:
    return repr(text if len(text) <= 100 else f"{text[:100]}…")


@dataclass(slots=True)
class Discovery:
    """What the lists hold, and what they may lack."""

    found: list[ListedRepository] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class TenantClients:
    """GitHub as a tenant sees it: by installations that it was given, of these accounts, and by its token (None)."""

    clients: tuple[tuple[str | None, GitHub], ...]

    def of_name(self, full_name: str) -> list[GitHub]:
        """In which order to ask about a repository: its owner's installation first."""
        owner = full_name.partition("/")[0].casefold()
        order = sorted(self.clients, key=lambda each: (each[0] or "").casefold() != owner)
        return [github for _, github in order]


def fetch_matching(github: GitHub | TenantClients, login: str | None, pattern: Pattern) -> Discovery:
    """The repositories that the pattern means, by name; `login` is whose token it is.

    Where one of several ways to ask fails, that is a warning. Raises: GitHubError.
    """
    lists, clients = Discovery(), [one for _, one in github.clients] if isinstance(github, TenantClients) else [github]
    for client in clients:
        try:
            for owner in pattern.owners[:1] if client.kind == INSTALLATION else pattern.owners:
                _add_owner(client, login, owner, lists)
        except errors.GitHubError as error:
            if len(clients) == 1:
                raise
            lists.warnings.append(str(error))
    lists.found = [each for each in folded(lists.found) if pattern.means(each)]
    lists.warnings = list(dict.fromkeys(lists.warnings))
    return lists


def _add_owner(github: GitHub, login: str | None, owner: str, lists: Discovery) -> None:
    """Look through what one owner glob needs: the token's own list, the organization's, or the user's."""
    if github.kind == INSTALLATION:
        return fetch_list(github, lists, "/installation/repositories")
    if "*" in owner:
        return fetch_list(github, lists, "/user/repos")
    if login is not None and owner == login.casefold():
        return fetch_list(github, lists, "/user/repos", affiliation="owner")
    try:
        return fetch_list(github, lists, f"/orgs/{owner}/repos", type="all")
    except errors.Missing:  # a user: the public ones, and those that the token's owner works on
        pass
    try:
        fetch_list(github, lists, f"/users/{owner}/repos", type="owner")
    except errors.Missing:
        lists.warnings.append(f"GitHub knows no user or organization {owner}.")
        return None
    return fetch_list(github, lists, "/user/repos", affiliation="collaborator")


def fetch_list(github: GitHub, lists: Discovery, path: str, **query: str) -> None:
    """Add a list of GitHub's, and warnings of what it may lack. Raises: GitHubError."""
    hidden = pages = 0
    try:
        for answer in github.fetch_pages(path, {"per_page": 100, **query}, max_pages=MAX_PAGES):
            pages += 1
            hidden = max(hidden, hidden_organizations(answer))
            body = answer.body.get("repositories") if isinstance(answer.body, Mapping) else answer.body
            listed = (parse_listed(item) for item in (body if isinstance(body, list) else ()))
            is_app = github.kind == INSTALLATION  # which reads traffic without the right to push
            lists.found.extend(replace(each, may_push=None) if is_app else each for each in listed if each is not None)
    except errors.PagingLimited:
        lists.warnings.append("GitHub ended the list early: some repositories may be missing.")
    if pages == MAX_PAGES:
        lists.warnings.append(f"The list has {MAX_PAGES * 100:,} repositories or more: some may be missing.")
    if hidden:
        lists.warnings.append(
            f"The list is not complete: the token is not authorised for the single sign-on of "
            f"{hidden:,} organization{'s' * (hidden != 1)}. Authorise it at github.com: Settings, "
            "Developer settings, the token, Configure SSO."
        )


def connect(settings: Settings, secret: str, clock: Clock, waiting: Waiting | None = None) -> GitHub:
    """A client for a few requests, half as many at once: a run may be going on with a token of the same owner.

    Raises: TokenRefused for what has none of the forms of GitHub's tokens: that is sent to nobody.
    """
    if not _A_TOKEN.match(secret) or len(secret) > TOKEN_LIMIT:
        raise errors.TokenRefused(
            "That doesn’t look like a GitHub token (it starts with github_pat_ or ghp_), so it was not sent. Copy all "
            "of it from GitHub, Settings, Developer settings, Personal access tokens."
        )
    return _client(settings, secret, clock, waiting)


def _client(settings: Settings, secret: str | Authorization, clock: Clock, waiting: Waiting | None) -> GitHub:
    share = replace(settings, concurrency=max(1, settings.concurrency // 2))
    return GitHub(share, secret, RateLimiter(share, clock, waiting, PATIENCE_S), clock)


@contextmanager
def clients_of_tenant(
    store: Store, tenant_id: int, clock: Clock | None = None, waiting: Waiting | None = None
) -> Iterator[TenantClients]:
    """GitHub as the tenant's installations and its token see it, for somebody who waits; without either, by nothing.

    Raises: SettingsRefused, EncryptionError; LimitReached where GitHub has asked all of them to wait.
    """
    settings, clock = read_settings(), clock or SystemClock()
    access = open_access(store, open_cipher(store.directory), utc_now())
    with ExitStack() as stack:
        stack.callback(access.close)
        clients, paused = [], None
        for token in access.of_tenant(tenant_id):
            github = _client(settings, access.authorization(token, settings, clock), clock, waiting)
            try:
                clients.append((token.account, stack.enter_context(respecting_pauses(store, token.owner_key, github))))
            except errors.LimitReached as error:
                paused = error
        if paused is not None and not clients:
            raise paused
        yield TenantClients(tuple(clients))


@contextmanager
def client_of(secret: str, store: Store) -> Iterator[GitHub]:
    """GitHub as the token `secret` sees it, for somebody who waits at a page.

    Raises: SettingsRefused, TokenRefused; LimitReached where GitHub has asked this token's owner to wait.
    """
    github = connect(read_settings(), secret, SystemClock())
    with respecting_pauses(store, _owner_key(store, secret), github):
        yield github


@contextmanager
def respecting_pauses(store: Store, owner_key: str | None, github: GitHub) -> Iterator[GitHub]:
    """The client, unless GitHub has asked its token's owner to wait; closes it, and keeps what it was asked to wait.

    It draws from one bucket with a run of the same owner. Raises: LimitReached, which says until when.
    """
    pause = owner_pauses(store, utc_now()).get(owner_key) if owner_key else None
    if pause is not None:
        raise errors.LimitReached(pause.sentence(utc_now()), Outcome.SECONDARY_LIMIT)
    if owner_key:
        github.limiter.kept_in = pace_file(store.directory, owner_key)
    try:
        yield github
    finally:
        github.close()
        left, reason = github.limiter.pause() or (0.0, "")
        if owner_key and left > PAUSE_KEPT_FROM_S:
            save_pauses(store, [OwnerPause(owner_key, utc_now() + timedelta(seconds=left), reason)], utc_now())


def _owner_key(store: Store, secret: str) -> str | None:
    """Whose token this is, where it is one that is stored."""
    try:
        stored = open_tokens(store, open_cipher(store.directory), utc_now())
    except EncryptionError:
        return None
    return next((each.owner_key for each in stored.values() if each.secret == secret), None)


def token_as_pasted(text: str) -> str:
    """A token without what copying leaves around it: spaces, quotation marks, a byte order mark, signs of no width."""
    return text.strip(_AROUND)


@dataclass(frozen=True, slots=True)
class FirstAnswer:
    """What an endpoint answered when a repository was checked, and in which time."""

    endpoint: str
    fetched: Fetched
    elapsed_ms: int

    @property
    def is_certain(self) -> bool:
        """Whether it is of the name that was asked for, and of this day: no name led elsewhere, no clock is wrong."""
        return self.fetched.led_to is None and abs(self.fetched.as_of - utc_now()) <= DOUBTED_FROM

    def result(self, repository_id: int) -> EndpointResult:
        draft = EndpointResult(repository_id, self.endpoint, self.fetched.as_of, Outcome.OK, self.elapsed_ms)
        return good_result(draft, self.fetched, None)


def check_token(github: GitHub) -> TokenFacts:
    """What GitHub says of a token: kind, login, scopes, expiry. Raises: GitHubError."""
    installation = github.kind == INSTALLATION
    answer = github.fetch("/installation/repositories", {"per_page": 1}) if installation else github.fetch("/user")
    body = answer.body if isinstance(answer.body, Mapping) and not installation else {}
    return TokenFacts(
        github.kind,
        optional_text(body, "login"),
        optional_count(body, "id"),
        answer.headers.get("x-oauth-scopes"),
        github.token_expires_at or (answer.as_of + INSTALLATION_LASTS if installation else None),
    )


def check_repository(github: GitHub, full_name: str) -> tuple[RepositoryFacts, list[FirstAnswer]]:
    """Who a repository is, with the answers of itself and its views.

    Raises: GitHubError, whose sentence says which permission is missing; AnswerRefused.
    """
    itself = _answer(github, REPOSITORY, full_name)
    if not isinstance(itself.fetched.observation, StatsObservation):
        raise errors.AnswerRefused("the repository is missing from GitHub's answer")
    facts = itself.fetched.observation.facts
    return facts, [itself, _answer(github, VIEWS, facts.full_name)]


def _answer(github: GitHub, endpoint: Endpoint, full_name: str) -> FirstAnswer:
    began = time.monotonic()
    fetched = endpoint.fetch(github, Request(full_name, utc_now()))
    return FirstAnswer(endpoint.name, fetched, round((time.monotonic() - began) * 1000))


def hidden_organizations(answer: Response) -> int:
    """How many organizations a list leaves out because the token is not authorised for their single sign-on."""
    header = answer.headers.get("x-github-sso", "")
    if not header.startswith("partial-results"):
        return 0
    return len([part for part in header.partition("organizations=")[2].split(",") if part.strip()])


@dataclass(frozen=True, slots=True)
class CheckedName:
    """A name after GitHub was asked: the repository with its first answers, or why it cannot be tracked."""

    name: str
    facts: RepositoryFacts | None
    refusal: str | None = None
    answers: tuple[FirstAnswer, ...] = ()

    @property
    def views(self) -> int | None:
        """Those of the last 14 days; None where they are not known."""
        seen = next((each.fetched.observation for each in self.answers if each.endpoint == VIEWS.name), None)
        return seen.window.total if isinstance(seen, TrafficObservation) and seen.window else None


@dataclass(frozen=True, slots=True)
class TrackResult:
    """What became of the names: new or taken up again, tracked before, refused; and by name, which other tenants whose
    repositories the viewer sees track it, too.
    """

    added: list[Repository]
    already: list[Repository]
    refused: list[CheckedName]
    elsewhere: Mapping[str, tuple[str, ...]]


def check_repositories(
    github: GitHub | TenantClients,
    names: Sequence[str],
    on_checked: Callable[[int, CheckedName], None] = lambda done, each: None,
) -> list[CheckedName]:
    """What GitHub says of each name, in their order; `on_checked` is called as it is known, with how many are by then.

    Raises: GitHubError where no other name would go better.
    """
    pool = ThreadPoolExecutor(AT_ONCE)
    checked: list[CheckedName] = []
    try:
        for each in pool.map(partial(_check, github), names):
            checked.append(each)
            on_checked(len(checked), each)
    finally:
        pool.shutdown(cancel_futures=True)
    return checked


def _check(clients_or_one: GitHub | TenantClients, name: str) -> CheckedName:
    """As the first of the clients says that is shown its views; else as the first says."""
    refused: CheckedName | None = None
    clients = clients_or_one.of_name(name) if isinstance(clients_or_one, TenantClients) else [clients_or_one]
    for github in clients:
        try:
            facts, answers = check_repository(github, name)
            break
        except NO_OTHER_GOES_BETTER as error:
            if len(clients) == 1 or not isinstance(error, errors.TokenRefused | errors.LimitReached):
                raise
            refused = refused or CheckedName(name, None, str(error))
        except (errors.GitHubError, errors.AnswerRefused) as error:
            refused = refused or CheckedName(name, None, str(error))
    else:
        return refused or CheckedName(name, None, "There is nothing to ask GitHub with.")
    try:
        answers.append(_answer(github, CLONES, facts.full_name))
    except (errors.GitHubError, errors.AnswerRefused) as refusal:
        if isinstance(refusal, NO_OTHER_GOES_BETTER):
            raise
    return CheckedName(name, facts, answers=tuple(answers))


def track_repositories(
    viewer: Viewer, store: Store, by: str, tenant_id: int, checked: Sequence[CheckedName]
) -> TrackResult:
    """Track those that passed, in one commit; two names of one repository, before and after a rename, are one.

    What GitHub has answered of them is saved, so that their first days are there at once. Raises: NotAllowed.
    """
    passed = {each.facts.github_id: each.facts for each in checked if each.facts is not None}
    known = [each for each in repositories(viewer, store) if each.tenant_id == tenant_id]
    active = {each.github_id for each in known if each.state is RepositoryState.ACTIVE}
    new = [facts for github_id, facts in passed.items() if github_id not in active]
    added = add_repositories(store, by, tenant_id, new, utc_now()) if new else []
    answers = {each.facts.github_id: each.answers for each in checked if each.facts is not None}
    first = [
        answer.result(each.repository_id)
        for each in added
        for answer in answers.get(each.github_id or 0, ())
        if answer.is_certain  # else the collection asks again
    ]
    if first:
        save_first_results(store, first)
    already = [each for each in known if each.github_id in active & passed.keys()]
    sees = replace(viewer, repository_ids=viewer.repository_ids | {each.repository_id for each in added})
    others = other_tenants(sees, store)
    elsewhere = {each.full_name: others[each.repository_id] for each in added if each.repository_id in others}
    return TrackResult(added, already, [each for each in checked if each.facts is None], elsewhere)
