"""Controls that several pages have: choices and searches, some of which stand in the address, downloads, names and
passwords, the title with its button, an item that can be removed.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any, Literal

import streamlit as st

from data.accounts.authority import NewUser
from data.accounts.models import Viewer
from data.accounts.passwords import SHORTEST_BYTES, check_same
from data.store import Store
from data.traffic.export import ExportTable
from data.traffic.file_formats import csv_file, excel_file
from pages.ui import download_routes, session
from pages.ui.charts.chart import BLUE, COLOURS

STEPS = ("You", "Tenant and token", "Repositories")
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
USERNAME_HELP = "3 to 40 of a–z, 0–9, dot, hyphen and underscore. You sign in with it."


def choice(label: str, options: Iterable[str], default: str, key: str, default_name: str = "") -> str:
    """One of several words side by side; it stands in the address under its key. The default may have a name."""
    words = list(options)
    found = st.segmented_control(
        label,
        words,
        default=default,
        format_func=lambda word: default_name if default_name and word == default else word,
        required=True,
        key=key,
        bind="query-params",
        label_visibility="collapsed",
        wrap=True,
    )
    return found if found in words else default


def search_in_address(width: int | None = None, placeholder: str = "Part of a name") -> str:
    """The search for a part of a repository's name, as typed so far; it stands in the address."""
    typed = st.text_input(
        "Search",
        max_chars=140,
        placeholder=placeholder,
        type="search",
        icon=":material/search:",
        key="search",
        bind="query-params",
        live=True,
        width="stretch" if width is None else width,
    )
    return str(typed or "").strip()


def download_button(
    label: str,
    read: Callable[[Viewer, Store], bytes],
    file_name: str,
    *,
    key: str,
    mime: str = "text/csv",
    help_text: str | None = None,
    icon: str = ":material/download:",
    kind: Literal["secondary", "tertiary"] = "secondary",
    files: session.Files = session.OWN,
) -> None:
    st.download_button(
        label,
        files.download(read),
        file_name,
        files.media_type(mime),
        icon=icon,
        key=key,
        help=help_text,
        type=kind,
        on_click="ignore",
    )


def download_rows(
    label: str,
    read: Callable[[Viewer, Store], Any],
    file_name: str,
    *,
    key: str,
    help_text: str | None = None,
    kind: Literal["secondary", "tertiary"] = "secondary",
    excel: bool = True,
    files: session.Files = session.OWN,
) -> None:
    """Buttons for a file of the rows (a DataFrame or an Arrow table): CSV, and Excel unless it makes no sense."""
    with st.container(horizontal=True, width="content") if excel else nullcontext():
        download_button(
            label,
            lambda viewer, store: csv_file(read(viewer, store)),
            f"{file_name}.csv",
            key=f"{key}_csv",
            help_text=f"{help_text}, as CSV" if help_text else None,
            kind=kind,
            files=files,
        )
        if excel:
            download_button(
                "Excel",
                lambda viewer, store: excel_file(read(viewer, store)),
                f"{file_name}.xlsx",
                key=f"{key}_excel",
                mime=EXCEL,
                help_text="The same as an Excel file",
                icon=":material/table_view:",
                kind="tertiary",
                files=files,
            )


def everything_button(label: str, table: ExportTable, *, key: str, help_text: str) -> None:
    """A link to a file of all rows, which is sent as it is read."""
    st.link_button(label, download_routes.address(table), key=key, help=help_text, icon=":material/database:")


def danger_button(
    label: str, icon: str, key: str, kind: Literal["secondary", "tertiary"] = "secondary", **how: Any
) -> bool:
    """A button for what takes something away: in red."""
    return st.button(f":red[{icon} {label}]", key=key, type=kind, **how)


def widget_key(name: str) -> str:
    """The key under which a widget that is emptied now and then stands: its name, and how often it was emptied.

    A widget under another key begins anew, in the browser too.
    """
    times = st.session_state.get(f"{name}_emptied", 0)
    return f"{name}_{times}" if times else name


