"""The layout of every page: finds out who is looking, draws the navigation of their roles, runs the page.

Streamlit runs this script, not the entry: with a script beside a folder `pages`, a fresh server would serve the files
in it without running the script first, its sign-in included.
"""

from html import escape

import streamlit as st

from data.accounts import accounts, grants
from data.accounts.models import Account
from data.calendar import utc_now
from data.store import StoreError
from data.store.cache import compute_slots
from data.text import counted, writing, written_for
from pages.ui import filters, messages, navigation, page_times, repository_status, session
from pages.ui.charts.chart import trust_specifications
from pages.ui.notation import notation_of_reader
from pages.ui.store import the_store

MENU = {
    "profile": ":material/person: Profile",
    "shortcuts": ":material/keyboard: Keyboard shortcuts",
    "Light": ":material/light_mode: Light theme",
    "Dark": ":material/dark_mode: Dark theme",
    "System": ":material/contrast: Theme of the system",
    "sign_out": ":material/logout: Sign out",
}
SHOW_SHORTCUTS = "window.showShortcuts()"
THEMES = ("Light", "Dark", "System")


def draw_health(account: Account) -> None:
    """Draw a dot: whether the collection is well; it opens to what is wrong."""
    store = the_store()
    viewer = grants.viewer_of(store, account)
    found = repository_status.health_of(
        account, viewer if viewer.repository_ids else grants.log_viewer(account, store), store, utc_now()
    )
    read = found.read
    if not read.tracked and not read.findings:
        return
    colour, words = "green", "Healthy"
    if read.findings:
        number, noun = (len(read.problems), "problem") if read.problems else (len(read.warnings), "warning")
        colour, words = "red" if read.problems else "orange", counted(number, noun)
    with st.popover(f":{colour}[●] {words}", type="tertiary", key="frame_health"):
        st.markdown(found.text)


def draw_frame(account: Account, entry: navigation.Entry | None) -> None:
    """Draw what stands above every page: the way to the help, and the user's menu."""
    is_away = the_store().control.away() is not None
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center", key="frame"):
        if not is_away:
            draw_health(account)
        st.html(f'<a href="{escape(navigation.help_address(entry))}">Help</a>', width="content")
        chosen = st.menu_button(
            messages.literal(account.display_name),
            list(MENU),
            format_func=MENU.__getitem__,
            icon=":material/account_circle:",
            type="tertiary",
            key="frame_menu",
        )
    if is_away:
        st.warning(messages.STALE, icon=":material/cloud_off:")
    if chosen == "profile":
        navigation.open_page("profile")
    if chosen == "shortcuts":
        st.html(f"<script>{SHOW_SHORTCUTS}</script>", unsafe_allow_javascript=True)
    if chosen in THEMES:
        st.html(f"<script>window.chooseTheme('{chosen}')</script>", unsafe_allow_javascript=True)
    if chosen == "sign_out":
        session.leave()


written_for(notation_of_reader)
trust_specifications()
icon = navigation.picture_address("icon.svg")
st.set_page_config(page_title=navigation.PRODUCT, page_icon=icon, layout="wide")

with writing(notation_of_reader()), compute_slots.run(), messages.shown():
    try:
        first_start = not accounts.has_users(the_store())
    except StoreError as error:
        messages.refused(error)
        st.stop()
    account = session.signed_in_account()
    offered = navigation.offered(account, first_start=first_start)
    page = offered.draw()
    if not navigation.is_shared(page):  # a logo is a way to the first page
        st.logo(navigation.picture_address("logo.svg"), size="large", icon_image=icon)
    st.set_page_config(page_title=f"{page.title} · {navigation.PRODUCT}")
    if account is not None and not navigation.is_shared(page):
        navigation.follow_wish()
        messages.draw_notice()
        entry = offered.entry(page)
        draw_frame(account, entry)
        if entry is not None and entry.filtered:
            st.title(page.title, anchor=False)
            filters.draw(grants.viewer_of(the_store(), account))
    with page_times.timed(page.url_path):
        page.run()
