"""Fetches GitHub's lists of repositories, for a pattern to be looked up in: for the command line and the pages."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from collector.check import hidden_organizations
from collector.discover import Listed, Pattern, folded, parse_listed
from collector.errors import Missing, PagingLimited
from collector.github import Answer, GitHub
from collector.terminal import counted

MAX_PAGES = 100  # 10,000 repositories
Source = tuple[str, dict[str, str | int]]


@dataclass(slots=True)
class Lists:
    """What the lists hold, and what they may lack."""

    found: list[Listed] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def fetch_matching(github: GitHub, login: str | None, pattern: Pattern) -> Lists:
    """The repositories that the pattern means, by name; `login` is whose token it is. Raises: GitHubError."""
    lists = Lists()
    for owner in pattern.owners:
        _add_owner(github, login, owner, lists)
    lists.found = [each for each in folded(lists.found) if pattern.means(each)]
    lists.warnings = list(dict.fromkeys(lists.warnings))
    return lists


def _add_owner(github: GitHub, login: str | None, owner: str, lists: Lists) -> None:
    """Look through what one owner glob needs: the token's own list, the organization's, or the user's."""
    if github.kind == "app installation":
        return _add_list(github, ("/installation/repositories", {}), lists)
    if "*" in owner:
        return _add_list(github, ("/user/repos", {}), lists)
    if login is not None and owner == login.casefold():
        return _add_list(github, ("/user/repos", {"affiliation": "owner"}), lists)
    try:
        return _add_list(github, (f"/orgs/{owner}/repos", {"type": "all"}), lists)
    except Missing:  # a user: the public ones, and those that the token's owner works on
        pass
    try:
        _add_list(github, (f"/users/{owner}/repos", {"type": "owner"}), lists)
    except Missing:
        lists.warnings.append(f"GitHub knows no user or organization {owner}.")
        return None
    return _add_list(github, ("/user/repos", {"affiliation": "collaborator"}), lists)


def _add_list(github: GitHub, source: Source, lists: Lists) -> None:
    path, query = source
    hidden = pages = 0
    try:
        for answer in github.fetch_pages(path, {"per_page": 100, **query}, max_pages=MAX_PAGES):
            pages += 1
            hidden = max(hidden, hidden_organizations(answer))
            lists.found.extend(_listed(answer))
    except PagingLimited:
        lists.warnings.append("GitHub ended the list early: some repositories may be missing.")
    if pages == MAX_PAGES:
        lists.warnings.append(f"The list has {MAX_PAGES * 100:,} repositories or more: some may be missing.")
    if hidden:
        lists.warnings.append(
            f"The list is not complete: the token is not authorised for the single sign-on of "
            f"{counted(hidden, 'organization')}. Authorise it at github.com: Settings, Developer settings, the token, "
            "Configure SSO."
        )


def _listed(answer: Answer) -> Iterator[Listed]:
    body = answer.body.get("repositories") if isinstance(answer.body, Mapping) else answer.body
    items: Iterable[object] = body if isinstance(body, list) else ()
    for item in items:
        listed = parse_listed(item)
        if listed is not None:
            yield listed
