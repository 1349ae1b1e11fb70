"""No token leaves through a text, and no text of GitHub's plays tricks on a terminal."""

import logging
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.redaction import HIDDEN, RedactingFormatter, many_lines, one_line, place_of, redacted

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
SECRET = st.text(LETTERS, min_size=8, max_size=80)
PREFIX = st.sampled_from(["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"])


@given(st.text(), PREFIX, SECRET, st.text())
def test_a_token_is_hidden_wherever_it_stands(before: str, prefix: str, secret: str, after: str) -> None:
    assert prefix + secret not in redacted(f"{before}{prefix}{secret}{after}")


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer {}",
        "authorization: token {}",
        "{{'Authorization': 'Bearer {}'}}",
        "{{'Authorization': b'Bearer {}'}}",
        '"Authorization": "Basic {}"',
        "Authorization={}",
        "Bearer {}",
        "https://{}@github.com/octo/hello.git",
        "https://x-access-token:{}@github.com/octo/hello.git",
    ],
)
def test_the_value_of_an_authorization_is_hidden_whatever_its_form(text: str) -> None:
    secret = "0123456789abcdef0123456789abcdef01234567"
    assert secret not in redacted(text.format(secret))
    assert HIDDEN in redacted(text.format(secret))


def test_a_long_installation_token_with_dots_is_hidden_whole() -> None:
    secret = "ghs_" + ".".join(["eyJhbGciOiJSUzI1NiJ9" * 4, "eyJpc3MiOiIxIn0" * 8, "c2lnbmF0dXJl" * 10])
    assert redacted(f"token {secret} refused") == f"token {HIDDEN} refused"


@pytest.mark.parametrize(
    "text",
    [
        "octo/ghp-tools",
        "This is no GitHub token: one begins with github_pat_ or ghp_. Copy it from GitHub.",
        "github_pat_… or ghs_...",
        "github.com/octo/hello",
    ],
)
def test_ordinary_words_and_our_own_help_are_left_alone(text: str) -> None:
    assert redacted(text) == text


@given(st.text())
def test_a_line_holds_nothing_that_a_terminal_would_obey(text: str) -> None:
    line = one_line(text)
    assert "\n" not in line
    assert not {unicodedata.category(character) for character in line} & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def test_control_characters_are_shown_as_escapes_and_letters_of_every_language_as_they_are() -> None:
    assert one_line("a\x1b[31mb\u202ec\r\nd") == "a\\x1b[31mb\\u202ec\\r\\nd"
    assert one_line("Größe 大きさ размер") == "Größe 大きさ размер"
    assert many_lines("one\ntwo\x07") == "one\ntwo\\x07"


def test_what_libraries_log_is_redacted_with_its_trace() -> None:
    try:
        raise ValueError("refused ghp_0123456789abcdef")
    except ValueError as error:
        record = logging.LogRecord(
            "lib", logging.WARNING, "", 1, "at %s", ("ghp_abc12345",), (type(error), error, None)
        )
    text = RedactingFormatter("%(message)s").format(record)
    assert "ghp_" not in text
    assert text.count(HIDDEN) == 2


def test_a_fault_is_told_by_its_kind_and_its_line_without_its_words() -> None:
    with pytest.raises(ValueError, match="ghp_secret") as raised:
        int("ghp_secret")
    assert place_of(raised.value) == f"ValueError at test_redaction.py:{raised.traceback[-1].lineno + 1}"
    assert place_of(KeyError("ghp_secret")) == "KeyError"
