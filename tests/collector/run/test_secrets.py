"""A client may hold the file open for a whole run, and finds no token in it; nor does anybody in a log."""

import logging
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest

from tests.collector.run.collecting import DAY, HOUR, OTHER_OWNER_ID, OTHER_SECRET, SECRET, Collection
from tests.fake_github import FOR_EVER, Fault, Lack, Token
from tests.fake_github.faults import bad_credentials_401, redirect_to_other_host, truncated_body, unicorn_502


@pytest.fixture
def logged() -> Iterator[StringIO]:
    """Everything that anybody logs, urllib3 included, down to DEBUG."""
    text = StringIO()
    handler, root = logging.StreamHandler(text), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield text
    root.removeHandler(handler)
    root.setLevel(level)


def holders(directory: Path, words: bytes) -> list[str]:
    """The files below a directory that hold these bytes, in any case."""
    files = [path for path in directory.rglob("*") if path.is_file()]
    return [path.name for path in files if words.lower() in path.read_bytes().lower()]


def go_through_everything(collection: Collection) -> None:
    """Runs in which nearly everything goes wrong once."""
    repeat = Fault(403, {"message": f"Bearer {SECRET} was refused, and {OTHER_SECRET} too"})
    collection.github.world.add_token(Token(OTHER_SECRET, "other", OTHER_OWNER_ID, lacks={1: Lack.SAML}))
    collection.follow(OTHER_SECRET, tenant="beta")
    for fault in (unicorn_502(), truncated_body(), redirect_to_other_host(), repeat, repeat.on("*/traffic/*")):
        collection.github.faults.add(fault.on("/repos/*") if fault.path == "*" else fault)
    collection()
    collection.github.faults.add(bad_credentials_401(f"Bad credentials {SECRET}").repeated(FOR_EVER))
    collection.later(DAY)
    collection.github.stop()
    collection.later(HOUR)


def test_a_token_is_in_no_file_no_log_and_no_sentence(collection: Collection, logged: StringIO) -> None:
    go_through_everything(collection)
    for secret in (SECRET, OTHER_SECRET):
        for part in (secret, secret[10:], secret[::-1]):
            assert holders(collection.store.directory, part.encode()) == []
            assert part not in logged.getvalue()
            assert part not in str(collection.progress.warnings)
    assert "GET /repos/octo/" in logged.getvalue()
    names = holders(collection.store.directory, b"octo/one")
    assert any(name.startswith("traffic-") for name in names), "a search finds what is there"


def test_the_traffic_files_hold_no_encrypted_token_either(collection: Collection) -> None:
    collection()
    with collection.store.control.read() as cursor:
        ((encrypted,),) = cursor.execute("select encrypted from tenant_token").fetchall()
    assert {name.partition("-")[0] for name in holders(collection.store.directory, bytes(encrypted))} <= {
        "control",
        "control.duckdb",
    }
