"""The project's files as the house rules look at them: read, never imported."""

import ast
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = ("collector", "data", "pages")


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


def named(places: tuple[str, ...]) -> list[Path]:
    """The product's files whose name begins in one of these ways."""
    return [path for path in modules() if name(path).startswith(places)]


def offenders(paths: Iterable[Path], fault: Callable[[Path], object]) -> dict[str, object]:
    """What is wrong with each file that something is wrong with. One test a rule: a thousand take longer to start."""
    files = list(paths)
    assert files, "a rule that looks at no file cannot fail"
    return {name(path): found for path in files if (found := fault(path))}


def public_of(path: Path) -> list[ast.FunctionDef]:
    return [n for n in tree(path).body if isinstance(n, ast.FunctionDef) and not n.name.startswith("_")]


def of_data(stems: tuple[str, ...]) -> list[Path]:
    found = [path for path in named(("data/",)) if path.stem in stems]
    assert {path.stem for path in found} == set(stems)
    return found


def first(function: ast.FunctionDef) -> list[str]:
    return [each.arg for each in function.args.args[:1]]
