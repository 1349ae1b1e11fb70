"""The schema at the editor's side: views first, then tables, each opens to its columns and what they mean."""

from functools import lru_cache
from html import escape

import streamlit as st

from data.sandbox.public_schema import Column, Relation, relations
from pages.ui.store import the_store

STYLE = """<style>
.sql-schema {font-size: 0.86rem; line-height: 1.45}
.sql-schema details {border-bottom: 1px solid rgba(128, 128, 128, 0.25); padding: 0.3rem 0}
.sql-schema summary, .sql-column {font-family: 'Source Code Pro', ui-monospace, monospace; overflow-wrap: anywhere}
.sql-schema summary {cursor: pointer}
.sql-about {opacity: 0.8; margin: 0.25rem 0}
.sql-column {margin: 0.4rem 0 0 0.9rem}
.sql-column span {opacity: 0.65; font-size: 0.9em; margin-left: 0.4em; white-space: nowrap}
.sql-meaning {opacity: 0.8; margin-left: 0.9rem}
.sql-heading {font-size: 0.8rem; font-weight: 600; margin: 0.8rem 0 0.2rem; opacity: 0.7}
</style>"""


def draw() -> None:
    """The schema with its search."""
    st.subheader("Schema", anchor=False)
    search = st.text_input(
        "Search the schema",
        placeholder="A name, or a word of its meaning",
        type="search",
        icon=":material/search:",
        key="sql_schema_search",
        label_visibility="collapsed",
        max_chars=60,
        live=True,
    )
    with st.container(height=560, border=False, key="sql_schema"):
        st.html(_as_html(relations(the_store()), (search or "").strip().casefold()))


@lru_cache(maxsize=64)
def _as_html(found: tuple[Relation, ...], search: str) -> str:
    parts = [STYLE, '<div class="sql-schema">']
    for is_view, heading in ((True, "Views"), (False, "Tables")):
        shown = [part for each in found if each.is_view is is_view and (part := _relation(each, search))]
        parts += [f'<div class="sql-heading">{heading}</div>', *shown] if shown else []
    if len(parts) == 2:
        parts.append('<div class="sql-about">Nothing here has that name or meaning.</div>')
    return "".join([*parts, "</div>"])


def _relation(relation: Relation, search: str) -> str:
    whole = search in f"{relation.name} {relation.about}".casefold()
    columns = [
        each
        for each in relation.columns
        if search in f"{each.name} {each.about}".casefold() or (whole and search in relation.name.casefold())
    ]
    if not whole and not columns:
        return ""
    told = "".join(_column(each) for each in columns or relation.columns)
    about = f'<div class="sql-about">{escape(relation.about)}</div>' if relation.about else ""
    state = " open" if search else ""
    return f"<details{state}><summary>{escape(relation.name)}</summary>{about}{told}</details>"


def _column(column: Column) -> str:
    kind = escape(column.kind.lower())
    meaning = f'<div class="sql-meaning">{escape(column.about)}</div>' if column.about else ""
    return f'<div class="sql-column">{escape(column.name)}<span>{kind}</span></div>{meaning}'
