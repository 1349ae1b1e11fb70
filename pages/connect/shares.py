"""Shared pages: links to a dashboard, a repository or a chart for people without an account; made, listed, revoked."""

from dataclasses import replace
from datetime import datetime, timedelta

import streamlit as st

from data.accounts.models import Account, Viewer
from data.calendar import utc_now
from data.dashboards.dashboards import DASHBOARDS, canned_dashboards
from data.dashboards.specification import Dashboard, Kind, Panel, Range, Source, SpecificationRefused
from data.repositories.groups import groups
from data.sharing.shares import NewShare, RepositoryPage, Share, add_share, revoke_share, shares
from data.text import counted
from pages.ui import controls, messages, session, time_format
from pages.ui.addresses import full_address
from pages.ui.managed_tenants import managed_tenants, tracked_names
from pages.ui.store import the_store

KINDS = DASHBOARD, REPOSITORY, CHART = "Dashboard", "Repository", "Chart"
CHARTS = {
    "Views": (Source.DAILY, "views"),
    "Visitors": (Source.DAILY, "visitors"),
    "Clones": (Source.DAILY, "clones"),
    "Cloners": (Source.DAILY, "cloners"),
    "Stars": (Source.STARS, "stars"),
}
OWN_DAYS = "As in the dashboard"
DAYS = {
    OWN_DAYS: None,
    "Last 30 days": Range(last_days=30),
    "Last 90 days": Range(last_days=90),
    "Last 365 days": Range(last_days=365),
    "All days": Range(),
    "Fixed days": None,
}
LASTS = {
    "7 days": timedelta(days=7),
    "30 days": timedelta(days=30),
    "1 year": timedelta(days=365),
    "Until revoked": None,
}
MADE = "connect_share"  # the secret of the link that was made last, and whether it may be framed


def draw_shares(account: Account, viewer: Viewer) -> None:
    store = the_store()
    st.caption(
        "Anyone with the link sees the chosen repositories without an account: no notes, no SQL, no other pages, and "
        "no files unless you allow downloads."
    )
    with st.container(border=True, key="connect_share_form"):
        new = _form(account, viewer, managed_tenants(account))
        if st.button("Create link", type="primary", key="share_submit") and new is not None:
            with messages.shown():
                st.session_state[MADE] = (add_share(store, account.username, new, utc_now()), new.embeddable)
    if MADE in st.session_state:
        _draw_made(*st.session_state[MADE])
    now = utc_now().replace(second=0, microsecond=0)
    for each in shares(account, store, now):
        button = ("Revoke", ":material/link_off:", f"share_{each.share_id}_revoke")
        if controls.item(_share_text(each, now), f"share_{each.share_id}", button):
            revoke_share(store, account.username, each.share_id, utc_now())
            st.session_state.pop(MADE, None)
            messages.notice_after_rerun("Link revoked. Nobody can open it any more.")


def _form(account: Account, viewer: Viewer, managed: dict[int, str]) -> NewShare | None:
    left, right = st.columns(2)
    kind = left.selectbox("What", KINDS, key="share_kind")
    tenant_id = right.selectbox("Tenant", list(managed), format_func=managed.__getitem__, key="share_tenant")
    names = _choosable(viewer, tenant_id)
    dashboard, usual, chosen = None, "", []
    if kind == REPOSITORY:
        of_one = [each for each in names if each > 0]
        chosen = [left.selectbox("Repository", of_one, format_func=names.__getitem__, key="share_one")]
        usual = names.get(chosen[0], "")
    else:
        dashboard = _dashboard(account, left, kind)
        usual = dashboard.name
        chosen = right.multiselect(
            "Repositories",
            list(names),
            format_func=names.__getitem__,
            placeholder="All of the tenant",
            key="share_repositories",
        )
    days = right.selectbox("Days", [d for d in DAYS if kind == DASHBOARD or d != OWN_DAYS], key="share_days")
    span = _fixed(left) if days == "Fixed days" else DAYS[days]
    name = left.text_input("Name", placeholder=usual, max_chars=80, key="share_name")
    lasts = LASTS[right.selectbox("Expires after", list(LASTS), index=1, key="share_lasts")]
    password = left.text_input(
        "Password (optional)", type="password", key="share_password", autocomplete="new-password"
    )
    embeddable = right.checkbox("May be embedded in other pages", key="share_embeddable")
    downloads = right.checkbox("Visitors may download data and pictures", key="share_downloads")
    if not names:
        return None
    shows = RepositoryPage(span or Range()) if dashboard is None else _of_days(dashboard, span)
    typed = session.typed_password(password or "") or None
    repository_ids = _members(viewer, names, chosen)
    return NewShare(name or usual[:80], tenant_id, shows, repository_ids, typed, embeddable, downloads, lasts)


