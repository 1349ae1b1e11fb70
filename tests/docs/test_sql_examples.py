"""The example queries of the SQL page: the same as in docs/sql.md, and each tells something in the sandbox."""

from collections.abc import Iterator
from datetime import date

import pytest

from data.sandbox.reference import Example, examples
from data.sandbox.sandbox import Limits, Question, Sandbox
from data.sandbox.statement import parameter_names
from data.store import Store
from tests.data.filled import FIRST_RUN, TODAY
from tests.data.sandbox.test_sandbox_attacks import EVERYTHING
from tests.docs.test_sql_docs import QUERIES

NOT_IN_THE_SANDBOX = {"A column a repository", "Export to Parquet"}  # it names no columns; it writes a file
VALUES: dict[str, str | int | float | date] = {
    "repository": "blue/%",
    "first_day": FIRST_RUN.date(),
    "last_day": TODAY,
    "referrer": "%o%",
}
NAMES = pytest.mark.parametrize("example", examples(), ids=lambda each: each.name)


@pytest.fixture(scope="module")
def box(full: Store) -> Iterator[Sandbox]:
    box = Sandbox(full, Limits(seconds=60, warm=2))
    yield box
    box.close()


@NAMES
def test_an_example_tells_something_in_the_sandbox(box: Sandbox, example: Example) -> None:
    values = {name: VALUES[name] for name in parameter_names(example.statement)}
    run = box.start(EVERYTHING, Question(example.statement, TODAY, values), "ada")
    assert run.wait(60)
    assert run.answer().rows.num_rows > 0


def test_there_are_twenty_examples_and_more_with_titles_apart() -> None:
    assert len({each.title for each in examples()}) == len(examples()) >= 20
    assert all(each.about.endswith(".") for each in examples())


def test_the_document_prints_every_example_that_asks_for_no_values() -> None:
    plain = {each.title: each.statement for each in examples() if not parameter_names(each.statement)}
    assert plain == {title: sql.strip() for title, sql in QUERIES.items() if title not in NOT_IN_THE_SANDBOX}


def test_some_examples_have_parameters() -> None:
    assert {name for each in examples() for name in parameter_names(each.statement)} == VALUES.keys()
