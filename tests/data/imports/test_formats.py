"""Each format against a small file of its own: what of it is traffic, and what is refused."""

import io
import json
import sqlite3
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from data.imports import files as reading
from data.imports import tables
from data.imports.files import files_of, uploaded
from data.imports.models import ImportRefused, Options
from tests.data.imports.importing import Files, staged

HELLO, GHRS = "octo/hello", "octo/hello/ghrs-data"
AGGREGATE = "time_iso8601,clones_total,clones_unique,views_total,views_unique\n"
REFERRER = "referrer,views_total,views_unique\nGoogle,40,10\n"


def database(*statements: str) -> bytes:
    connection = sqlite3.connect(":memory:")
    for each in statements:
        connection.execute(each)
    connection.commit()
    return connection.serialize()


def spoiled(content: bytes) -> bytes:
    """With other bytes where the first file in a zip is packed."""
    return content[:60] + b"\xff" * 20 + content[80:]


def packed(files: Files, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


VARIED = "date,views\n" + "".join(f"2026-04-01,{number**3}\n" for number in range(300))
GHSTATS = database(
    "create table repos (id integer primary key, name text, hidden boolean)",
    "create table repo_stats (repo_id integer, date text, stars integer, forks integer, watchers integer, "
    "clones_count integer, clones_uniques integer, views_count integer, views_uniques integer)",
    "create table repo_referrers (repo_id integer, date text, referrer text, count integer, uniques integer, "
    "count_delta integer, uniques_delta integer)",
    "insert into repos values (77, 'octo/hello', 1)",
    "insert into repo_stats values (77, '2026-04-01T00:00:00Z', 9, 2, 9, 0, 0, 8, 3), "
    "(77, '2026-04-02T00:00:00Z', 0, 0, 0, 0, 0, 0, 0)",
    "insert into repo_referrers values (77, '2026-04-01T00:00:00Z', 'Google', 5, 2, 5, 2)",
)
GIT_CLONE_STATS = database(
    "create table clone_history (repo text, timestamp text, count integer, uniques integer)",
    "insert into clone_history values ('octo/hello', '2026-04-01T00:00:00Z', 4, 2), ('hello', '2026-04-01', 0, 0)",
)
V, C, BOTH = (
    ("views", "view_uniques"),
    ("clones", "clone_uniques"),
    ("views", "view_uniques", "clones", "clone_uniques"),
)
DAYS: dict[str, tuple[Files, str, list[tuple[object, ...]]]] = {
    "github-repo-stats: zeros are unknown, but inside of a window": (
        {
            f"{GHRS}/views_clones_aggregate.csv": AGGREGATE
            + "2026-03-01 00:00:00+00:00,0,0,5,2\n2026-04-02 00:00:00+00:00,0,0,0,0\n",
            f"{GHRS}/snapshots/2026-04-05_080000_views_clones_series_fragment.csv": AGGREGATE
            + "2026-04-01 00:00:00+00:00,2,1,4.0,1\n2026-04-03 00:00:00+00:00,,,1,1\n",
        },
        "github-repo-stats",
        [
            (1, 5, 2, None, None),
            *((day, 0, 0, 0, 0) for day in (*range(23, 32), 33)),
            (32, 4, 1, 2, 1),
            (34, 1, 1, 0, 0),
        ],
    ),
    "ghstats: a row of zeros is unknown, by GitHub's id": (
        {"ghstats.db": GHSTATS},
        "ghstats",
        [(32, 8, 3, 0, 0)],
    ),
    "gghstats: blocks, zeros are trusted": (
        {
            "traffic.csv": "# Views\ndate,views,unique_visitors\n2026-04-01,10,5\n\n"
            "# Clones\ndate,clones,unique_cloners\n"
            "2026-04-01,0,0\n"
        },
        "gghstats",
        [(32, 10, 5, None, None), (32, None, None, 0, 0)],
    ),
    "repository-traffic-action: absent days are absent": (
        {"traffic/clones.csv": "_date,total_clones,unique_clones\n2026-04-01 00:00:00,0,0\n2026-04-03,2,1\n"},
        "repository-traffic-action",
        [(32, None, None, 0, 0), (34, None, None, 2, 1)],
    ),
    "ThioJoe's fork: zeros are filled in": (
        {
            "2026-04-05_snapshot.zip": packed(
                {"views_2026-04-05.csv": "_date,total_views,unique_views\n2026-04-01,0,0\n2026-04-02,2,1"}
            )
        },
        "thiojoe",
        [(33, 2, 1, None, None)],
    ),
    "git-clone-stats: the owner may be missing": (
        {"stats.db": GIT_CLONE_STATS},
        "git-clone-stats",
        [(32, None, None, 4, 2), (32, None, None, 0, 0)],
    ),
    "gitlytics": (
        {
            "traffic_2026.csv": "date,repository,views,unique_visitors,clones,unique_cloners,stars,forks,"
            "_raw_referrers\n"
            '2026-04-01,octo/hello,3,1,0,0,7,1,"[]"\n'
            '2026-04-02,octo/hello,0,0,2,1,8,1,"[{""referrer"": ""Bing"", ""count"": 3, ""uniques"": 1}]"\n'
        },
        "gitlytics",
        [(32, 3, 1, None, None), (33, None, None, 2, 1)],
    ),
    "repostats: names in another file": (
        {
            "repostats.csv": "RID,TDATE,VIEWCOUNT,VUNIQUES,CLONECOUNT,CUNIQUES\n5,2026-04-01,3,2,0,0\n",
            "repositories.csv": "RID,ORGNAME,REPONAME\n5,octo,hello\n",
        },
        "repostats",
        [(32, 3, 2, None, None)],
    ),
    "GitHub's own answer, pasted: the days between its rows had no traffic": (
        {
            "views.txt": "$ gh api repos/octo/hello/traffic/views\n"
            '{"count": 5, "uniques": 2, "views": [{"timestamp": "2026-04-01T00:00:00Z", "count": 4, "uniques": 1}, '
            '{"timestamp": "2026-04-03T00:00:00Z", "count": 1, "uniques": 1}]}'
        },
        "github",
        [(32, 4, 1, None, None), (33, 0, 0, None, None), (34, 1, 1, None, None)],
    ),
    "JSON of a badge: its estimate is refused": (
        {
            "clones.json": '{"total_clones": 12, "baseline_clones": 9, '
            '"history": {"2026-04-01": {"count": 3, "uniques": 2}}}'
        },
        "table",
        [(32, None, None, 3, 2)],
    ),
    "JSON lines": (
        {"x.jsonl": '{"day": "2026-04-01", "views": 3}\n\n{"day": "2026-04-02", "views": 4}\n'},
        "table",
        [(32, 3, None, None, None), (33, 4, None, None, None)],
    ),
    "a German spreadsheet": (
        {"a.csv": "Datum;Aufrufe;Besucher\n31.03.2026;1.234;20\n01.04.2026;1.234.567,0;3\n".encode("utf-16")},
        "table",
        [(31, 1234, 20, None, None), (32, 1234567, 3, None, None)],
    ),
}


def rows(read: Any, name: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in parquet.read_table(read.path(name)).to_pylist()]


@pytest.mark.parametrize("case", DAYS)
def test_what_a_format_has_of_days(case: str) -> None:
    """A day is written as its number, from 1 March on."""
    files, tool, expected = DAYS[case]
    with staged(files) as read:
        found = [((day - day.replace(month=3, day=1)).days + 1, *numbers) for _, day, *numbers in rows(read, "days")]
        names = {repository.name for repository in read.repositories}
    assert sorted(found, key=str) == sorted(expected, key=str)
    assert tool in read.tool
    assert names <= {HELLO, "hello", ""}


def test_lists_stars_and_windows() -> None:
    files: Files = {
        f"{GHRS}/stargazers.csv": "time_iso8601,stars_cumulative\n2026-04-01 10:00:00+00:00,5\n",
        f"{GHRS}/snapshots/2026-04-05_080000_top_referrers_snapshot.csv": REFERRER,
        "undated_referrers.csv": REFERRER,
        "ghstats.db": GHSTATS,
        "traffic_2026.csv": DAYS["gitlytics"][0]["traffic_2026.csv"],
        "views.txt": DAYS["GitHub's own answer, pasted: the days between its rows had no traffic"][0]["views.txt"],
    }
    with staged(files) as read:
        lists = {(str(day), name, count) for _, _, day, name, _, count, _ in rows(read, "lists")}
        counters = {(str(day), *numbers) for _, day, *numbers in rows(read, "counters")}
        windows = [(str(first), str(last), *numbers) for _, _, first, last, *numbers in rows(read, "windows")]
    assert lists == {("2026-04-05", "Google", 40), ("2026-04-01", "Google", 5), ("2026-04-02", "Bing", 3)}
    assert counters == {("2026-04-01", 5, None), ("2026-04-01", 9, 2), ("2026-04-02", 8, 1)}
    assert windows == [("2026-04-01", "2026-04-03", 5, 2)]
    assert [each.reason for each in read.refusals if "undated" in each.file]


def test_bad_rows_are_reported_with_their_line_and_good_ones_are_read() -> None:
    lines = (
        *("date,views,unique_visitors,repository", "2026-04-01,3,1,octo/hello", "2026-05-30,1,1,octo/hello"),
        *("x,1,1,octo/hello", "2026-04-02,1,2,octo/hello", "", "2026-04-03,-1,0,octo/hello"),
        *("2026-04-04,1.5,1,octo/hello", "2026-04-05,1", "2026-04-06,1,1,a b"),
    )
    with staged({"views.csv": "\n".join(lines)}) as read:
        reasons = {each.line: each.reason for each in read.refusals}
        assert len(rows(read, "days")) == 1
    words = {
        3: "future",
        4: "not a day",
        5: "more unique visitors",
        7: "less than 0",
        8: "whole",
        9: "columns",
        10: "OWNER",
    }
    assert set(reasons) == set(words)
    assert all(word in reasons[line] for line, word in words.items())


def test_the_order_of_day_and_month_is_that_of_the_whole_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "ROWS_A_BATCH", 1)
    with staged({"views.csv": "date,views\n2/4/2026,1\n13/4/2026,1\n"}) as read:
        assert [str(row[1]) for row in rows(read, "days")] == ["2026-04-02", "2026-04-13"]


