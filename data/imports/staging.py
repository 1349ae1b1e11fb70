"""Reads the tables of an import into Parquet files, row by row checked, so that SQL can compare them with the store.

The rows of ten years of a thousand repositories never lie in memory together. What is refused is kept with its reason,
file and line. Days are UTC.
"""

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import reduce
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from data.calendar import DayRange, covered_days
from data.imports.files import File, digest_of
from data.imports.formats import COUNTERS, METRICS, ContentKind, Field, Layout, layouts_of
from data.imports.models import REFUSALS_KEPT, ImportRefused, NamedRepository, Options, RefusedRow, Zeros
from data.imports.tables import Row, SourceTable, plain_rows, tables_of
from data.imports.values import BadValue, Days, Memo, count, lacks_year

OLDEST = date(2008, 1, 1)  # GitHub began in that year
LIST_LIMIT = 100  # entries of a list; GitHub gives 10
TEXT_LIMIT = 1000
ROWS_A_GROUP = 100_000
_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+|[\w.-]+")
_int, _text, _date = pa.int64(), pa.string(), pa.date32()
Texts = Mapping[Field, pa.DictionaryArray]  # what stands in the columns of some rows, each text once
SCHEMAS = {
    "days": pa.schema([("source_number", pa.int32()), ("day", _date), *((each.value, _int) for each in METRICS)]),
    "counters": pa.schema([("source_number", pa.int32()), ("day", _date), *((each.value, _int) for each in COUNTERS)]),
    "lists": pa.schema(
        [
            *(("source_number", pa.int32()), ("listing", _text), ("observed_on", _date), ("name", _text)),
            *(("title", _text), ("views", _int), ("view_uniques", _int)),
        ]
    ),
    "windows": pa.schema(
        [
            *(("source_number", pa.int32()), ("metric", _text), ("first_day", _date), ("last_day", _date)),
            *(("total", _int), ("uniques", _int)),
        ]
    ),
}
PEOPLE = {
    Field.VIEW_UNIQUES: "unique visitors",
    Field.CLONE_UNIQUES: "unique cloners",
    Field.UNIQUES: "uniques",
}
TEXTS = {Field.REFERRER, Field.PATH, Field.TITLE}
PAIRS = ((Field.VIEWS, Field.VIEW_UNIQUES), (Field.CLONES, Field.CLONE_UNIQUES))


@dataclass
class Staged:
    """What was read: the Parquet files by name, the repositories with their numbers of rows, what was refused."""

    folder: Path
    tool: str
    source: str
    digest: str
    layouts: list[Layout]
    repositories: dict[NamedRepository, int] = field(default_factory=dict)
    rows: Counter[int] = field(default_factory=Counter)
    refusals: list[RefusedRow] = field(default_factory=list)
    refused: int = 0
    unknown_zeros: int = 0

    def path(self, name: str) -> str:
        return str(self.folder / f"{name}.parquet")

    def refuse(self, table: SourceTable, line: int | None, reason: str) -> None:
        self.refused += 1
        if len(self.refusals) < REFUSALS_KEPT:
            self.refusals.append(RefusedRow(table.name, line, reason))

    def source_number(self, repository: NamedRepository) -> int:
        return self.repositories.setdefault(repository, len(self.repositories))


class _Writers:
    """A Parquet file for each kind of row, written in groups."""

    def __init__(self, staged: Staged) -> None:
        self._writers = {name: parquet.ParquetWriter(staged.path(name), schema) for name, schema in SCHEMAS.items()}
        self._waiting: dict[str, list[pa.Table]] = {name: [] for name in SCHEMAS}
        self.staged = staged

    def write(self, name: str, columns: Mapping[str, Any]) -> None:
        table = pa.table(columns, schema=SCHEMAS[name])
        if name == "days":
            for each in pc.value_counts(table["source_number"]).to_pylist():
                self.staged.rows[each["values"]] += each["counts"]
        self._waiting[name].append(table)
        if sum(each.num_rows for each in self._waiting[name]) >= ROWS_A_GROUP:
            self._flush(name)

    def close(self) -> None:
        for name, writer in self._writers.items():
            self._flush(name)
            writer.close()

    def _flush(self, name: str) -> None:
        if self._waiting[name]:
            self._writers[name].write_table(pa.concat_tables(self._waiting[name]))
            self._waiting[name] = []


