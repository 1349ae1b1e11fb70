"""What is tried against the sandbox by a statement: each attack fails in a sentence, or its answer tells nothing.

All of them are put to one process that is locked in as every other is; what needs one of its own is in
test_sandbox_limits.py.
"""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from data.accounts.models import Viewer
from data.sandbox.sandbox import CHILD, ENVIRONMENT, LENGTH, Limits, Question, _request, failure
from data.sandbox.sandbox_child import CALLS
from data.sandbox.tenant_extract import open_extract
from data.store import Store
from tests.data.filled import DOCS, ENGINE, MIRROR, TODAY, filled_store
from tests.data.sandbox.attacks import ALL

pytestmark = pytest.mark.skipif(
    duckdb.__version__.startswith("1."),
    reason="queries run in the server's own DuckDB, which is not of an older release",
)
BLUE_ONLY = Viewer(frozenset({ENGINE, DOCS, MIRROR}), frozenset({1}))
EVERYTHING = Viewer(frozenset({1, 2, 3, 4, 5}), frozenset({1, 2}))
DRIVER = Path(__file__).with_name("many_questions.py")
KEY = "c2VzYW1lLW9wZW4tc2VzYW1l"
INSIDE = "the text of a file"


class Place:
    """A filled store, a file beside it, and what came of every attack, by the number of it."""

    def __init__(self, directory: Path) -> None:
        self.store = filled_store(directory / "db")
        self.secret_file = directory / "secret.txt"
        self.secret_file.write_text(INSIDE)
        self.statements = [self.filled_in(statement) for _, statement, _ in ALL]
        self.before = self.files()
        self.answers = put(self.store, BLUE_ONLY, self.statements)

    def filled_in(self, statement: str) -> str:
        places = {"{secret_file}": self.secret_file, "{versions}": self.store.directory / "versions"}
        for name, path in places.items():
            statement = statement.replace(name, str(path))
        return statement

    def files(self) -> dict[str, int]:
        """Every file of the store, by when it was last changed."""
        return {str(p): p.stat().st_mtime_ns for p in self.store.directory.rglob("*") if "extracts" not in p.parts}


def put(store: Store, viewer: Viewer, statements: list[str], *lifted: str) -> list[dict[str, Any]]:
    """What comes of these statements, in one locked process."""
    limits = Limits(seconds=100)
    asked = json.loads(_request(Question("", TODAY), limits)) | {"statements": statements}
    text = json.dumps(asked, ensure_ascii=False).encode("utf-8", "replace")
    ours, theirs = socket.socketpair()
    command = [sys.executable, "-I", str(DRIVER), str(CHILD), *lifted]
    file = open_extract(viewer, store)
    with (
        ours,
        theirs,
        subprocess.Popen(command, stdin=theirs.fileno(), stderr=subprocess.PIPE, env=ENVIRONMENT) as process,
    ):
        theirs.close()
        socket.send_fds(ours, [LENGTH.pack(len(text))], [file])
        ours.sendall(text)
        os.close(file)
        received = b"".join(iter(lambda: ours.recv(1 << 20), b""))
        assert process.wait(30) == 0, process.stderr and process.stderr.read()
    found: list[dict[str, Any]] = json.loads(received[LENGTH.size :])
    return [{"head": each["head"], "rows": str(rows_of(each["body"]))} for each in found]


def rows_of(body: str) -> list[dict[str, Any]] | None:
    return pa.ipc.open_stream(bytes.fromhex(body)).read_all().to_pylist() if body else None


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    os.environ["TRAFFIC_SECRET_KEY"] = KEY
    try:
        found = Place(tmp_path_factory.mktemp("attacked"))
    finally:
        del os.environ["TRAFFIC_SECRET_KEY"]
    yield found
    found.store.close()


@pytest.mark.parametrize("number", range(len(ALL)), ids=[f"{group}: {text[:60]!r}" for group, text, _ in ALL])
def test_an_attack_fails_or_tells_nothing(place: Place, number: int) -> None:
    _, _, sign = ALL[number]
    answer, statement = place.answers[number], place.statements[number]
    said = str(failure(answer["head"], statement, 512)) if "failure" in answer["head"] else None
    revealed = f"{said} {answer['rows']}".replace(statement, "")
    secrets = ("green", "telescope", KEY, INSIDE, "root:", str(Path.home()), "site-packages", "extracts", "versions/")
    assert not [each for each in secrets if each.casefold() in revealed.casefold()]
    assert (said is None) == (sign is None)
    assert (sign or "") in (said or "")


def test_there_are_more_than_ninety_attacks_and_no_two_alike() -> None:
    assert len({statement for _, statement, _ in ALL}) == len(ALL) > 90


def test_what_must_not_be_told_is_there_for_whoever_may_see_it(place: Place) -> None:
    """So that the attacks have something to miss."""
    (answer,) = put(place.store, EVERYTHING, ["select full_name, tenant from v_repositories"])
    assert "green/telescope" in answer["rows"]
    assert "Green" in answer["rows"]


def test_nothing_of_the_store_was_changed_by_any_of_them(place: Place) -> None:
    assert place.files() == place.before


def test_the_rows_are_there_after_all_attacks(place: Place) -> None:
    answer = put(place.store, BLUE_ONLY, ["drop table repository", "select full_name from repository order by 1"])[1]
    assert answer["rows"] == str([{"full_name": f"blue/{name}"} for name in ("docs", "engine", "mirror")])


@pytest.mark.skipif(sys.platform != "linux" or os.uname().machine not in CALLS, reason="only Linux has the second wall")
def test_where_more_files_could_be_opened_the_kernel_takes_no_name_of_one(place: Place) -> None:
    """The limit on open files is lifted: what DuckDB itself lets a query name is refused all the same."""
    numbers = [f"from read_blob('/dev/fd/{number}')" for number in range(20)]
    found = put(place.store, BLUE_ONLY, [*numbers, "select count(*) from repository"], "lifted")
    assert found.pop()["head"].get("failure") is None, "queries are answered"
    messages = [each["head"].get("message", "no failure") for each in found]
    assert [each for each in messages if "Permission denied" in each] == [messages[9]], (
        "DuckDB lets it name the file of the rows"
    )
    assert all("disabled" in each for number, each in enumerate(messages) if number != 9)
