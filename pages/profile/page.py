"""One's own account: name, roles, password, sessions, tokens of programs, and the identity of an organization."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import streamlit as st

from data.accounts import accounts, api_tokens, grants, sessions, sign_on, tenants
from data.accounts.api_tokens import NewToken
from data.accounts.models import Account
from data.accounts.passwords import fingerprint
from data.accounts.sessions import OpenSession
from data.calendar import utc_now
from data.repositories.repositories import repository_names
from pages.ui import controls, messages, session, time_format
from pages.ui.sign_on_routes import provider
from pages.ui.store import the_store
from pages.ui.text import grant_text, token_text

EVERYTHING = "Everything you have access to"
Place = tuple[int | None, int | None]  # of a token: the tenant, the repository


def draw_person(account: Account) -> None:
    st.header("You", anchor=False)
    st.caption(f"You sign in as **{messages.literal(account.username)}**.")
    with st.form("profile_person_form", border=False):
        name = st.text_input("Your name", value=account.display_name, key="profile_name", autocomplete="name")
        email = st.text_input(
            "E-mail (optional)", value=account.email or "", key="profile_email", type="email", autocomplete="email"
        )
        if st.form_submit_button("Save", key="profile_person_submit"):
            accounts.save_profile(
                the_store(), account.username, account.user_id, utc_now(), name=name or "", email=email
            )
            messages.notice_after_rerun("Saved.")


def draw_roles(account: Account) -> None:
    st.header("Your roles", anchor=False)
    granted = grants.grants_of(account, the_store(), account.user_id)
    if granted:
        st.markdown("\n\n".join(grant_text(each) for each in granted))
    else:
        st.info("You don’t have access to anything yet. Ask an administrator.")


def draw_password() -> None:
    st.header("Password", anchor=False)
    with st.form("profile_password_form", border=False, clear_on_submit=True):
        current = st.text_input(
            "Current password", key="profile_current", type="password", autocomplete="current-password"
        )
        password = controls.new_password("profile", "New password")
        submitted = st.form_submit_button("Change password", key="profile_password_submit")
    st.caption("This signs out your other sessions.")
    if submitted:
        secret, typed = session.session_secret() or "", session.typed_password(current or "")
        messages.do(
            lambda: accounts.change_password(the_store(), secret, typed, password.chosen(), utc_now()),
            "Your password is changed, and your other sessions are signed out.",
        )


def session_text(each: OpenSession, now: datetime) -> str:
    this = " :green-badge[This one]" if each.current else ""
    began = time_format.moment_text(each.started_at, st.context.timezone)
    seen = f"last seen {time_format.ago(each.last_seen_at, now)} from {messages.literal(each.address or 'unknown')}"
    return f"**{messages.literal(each.browser)}**{this}  \n:gray[:small[signed in {began}, {seen}]]"


def draw_sessions(account: Account) -> None:
    st.header("Open sessions", anchor=False)
    now = utc_now().replace(second=0, microsecond=0)
    found = sessions.sessions_of(account, the_store(), now, fingerprint(session.session_secret() or ""))
    st.markdown("\n\n".join(session_text(each, now) for each in found))
    if len(found) > 1 and controls.danger_button("Sign out all others", ":material/logout:", "profile_end_others"):
        messages.confirm(
            "Sign out all other sessions?",
            "They are signed out immediately; this one stays.",
            "Sign them out",
            lambda: sessions.end_other_sessions(
                the_store(), account.username, account.user_id, session.session_secret() or "", utc_now()
            ),
            "All other sessions are signed out.",
        )


def token_places(account: Account) -> dict[str, Place]:
    """What a token of this user may be for, by name: everything, one tenant, one repository."""
    visible, store = grants.viewer_of(the_store(), account), the_store()
    owned = {each.name: (each.tenant_id, None) for each in tenants.tenants(visible, store)}
    return {EVERYTHING: (None, None)} | owned | {n: (None, key) for key, n in repository_names(visible, store).items()}


def draw_new_token(account: Account, places: Mapping[str, Place]) -> None:
    with st.form("profile_token_form", border=False, clear_on_submit=True):
        name = st.text_input("Name", key="profile_token_name", placeholder="Where it is used, like Grafana")
        place = st.selectbox("For", list(places), key="profile_token_for")
        days = st.selectbox(
            "Expires after", (7, 30, 90, 365), index=2, format_func=lambda n: f"{n} days", key="profile_token_days"
        )
        if not st.form_submit_button("Create token", key="profile_token_submit"):
            return
    tenant_id, repository_id = places[place]
    new = NewToken(name or "", timedelta(days=days), tenant_id, repository_id)
    secret = api_tokens.add_api_token(the_store(), account.username, account.user_id, new, utc_now())
    about = "Anyone with it can read what you have access to."
    messages.show_once("token_once", "Your token", secret, about, icon="key")


def draw_tokens(account: Account) -> None:
    st.header("API tokens", anchor=False)
    st.caption("For programs: a token reads what you have access to, never more, and stops working with your account.")
    places = token_places(account)
    draw_new_token(account, places)
    names = {place: name for name, place in places.items()}
    now = utc_now().replace(second=0, microsecond=0)
    for each in api_tokens.api_tokens(account, the_store(), now):
        place = names.get((each.tenant_id, each.repository_id), "gone")
        text = token_text(each, "one file" if each.target is not None else place, now)
        button = ("Revoke", ":material/key_off:", f"profile_revoke_{each.token_id}")
        if controls.item(text, f"profile_token_{each.token_id}", button):
            api_tokens.revoke_api_token(the_store(), account.username, each.token_id, utc_now())
            messages.notice_after_rerun(f"{each.name} is revoked.")


def draw_organization(account: Account) -> None:
    st.header("Your organization’s sign-in", anchor=False)
    linked = sign_on.identities(account, the_store())
    for number, each in enumerate(linked):
        whose = f"{messages.literal(each.identity.subject)}, linked {time_format.ago(each.linked_at, utc_now())}"
        text = f"**{messages.literal(each.identity.issuer)}**  \n:gray[:small[{whose}]]"
        if controls.item(
            text, f"profile_identity_{number}", ("Unlink", ":material/link_off:", f"profile_unlink_{number}")
        ):
            sign_on.unlink_identity(the_store(), account.username, account.user_id, each.identity, utc_now())
            messages.notice_after_rerun("Unlinked.")
    if not linked:
        st.caption("Link it once, and you can sign in with it.")
    session.organization_button("Link another" if linked else "Link your organization", "profile_link", link=True)


who = session.require_account()
st.title("Profile", anchor=False)
left, right = st.columns(2, gap="medium")
with left, st.container(border=True, key="profile_person"):
    draw_person(who)
with left, st.container(border=True, key="profile_roles"):
    draw_roles(who)
if accounts.has_password(who, the_store()):
    with right, st.container(border=True, key="profile_password_card"):
        draw_password()
with right, st.container(border=True, key="profile_sessions"):
    draw_sessions(who)
with right, st.container(border=True, key="profile_tokens"):
    draw_tokens(who)
if provider() is not None or sign_on.identities(who, the_store()):
    with left, st.container(border=True, key="profile_organization"):
        draw_organization(who)
