"""Imports what other tools have kept: files are read and compared with what is stored, shown, and then imported."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from data.calendar import utc_day, utc_now
from data.imports import imports
from data.imports.files import File, uploaded
from data.imports.formats import header
from data.imports.models import ImportRefused, Options, Plan, Unknown
from data.imports.staging import Staged, stage
from data.repositories.repositories import repositories
from pages.move_in import view
from pages.ui import messages, session
from pages.ui.managed_tenants import choose_tenant
from pages.ui.store import the_store

MOST_MB = 50
PASTED = "pasted.txt"
ROUND = "import_round"  # the number of the upload: another one empties the controls


def chosen_files() -> list[File]:
    """What was handed over, or pasted. Raises: ImportRefused."""
    number = st.session_state.get(ROUND, 0)
    given = st.file_uploader(
        "Files",
        accept_multiple_files=True,
        max_upload_size=MOST_MB,
        key=f"import_files_{number}",
        help="CSV, JSON, JSON lines, SQLite, or a zip of them. Larger ones and git clones: by command line.",
    )
    with st.expander("Paste GitHub’s JSON instead", icon=":material/content_paste:"):
        text = st.text_area(
            "JSON",
            key=f"import_pasted_{number}",
            placeholder='$ gh api repos/octo/hello/traffic/views\n{"count": 12, …}',
            height=140,
        )
    files = [file for each in given or [] for file in uploaded(each.name, each.getvalue())]
    return [*files, *(uploaded(PASTED, text.encode()) if text else [])]


def draw_preview(tenant_id: int, files: list[File]) -> None:
    viewer, store = session.viewer().of_each_tenant(), the_store()
    names = [each.full_name for each in repositories(viewer, store) if each.tenant_id == tenant_id]
    options = view.draw_options(names)
    saved = imports.saved_mappings(viewer, store, tenant_id)
    with tempfile.TemporaryDirectory(prefix="import-") as scratch:
        try:
            staged = stage(files, options, saved, utc_day(utc_now()), Path(scratch))
        except ImportRefused as refusal:
            messages.refused(refusal)
            view.draw_mapping(files, Path(scratch))
            return
        view.draw_tables(staged)
        aliases, asked = options.aliases, Unknown.ASK
        plan = imports.plan(viewer, store, tenant_id, staged, aliases=aliases, unknown=asked)
        if plan.unknown:
            aliases = view.draw_unknown(plan.unknown, names)
            asked = view.unknown_choice()
            plan = imports.plan(viewer, store, tenant_id, staged, aliases=aliases, unknown=asked)
        view.draw_plan(staged, plan)
        if draw_button(plan):
            make(tenant_id, staged, options, aliases)


def draw_button(plan: Plan) -> bool:
    """Whether it is to be imported, which it can be once every repository is known, left out, or to be added."""
    choice = view.unknown_choice()
    unsettled = bool(plan.unknown) and choice is Unknown.ASK
    if unsettled:
        st.caption("First choose what to do with the unknown repositories.")
    elif choice is Unknown.ADD and (nobodys := [str(each) for each in plan.unknown if "/" not in each.name]):
        st.caption(f"First say which repository it is: {messages.literal(', '.join(nobodys))}.")
        unsettled = True
    if not plan.counts.wins:
        st.info("Nothing new: all of these numbers are already here.", icon=":material/check:")
    return st.button(
        "Import",
        type="primary",
        icon=":material/move_to_inbox:",
        key="import_make",
        disabled=unsettled or not plan.counts.wins,
    )


def make(tenant_id: int, staged: Staged, options: Options, aliases: Mapping[str, str]) -> None:
    mappings = {header(each.table): options.columns for each in staged.layouts} if options.columns else {}
    batch = imports.save_import(
        the_store(),
        session.require_account().username,
        tenant_id,
        staged,
        utc_now(),
        aliases=aliases,
        unknown=view.unknown_choice(),
        mappings=mappings,
    )
    st.session_state[ROUND] = st.session_state.get(ROUND, 0) + 1
    readings, days, *_ = batch.counts.sentences()
    won = days if batch.counts.days_won else readings
    messages.notice_after_rerun(f"Imported. {won}" if batch.counts.wins else "Nothing new.")


st.title("Import", anchor=False)
st.caption(
    "Import the history that another tool has collected. Nothing is saved until you press *Import*, and every import "
    "can be undone."
)
owner = choose_tenant("import_tenant")
with messages.shown():
    if brought := chosen_files():
        draw_preview(owner, brought)
view.draw_imports(owner)
