"""Badges of what a user manages: made with a preview, copied, removed."""

from base64 import b64encode
from html import escape

import streamlit as st

from data.accounts.models import Account, Viewer
from data.calendar import utc_now
from data.insight.text import capitalised
from data.repositories.groups import group_names, groups
from data.repositories.repositories import repositories
from data.sharing.badges import (
    COLOURS,
    Badge,
    BadgeMeasure,
    BadgePeriod,
    NewBadge,
    Style,
    add_badge,
    badge_colour,
    badges,
    remove_badge,
    usual_label,
)
from pages.ui import controls, messages
from pages.ui.addresses import base_path, full_address
from pages.ui.badge_picture import badge_svg
from pages.ui.store import the_store

PERIODS = {
    "14 days": BadgePeriod.FORTNIGHT,
    "30 days": BadgePeriod.MONTH,
    "Last week": BadgePeriod.WEEK,
    "365 days": BadgePeriod.YEAR,
    "All time": BadgePeriod.ALL,
}
MEASURES, STYLES = [each.value for each in BadgeMeasure], [each.value for each in Style]
SAMPLE = "5.3k"
Place = tuple[int, int | None, int | None]  # the tenant, the repository, the group


def draw_badges(account: Account, viewer: Viewer) -> None:
    places = _places(account, viewer)
    if not places:
        st.info("You don’t manage any repositories yet. Badges are made by tenant managers.")
        return
    st.caption("A badge shows one number to anyone who has its address.")
    _draw_form(account, places)
    names = {place: name for name, place in places.items()}
    for each in badges(account, the_store()):
        _draw_badge(account, each, names)


def _draw_form(account: Account, places: dict[str, Place]) -> None:
    with st.container(border=True, key="connect_badge_form"):
        left, right = st.columns(2)
        name = left.selectbox("Repository or group", list(places), key="badge_of")
        measure = BadgeMeasure(right.selectbox("Number", MEASURES, format_func=capitalised, key="badge_measure"))
        period = PERIODS[left.selectbox("Days", list(PERIODS), index=1, key="badge_period")]
        style = Style(right.selectbox("Style", STYLES, key="badge_style"))
        usual = usual_label(measure, period, of_group=places[name][2] is not None)
        label = left.text_input("Label", placeholder=usual, max_chars=60, key="badge_label") or usual
        colour = right.selectbox("Colour", COLOURS, key="badge_colour", accept_new_options=True) or COLOURS[0]
        with st.container(horizontal=True, vertical_alignment="center", key="badge_preview"):
            svg = badge_svg(label, SAMPLE, badge_colour(str(colour)) or "grey", style)
            picture = f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"
            st.html(f'<img src="{picture}" alt="Preview: {escape(label)}, {SAMPLE}">', width="content")
            if st.button("Create badge", type="primary", key="badge_submit"):
                tenant_id, repository_id, group_id = places[name]
                new = NewBadge(tenant_id, measure, period, label, repository_id, group_id, str(colour), style)
                add_badge(the_store(), account.username, new, utc_now())
                messages.notice_after_rerun("Badge created. Copy it below.")


def _draw_badge(account: Account, badge: Badge, names: dict[Place, str]) -> None:
    about, address = badge.about, full_address(f"badge/{badge.public_id}.svg")
    name = names.get((about.tenant_id, about.repository_id, about.group_id), "Removed")
    with st.container(border=True, key=f"badge_{badge.badge_id}"):
        with st.container(horizontal=True, vertical_alignment="center", key=f"badge_{badge.badge_id}_head"):
            st.html(f'<img src="{base_path()}/badge/{badge.public_id}.svg" alt="{about.measure}">', width="content")
            st.markdown(f"**{messages.literal(name)}**", width="stretch")
            key = f"badge_{badge.badge_id}_remove"
            if controls.danger_button("Remove", ":material/delete:", key, "tertiary"):
                remove_badge(the_store(), account.username, badge.badge_id, utc_now())
                messages.notice_after_rerun("Badge removed. Caches may show it for a few minutes.")
        copies = {
            "Markdown": f"![{about.measure}]({address})",
            "HTML": f'<img src="{address}" alt="{about.measure}">',
            "reStructuredText": f".. image:: {address}\n   :alt: {about.measure}",
            "shields.io endpoint": address.removesuffix("svg") + "json",
        }
        form = st.segmented_control(
            "Copy as", list(copies), default="Markdown", required=True, key=f"badge_{badge.badge_id}_as", wrap=True
        )
        st.code(copies[form], language=None, wrap_lines=True)


def _places(account: Account, viewer: Viewer) -> dict[str, Place]:
    """The repositories and groups of which this user may make badges, by name."""
    every, store = viewer.of_each_tenant(), the_store()
    named = group_names(every, store)
    found: dict[str, Place] = {
        each.full_name: (each.tenant_id, each.repository_id, None)
        for each in repositories(every, store)
        if account.manages(each.tenant_id)
    }
    of_groups: dict[str, Place] = {
        f"Group {named[each.group_id]}": (each.tenant_id, None, each.group_id)
        for each in groups(every, store)
        if account.manages(each.tenant_id)
    }
    return found | of_groups
