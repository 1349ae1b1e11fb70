"""The tables in a file: of CSV in any dialect and encoding, of JSON, of SQLite; each a header and rows of texts.

What an empty value, a 0 or a column means is not decided here. Raises ImportRefused, with the file and the line.
"""

import csv
import json
import re
import shutil
import subprocess
import sys
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from io import TextIOWrapper
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
from pyarrow import csv as arrow_csv

from data.imports.files import SQLITE, File, readable
from data.imports.models import ImportRefused
from data.imports.values import is_day
from data.text import number_text

CHILD = Path(__file__).with_name("sqlite_child.py")
ROWS_A_BATCH = 50_000
SAMPLE = 1 << 16
LARGEST_JSON = 64 << 20  # as one document; JSON lines may be longer
DELIMITERS = ",;\t|"
SECTION = re.compile(r"#\s*(\w[\w ]*)\s*$")
Row = Sequence[str | None]
Rows = Iterator[tuple[int, list[Row] | pa.RecordBatch]]  # batches, each with the line of its first row
LARGE = 1 << 20  # bytes of a CSV from which on it is read by Arrow, five times as fast
BLOCK = 1 << 19


@dataclass(frozen=True, slots=True)
class SourceTable:
    """A table of a file: `part` is its name where the file has several, `facts` what the file says beside it."""

    file: File
    part: str
    columns: tuple[str, ...]
    rows: Callable[[], Rows]
    has_header: bool = True
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.file.name} ({self.part})" if self.part else self.file.name

    def first_rows(self, count: int) -> list[Row]:
        return plain_rows(next(self.rows(), (1, []))[1])[:count]


def plain_rows(rows: list[Row] | pa.RecordBatch) -> list[Row]:
    """The rows of a batch as lists of texts."""
    if isinstance(rows, list):
        return rows
    return list(zip(*(column.to_pylist() for column in rows.columns), strict=True))


def tables_of(file: File, scratch: Path) -> list[SourceTable]:
    """The tables of a file, each of which can be read several times."""
    with readable(file) as stream:
        sample = stream.read(SAMPLE)
    if sample.startswith(SQLITE):
        return _of_sqlite(file, scratch)
    encoding = _encoding(file, sample)
    start = sample.decode(encoding, "replace").lstrip("\ufeff \r\n\t")
    if start[:1] in {"{", "["} or _pasted(start) is not None:
        return _of_json(file, encoding)
    return _of_csv(file, encoding, start)


def _encoding(file: File, sample: bytes) -> str:
    if sample.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return "utf-16"
    if sample.startswith(BOM_UTF8):
        return "utf-8-sig"
    if b"\0" in sample:
        raise ImportRefused(f"{file.name} is neither text nor a SQLite database.")
    with suppress(UnicodeDecodeError):
        sample[:-4].decode("utf-8")
        return "utf-8"
    return "cp1252"


@contextmanager
def _text(file: File, encoding: str) -> Iterator[IO[str]]:
    with readable(file) as stream, TextIOWrapper(stream, encoding, errors="replace", newline="") as text:
        yield text


# CSV


def _of_csv(file: File, encoding: str, start: str) -> list[SourceTable]:
    lines = start.splitlines()
    if not lines:
        return []
    if SECTION.match(lines[0]):
        return _sections(file, encoding)
    delimiter = max(DELIMITERS, key=re.sub(r'"[^"]*"', "", lines[0]).count)  # but what stands in quotes
    header = [cell.strip() for cell in next(csv.reader(lines[:1], delimiter=delimiter))]
    has_header = not any(is_day(cell) for cell in header)
    columns = header if has_header else [str(number) for number in range(1, len(header) + 1)]
    return [SourceTable(file, "", tuple(columns), lambda: _csv_rows(file, encoding, delimiter, has_header), has_header)]


