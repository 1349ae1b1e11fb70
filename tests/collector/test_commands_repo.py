"""`repo list`, `pause`, `resume`, `remove`."""

import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from data.accounts.authority import COMMAND_LINE
from data.accounts.tenants import operator
from data.collection.ledger import save_first_results
from data.repositories.models import RepositoryFacts
from data.repositories.repositories import add_repositories, repositories
from tests.collector.conftest import CommandLine, github_of, last_line, refused
from tests.data.writers import views


def test_an_empty_list_says_what_to_do(run: CommandLine) -> None:
    assert "repo add acme OWNER/NAME" in run("repo", "list").stdout
    assert run.facts("repo", "list") == {"ok": True, "repositories": []}


def test_the_list_shows_the_repositories_of_a_tenant(run: CommandLine) -> None:
    run("tenant", "add", "blue")
    run.follow("octo/hello")
    run.follow("octo/world", tenant="blue")
    assert [name in run("repo", "list", "--tenant", "blue").stdout for name in ("octo/hello", "octo/world")] == [
        False,
        True,
    ]
    assert [each["repository"] for each in run.facts("repo", "list")["repositories"]] == ["octo/hello", "octo/world"]


def test_a_repository_is_paused_and_resumed(run: CommandLine) -> None:
    run.follow("octo/hello", "octo/world")
    assert run("repo", "pause", "acme", "https://github.com/Octo/Hello").exit_code == 0
    assert run.states() == {"octo/hello": "paused", "octo/world": "active"}
    assert run.facts("repo", "resume", "acme", "octo/hello")["repositories"][0]["was"] == "paused"
    assert run.states() == {"octo/hello": "active", "octo/world": "active"}


def test_pausing_twice_is_fine_and_commits_nothing(run: CommandLine) -> None:
    run.follow("octo/hello")
    run("repo", "pause", "acme", "octo/hello")
    version = run.store.traffic.version()
    assert "already" in run("repo", "pause", "acme", "octo/hello").stdout
    assert run.store.traffic.version() == version


def test_removing_keeps_the_history_marked_removed(run: CommandLine) -> None:
    run.follow("octo/hello")
    assert "history stays" in run("repo", "remove", "acme", "octo/hello").stdout
    assert run.states() == {"octo/hello": "removed"}
    run("repo", "resume", "acme", "octo/hello")
    assert run.states() == {"octo/hello": "active"}


def test_deleting_asks_to_type_each_name(run: CommandLine) -> None:
    run.follow("octo/hello", "octo/world", "octo/other")
    typed = "octo/hello\nOCTO/WORLD\n"
    result = run("repo", "remove", "acme", "octo/hello", "octo/world", "--delete-data", typed=typed)
    assert result.exit_code == 0
    assert run.states() == {"octo/other": "active"}


def test_a_name_typed_wrongly_or_not_deletes_nothing(run: CommandLine) -> None:
    run.follow("octo/hello", "octo/world")
    for typed, code in (("octo/hello\nyes\n", 2), ("octo/hello\n", 1), ("", 1)):
        result = run("repo", "remove", "acme", "octo/hello", "octo/world", "--delete-data", "--json", typed=typed)
        assert last_line(result)["exit_code"] == result.exit_code == code
    assert set(run.states()) == {"octo/hello", "octo/world"}


def test_deleting_with_yes_asks_nothing(run: CommandLine) -> None:
    run.follow("octo/hello")
    assert run.facts("repo", "remove", "acme", "octo/hello", "--delete-data", "--yes")["deleted"] == ["octo/hello"]
    assert run.states() == {}


def test_one_unknown_name_among_several_changes_nothing(run: CommandLine) -> None:
    run.follow("octo/hello")
    before = run.store.traffic.version()
    for act in ("pause", "resume", "remove"):
        refused(run("repo", act, "acme", "octo/hello", "octo/unknown"), "octo/unknown", "repo list")
        refused(run("repo", act, "acme", "octo/hello", "nonsense"), "nonsense")
    assert run.store.traffic.version() == before


