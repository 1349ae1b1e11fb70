"""Badges: one number for whoever has the address, frozen to what they were made for; n/a where it is unknown."""

from dataclasses import replace
from typing import Any

import pytest

from data.accounts.authority import COMMAND_LINE, AccountRefused
from data.accounts.models import Viewer
from data.accounts.tenants import set_tenant_active
from data.calendar import utc_now
from data.repositories.groups import add_group
from data.repositories.models import RepositoryFacts
from data.repositories.repositories import add_repositories, remove_repositories_with_data
from data.sharing.badges import (
    Badge,
    BadgeMeasure,
    BadgePeriod,
    NewBadge,
    Style,
    add_badge,
    badge_number,
    badges,
    remove_badge,
)
from pages.api import sharing
from pages.api.limits import RateLimit
from pages.ui.badge_picture import badge_svg, compact
from tests.data.filled import DOCS, ENGINE, TELESCOPE
from tests.pages.api.conftest import Program
from tests.pages.app import BLUE, GREEN, App, days_ago, shown_text

NEW = NewBadge(BLUE, BadgeMeasure.VIEWS, BadgePeriod.MONTH, "views", ENGINE)


def made(program: Program, new: NewBadge = NEW) -> Badge:
    return add_badge(program.app.store, "tenant", new, utc_now())


def as_json(program: Program, badge: Badge) -> dict[str, Any]:
    answer = program.client.get(f"/badge/{badge.public_id}.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def test_a_badge_tells_its_number_to_whoever_has_its_address(program: Program) -> None:
    badge = made(program)
    rows = program.rows(f"traffic?from={days_ago(30)}&to={days_ago(1)}&repository={ENGINE}")
    views = sum(row["views"] or 0 for row in rows)
    assert as_json(program, badge)["message"] == compact(views)
    answer = program.client.get(f"/badge/{badge.public_id}.svg")
    assert (answer.headers["content-type"], f">{compact(views)}</text>" in answer.text) == ("image/svg+xml", True)
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["cache-control"] == "public, max-age=300"
    remove_badge(program.app.store, "tenant", badge.badge_id, utc_now())
    assert program.client.get(f"/badge/{badge.public_id}.svg").status_code == 404


def test_every_number_of_every_period_is_a_badge_and_unknown_is_no_zero(program: Program) -> None:
    store, today = program.app.store, utc_now().date()

    def number(repository_id: int, measure: BadgeMeasure, period: BadgePeriod) -> int | None:
        return badge_number(Viewer(frozenset({repository_id}), frozenset()), store, measure, period, today)

    numbers = {(measure, period): number(ENGINE, measure, period) for measure in BadgeMeasure for period in BadgePeriod}
    collected = {BadgeMeasure(each) for each in ("views", "visitors", "clones", "cloners", "stars")}
    assert None not in {number for (measure, _), number in numbers.items() if measure in collected}
    (new,) = add_repositories(
        program.app.store, COMMAND_LINE, BLUE, [RepositoryFacts(9, "blue/new", None, None, None)], utc_now()
    )
    assert {number(new.repository_id, *each) for each in numbers} == {None}
    unknown = as_json(program, made(program, replace(NEW, repository_id=new.repository_id)))
    assert (unknown["message"], unknown["color"]) == ("n/a", "lightgrey")
    (repository,) = program.rows(f"repositories?repository={ENGINE}")
    assert numbers[BadgeMeasure.VISITORS, BadgePeriod.FORTNIGHT] == repository["view_uniques_of_14_days"]
    assert numbers[BadgeMeasure.STARS, BadgePeriod.ALL] == repository["stars"]


def test_a_colour_is_taken_as_people_write_it(program: Program) -> None:
    assert as_json(program, made(program, replace(NEW, colour=" #FF8800")))["color"] == "#ff8800"


def test_a_badge_of_a_group_adds_its_members_up_and_is_gone_with_them(program: Program) -> None:
    group = add_group(program.app.store, COMMAND_LINE, BLUE, "Tools", [ENGINE, DOCS], now=utc_now())
    badge = made(program, replace(NEW, repository_id=None, group_id=group.group_id, period=BadgePeriod.ALL))
    found = program.rows("repositories?group=Tools")
    assert as_json(program, badge)["message"] == compact(sum(row["views"] for row in found))
    one = made(program)
    remove_repositories_with_data(program.app.store, COMMAND_LINE, [ENGINE], utc_now())
    assert as_json(program, one)["message"] == "n/a"
    set_tenant_active(program.app.store, COMMAND_LINE, BLUE, False, utc_now())
    assert as_json(program, badge)["message"] == "n/a"


def test_an_address_that_is_guessed_is_no_badge(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "OF_GUESSES", RateLimit("guesses", 2, 0.1))
    badge = made(program)
    tried = [program.client.get(f"/badge/{name}.svg").status_code for name in ("1", badge.public_id[:-1], "x")]
    assert tried == [404, 404, 429]
    assert program.client.get(f"/badge/{badge.public_id}.svg").status_code == 200
    assert len(badge.public_id) >= 22, "128 bits"


def test_a_badge_is_of_what_its_maker_manages_and_says_no_markup(app: App) -> None:
    for wrong in (
        replace(NEW, repository_id=TELESCOPE),
        replace(NEW, tenant_id=GREEN, repository_id=TELESCOPE),
        replace(NEW, label=" "),
        replace(NEW, colour="url(x)"),
        replace(NEW, repository_id=None, group_id=9),
    ):
        with pytest.raises(AccountRefused if wrong.tenant_id == BLUE else Exception):
            add_badge(app.store, "tenant", wrong, utc_now())
    for style in Style:
        svg = badge_svg("<script>&", "1", "blue", style)
        assert "<script>" not in svg.lower()
    assert badges(app.account("viewer"), app.store) == ()


def test_the_page_makes_a_badge_with_copies_of_it(app: App) -> None:
    run = app.opened("tenant", "connect", part="Badges")
    run.selectbox(key="badge_measure").select(BadgeMeasure.CLONES)
    run.selectbox(key="badge_period").select("365 days")
    run.button(key="badge_submit").click().run()
    (badge,) = badges(app.account("tenant"), app.store)
    assert badge.about.label == "clones · year"
    assert run.code[0].value.startswith("![clones](http")
    assert badge.public_id in run.code[0].value
    run.button(key=f"badge_{badge.badge_id}_remove").click().run()
    assert badges(app.account("tenant"), app.store) == ()
    assert "Badges" not in shown_text(app.opened("viewer", "connect", part="Badges"))