def _csv_rows(file: File, encoding: str, delimiter: str, has_header: bool) -> Rows:
    """What Arrow finds fault with is read from there on row by row, so that the message names the line."""
    line = 1 + has_header
    if file.size > LARGE and encoding == "utf-8":
        with suppress(pa.ArrowInvalid):
            for batch in _arrow_batches(file, delimiter, has_header):
                yield line, batch
                line += batch.num_rows
            return
    with _text(file, encoding) as text:
        reader = csv.reader(text, delimiter=delimiter)
        try:
            if has_header:
                next(row for row in reader if any(row))
            next(islice(reader, line - 1 - has_header, line - 1 - has_header), None)
            while rows := list(islice(reader, ROWS_A_BATCH)):
                yield reader.line_num - len(rows) + 1, rows
        except (csv.Error, UnicodeError) as broken:
            raise ImportRefused(f"{file.name}, line {number_text(reader.line_num)}: {broken}.") from broken


def _arrow_batches(file: File, delimiter: str, has_header: bool) -> Iterator[pa.RecordBatch]:
    """The rows as columns of texts. Every line is a row, or Arrow refuses it."""
    with readable(file) as stream:
        options = arrow_csv.ReadOptions(
            use_threads=False, block_size=BLOCK, skip_rows=int(has_header), autogenerate_column_names=True
        )
        parse = arrow_csv.ParseOptions(delimiter=delimiter, ignore_empty_lines=False)
        convert = arrow_csv.ConvertOptions(auto_dict_encode=True, strings_can_be_null=False)
        with readable(file) as first:
            width = len(first.readline().decode("utf-8", "replace").split(delimiter))
        texts = pa.dictionary(pa.int32(), pa.string())
        convert.column_types = {f"f{number}": texts for number in range(width)}
        with arrow_csv.open_csv(file.path or stream, options, parse, convert) as reader:
            yield from reader


def _sections(file: File, encoding: str) -> list[SourceTable]:
    """Blocks of rows, each under a line with its name: `# Views`."""
    with _text(file, encoding) as text:
        lines = text.read().splitlines()
    begins = [number for number, line in enumerate(lines) if SECTION.match(line)]
    tables = []
    for begin, end in zip(begins, [*begins[1:], len(lines)], strict=True):
        block = list(csv.reader(lines[begin + 1 : end]))
        if block:
            part = lines[begin].lstrip("# ").strip()
            tables.append(SourceTable(file, part, tuple(block[0]), _kept(begin + 3, block[1:])))
    return tables


def _kept(first_line: int, rows: Sequence[Row]) -> Callable[[], Rows]:
    return lambda: iter([(first_line, list(rows))])


# JSON


def _of_json(file: File, encoding: str) -> list[SourceTable]:
    with _text(file, encoding) as text:
        content = text.read(LARGEST_JSON + 1)
    before = _pasted(content)
    body = content[len(before or "") :]
    with suppress(ValueError, RecursionError):
        document, _ = json.JSONDecoder().raw_decode(body.strip())
        if not _is_lines(body, document):
            facts = _repository_of_command(before or "")
            return list(_of_document(file, document, facts))
    return [_of_lines(file, encoding)]


def _pasted(start: str) -> str | None:
    """What stands before the JSON of a pasted command: `$ gh api repos/octo/hello/traffic/views`."""
    match = re.match(r"[^{\[\n]*\bgh api [^\n]*\n\s*(?=[{\[])", start)
    return match[0] if match else None


def _repository_of_command(command: str) -> dict[str, Any]:
    match = re.search(r"repos/([\w.-]+/[\w.-]+)/traffic/(?:popular/)?(\w+)", command)
    return {"repository": match[1], "endpoint": match[2]} if match else {}


def _is_lines(body: str, document: object) -> bool:
    return isinstance(document, dict) and re.match(r"\{[^\n]*\}\s*\n\s*\{", body.strip()) is not None


def _of_document(file: File, document: Any, facts: dict[str, Any]) -> Iterator[SourceTable]:
    if isinstance(document, list):
        yield _of_objects(file, "", document, facts)
        return
    if not isinstance(document, dict):
        raise ImportRefused(f"{file.name} has no rows.")
    if isinstance(document.get("export"), dict):
        document = document["export"]  # git-clone-stats
    plain = {name: value for name, value in document.items() if not isinstance(value, list | dict)}
    days = {name: value for name, value in document.items() if is_day(name)}
    if days:
        yield _of_days(file, "", days, facts | plain)
    for name, value in document.items():
        if isinstance(value, list) and any(isinstance(each, dict) for each in value):
            yield _of_objects(file, name, value, facts | plain)
        elif isinstance(value, dict) and value and all(is_day(each) for each in value):
            yield _of_days(file, name, value, facts | plain)