def test_a_name_in_another_encoding_than_the_rest_is_refused_with_its_line() -> None:
    lines = [b"date,referrer,count,uniques", *[b"2026-04-01,Z\xc3\xbcrich,2,1"] * 3000, b"2026-04-02,Z\xfcrich,2,1"]
    with staged({"referrers.csv": b"\n".join(lines)}) as read:
        assert [(each.line, "another encoding" in each.reason) for each in read.refusals] == [(3002, True)]
        assert len(rows(read, "lists")) == 3000


ROW = {"timestamp": "2026-04-01", "count": 1, "uniques": 1}
REFUSED: dict[str, tuple[Files, Options, str]] = {
    "another repository": (
        {"a.csv": "date,repo,views\n2026-04-01,octo/hello,1\n2026-04-01,octo/world,1\n"},
        Options(repository=HELLO),
        "a.csv, line 3: this is about octo/world",
    ),
    "another repository's pasted answer": (
        {"a.json": f'gh api repos/octo/world/traffic/views\n{{"views": {json.dumps([ROW])}}}'},
        Options(repository=HELLO),
        "a.json (views): this is about octo/world, not octo/hello",
    ),
    "nothing": ({"views.csv": ""}, Options(), "no rows"),
    "no year": ({"views.csv": '"03/04",5\n'}, Options(), "--year"),
    "no columns known": ({"a.csv": "when,hits\n2026-04-01,1\n"}, Options(), "--map day=COLUMN"),
    "columns that are not there": (
        {"a.csv": "date,views\n2026-04-01,1\n"},
        Options(columns={"day": "x"}),
        "No table has",
    ),
    "an unknown tool": ({"a.csv": "date,views\n2026-04-01,1\n"}, Options(tool="x"), "github-repo-stats"),
    "a damaged database": ({"a.db": GHSTATS[:3000] + b"\xff" * 3000}, Options(), "a.db is no SQLite database"),
    "neither text nor database": ({"a.csv": b"\x01\0\2"}, Options(), "neither text nor"),
    "a damaged zip": ({"a.zip": packed({"a.csv": "date"})[:-30]}, Options(), "the zip is damaged"),
    "damaged rows in a zip": ({"a.zip": spoiled(packed({"a.csv": VARIED}))}, Options(), "cannot be read"),
    "damaged rows, packed by LZMA": (
        {"a.zip": spoiled(packed({"a.csv": VARIED}, zipfile.ZIP_LZMA))},
        Options(),
        "cannot be read",
    ),
    "a path that climbs": ({"a.zip": packed({"../../a.csv": "date"})}, Options(), "climbs out of the zip"),
    "a bomb": ({"a.zip": packed({"a.csv": b"0" * (20 << 20)})}, Options(), "times its size"),
    "weeks": (
        {
            "a.json": '{"count": 3, "uniques": 1, "views": ['
            '{"timestamp": "2026-04-06T00:00:00Z", "count": 1, "uniques": 1}, '
            '{"timestamp": "2026-04-13T00:00:00Z", "count": 1, "uniques": 1}, '
            '{"timestamp": "2026-04-20T00:00:00Z", "count": 1, "uniques": 1}]}'
        },
        Options(),
        "weeks, not days",
    ),
    "JSON lines that break off": ({"a.jsonl": '{"day": "2026-04-01", "views": 1}\n{"day": '}, Options(), "line 2"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read_is_refused_with_its_place(case: str) -> None:
    files, options, words = REFUSED[case]
    with pytest.raises(ImportRefused) as refusal, staged(files, options):
        pass
    assert words in f"{refusal.value} {refusal.value.option}"


def test_two_gigabytes_are_refused_before_they_are_read(tmp_path: Path) -> None:
    with (tmp_path / "a.csv").open("wb") as large:
        large.truncate(2 << 30)
    with pytest.raises(ImportRefused, match="more than 1 GB"):
        files_of([tmp_path])


def test_the_windows_in_the_history_of_a_clone_are_read(tmp_path: Path) -> None:
    def git(*words: str) -> None:
        names = ("-c", "user.name=ada", "-c", "user.email=ada@example.org")
        subprocess.run(["git", "-C", str(tmp_path), *names, *words], check=True, capture_output=True)

    git("init", "-q")
    folder = tmp_path / GHRS / "snapshots"
    folder.mkdir(parents=True)
    fragment = folder / "2026-04-05_080000_views_clones_series_fragment.csv"
    fragment.write_text(AGGREGATE + "2026-04-01 00:00:00+00:00,2,1,4,1\n", encoding="utf-8")
    git("add", "-A")
    git("commit", "-qm", "a window")
    fragment.unlink()
    (folder.parent / "views_clones_aggregate.csv").write_text(
        AGGREGATE + "2026-03-01 00:00:00+00:00,2,1,4,1\n", "utf-8"
    )
    git("add", "-A")
    git("commit", "-qm", "aggregated")
    names = [each.name.partition("/")[2] for each in files_of([tmp_path])]
    assert names == [f"{GHRS}/views_clones_aggregate.csv", f"{GHRS}/snapshots/{fragment.name}"]


def test_two_files_of_one_name_are_both_read(tmp_path: Path) -> None:
    paths = [tmp_path / folder / "views.csv" for folder in ("one", "two")]
    for path in paths:
        path.parent.mkdir()
        path.write_text("date,views\n2026-04-01,1\n")
    assert {each.path for each in files_of(paths)} == set(paths)
    assert len(files_of([paths[0], paths[0]])) == 1


def test_zips_in_a_zip_are_not_more_together_than_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_BYTES", 1000)
    inner = packed({"a.csv": "date,views\n" + "2026-04-01,1\n" * 50})
    assert len(uploaded("a.zip", packed({"1.zip": inner}))) == 1
    with pytest.raises(ImportRefused, match="Import it in parts"):
        uploaded("a.zip", packed({"1.zip": inner, "2.zip": inner}))
