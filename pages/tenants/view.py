"""A token as it may be shown, the question to GitHub about it, and the form of a new tenant with its token."""

from datetime import datetime

import streamlit as st

from collector.discovery import check_token, client_of
from collector.errors import GitHubError, SettingsRefused, TokenRefused
from data.accounts import audit, grants, tenants
from data.accounts.audit import Subject
from data.accounts.encryption import open_cipher
from data.accounts.models import Account, Grant, Role, Tenant
from data.accounts.passwords import fingerprint
from data.accounts.tokens import StoredToken, TokenFacts, save_token
from data.calendar import utc_now
from pages.ui import controls, messages
from pages.ui.store import the_store
from pages.ui.time_format import expiry, expiry_level

SHORTEST_TOKEN = 20  # GitHub's have 40 and more; what is shorter is still being typed
TOKEN_LIMIT = 4000  # an installation's token has about 520 characters
TRAFFIC_SCOPES = {"repo", "public_repo"}
NOT_ONE = "That doesn’t look like a GitHub token: it starts with github_pat_ or ghp_. Copy all of it from GitHub."
HOW_TO = (
    "On GitHub: *Settings → Developer settings → Personal access tokens*. A fine-grained token needs the repository "
    "permission **Administration: read-only**; a classic one the scope **repo**, or **public_repo** where all "
    "repositories are public. The token is stored encrypted, and only its last four characters are ever shown."
)


def token_input(key: str) -> str:
    typed = st.text_input(
        "GitHub token",
        key=key,
        type="password",
        autocomplete="off",
        placeholder="github_pat_… or ghp_…",
        help="It is sent to GitHub only, to be checked.",
        live=True,
    )
    st.caption(HOW_TO)
    return (typed or "").strip()


def asked(key: str, secret: str) -> TokenFacts | None:
    """What GitHub says of a token, drawn; None, with the reason drawn, where it is of no use.

    The same token is asked about once: each run of a page would cost a request.
    """
    state = st.session_state.get(key)
    if state is None or state[0] != fingerprint(secret):
        with st.spinner("Asking GitHub about the token …", show_time=True):
            state = st.session_state[key] = (fingerprint(secret), _checked(secret))
    found = state[1]
    if isinstance(found, TokenFacts):
        draw_facts(found, new=True)
        return found
    reason, is_lasting = found
    if not is_lasting:
        st.session_state.pop(key)  # asked again at the next click: GitHub may be back
    st.error(messages.literal(reason), icon=":material/key_off:")
    return None


def draw_facts(facts: TokenFacts, *, new: bool = False) -> None:
    with st.container(border=True):
        if new and _lacks_scope(facts):
            st.markdown(":orange[:material/lock:] **GitHub knows this token, but it may not read traffic.**")
        elif new:
            st.markdown(":green[:material/verified:] **GitHub accepts this token.**")
        rows = (
            ("Login", messages.literal(facts.login) if facts.login else "none: an app’s installation"),
            ("Kind", messages.literal(facts.kind)),
            ("Permissions", _permissions(facts)),
            ("Expires", expiry(facts.expires_at, utc_now())),
        )
        st.markdown("  \n".join(f":gray[{label}:] {value}" for label, value in rows))
    if _lacks_scope(facts):
        st.warning(
            "Without the scope **repo** or **public_repo** GitHub shows no traffic. Give the token one of them on "
            "GitHub, then check it again.",
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


def _checked(secret: str) -> TokenFacts | tuple[str, bool]:
    """What GitHub says of it, or why it is of no use, and whether that is lasting: asking again would not change it."""
    fits = SHORTEST_TOKEN <= len(secret) <= TOKEN_LIMIT
    if not fits or not secret.isascii() or not secret.isprintable() or " " in secret:
        return NOT_ONE, True
    try:
        with client_of(secret, the_store()) as github:
            return check_token(github)
    except (GitHubError, SettingsRefused) as refusal:
        return str(refusal), isinstance(refusal, TokenRefused)


def _permissions(facts: TokenFacts) -> str:
    if facts.scopes is None:
        return "not told for this kind; each repository is checked when it is added"
    return f"scopes {messages.literal(facts.scopes)}" if facts.scopes.strip() else "no scope"


def _lacks_scope(facts: TokenFacts) -> bool:
    if facts.scopes is None:
        return False
    return not {scope.strip() for scope in facts.scopes.split(",")} & TRAFFIC_SCOPES


def new_tenant(account: Account, key: str) -> Tenant | None:
    """Draw the form; the tenant once it has been added, with its token, and with the user as its manager."""
    with st.container(width=560, key=f"{key}_form"):
        name = st.text_input(
            "Name", key=f"{key}_name", max_chars=tenants.NAME_LIMIT, placeholder="For instance your organization"
        )
        secret = token_input(controls.widget_key(f"{key}_token"))
        facts = asked(f"{key}_checked", secret) if secret else None
        pressed = st.button("Create tenant", type="primary", key=f"{key}_submit", icon=":material/domain_add:")
    if not pressed:
        return None
    if not (name or "").strip():
        st.error("Give the tenant a name.")
    elif not secret:
        st.error("Paste a GitHub token first: a tenant collects with a token of its own.")
    elif facts is not None:
        tenant = _add(account, name, secret, facts)
        if tenant is not None:
            controls.empty(f"{key}_token")
        return tenant
    return None


def _add(account: Account, name: str, secret: str, facts: TokenFacts) -> Tenant | None:
    store, now = the_store(), utc_now()
    open_cipher(store.directory)  # before anything is written: the key may not be usable
    try:
        tenant = tenants.add_tenant(store, name, "daily", now)
    except tenants.TenantRefused as refusal:
        messages.refused(refusal)
        return None
    by = account.username
    audit.save_entry(
        store, "tenant added", Subject(f"tenant {tenant.tenant_id}", tenant.tenant_id), (by, now), tenant.name
    )
    grants.grant(store, by, account.user_id, Grant(Role.TENANT, tenant.tenant_id), now)
    save_token(store, by, tenant.tenant_id, secret, facts, now=now)
    return tenant
