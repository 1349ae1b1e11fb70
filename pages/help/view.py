"""Chapters of the help: the files of docs/, with links that lead from one to another."""

import re
from functools import cache
from html import escape
from pathlib import Path

import streamlit as st

DOCS = Path(__file__).parents[2] / "docs"
CHAPTERS = {  # of each file, what it is about
    "user": "User guide",
    "measures": "What the numbers mean",
    "dashboards": "Dashboards",
    "import": "Coming from another tool",
    "sql": "SQL",
    "schema": "Tables and views",
    "programs": "For programs",
    "administrator": "Users and tenants",
    "operator": "Run the server",
    "scaling": "Many machines",
    "benchmarks": "How fast it is",
    "architecture": "How it is built",
}
_LINK = re.compile(r"\[([^\]]+)\]\((?!https?://)([^)#\s]+)(#[^)\s]*)?\)")
_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
_DIAGRAM = re.compile(r"^```mermaid\n(.*?)^```\n", re.MULTILINE | re.DOTALL)


def chapter(name: str) -> str:
    return name if name in CHAPTERS else next(iter(CHAPTERS))


@cache
def text_of(name: str) -> str:
    """A chapter with its links as addresses in the app; what is not part of the help keeps its words only."""

    def linked(found: re.Match[str]) -> str:
        words, other, place = found[1], found[2].removesuffix(".md"), found[3] or ""
        return f"[{words}](help?chapter={other}{place})" if other in CHAPTERS else words

    return _LINK.sub(linked, (DOCS / f"{name}.md").read_text(encoding="utf-8"))


def anchor(heading: str) -> str:
    """The name of a heading in an address, as Streamlit gives it."""
    return "-".join(re.findall(r"[^\W_]+", heading.lower()))


def draw_contents(shown: str) -> None:
    st.html(_contents(shown))


@cache
def _contents(shown: str) -> str:
    items = "".join(_item(name, title, name == shown) for name, title in CHAPTERS.items())
    return f'<nav class="help-contents" aria-label="Chapters"><ul>{items}</ul></nav>'


def _item(name: str, title: str, is_shown: bool) -> str:
    link = f'<a href="help?chapter={name}"{" aria-current=page" if is_shown else ""}>{escape(title)}</a>'
    if not is_shown:
        return f"<li>{link}</li>"
    headings = _HEADING.findall(text_of(name))
    inside = "".join(f'<li><a href="#{anchor(each)}">{escape(each)}</a></li>' for each in headings)
    return f"<li>{link}<ul>{inside}</ul></li>"


def draw_chapter(name: str) -> None:
    for number, part in enumerate(_DIAGRAM.split(text_of(name))):
        if number % 2:
            st.mermaid_chart(part)
        elif part.strip():
            st.markdown(part)
