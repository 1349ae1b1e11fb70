"""Who is looking at the page: the session cookie, signing in and out. See also `data/accounts/sessions.py` and
`pages/ui/session_routes.py`.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import streamlit as st

from data.accounts import grants, sessions
from data.accounts.models import Account, Viewer
from data.accounts.sign_on import SENTENCES, NotLetIn
from data.calendar import utc_now
from data.sharing.shares import share_of_secret, share_viewer
from data.store import Store
from pages.ui.addresses import base_path
from pages.ui.session_routes import CLOSE_PATH, COOKIE, FILE_OF, GUEST, OPEN_PATH, REASON_COOKIE, file_tag
from pages.ui.sign_on_routes import END_PATH, HINT_COOKIE, START_PATH
from pages.ui.store import the_store

NOT_ENTERED = "Sign-in failed. Reload this page and try again."
NOT_SENT = "Your organization’s sign-in cannot be reached just now."


def signed_in_account() -> Account | None:
    """The account of this browser's session, checked anew at every run of a page; None for anybody else."""
    secret = session_secret()
    return sessions.touch_session(the_store(), secret, utc_now()) if secret else None


def session_secret() -> str | None:
    return st.context.cookies.get(COOKIE)


@dataclass(frozen=True, slots=True)
class Files:
    """To whom a page gives files: whoever is signed in in this browser, or the guest that has this share link."""

    link: str | None = field(default=None, repr=False)

    def download(self, read: Callable[[Viewer, Store], bytes]) -> Callable[[], bytes]:
        """What a download button calls when it is pressed: reads for whoever that is then, and for nobody else."""
        secret = session_secret() or ""

        def content() -> bytes:
            viewer = _viewer_of_session(secret) if self.link is None else _viewer_of_link(self.link)
            if viewer is None:
                raise PermissionError("The session has ended.")
            return read(viewer, the_store())

        return content

    def media_type(self, plain: str) -> str:
        """The type of a file that only they may have: see middleware.ClosedPaths. A guest has no session that it could
        name, but an address that nobody guesses.
        """
        return f"{plain}; {FILE_OF}={file_tag(session_secret() or '') if self.link is None else GUEST}"


OWN = Files()


def _viewer_of_session(secret: str) -> Viewer | None:
    account = sessions.account_of_session(the_store(), secret, utc_now())
    return None if account is None else grants.viewer_of(the_store(), account)


def _viewer_of_link(secret: str) -> Viewer | None:
    share = share_of_secret(the_store(), secret, utc_now())
    return share_viewer(the_store(), share) if share is not None and share.downloads else None


def require_account() -> Account:
    """The signed-in account. For anybody else the page ends here, and the app begins anew with the sign-in."""
    account = signed_in_account()
    if account is None:
        st.rerun()
    return account


def viewer() -> Viewer:
    """What the signed-in user may see, for a page that asks nothing else of the account."""
    return grants.viewer_of(the_store(), require_account())


def typed_password(text: str) -> str:
    """A password as the sign-in form takes it: without the spaces around it, which are pasted by mistake."""
    return text.strip()


def address() -> str:
    """Where the browser is, as far as the server can tell."""
    return st.context.ip_address or "local"


def enter(account: Account, *, at_start: bool = False) -> None:
    """Give this browser a session for the account, and load the page anew with it: the very one that was opened, or
    the account's first.
    """
    ticket = sessions.make_ticket(the_store(), account.user_id, utc_now())
    there = f"window.location.replace({json.dumps(base_path() + '/')})"
    _post_then(OPEN_PATH, _js(ticket), there if at_start else "window.location.reload()", or_say=NOT_ENTERED)


def leave() -> None:
    """End this browser's session, in the database at once and in the browser as soon as it hears of it."""
    secret = session_secret()
    if secret:
        sessions.end_session(the_store(), secret)
    st.session_state.clear()
    after = END_PATH if HINT_COOKIE in st.context.cookies else "/"
    _post_then(CLOSE_PATH, _js(""), f"window.location.replace({_js(base_path() + after)})")


def organization_button(label: str, key: str, *, secret: str = "", link: bool = False) -> None:
    """The way to the organization's provider and back to this very address: to sign in, to use a one-time link up by
    its `secret`, or to `link` who one is there with this session's account. Why the last attempt failed stands above.
    """
    reason = refused_because()
    if reason in SENTENCES:
        st.warning(SENTENCES[NotLetIn(reason)], icon=":material/no_accounts:")
    kind: Literal["primary", "secondary"] = "secondary" if link else "primary"
    if st.button(label, icon=":material/badge:", key=key, type=kind, width="stretch"):
        body = f"{{wanted: location.pathname + location.search, secret: {_js(secret)}, link: {_js(link)}}}"
        _post_then(START_PATH, f"JSON.stringify({body})", "window.location.assign(text)", or_say=NOT_SENT)


def refused_because() -> str:
    """Why the organization's sign-in has just not let this browser's user in; nothing where it has not been tried."""
    return st.context.cookies.get(REASON_COOKIE, "")


def _post_then(path: str, body: str, then: str, or_say: str = "") -> None:
    """Have the browser send `body`, an expression, to one of our routes, then do `then` with the `text` of the answer.
    Where that failed and `or_say` is given, it is shown instead, with what the server has answered. All texts are ours.
    """
    st.html(
        "<p class='session-fault' role='alert'></p>"
        f"<script>fetch({_js(base_path() + path)}, {{method: 'POST', body: {body}, credentials: 'same-origin'}})"
        ".then(async answer => [answer.ok, await answer.text()], () => [false, 'The server does not answer.'])"
        f".then(([done, text]) => {{ if (!done && {_js(or_say)}) "
        f"document.querySelector('.session-fault').textContent = {_js(or_say)} + ' ' + text; else {then}; }})"
        "</script>",
        unsafe_allow_javascript=True,
    )
    st.stop()


def _js(value: str | bool) -> str:
    """A value as JavaScript writes it, inside HTML too."""
    return json.dumps(value).replace("<", "\\u003c")
