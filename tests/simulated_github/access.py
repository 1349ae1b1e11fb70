"""What a token may see of a repository, and the exact words in which the rest is refused."""

from tests.simulated_github.answers import (
    DOCS,
    SAML_DOCS,
    TRAFFIC_DOCS,
    Answer,
    json_answer,
    not_found,
    refusal,
    requires_authentication,
)
from tests.simulated_github.repositories import Repository
from tests.simulated_github.tokens import Lack, Token

_SUBJECT = {"fine_grained": "personal access token", "app": "integration"}


def is_visible(token: Token | None, repository: Repository) -> bool:
    """Whether the repository is there at all for this token."""
    if not repository.private:
        return True
    if token is None or not token.sees(repository.id):
        return False
    return token.kind != "classic" or "repo" in token.scopes


def has_push(token: Token | None, repository: Repository) -> bool:
    """Whether the token's owner may write to the repository."""
    return token is not None and token.sees(repository.id) and token.lacking(repository.id) is not Lack.PUSH


def refuse_repository(token: Token | None, repository: Repository) -> Answer | None:
    """The refusal that any part of the repository meets, if there is one."""
    if not is_visible(token, repository):
        return not_found()
    if repository.block is not None:
        return _blocked(repository)
    lack = token.lacking(repository.id) if token is not None else None
    owner = repository.owner
    if lack is Lack.SAML:
        url = f"https://github.com/orgs/{owner}/sso?authorization_request=ABC"
        text = "Resource protected by organization SAML enforcement. You must grant your Personal Access token access "
        return refusal(403, text + "to this organization.", SAML_DOCS, {"x-github-sso": f"required; url={url}"})
    if lack is Lack.CLASSIC_FORBIDDEN:
        text = f"`{owner}` forbids access via a personal access token (classic). Please use a GitHub App, OAuth App, "
        return refusal(403, text + "or a personal access token with fine-grained permissions.")
    if lack is Lack.ADDRESS:
        text = f"Although you appear to have the correct authorization credentials, the `{owner}` organization has an "
        return refusal(
            403, text + "IP allow list enabled, and your IP address is not permitted to access this resource."
        )
    return None


def refuse_traffic(token: Token | None, repository: Repository) -> Answer | None:
    """The refusal of views, clones, referrers and paths, if there is one."""
    if token is None:
        return requires_authentication()
    lack = token.lacking(repository.id)
    given = token.sees(repository.id)
    if token.kind == "classic":
        if given and lack is not Lack.PUSH and {"repo", "public_repo"} & set(token.scopes):
            return None
        return refusal(403, "Must have push access to repository", TRAFFIC_DOCS)
    if given and lack not in (Lack.PUSH, Lack.ADMINISTRATION, Lack.METADATA_ONLY):
        return None
    return _not_accessible(token, "administration=read")


def refuse_contents(token: Token | None, repository: Repository) -> Answer | None:
    """The refusal of releases: of a private repository they need more than its metadata."""
    if token is None or not repository.private or token.lacking(repository.id) is not Lack.METADATA_ONLY:
        return None
    return _not_accessible(token, "contents=read")


def suspended() -> Answer:
    """The installation of the app is paused by its owner."""
    docs = f"{DOCS}/reference/apps#create-an-installation-access-token-for-an-app"
    return refusal(403, "This installation has been suspended", docs)


def _not_accessible(token: Token, needed: str) -> Answer:
    text = f"Resource not accessible by {_SUBJECT.get(token.kind, 'personal access token')}"
    return refusal(403, text, TRAFFIC_DOCS, {"x-accepted-github-permissions": needed})


def _blocked(repository: Repository) -> Answer:
    block = repository.block
    assert block is not None
    told = {"reason": block.reason, "created_at": block.created_at, "html_url": block.html_url}
    return json_answer({"message": "Repository access blocked", "block": told}, 451 if block.reason == "dmca" else 403)
