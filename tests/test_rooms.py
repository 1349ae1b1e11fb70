"""The house rules as loops over the tree: who may import whom, where each library lives, how large things may grow.

Reads the files, imports none of them.
"""

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("collector", "data", "pages")
MAY_IMPORT = {
    "streamlit_app.py": {"pages", "data"},
    "pages/ui/": {"pages.ui", "data"},
    "pages/": {
        *("pages", "data", "collector.check", "collector.discover", "collector.errors", "collector.follow"),
        *("collector.listings", "collector.parse", "collector.schedule", "collector.settings"),
    },
    "collector/": {"collector", "data"},
    "data/": {"data"},
}
HOMES = {
    "duckdb": ("data/",),
    "pyarrow": ("data/",),
    "cryptography": ("data/vault.py",),
    "bcrypt": ("data/passwords.py",),
    "requests": ("collector/github.py",),
    "tenacity": ("collector/",),
    "click": ("collector/",),
    "rich": ("collector/",),
    "streamlit": ("streamlit_app.py", "pages/"),
    "streamlit_authenticator": ("pages/ui/session.py",),
    "altair": ("pages/ui/charts/",),
    "jsonschema": ("data/dashboard_problems.py",),
}
OPENS_DUCKDB = {"data/store.py", "data/sandbox_child.py"}
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers"}
VIEWER_FIRST = ("traffic", "log", "repositories", "listing_bounds", "spike_causes", "panels")
ACCOUNT_FIRST = ("accounts", "grants", "sessions", "invitations", "audit", "dashboards")
FIND_WHO_ASKS = {  # from a secret, a name or an identity, before there is an account that could ask
    "has_users",
    "check_password",
    "active_account",
    "credentials_for_form",
    "account_of_identity",
    "account_of_session",
    "invitation_of",
}
GIVE_RIGHTS = {"viewer_of", "allowed"}  # what an account may see, and what whoever acts may grant
WRITING_VERBS = {"add", "pause", "resume", "remove", "save", "start", "finish", "rename", "prune", "grant", "revoke"}
ACTS = re.compile(r"\b(open|connect|run|socket|mkdir|now|today|getenv|read_\w+|write_\w+)\b")


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def modules() -> tuple[Path, ...]:
    """Every Python file of the product, tests left out."""
    entry = [path for path in [ROOT / "streamlit_app.py"] if path.exists()]
    return (*entry, *(path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def all_python() -> tuple[Path, ...]:
    return (*modules(), *sorted((ROOT / "tests").rglob("*.py")))


def imported(path: Path) -> Iterator[str]:
    """The full names of the modules that a file imports, with each name that is taken from them."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name(path)} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_within(module: str, allowed: str) -> bool:
    return module == allowed or module.startswith(f"{allowed}.")


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    yield from (node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize("path", modules(), ids=name)
def test_a_room_imports_only_what_it_may(path: Path) -> None:
    place = next(place for place in MAY_IMPORT if name(path).startswith(place))
    ours = {module for module in imported(path) if module.split(".")[0] in (*ROOMS, "tests")}
    strangers = {module for module in ours if not any(is_within(module, allowed) for allowed in MAY_IMPORT[place])}
    assert not strangers


@pytest.mark.parametrize("path", modules(), ids=name)
def test_each_library_is_used_in_its_home_only(path: Path) -> None:
    used = {module.split(".")[0] for module in imported(path)}
    homeless = {library for library in used & HOMES.keys() if not name(path).startswith(HOMES[library])}
    assert not homeless


@pytest.mark.parametrize("path", modules(), ids=name)
def test_only_the_store_opens_duckdb(path: Path) -> None:
    calls = {ast.unparse(node.func) for node in ast.walk(tree(path)) if isinstance(node, ast.Call)}
    assert "duckdb.connect" not in calls or name(path) in OPENS_DUCKDB


@pytest.mark.parametrize("path", all_python(), ids=name)
def test_no_file_is_longer_than_400_lines_and_no_function_than_60(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400
    long = [each.name for each in functions(path) if (each.end_lineno or 0) - each.lineno >= 60]
    assert not long


@pytest.mark.parametrize("path", modules(), ids=name)
def test_no_function_takes_more_than_five_parameters(path: Path) -> None:
    """Four, and the store or the object that it is about."""
    assert not [each.name for each in functions(path) if len(each.args.args) + len(each.args.kwonlyargs) > 5]


@pytest.mark.parametrize("path", sorted((ROOT / "tests").rglob("test_*.py")), ids=name)
def test_no_test_is_longer_than_15_lines_and_no_file_of_tests_than_250(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 250
    tests = [each for each in functions(path) if each.name.startswith("test_")]
    long = [each.name for each in tests if (each.end_lineno or 0) - each.body[0].lineno >= 15]
    assert not long


@pytest.mark.parametrize("path", all_python(), ids=name)
def test_no_file_has_a_name_that_says_nothing(path: Path) -> None:
    assert not VAGUE_NAMES & {path.stem, path.parent.name}


@pytest.mark.parametrize("path", modules(), ids=name)
def test_everything_public_has_a_docstring(path: Path) -> None:
    assert ast.get_docstring(tree(path)), "the file itself"
    public = [node for node in tree(path).body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    classes = [each for each in public if isinstance(each, ast.ClassDef)]
    public += [method for each in classes for method in each.body if isinstance(method, ast.FunctionDef)]
    assert not [node.name for node in public if not node.name.startswith("_") and not ast.get_docstring(node)]


@pytest.mark.parametrize("path", [p for p in modules() if name(p).startswith(("collector/", "data/"))], ids=name)
def test_nothing_happens_at_import(path: Path) -> None:
    """Statements at the top define; the calls among them build constants of plain values."""
    kinds = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign)
    acts = [node for node in tree(path).body if not isinstance(node, kinds) and not is_harmless(node)]
    assert not [ast.unparse(node) for node in acts]
    assigned = [node.value for node in tree(path).body if isinstance(node, ast.Assign | ast.AnnAssign)]
    called = {ast.unparse(c.func) for v in assigned if v for c in ast.walk(v) if isinstance(c, ast.Call)}
    assert not {call for call in called if ACTS.search(call)}
    assert not [v for v in assigned if v and "environ" in ast.unparse(v)]


def is_harmless(node: ast.stmt) -> bool:
    """Whether a statement is a docstring, or the line that runs a program only when it is started as one."""
    return (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)) or (
        isinstance(node, ast.If) and ast.unparse(node.test) in {"__name__ == '__main__'", "TYPE_CHECKING"}
    )


@pytest.mark.parametrize("path", [p for p in modules() if p.parent.name == "data" and p.stem in VIEWER_FIRST], ids=name)
def test_every_public_reader_takes_the_viewer_first(path: Path) -> None:
    """A function whose name begins with a verb of writing writes; every other public function reads."""
    public = [n for n in tree(path).body if isinstance(n, ast.FunctionDef) and not n.name.startswith("_")]
    readers = [each for each in public if each.name.split("_")[0] not in WRITING_VERBS]
    assert not [each.name for each in readers if [a.arg for a in each.args.args[:1]] != ["viewer"]]


@pytest.mark.parametrize(
    "path", [p for p in modules() if p.parent.name == "data" and p.stem in ACCOUNT_FIRST], ids=name
)
def test_every_public_reader_of_accounts_takes_the_account_that_asks_first(path: Path) -> None:
    """A reader takes the store and makes no commit. What it finds depends on who asks, or it is named above."""
    public = [n for n in tree(path).body if isinstance(n, ast.FunctionDef) and not n.name.startswith("_")]
    with_store = [each for each in public if "store" in {a.arg for a in each.args.args}]
    readers = [each for each in with_store if ".commit(" not in ast.unparse(each)]
    for_all = {each.name for each in readers if [a.arg for a in each.args.args[:1]] != ["account"]}
    assert not for_all - FIND_WHO_ASKS - GIVE_RIGHTS


@pytest.mark.parametrize(
    "path", [p for p in modules() if p.parent.name == "data" and p.stem in ACCOUNT_FIRST], ids=name
)
def test_every_public_writer_of_accounts_is_told_who_acts_or_by_which_secret(path: Path) -> None:
    public = [n for n in tree(path).body if isinstance(n, ast.FunctionDef) and not n.name.startswith("_")]
    writers = [each for each in public if ".commit(" in ast.unparse(each)]
    known = {"by", "secret", "setup_code", "session_secret", "ticket", "keep"}
    unsigned = {each.name for each in writers if not known & {a.arg for a in each.args.args}}
    assert unsigned <= {"renew_setup_code", "attempt", "make_ticket"}, "the server's own, before anybody is signed in"


@pytest.mark.parametrize("path", modules(), ids=name)
def test_no_cached_function_hides_a_parameter_from_its_key(path: Path) -> None:
    """Streamlit leaves a parameter that begins with _ out of the key: one viewer would get another's rows."""
    cached = [each for each in functions(path) if any("cache" in ast.unparse(d) for d in each.decorator_list)]
    assert not [each.name for each in cached for arg in each.args.args if arg.arg.startswith("_")]


@pytest.mark.parametrize("path", [p for p in modules() if name(p).startswith(("collector/", "data/"))], ids=name)
def test_the_product_knows_nothing_of_its_tests(path: Path) -> None:
    assert not re.search(r"simulat|\bfake|\bmock|pytest", path.read_text(encoding="utf-8"), re.IGNORECASE)


def test_no_file_names_a_place_on_somebodys_machine() -> None:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True).stdout.split("\0")
    files = [ROOT / path for path in listed if path and (ROOT / path).is_file() and not path.endswith(".gz")]
    place = re.compile(rb"(?<![\w.])/(home|root|Users|work)/[a-z]")
    assert not [name(path) for path in files if place.search(path.read_bytes())]
