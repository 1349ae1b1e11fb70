"""What the values of rows are in a CSV: times are written as in JSON, and no text that GitHub gave is a formula to a
spreadsheet. Pure.
"""

import re

import pyarrow as pa
from pyarrow import compute as pc

# A spreadsheet skips what it does not show before the first sign, and takes the wide forms for the narrow ones.
_FORMULA = re.compile(r"[\s\x00-\x1f\u200b\ufeff]*[=+\-@＝＋－＠]|[\t\r\n]")


def formula_safe(text: str) -> str:
    """The text, with an apostrophe in front where a spreadsheet would calculate it.

    Source: OWASP, CSV Injection.
    """
    return f"'{text}" if _FORMULA.match(text) else text


def csv_values(rows: pa.Table) -> pa.Table:
    """The rows with all their texts made safe, each distinct one looked at once, and their times as texts."""
    columns = [
        _safe(column.cast(pa.string())) if _is_text(column.type) else times_as_texts(column) for column in rows.columns
    ]
    return pa.Table.from_arrays(columns, names=rows.column_names)


def times_as_texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Times of UTC, to the second (ISO 8601): 2026-11-14T06:15:00Z. Any other column as it is."""
    if not pa.types.is_timestamp(column.type):
        return column
    return pc.strftime(column.cast(pa.timestamp("s"), safe=False), "%Y-%m-%dT%H:%M:%SZ")


def _is_text(kind: pa.DataType) -> bool:
    """Whether it is text in any of the ways in which text is kept."""
    plain = kind.value_type if pa.types.is_dictionary(kind) else kind
    return any(is_kind(plain) for is_kind in (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view))


def _safe(column: pa.ChunkedArray) -> pa.ChunkedArray:
    texts = column.combine_chunks().dictionary_encode()
    if isinstance(texts, pa.ChunkedArray):
        texts = texts.combine_chunks()
    safe = [None if text is None else formula_safe(text) for text in texts.dictionary.to_pylist()]
    return pa.chunked_array([pa.array(safe, type=pa.string()).take(texts.indices)], type=pa.string())
