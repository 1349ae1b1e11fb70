"""The GitHub App on the pages of tenants: made in a click, installed on accounts, each given to a tenant."""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from collector.discovery import parse_pattern
from collector.errors import GitHubError, SettingsRefused
from collector.github_app import fetch_app
from collector.installations import refresh_now
from data.accounts import github_app, tenants
from data.accounts.github_app import AppFacts, AppRefused, GitHubApp, Installation, InstallationState
from data.accounts.models import Account, Role, Tenant
from data.accounts.tenants import operator
from data.calendar import utc_now
from data.text import counted, day_text
from pages.tenants import view
from pages.ui import controls, messages, session
from pages.ui.addresses import base_path
from pages.ui.github_app_routes import NEW_PATH
from pages.ui.store import the_store

ABOUT = (
    "Collects without tokens that expire, even where an organization forbids personal tokens. It may read "
    "**Administration** (where traffic belongs) and **Metadata**, nothing else; by choice also **Actions**."
)
BY_HAND = (
    "On GitHub: *Settings*, *Developer settings*, *GitHub Apps*, *New GitHub App*. Without a webhook, with the "
    "repository permissions **Administration** and **Metadata**, read-only; also **Actions**, read-only, to count "
    "workflow runs. Then *Generate a private key*."
)
BY_TOKEN, BY_APP = "With a token", "With a GitHub App"
STATES = {
    InstallationState.GRANTED: ("Installed", "green"),
    InstallationState.NOT_GRANTED: ("Not granted", "orange"),
    InstallationState.SUSPENDED: ("Suspended", "red"),
    InstallationState.REMOVED: ("Removed", "gray"),
}
KEY = "Private key (a .pem file)"
NOBODY = 0
_LOGIN = re.compile(r"[A-Za-z0-9_-]{1,100}")


def draw(account: Account, tenant: Tenant) -> None:
    """The App for an admin; for a tenant's manager what of it is the tenant's."""
    app, is_admin = github_app.github_app(account, the_store()), account.has(Role.ADMIN)
    if not is_admin and (app is None or not any(each.tenant_id == tenant.tenant_id for each in app.installations)):
        return
    with st.container(border=True, key="tenant_app"):
        st.header("GitHub App", anchor=False)
        if app is None:
            draw_new("tenant_app")
            return
        if is_admin:
            _draw_app(app)
        names = {each.tenant_id: each.name for each in tenants.tenants(operator(the_store()), the_store())}
        for each in app.installations:
            if is_admin or each.tenant_id == tenant.tenant_id:
                with st.container(border=True, key=f"tenant_app_{each.installation_id}"):
                    _draw_installation(account, each, names if is_admin else {tenant.tenant_id: tenant.name})


def draw_new(key: str) -> None:
    """The way to GitHub, on which the App is made."""
    st.markdown(ABOUT)
    with st.form(f"{key}_new_form", border=False):
        organization = st.text_input(
            "Organization on GitHub",
            key=f"{key}_organization",
            max_chars=100,
            placeholder="Empty for your own account",
            help="The owner of the App. You must be an owner of the organization.",
        )
        public = st.checkbox(
            "Other accounts may install it, too",
            key=f"{key}_public",
            help="For repositories of several organizations. Nothing is collected from an account until you give it to "
            "a tenant here.",
        )
        actions = st.checkbox(
            "It may also read Actions",
            key=f"{key}_actions",
            help="To count workflow runs, so that clones by builds are told apart.",
        )
        pressed = st.form_submit_button(
            "Create it on GitHub", key=f"{key}_create", icon=":material/open_in_browser:", type="primary"
        )
    with st.expander("Use an App that was made by hand"):
        _draw_by_hand(key)
    if not pressed:
        return
    typed = (organization or "").strip()
    if typed and not _LOGIN.fullmatch(typed):
        st.error("An organization’s name on GitHub has letters, digits and hyphens.")
        return
    asked = {"organization": typed, "public": "1" if public else "", "actions": "1" if actions else ""}
    there = f"{base_path()}{NEW_PATH}?{urlencode({name: value for name, value in asked.items() if value})}"
    st.html(f"<script>window.location.assign({json.dumps(there)})</script>", unsafe_allow_javascript=True)


