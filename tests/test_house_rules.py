"""The house rules as loops over the files, which are read and never imported. One test a rule."""

import ast
import re
import subprocess
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PRODUCT = [
    ROOT / "streamlit_app.py",
    *(path for room in ("collector", "data", "pages") for path in (ROOT / room).rglob("*.py")),
]
SQL = sorted(path for room in ("collector", "data") for path in (ROOT / room).rglob("*.sql"))

MAY_IMPORT = {  # the first that a file's name begins with counts
    "streamlit_app.py": {"pages", "data"},
    "pages/": {
        "pages",
        "data",
        "collector.client",
        "collector.delivery",
        "collector.discovery",
        "collector.errors",
        "collector.github_app",
        "collector.installations",
        "collector.reach",
    },
    "collector/": {"collector", "data"},
    "data/": {"data"},
}
HOMES = {
    "duckdb": ("data/",),
    "pyarrow": ("data/",),
    "apprise": ("collector/delivery/",),
    "xlsxwriter": ("data/traffic/file_formats.py",),
    "cryptography": ("data/accounts/",),
    "bcrypt": ("data/accounts/",),
    "jsonschema": ("data/dashboards/",),
    "jwt": ("collector/github_app.py",),
    "requests": ("collector/",),
    "urllib3": ("collector/",),
    "tenacity": ("collector/",),
    "cronsim": ("data/collection/",),
    "click": ("collector/",),
    "rich": ("collector/",),
    "streamlit": ("pages/", "streamlit_app.py"),
    "starlette": ("pages/ui/", "pages/api/"),
    "streamlit_authenticator": ("pages/sign_in/",),
    "authlib": ("pages/ui/sign_on_routes.py",),
    "altair": ("pages/ui/",),
    "badgepy": ("pages/ui/badge_picture.py",),
    "prometheus_client": ("pages/api/monitoring.py", "pages/ui/page_times.py"),
    "mcp": ("pages/api/agent_tools.py",),
    "vl_convert": ("pages/ui/charts/picture.py",),
}
SET_VARIABLES = {
    *("data/store/database.py", "data/store/lake.py", "data/sandbox/sandbox_child.py"),
    "data/traffic/export.py",  # which sets them back
}
OPEN_DUCKDB = {"data/store/file_backend.py", "data/store/lake.py", "data/sandbox/sandbox_child.py"}
TELLS_OF = {"connect": {"api"}, "shared": {"dashboards", "repository"}}  # pages that show what others have
OF_THE_PROGRAM = ("data/store/", "data/schema/", "data/collection/ledger")  # no person asks here
WRITING = {
    *("add", "save", "change", "rename", "pause", "resume", "remove", "start", "finish", "prune", "grant", "revoke"),
    *("activate", "deactivate", "invite", "accept", "disable", "enable", "refuse"),
}
ASKED_BY_NOBODY = {  # before there is an account that could ask; what an account may see; what the collector needs
    *("has_users", "check_password", "active_account", "credentials_for_form", "passwords_open", "entered"),
    *("account_of_session", "access_of_token", "invitation_of", "viewer_of", "allowed"),
    *("due_deliveries", "report_to_be_sent", "to_be_sent", "recipient_of", "open_channels"),  # the timer
    "message_events",
    *(
        "is_collecting",
        "operator",
        "has_tenants",
        "open_tokens",
        "open_app",
        "owner_pauses",
        "owner_limits",
        "relations",
        "columns",
        "take_requests",
    ),
    *("badge_of_address", "badge_viewer", "share_of_secret", "share_viewer", "whole_tenant"),  # whoever has the address
}
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
NO_RECORD = {
    *("change_of_traffic", "move_outbox", "save_spikes"),
    *("save_verdicts", "save_pauses", "save_installations", "renew_setup_code"),  # what the program learns by itself
    *("attempt", "make_ticket", "redeem_ticket", "touch_session", "end_session"),  # signing in and out
    *("note_use", "open_share", "_count_waiting"),
    *("save_progress", "move_attempts", "save_alert"),  # the timer: each attempt is a row of its own
    "add",  # of what somebody saves for themselves
}
RECORDS = re.compile(r"\b(record|_note|_?give|take|_link|entered)\(")
CLOCK = re.compile(r"\b(now|today|utcnow|monotonic|time\.time)\(")
OF_OTHERS = {"fetch.py", "analyze.py"}  # files of github-repo-stats
UNIQUES_ADDED_UP = re.compile(r"sum\s*\(\s*(?:\w+\.)?(view|clone)_uniques\s*\)[^,;]*?\bas\s+(\w+)", re.DOTALL)
HONEST = {"view": "visitor_days", "clone": "cloner_days"}


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def within(place: str) -> list[Path]:
    return [path for path in PRODUCT if name(path).startswith(place)]


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    yield from (node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def imported(path: Path) -> Iterator[str]:
    """The full names of the modules that a file imports, with each name that is taken from them."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name(path)} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def offenders(paths: Iterable[Path], fault: Callable[[Path], object]) -> dict[str, object]:
    """What is wrong with each file that something is wrong with."""
    files = list(paths)
    assert files, "a rule that looks at no file cannot fail"
    return {name(path): found for path in files if (found := fault(path))}


def test_a_room_imports_only_what_it_may() -> None:
    def forbidden(path: Path) -> set[str]:
        allowed = next(allowed for place, allowed in MAY_IMPORT.items() if name(path).startswith(place))
        ours = {module for module in imported(path) if module.split(".")[0] in {"collector", "data", "pages", "tests"}}
        return {module for module in ours if not any(f"{module}.".startswith(f"{each}.") for each in allowed)}

    assert not offenders(PRODUCT, forbidden)


def test_no_page_imports_another_and_what_pages_share_imports_none() -> None:
    def others(path: Path) -> set[str]:
        known = {name(path).split("/")[1], "ui"} | TELLS_OF.get(name(path).split("/")[1], set())
        return {m for m in imported(path) if m.startswith("pages.") and m.split(".")[1] not in known}

    assert not offenders(within("pages/"), others)


def test_each_library_is_used_in_its_home_only() -> None:
    def homeless(path: Path) -> set[str]:
        used = {module.split(".")[0] for module in imported(path)}
        return {library for library in used & HOMES.keys() if not name(path).startswith(HOMES[library])}

    assert not offenders(PRODUCT, homeless)


def test_only_the_store_and_the_sandbox_open_duckdb() -> None:
    def opens(path: Path) -> bool:
        return "duckdb.connect" in {ast.unparse(n.func) for n in ast.walk(tree(path)) if isinstance(n, ast.Call)}

    assert offenders(PRODUCT, opens).keys() <= OPEN_DUCKDB


def test_only_the_store_the_sandbox_and_the_export_set_variables_of_a_session() -> None:
    """A reader's connection is used again by the next: what another left in it would change their numbers."""
    setting = re.compile(r"\bset (variable|timezone|schema|search_path)\b")
    found = {name(path) for path in PRODUCT if setting.search(path.read_text(encoding="utf-8"))}
    assert found == SET_VARIABLES


def test_every_public_reader_takes_the_viewer_or_the_account_that_asks_first() -> None:
    def blind(path: Path) -> list[str]:
        public = [n for n in tree(path).body if isinstance(n, ast.FunctionDef) and not n.name.startswith("_")]
        return [each.name for each in public if reads(each) and each.args.args[0].arg not in {"viewer", "account"}]

    def reads(function: ast.FunctionDef) -> bool:
        """Whether it is given the store, and is neither a change nor a question of the program itself."""
        arguments = {argument.arg for argument in function.args.args}
        writes = "by" in arguments or ".commit(" in ast.unparse(function) or function.name.split("_")[0] in WRITING
        return bool(arguments & {"store", "viewer"}) and not writes and function.name not in ASKED_BY_NOBODY

    assert not offenders([path for path in within("data/") if not name(path).startswith(OF_THE_PROGRAM)], blind)


def test_what_changes_the_data_leaves_a_record_in_the_same_transaction() -> None:
    """In `traffic` by change_of_traffic, which commits nothing without one; in `control` by `record`."""

    def silent(path: Path) -> list[str]:
        texts = [(each.name, ast.unparse(each)) for each in functions(path) if each.name not in NO_RECORD]
        traffic = [of for of, text in texts if ".traffic.commit(" in text]
        return traffic + [of for of, text in texts if ".control.commit(" in text and not RECORDS.search(text)]

    assert not offenders([path for path in within("data/") if not name(path).startswith(OF_THE_PROGRAM)], silent)


def test_everything_that_decides_a_cached_answer_is_an_argument_of_its_key() -> None:
    """A parameter that begins with _ is left out of a key, and a clock is in none."""

    def hidden(path: Path) -> list[str]:
        cached = [each for each in functions(path) if any("cache" in ast.unparse(d) for d in each.decorator_list)]
        unkeyed = [each.name for each in cached for argument in each.args.args if argument.arg.startswith("_")]
        return unkeyed + [each.name for each in cached if CLOCK.search(ast.unparse(each))]

    assert not offenders(PRODUCT, hidden)


def test_a_class_name_exists_once() -> None:
    classes = [
        (node.name, name(path)) for path in PRODUCT for node in ast.walk(tree(path)) if isinstance(node, ast.ClassDef)
    ]
    times = Counter(each for each, _ in classes)
    assert classes
    assert not [(each, place) for each, place in classes if times[each] > 1 and not each.startswith("_")]


def test_there_is_one_cache() -> None:
    """functools.cache is for what never changes while a process runs."""
    other = re.compile(r"\b(lru_cache|cache_data|cache_resource)\b")
    assert not offenders(PRODUCT, lambda path: other.findall(path.read_text(encoding="utf-8")))


def test_a_sum_of_daily_uniques_is_never_called_visitors() -> None:
    def dishonest(path: Path) -> list[str]:
        text = re.sub(r"--[^\n]*|#[^\n]*", "", path.read_text(encoding="utf-8"))
        named = UNIQUES_ADDED_UP.findall(text)
        unnamed = len(re.findall(r"\bsum\s*\([^)]*uniques", text)) - len(named)
        return [alias for kind, alias in named if alias != HONEST[kind]] + ["a sum without a name"] * unnamed

    assert not offenders([*SQL, *within("data/")], dishonest)


def test_no_message_promises_that_nothing_was_changed() -> None:
    """What came before the failure, in the same act, may be done: say what is known."""
    promise = re.compile(r"\bnothing (was|has been|is) changed\b", re.IGNORECASE)

    def promises(path: Path) -> list[str]:
        texts = [n.value for n in ast.walk(tree(path)) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
        documented = {ast.get_docstring(n, clean=False) for n in ast.walk(tree(path)) if isinstance(n, DOCUMENTED)}
        return [text for text in texts if text not in documented and promise.search(text)]

    assert not offenders(PRODUCT, promises)


def test_each_sql_file_is_used_by_the_module_that_it_lies_beside() -> None:
    def unused(path: Path) -> bool:
        module, _, function = path.stem.partition(".")
        return f'"{function}"' not in path.with_name(f"{module}.py").read_text(encoding="utf-8")

    assert not offenders([path for path in SQL if "." in path.stem], unused)


def test_each_sql_file_that_a_module_asks_for_is_there() -> None:
    asked_for = re.compile(r'\bquery\((__name__|"[\w.]+"), "(\w+)"\)')

    def missing(path: Path) -> list[str]:
        here = name(path).removesuffix(".py")
        asked = asked_for.findall(path.read_text(encoding="utf-8"))
        beside = [(here if of == "__name__" else of.strip('"').replace(".", "/"), what) for of, what in asked]
        files = [f"{module}.{what}.sql" for module, what in beside]
        return [each for each in files if not (ROOT / each).exists()]

    assert not offenders(PRODUCT, missing)


@pytest.fixture(scope="module")
def checkout() -> list[Path]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True).stdout.split("\0")
    files = [ROOT / path for path in listed if path and (ROOT / path).is_file() and not path.endswith(".gz")]
    if not files:
        pytest.skip("this is no checkout")
    return files


def test_no_file_names_a_place_on_somebodys_machine(checkout: list[Path]) -> None:
    place = re.compile(rb"(?<![\w.])/(home|root|Users|work)/[a-z]")
    assert not [name(path) for path in checkout if place.search(path.read_bytes())]


def test_documentation_and_comments_name_only_files_that_exist(checkout: list[Path]) -> None:
    """By their whole place, and in documents and the product itself also by the last parts of it."""
    there = {place[n:] for place in map(name, checkout) for n in range(len(place)) if n == 0 or place[n - 1] == "/"}
    named = re.compile(r"(?<![\w./<>*$-])((?:[\w.-]+/)*[\w.-]+\.py)\b")
    rooms = "collector|data|pages|tests|docs|deploy"
    in_room = re.compile(rf"(?<![\w./<>*$-])((?:{rooms})/[\w./-]+\.(?:py|sql|js|md|json|yaml))\b")

    def missing(path: Path) -> set[str]:
        text = path.read_text(encoding="utf-8")
        by_parts = path.suffix == ".md" or path in PRODUCT
        return {*in_room.findall(text), *(named.findall(text) if by_parts else ())} - there - OF_OTHERS

    texts = [path for path in checkout if path.suffix in {".md", ".py", ".sql"} or path.name == "Makefile"]
    assert not offenders([path for path in texts if path.name != "CHANGELOG.md"], missing)


def test_no_statement_returns_the_rows_that_it_changes() -> None:
    """PostgreSQL's tables, as DuckDB reaches them, cannot: `changed_rows` counts them."""
    returns = re.compile(r"\breturning\s+(\w+\.)?\w+(\s*[,;\"]|$)", re.MULTILINE)
    texts = [*SQL, *within("data/")]
    assert not [name(path) for path in texts if returns.search(path.read_text(encoding="utf-8"))]


def test_the_image_may_have_each_file_that_it_copies() -> None:
    """All others are hidden from its build, so that no data and no key can get into it."""
    copies = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "deploy/Containerfile").read_text("utf-8"), re.MULTILINE)
    wanted = {file for names in copies for file in names.split()}
    shown = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert wanted
    assert {line.removeprefix("!") for line in shown if line.startswith("!")} == wanted
