"""Rows as files: unknown is empty, no text of a CSV is a formula, and a spreadsheet gets each value as what it is."""

import re
import zipfile
from datetime import UTC, date, datetime
from html import unescape
from io import BytesIO

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from data.traffic import file_formats
from data.traffic.file_formats import TooManyRows, csv_file, excel_file, json_rows, parquet_file

ROWS = pa.table(
    {
        "=cmd": pa.array(["=1+1", None, 'plain, and "quoted"', "@x"]),
        "n": pa.array([1, None, 3, -4], pa.int64()),
        "day": pa.array([date(2026, 5, 10), None, None, None]),
    }
)


def cells(file: bytes) -> dict[str, tuple[str, str]]:
    """The cells of the first sheet, by their names: their type ("" for a number or a day) and their content."""
    with zipfile.ZipFile(BytesIO(file)) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet, "no cell is a formula"
    found = re.findall(r'<c r="([A-Z]+\d+)"([^>]*)>(.*?)</c>', sheet, re.DOTALL)
    kinds = {name: re.search(r't="(\w+)"', attributes) for name, attributes, _ in found}
    return {
        name: (((kind := kinds[name]) and kind[1]) or "", unescape(re.sub(r"<[^>]+>", "", content)))
        for name, _, content in found
    }


def test_no_text_and_no_heading_of_a_csv_is_a_formula() -> None:
    lines = csv_file(ROWS).decode().split("\r\n")
    assert lines[:3] == ['"\'=cmd","n","day"', '"\'=1+1",1,2026-05-10', ",,"]
    assert lines[4].startswith('"\'@x",-4')
    twice = csv_file(pa.table([pa.array([1]), pa.array([2])], names=["=a", "'=a"]))
    assert len(set(twice.decode().split("\r\n")[0].split(","))) == 2


@pytest.mark.parametrize("kind", ["object", "str", "string[pyarrow]", "category", pd.ArrowDtype(pa.large_string())])
def test_no_text_of_a_frame_is_a_formula_however_it_is_kept(kind: object) -> None:
    frame = pd.DataFrame({"full_name": pd.Series(["=1+1", "a/b", None], dtype=kind)})
    assert csv_file(frame) == b'full_name\r\n"\'=1+1"\r\n"a/b"\r\n\r\n'


@pytest.mark.parametrize("zone", [None, "UTC"])
def test_a_time_is_the_same_text_in_a_csv_as_in_json(zone: str | None) -> None:
    rows = pa.table({"at": pa.array([datetime(2026, 5, 10, 12, 0, 7, 890_000, UTC), None], pa.timestamp("us", zone))})
    assert csv_file(rows) == b'at\r\n"2026-05-10T12:00:07Z"\r\n\r\n'
    assert json_rows(rows) == '[{"at":"2026-05-10T12:00:07Z"},{"at":null}]'


def test_a_spreadsheet_gets_each_value_as_what_it_is() -> None:
    far = pa.table(
        {
            "text": ["=HYPERLINK(1)", "Büro 🚲", "1.10", "https://github.com/octo", "a\x00b"],
            "whole": pa.array([7, None, 10**15 - 1, 10**15, -(2**62)], pa.int64()),
            "real": [1.5, None, float("nan"), float("inf"), -0.25],
            "day": [date(2026, 5, 10), None, date(1899, 12, 31), date(9999, 12, 31), date(1900, 1, 1)],
            "moment": pa.array([datetime(2026, 5, 10, 12, tzinfo=UTC), *[None] * 4], pa.timestamp("us", "UTC")),
            "yes": [True, False, None, None, None],
        }
    )
    found = cells(excel_file(far))
    texts = [found[f"A{row}"] for row in range(2, 7)]
    assert texts[:4] == [("inlineStr", text) for text in far["text"].to_pylist()[:4]]
    assert [found.get(f"B{row}") for row in range(2, 7)] == [
        ("", "7"),
        None,
        ("", str(10**15 - 1)),
        ("inlineStr", str(10**15)),  # a spreadsheet would round it
        ("inlineStr", str(-(2**62))),
    ]
    assert [found.get(f"C{row}") for row in range(2, 7)] == [
        ("", "1.5"),
        None,
        ("inlineStr", "nan"),
        ("inlineStr", "inf"),
        ("", "-0.25"),
    ]
    assert [found.get(f"D{row}", ("", ""))[0] for row in range(2, 7)] == ["", "", "inlineStr", "", ""]
    assert found["D2"] == ("", "46152"), "the day's number"
    assert found["E2"] == ("", "46152.5")
    assert [found.get(f"F{row}") for row in (2, 3, 4)] == [("b", "1"), ("b", "0"), None]


def test_a_spreadsheet_of_more_rows_than_it_may_have_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_formats, "MOST_EXCEL_ROWS", 3)
    with pytest.raises(TooManyRows, match="at most 3 rows here; these are 4"):
        excel_file(ROWS)


def test_parquet_has_the_rows_as_they_are() -> None:
    assert parquet.read_table(BytesIO(parquet_file(ROWS))).equals(ROWS)


def test_no_rows_make_files_with_headings() -> None:
    empty = ROWS.slice(0, 0)
    assert csv_file(empty).decode().strip().count(",") == 2
    assert parquet.read_table(BytesIO(parquet_file(empty))).num_rows == 0
    assert [text for _, text in cells(excel_file(empty)).values()] == ["=cmd", "n", "day"]
