"""The query that is being written: its text, its parameters, where it came from; in the session and the address."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import streamlit as st

from data.accounts.models import Account
from data.calendar import utc_day, utc_now
from data.sandbox.query_examples import example_parameters, examples
from data.sandbox.query_parameters import LONGEST_STATEMENT, Kind, Parameter, ParametersRefused, Value, parameters_of
from data.sandbox.saved_queries import QueryRefused, SavedQuery, query_with_id, saved_queries
from pages.sql import links
from pages.ui import messages
from pages.ui.store import the_store

QUERY, SQL, VALUE = "query", "sql", "p_"  # the parameters of the address; a value's is followed by its name
STATEMENT = "sql_statement"
KEPT, OPENED, KNOWN, ADDRESS, LINKED, LOST, ABOUT = (
    f"sql_{name}" for name in ("kept", "opened", "known", "address", "linked", "lost", "about")
)
START = """select full_name, views, clones, stars, first_day, last_day
from v_repositories
order by views desc nulls last
"""
KINDS = {Kind.TEXT: "Text", Kind.NUMBER: "Number", Kind.DAY: "Day"}
CHOICE = "sql_choice"
FONT = (
    "<style>.st-key-sql_statement textarea {font-family: 'Source Code Pro', ui-monospace, Menlo, Consolas, monospace; "
    "font-size: 0.875rem; line-height: 1.5; tab-size: 4}</style>"
)


def load_from_address(account: Account) -> None:
    """Take over what the address asks for, when it is another one than before. It is shown, never run."""
    address = {key: st.query_params[key] for key in (QUERY, SQL) if key in st.query_params}
    if st.session_state.get(ADDRESS) == address and STATEMENT in st.session_state:
        return
    st.session_state[ADDRESS] = address
    st.session_state[LOST] = ""
    if QUERY in address:
        _load_saved(account, address[QUERY])
    elif SQL in address:
        statement = links.unpacked(address[SQL])
        if statement is None:
            st.session_state[LOST] = "The query in this link is damaged or cut off. Ask for the link again."
        _open(statement or START, linked=statement is not None)
    else:
        _open(st.session_state.get(KEPT) or START)


def opened(account: Account) -> SavedQuery | None:
    """The saved query that is being looked at; None for one that is not saved, or not theirs to see any more."""
    number = st.session_state.get(OPENED)
    try:
        return None if number is None else query_with_id(account, the_store(), number)
    except QueryRefused:
        return None


def draw_choice(account: Account) -> None:
    """Draw the choice among saved queries and examples."""
    saved = saved_queries(account, the_store())
    named = {f"saved:{each.query_id}": _label(each) for each in saved}
    named |= {f"example:{each.name}": f"Example · {each.title}" for each in examples()}
    st.selectbox(
        "Open a query",
        list(named),
        index=None,
        format_func=named.__getitem__,
        placeholder=f"{len(saved):,} saved, {len(examples())} examples",
        key=CHOICE,
        on_change=_choose,
        args=(account,),
    )


def draw_statement() -> str:
    """Draw the editor. Answers the text."""
    st.html(FONT)
    text = st.text_area(
        "Statement",
        height=200,
        max_chars=LONGEST_STATEMENT,
        key=STATEMENT,
        placeholder="select …",
        help="One query of DuckDB’s SQL. Days are UTC dates. $name is a parameter, whose value is asked for below.",
    )
    st.session_state[KEPT] = text or ""
    return text or ""


def draw_parameters(statement: str) -> tuple[Parameter, ...]:
    """Draw an input for each parameter. Answers them with what is typed as their defaults."""
    found = parameters_of(statement, st.session_state.get(KNOWN, ()))
    if not found:
        return ()
    with st.container(border=True, key="sql_parameters"):
        st.caption("Parameters: their values are handed to DuckDB beside the text, never put into it.")
        return tuple(_draw_parameter(each) for each in found)


def values_of(parameters: tuple[Parameter, ...]) -> Mapping[str, Value]:
    """The values of what is typed. Raises: ParametersRefused."""
    for each in parameters:
        if not each.default and each.kind is not Kind.TEXT:
            raise ParametersRefused(f"${each.name} has no value yet: give it one.")
    return {each.name: each.value() for each in parameters}


def put_into_address(statement: str, parameters: tuple[Parameter, ...], saved: SavedQuery | None) -> bool:
    """Have the address name the query that is run; whether it could."""
    _clear_address()
    unchanged = saved is not None and saved.statement.strip() == statement.strip()
    told = str(saved.query_id) if saved is not None and unchanged else links.packed(statement)
    if told is not None:
        st.query_params[QUERY if unchanged else SQL] = told
        for each in parameters:
            if each.default and len(each.default) <= links.PLAIN:
                st.query_params[f"{VALUE}{each.name}"] = each.default
    st.session_state[ADDRESS] = {key: st.query_params[key] for key in (QUERY, SQL) if key in st.query_params}
    st.session_state[LINKED] = False
    return told is not None


def show_saved(query: SavedQuery | None, query_id: int | None) -> None:
    """Have the page hold a query that has just been saved, or none any more."""
    _clear_address()
    st.session_state[OPENED] = query_id
    if query_id is not None:
        st.query_params[QUERY] = str(query_id)
    st.session_state[KNOWN] = query.parameters if query else st.session_state.get(KNOWN, ())
    st.session_state[ADDRESS] = {QUERY: str(query_id)} if query_id is not None else {}
    st.session_state[LINKED] = False


def draw_origin(account: Account, saved: SavedQuery | None) -> None:
    """Say what is open, and that a link starts nothing."""
    if st.session_state.get(LOST):
        st.info(st.session_state[LOST], icon=":material/link_off:")
    if saved is not None:
        whose = "yours alone" if saved.tenant_id is None else f"shared by {messages.literal(saved.owner)}"
        if saved.user_id == account.user_id and saved.tenant_id is not None:
            whose = "yours, shared in the tenant"
        st.caption(f"**{messages.literal(saved.name)}** · {whose}")
    elif st.session_state.get(LINKED):
        st.info(
            "This query came with a link. Read it, then press Run: it runs with what you may see.",
            icon=":material/link:",
        )
    elif st.session_state.get(ABOUT):
        st.caption(messages.literal(st.session_state[ABOUT]))


def _choose(account: Account) -> None:
    kind, _, name = str(st.session_state[CHOICE]).partition(":")
    st.session_state[CHOICE] = None
    _clear_address()
    if kind == "saved":
        _load_saved(account, name)
        if st.session_state.get(OPENED) is not None:
            st.query_params[QUERY] = name
    else:
        example = next(each for each in examples() if each.name == name)
        _open(example.statement)
        st.session_state[KNOWN] = example_parameters(example, utc_day(utc_now()))
        st.session_state[ABOUT] = f"{example.title}: {example.about}"
    st.session_state[ADDRESS] = {key: st.query_params[key] for key in (QUERY, SQL) if key in st.query_params}


def _load_saved(account: Account, number: str) -> None:
    try:
        found = query_with_id(account, the_store(), int(number) if number.isdecimal() and len(number) < 12 else 0)
    except QueryRefused as refusal:
        st.session_state[LOST] = f"{refusal} It was removed, or it is not for you to see."
        _open(st.session_state.get(KEPT) or START)
        return
    _open(found.statement, found)


def _open(statement: str, saved: SavedQuery | None = None, *, linked: bool = False) -> None:
    state = st.session_state
    state[STATEMENT] = state[KEPT] = statement
    state[OPENED] = None if saved is None else saved.query_id
    state[KNOWN] = () if saved is None else saved.parameters
    state[LINKED], state[ABOUT] = linked, ""
    for key in [key for key in state if str(key).startswith(("sql_value_", "sql_kind_"))]:
        del state[key]


def _draw_parameter(parameter: Parameter) -> Parameter:
    key, given = f"sql_value_{parameter.name}", st.query_params.get(f"{VALUE}{parameter.name}")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.selectbox(
            "Kind of " + messages.literal(parameter.name),
            list(KINDS),
            index=list(KINDS).index(parameter.kind),
            format_func=KINDS.__getitem__,
            key=f"sql_kind_{parameter.name}",
            label_visibility="collapsed",
            width=110,
        )
        typed = parameter.default if given is None else given
        label = f"${parameter.name}".replace("$", "\\$").replace("_", "\\_")
        if kind is Kind.DAY:
            day: Any = st.date_input(label, _day(typed), key=f"{key}_day", format="YYYY-MM-DD", width=220)
            return Parameter(parameter.name, kind, str(day or ""))
        text = st.text_input(label, typed, key=f"{key}_{kind}", max_chars=1000, width=300)
    return Parameter(parameter.name, kind, text or "")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _label(query: SavedQuery) -> str:
    return f"{query.name} · shared" if query.tenant_id is not None else query.name


def _clear_address() -> None:
    for key in [key for key in st.query_params if key in (QUERY, SQL) or key.startswith(VALUE)]:
        del st.query_params[key]
