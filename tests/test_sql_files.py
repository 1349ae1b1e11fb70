"""The house rules of SQL as loops over the files: readable alone, named for their function, honest about uniques."""

import ast
import re
from functools import cache
from pathlib import Path

from tests.tree import ROOT, offenders, tree

DATA = ROOT / "data"
FILES = sorted(DATA.rglob("*.sql"))
QUERIES = [path for path in FILES if path.with_name(f"{path.stem.partition('.')[0]}.py").exists()]
MODULES = sorted(DATA.rglob("*.py"))
NAMES_TABLES = {"migrate.py", "database.py"}  # they handle every table alike, by the names of our own migrations
KEYWORDS = re.compile(
    r"\b(SELECT|FROM|WHERE|WITH|JOIN|GROUP|ORDER|INSERT|UPDATE|DELETE|MERGE|CREATE|TABLE|VIEW|AS|AND|OR|NOT|NULL|CASE)\b"
)
STATEMENT = re.compile(r"\s*(select|insert into|update|delete from|merge into|create|drop|alter|attach|copy) ")
UNIQUES_ADDED_UP = re.compile(r"sum\s*\(\s*(?:\w+\.)?(view|clone)_uniques\s*\)[^,;]*?\bas\s+(\w+)", re.DOTALL)
HONEST = {"view": "visitor_days", "clone": "cloner_days"}


@cache
def code(path: Path) -> str:
    """The statements of a file without comments and texts."""
    return re.sub(r"--[^\n]*|'[^']*'", "", path.read_text(encoding="utf-8"))


def test_a_file_begins_with_what_it_is_about() -> None:
    assert not offenders(FILES, lambda path: not re.match(r"-- \S.{20,}", path.read_text(encoding="utf-8")))


def test_keywords_are_lower_case() -> None:
    assert not offenders(FILES, lambda path: KEYWORDS.findall(code(path)))


def test_uniques_of_days_are_never_added_up_under_the_name_of_people() -> None:
    def dishonest(path: Path) -> list[str]:
        added_up = UNIQUES_ADDED_UP.findall(code(path))
        unnamed = len(re.findall(r"sum\s*\([^)]*uniques", code(path))) - len(added_up)
        return [alias for kind, alias in added_up if alias != HONEST[kind]] + ["a sum without a name"] * unnamed

    assert not offenders(FILES, dishonest)


def test_values_come_by_name() -> None:
    assert not offenders(QUERIES, lambda path: re.search(r"\?|\$\d|\{\w*\}|%s", code(path)))


def test_each_query_is_used_by_the_module_that_it_lies_beside() -> None:
    def unused(path: Path) -> bool:
        module, _, function = path.stem.partition(".")
        return f'"{function}"' not in path.with_name(f"{module}.py").read_text(encoding="utf-8")

    assert not offenders(QUERIES, unused)


def test_nothing_is_written_into_the_text_of_a_statement() -> None:
    """No f-string, no format, no sum of texts that begins as a statement does: values come by name."""

    def built(path: Path) -> list[str]:
        nodes = [node for node in ast.walk(tree(path)) if isinstance(node, ast.JoinedStr | ast.BinOp | ast.Call)]
        return [text for node in nodes if STATEMENT.match(text := beginning(node))]

    assert not offenders([path for path in MODULES if path.name not in NAMES_TABLES], built)


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
