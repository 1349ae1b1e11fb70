"""Seals and opens secrets with the server's key, which lies in no database.

VaultError
├── KeyUnusable      the key is not a Fernet key, or its file cannot be read
└── SealBroken       a secret was sealed with another key
"""

import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

KEY_VARIABLE = "TRAFFIC_SECRET_KEY"
KEY_FILE = "secret.key"


class VaultError(Exception):
    """A failure of the vault, told in a sentence for people; it never holds a secret."""


class KeyUnusable(VaultError):
    """The key is not one."""


class SealBroken(VaultError):
    """The secret does not open with this key."""


class Vault:
    """Seals with the first key, opens with any: so a key can be rotated while everything runs."""

    def __init__(self, keys: list[bytes]) -> None:
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError as error:
            raise KeyUnusable(
                f"The key in {KEY_VARIABLE} or {KEY_FILE} is not a Fernet key (44 characters of URL-safe base64)."
            ) from error

    def seal(self, secret: str) -> bytes:
        """The secret, encrypted and signed."""
        return self._fernet.encrypt(secret.encode())

    def unseal(self, sealed: bytes) -> str:
        """The secret. Raises SealBroken."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken as error:
            raise SealBroken(
                "A stored token does not open with this server's key. Bring back the key it was sealed with "
                f"({KEY_VARIABLE} or {KEY_FILE}), or store the token again: python -m collector tenant token NAME"
            ) from error


def open_vault(directory: Path) -> Vault:
    """The vault of a data directory: the key from the environment, else from its file, made at the first use.

    Several keys are separated by commas or lines, the newest first. Raises: KeyUnusable.
    """
    text = os.environ.get(KEY_VARIABLE) or _key_file(directory / KEY_FILE)
    return Vault([key.strip().encode() for key in text.replace(",", "\n").splitlines() if key.strip()])


def _key_file(path: Path) -> str:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read(path)
    except OSError as error:
        raise KeyUnusable(f"{path} cannot be made: {error.strerror}.") from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(Fernet.generate_key())
        file.flush()
        os.fsync(file.fileno())
    return _read(path)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise KeyUnusable(f"{path} cannot be read.") from error
