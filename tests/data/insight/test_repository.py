"""The readers of one repository: its counters, releases and people; another tenant's is as a missing one."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from pandas import DataFrame

from data.accounts.models import Viewer
from data.insight import lists
from data.insight import repository as story
from data.insight.events import before_and_after
from data.store import Store
from data.traffic.models import Selection
from tests.data.filled import ENGINE, NEW, RELEASED_ON, TELESCOPE, TODAY
from tests.data.reading import ago, ask, of_one, plain

ONE = Viewer(frozenset({ENGINE, NEW}), frozenset({1}))
EVER = of_one(ENGINE, ago(200), TODAY, TODAY)
Reader = Callable[[Viewer, Store, Selection], DataFrame]
READERS: dict[str, Reader] = {
    "days": story.days,
    "counters": story.counters,
    "releases": story.releases,
    "true_uniques": story.true_uniques,
    "true_weeks": story.true_weeks,
    "referrers": lambda v, s, c: lists.history(v, s, c, "referrers").entries,
    "paths": lambda v, s, c: lists.history(v, s, c, "paths").lists,
    "events": lambda v, s, c: before_and_after(v, s, next(iter(c.repository_ids or {0})), ago(40), TODAY).windows,
}


@pytest.mark.parametrize("name", READERS)
def test_another_tenants_repository_is_answered_as_one_that_is_not_there(full: Store, name: str) -> None:
    seen, theirs, missing = (
        READERS[name](ONE, full, of_one(key, ago(200), TODAY, TODAY)).to_csv() for key in (ENGINE, TELESCOPE, 999)
    )
    assert theirs == missing != seen


def test_counters_are_those_of_the_days_asked_for(full: Store) -> None:
    found = story.counters(ONE, full, of_one(ENGINE, ago(20), ago(1), TODAY))
    assert plain(found[["day", "stars_gained", "stars", "forks", "watchers"]]) == ask(
        full,
        "select day, stars_gained, stars, forks, watchers from v_stars "
        "where repository_id = $key and day between $first and $last order by day",
        key=ENGINE,
        first=ago(20),
        last=ago(1),
    )


def test_downloads_are_the_counters_of_all_files_together_and_stay_until_they_are_read_anew(full: Store) -> None:
    """Both files are read on each day of a run, a week apart; what was read before the first day stands on it."""
    ever = story.counters(ONE, full, EVER).dropna(subset=["downloads"]).set_index("day")["downloads"]
    for day, downloads in ever.items():
        age = (day - RELEASED_ON).days
        assert downloads == 50 + 30 * age + 7 * age
    last = max(ever.index)
    later = story.counters(ONE, full, of_one(ENGINE, last, TODAY, TODAY)).set_index("day")["downloads"]
    assert later[last] == ever[last]


def test_a_release_is_told_on_the_day_of_its_publication(full: Store) -> None:
    (release,) = plain(story.releases(ONE, full, of_one(ENGINE, RELEASED_ON, RELEASED_ON, TODAY)))
    assert release[1:] == (RELEASED_ON, "v2.0", "Two", False)
    assert story.releases(ONE, full, of_one(ENGINE, RELEASED_ON + timedelta(days=1), TODAY, TODAY)).empty


def test_records_are_of_all_days_and_a_milestone_is_told_with_its_day(full: Store) -> None:
    found = story.records(ONE, full, of_one(ENGINE, TODAY, TODAY, TODAY))
    assert [(found.first_day, found.views, found.most_views, found.most_views_day)] == ask(
        full,
        "select min(day), sum(views), max(views), max_by(day, views) from v_daily "
        "where repository_id = $key and views is not null",
        key=ENGINE,
    )
    assert found.milestone is not None
    assert found.milestone in story.MILESTONES
    ((before,),) = ask(
        full,
        "select (select stars from repository_stats where repository_id = $key order by day desc limit 1) "
        "- (select sum(stars) from star_history where repository_id = $key and day >= $day)",
        key=ENGINE,
        day=found.milestone_day,
    )
    assert before < found.milestone, "on the day before it was not reached"
    assert story.records(ONE, full, of_one(TELESCOPE, TODAY, TODAY, TODAY)).first_day is None


def test_people_of_14_days_are_githubs_beside_the_sum_of_their_days(full: Store) -> None:
    views, clones = plain(story.true_uniques(ONE, full, EVER))
    assert (views[0], clones[0]) == ("views", "clones")
    assert views[1:3] == (ago(14), ago(1))
    ((days, newest),) = ask(
        full,
        "select sum(view_uniques) as visitor_days, "
        "(select view_uniques_of_14_days from v_repositories where repository_id = $key) as uniques "
        "from v_daily where repository_id = $key and day between $first and $last",
        key=ENGINE,
        first=ago(14),
        last=ago(1),
    )
    assert (views[3], views[4]) == (newest, days)
    assert views[3] <= views[4]


def test_whole_weeks_are_told_as_the_view_tells_them(full: Store) -> None:
    found = story.true_weeks(ONE, full, EVER)
    in_view = ask(
        full,
        "select week, view_uniques, visitor_days, clone_uniques, cloner_days from v_weekly "
        "where repository_id = $key and view_uniques is not null order by week desc",
        key=ENGINE,
    )
    assert in_view
    assert plain(found[["week", "view_uniques", "visitor_days", "clone_uniques", "cloner_days"]]) == in_view


def test_of_a_repository_that_was_never_collected_there_is_nothing(full: Store) -> None:
    for name in READERS.keys() - {"days", "events"}:
        assert READERS[name](ONE, full, of_one(NEW, ago(200), TODAY, TODAY)).empty