def hide_pandas() -> None:
    """For a process that needs no pandas: Arrow looks for it once, at its first array, and would take 50 MB and half a
    second to load it.
    """

    class Hidden:
        @staticmethod
        def find_spec(name: str, *_: object) -> None:
            if name == "pandas":
                raise ModuleNotFoundError(name)

    sys.meta_path.insert(0, Hidden)
    pa.array([])
    sys.meta_path.remove(Hidden)


def stage(
    files: Sequence[File], options: Options, saved: Mapping[str, Mapping[str, str]], today: date, scratch: Path
) -> Staged:
    """Read the files into `scratch`. Raises: ImportRefused."""
    tables = [table for file in files for table in tables_of(file, scratch)]
    layouts = layouts_of(tables, options, saved)
    tools = sorted({layout.tool for layout in layouts})
    places = (
        re.sub(r"@[0-9a-f]{7}$", "", PurePosixPath(file.name).parts[0]) for file in files
    )  # of a clone: its blobs
    source = ", ".join(dict.fromkeys(places))[:200]
    staged = Staged(scratch, ", ".join(tools), source, digest_of(files), layouts)
    for table in tables:
        for name, value in table.facts.items():
            if "baseline" in name and isinstance(value, int):
                staged.refuse(table, None, f"{name} ({value:,}) is an estimate, which is never imported.")
    names = {key: name for layout in layouts if layout.kind is ContentKind.NAMES for key, name in _names(layout)}
    writers, usual_pool = _Writers(staged), pa.default_memory_pool()
    pa.set_memory_pool(pa.system_memory_pool())  # which gives back what it does not need any more
    try:
        for layout in layouts:
            if layout.kind is not ContentKind.NAMES:
                _TableReader(layout, writers, options, names, today).read()
    finally:
        writers.close()
        pa.default_memory_pool().release_unused()
        pa.set_memory_pool(usual_pool)
        usual_pool.release_unused()
    return staged


def _names(layout: Layout) -> Iterator[tuple[str, NamedRepository]]:
    """The repositories of a table of names, by their key; that of ghstats is GitHub's own id."""
    columns = layout.columns
    for _, rows in layout.table.rows():
        for row in plain_rows(rows):
            if len(row) == len(layout.table.columns):
                key, name = str(row[columns[Field.KEY]]), str(row[columns[Field.NAME]])
                owner = row[columns[Field.OWNER]] if Field.OWNER in columns else None
                github_id = int(key) if layout.tool == "ghstats" and key.isdigit() else None
                yield key, NamedRepository(f"{owner}/{name}" if owner else name, github_id)


