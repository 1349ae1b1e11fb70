"""Which credentials are used for which repository: its tenant's token, or an installation of the GitHub App."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from collector.client import Authorization, GitHub
from collector.clock import Clock
from collector.github_app import InstallationAuthorization, app_client
from collector.settings import Settings
from data.accounts.encryption import Cipher, EncryptionError
from data.accounts.github_app import Installation, InstallationState, OpenApp, open_app
from data.accounts.tokens import OpenToken, open_tokens
from data.repositories.models import Repository
from data.store import Store


@dataclass(frozen=True, slots=True)
class InstallationToken(OpenToken):
    """What a tenant may use of an installation that it was given."""

    installation: Installation | None = None

    @property
    def label(self) -> str:
        return f"the GitHub App of {self.account}"

    @property
    def account(self) -> str | None:
        return self.installation.account if self.installation else None

    @property
    def owner_key(self) -> str:
        """GitHub gives each installation a budget of its own."""
        return f"installation {self.installation.installation_id}" if self.installation else ""


@dataclass(slots=True)
class Access:
    """With what each tenant may ask GitHub: its token, and the App's installations that were given to it."""

    tokens: Mapping[int, OpenToken]
    app: OpenApp | None
    _app_github: GitHub | None = field(default=None, repr=False)

    def of_tenant(self, tenant_id: int) -> list[OpenToken]:
        """The installations before the token, which expires."""
        own = [self.tokens[tenant_id]] if tenant_id in self.tokens else []
        return [*self._of_app(tenant_id), *own]

    def of_repository(self, repository: Repository) -> list[OpenToken]:
        """In which order to try them: an installation that GitHub lists the repository of, the token, then another
        installation of the repository's owner.
        """
        owner, listed = repository.full_name.partition("/")[0].casefold(), self.app.listed if self.app else {}
        holding, others = [], []
        for each in self._of_app(repository.tenant_id):
            found = each.installation
            if found is not None and repository.github_id in listed.get(found.installation_id, ()):
                holding.append(each)
            elif found is not None and found.account.casefold() == owner:
                others.append(each)
        own = [self.tokens[repository.tenant_id]] if repository.tenant_id in self.tokens else []
        return [*holding, *own, *others]

    def why_not(self, tenant_id: int) -> list[str]:
        """What keeps the tenant's installations from collecting, as sentences."""
        of_tenant = [each for each in (self.app.installations if self.app else ()) if each.tenant_id == tenant_id]
        return [each.to_do for each in of_tenant if each.to_do]

    def authorization(self, token: OpenToken, settings: Settings, clock: Clock) -> str | Authorization:
        """What a client signs in with."""
        if not isinstance(token, InstallationToken) or token.installation is None or self.app is None:
            return token.secret
        if self._app_github is None:
            self._app_github = app_client(settings, self.app.facts.app_id, self.app.keys, clock)
        return InstallationAuthorization(self._app_github, token.installation, clock)

    def close(self) -> None:
        if self._app_github is not None:
            self._app_github.close()

    def _of_app(self, tenant_id: int) -> list[InstallationToken]:
        return [
            InstallationToken(0, tenant_id, None, None, True, "", None, each)
            for each in (self.app.installations if self.app else ())
            if each.tenant_id == tenant_id and each.state is InstallationState.GRANTED
        ]


def open_access(store: Store, cipher: Cipher, now: datetime) -> Access:
    """For whoever collects or looks for repositories. Raises: DecryptionFailed where no token opens.

    An App whose keys do not open is left out, so that it stops no token; `installations.refresh` reports it.
    """
    app = None
    with suppress(EncryptionError):
        app = open_app(store)
    return Access(open_tokens(store, cipher, now), app)
