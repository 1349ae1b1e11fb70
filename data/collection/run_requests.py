"""What people ask to be collected now, left for the process that collects: an empty file each, named for what it means.

So the same wish of ten people is one, and one that nobody takes is there for the next process.
"""

from contextlib import suppress

from data.collection.ledger import Scope
from data.store import Store
from data.store.version_files import keep_owner, make_directory

_ALL = "all"


def save_request(store: Store, scope: Scope) -> None:
    """Leave a wish for all, for tenants, or for single repositories."""
    names = [f"tenant-{each}" for each in scope.tenant_ids or ()] if scope.repository_ids is None else []
    names += [f"repository-{each}" for each in scope.repository_ids or ()]
    folder = store.directory / "requests"
    make_directory(folder, 0o700)
    for name in names if scope != Scope() else [_ALL]:
        (folder / name).touch(mode=0o600)
        keep_owner(folder / name)


def take_requests(store: Store) -> list[Scope]:
    """What was asked for since somebody took it last; what is taken is gone."""
    repository_ids: list[int] = []
    tenant_ids: list[int] = []
    scopes: list[Scope] = []
    for path in (store.directory / "requests").glob("*"):
        with suppress(FileNotFoundError):  # another was faster
            path.unlink()
            kind, _, number = path.name.partition("-")
            if kind == _ALL:
                scopes.append(Scope())
            elif number.isdigit():
                (tenant_ids if kind == "tenant" else repository_ids).append(int(number))
    scopes += [Scope(tenant_ids=tuple(tenant_ids))] if tenant_ids else []
    return scopes + ([Scope(repository_ids=tuple(repository_ids))] if repository_ids else [])
