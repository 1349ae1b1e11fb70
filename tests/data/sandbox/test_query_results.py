"""The rows of a query as files: unknown is empty, no text and no heading is a formula."""

from datetime import date
from io import BytesIO

import pyarrow as pa
from pyarrow import parquet

from data.sandbox.query_results import csv_of, frame, parquet_of

ROWS = pa.table(
    {
        "=cmd": pa.array(["=1+1", None, 'plain, and "quoted"', "@x"]),
        "n": pa.array([1, None, 3, -4], pa.int64()),
        "day": pa.array([date(2026, 5, 10), None, None, None]),
    }
)


def test_no_text_and_no_heading_of_the_csv_is_a_formula() -> None:
    lines = csv_of(ROWS).decode().split("\r\n")
    assert lines[0].split(",")[0] == '"\'=cmd"'
    assert lines[1] == '"\'=1+1",1,2026-05-10'
    assert lines[2] == ",,"
    assert lines[4].startswith('"\'@x",-4')


def test_headings_stay_apart_when_they_are_made_safe() -> None:
    twice = pa.table([pa.array([1]), pa.array([2])], names=["=a", "'=a"])
    headings = csv_of(twice).decode().split("\r\n")[0].split(",")
    assert len(set(headings)) == 2


def test_parquet_has_the_rows_as_they_are() -> None:
    assert parquet.read_table(BytesIO(parquet_of(ROWS))).equals(ROWS)


def test_unknown_stays_unknown_in_a_frame() -> None:
    found = frame(ROWS)
    assert found["n"].isna().tolist() == [False, True, False, False]
    assert str(found["n"].dtype) == "int64[pyarrow]"


def test_no_rows_make_files_with_headings() -> None:
    empty = ROWS.slice(0, 0)
    assert csv_of(empty).decode().strip().count(",") == 2
    assert parquet.read_table(BytesIO(parquet_of(empty))).num_rows == 0
