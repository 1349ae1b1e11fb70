"""The whole story: from an empty data directory to a second user who sees one repository and is signed out."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.demo.world import MAINTAINER_TOKEN, demo_world
from tests.fake_github import FakeGitHub
from tests.pages.app import PASSWORD
from tests.pages.browser import acts
from tests.pages.browser.conftest import Visit
from tests.pages.browser.visitor import USER_MENU, Visitor
from tests.pages.ui.live import Live, serving

SHARED, KEPT = "debevv/nanoMODBUS", "icesat2py/icepyx"
NEW_PASSWORD = "battery horse correct"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    """A new server with an empty data directory, beside a GitHub with recorded traffic."""
    with FakeGitHub(demo_world(datetime.now(UTC).date())) as github:
        monkeypatch.setenv("GITHUB_API_URL", github.url)
        with serving(tmp_path / "db") as live:
            yield live


@pytest.mark.timeout(400)
def test_the_whole_story_from_an_empty_directory_to_the_end_of_all_sessions(
    server: Live, visit: Visit, tmp_path: Path
) -> None:
    first, second = visit(server.url), visit(server.url)
    begin(first, server)
    table_and_file_are_the_same(first, tmp_path)
    acts.accept(second, acts.invite(first, SHARED), "second")
    only_what_is_granted_is_sent(first, second, tmp_path)
    a_sent_link_shows_only_the_own_part(first, second)
    old = second.page.context.cookies()
    second.choose_in_menu("Sign out")
    is_signed_out(second)
    is_signed_out(with_cookies(visit(server.url), old))
    disabled_at_the_next_click(first, second)
    a_new_password_ends_the_other_sessions(first, visit(server.url))
    assert (first.foreign_addresses(), second.foreign_addresses()) == ([], [])


def begin(first: Visitor, server: Live) -> None:
    acts.set_up(first, server.printed.split("set-up code: ")[1].split()[0])
    acts.make_tenant(first, "Octo <b>Lab</b>", MAINTAINER_TOKEN)
    acts.track(first, [SHARED, KEPT])
    expect(first.page.get_by_test_id("stVegaLiteChart").locator("canvas, svg").first).to_be_visible()
    views = first.page.get_by_test_id("stMetric").filter(has_text="Views").get_by_test_id("stMetricValue")
    assert int(views.inner_text().replace(",", "")) > 100


def table_and_file_are_the_same(first: Visitor, tmp_path: Path) -> None:
    first.open(f"daily?range=14+days&repository={SHARED}")
    header, *shown = first.rows()
    saved = list(csv.DictReader(io.StringIO(first.save("Download these rows", tmp_path))))
    assert header == ["Repository", "Day", "Views", "Visitors", "Clones", "Cloners", "State"]
    columns = ("full_name", "day", "views", "view_uniques", "clones", "clone_uniques", "views_state")
    assert [[row[name] for name in columns] for row in saved] == [[*row[:-1], row[-1].lower()] for row in shown]
    assert len(saved) in (13, 14), "the last day is not out yet at some hours"


def only_what_is_granted_is_sent(first: Visitor, second: Visitor, tmp_path: Path) -> None:
    for sent, repositories in (
        ("\n".join(first.received), {SHARED, KEPT}),
        (acts.read_everything(second, tmp_path), {SHARED}),
    ):
        assert {name for name in (SHARED, KEPT) if name in sent} == repositories


def a_sent_link_shows_only_the_own_part(first: Visitor, second: Visitor) -> None:
    first.open(f"daily?range=14+days&repository={SHARED}&repository={KEPT}")
    assert {row[0] for row in first.rows()[1:]} == {SHARED, KEPT}
    link = first.page.url
    assert KEPT.split("/")[1] in link
    second.page.goto(link)
    expect(second.page.get_by_text("Part of this link does not exist")).to_be_visible()
    assert {row[0] for row in second.rows()[1:]} == {SHARED}
    assert KEPT not in "\n".join(second.received)


def is_signed_out(visitor: Visitor) -> None:
    expect(visitor.button("Sign in").first).to_be_visible()
    expect(visitor.page.locator(USER_MENU)).to_have_count(0)
    expect(visitor.page.get_by_test_id("stDataFrame")).to_have_count(0)


def with_cookies(visitor: Visitor, cookies: list) -> Visitor:  # type: ignore[type-arg]
    assert [each["name"] for each in cookies if each["httpOnly"]] == ["traffic_session"]
    visitor.page.context.add_cookies(cookies)
    visitor.open("daily")
    return visitor


def disabled_at_the_next_click(first: Visitor, second: Visitor) -> None:
    second.open("daily")
    second.sign_in("second", PASSWORD)
    assert second.rows()
    acts.disable(first, "The second (second)")
    second.pick("Days (UTC)", "90 days")
    is_signed_out(second)


def a_new_password_ends_the_other_sessions(first: Visitor, elsewhere: Visitor) -> None:
    elsewhere.open("daily")
    elsewhere.sign_in("first", PASSWORD)
    acts.change_password(first, PASSWORD, NEW_PASSWORD)
    elsewhere.pick("Days (UTC)", "90 days")
    is_signed_out(elsewhere)
    first.follow("Daily traffic")
    assert first.rows()
