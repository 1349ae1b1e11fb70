"""What a table holds, recognized by its columns: which tool wrote it, which column is what, what its zeros mean.

Facts about the tools, read in their code: github-repo-stats (fetch.py, analyze.py) writes 0 for a missing value;
ghstats has 0 as a default; ThioJoe's fork of the repository-traffic action and gitlytics fill 14 days with zeros;
gghstats, the action itself and git-clone-stats store what GitHub answered.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise

from data.calendar import WINDOW_DAYS
from data.imports.files import FRAGMENT, File
from data.imports.models import ImportRefused, Options, Zeros
from data.imports.tables import SourceTable
from data.imports.values import Days, Memo, is_day


class Field(StrEnum):
    """What a column may be; `count` and `uniques` are of whatever the file or the table is named for."""

    DAY = "day"
    REPOSITORY = "repository"
    OWNER = "owner"
    NAME = "name"
    KEY = "key"
    VIEWS = "views"
    VIEW_UNIQUES = "view_uniques"
    CLONES = "clones"
    CLONE_UNIQUES = "clone_uniques"
    STARS = "stars"
    FORKS = "forks"
    REFERRER = "referrer"
    PATH = "path"
    TITLE = "title"
    COUNT = "count"
    UNIQUES = "uniques"
    REFERRERS_JSON = "referrers_json"
    PATHS_JSON = "paths_json"


METRICS = (Field.VIEWS, Field.VIEW_UNIQUES, Field.CLONES, Field.CLONE_UNIQUES)
COUNTERS = (Field.STARS, Field.FORKS)
MAPPED = (Field.DAY, Field.REPOSITORY, *METRICS, *COUNTERS)  # what somebody may say of a column
NAMES: Mapping[Field, tuple[str, ...]] = {  # spaces written as _
    Field.DAY: ("date", "day", "_date", "timestamp", "time", "time_iso8601", "tdate", "datum", "last_updated"),
    Field.REPOSITORY: ("repository", "repo", "repository_name", "repo_name", "full_name"),
    Field.OWNER: ("owner", "orgname"),
    Field.NAME: ("name", "reponame"),
    Field.KEY: ("repo_id", "rid", "id"),
    Field.VIEWS: (
        *("views", "total_views", "views_total", "views_count", "view_count", "viewcount", "page_views", "aufrufe"),
    ),
    Field.VIEW_UNIQUES: (
        *("unique_visitors", "unique_views", "views_uniques", "views_unique", "view_uniques", "vuniques", "visitors"),
        *("unique_viewers", "besucher"),
    ),
    Field.CLONES: ("clones", "total_clones", "clones_total", "clones_count", "clone_count", "clonecount", "klone"),
    Field.CLONE_UNIQUES: (
        *("unique_cloners", "unique_clones", "clones_uniques", "clones_unique", "clone_uniques", "cuniques", "cloners"),
    ),
    Field.STARS: ("stars", "stars_cumulative", "star_count"),
    Field.FORKS: ("forks", "forks_cumulative"),
    Field.REFERRER: ("referrer",),
    Field.PATH: ("path", "url_path"),
    Field.TITLE: ("title",),
    Field.COUNT: ("count", "total"),
    Field.UNIQUES: ("uniques", "unique"),
    Field.REFERRERS_JSON: ("_raw_referrers",),
    Field.PATHS_JSON: ("_raw_paths",),
}
GENERIC, GITHUB, FILLED, ACTION = "table", "github", "thiojoe", "repository-traffic-action"
TOOLS: Mapping[str, Zeros] = {
    "github-repo-stats": Zeros.UNKNOWN,
    "ghstats": Zeros.UNKNOWN_ROWS,
    "gghstats": Zeros.TRUSTED,
    ACTION: Zeros.TRUSTED,
    FILLED: Zeros.UNKNOWN,
    "git-clone-stats": Zeros.TRUSTED,
    "gitlytics": Zeros.UNKNOWN,
    "repostats": Zeros.UNKNOWN,
    GITHUB: Zeros.TRUSTED,
    GENERIC: Zeros.UNKNOWN,
}
SIGNATURES = (  # the first that fits; columns with spaces written as _
    ("github-repo-stats", {"time_iso8601", "clones_total", "views_total"}),
    ("github-repo-stats", {"time_iso8601", "stars_cumulative"}),
    ("github-repo-stats", {"time_iso8601", "forks_cumulative"}),
    ("github-repo-stats", {"referrer", "views_total", "views_unique"}),
    ("github-repo-stats", {"url_path", "views_total", "views_unique"}),
    ("ghstats", {"repo_id", "date", "clones_count", "views_count"}),
    ("ghstats", {"repo_id", "date", "count", "uniques"}),
    ("ghstats", {"id", "name", "hidden"}),
    ("git-clone-stats", {"repo", "timestamp", "count", "uniques"}),
    ("gghstats", {"repo", "date", "count", "uniques"}),
    ("gitlytics", {"date", "views", "unique_visitors", "clones", "unique_cloners", "repository"}),
    ("gitlytics", {"date", "total_views", "unique_visitors", "total_clones", "unique_cloners", "repo_name"}),
    ("repostats", {"rid", "tdate"}),
    ("repostats", {"rid", "orgname"}),
    (ACTION, {"_date", "total_views", "unique_views"}),
    (ACTION, {"_date", "total_clones", "unique_clones"}),
)
SECTIONS = {"views", "clones", "referrers", "popular paths"}  # of the CSV of gghstats
_FILLED = re.compile(r"\d{4}-\d\d-\d\d_snapshot\.zip|/?(views|clones|referral_\w+)_\d{4}-\d\d-\d\d\.csv$")
_DATED = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_OF_PATH = re.compile(r"(?:^|/)([\w.-]+/[\w.-]+)/ghrs-data/")


class ContentKind(StrEnum):
    """What the rows of a table are."""

    DAYS = "days"
    WINDOW = "window"  # what GitHub answered at one moment: a day without a row between its days had no traffic
    COUNTERS = "counters"
    NEWEST_COUNTERS = "newest counters"  # true of the newest row only
    REFERRERS = "referrers"
    PATHS = "paths"
    NEWEST_LISTS = "newest lists"
    NAMES = "names"


@dataclass(frozen=True, slots=True)
class Layout:
    """What is read of a table: which column is which field, by its number."""

    table: SourceTable
    tool: str
    kind: ContentKind
    columns: Mapping[Field, int]
    zeros: Zeros
    repository: str | None = None
    observed: date | None = None

    @property
    def used(self) -> dict[Field, str]:
        """The columns that are read for this kind of rows, by field."""
        left_out = {
            ContentKind.DAYS: COUNTERS,
            ContentKind.COUNTERS: METRICS,
            ContentKind.NEWEST_COUNTERS: METRICS,
        }.get(self.kind, ())
        return {field: self.table.columns[place] for field, place in self.columns.items() if field not in left_out}


def layouts_of(tables: Iterable[SourceTable], options: Options, saved: Mapping[str, Mapping[str, str]]) -> list[Layout]:
    """What is to be read of these tables. Raises: ImportRefused, where a table is not understood, with the reason."""
    every = list(tables)
    if options.tool is not None and options.tool not in TOOLS:
        raise ImportRefused(f"There is no tool {options.tool!r}. Known: {', '.join(TOOLS)}.")
    is_filled = any(_FILLED.search(table.file.name) for table in every)
    layouts = [each for table in every for each in _layouts(table, options, saved, is_filled=is_filled)]
    asked = set(options.columns.values())
    if asked and not any(asked <= set(table.columns) for table in every):
        raise ImportRefused(f"No table has the columns {', '.join(sorted(asked))}.{_columns_there(every)}")
    if not any(layout.kind is not ContentKind.NAMES for layout in layouts):
        if not every:
            raise ImportRefused("There are no rows in what was given.")
        raise ImportRefused(
            f"Nothing in {every[0].file.name} is known as traffic. Say which column is which.{_columns_there(every)}",
            "--map day=COLUMN,views=COLUMN",
        )
    return layouts


def header(table: SourceTable) -> str:
    """By what a mapping that was saved is found again: the names of the columns."""
    return "\t".join(table.columns) if table.has_header else f"{len(table.columns)} columns without names"


def guessed(table: SourceTable) -> dict[Field, str]:
    """Which column is which, as far as its names say."""
    return {field: table.columns[number] for field, number in _metric_named(table, _by_names(table)).items()}


def _columns_there(tables: list[SourceTable]) -> str:
    there = "; ".join(f"{table.name}: {', '.join(table.columns)}" for table in tables[:5])
    return f" There are: {there}" if there else ""


def _layouts(
    table: SourceTable, options: Options, saved: Mapping[str, Mapping[str, str]], *, is_filled: bool
) -> Iterator[Layout]:
    mapping = options.columns if set(options.columns.values()) <= set(table.columns) else {}
    mapping = mapping or saved.get(header(table), {})
    tool = options.tool or _tool(table, is_filled=is_filled)
    zeros = TOOLS[tool]
    if options.trust_zeros is not None:
        zeros = Zeros.TRUSTED if options.trust_zeros else Zeros.UNKNOWN
    columns = {Field(name): table.columns.index(column) for name, column in mapping.items()}
    columns = columns or _metric_named(table, _by_names(table))
    owner_name = _OF_PATH.search(table.file.name)
    repository = owner_name[1] if owner_name else table.facts.get("repository")
    for kind in _kinds(table, tool, columns):
        is_window = kind is ContentKind.WINDOW
        observed = _date_of(table.file) if is_window or kind in {ContentKind.REFERRERS, ContentKind.PATHS} else None
        means = Zeros.TRUSTED if is_window else zeros
        yield Layout(table, tool, kind, columns, means, repository, observed)


def _tool(table: SourceTable, *, is_filled: bool) -> str:
    names = {_plain(column) for column in table.columns}
    if table.part.casefold() in SECTIONS and table.file.stem.endswith(".csv"):
        return "gghstats"
    if {"timestamp", "count", "uniques"} == names and table.part in {"views", "clones"}:
        return GITHUB
    found = next((tool for tool, signature in SIGNATURES if signature <= names), GENERIC)
    return FILLED if found == ACTION and is_filled else found


def _by_names(table: SourceTable) -> dict[Field, int]:
    if not table.has_header:
        return _by_place(table)
    names = [_plain(column) for column in table.columns]
    return {
        field: names.index(known[0])
        for field, words in NAMES.items()
        if (known := [word for word in words if word in names])
    }


def _by_place(table: SourceTable) -> dict[Field, int]:
    """Without names the first column that has a day is the day, and what follows it a count and its uniques."""
    first = next(iter(table.first_rows(1)), [])
    place = next((number for number, cell in enumerate(first) if is_day(cell)), 0)
    fields = (Field.DAY, Field.COUNT, Field.UNIQUES)
    return {field: place + n for n, field in enumerate(fields) if place + n < len(table.columns)}


def _metric_named(table: SourceTable, columns: dict[Field, int]) -> dict[Field, int]:
    """The same with counts as views, clones or stars, as the file or the table is named."""
    if Field.COUNT not in columns or Field.REFERRER in columns or Field.PATH in columns:
        return columns
    named = f"{table.part} {table.file.stem}".casefold() + " ".join(table.facts).casefold()
    part = table.part.casefold() if re.search(r"view|clone|star", table.part.casefold()) else named
    pair: tuple[Field, ...] = ()
    if "star" in part:
        pair = (Field.STARS,)
    elif "clone" in part:
        pair = (Field.CLONES, Field.CLONE_UNIQUES)
    elif re.search(r"\buvs?\b|unique|visitor", part) and Field.UNIQUES not in columns:
        pair = (Field.VIEW_UNIQUES,)
    elif "view" in part or "traffic" in part:
        pair = (Field.VIEWS, Field.VIEW_UNIQUES)
    counts = [columns[field] for field in (Field.COUNT, Field.UNIQUES) if field in columns]
    rest = {field: place for field, place in columns.items() if field not in {Field.COUNT, Field.UNIQUES}}
    return rest | dict(zip(pair, counts, strict=False)) if pair else columns


def _kinds(table: SourceTable, tool: str, columns: Mapping[Field, int]) -> Iterator[ContentKind]:
    if Field.KEY in columns and Field.NAME in columns and Field.DAY not in columns:
        yield ContentKind.NAMES
    elif Field.REFERRER in columns or Field.PATH in columns:
        if Field.COUNT in columns or Field.VIEWS in columns:
            yield ContentKind.REFERRERS if Field.REFERRER in columns else ContentKind.PATHS
    elif Field.DAY in columns:
        if any(field in columns for field in METRICS):
            is_window = table.file.name.endswith(FRAGMENT) or (tool == GITHUB and _is_answer(table))
            yield ContentKind.WINDOW if is_window else ContentKind.DAYS
        if any(field in columns for field in COUNTERS):
            yield ContentKind.NEWEST_COUNTERS if tool == "gitlytics" else ContentKind.COUNTERS
        if Field.REFERRERS_JSON in columns or Field.PATHS_JSON in columns:
            yield ContentKind.NEWEST_LISTS


def _is_answer(table: SourceTable) -> bool:
    """Whether rows are one answer of GitHub: as many as its window has, and adding up to the total beside them.

    Raises: ImportRefused for the weeks that GitHub gives on request.
    """
    rows = table.first_rows(WINDOW_DAYS + 1)
    columns = [_plain(column) for column in table.columns]
    places = [columns.index(name) for name in ("timestamp", "count")]
    read = [Memo(Days().read)[row[places[0]]] for row in rows]
    days = sorted(day for day in read if isinstance(day, date))
    if len(days) > 2 and all((b - a).days % 7 == 0 and b.weekday() == 0 for a, b in pairwise(days)):
        raise ImportRefused(f"{table.name} holds weeks, not days. Ask without per=week.")
    counts = [str(row[places[1]]) for row in rows]
    total = table.facts.get("count")
    adds_up = all(count.isdigit() for count in counts) and sum(map(int, counts)) == total
    return len(days) == len(rows) > 0 and adds_up and (days[-1] - days[0]).days <= WINDOW_DAYS


def _date_of(file: File) -> date | None:
    """The day in a file's name."""
    match = _DATED.search(file.stem)
    try:
        return date(int(match[1]), int(match[2]), int(match[3])) if match else None
    except ValueError:
        return None


def _plain(column: str) -> str:
    return re.sub(r"[\s-]+", "_", column.strip().casefold())
