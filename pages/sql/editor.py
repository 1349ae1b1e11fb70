"""The query that is being written: its text, its parameters, where it came from; in the session and the address.

A saved query stands in the address by its number, any other by its text, packed where it is long.
"""

import base64
import binascii
import zlib
from collections.abc import Mapping
from typing import Any

import streamlit as st

from data.accounts.models import Account
from data.accounts.saved_items import SavedItemRefused
from data.calendar import parsed_day, utc_day, utc_now
from data.sandbox.reference import example_parameters, examples
from data.sandbox.saved_queries import QUERIES, SavedQuery
from data.sandbox.statement import LONGEST_STATEMENT, Parameter, ParameterKind, ParametersRefused, Value, parameters_of
from data.text import number_text
from pages.ui import messages, sql_editor
from pages.ui.store import the_store

QUERY, SQL, VALUE = "query", "sql", "p_"  # the parameters of the address; a value's is followed by its name
PLAIN = 400  # characters of a statement that stand in an address as they are
PACKED = "z."  # what the packed form begins with; no statement does
LONGEST_LINK = 6000  # characters; some mail programs break longer addresses
STATEMENT, LAST_STATEMENT, OPENED = "sql_statement", "sql_last_statement", "sql_opened"
TIMES = "sql_times_opened"  # how often another query was put into the editor
RUN = "sql_run"
MOST_ADDRESSES = 3
PARAMETERS, ADDRESSES, LINKED = "sql_known_parameters", "sql_addresses", "sql_linked"
PROBLEM, ABOUT, CHOICE = "sql_problem", "sql_about", "sql_choice"
START = """select full_name, views, clones, stars, first_day, last_day
from v_repositories
order by views desc nulls last
"""
KINDS = {ParameterKind.TEXT: "Text", ParameterKind.NUMBER: "Number", ParameterKind.DAY: "Day"}


def load_from_address(account: Account) -> None:
    """Take over what the address asks for, when it is another one than before. It is shown, never run."""
    address = _address()
    if address in st.session_state.get(ADDRESSES, ()) and STATEMENT in st.session_state:
        return
    _note_address()
    st.session_state[PROBLEM] = ""
    if QUERY in address:
        _load_saved(account, address[QUERY])
    elif SQL in address:
        statement = unpacked(address[SQL])
        if statement is None:
            st.session_state[PROBLEM] = "The query in this link is damaged or cut off. Ask for a new link."
        _open(statement or START, linked=statement is not None)
    else:
        _open(st.session_state.get(LAST_STATEMENT) or START)


def opened(account: Account) -> SavedQuery | None:
    """The saved query that is being looked at; None for one that is not saved, or not theirs to see any more."""
    number = st.session_state.get(OPENED)
    try:
        return None if number is None else QUERIES.with_id(account, the_store(), number)
    except SavedItemRefused:
        return None


def draw_choice(account: Account) -> None:
    saved = QUERIES.seen_by(account, the_store())
    names = {
        f"saved:{each.item_id}": f"{each.name} · shared" if each.tenant_id is not None else each.name for each in saved
    }
    names |= {f"example:{each.name}": f"Example · {each.title}" for each in examples()}
    st.selectbox(
        "Open a query",
        list(names),
        index=None,
        format_func=names.__getitem__,
        placeholder=f"{number_text(len(saved))} saved, {len(examples())} examples",
        key=CHOICE,
        on_change=_choose,
        args=(account,),
    )


def draw_origin(account: Account, saved: SavedQuery | None) -> None:
    """Say what is open, and that a link starts nothing."""
    if st.session_state.get(PROBLEM):
        st.info(st.session_state[PROBLEM], icon=":material/link_off:")
    if saved is not None:
        whose = "private" if saved.tenant_id is None else f"shared by {messages.literal(saved.owner)}"
        if saved.user_id == account.user_id and saved.tenant_id is not None:
            whose = "shared by you"
        st.caption(f"**{messages.literal(saved.name)}** · {whose}")
    elif st.session_state.get(LINKED):
        st.info(
            "This query came with a link. Read it, then press Run. It covers only your repositories.",
            icon=":material/link:",
        )
    elif st.session_state.get(ABOUT):
        st.caption(messages.literal(st.session_state[ABOUT]))


def draw_statement() -> str:
    text = st.text_area(
        "Query",
        height=200,
        max_chars=LONGEST_STATEMENT,
        key=STATEMENT,
        on_change=_keep_in_address,
        placeholder="select …",
        help="One query in DuckDB’s SQL. Days are UTC dates. $name is a parameter; its value is entered below.",
    )
    st.session_state[LAST_STATEMENT] = text or ""
    sql_editor.draw(
        STATEMENT,
        text or "",
        label="Query",
        button=RUN,
        opened=st.session_state[TIMES],
        longest=LONGEST_STATEMENT,
        schema=sql_editor.completions(the_store()),
    )
    return text or ""


def draw_parameters(statement: str) -> tuple[Parameter, ...]:
    """An input for each parameter. Returns them with what is typed as their defaults."""
    parameters = parameters_of(statement, st.session_state.get(PARAMETERS, ()))
    if not parameters:
        return ()
    with st.container(border=True, key="sql_parameters"):
        st.caption("Parameters. Their values are passed separately and are never read as SQL.")
        return tuple(_draw_parameter(each) for each in parameters)


