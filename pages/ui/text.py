"""Words that several pages use: roles, grants, links to repositories. Pure."""

from datetime import date, datetime

from data.accounts.api_tokens import ApiToken
from data.accounts.grants import NamedGrant
from data.accounts.models import Role
from data.insight.text import Markup
from data.text import day_text, repository_path
from pages.ui import messages
from pages.ui.addresses import base_path
from pages.ui.time_format import ago, days_left

STORE_ANOTHER = "Store another token for the tenant under Administration, Tenants."
MARKDOWN = Markup(messages.literal, "**{}**")
NAME_IN_LINK = r"of=([^&]*)"  # the name in a link of repository_link
ROLES = {
    Role.REPOSITORY_VIEWER: "Repository viewer",
    Role.TENANT_VIEWER: "Tenant viewer",
    Role.TENANT: "Tenant manager",
    Role.MAINTAINER: "Maintainer",
    Role.ADMIN: "Admin",
}


def grant_text(grant: NamedGrant) -> str:
    place = grant.repository or grant.tenant
    gone = grant.grant.tenant_id is not None and grant.tenant is None
    where = " for something deleted since" if gone else f" · {messages.literal(place)}" if place else ""
    if grant.repository and grant.tenant:
        where += f" ({messages.literal(grant.tenant)})"
    since = f"by {messages.literal(grant.granted_by)}, {day_text(grant.granted_at)}"
    return f"**{ROLES[grant.grant.role]}**{where}  \n:gray[:small[{since}]]"


def token_text(token: ApiToken, what: str, now: datetime) -> str:
    """A token of a program in Markdown: its name, what it is for, how long it lasts, and when it was used."""
    used = "never used" if token.last_used_at is None else f"last used {ago(token.last_used_at, now)}"
    left = days_left(token.expires_at, now)
    return f"**{messages.literal(token.name)}** · {messages.literal(what)}  \n:gray[:small[{left}, {used}]]"


def repository_link(name: str, days: tuple[date, date] | None = None) -> str:
    """The address of a repository's page, with the first and last day that it is to show (None: its usual ones)."""
    return f"{base_path()}/{repository_path(name, days)}"
