"""All but traffic as JSON bodies: repositories, owners, releases, stars; every field that GitHub's schema requires."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from tests.simulated_github.access import has_push
from tests.simulated_github.repositories import Asset, Release, Repository
from tests.simulated_github.tokens import Token

Body = dict[str, Any]
GITHUB = "https://github.com"
DAY = timedelta(days=1)
WEEK = 7 * DAY
STAR_WEEKS = 30
_PARTS = {
    "archive_url": "/{archive_format}{/ref}",
    "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}",
    "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}",
    "contributors_url": "/contributors",
    "deployments_url": "/deployments",
    "downloads_url": "/downloads",
    "events_url": "/events",
    "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}",
    "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}",
    "keys_url": "/keys{/key_id}",
    "labels_url": "/labels{/name}",
    "languages_url": "/languages",
    "merges_url": "/merges",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}",
    "stargazers_url": "/stargazers",
    "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "tags_url": "/tags",
    "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
}
_PERSON_PARTS = {
    "followers_url": "/followers",
    "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "starred_url": "/starred{/owner}{/repo}",
    "subscriptions_url": "/subscriptions",
    "organizations_url": "/orgs",
    "repos_url": "/repos",
    "events_url": "/events{/privacy}",
    "received_events_url": "/received_events",
}


def stamp(moment: datetime) -> str:
    """A moment as GitHub writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def account(api: str, login: str, account_id: int, kind: str = "User") -> Body:
    """An owner or a user (simple-user)."""
    base = f"{api}/users/{login}"
    return {
        "login": login,
        "id": account_id,
        "node_id": f"MDQ6VXNlcg{account_id}",
        "avatar_url": f"https://avatars.githubusercontent.com/u/{account_id}?v=4",
        "gravatar_id": "",
        "url": base,
        "html_url": f"{GITHUB}/{login}",
        **{name: base + part for name, part in _PERSON_PARTS.items()},
        "type": kind,
        "site_admin": False,
    }


def owner_id(login: str) -> int:
    """A number for an owner that is nobody's token owner: made of the letters, always the same."""
    number = 7
    for letter in login.lower():
        number = (number * 131 + ord(letter)) % 89_999_999
    return 10_000_000 + number


def minimal_repository(api: str, repository: Repository, token: Token | None) -> Body:
    """A repository as the lists of an organization or a user give it."""
    base = f"{api}/repos/{repository.full_name}"
    push = has_push(token, repository)
    return {
        "id": repository.id,
        "node_id": f"R_kgDO{repository.id}",
        "name": repository.name,
        "full_name": repository.full_name,
        "private": repository.private,
        "owner": account(api, repository.owner, owner_id(repository.owner), repository.owner_type),
        "html_url": f"{GITHUB}/{repository.full_name}",
        "description": repository.description,
        "fork": repository.fork,
        "url": base,
        **{name: base + part for name, part in _PARTS.items()},
        "created_at": stamp(repository.created_at),
        "updated_at": stamp(repository.created_at),
        "pushed_at": stamp(repository.created_at),
        "archived": repository.archived,
        "disabled": False,
        "visibility": "private" if repository.private else "public",
        "default_branch": "main",
        "permissions": {"admin": push, "maintain": push, "push": push, "triage": push, "pull": True},
    }


def listed_repository(api: str, repository: Repository, token: Token | None, day: date) -> Body:
    """A repository as `/user/repos` gives it: with its stars, without its watchers."""
    stats, stars = repository.stats_on(day), repository.stars_until(day)
    return {
        **minimal_repository(api, repository, token),
        "git_url": f"git://github.com/{repository.full_name}.git",
        "ssh_url": f"git@github.com:{repository.full_name}.git",
        "clone_url": f"{GITHUB}/{repository.full_name}.git",
        "svn_url": f"{GITHUB}/{repository.full_name}",
        "homepage": None,
        "size": stats.size,
        "stargazers_count": stars,
        "watchers_count": stars,
        "watchers": stars,
        "language": repository.language,
        "has_issues": True,
        "has_projects": True,
        "has_downloads": True,
        "has_wiki": True,
        "has_pages": False,
        "has_discussions": False,
        "forks_count": stats.forks,
        "forks": stats.forks,
        "mirror_url": None,
        "open_issues_count": stats.open_issues,
        "open_issues": stats.open_issues,
        "license": None,
        "topics": [],
        "is_template": False,
        **repository.extra,
    }


