"""Share links: a frozen dashboard for whoever has the link, and nothing else; framed only where that is allowed."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import streamlit as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from data.accounts import grants
from data.accounts.authority import COMMAND_LINE
from data.accounts.models import Grant, Role
from data.accounts.tenants import set_tenant_active
from data.calendar import utc_now
from data.dashboards.specification import Range
from data.insight.notes import NewNote, add_note
from data.sharing.shares import (
    NewShare,
    RepositoryPage,
    ShareRefused,
    add_share,
    open_share,
    revoke_share,
    share_of_secret,
    shares,
)
from pages.api import sharing
from pages.connect.shares import of_chart
from pages.ui import middleware, session
from tests.data.filled import DOCS, ENGINE, TELESCOPE
from tests.pages.app import BLUE, App, days_ago, shown_text

PASSWORD = "a wet meadow"


def made(app: App, **changes: object) -> str:
    values = {
        "name": "For you",
        "tenant_id": BLUE,
        "shows": of_chart("Views"),
        "repository_ids": frozenset({ENGINE}),
    }
    return add_share(app.store, "tenant", NewShare(**(values | changes)), utc_now())  # type: ignore[arg-type]


@pytest.fixture
def client(app: App) -> TestClient:
    def page(request: Request) -> Response:
        return PlainTextResponse("")

    routes = [*sharing.routes(), Route("/{name:path}", page)]
    return TestClient(
        Starlette(routes=routes, middleware=middleware.middleware()), "http://localhost", follow_redirects=False
    )


def test_whoever_has_the_link_sees_the_frozen_repositories_without_an_account(app: App) -> None:
    secret = made(app)
    run = app.opened(None, "shared", link=secret)
    assert run.title[0].value == "For you"
    assert not run.error
    text = shown_text(run)
    assert not [*run.get("download_button"), *run.get("page_link")]
    assert "blue/docs" not in text
    assert "Sign out" not in text
    (share,) = shares(app.account("tenant"), app.store, utc_now())
    assert share.openings == 1
    run.run()
    (share,) = shares(app.account("tenant"), app.store, utc_now())
    assert share.openings == 1, "a visit counts once"
    assert shares(app.account("viewer"), app.store, utc_now()) == ()


def test_openings_that_follow_each_other_are_counted_together(app: App) -> None:
    begun: list[tuple[float, Callable[..., None], tuple[Any, ...]]] = []

    class Timer:
        def __init__(self, *what: Any) -> None:
            begun.append(what)

        def start(self) -> None: ...

    app.monkeypatch.setattr("data.sharing.shares.threading.Timer", Timer)
    secret, now = made(app), utc_now()
    versions = []
    for seconds in (0, 5, 9):
        share = share_of_secret(app.store, secret, now)
        assert share is not None
        open_share(app.store, share, "", "", now + timedelta(seconds=seconds))
        versions.append(app.store.control.version())
    assert len(set(versions)) == 1, "the first is counted at once, and no commit follows"
    ((seconds_later, count, of_what),) = begun
    count(*of_what)
    share = share_of_secret(app.store, secret, now)
    assert share is not None
    assert (seconds_later, share.openings, share.last_opened_at) == (60, 3, now + timedelta(seconds=9))


def test_the_page_of_a_repository_is_what_colleagues_see_without_their_notes(app: App) -> None:
    add_note(app.store, "tenant", NewNote(days_ago(5), "Known to few", None, ENGINE), utc_now())
    run = app.opened(None, "shared", link=made(app, shows=RepositoryPage(Range(last_days=60))))
    assert not run.exception
    assert {"Top referrers", "Top pages", "All counts"} <= {each.value for each in run.header}
    assert "spikes" in shown_text(run).lower()
    assert "Views" in [each.label for each in run.metric]
    assert len(run.get("vega_lite_chart")) == 2
    assert not [*run.get("download_button"), *run.get("page_link")]
    charts = "".join(str(each.proto) for each in run.get("vega_lite_chart"))
    assert "Known to few" not in shown_text(run) + charts
    assert "All time" not in shown_text(run), "nor any other days"
    assert "Compared" not in charts
    with pytest.raises(ShareRefused, match="of one"):
        made(app, shows=RepositoryPage(Range()), repository_ids=frozenset({ENGINE, DOCS}))
    before = made(app, shows=RepositoryPage(Range(first=date(2010, 1, 1), last=date(2010, 1, 9))))
    assert "No traffic" in app.opened(None, "shared", link=before).info[0].value


def test_files_are_given_where_the_maker_allows_it_and_while_the_link_lasts(app: App) -> None:
    secret = made(app, shows=RepositoryPage(Range(last_days=9)), downloads=True)
    run = app.opened(None, "shared", link=secret)
    assert [each.proto.label for each in run.get("download_button") if "Download" in each.proto.label]
    assert app.opened(None, "shared", link=made(app, downloads=True)).get("download_button")
    rows = session.Files(secret).download(lambda viewer, store: repr(sorted(viewer.repository_ids)).encode())
    assert rows() == f"[{ENGINE}]".encode()
    revoke_share(app.store, "tenant", 1, utc_now())
    for link in (secret, made(app)):
        with pytest.raises(PermissionError):
            session.Files(link).download(lambda viewer, store: b"inside")()


def test_it_leads_nobody_to_other_pages(app: App) -> None:
    drawn, navigation = [], st.navigation

    def noted(pages: Any, *, position: str, **more: Any) -> Any:
        drawn.append(position)
        return navigation(pages, position=position, **more)  # type: ignore[arg-type]

    app.monkeypatch.setattr("streamlit.navigation", noted)
    app.opened("tenant", "shared", link=made(app))
    assert drawn[-1] == "hidden", "whoever is signed in would be led there from within another site's frame"


@pytest.mark.parametrize("ended", ["revoked", "expired", "lost", "invented", "none"])
def test_a_link_that_ended_shows_nothing(app: App, ended: str) -> None:
    secret, now = made(app, lasts=timedelta(days=1)), utc_now()
    if ended == "revoked":
        revoke_share(app.store, "tenant", 1, now)
    elif ended == "expired":
        assert share_of_secret(app.store, secret, now + timedelta(days=1)) is None
        revoke_share(app.store, "tenant", 1, now)
    elif ended == "lost":
        grants.revoke(app.store, COMMAND_LINE, app.account("tenant").user_id, Grant(Role.TENANT, BLUE), now)
    link = {"invented": {"link": "x"}, "none": {}}.get(ended, {"link": secret})
    run = app.opened(None, "shared", **link)
    assert "no longer valid" in run.info[0].value
    assert not [*run.metric, *run.get("vega_lite_chart"), *run.dataframe]


def test_a_page_that_refreshes_by_itself_ends_with_its_link(app: App) -> None:
    def after_it_was_revoked(draw: Callable[[str], None], run_every: int) -> Callable[[str], None]:
        def drawn_again(link: str) -> None:
            revoke_share(app.store, "tenant", 1, utc_now())
            draw(link)

        return drawn_again

    app.monkeypatch.setattr("streamlit.fragment", after_it_was_revoked)
    run = app.opened(None, "shared", link=made(app), kiosk="1")
    assert "no longer valid" in run.info[0].value
    assert not run.get("vega_lite_chart")


def test_what_is_gone_from_the_tenant_is_gone_from_its_links(app: App) -> None:
    secret = made(app)
    set_tenant_active(app.store, COMMAND_LINE, BLUE, False, utc_now())
    run = app.opened(None, "shared", link=secret)
    assert not run.get("vega_lite_chart")
    with pytest.raises(Exception, match="There is no such"):
        made(app, repository_ids=frozenset({TELESCOPE}))


def test_a_password_is_asked_for_and_cannot_be_guessed(app: App) -> None:
    app.monkeypatch.setattr("pages.ui.session.address", lambda: "192.0.2.1")
    secret = made(app, password=PASSWORD)
    run = app.opened(None, "shared", link=secret)
    assert not run.get("vega_lite_chart")
    for _ in range(5):
        run.text_input(key="shared_password").input("wrong password")
        run.button(key="shared_submit").click().run()
        assert "not the password" in run.error[0].value
    run.text_input(key="shared_password").input(PASSWORD)
    run.button(key="shared_submit").click().run()
    assert "Too many attempts" in run.error[0].value
    assert not run.get("vega_lite_chart")
    other = made(app, password=PASSWORD)
    run = app.opened(None, "shared", link=other)
    run.text_input(key="shared_password").input(PASSWORD)
    run.button(key="shared_submit").click().run()
    assert run.get("vega_lite_chart")


def test_only_a_link_that_may_be_embedded_is_framed(app: App, client: TestClient) -> None:
    framed, closed = made(app, embeddable=True), made(app)
    for path, allowed in {
        f"/shared?link={framed}": True,
        f"/shared?link={closed}": False,
        "/shared?link=x": False,
        f"/daily?link={framed}": False,
        f"/?link={framed}": False,
        f"/shared?link={framed}&link={closed}": False,  # the page shows the last
    }.items():
        headers = client.get(path).headers
        assert ("frame-ancestors *" in headers["content-security-policy"]) is allowed, path
        assert ("x-frame-options" not in headers) is allowed
        assert headers["x-robots-tag"] == "noindex, nofollow"
    sent = client.get(f"/share/{framed}?theme=dark&kiosk=1")
    assert (sent.status_code, sent.headers["location"]) == (
        307,
        f"/shared?link={framed}&embed=true&embed_options=dark_theme&kiosk=1",
    )


def test_links_that_ended_leave_room_for_others(app: App) -> None:
    app.monkeypatch.setattr("data.sharing.shares.MOST", 1)
    made(app, lasts=timedelta(days=1))
    with pytest.raises(ShareRefused, match="maximum"):
        made(app)
    new = NewShare("For you", BLUE, of_chart("Views"), frozenset({ENGINE}))
    assert add_share(app.store, "tenant", new, utc_now() + timedelta(days=1))


def test_the_page_makes_a_link_with_its_embed_and_revokes_it(app: App) -> None:
    run = app.opened("tenant", "connect", part="Shared pages")
    run.selectbox(key="share_kind").select("Chart").run()
    run.multiselect(key="share_repositories").select(DOCS)
    run.text_input(key="share_name").input("Docs")
    run.checkbox(key="share_embeddable").check()
    assert not run.checkbox(key="share_downloads").value
    run.button(key="share_submit").click().run()
    link, frame = (each.value for each in run.code)
    share = share_of_secret(app.store, link.rpartition("/")[2], utc_now())
    assert share is not None
    assert (share.name, share.repository_ids, share.embeddable) == ("Docs", frozenset({DOCS}), True)
    assert f'src="{link}?theme=light"' in frame
    assert not share.downloads
    run.selectbox(key="share_kind").select("Repository").run()
    run.selectbox(key="share_days").select("Fixed days").run()
    run.checkbox(key="share_downloads").check()
    run.button(key="share_submit").click().run()
    share = share_of_secret(app.store, run.code[0].value.rpartition("/")[2], utc_now())
    assert share is not None
    assert (share.shows(), share.downloads) == (RepositoryPage(Range(first=days_ago(30), last=days_ago(0))), True)
    run.button(key="share_2_revoke").click().run()
    run.button(key="share_1_revoke").click().run()
    assert shares(app.account("tenant"), app.store, utc_now()) == ()
