"""Words that several pages use: numbers with their nouns, roles, grants. Pure."""

from data.accounts.grants import NamedGrant
from data.accounts.models import Role
from pages.ui import messages, time_format

STORE_ANOTHER = "Store another token for the tenant under Administration, Tenants."
ROLES = {
    Role.REPOSITORY_VIEWER: "Repository viewer",
    Role.TENANT_VIEWER: "Tenant viewer",
    Role.TENANT: "Tenant manager",
    Role.MAINTAINER: "Maintainer",
    Role.ADMIN: "Admin",
}


def counted(number: int, noun: str) -> str:
    """A number with its noun: 1 repository, 1,200 repositories."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") and not noun.endswith("ay") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"


def grant_text(grant: NamedGrant) -> str:
    """A grant in two lines of Markdown."""
    place = grant.repository or grant.tenant
    gone = grant.grant.tenant_id is not None and grant.tenant is None
    where = " for something that was deleted" if gone else f" · {messages.literal(place)}" if place else ""
    if grant.repository and grant.tenant:
        where += f" ({messages.literal(grant.tenant)})"
    since = f"by {messages.literal(grant.granted_by)}, {time_format.day_text(grant.granted_at)}"
    return f"**{ROLES[grant.grant.role]}**{where}  \n:gray[:small[{since}]]"