def full_repository(api: str, repository: Repository, token: Token | None, day: date) -> Body:
    """A repository as it answers itself: the only place of `subscribers_count`, which are its watchers."""
    stats = repository.stats_on(day)
    counters = {"network_count": stats.forks, "subscribers_count": stats.subscribers}
    return {**listed_repository(api, repository, token, day), **counters, **repository.extra}


def release(api: str, repository: Repository, given: Release, now: datetime) -> Body:
    """A release with its assets."""
    base, page = f"{api}/repos/{repository.full_name}", f"{GITHUB}/{repository.full_name}"
    author = account(api, repository.owner, owner_id(repository.owner), repository.owner_type)
    assets = [_asset(base, page, given, asset, now) | {"uploader": author} for asset in given.assets]
    return {
        "url": f"{base}/releases/{given.id}",
        "html_url": f"{page}/releases/tag/{given.tag}",
        "assets_url": f"{base}/releases/{given.id}/assets",
        "upload_url": f"https://uploads.github.com/repos/{repository.full_name}/releases/{given.id}/assets{{?name,label}}",
        "tarball_url": f"{base}/tarball/{given.tag}",
        "zipball_url": f"{base}/zipball/{given.tag}",
        "id": given.id,
        "node_id": f"RE_kwDO{given.id}",
        "tag_name": given.tag,
        "target_commitish": "main",
        "name": given.name or given.tag,
        "body": None,
        "draft": given.draft,
        "prerelease": given.prerelease,
        "immutable": False,
        "created_at": stamp(given.published_at),
        "published_at": None if given.draft else stamp(given.published_at),
        "author": author,
        "assets": assets,
    }


def _asset(base: str, page: str, given: Release, asset: Asset, now: datetime) -> Body:
    days = max(timedelta(), now - given.published_at) / DAY
    return {
        "url": f"{base}/releases/assets/{asset.id}",
        "browser_download_url": f"{page}/releases/download/{given.tag}/{asset.name}",
        "id": asset.id,
        "node_id": f"RA_kwDO{asset.id}",
        "name": asset.name,
        "label": None,
        "state": "uploaded",
        "content_type": "application/octet-stream",
        "size": asset.size,
        "digest": None,
        "download_count": asset.downloads + int(asset.a_day * days),
        "created_at": stamp(given.published_at),
        "updated_at": stamp(given.published_at),
    }


def star_weeks(repository: Repository, now: datetime, boundary_s: int = 0) -> list[date]:
    """The Sundays of the star history, newest first, back to the week of creation."""
    shift = timedelta(seconds=boundary_s)
    sunday, oldest = _sunday((now - shift).date()), _sunday((repository.created_at - shift).date())
    return [sunday - WEEK * n for n in range((sunday - oldest) // WEEK + 1)]


def star_week(stars: Mapping[date, int], sunday: date, today: date, boundary_s: int = 0) -> Body:
    """A week of gained stars, Sunday first; its boundaries need not be midnight UTC."""
    days = [stars.get(day, 0) if day <= today else 0 for day in (sunday + DAY * n for n in range(7))]
    start = datetime.combine(sunday, time(), UTC) + timedelta(seconds=boundary_s)
    return {"week": int(start.timestamp()), "total": sum(days), "days": days}


def _sunday(day: date) -> date:
    return day - DAY * ((day.weekday() + 1) % 7)
