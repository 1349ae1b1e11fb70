"""A token as it may be shown, the question to GitHub about it, and the form of a new tenant with its token."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import streamlit as st
from streamlit import column_config as config

from collector.discovery import SHORT_LIVED, check_token, client_of, token_as_pasted
from collector.errors import GitHubError, SettingsRefused
from collector.github_app import INSTALLATION
from data.accounts import grants, tenants
from data.accounts.encryption import open_cipher
from data.accounts.models import Account, Grant, Role, Tenant
from data.accounts.tokens import StoredToken, TokenFacts, save_token
from data.calendar import utc_now
from data.store import Store
from data.store.arrow import arrow_rows
from data.store.cache import cached
from pages.ui import controls, messages
from pages.ui.store import the_store
from pages.ui.time_format import expiry, expiry_level, moment_column

NEW_AT = "https://github.com/settings/personal-access-tokens/new"
HOW_TO = f"""
**[Create a fine-grained token on GitHub]({NEW_AT})**, and choose there:

1. *Resource owner*: you, or the organization that owns the repositories
2. *Repository access*: **All repositories**, or only those that you want to track
3. *Permissions*, Add permissions: **Administration**, access **Read-only**; also **Actions**, **Read-only**, to count
   workflow runs

A classic token works, too, with the scope **repo** (or **public_repo** if all repositories are public).
"""
KEPT = "Stored encrypted. Only its last four characters are ever shown."
COLUMNS: Mapping[str, Any] = {  # of the table of tenants; all but the one in the reader's own zone
    "name": config.TextColumn("Tenant", pinned=True),
    "state": config.TextColumn("State", width=100),
    "repositories": config.NumberColumn("Repositories", format="localized", width=100),
    "schedule": config.TextColumn("Schedule (UTC)"),
    "token": config.TextColumn("Collects with"),
    "expires": config.TextColumn("Token expires", width="medium"),
}


class TokenUnusable(Exception):
    """The token is of no use; the sentence says why and what to do."""


def draw_rows(store: Store, rows: Sequence[Mapping[str, object]]) -> None:
    """The table of tenants."""
    st.dataframe(
        _table(store, tuple(tuple(row.items()) for row in rows)),
        column_config={**COLUMNS, "next": moment_column("Next collection")},
        hide_index=True,
        key="tenants_table",
        alt=f"{len(rows)} tenants with their schedules and tokens",
    )


@cached("control")
def _table(store: Store, rows: tuple[tuple[tuple[str, object], ...], ...]) -> Any:
    """Kept, since nearly always the rows are those of the run before: to make Arrow of them takes longer than all else
    about them.
    """
    return arrow_rows([dict(row) for row in rows])


def token_input(key: str) -> str:
    """How to get a token, and the field for it, inside a form."""
    st.markdown(HOW_TO)
    typed = st.text_input(
        "GitHub token",
        key=key,
        type="password",
        autocomplete="off",
        placeholder="github_pat_… or ghp_…",
        help=f"It is only sent to GitHub, to check it. {KEPT}",
    )
    return token_as_pasted(typed or "")


def checked_token(secret: str) -> TokenFacts:
    """What GitHub says of a token that can read traffic. Raises: TokenUnusable."""
    if not secret:
        raise TokenUnusable("Paste a GitHub token: each tenant collects with its own.")
    try:
        with st.spinner("Asking GitHub about the token …"), client_of(secret, the_store()) as github:
            facts = check_token(github)
    except (GitHubError, SettingsRefused) as refusal:
        raise TokenUnusable(str(refusal)) from refusal
    if facts.lacks_scope:
        raise TokenUnusable(
            "GitHub knows this token, but it may not read traffic: it lacks the scope repo (or public_repo). "
            "Add it to the token on GitHub, then try again."
        )
    return facts


def draw_facts(facts: TokenFacts) -> None:
    rows = (
        ("Login", messages.literal(facts.login) if facts.login else "none: an app’s installation"),
        ("Kind", messages.literal(facts.kind)),
        ("Permissions", _permissions(facts)),
        ("Expires", expiry(facts.expires_at, utc_now())),
    )
    with st.container(border=True):
        st.markdown("  \n".join(f":gray[{label}:] {value}" for label, value in rows))
    if facts.kind == INSTALLATION:
        st.warning(SHORT_LIVED, icon=":material/timer:")
    if facts.lacks_scope:
        st.warning(
            "Without the scope **repo** or **public_repo** GitHub shows no traffic. Add one of them to the token on "
            "GitHub.",
            icon=":material/lock:",
        )


def draw_expiry(token: StoredToken, tenant: str, now: datetime) -> None:
    """A warning where a token is refused, or expires within 14 days; louder within 7 and within 1."""
    name = messages.literal(tenant)
    if token.state != "valid":
        reason = messages.literal(token.state_reason or "GitHub refuses it.")
        st.error(f"The token of {name} cannot be used: {reason} Store a new one.", icon=":material/key_off:")
    elif (level := expiry_level(token.facts.expires_at, now)) is not None:
        show = {"error": st.error, "warning": st.warning, "info": st.info}[level]
        show(
            f"The token of {name} expires {expiry(token.facts.expires_at, now)}. Nothing is collected with an expired "
            "token, and GitHub deletes days after 14 days: store a new one before.",
            icon=":material/timer:",
        )


def _permissions(facts: TokenFacts) -> str:
    if facts.scopes is None:
        return "unknown for this kind of token; each repository is checked when it is added"
    return f"scopes {messages.literal(facts.scopes)}" if facts.scopes.strip() else "no scope"


def new_tenant(account: Account, key: str, label: str = "Create tenant") -> Tenant | None:
    """Draw the form; the tenant once it has been added, with its token, and with the user as its manager."""
    with st.form(f"{key}_form"):
        typed = st.text_input("Name", key=f"{key}_name", max_chars=tenants.NAME_LIMIT, placeholder="Your organization")
        secret = token_input(controls.widget_key(f"{key}_token"))
        messages_slot = st.container()
        pressed = st.form_submit_button(label, type="primary", key=f"{key}_submit")
    if not pressed:
        return None
    faults: list[str] = []
    facts, name = None, typed or ""
    try:
        tenants.checked_name(name)
    except tenants.TenantRefused as refusal:
        faults.append(str(refusal) if name.strip() else "Give the tenant a name.")
    try:
        with messages_slot:
            facts = checked_token(secret)
    except TokenUnusable as unusable:
        faults.append(str(unusable))
    if facts is None or faults:
        messages_slot.error(messages.literal_lines("\n".join(faults)), icon=":material/error:")
        return None
    with messages_slot, messages.shown():
        open_cipher(the_store().directory)  # before anything is written: the key may not be usable
        tenant = add_tenant(account, name)
        save_token(the_store(), account.username, tenant.tenant_id, secret, facts, now=utc_now())
        controls.empty(f"{key}_token")
        return tenant
    return None


def add_tenant(account: Account, name: str) -> Tenant:
    """Add a tenant that this user manages. Raises: TenantRefused."""
    store, by, now = the_store(), account.username, utc_now()
    tenant = tenants.add_tenant(store, by, name, "daily", now)
    grants.grant(store, by, account.user_id, Grant(Role.TENANT, tenant.tenant_id), now)
    return tenant
