"""The house rules as loops over the tree: who may import whom, where each library lives, how large things may grow.

Reads the files, imports none of them.
"""

import ast
import re
import subprocess
from pathlib import Path

from tests.tree import (
    ROOMS,
    ROOT,
    all_python,
    first,
    functions,
    imported,
    is_within,
    modules,
    name,
    named,
    of_data,
    offenders,
    public_of,
    tree,
)

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
BELOW = {  # the folders of data/ that one of them may know; "" are the modules directly in it
    "": {"accounts"},  # a backup and a restore are audited
    "accounts": {""},
    "collection": {""},
    "traffic": {""},
    "insight": {"", "accounts", "collection", "traffic"},
    "dashboards": {"", "accounts", "collection", "traffic", "insight"},
    "sandbox": {"", "accounts", "traffic"},
}
HOMES = {
    "duckdb": ("data/",),
    "pyarrow": ("data/",),
    "cryptography": ("data/accounts/vault.py",),
    "bcrypt": ("data/accounts/passwords.py",),
    "requests": ("collector/github.py",),
    "tenacity": ("collector/",),
    "click": ("collector/",),
    "rich": ("collector/",),
    "streamlit": ("streamlit_app.py", "pages/"),
    "streamlit_authenticator": ("pages/ui/session.py",),
    "altair": ("pages/ui/charts/",),
    "jsonschema": ("data/dashboards/",),
}
OPENS_DUCKDB = {"data/store/database.py", "data/sandbox/sandbox_child.py"}
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


def test_a_room_imports_only_what_it_may() -> None:
    def strangers(path: Path) -> set[str]:
        place = next(place for place in MAY_IMPORT if name(path).startswith(place))
        ours = {module for module in imported(path) if module.split(".")[0] in (*ROOMS, "tests")}
        return {module for module in ours if not any(is_within(module, allowed) for allowed in MAY_IMPORT[place])}

    assert not offenders(modules(), strangers)


def test_a_folder_of_data_knows_only_those_below_it() -> None:
    def folder(parts: list[str]) -> str:
        return parts[1] if parts[1] in BELOW else ""

    def above(path: Path) -> set[str]:
        own = folder(name(path).split("/"))
        known = {folder(module.split(".")) for module in imported(path) if module.startswith("data.")}
        return known - BELOW[own] - {own}

    assert not offenders(named(("data/",)), above)


def test_each_library_is_used_in_its_home_only() -> None:
    def homeless(path: Path) -> set[str]:
        used = {module.split(".")[0] for module in imported(path)}
        return {library for library in used & HOMES.keys() if not name(path).startswith(HOMES[library])}

    assert not offenders(modules(), homeless)


def test_only_the_store_opens_duckdb() -> None:
    def opens(path: Path) -> bool:
        return "duckdb.connect" in {ast.unparse(n.func) for n in ast.walk(tree(path)) if isinstance(n, ast.Call)}

    assert offenders(modules(), opens).keys() <= OPENS_DUCKDB


def test_no_file_is_longer_than_400_lines_and_no_function_than_60() -> None:
    def too_long(path: Path) -> list[str]:
        long = [each.name for each in functions(path) if (each.end_lineno or 0) - each.lineno >= 60]
        return long + ["the file"] * (len(path.read_text(encoding="utf-8").splitlines()) > 400)

    assert not offenders(all_python(), too_long)


def test_no_function_takes_more_than_five_parameters() -> None:
    """Four, and the store or the object that it is about."""

    def many(path: Path) -> list[str]:
        return [each.name for each in functions(path) if len(each.args.args) + len(each.args.kwonlyargs) > 5]

    assert not offenders(modules(), many)


def test_no_test_is_longer_than_15_lines_and_no_file_of_tests_than_250() -> None:
    def too_long(path: Path) -> list[str]:
        tests = [each for each in functions(path) if each.name.startswith("test_")]
        long = [each.name for each in tests if (each.end_lineno or 0) - each.body[0].lineno >= 15]
        return long + ["the file"] * (len(path.read_text(encoding="utf-8").splitlines()) > 250)

    assert not offenders((ROOT / "tests").rglob("test_*.py"), too_long)


def test_no_file_has_a_name_that_says_nothing() -> None:
    assert not offenders(all_python(), lambda path: VAGUE_NAMES & {path.stem, path.parent.name})