class _AnotherRepository(Exception):
    """A row is about another repository than the one that was named for all."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class _TableReader:
    """Reads the rows of one table."""

    def __init__(
        self, layout: Layout, writers: _Writers, options: Options, names: Mapping[str, NamedRepository], today: date
    ) -> None:
        self._layout, self._writers, self._options = layout, writers, options
        self._names, self._today, self._table, self._staged = names, today, layout.table, writers.staged
        self._days = Days(options.year)
        self._memos = {each: Memo(count) for each in (*METRICS, *COUNTERS, Field.COUNT, Field.UNIQUES)}
        self._memos[Field.DAY] = Memo(self._days.read)
        self._repositories = Memo(self._repository)
        self._newest: dict[int, tuple[date, dict[Field, Any]]] = {}

    def read(self) -> None:
        kind = self._layout.kind
        if (
            kind in {ContentKind.REFERRERS, ContentKind.PATHS}
            and Field.DAY not in self._layout.columns
            and not self._layout.observed
        ):
            self._staged.refuse(self._table, None, "a list without a day in it or in the file's name is not imported.")
            return
        day_column, is_first = self._layout.columns.get(Field.DAY), True
        for first_line, rows in self._table.rows():
            if is_first and day_column is not None:
                self._look_at_days(rows, day_column)
            is_first = False
            lines, texts = self._columns(first_line, rows)
            if not len(lines):
                continue
            if kind in {ContentKind.REFERRERS, ContentKind.PATHS}:
                self._read_lists(lines, texts)
            elif kind in {ContentKind.NEWEST_COUNTERS, ContentKind.NEWEST_LISTS}:
                self._keep_newest(lines, texts)
            else:
                self._read_numbers(lines, texts)
        self._write_newest()

    def _columns(self, first_line: int, rows: list[Row] | pa.RecordBatch) -> tuple[pa.Array, Texts]:
        """The lines of the rows that have every column, and the texts of each field."""
        if isinstance(rows, pa.RecordBatch):
            lines = pa.array(range(first_line, first_line + rows.num_rows), _int)
            return lines, {each: rows.column(place) for each, place in self._layout.columns.items()}
        width = len(self._table.columns)
        numbered = [(line, row) for line, row in enumerate(rows, first_line) if any(row)]
        for line, row in numbered:
            if len(row) != width:
                self._staged.refuse(self._table, line, f"has {len(row)} columns instead of {width}.")
        whole = [(line, row) for line, row in numbered if len(row) == width]
        columns = list(zip(*(row for _, row in whole), strict=True)) if whole else [()] * width
        texts = {
            each: pa.array(columns[place], _text).dictionary_encode() for each, place in self._layout.columns.items()
        }
        return pa.array([line for line, _ in whole], _int), texts

    def _look_at_days(self, first_rows: list[Row] | pa.RecordBatch, place: int) -> None:
        """Whether days have a year, and, where they have slashes, in which order: that of all of them together."""
        distinct = _distinct(first_rows, place)
        if self._days.year is None and any(lacks_year(text) for text in distinct[:10]):
            raise ImportRefused(
                f"The days of {self._table.name} have no year. Say that of the first one.", "--year 2025"
            )
        if not self._days.know_order(distinct):
            any(self._days.know_order(_distinct(rows, place)) for _, rows in self._table.rows())

    def _repository(self, text: str) -> int:
        """The number of the repository that a row names. Raises ValueError."""
        if Field.KEY in self._layout.columns and text in self._names:
            return self._staged.source_number(self._names[text])
        name = re.sub(r"^(https?://)?(www\.)?github\.com/", "", text).removesuffix(".git").strip("/")
        if not _REPOSITORY.fullmatch(name):
            raise ValueError(f"{text[:80]!r} is not OWNER/NAME")
        only = self._options.repository
        if name.casefold() in {each.casefold() for each in self._options.aliases}:
            return self._staged.source_number(NamedRepository(name))
        if only is not None and name.casefold() not in {only.casefold(), only.partition("/")[2].casefold()}:
            raise _AnotherRepository(name)
        return self._staged.source_number(NamedRepository(only or name))

    def _repository_names(self, texts: Texts) -> pa.DictionaryArray | None:
        """How the repository of each row is called; None where the rows do not say it."""
        if Field.REPOSITORY in texts:
            return texts[Field.REPOSITORY]
        if Field.OWNER in texts and Field.NAME in texts:
            owners, names = (texts[each].cast(_text) for each in (Field.OWNER, Field.NAME))
            return pc.binary_join_element_wise(owners, names, "/").dictionary_encode()
        return texts.get(Field.KEY)

    def _values(self, lines: pa.Array, texts: Texts, wanted: Sequence[Field]) -> dict[str, pa.Array] | None:
        """The rows that can be read, as columns: source_number, line, day and what is wanted."""
        columns: dict[str, pa.Array] = {"line": lines}
        wrong: dict[int, str] = {}
        columns["source_number"] = self._source_numbers(texts, lines, wrong)
        for each in TEXTS & texts.keys():
            undecoded = pc.match_substring(texts[each].cast(_text), "\ufffd").fill_null(False)
            for row in pc.indices_nonzero(undecoded).to_pylist():
                wrong.setdefault(row, f"{texts[each][row].as_py()[:80]!r} is in another encoding than the rest")
        for each in wanted:
            if each in texts:
                columns[each.value] = self._read_column(texts[each], each, wrong)
        if wrong:
            for row in sorted(wrong):
                self._staged.refuse(self._table, lines[row].as_py(), f"{wrong[row]}.")
            kept = pa.array([row for row in range(len(lines)) if row not in wrong], pa.int32())
            columns = {name: column.take(kept) for name, column in columns.items()}
        return self._checked(columns)

    def _source_numbers(self, texts: Texts, lines: pa.Array, wrong: dict[int, str]) -> pa.Array:
        """The number of each row's repository: that it names, that of the file's path, or the one that was named."""
        names = self._repository_names(texts)
        if names is None:
            return pa.array([self._only_number()] * len(lines), pa.int32())
        try:
            numbers = [self._repositories[name] for name in names.dictionary.to_pylist()]
        except _AnotherRepository as other:
            place = next(n for n, name in enumerate(names.dictionary.to_pylist()) if other.name in name)
            line = lines[pc.index(names.indices, place).as_py()].as_py()
            raise self._refused(other, f", line {line:,}") from other
        return _taken(names, numbers, pa.int32(), wrong)

    def _only_number(self) -> int:
        """That of the repository of all rows: which the path or a pasted command names, or which was named."""
        if self._layout.repository is None:
            return self._staged.source_number(NamedRepository(self._options.repository or ""))
        try:
            return self._repository(self._layout.repository)
        except _AnotherRepository as other:
            raise self._refused(other) from other

    def _refused(self, other: _AnotherRepository, line: str = "") -> ImportRefused:
        return ImportRefused(
            f"{self._table.name}{line}: this is about {other.name}, not {self._options.repository}. "
            "Leave the repository out where the files name it, or say what the name means.",
            f"--repository {other.name}=OWNER/NAME",
        )

    def _read_column(self, column: pa.DictionaryArray, each: Field, wrong: dict[int, str]) -> pa.Array:
        distinct = column.dictionary.to_pylist()
        if each is Field.DAY and any(lacks_year(text) for text in distinct[:10]):
            texts = column.to_pylist()  # the same text comes again in the next year
            column = pa.DictionaryArray.from_arrays(pa.array(range(len(texts)), pa.int32()), pa.array(texts, _text))
            values = [Memo(self._days.read)[text] for text in texts]
        else:
            values = [self._memos[each][text] for text in distinct]
        return _taken(column, values, _date if each is Field.DAY else _int, wrong)

    def _checked(self, arrays: dict[str, pa.Array]) -> dict[str, pa.Array] | None:
        """Without the rows that cannot be so."""
        table = pa.table(arrays)
        table = self._refuse(table, pc.is_null(table["source_number"]), "names no repository.")
        if Field.DAY in arrays:
            table = self._refuse(table, pc.is_null(table["day"]), "has no day.")
            table = self._refuse(table, pc.greater(table["day"], self._today), "is of a day in the future.")
            table = self._refuse(table, pc.less(table["day"], OLDEST), "is of a day before GitHub began.")
        for counts, uniques in (*PAIRS, (Field.COUNT, Field.UNIQUES)):
            if counts in arrays and uniques in arrays:
                above = pc.fill_null(pc.greater(table[uniques], table[counts]), False)
                table = self._refuse(table, above, f"has more {PEOPLE[uniques]} than {counts}.")
        return {name: table[name].combine_chunks() for name in table.column_names} if table.num_rows else None

    def _refuse(self, table: pa.Table, wrong: pa.ChunkedArray, reason: str) -> pa.Table:
        if not pc.any(wrong).as_py():
            return table
        for line in table.filter(wrong)["line"].to_pylist():
            self._staged.refuse(self._table, line, reason)
        return table.filter(pc.invert(wrong))

    def _read_numbers(self, lines: pa.Array, texts: Texts) -> None:
        fields = COUNTERS if self._layout.kind is ContentKind.COUNTERS else METRICS
        columns = self._values(lines, texts, (Field.DAY, *fields))
        if columns is None:
            return
        rows = len(columns["day"])
        values = {each.value: columns.get(each.value, pa.nulls(rows, _int)) for each in fields}
        values = self._known(values)
        if self._layout.kind is ContentKind.WINDOW:
            values = self._window(columns, values)
            columns |= {name: values.pop(name) for name in ("source_number", "day")}
        known = reduce(pc.or_, (pc.is_valid(column) for column in values.values()))
        table = pa.table({"source_number": columns["source_number"], "day": columns["day"], **values}).filter(known)
        if table.num_rows:
            known_columns = dict(zip(table.column_names, table.columns, strict=True))
            self._writers.write("days" if fields is METRICS else "counters", known_columns)

    def _known(self, values: dict[str, pa.Array]) -> dict[str, pa.Array]:
        """Without the zeros that may mean nothing; they are counted."""
        zeros = self._layout.zeros
        if zeros is Zeros.TRUSTED:
            return values
        is_zero = {name: pc.fill_null(pc.equal(column, 0), False) for name, column in values.items()}
        if zeros is Zeros.UNKNOWN_ROWS:
            nothing = reduce(pc.and_, (pc.or_(is_zero[name], pc.is_null(values[name])) for name in values))
            is_zero = {name: pc.and_(nothing, each) for name, each in is_zero.items()}
        for name, each in is_zero.items():
            self._staged.unknown_zeros += 0 if "uniques" in name else pc.sum(each).as_py() or 0
        return {name: pc.if_else(is_zero[name], pa.scalar(None, _int), column) for name, column in values.items()}

    def _window(self, columns: dict[str, pa.Array], values: dict[str, pa.Array]) -> dict[str, Any]:
        """The rows of one answer of GitHub, with a zero for each day that it covers without a row."""
        number, given = columns["source_number"][0].as_py(), columns["day"].to_pylist()
        observed = self._layout.observed
        shown = covered_days(given, observed) if observed else DayRange(min(given), max(given))
        covered = set(shown.days())
        days = sorted({*given, *covered})
        filled: dict[str, Any] = {}
        for name, column in values.items():
            numbers: dict[date, int | None] = dict(zip(given, column.to_pylist(), strict=True))
            if Field(name) in self._layout.columns:
                numbers |= {day: 0 for day in covered if numbers.get(day) is None}
            filled[name] = pa.array([numbers.get(day) for day in days], _int)
        self._write_window(number, min(given), max(given))
        return filled | {"source_number": pa.array([number] * len(days), pa.int32()), "day": pa.array(days, _date)}

    def _write_window(self, number: int, first: date, last: date) -> None:
        """The uniques that GitHub reported beside the days."""
        facts, metric = self._table.facts, self._table.part
        uniques, total = facts.get("uniques"), facts.get("count")
        if isinstance(uniques, int) and isinstance(total, int) and 0 <= uniques <= total:
            self._write_row("windows", (number, metric, first, last, total, uniques))

    def _write_row(self, name: str, row: Sequence[object]) -> None:
        self._writers.write(name, {column: [value] for column, value in zip(SCHEMAS[name].names, row, strict=True)})

    def _read_lists(self, lines: pa.Array, texts: Texts) -> None:
        is_referrers = self._layout.kind is ContentKind.REFERRERS
        given = dict(texts)
        for plain, named in ((Field.COUNT, Field.VIEWS), (Field.UNIQUES, Field.VIEW_UNIQUES)):
            if plain not in given and named in given:
                given[plain] = given[named]
        columns = self._values(lines, given, (Field.DAY, Field.COUNT, Field.UNIQUES))
        if columns is None or Field.COUNT.value not in columns or Field.UNIQUES.value not in columns:
            return
        kept = pc.index_in(columns["line"], lines)
        names, rows = texts[Field.REFERRER if is_referrers else Field.PATH].cast(_text).take(kept), len(kept)
        titles = texts[Field.TITLE].cast(_text).take(kept) if Field.TITLE in texts else pa.nulls(rows, _text)
        self._writers.write(
            "lists",
            {
                "source_number": columns["source_number"],
                "listing": ["referrers" if is_referrers else "paths"] * rows,
                "observed_on": columns.get("day", pa.array([self._layout.observed] * rows, _date)),
                "name": pc.utf8_slice_codeunits(names, 0, TEXT_LIMIT),
                "title": pc.utf8_slice_codeunits(titles, 0, TEXT_LIMIT),
                "views": columns["count"],
                "view_uniques": columns["uniques"],
            },
        )

    def _keep_newest(self, lines: pa.Array, texts: Texts) -> None:
        """Of each repository the newest row: the others repeat what was true on its day."""
        source_numbers = self._source_numbers(texts, lines, {}).to_pylist()
        for number, *cells in zip(source_numbers, *(column.to_pylist() for column in texts.values()), strict=True):
            row = dict(zip(texts, cells, strict=True))
            day = self._memos[Field.DAY][row[Field.DAY]]
            if number is None or not isinstance(day, date) or not OLDEST <= day <= self._today:
                continue
            if number not in self._newest or day > self._newest[number][0]:
                self._newest[number] = (day, row)

    def _write_newest(self) -> None:
        for number, (day, row) in self._newest.items():
            if self._layout.kind is ContentKind.NEWEST_COUNTERS:
                numbers = {each.value: self._memos[each][row.get(each)] for each in COUNTERS}
                whole = [value if isinstance(value, int) else None for value in numbers.values()]
                self._write_row("counters", (number, day, *whole))
            else:
                for listing, column in (("referrers", Field.REFERRERS_JSON), ("paths", Field.PATHS_JSON)):
                    self._write_json_list(number, day, listing, row.get(column))

    def _write_json_list(self, number: int, day: date, listing: str, text: str | None) -> None:
        try:
            entries = json.loads(text or "[]")
        except (ValueError, RecursionError):
            self._staged.refuse(self._table, None, f"the list of {listing} of {day} is no JSON.")
            return
        for entry in entries[:LIST_LIMIT] if isinstance(entries, list) else []:
            known = entry if isinstance(entry, dict) else {}
            name, views, uniques = (known.get(key) for key in (listing[:-1], "count", "uniques"))
            if isinstance(name, str) and isinstance(views, int) and isinstance(uniques, int) and 0 <= uniques <= views:
                title = str(known["title"])[:TEXT_LIMIT] if known.get("title") else None
                self._write_row("lists", (number, listing, day, name[:TEXT_LIMIT], title, views, uniques))


def _distinct(rows: list[Row] | pa.RecordBatch, place: int) -> list[str | None]:
    """The texts of a column of a batch."""
    if isinstance(rows, list):
        return list(dict.fromkeys(row[place] for row in rows if len(row) > place))
    texts: list[str | None] = rows.column(place).dictionary.to_pylist()
    return texts


def _taken(column: pa.DictionaryArray, values: Sequence[object], kind: pa.DataType, wrong: dict[int, str]) -> pa.Array:
    """What each text of a column means, by what its distinct texts mean; rows that mean nothing go to `wrong`."""
    reasons = {place: value.reason for place, value in enumerate(values) if isinstance(value, BadValue)}
    if reasons:
        for row, place in enumerate(column.indices.to_pylist()):
            if place in reasons:
                wrong.setdefault(row, reasons[place])
        values = [None if place in reasons else value for place, value in enumerate(values)]
    return pa.array(values, kind).take(column.indices)