def _draw_parameter(parameter: Parameter) -> Parameter:
    key, given = f"sql_value_{parameter.name}", st.query_params.get(f"{VALUE}{parameter.name}")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.selectbox(
            "Type of " + messages.literal(parameter.name),
            list(KINDS),
            index=list(KINDS).index(parameter.kind),
            format_func=KINDS.__getitem__,
            key=f"sql_kind_{parameter.name}",
            label_visibility="collapsed",
            width=110,
        )
        typed = parameter.default if given is None else given
        label = f"${parameter.name}".replace("$", "\\$").replace("_", "\\_")
        if kind is ParameterKind.DAY:
            day: Any = st.date_input(label, parsed_day(typed), key=f"{key}_day", format="YYYY-MM-DD", width=220)
            return Parameter(parameter.name, kind, str(day or ""))
        text = st.text_input(label, typed, key=f"{key}_{kind}", max_chars=1000, width=300)
    return Parameter(parameter.name, kind, text or "")


def values_of(parameters: tuple[Parameter, ...]) -> Mapping[str, Value]:
    """The values of what is typed. Raises: ParametersRefused."""
    for each in parameters:
        if not each.default and each.kind is not ParameterKind.TEXT:
            raise ParametersRefused(f"${each.name} has no value yet. Enter one.")
    return {each.name: each.value() for each in parameters}


def put_into_address(statement: str, parameters: tuple[Parameter, ...], saved: SavedQuery | None) -> bool:
    """Have the address name the query that is run; whether it could."""
    _clear_address()
    unchanged = saved is not None and saved.statement.strip() == statement.strip()
    text = str(saved.item_id) if saved is not None and unchanged else packed(statement)
    if text is not None:
        st.query_params[QUERY if unchanged else SQL] = text
        for each in parameters:
            if each.default and len(each.default) <= PLAIN:
                st.query_params[f"{VALUE}{each.name}"] = each.default
    _note_address()
    st.session_state[LINKED] = False
    return text is not None


def _keep_in_address() -> None:
    """What has been typed stands in the address at once: to load the page anew loses nothing."""
    put_into_address(st.session_state[STATEMENT] or "", (), None)


def show_saved(query: SavedQuery | None) -> None:
    """Have the page hold a query that has just been saved, or none any more."""
    _clear_address()
    st.session_state[OPENED] = None if query is None else query.item_id
    if query is not None:
        st.query_params[QUERY] = str(query.item_id)
        st.session_state[PARAMETERS] = query.parameters
    _note_address()
    st.session_state[LINKED] = False


def packed(statement: str) -> str | None:
    if len(statement) <= PLAIN:
        return statement
    content = zlib.compress(statement.encode("utf-8", "replace"), 9)
    text = PACKED + base64.urlsafe_b64encode(content).decode().rstrip("=")
    return text if len(text) <= LONGEST_LINK else None


def unpacked(text: str) -> str | None:
    """The statement of an address; None where it is none."""
    if not text.startswith(PACKED):
        return text[:LONGEST_STATEMENT] or None
    if len(text) > LONGEST_LINK:
        return None
    encoded = text.removeprefix(PACKED)
    try:
        content = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
        decompressor = zlib.decompressobj()
        decoded = decompressor.decompress(content, 4 * LONGEST_STATEMENT)
        statement = decoded.decode() if decompressor.eof else ""
    except (binascii.Error, zlib.error, ValueError):
        return None
    return statement if 0 < len(statement) <= LONGEST_STATEMENT else None


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
        st.session_state[PARAMETERS] = example_parameters(example, utc_day(utc_now()))
        st.session_state[ABOUT] = f"{example.title}: {example.about}"
    _note_address()


def _load_saved(account: Account, number: str) -> None:
    item_id = int(number) if number.isdecimal() and len(number) < 12 else 0
    try:
        query = QUERIES.with_id(account, the_store(), item_id)
    except SavedItemRefused as refusal:
        st.session_state[PROBLEM] = f"{refusal} It was removed, or you don't have access."
        _open(st.session_state.get(LAST_STATEMENT) or START)
        return
    _open(query.statement, query)


def _open(statement: str, saved: SavedQuery | None = None, *, linked: bool = False) -> None:
    state = st.session_state
    state[STATEMENT] = state[LAST_STATEMENT] = statement
    state[OPENED] = None if saved is None else saved.item_id
    state[PARAMETERS] = () if saved is None else saved.parameters
    state[LINKED], state[ABOUT], state[TIMES] = linked, "", state.get(TIMES, 0) + 1
    for key in [key for key in state if str(key).startswith(("sql_value_", "sql_kind_"))]:
        del state[key]


def _address() -> dict[str, str]:
    return {key: st.query_params[key] for key in (QUERY, SQL) if key in st.query_params}


def _note_address() -> None:
    """Remember the address as one that the page has taken over, with those shortly before: a browser that is asked for
    two things at once asks for the second with the address of before the first.
    """
    st.session_state[ADDRESSES] = [*st.session_state.get(ADDRESSES, ()), _address()][-MOST_ADDRESSES:]


def _clear_address() -> None:
    for key in [key for key in st.query_params if key in (QUERY, SQL) or key.startswith(VALUE)]:
        del st.query_params[key]