def empty(name: str) -> None:
    """Let go of what the widget holds. Its next run draws it anew: what a browser keeps of the former one is lost."""
    st.session_state.pop(widget_key(name), None)
    st.session_state[f"{name}_emptied"] = st.session_state.get(f"{name}_emptied", 0) + 1


@dataclass(frozen=True, slots=True)
class TypedPassword:
    first: str = field(repr=False)
    again: str = field(repr=False)

    def chosen(self) -> str:
        check_same(self.first, self.again)
        return session.typed_password(self.first)


def new_password(key: str, label: str = "Password") -> TypedPassword:
    first = st.text_input(
        label,
        key=f"{key}_password",
        type="password",
        autocomplete="new-password",
        help=f"At least {SHORTEST_BYTES} characters; a few words are easier to remember than symbols.",
    )
    again = st.text_input(f"Repeat {label.lower()}", key=f"{key}_again", type="password", autocomplete="new-password")
    return TypedPassword(first or "", again or "")


def new_user(key: str, email: str | None = None) -> NewUser:
    """The fields of a new user, inside a form."""
    username = st.text_input("Username", key=f"{key}_username", help=USERNAME_HELP, autocomplete="username")
    name = st.text_input("Your name", key=f"{key}_name", help="Shown to others.", autocomplete="name")
    address = st.text_input(
        "E-mail (optional)",
        value=email or "",
        key=f"{key}_email",
        type="email",
        icon="",
        validate="",  # the server says it together with all else that is wrong
        autocomplete="email",
    )
    password = new_password(key)
    first, again = (session.typed_password(each) for each in (password.first, password.again))
    return NewUser(username or "", name or "", address or None, first, again)


def draw_steps(now: int) -> None:
    """The steps of the set-up of a new server, and which one this is."""
    items = []
    for number, name in enumerate(STEPS, start=1):
        mark = "✓" if number < now else f"{number}."
        current = ' aria-current="step"' if number == now else ""
        colour, weight = (BLUE if number <= now else COLOURS["rest"]), (600 if number == now else 400)
        look = f"flex:1;padding-top:.35em;border-top:3px solid {colour};font-weight:{weight}"
        items.append(f'<li{current} style="{look}">{mark} {name}</li>')
    st.html(
        '<ol aria-label="Set-up" style="display:flex;gap:.6em;list-style:none;margin:0;padding:0;font-size:.9em">'
        f"{''.join(items)}</ol>"
    )


def title_with_button(title: str, label: str, key: str, icon: str, *, offered: bool = True, **how: Any) -> bool:
    """The title of a page, and at the other side its button, where it is offered; whether that was pressed."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.title(title, anchor=False, width="content")
        return offered and st.button(label, key=key, icon=icon, **how)


def search(key: str, placeholder: str, label: str = "Search", **how: Any) -> str:
    """A search of what is on the page, as typed so far, without spaces around it."""
    icon = ":material/search:"
    text = st.text_input(label, key=key, placeholder=placeholder, type="search", icon=icon, live=True, **how)
    return str(text or "").strip()


def one_or_all(label: str, names: Mapping[int, str], key: str, everything: str = "All", **how: Any) -> int | None:
    """A choice of one of these by its name, or (None) of `everything`."""
    options, called = [None, *names], lambda each: everything if each is None else names[each]
    chosen: int | None = st.selectbox(label, options, format_func=called, key=key, **how)
    return chosen


def item(text: str, key: str, button: tuple[str, str, str], *, removable: bool = True, border: bool = False) -> bool:
    """An item of a list, in Markdown, and the button (its label, icon and key) that takes it away; whether that was
    pressed.
    """
    with st.container(horizontal=True, vertical_alignment="center", key=key, border=border):
        st.markdown(text, width="stretch")
        return removable and danger_button(*button, "tertiary")
