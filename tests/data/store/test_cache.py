"""The one cache: an answer is computed once for its version and arguments, by one thread, and is not kept too long."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date

import pytest
from pandas import DataFrame

from data.store import Store
from data.store.cache import Cache, ComputeSlots, cached, compute_slots, size_of
from data.text import Notation, number_text, writing

COUNTED: list[object] = []


@dataclass(frozen=True)
class Framed:
    rows: DataFrame


@cached("traffic")
def named(store: Store, name: str, *, today: date | None = None) -> tuple[str, int]:
    COUNTED.append((name, today))
    return name, len(COUNTED)


@cached("control")
def of_control(store: Store) -> int:
    COUNTED.append("control")
    return len(COUNTED)


@cached("traffic")
def framed(store: Store) -> Framed:
    return Framed(DataFrame({"views": [1, 2]}))


@pytest.fixture(autouse=True)
def nothing_counted() -> None:
    COUNTED.clear()


def commit(store: Store, database: str) -> None:
    with store.database(database).commit("test") as connection:  # of something: a lake makes no version of nothing
        connection.execute("insert into identity_counter (table_name, last_id) values ('test', 1)")


def test_an_answer_is_kept_for_its_arguments(store: Store) -> None:
    first = named(store, "a", today=date(2026, 5, 10))
    assert named(store, "a", today=date(2026, 5, 10)) is first
    assert named(store, "a", today=date(2026, 5, 11)) != first
    assert named(store, "b", today=date(2026, 5, 10)) != first
    assert len(COUNTED) == 3


def test_a_new_version_is_read_anew_and_another_database_s_changes_nothing(store: Store) -> None:
    first, other = named(store, "a"), of_control(store)
    commit(store, "control")
    assert named(store, "a") is first
    assert of_control(store) != other
    commit(store, "traffic")
    assert named(store, "a") != first


def test_two_stores_have_answers_of_their_own(store: Store) -> None:
    named(store, "a")
    again = Store(store.directory)
    named(again, "a")
    again.close()
    assert len(COUNTED) == 2


def test_many_who_ask_at_once_wait_for_one_computation() -> None:
    cache, started, go = Cache(), threading.Event(), threading.Event()
    computed = []

    def compute() -> int:
        computed.append(1)
        started.set()
        assert go.wait(20)
        return 7

    with ThreadPoolExecutor(16) as pool:
        first = pool.submit(cache.answer, "question", (("traffic", 1),), compute)
        assert started.wait(20)
        others = [pool.submit(cache.answer, "question", (("traffic", 1),), compute) for _ in range(15)]
        go.set()
        assert [each.result(20) for each in (first, *others)] == [7] * 16
    assert len(computed) == 1


def test_whose_run_began_first_computes_first_and_one_who_waits_for_another_gives_its_turn_away() -> None:
    slots, order, other = ComputeSlots(1), list[str](), Future[int]()
    begun, may_ask = threading.Event(), threading.Event()

    def first() -> None:
        with slots.run():
            begun.set()
            assert may_ask.wait(20)
            with slots.taken():
                order.append("first")
                other.set_result(7)

    def second() -> None:
        with slots.run(), slots.taken(), slots.taken():
            order.append("second")

    with ThreadPoolExecutor(2) as pool:
        with slots.taken():
            done = [pool.submit(first)]
            assert begun.wait(20)
            done.append(pool.submit(second))
            while slots.waiting() < 1:
                threading.Event().wait(0.001)
            may_ask.set()
            while slots.waiting() < 2:
                threading.Event().wait(0.001)
            assert slots.result_of(other) == 7
        assert [each.result(20) for each in done] == [None, None]
    assert order == ["first", "second"]


def test_it_is_announced_once_that_something_is_computed_or_waited_for_and_not_where_it_is_kept() -> None:
    cache, announced = Cache(), list[str]()

    def ask(question: str, inner: str = "") -> None:
        cache.answer(question, (), lambda: cache.answer(inner, (), lambda: 1) if inner else 1)

    ask("kept")
    with compute_slots.announcing(lambda: announced.append("kept")):
        ask("kept")
    assert not announced
    with compute_slots.announcing(lambda: announced.append("computed")):
        ask("kept")
        ask("new", inner="newer")
        ask("newest")
    assert announced == ["computed"]
    ask("after")
    assert announced == ["computed"]
    with ThreadPoolExecutor(1) as pool:
        go, started = threading.Event(), threading.Event()
        other = pool.submit(cache.answer, "slow", (), lambda: started.set() or go.wait(20))  # type: ignore[func-returns-value]
        assert started.wait(20)
        with compute_slots.announcing(go.set):
            ask("slow")
        assert other.result(20)


def test_a_failure_is_told_and_not_kept() -> None:
    cache = Cache()
    with pytest.raises(ZeroDivisionError):
        cache.answer("question", (), lambda: 1 // 0)
    assert cache.answer("question", (), lambda: 5) == 5


def test_the_least_recently_used_goes_first_and_what_never_fits_is_not_kept() -> None:
    cache = Cache(most_bytes=3 * size_of(b"x" * 1000))
    computed: list[str] = []

    def ask(name: str, size: int = 1000) -> None:
        def compute() -> bytes:
            computed.append(name)
            return b"x" * size

        cache.answer(name, (("traffic", 1),), compute)

    for name in ("a", "b", "c", "a", "d", "a", "c"):
        ask(name)
    assert computed == ["a", "b", "c", "d"], "a was used again, so b had to go"
    ask("b")
    assert computed[-1] == "b"
    ask("huge", 100_000)
    ask("huge", 100_000)
    assert computed[-2:] == ["huge", "huge"]


def test_a_large_frame_is_weighed_and_a_small_one_taken_to_be_of_numbers() -> None:
    texts = DataFrame({"text": ["x" * 1000] * 60_000})
    assert size_of(texts) > 60_000 * 1000
    assert size_of(texts[:3]) == 3 * 16


def test_answers_of_an_older_version_are_given_up() -> None:
    cache = Cache()
    cache.answer("question", (("traffic", 1),), lambda: "old")
    cache.answer("other", (("traffic", 2),), lambda: "new")
    assert cache.answer("question", (("traffic", 1),), lambda: "asked again") == "asked again"


def test_a_frame_that_is_changed_changes_nobody_else_s(store: Store) -> None:
    frame = framed(store).rows
    frame["views"] = 0
    frame.loc[0, "views"] = 9
    frame["more"] = 1
    assert framed(store).rows.to_dict("list") == {"views": [1, 2]}


def test_a_reader_without_a_store_is_refused() -> None:
    with pytest.raises(TypeError, match="takes the store"):
        cached("traffic")(lambda number: number)(3)


def test_an_answer_in_words_is_in_its_reader_s_notation_and_any_other_in_the_plain_one(store: Store) -> None:
    def counted_in_words(store: Store) -> str:
        return number_text(26055)

    in_words, rows = cached("traffic", in_words=True)(counted_in_words), cached("traffic")(counted_in_words)
    with writing(Notation(".", ",")):
        german = in_words(store), rows(store)
    assert (german, in_words(store), rows(store)) == (("26.055", "26,055"), "26,055", "26,055")
