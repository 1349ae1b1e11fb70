"""Names, addresses and patterns as people type them."""

import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from collector.discovery import ListedRepository, folded, parse_listed, parse_pattern, repository_name, repository_names
from collector.errors import NameRefused

OWNERS = st.from_regex(r"\A[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?\Z").filter(
    lambda owner: (
        owner not in {"orgs", "users", "topics", "about", "apps", "login", "search", "stars", "issues", "pulls"}
    )
)
NAMES = st.from_regex(r"\A[A-Za-z0-9._-]{1,20}\Z").filter(lambda n: n not in {".", ".."} and not n.endswith(".git"))


@pytest.mark.parametrize(
    "typed",
    [
        "octo/Hello.World",
        "  octo/Hello.World ",
        "<https://github.com/octo/Hello.World>",
        "https://github.com/octo/Hello.World",
        "http://www.github.com/octo/Hello.World/",
        "HTTPS://GitHub.com/octo/Hello.World.git",
        "https://github.com/octo/Hello.World/tree/main/docs?plain=1#L3",
        "https://github.com/octo/Hello.World?tab=readme-ov-file",
        "https://github.com/octo/Hello.World#readme",
        "https://x-access-token:ghp_0123456789abcdef@github.com/octo/Hello.World.git",
        "github.com/octo/Hello.World/issues/7",
        "git@github.com:octo/Hello.World.git",
        "github.com:octo/Hello.World",
        "ssh://git@github.com/octo/Hello.World.git",
        "ssh://git@ssh.github.com:443/octo/Hello.World.git",
        "git+https://github.com/octo/Hello.World.git",
        "git://github.com/octo/Hello.World.git",
        "https://api.github.com/repos/octo/Hello.World/traffic/views",
        "https://raw.githubusercontent.com/octo/Hello.World/main/README.md",
        "octo/Hello.World.git",
    ],
)
def test_every_usual_form_means_the_same_repository(typed: str) -> None:
    assert repository_name(typed) == "octo/Hello.World"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "octo",
        "/",
        "octo/",
        "octo/..",
        "https://github.com",
        "https://github.com/octo",
        "https://github.com/orgs/octo/repositories",
        "https://gitlab.com/octo/hello",
        "git@bitbucket.org:octo/hello.git",
        "https://gist.github.com/octo/0123456789abcdef",
        "https://github.example.com/octo/hello",
        "file:///etc/passwd",
        "javascript://github.com/octo/hello",
        "octo/hello world",
        "octo/he%2Fllo",
        "-octo/hello",
        "octo/hello\x1b[31m",
        "https://[github.com/octo/hello",
        "octo/" + "a" * 101,
    ],
)
def test_anything_else_is_refused_in_a_sentence(typed: str) -> None:
    with pytest.raises(NameRefused, match=r"\.$|OWNER/\*$"):
        repository_name(typed)


@given(OWNERS, NAMES, st.sampled_from(["{}/{}", "https://github.com/{}/{}.git", "git@github.com:{}/{}"]))
def test_a_name_survives_every_form(owner: str, name: str, form: str) -> None:
    assert repository_name(form.format(owner, name)) == f"{owner}/{name}"


@given(st.text(max_size=60))
def test_whatever_is_typed_gives_a_clean_name_or_a_refusal(typed: str) -> None:
    try:
        name = repository_name(typed)
    except NameRefused:
        return
    assert set(name) <= set(string.ascii_letters + string.digits + "._-/")
    assert repository_name(name) == name


def test_duplicates_are_folded_whatever_their_form() -> None:
    typed = ["octo/hello", "https://github.com/Octo/Hello.git", "octo/world"]
    assert repository_names(typed) == ["octo/hello", "octo/world"]


def test_all_names_that_are_none_are_told_at_once() -> None:
    with pytest.raises(NameRefused, match=r"(?s)one.*two"):
        repository_names(["one", "octo/hello", "two"])


