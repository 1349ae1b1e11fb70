"""The repositories and tokens there are, and what happens to them: renames, deletions, blocks, names used again."""

from collections.abc import Iterable

from tests.simulated_github.repositories import Block, Repository
from tests.simulated_github.tokens import Token


class World:
    """Everything that the simulated GitHub holds. Changing it while the server runs is meant."""

    def __init__(self, repositories: Iterable[Repository] = (), tokens: Iterable[Token] = ()) -> None:
        self.repositories: dict[int, Repository] = {}
        self.tokens: dict[str, Token] = {}
        self.generation = 0
        self._names: dict[str, int] = {}
        self._former: dict[str, int] = {}
        for repository in repositories:
            self.add(repository)
        for token in tokens:
            self.tokens[token.secret] = token

    def add(self, repository: Repository) -> Repository:
        """A new repository; its name may be one that another had before."""
        key = repository.full_name.lower()
        if key in self._names or repository.id in self.repositories:
            raise ValueError(f"there is a repository {repository.full_name} or {repository.id} already")
        self.repositories[repository.id] = repository
        self._names[key] = repository.id
        self.generation += 1
        return repository

    def add_token(self, token: Token) -> Token:
        """A new token."""
        self.tokens[token.secret] = token
        return token

    def rename(self, repository_id: int, full_name: str) -> None:
        """Rename or transfer: the old name leads to the repository until another takes it."""
        repository = self.repositories[repository_id]
        old = repository.full_name.lower()
        owner, name = full_name.split("/")
        if self._names.get(full_name.lower(), repository_id) != repository_id:
            raise ValueError(f"{full_name} is taken")
        self._names.pop(old)
        self._former[old] = repository_id
        repository.owner, repository.name = owner, name
        self._names[full_name.lower()] = repository_id
        self._former.pop(full_name.lower(), None)
        self.generation += 1

    def delete(self, repository_id: int) -> None:
        """Gone, with every name that led to it."""
        self._names.pop(self.repositories.pop(repository_id).full_name.lower())
        for name in [name for name, known in self._former.items() if known == repository_id]:
            del self._former[name]
        self.generation += 1

    def make_private(self, repository_id: int) -> None:
        """Tokens that were not given it see nothing of it any more."""
        self.repositories[repository_id].private = True
        self.generation += 1

    def archive(self, repository_id: int) -> None:
        """Read-only; its traffic goes on."""
        self.repositories[repository_id].archived = True

    def block(self, repository_id: int, reason: str = "dmca") -> None:
        """Closed by GitHub: 451 for `dmca`, 403 for `tos`."""
        self.repositories[repository_id].block = Block(reason)

    def named(self, full_name: str) -> Repository | None:
        """The repository that bears this name now, in any case."""
        return self.repositories.get(self._names.get(full_name.lower(), 0))

    def formerly(self, full_name: str) -> Repository | None:
        """The repository that bore this name before."""
        return self.repositories.get(self._former.get(full_name.lower(), 0))