def test_everything_public_has_a_docstring() -> None:
    def silent(path: Path) -> list[str]:
        public = [node for node in tree(path).body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
        classes = [each for each in public if isinstance(each, ast.ClassDef)]
        public += [method for each in classes for method in each.body if isinstance(method, ast.FunctionDef)]
        found = [node.name for node in public if not node.name.startswith("_") and not ast.get_docstring(node)]
        return found + ["the file"] * (ast.get_docstring(tree(path)) is None)

    assert not offenders(modules(), silent)


def test_nothing_happens_at_import() -> None:
    assert not offenders(named(("collector/", "data/")), acts_at_import)


def acts_at_import(path: Path) -> list[str]:
    """Statements at the top define; the calls among them build constants of plain values."""
    kinds = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign)
    acts = [ast.unparse(node) for node in tree(path).body if not isinstance(node, kinds) and not is_harmless(node)]
    assigned = [node.value for node in tree(path).body if isinstance(node, ast.Assign | ast.AnnAssign)]
    called = {ast.unparse(c.func) for v in assigned if v for c in ast.walk(v) if isinstance(c, ast.Call)}
    acts += [call for call in called if ACTS.search(call)]
    return acts + [ast.unparse(v) for v in assigned if v and "environ" in ast.unparse(v)]


def is_harmless(node: ast.stmt) -> bool:
    """Whether a statement is a docstring, or the line that runs a program only when it is started as one."""
    return (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)) or (
        isinstance(node, ast.If) and ast.unparse(node.test) in {"__name__ == '__main__'", "TYPE_CHECKING"}
    )


def test_every_public_reader_takes_the_viewer_first() -> None:
    """A function whose name begins with a verb of writing writes; every other public function reads."""

    def blind(path: Path) -> list[str]:
        readers = [each for each in public_of(path) if each.name.split("_")[0] not in WRITING_VERBS]
        return [each.name for each in readers if first(each) != ["viewer"]]

    assert not offenders(of_data(VIEWER_FIRST), blind)


def test_every_public_reader_of_accounts_takes_the_account_that_asks_first() -> None:
    """A reader takes the store and makes no commit. What it finds depends on who asks, or it is named above."""

    def for_all(path: Path) -> set[str]:
        with_store = [each for each in public_of(path) if "store" in {a.arg for a in each.args.args}]
        readers = [each for each in with_store if ".commit(" not in ast.unparse(each)]
        return {each.name for each in readers if first(each) != ["account"]} - FIND_WHO_ASKS - GIVE_RIGHTS

    assert not offenders(of_data(ACCOUNT_FIRST), for_all)


def test_every_public_writer_of_accounts_is_told_who_acts_or_by_which_secret() -> None:
    known = {"by", "secret", "setup_code", "session_secret", "ticket", "keep"}
    the_servers_own = {"renew_setup_code", "attempt", "make_ticket"}  # before anybody is signed in

    def unsigned(path: Path) -> set[str]:
        writers = [each for each in public_of(path) if ".commit(" in ast.unparse(each)]
        return {each.name for each in writers if not known & {a.arg for a in each.args.args}} - the_servers_own

    assert not offenders(of_data(ACCOUNT_FIRST), unsigned)


def test_no_cached_function_hides_a_parameter_from_its_key() -> None:
    """Streamlit leaves a parameter that begins with _ out of the key: one viewer would get another's rows."""

    def hidden(path: Path) -> list[str]:
        cached = [each for each in functions(path) if any("cache" in ast.unparse(d) for d in each.decorator_list)]
        return [each.name for each in cached for arg in each.args.args if arg.arg.startswith("_")]

    assert not offenders(modules(), hidden)


def test_the_product_knows_nothing_of_its_tests() -> None:
    word = re.compile(r"simulat|\bfake|\bmock|pytest", re.IGNORECASE)
    assert not offenders(named(("collector/", "data/")), lambda path: word.search(path.read_text(encoding="utf-8")))


def test_no_file_names_a_place_on_somebodys_machine() -> None:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True).stdout.split("\0")
    files = [ROOT / path for path in listed if path and (ROOT / path).is_file() and not path.endswith(".gz")]
    place = re.compile(rb"(?<![\w.])/(home|root|Users|work)/[a-z]")
    assert not [name(path) for path in files if place.search(path.read_bytes())]
