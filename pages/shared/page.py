"""What a share link shows to whoever has it: a dashboard of the repositories it was made for, or the page of one; and
nothing else.
"""

import streamlit as st

from data.accounts.models import Viewer
from data.calendar import DAY, utc_day, utc_now
from data.dashboards.specification import SpecificationRefused
from data.repositories.repositories import repositories
from data.sharing.shares import RepositoryPage, Share, open_share, share_of_secret, share_viewer
from data.traffic.models import Selection
from data.traffic.traffic import all_daily_traffic, day_range
from pages.dashboards import view as dashboard
from pages.repository import view
from pages.ui import controls, messages, session
from pages.ui.navigation import LINK, PRODUCT
from pages.ui.store import the_store

OPENED = "shared_opened"  # the links that this session has opened
KIOSK, REFRESH_S = "kiosk", 300
ENDED = "This link is no longer valid. Ask whoever sent it for a new one."


def draw_way_in(share: Share) -> None:
    """Count the opening; ask for the password first, where there is one."""
    typed = ""
    if share.password_hash is not None:
        with st.form("shared_form", border=True, width=360):
            typed = st.text_input("Password", type="password", key="shared_password", autocomplete="off") or ""
            if not st.form_submit_button("Open", type="primary", key="shared_submit"):
                st.stop()
    with messages.shown():
        open_share(the_store(), share, typed, session.address(), utc_now())
        st.session_state.setdefault(OPENED, set()).add(share.share_id)
        st.rerun()
    st.stop()


def draw_shared(secret: str) -> None:
    """What is shared, as it is now. A kiosk draws it again and again, so the link is looked at each time."""
    share = share_of_secret(the_store(), secret, utc_now())
    if share is None:
        st.rerun()
    viewer, files = share_viewer(the_store(), share), session.Files(secret) if share.downloads else None
    try:
        shows = share.shows()
    except SpecificationRefused:
        st.error("This dashboard was saved by another version of the app and cannot be opened.")
        return
    if isinstance(shows, RepositoryPage):
        draw_repository(viewer, shows, files)
        return
    if shows.description:
        st.caption(messages.literal(shows.description))
    for row in dashboard.rows_of(shows.panels):
        dashboard.draw_row(viewer, shows.panels, row, files=files)


def draw_repository(viewer: Viewer, shows: RepositoryPage, files: session.Files | None) -> None:
    """The page of the repository as colleagues see it, without its notes, its other sections and any other days."""
    store, today = the_store(), utc_day(utc_now())
    known = day_range(viewer, store)
    days = shows.days.days(today - DAY, known[0] if known else today - DAY)
    repository = next(iter(repositories(viewer, store)), None)
    selection = Selection(*days, today, viewer.repository_ids, before_days=0)
    if repository is None or view.is_empty(about := view.About(viewer, store, repository, selection, files)):
        st.info("No traffic for these days.", icon=":material/filter_alt_off:")
        return
    view.draw_hero(about, None)
    st.header("All counts", anchor=False)
    view.draw_counts(about)
    if files is not None:
        controls.download_rows(
            "Download the days",
            lambda viewer, store: all_daily_traffic(viewer, store, selection),
            f"{dashboard.file_name(repository.full_name)}-{days[0]}-to-{days[1]}",
            key="shared_days",
            files=files,
        )


link = st.query_params.get(LINK, "")
share = share_of_secret(the_store(), link, utc_now())  # of 256 bits: nobody guesses one
if share is None:
    st.title(PRODUCT, anchor=False)
    st.info(ENDED, icon=":material/link_off:")
else:
    st.set_page_config(page_title=f"{share.name} · {PRODUCT}")
    st.title(messages.literal(share.name), anchor=False)
    if share.share_id not in st.session_state.get(OPENED, set()):
        draw_way_in(share)
    if st.query_params.get(KIOSK):
        st.fragment(draw_shared, run_every=REFRESH_S)(link)
    else:
        draw_shared(link)
