"""Encrypts and decrypts secrets with the server's key, which lies in no database.

EncryptionError
├── KeyUnusable      the key is not a Fernet key, or its file cannot be read or written
└── DecryptionFailed a secret was encrypted with another key
"""

import os
import secrets
from collections.abc import Callable, Hashable
from contextlib import suppress
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from data.refusals import Refused
from data.store.version_files import keep_owner, sync

KEY_VARIABLE = "TRAFFIC_SECRET_KEY"
KEY_FILE = "secret.key"


class EncryptionError(Refused):
    """A failure of the key or a secret; the message is a sentence for people and never holds a secret."""


class KeyUnusable(EncryptionError):
    """The key is not one."""


class DecryptionFailed(EncryptionError):
    """The secret does not open with this key."""


class Cipher:
    """Encrypts with the first key, decrypts with any: so a key can be rotated while everything runs.

    The keys are read again before each encryption, and when something does not open: a rotation may have gone by.
    """

    def __init__(self, read_keys: Callable[[], list[bytes]]) -> None:
        self._read_keys = read_keys
        self._fernet = _fernet(read_keys())

    def encrypt(self, secret: str) -> bytes:
        self._fernet = _fernet(self._read_keys())
        return self._fernet.encrypt(secret.encode())

    def decrypt(self, encrypted: bytes) -> str:
        with suppress(InvalidToken):
            return self._fernet.decrypt(encrypted).decode()
        self._fernet = _fernet(self._read_keys())
        try:
            return self._fernet.decrypt(encrypted).decode()
        except InvalidToken as error:
            raise DecryptionFailed(
                "A stored token does not open with this server's key. Bring back the key it was encrypted with "
                f"({KEY_VARIABLE} or {KEY_FILE}), or store the token again: python -m collector tenant token NAME"
            ) from error

    def can_open(self, encrypted: bytes) -> bool:
        try:
            self.decrypt(encrypted)
        except EncryptionError:
            return False
        return True


def open_cipher(directory: Path, *, make_key: bool = True) -> Cipher:
    """The cipher of a data directory: the key from the environment, else from its file, made at the first use.

    Several keys are separated by commas or lines, the newest first. Raises: KeyUnusable.
    """
    if not make_key and not os.environ.get(KEY_VARIABLE) and not (directory / KEY_FILE).exists():
        raise KeyUnusable(f"There is no key: {directory / KEY_FILE} is missing.")
    return Cipher(lambda: _keys(directory))


def key_mark(directory: Path) -> Hashable:
    """What changes with the key, and is none: for whoever keeps what came of using it."""
    named = hash(os.environ.get(KEY_VARIABLE))
    try:
        file = (directory / KEY_FILE).stat()
    except OSError:
        return named
    return named, file.st_ino, file.st_mtime_ns, file.st_size


def add_key(directory: Path) -> list[bytes]:
    """Put a fresh key first in the key file and answer the former ones, which stay, so that everything opens meanwhile.

    With the key in the environment nothing changes: there it takes a second one, put first by whoever sets it.
    Raises: EncryptionError.
    """
    keys = _keys(directory)
    if not os.environ.get(KEY_VARIABLE):
        _write(directory / KEY_FILE, [Fernet.generate_key(), *keys])
        return keys
    if len(keys) == 1:
        raise EncryptionError(
            f"The key comes from the environment. Set {KEY_VARIABLE} to a new key, a comma and the present one, "
            "start the app and the collector again, then run this again: it encrypts every token with the first key. "
            "After that take the former key out. A new key: "
            'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'
        )
    return keys[1:]


def drop_keys(directory: Path, former: list[bytes], encrypted: list[bytes]) -> bool:
    """Take former keys out of the key file; False where the keys are not in a file.

    The caller holds the store's write lock; `encrypted` is all that must still open afterwards. A key that another
    rotation has added meanwhile stays. Raises: KeyUnusable, DecryptionFailed (nothing has changed then).
    """
    if os.environ.get(KEY_VARIABLE):
        return False
    kept = [key for key in _keys(directory) if key not in former]
    cipher = Cipher(lambda: kept)
    for each in encrypted:
        cipher.decrypt(each)
    _write(directory / KEY_FILE, kept)
    return True


def _fernet(keys: list[bytes]) -> MultiFernet:
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError as error:
        raise KeyUnusable(
            f"The key in {KEY_VARIABLE} or {KEY_FILE} is not a Fernet key (44 characters of URL-safe base64)."
        ) from error


def _keys(directory: Path) -> list[bytes]:
    text = os.environ.get(KEY_VARIABLE) or _key_file(directory / KEY_FILE)
    return [key.strip().encode() for key in text.replace(",", "\n").splitlines() if key.strip()]


def _write(path: Path, keys: list[bytes]) -> None:
    """Replace the key file as a whole: a crash leaves the former one or the new one, never half of one."""
    temporary = path.with_name(f".{path.name}.new")
    try:
        temporary.unlink(missing_ok=True)
        _write_new(temporary, keys)
        temporary.replace(path)
        sync(path.parent)
    except OSError as error:
        raise KeyUnusable(f"{path} cannot be written: {error.strerror}. The former key still counts.") from error


def _write_new(path: Path, keys: list[bytes]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(b"\n".join(keys))
        file.flush()
        os.fsync(file.fileno())
    keep_owner(path)


def _make(path: Path) -> None:
    """Make the key file, unless another process is quicker; nobody ever sees it empty."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        _write_new(temporary, [Fernet.generate_key()])
        with suppress(FileExistsError):
            os.link(temporary, path)
        temporary.unlink()
        sync(path.parent)
    except OSError as error:
        raise KeyUnusable(f"{path} cannot be made: {error.strerror}.") from error


def _key_file(path: Path) -> str:
    if not path.exists():
        _make(path)
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise KeyUnusable(f"{path} cannot be read.") from error
