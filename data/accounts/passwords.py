"""Passwords and one-time secrets: what is accepted, how they are hashed and compared. Pure; keeps nothing.

PasswordRefused     the password cannot be used, with the reason
"""

import hashlib
import secrets

import bcrypt

from data.refusals import Refused

ROUNDS = 12
SHORTEST_BYTES = 10
LONGEST_BYTES = 72  # bcrypt reads no further: what is longer would be cut, so it is refused
CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # 32, without those that are read for one another
CODE_GROUPS, CODE_GROUP = 4, 5  # 100 bits
_HASH_LETTERS = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_DIGEST_LETTERS = 31

# Of the published lists of the most common passwords those that are long enough to be tried.
_TRIED_FIRST = """
0123456789 1234567890 0987654321 12345678910 123456789a 1234567891 1234512345 1111111111 0000000000 1q2w3e4r5t
1qaz2wsx3edc qwertyuiop qwerty1234 qwerty12345 qwerty123456 qwertyuiop123 q1w2e3r4t5 asdfghjkl1 asdfghjkl;
abcdefghij abcdefghijk abc1234567 abcd123456 a123456789 password12 password123 password1234 passw0rd123 password01
p@ssword123 p@ssw0rd123 passwordpassword mypassword changeme123 changemenow letmein123 letmein1234 welcome123
welcome1234 iloveyou123 iloveyou12 administrator administrator1 admin12345 admin123456 adminadmin adminadmin1
admin@1234 superman123 basketball football123 baseball123 sunshine123 princess123 dragon12345 monkey12345
michael123 liverpool1 trustno1trustno1 google12345 github12345 githubgithub secret12345 test123456 testtest123
"""
MOST_COMMON = frozenset(_TRIED_FIRST.split())


class PasswordRefused(Refused):
    """The password is not acceptable; the sentence says why and never holds it."""


def check_acceptable(password: str, username: str) -> None:
    size = len(_bytes(password))
    if size < SHORTEST_BYTES:
        raise PasswordRefused(f"A password has at least {SHORTEST_BYTES} characters.")
    if size > LONGEST_BYTES:
        raise PasswordRefused(
            f"A password has at most {LONGEST_BYTES} bytes (a letter outside of English takes two or more), "
            f"because bcrypt reads no further; this one has {size}."
        )
    if "\0" in password:
        raise PasswordRefused("A password cannot contain a null character.")
    if password.strip().casefold() == username.strip().casefold():
        raise PasswordRefused("The password must not be the username.")
    if password.strip().casefold() in MOST_COMMON or len(set(password.casefold())) == 1:
        raise PasswordRefused("This password is too common. Choose another.")


def check_same(password: str, again: str | None) -> None:
    if again is not None and password != again:
        raise PasswordRefused("The two passwords do not match.")


def hashed(password: str) -> str:
    """The bcrypt hash to keep. Takes a good part of a second: never inside a commit."""
    return bcrypt.hashpw(_bytes(password), bcrypt.gensalt(ROUNDS)).decode("ascii")


def matches(password: str, password_hash: str) -> bool:
    """Whether it is this password; as slow for one that cannot be, because it is too long, as for any other."""
    given = _bytes(password)
    if len(given) > LONGEST_BYTES:
        bcrypt.checkpw(b"", password_hash.encode("ascii"))
        return False
    return bcrypt.checkpw(given, password_hash.encode("ascii"))


def hash_of_nothing() -> str:
    """A hash of the usual cost that no known password has: checked in place of an unknown user's."""
    digest = "".join(secrets.choice(_HASH_LETTERS) for _ in range(_DIGEST_LETTERS))
    return bcrypt.gensalt(ROUNDS).decode("ascii") + digest


def new_secret() -> str:
    """A secret of 256 bits for a cookie or a link."""
    return secrets.token_urlsafe(32)


def new_code() -> str:
    """A secret of 100 bits for people to type, in groups."""
    return "-".join("".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_GROUP)) for _ in range(CODE_GROUPS))


def code_as_typed(code: str) -> str:
    return "".join(code.split()).replace("-", "").upper()


def fingerprint(secret: str) -> str:
    """What is kept of a secret: its SHA-256. Enough, since nobody guesses a secret made here."""
    return hashlib.sha256(_bytes(secret)).hexdigest()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", errors="backslashreplace")  # half a surrogate pair, from whoever sends such things
