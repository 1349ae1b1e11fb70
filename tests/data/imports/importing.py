"""Files as other tools write them, and what an import makes of them."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from data.accounts.authority import COMMAND_LINE
from data.imports.files import files_of
from data.imports.imports import save_import
from data.imports.models import ImportBatch, Options, Unknown
from data.imports.staging import Staged, stage
from data.store import Store
from tests.data.writers import NOW

TODAY = NOW.date()
Files = Mapping[str, str | bytes]


@contextmanager
def staged(files: Files, options: Options | None = None, today: date = TODAY) -> Iterator[Staged]:
    """What is read of files with these names and contents."""
    with tempfile.TemporaryDirectory() as place:
        folder, scratch = Path(place, "files"), Path(place, "scratch")
        scratch.mkdir()
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        yield stage(files_of(sorted(folder.iterdir())), options or Options(), {}, today, scratch)


def imported(store: Store, tenant_id: int, files: Files, options: Options | None = None) -> ImportBatch:
    """An import of these files, unknown repositories left out."""
    options = options or Options()
    with staged(files, options) as read:
        return save_import(
            store, COMMAND_LINE, tenant_id, read, NOW, aliases=options.aliases, unknown=Unknown.SKIP, mappings={}
        )
