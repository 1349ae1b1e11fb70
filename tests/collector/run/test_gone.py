"""A repository deleted while a run asks about it: its answers are dropped, noted, and nobody's fault."""

import pytest

from data.accounts.authority import COMMAND_LINE
from data.calendar import utc_now
from data.collection.models import RunState
from data.repositories.repositories import remove_repositories_with_data
from data.store import Store
from tests.collector.run.collecting import FACT_TABLES, Collection, RecordedProgress


class Deleting(RecordedProgress):
    """Deletes a repository with its data as soon as anything was fetched."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store

    def advanced(self, done: int, name: str) -> None:
        """A visit."""
        if not self.visited:
            remove_repositories_with_data(self.store, COMMAND_LINE, [1], utc_now())
        super().advanced(done, name)


@pytest.fixture
def deleting(collection: Collection) -> Collection:
    """A collection in the middle of which octo/one is deleted."""
    collection.progress = Deleting(collection.store)
    return collection


def test_nothing_of_it_comes_back_and_the_others_are_saved(deleting: Collection) -> None:
    report = deleting()
    message = "Deleted meanwhile: 1 of the repositories. What was fetched of them is dropped."
    assert (report.state, report.message) == (RunState.COMPLETE, message)
    assert deleting.progress.warnings == [message]
    assert deleting.rows("select message from collection_run") == [(message,)]
    for table in (*FACT_TABLES, "endpoint_state", "collection_result"):
        assert set(deleting.rows(f"select distinct repository_id from {table}")) <= {(2,), (3,)}
    assert set(deleting.outcomes()) == {"octo/two", "octo/three"}