def listed(full_name: str, fork: bool = False, archived: bool = False, private: bool = False) -> ListedRepository:
    return ListedRepository(hash(full_name), full_name, fork, archived, private)


ALL = (
    listed("octo/hello"),
    listed("octo/api-one"),
    listed("octo/API-two", archived=True),
    listed("octo/test-api", fork=True),
    listed("other/api-three", private=True),
)


@pytest.mark.parametrize(
    ("pattern", "meant"),
    [
        ("octo/*", "hello api-one API-two test-api"),
        ("OCTO/*,!fork,!archived", "hello api-one"),
        ("octo/*, !FORK !archived", "hello api-one"),
        ("*/*", "hello api-one API-two test-api api-three"),
        ("*/api-*", "api-one API-two api-three"),
        ("*/*,!private", "hello api-one API-two test-api"),
        ("*/*,!*api*", "hello"),
        ("*/*,!octo/api-*", "hello test-api api-three"),
        ("octo/hello,other/*", "hello api-three"),
        ("octo/hello,", "hello"),
        ("nobody/*", ""),
        ("oct/*", ""),
    ],
)
def test_a_pattern_means_what_its_terms_say(pattern: str, meant: str) -> None:
    parsed = parse_pattern(pattern)
    assert [each.full_name.split("/")[1] for each in ALL if parsed.means(each)] == meant.split()


@pytest.mark.parametrize("pattern", ["", ",", "!fork", "octo", "octo/a/b", "octo/[ab]*", "octo/?", "!", "octo/*,!a b/"])
def test_what_is_no_pattern_is_refused_with_what_one_looks_like(pattern: str) -> None:
    with pytest.raises(NameRefused, match="A pattern looks like"):
        parse_pattern(pattern)


FLAGS = st.sets(st.sampled_from(["fork", "archived", "private"]))


@given(OWNERS, NAMES, FLAGS, FLAGS)
def test_a_flag_leaves_out_exactly_what_bears_it(owner: str, name: str, has: set[str], without: set[str]) -> None:
    each = listed(f"{owner}/{name}", **{flag: flag in has for flag in ("fork", "archived", "private")})
    pattern = parse_pattern(",".join([f"{owner}/*", *(f"!{flag}" for flag in sorted(without))]))
    assert pattern.means(each) == (not has & without)


@given(OWNERS, NAMES, NAMES)
def test_a_whole_name_means_itself_only(owner: str, name: str, other: str) -> None:
    assume(name.casefold() != other.casefold())
    pattern = parse_pattern(f"{owner}/{name}")
    assert pattern.means(listed(f"{owner}/{name}".upper()))
    assert not pattern.means(listed(f"{owner}/{other}"))


@given(st.text(max_size=40))
def test_whatever_is_written_gives_a_pattern_or_a_refusal(text: str) -> None:
    try:
        pattern = parse_pattern(text)
    except NameRefused:
        return
    assert pattern.wanted
    assert isinstance(pattern.means(ALL[0]), bool)


def test_a_repository_on_two_pages_is_one() -> None:
    assert folded([*ALL, ALL[0]]) == sorted(ALL, key=lambda each: each.full_name.casefold())


@pytest.mark.parametrize("item", [None, "octo/hello", {}, {"id": True, "full_name": "octo/hello"}, {"id": 1}])
def test_a_row_that_is_no_repository_is_left_out(item: object) -> None:
    assert parse_listed(item) is None


def test_a_row_without_a_sound_name_is_left_out() -> None:
    assert parse_listed({"id": 1, "full_name": "octo/he\x1bllo"}) is None
    assert parse_listed({"id": 1, "full_name": "octo/a/b"}) is None


def test_an_internal_repository_counts_as_private() -> None:
    row = {
        "id": 1,
        "full_name": "octo/hello",
        "private": False,
        "visibility": "internal",
        "permissions": {"push": True},
    }
    assert parse_listed(row) == ListedRepository(
        1, "octo/hello", fork=False, archived=False, private=True, may_push=True
    )
