"""The server's key is rotated while everything runs, and a crash at any step loses nothing."""

import stat
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from cryptography.fernet import Fernet

from data.accounts import encryption, tokens
from data.accounts.authority import COMMAND_LINE
from data.accounts.encryption import KEY_FILE, KEY_VARIABLE, DecryptionFailed, EncryptionError, open_cipher
from data.accounts.tokens import TokenFacts, open_tokens, rotate_key, save_token
from data.store import Store
from tests.data.cast import NOW, kept_in

FACTS = TokenFacts("classic", "octo", 7, "repo", None)
SECRETS = {1: "ghp_first", 2: "ghp_second"}


@pytest.fixture(autouse=True)
def with_tokens(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two tenants' tokens, encrypted with the key of the file."""
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    for tenant_id, secret in SECRETS.items():
        save_token(store, COMMAND_LINE, tenant_id, secret, FACTS, now=NOW)


def key_file(store: Store) -> str:
    return (store.directory / KEY_FILE).read_text()


def opened(store: Store, by: encryption.Cipher | None = None) -> dict[int, str]:
    found = open_tokens(store, by or open_cipher(store.directory), NOW)
    return {tenant_id: token.secret for tenant_id, token in found.items()}


def encrypted(store: Store) -> list[bytes]:
    with store.control.read() as cursor:
        return [row[0] for row in cursor.execute("select encrypted from tenant_token order by token_id").fetchall()]


def test_every_token_is_encrypted_with_a_new_key_and_the_old_one_opens_nothing(store: Store) -> None:
    former = key_file(store)
    assert rotate_key(store, COMMAND_LINE, NOW) == (2, True)
    assert opened(store) == SECRETS
    assert former not in key_file(store)
    with pytest.raises(DecryptionFailed):
        opened(store, encryption.Cipher(lambda: [former.encode()]))
    assert stat.S_IMODE((store.directory / KEY_FILE).stat().st_mode) == 0o600
    assert not list(store.directory.glob(f".{KEY_FILE}*"))


def test_a_cipher_that_was_open_before_goes_on_opening_and_encrypting(store: Store) -> None:
    running = open_cipher(store.directory)
    rotate_key(store, COMMAND_LINE, NOW)
    assert opened(store, running) == SECRETS
    rotate_key(store, COMMAND_LINE, NOW)
    save_token(store, COMMAND_LINE, 1, "ghp_third", FACTS, now=NOW)
    assert opened(store, running) == SECRETS | {1: "ghp_third"}
    assert open_cipher(store.directory).decrypt(running.encrypt("ghp_fourth")) == "ghp_fourth"


class Crash(BaseException):
    """The process is gone."""


@contextmanager
def crash(module: object, at: str) -> Iterator[None]:
    """Run a block in which the function `at` ends the process before it does anything."""

    def gone(*_: object, **__: object) -> None:
        raise Crash

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, at, gone)
        with pytest.raises(Crash):
            yield


@pytest.mark.parametrize(
    ("module", "at"),
    [(tokens, "add_key"), (encryption, "_write"), (tokens, "record"), (tokens, "drop_keys"), (encryption, "sync")],
)
def test_after_a_crash_at_any_step_everything_opens_and_doing_it_again_finishes(
    store: Store, module: object, at: str
) -> None:
    first = key_file(store)
    with crash(module, at):
        rotate_key(store, COMMAND_LINE, NOW)
    assert opened(store) == SECRETS
    assert rotate_key(store, COMMAND_LINE, NOW) == (2, True)
    assert (opened(store), len(key_file(store).split())) == (SECRETS, 1)
    assert first not in key_file(store)


def test_a_rotation_that_goes_by_between_commit_and_dropping_keeps_its_own_key(store: Store) -> None:
    kept: list[bytes] = []

    def later(_: object, former: list[bytes], __: object) -> bool:
        kept.extend(former)
        return True

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tokens, "drop_keys", later)
        rotate_key(store, COMMAND_LINE, NOW)
    with crash(tokens, "record"):
        rotate_key(store, COMMAND_LINE, NOW)
    encryption.drop_keys(store.directory, kept, encrypted(store))
    assert (opened(store), len(key_file(store).split())) == (SECRETS, 2)


def test_a_token_that_does_not_open_stops_the_rotation_before_anything_changes(store: Store) -> None:
    with store.control.commit("a damaged token") as connection:
        connection.execute("update tenant_token set encrypted = 'x'::blob where tenant_id = 2")
    key, rows = key_file(store), encrypted(store)
    with pytest.raises(DecryptionFailed):
        rotate_key(store, COMMAND_LINE, NOW)
    assert (key_file(store), encrypted(store)) == (key, rows)


def test_a_single_key_in_the_environment_is_explained(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, key_file(store))
    with pytest.raises(EncryptionError, match=f"Set {KEY_VARIABLE} to a new key, a comma and the present one"):
        rotate_key(store, COMMAND_LINE, NOW)


def test_two_keys_in_the_environment_encrypt_everything_with_the_first(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    present, new = key_file(store), Fernet.generate_key().decode()
    monkeypatch.setenv(KEY_VARIABLE, f"{new},{present}")
    assert rotate_key(store, COMMAND_LINE, NOW) == (2, False)
    monkeypatch.setenv(KEY_VARIABLE, new)
    assert opened(store) == SECRETS
    assert key_file(store) == present


def test_tokens_are_in_no_file_and_no_error(store: Store) -> None:
    rotate_key(store, COMMAND_LINE, NOW)
    kept = kept_in(store)
    assert not [secret for secret in SECRETS.values() if secret.encode() in kept]