def _draw_app(app: GitHubApp) -> None:
    st.caption(f"{messages.literal(app.facts.name)}, on {counted(len(app.installations), 'account')}.")
    draw_install(app, "tenant_app")
    with st.expander("Private keys"):
        _draw_keys(app)


def _draw_by_hand(key: str) -> None:
    """An App that somebody made on GitHub themselves: its number and its private key, which GitHub is asked about."""
    st.markdown(BY_HAND)
    with st.form(f"{key}_hand_form", border=False):
        app_id = st.number_input("App ID", min_value=1, value=None, step=1, format="%d", key=f"{key}_id")
        file = st.file_uploader(KEY, type=["pem"], key=f"{key}_file", max_upload_size=1)
        pressed = st.form_submit_button("Store the App", key=f"{key}_hand")
    if not pressed:
        return
    if app_id is None or file is None:
        st.error("An App has an ID and a private key: GitHub shows both on the App’s page.")
    elif facts := _accepted(int(app_id), text := _pem(file)):
        github_app.save_app(the_store(), session.require_account().username, facts, text, utc_now())
        _refresh()


def _draw_keys(app: GitHubApp) -> None:
    """The keys, of which two may be alive, so that one is exchanged without a gap."""
    st.caption(
        "To replace the key, generate another one on the App’s page on GitHub and store it here. Then delete the "
        "old one on GitHub, and here. Until then both are tried."
    )
    by = session.require_account().username
    for each in app.keys:
        text = f"`{each.fingerprint}`  \n:gray[stored on {day_text(each.added_at)}]"
        button = ("Delete", ":material/key_off:", f"tenant_app_forget_{each.fingerprint}")
        if controls.item(text, f"tenant_app_key_{each.fingerprint[7:19]}", button, removable=len(app.keys) > 1):
            github_app.remove_app_key(the_store(), by, each.fingerprint, utc_now())
            messages.notice_after_rerun("Key deleted here. Delete it on GitHub, too.")
    with st.form("tenant_app_key_form", border=False):
        file = st.file_uploader(KEY, type=["pem"], key=controls.widget_key("tenant_app_key"), max_upload_size=1)
        pressed = st.form_submit_button("Store another key", key="tenant_app_key_save", icon=":material/key:")
    if pressed and file is not None and _accepted(app.facts.app_id, text := _pem(file)):
        github_app.save_app_key(the_store(), by, text, utc_now())
        controls.empty("tenant_app_key")
        messages.notice_after_rerun("The new key is in use. The old one is kept until you delete it.")


def _pem(file: Any) -> str:
    return str(file.getvalue()[: github_app.LONGEST_KEY].decode("ascii", "replace"))


def _accepted(app_id: int, key: str) -> AppFacts | None:
    """The App as GitHub describes it to whoever has this key; where it refuses the key, that is shown."""
    try:
        with st.spinner("Asking GitHub about the key …"):
            return fetch_app(app_id, key)
    except (GitHubError, SettingsRefused, AppRefused) as refusal:
        st.error(messages.literal(str(refusal)), icon=":material/key_off:")
        return None


def draw_install(app: GitHubApp, key: str) -> None:
    """The ways on to GitHub, where it is installed and its keys are."""
    with st.container(horizontal=True):
        there = f"{app.facts.html_url}/installations/new"
        st.link_button("Install on an account", there, icon=":material/add_link:")
        if st.button("Ask GitHub again", key=f"{key}_refresh", icon=":material/refresh:"):
            _refresh()


def _refresh() -> None:
    try:
        with st.spinner("Asking GitHub for the installations …"):
            warnings = refresh_now(the_store())
    except SettingsRefused as refusal:
        warnings = [str(refusal)]
    if not warnings:
        messages.notice_after_rerun("The installations are up to date.")
    for sentence in warnings:
        st.info(messages.literal(sentence))


