"""The house rules of SQL as loops over the files: readable alone, named for their function, honest about uniques."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

DATA = Path(__file__).parents[1] / "data"
FILES = sorted(DATA.rglob("*.sql"))
QUERIES = [path for path in FILES if path.parent.name == "queries"]
MODULES = sorted(DATA.glob("*.py"))
NAMES_TABLES = {"schema.py", "store.py"}  # they handle every table alike, by the names of our own migrations
KEYWORDS = re.compile(
    r"\b(SELECT|FROM|WHERE|WITH|JOIN|GROUP|ORDER|INSERT|UPDATE|DELETE|MERGE|CREATE|TABLE|VIEW|AS|AND|OR|NOT|NULL|CASE)\b"
)
STATEMENT = re.compile(r"\s*(select|insert into|update|delete from|merge into|create|drop|alter|attach|copy) ")
UNIQUES_ADDED_UP = re.compile(r"sum\s*\(\s*(?:\w+\.)?(view|clone)_uniques\s*\)[^,;]*?\bas\s+(\w+)", re.DOTALL)
HONEST = {"view": "visitor_days", "clone": "cloner_days"}


def name(path: Path) -> str:
    return path.name


@cache
def code(path: Path) -> str:
    """The statements of a file without comments and texts."""
    return re.sub(r"--[^\n]*|'[^']*'", "", path.read_text(encoding="utf-8"))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def calls_of_query(path: Path) -> list[ast.Call]:
    return [node for node in ast.walk(tree(path)) if isinstance(node, ast.Call) and ast.unparse(node.func) == "query"]


@pytest.mark.parametrize("path", FILES, ids=name)
def test_a_file_begins_with_what_it_is_about(path: Path) -> None:
    assert re.match(r"-- \S.{20,}", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", FILES, ids=name)
def test_keywords_are_lower_case(path: Path) -> None:
    assert not KEYWORDS.findall(code(path))


@pytest.mark.parametrize("path", FILES, ids=name)
def test_uniques_of_days_are_never_added_up_under_the_name_of_people(path: Path) -> None:
    added_up = UNIQUES_ADDED_UP.findall(code(path))
    assert len(added_up) == len(re.findall(r"sum\s*\([^)]*uniques", code(path))), "every such sum has a name"
    assert not [alias for kind, alias in added_up if alias != HONEST[kind]]


@pytest.mark.parametrize("path", QUERIES, ids=name)
def test_values_come_by_name(path: Path) -> None:
    assert not re.search(r"\?|\$\d|\{\w*\}|%s", code(path))


@pytest.mark.parametrize("path", QUERIES, ids=name)
def test_each_query_is_used_by_the_module_that_it_is_named_for(path: Path) -> None:
    module = DATA / f"{path.stem.partition('.')[0]}.py"
    assert f'"{path.stem}"' in module.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_each_query_that_is_asked_for_has_its_file(path: Path) -> None:
    asked = {arg.value for call in calls_of_query(path) for arg in call.args if isinstance(arg, ast.Constant)}
    assert not asked - {query.stem for query in QUERIES}


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_module_asks_only_for_queries_of_its_own(path: Path) -> None:
    texts = {node.value for node in ast.walk(tree(path)) if isinstance(node, ast.Constant)}
    asked = {query.stem for query in QUERIES} & texts
    assert {stem.partition(".")[0] for stem in asked} <= {path.stem}


@pytest.mark.parametrize("path", [path for path in MODULES if path.name not in NAMES_TABLES], ids=name)
def test_nothing_is_written_into_the_text_of_a_statement(path: Path) -> None:
    """No f-string, no format, no sum of texts that begins as a statement does: values come by name."""
    built = [node for node in ast.walk(tree(path)) if isinstance(node, ast.JoinedStr | ast.BinOp | ast.Call)]
    assert not [text for node in built if STATEMENT.match(text := beginning(node))]


def beginning(node: ast.AST) -> str:
    """The constant text that a built text begins with."""
    match node:
        case ast.JoinedStr(values=[ast.Constant(value=str(text)), *_]) | ast.Constant(value=str(text)):
            return text
        case ast.BinOp(left=left):
            return beginning(left)
        case ast.Call(func=ast.Attribute(value=text_of, attr="format" | "replace")):
            return beginning(text_of)
    return ""
