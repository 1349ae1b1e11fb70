"""Words that a command does not take."""

from tests.collector.conftest import CommandLine

OLD_TOKEN = "0123456789abcdef0123456789abcdef01234567"


def test_a_token_among_the_words_is_not_repeated(run: CommandLine) -> None:
    result = run("tenant", "token", "acme", OLD_TOKEN)
    assert result.exit_code == 2
    assert OLD_TOKEN not in result.output
    assert "more words" in result.stderr