def _of_days(file: File, part: str, days: dict[str, Any], facts: dict[str, Any]) -> SourceTable:
    rows = [{"date": day} | (value if isinstance(value, dict) else {"count": value}) for day, value in days.items()]
    return _of_objects(file, part, rows, facts)


def _of_objects(file: File, part: str, rows: list[Any], facts: dict[str, Any]) -> SourceTable:
    objects = [row for row in rows if isinstance(row, dict)]
    columns = tuple(dict.fromkeys(chain.from_iterable(objects)))
    return SourceTable(
        file, part, columns, _kept(1, [[_cell(row.get(name)) for name in columns] for row in objects]), facts=facts
    )


def _cell(value: object) -> str | None:
    if value is None:
        return None
    return json.dumps(value) if isinstance(value, list | dict | bool) else str(value)


def _of_lines(file: File, encoding: str) -> SourceTable:
    """JSON lines; the columns are those of the first rows."""
    with _text(file, encoding) as text:
        first = [_object(file, number, line) for number, line in enumerate(islice(text, 100), 1) if line.strip()]
    columns = tuple(dict.fromkeys(chain.from_iterable(first)))

    def rows() -> Rows:
        with _text(file, encoding) as text:
            lines = enumerate(text, 1)
            while batch := list(islice(lines, ROWS_A_BATCH)):
                objects = [_object(file, number, line) if line.strip() else {} for number, line in batch]
                yield batch[0][0], [[_cell(row.get(name)) for name in columns] if row else [] for row in objects]

    return SourceTable(file, "", columns, rows)


def _object(file: File, number: int, line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as broken:
        raise ImportRefused(f"{file.name}, line {number_text(number)}: this is no JSON ({broken}).") from broken
    if not isinstance(value, dict):
        raise ImportRefused(f'{file.name}, line {number_text(number)}: a row is an object, as in {{"date": …}}.')
    return value


# SQLite


def _of_sqlite(file: File, scratch: Path) -> list[SourceTable]:
    path = _with_log(file, scratch)
    with _child(file, path) as output:
        try:
            tables: dict[str, list[str]] = json.load(output)
        except json.JSONDecodeError:
            tables = {}
    return [
        SourceTable(file, name, tuple(columns), _sqlite_rows(file, path, name, columns))
        for name, columns in tables.items()
    ]


def _with_log(file: File, scratch: Path) -> Path:
    """Where the database lies. What waits in its write-ahead log belongs to it, and can be read beside a copy only."""
    path = file.on_disk(scratch)
    log = path.with_name(f"{path.name}-wal")
    if file.path is None or not log.is_file() or log.stat().st_size == 0:
        return path
    copy = scratch / f"{path.name}.copy"
    if not copy.exists():
        shutil.copyfile(log, copy.with_name(f"{copy.name}-wal"))
        shutil.copyfile(path, copy)
    return copy


def _sqlite_rows(file: File, path: Path, table: str, columns: list[str]) -> Callable[[], Rows]:
    def rows() -> Rows:
        line = 1
        with _child(file, path, table, *columns) as output:
            reader = csv.reader(output)
            while batch := list(islice(reader, ROWS_A_BATCH)):
                yield line, batch
                line += len(batch)

    return rows


@contextmanager
def _child(file: File, path: Path, *words: str) -> Iterator[IO[str]]:
    """What the process that reads SQLite writes. Raises: ImportRefused where it fails."""
    command = [sys.executable, "-I", str(CHILD), str(path), *words]
    environment = {"LC_ALL": "C.UTF-8", "TZ": "UTC"}
    with subprocess.Popen(  # noqa: S603 - our own script, no shell
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", errors="replace"
    ) as child:
        assert child.stdout
        assert child.stderr
        ended = False
        try:
            yield child.stdout
            ended = child.stdout.read(1) == ""
        finally:
            if not ended:
                child.kill()
        complaint = child.stderr.read(1000).strip()
    if ended and child.returncode != 0:
        raise ImportRefused(f"{file.name} is no SQLite database that can be read: {complaint or 'it takes too much'}.")
