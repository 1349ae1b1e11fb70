"""An answer's rows as files and as a frame: unknown is empty, no text and no heading is a formula."""

from datetime import date
from io import BytesIO

import pyarrow as pa
from pyarrow import parquet

from data.sandbox.sandbox import Answer

ROWS = pa.table(
    {
        "=cmd": pa.array(["=1+1", None, 'plain, and "quoted"', "@x"]),
        "n": pa.array([1, None, 3, -4], pa.int64()),
        "day": pa.array([date(2026, 5, 10), None, None, None]),
    }
)


def answer(rows: pa.Table) -> Answer:
    return Answer(rows, None, 0.1)


def test_no_text_and_no_heading_of_the_csv_is_a_formula() -> None:
    lines = answer(ROWS).to_csv().decode().split("\r\n")
    assert lines[:3] == ['"\'=cmd","n","day"', '"\'=1+1",1,2026-05-10', ",,"]
    assert lines[4].startswith('"\'@x",-4')
    twice = answer(pa.table([pa.array([1]), pa.array([2])], names=["=a", "'=a"])).to_csv()
    assert len(set(twice.decode().split("\r\n")[0].split(","))) == 2


def test_parquet_has_the_rows_as_they_are_and_a_frame_keeps_what_is_unknown() -> None:
    assert parquet.read_table(BytesIO(answer(ROWS).to_parquet())).equals(ROWS)
    frame = answer(ROWS).to_frame()
    assert frame["n"].isna().tolist() == [False, True, False, False]
    assert str(frame["n"].dtype) == "int64[pyarrow]"


def test_no_rows_make_files_with_headings() -> None:
    empty = answer(ROWS.slice(0, 0))
    assert empty.to_csv().decode().strip().count(",") == 2
    assert parquet.read_table(BytesIO(empty.to_parquet())).num_rows == 0