def _dashboard(account: Account, place: st.delta_generator.DeltaGenerator, kind: str) -> Dashboard:
    if kind == CHART:
        return of_chart(place.selectbox("Chart", list(CHARTS), key="share_metric"))
    dashboards = {**canned_dashboards(), **_saved(account)}
    named = place.selectbox(
        "Dashboard", list(dashboards), format_func=lambda k: dashboards[k].name, key="share_dashboard"
    )
    return dashboards[named]


def of_chart(name: str) -> Dashboard:
    source, measure = CHARTS[name]
    return Dashboard(name, "", (Panel(Kind.LINE, name, source, measure, by="day", width=12, height=420),))


def _of_days(dashboard: Dashboard, span: Range | None) -> Dashboard:
    if span is None:
        return dashboard
    panels = (each if each.kind is Kind.TEXT else replace(each, range=span) for each in dashboard.panels)
    return replace(dashboard, panels=tuple(panels))


def _fixed(place: st.delta_generator.DeltaGenerator) -> Range:
    today = utc_now().date()
    picked = place.date_input("From and to (UTC)", (today - timedelta(days=30), today), key="share_dates")
    days = sorted(picked) if isinstance(picked, tuple) and picked else [today]
    return Range(first=days[0], last=days[-1])


def _saved(account: Account) -> dict[str, Dashboard]:
    found = {}
    for each in DASHBOARDS.seen_by(account, the_store()):
        try:
            found[str(each.item_id)] = each.dashboard()
        except SpecificationRefused:
            continue
    return found


def _choosable(viewer: Viewer, tenant_id: int) -> dict[int, str]:
    """The tenant's groups, whose ids stand below zero, and its repositories."""
    every = viewer.of_each_tenant()
    of_groups = {-g.group_id: f"Group {g.name}" for g in groups(every, the_store()) if g.tenant_id == tenant_id}
    return of_groups | tracked_names(every, tenant_id)


def _members(viewer: Viewer, names: dict[int, str], chosen: list[int]) -> frozenset[int]:
    """The repositories that are frozen into the link: those that were chosen, and the present members of groups."""
    if not chosen:
        return frozenset(each for each in names if each > 0)
    members = {-g.group_id: g.repository_ids for g in groups(viewer.of_each_tenant(), the_store())}
    return frozenset(key for each in chosen for key in members.get(each, (each,)) if key in names)


def _draw_made(secret: str, embeddable: bool) -> None:
    link = full_address(f"share/{secret}")
    frame = f'<iframe src="{link}?theme=light" width="100%" height="800" title="Traffic"></iframe>'
    about = "`?theme=dark` or `?theme=light` sets the theme; `?kiosk=1` keeps it up to date, for a screen on a wall."
    messages.show_once("share_once", "Your link", link, about, html=frame if embeddable else "")


def _share_text(share: Share, now: datetime) -> str:
    facts = [
        counted(len(share.repository_ids), "repository"),
        "until revoked" if share.expires_at is None else time_format.days_left(share.expires_at, now),
        f"opened {counted(share.openings, 'time')}",
        *(["password"] if share.password_hash else []),
        *(["embeddable"] if share.embeddable else []),
        *(["downloads"] if share.downloads else []),
    ]
    return f"**{messages.literal(share.name)}**  \n:gray[:small[{', '.join(facts)}]]"