def test_several_are_changed_in_one_commit(run: CommandLine) -> None:
    names = [each.full_name for each in run.follow("octo/hello", "octo/world", "octo/other")]
    before = run.store.traffic.version()
    for commits, (act, *options) in enumerate((["pause"], ["remove"], ["remove", "--delete-data", "--yes"]), start=1):
        assert run("repo", act, "acme", *names, *options).exit_code == 0
        assert run.store.traffic.version() == before + commits
        assert "active" not in run.states().values()


def test_a_repository_of_another_tenant_is_as_unknown_as_a_missing_one(run: CommandLine) -> None:
    run("tenant", "add", "blue")
    run.follow("octo/hello", tenant="blue")
    others = run("repo", "remove", "acme", "octo/hello", "--delete-data", "--yes")
    missing = run("repo", "remove", "acme", "octo/hullo", "--delete-data", "--yes")
    assert others.stderr == missing.stderr.replace("hullo", "hello")
    assert run.states() == {"octo/hello": "active"}


@pytest.fixture(scope="module")
def doubled(template_with_token: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory where acme tracks #1 and #2, both octo/hello, and #3, octo/world; never written to again."""
    run = CommandLine(shutil.copytree(template_with_token, tmp_path_factory.mktemp("doubled") / "db", symlinks=True))
    run.follow("octo/hello")
    facts = RepositoryFacts(99, "Octo/Hello", "public", False, False)
    add_repositories(run.store, COMMAND_LINE, run.tenant().tenant_id, [facts], datetime.now(UTC))
    run.follow("octo/world")
    return run.directory


@pytest.fixture
def twice(doubled: Path, tmp_path: Path) -> CommandLine:
    """The command line over a copy of it."""
    return CommandLine(shutil.copytree(doubled, tmp_path / "doubled", symlinks=True))


def states(run: CommandLine) -> dict[int, str]:
    store = run.store
    return {each.repository_id: each.state.value for each in repositories(operator(store), store)}


def test_a_name_that_two_have_is_refused_with_both_of_them(twice: CommandLine) -> None:
    version = twice.store.traffic.version()
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    expected = (f"#1  octo/hello  active, added {today}", f"#2  Octo/Hello  active, added {today}", "'#2'")
    for act, *options in (["pause"], ["resume"], ["remove"], ["remove", "--delete-data", "--yes"]):
        refused(twice("repo", act, "acme", "octo/world", "octo/hello", *options), *expected)
    assert twice.store.traffic.version() == version


def test_the_one_that_is_meant_is_taken_by_its_number(twice: CommandLine) -> None:
    assert twice("repo", "pause", "acme", "#2").exit_code == 0
    assert states(twice) == {1: "active", 2: "paused", 3: "active"}
    assert twice("repo", "resume", "acme", "#2", "octo/world").exit_code == 0
    assert twice("repo", "remove", "acme", "#1", "#3", "#1").exit_code == 0
    assert states(twice) == {1: "removed", 2: "active", 3: "removed"}


def test_deleting_by_number_asks_for_the_name_and_deletes_that_one(twice: CommandLine) -> None:
    result = twice("repo", "remove", "acme", "#2", "--delete-data", typed="octo/hello\n")
    assert "(#2)" in result.stderr
    assert states(twice) == {1: "active", 3: "active"}


def test_a_number_that_nobody_has_changes_nothing(twice: CommandLine) -> None:
    version = twice.store.traffic.version()
    for number in ("#4", "#0", "#-1", "#", "#1.5", "#99999999999"):
        refused(twice("repo", "pause", "acme", "#2", number), number)
    assert twice.store.traffic.version() == version


def test_the_list_shows_numbers_where_names_are_double_only(twice: CommandLine) -> None:
    lines = [line for line in twice("repo", "list").stdout.splitlines() if "/" in line]
    assert [number in line for line, number in zip(lines, ("#1", "#2", "#"), strict=True)] == [True, True, False]
    assert [each["number"] for each in twice.facts("repo", "list")["repositories"]] == [1, 2, 3]


def test_the_same_name_of_two_tenants_is_not_double(run: CommandLine) -> None:
    run("tenant", "add", "blue")
    run.follow("octo/hello")
    run.follow("octo/hello", tenant="blue")
    assert "#" not in run("repo", "list").stdout


def test_an_export_takes_a_double_name_by_number_only(twice: CommandLine, tmp_path: Path) -> None:
    words = ["export", "repositories", "--to", tmp_path / "rows.csv", "--repo"]
    refused(twice(*words, "octo/hello"), "#1", "#2")
    assert not (tmp_path / "rows.csv").exists()
    assert twice.facts(*words, "#2", "--repo", "octo/world")["rows"] == 2
    assert "Octo/Hello" in (tmp_path / "rows.csv").read_text()


def test_a_collection_takes_a_double_name_by_number_only(twice: CommandLine) -> None:
    twice("repo", "pause", "acme", "#2")
    with github_of(twice):
        refused(twice("collect", "--repo", "octo/hello"), "#1", "#2")
        refused(twice("collect", "--repo", "#2"), "paused")
        assert twice.facts("collect", "--repo", "#1")["repositories"] == 1


def test_a_reading_is_corrected_with_a_record(run: CommandLine) -> None:
    (hello,) = run.follow("octo/hello")
    key = {"key": hello.repository_id}
    with run.store.traffic.commit("test") as connection:
        connection.execute(
            "insert into daily_traffic select $key, day::date, 10, 3, 'github', null, null, null "
            "from generate_series(date '2026-05-04', date '2026-05-10', interval 1 day) days(day)",
            key,
        )
        connection.execute("update daily_traffic set views = 9000, view_uniques = 900 where day = '2026-05-06'")
        connection.execute(
            "insert into weekly_traffic values ($key, '2026-05-04', 9060, 12, true, null, null, false)", key
        )
    week = "select views, view_uniques, views_state, views_days from v_weekly where week = '2026-05-04'"

    def asked(question: str) -> list[tuple[object, ...]]:
        with run.store.traffic.read() as cursor:
            return cursor.execute(question).fetchall()

    assert asked(week) == [(9060, 12, "final", 7)]
    assert run("repo", "correct", "acme", "octo/hello", "2026-05-06", "views", "12", "5").exit_code == 0
    assert asked(week) == [(72, None, "final", 7)]
    assert asked("select count, count_before from traffic_revision") == [(12, 9000)]
    assert run.facts("repo", "correct", "acme", "octo/hello", "2026-05-06", "views", "--unknown")["was"] == 12
    assert asked(week) == [(60, None, "gap", 6)]
    assert run("repo", "correct", "acme", "octo/hello", "2026-05-06", "views", "4", "2").exit_code == 0
    assert asked(week) == [(64, None, "final", 7)], "a gap can be filled"
    for shown, then in ((9000, 4), (9001, 9001)):
        save_first_results(run.store, [views(hello.repository_id, {date(2026, 5, 6): (shown, 900)})])
        assert asked("select views from v_daily where day = '2026-05-06'") == [(then,)], "only more is taken again"
    with run.store.control.read() as cursor:
        rows = cursor.execute("select actor, subject, detail from audit_log where act = 'reading corrected'").fetchall()
    assert rows[0] == (
        "command line",
        "octo/hello, 2026-05-06",
        "views: 9,000 (900 unique) before, 12 (5 unique) now",
    )
    for words in (("5", "6"), ("5",), (str(10**12 + 1), "1"), (), ("1", "1", "--unknown")):
        refused(run("repo", "correct", "acme", "octo/hello", "2026-05-06", "views", *words))
    refused(run("repo", "correct", "acme", "octo/hello", "2026-05-20", "views", "5", "1"), "Nothing is stored")
