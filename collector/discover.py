"""What people type to mean repositories: names, addresses pasted from a browser or a clone, and patterns. Pure.

A pattern is a list of terms with commas (or spaces) between them; letter case does not matter:

    owner/name      that repository
    owner/*         all of a user or an organization; * also stands for a part of a name: owner/api-*
    */*             everything that the token can see; */docs-* is fine too
    !fork           no forks; so also !archived and !private
    !name-*         none whose name is like this; !owner/name-* for one owner's

A repository is meant when at least one term names it and no term with `!` does.

NameRefused      what was typed is no repository's name, or no pattern; says why
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import translate
from urllib.parse import urlsplit

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
GRAMMAR = "A pattern looks like 'org/*,!fork,!archived'. See: python -m collector repo discover --help"


class NameRefused(Exception):
    """What was typed cannot mean a repository; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A repository in one of GitHub's lists; `may_push` is None where the list does not say."""

    github_id: int
    full_name: str
    fork: bool
    archived: bool
    private: bool
    may_push: bool | None = None


@dataclass(frozen=True, slots=True)
class Pattern:
    """Which repositories are meant: name globs (owner, name), the globs left out, and the flags left out."""

    wanted: tuple[tuple[str, str], ...]
    unwanted: tuple[tuple[str, str], ...] = ()
    without: frozenset[str] = frozenset()

    @property
    def owners(self) -> tuple[str, ...]:
        """The owner globs to look through, each once, in the order they were written."""
        return tuple(dict.fromkeys(owner for owner, _ in self.wanted))

    def means(self, listed: Listed) -> bool:
        """Whether the pattern means this repository."""
        if any(getattr(listed, flag) for flag in self.without):
            return False
        return _is_like(listed.full_name, self.wanted) and not _is_like(listed.full_name, self.unwanted)


def repository_name(text: str) -> str:
    """`owner/name` from a name, a GitHub address of any usual kind, or what one clones with. Raises: NameRefused."""
    typed = text.strip().strip("<>\"'").strip()
    path = _path(typed)
    parts = [part for part in path.partition("?")[0].partition("#")[0].split("/") if part]
    if len(parts) < 2:
        raise NameRefused(f"{_shown(text)} is no repository: write OWNER/NAME, or paste its GitHub address.")
    owner, name = parts[0], parts[1].removesuffix(".git")
    if owner.casefold() in _SITE_PAGES:
        raise NameRefused(f"{_shown(text)} is a page of GitHub, not a repository. To follow all of an owner: OWNER/*")
    if not _OWNER.fullmatch(owner) or not _NAME.fullmatch(name) or name in {".", ".."}:
        raise NameRefused(f"{_shown(text)} has characters that no repository of GitHub has in its name.")
    return f"{owner}/{name}"


def repository_names(texts: Iterable[str]) -> list[str]:
    """The names of several, each once, letter case aside. Raises: NameRefused, naming all that are not one."""
    names: dict[str, str] = {}
    refusals = []
    for text in texts:
        try:
            name = repository_name(text)
        except NameRefused as refusal:
            refusals.append(str(refusal))
        else:
            names.setdefault(name.casefold(), name)
    if refusals:
        raise NameRefused("\n".join(refusals))
    return list(names.values())


def parse_pattern(text: str) -> Pattern:
    """The pattern that was written. Raises: NameRefused."""
    terms = re.split(r"[,\s]+", text.strip(", \t\n"))
    left_out = [term[1:].casefold() for term in terms if term.startswith("!")]
    wanted = tuple(_glob(term) for term in terms if not term.startswith("!"))
    if not wanted:
        raise NameRefused(f"The pattern says what to leave out only. {GRAMMAR}")
    flags = frozenset(term for term in left_out if term in FLAGS)
    unwanted = tuple(_glob(term if "/" in term else f"*/{term}") for term in left_out if term not in FLAGS)
    return Pattern(wanted, unwanted, flags)


def parse_listed(item: object) -> Listed | None:
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
    return Listed(github_id, full_name, fork, archived, private, push if isinstance(push, bool) else None)


def folded(found: Iterable[Listed]) -> list[Listed]:
    """Each repository once, by name: lists shift while their pages are read, and overlap."""
    by_id = {each.github_id: each for each in found}
    return sorted(by_id.values(), key=lambda each: each.full_name.casefold())


def _path(typed: str) -> str:
    """What follows the host in an address, the whole of a bare name."""
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
        raise NameRefused(f"{_shown(typed)} is no address.") from error
    if address.scheme.casefold() not in _SCHEMES:
        raise NameRefused(f"{_shown(typed)} is no address of a repository.")
    return _of_host(host, address.path)


def _of_host(host: str, path: str) -> str:
    if host.casefold() not in _HOSTS:
        raise NameRefused(f"{_shown(host)} is not github.com: only github.com gives traffic of its repositories.")
    path = path.lstrip("/")
    return path.removeprefix("repos/") if host.casefold() == "api.github.com" else path


def _glob(term: str) -> tuple[str, str]:
    owner, slash, name = term.casefold().partition("/")
    if not slash or not _GLOB_OWNER.fullmatch(owner) or not _GLOB_NAME.fullmatch(name):
        raise NameRefused(f"{_shown(term)} is no part of a pattern. {GRAMMAR}")
    return owner, name


def _is_like(full_name: str, globs: Sequence[tuple[str, str]]) -> bool:
    owner, _, name = full_name.casefold().partition("/")
    return any(_matches(owner, like_owner) and _matches(name, like_name) for like_owner, like_name in globs)


def _matches(word: str, glob: str) -> bool:
    return re.fullmatch(translate(glob), word) is not None


def _shown(text: str) -> str:
    """What was typed, short enough to repeat."""
    return repr(text if len(text) <= 100 else f"{text[:100]}…")
