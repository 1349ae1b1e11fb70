"""An editor for SQL in the place of a text area: CodeMirror with highlighting and completion, in a component of ours.

It fills the text area, which stays what a page reads, and which is there by itself where scripts fail. Its script is
one file (code_editor/editor.min.js, built from editor.js beside it), which a browser loads from this server once.
"""

import hashlib
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import streamlit as st
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from data.sandbox.reference import relations
from data.store import Store
from data.store.cache import cached
from pages.ui.addresses import base_path

SCRIPT = Path(__file__).with_name("code_editor") / "editor.min.js"
FOREVER = "public, max-age=31536000, immutable"  # its address changes with it
LOADER = """
export default async ({ parentElement, data }) => {
  const { show } = await import(new URL(data.source, document.baseURI).href);
  return show(parentElement, { ...data, schema: JSON.parse(data.schema) });
};
"""
DESCRIPTION = "Tab indents or completes. To leave with the keyboard: Escape, then Tab."


def routes() -> Sequence[BaseRoute]:
    async def script(request: Request) -> Response:
        return FileResponse(SCRIPT, media_type="text/javascript", headers={"Cache-Control": FOREVER})

    return [Route(_address(), script)]


def draw(area: str, text: str, *, label: str, button: str, opened: int, longest: int, schema: str) -> None:
    """Draw it below the text area of that key, with its text; Ctrl+Enter in it presses the button of that key. It
    completes the names of a schema (see `completions`).

    What was typed in it is not lost to a rerun: its text is replaced only where `opened` is another number than before.
    """
    st.components.v2.component("sql_editor", js=LOADER, isolate_styles=False)(
        key=f"{area}_editor",
        data={
            "source": _address(),
            "area": area,
            "button": button,
            "label": label,
            "description": DESCRIPTION,
            "text": text,
            "opened": opened,
            "longest": longest,
            "schema": schema,
        },
    )


@cache
def _address() -> str:
    digest = hashlib.sha256(SCRIPT.read_bytes()).hexdigest()[:12]
    return f"{base_path()}/assets/sql-editor-{digest}.js"


@cached("traffic")
def completions(store: Store) -> str:
    """The public views and tables with their columns as JSON, which is written once and not at every run of a page."""
    return json.dumps(
        [
            [each.name, each.comment, [[c.name, c.type.lower(), c.comment] for c in each.columns]]
            for each in relations(store)
        ]
    )
