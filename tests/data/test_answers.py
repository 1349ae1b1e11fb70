"""What is remembered of a version: never an answer of an older one, and never more than so many."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from data.accounts import sessions
from data.accounts.authority import NewUser, save_account
from data.store import Store
from data.store.answers import MOST, Answers

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path / "db")
    made.prepare()
    return made


def a_session(store: Store) -> str:
    with store.control.commit("adding a user") as connection:
        key = save_account(connection, NewUser("reader", "The reader"), None, NOW)
    return sessions.redeem_ticket(store, sessions.make_ticket(store, key, NOW), "", "", NOW)


def test_a_question_is_asked_once_a_version_and_anew_after_a_commit(store: Store) -> None:
    asked: list[int] = []
    for _ in range(2):
        store.control.remembered("question", lambda cursor: asked.append(1))
    with store.control.commit("nothing"):
        pass
    store.control.remembered("question", lambda cursor: asked.append(2))
    assert asked == [1, 2]


def test_an_answer_about_another_version_is_not_found() -> None:
    answers = Answers()
    answers.keep(7, "question", "answer")
    assert answers.find(7, "question") == "answer"
    with pytest.raises(KeyError):
        answers.find(8, "question")


def test_of_too_many_answers_the_one_not_used_longest_is_forgotten() -> None:
    answers = Answers()
    for number in range(MOST):
        answers.keep(1, number, number)
    answers.find(1, 0)
    answers.keep(1, "one more", None)
    assert answers.find(1, 0) == 0
    with pytest.raises(KeyError):
        answers.find(1, 1)


def test_a_session_that_another_process_has_ended_opens_nothing_at_the_next_click(store: Store) -> None:
    secret = a_session(store)
    assert sessions.account_of_session(store, secret, NOW) is not None
    sessions.end_session(Store(store.directory), secret)
    assert sessions.account_of_session(store, secret, NOW) is None


@pytest.mark.parametrize("later", [sessions.IDLE, sessions.LONGEST])
def test_a_session_that_is_remembered_still_runs_out(store: Store, later: timedelta) -> None:
    secret = a_session(store)
    assert sessions.account_of_session(store, secret, NOW) is not None
    assert sessions.account_of_session(store, secret, NOW + later) is None


def test_a_user_who_is_disabled_elsewhere_is_out_at_the_next_click(store: Store) -> None:
    secret = a_session(store)
    assert sessions.account_of_session(store, secret, NOW) is not None
    with Store(store.directory).control.commit("disabling") as connection:
        connection.execute("update account set active = false")
    assert sessions.account_of_session(store, secret, NOW) is None