def _draw_installation(account: Account, each: Installation, names: Mapping[int, str]) -> None:
    word, colour = STATES[each.state]
    count = counted(each.repositories, "repository") if each.repositories else "repositories"
    st.markdown(f"**{messages.literal(each.account)}** :{colour}-badge[{word}]  \n:gray[{each.selection} {count}]")
    if each.to_do:
        st.warning(messages.literal(each.to_do), icon=":material/build:")
    key = f"tenant_app_{each.installation_id}"
    with st.form(f"{key}_form", border=False):
        chosen = each.tenant_id
        if account.has(Role.ADMIN):
            options = [NOBODY, *names]
            chosen = st.selectbox(
                "Tenant",
                options,
                index=options.index(each.tenant_id) if each.tenant_id in options else 0,
                format_func=lambda key: names.get(key, "Nobody"),
                key=f"{key}_tenant",
            )
        rule = st.text_input(
            "Track new repositories",
            value=each.rule or "",
            key=f"{key}_rule",
            max_chars=github_app.LONGEST_RULE,
            placeholder=f"{each.account}/*, !fork",
            help="A pattern. Those that it means are tracked as they appear; empty: only those that somebody adds. "
            "What is paused or removed stays so.",
        )
        if st.form_submit_button("Save", key=f"{key}_save"):
            _save(account, each, chosen or None, (rule or "").strip() or None)


def _save(account: Account, each: Installation, tenant_id: int | None, rule: str | None) -> None:
    store, by, now = the_store(), account.username, utc_now()
    with messages.shown():
        if rule is not None:
            parse_pattern(rule)
        if tenant_id != each.tenant_id:
            github_app.give_installation(store, by, each.installation_id, tenant_id, now)
        if tenant_id is not None and (rule != each.rule or tenant_id != each.tenant_id):
            github_app.save_tracking_rule(store, by, each.installation_id, rule, now)
        _refresh()


def new_tenant(account: Account, key: str, label: str = "Create tenant") -> Tenant | None:
    """Draw the form of a new tenant, by a token or by the GitHub App; the tenant once it is there."""
    app = github_app.github_app(account, the_store())
    how = st.segmented_control(
        "How it asks GitHub",
        [BY_TOKEN, BY_APP],
        default=BY_TOKEN if app is None else BY_APP,
        required=True,
        key=f"{key}_how",
    )
    return _by_app(account, app, f"{key}_app", label) if how == BY_APP else view.new_tenant(account, key, label)


def _by_app(account: Account, app: GitHubApp | None, key: str, label: str) -> Tenant | None:
    """Make the App, install it, name the tenant."""
    if app is None:
        draw_new(key)
        return None
    free = [each for each in app.installations if each.tenant_id is None]
    usable = {each.installation_id: each for each in free if each.state is InstallationState.GRANTED}
    for each in free:
        if each.to_do:
            st.warning(messages.literal(each.to_do), icon=":material/build:")
    if not usable:
        st.markdown(f"Install **{messages.literal(app.facts.name)}** where the tenant’s repositories are.")
        draw_install(app, key)
        return None
    with st.form(f"{key}_form"):
        first = next(iter(usable.values()))
        name = st.text_input("Name", value=first.account, key=f"{key}_name", max_chars=tenants.NAME_LIMIT)
        chosen = st.selectbox(
            "Collects from", list(usable), format_func=lambda key: usable[key].account, key=f"{key}_installation"
        )
        pressed = st.form_submit_button(label, type="primary", key=f"{key}_submit")
    draw_install(app, key)
    if pressed:
        with messages.shown():
            tenant = view.add_tenant(account, name or "")
            store, by = the_store(), account.username
            github_app.give_installation(store, by, chosen, tenant.tenant_id, utc_now())
            refresh_now(store)
            return tenant
    return None
