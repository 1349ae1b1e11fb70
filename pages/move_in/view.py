"""The pieces of the page: what was recognized and what it would bring, unknown repositories, what was imported."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import streamlit as st
from pandas import DataFrame
from streamlit import column_config as config

from collector.discovery import repository_names
from collector.errors import NameRefused
from data.accounts import accounts
from data.calendar import utc_now
from data.imports import imports
from data.imports.files import File
from data.imports.formats import MAPPED, TOOLS, ContentKind, Field, guessed
from data.imports.models import ImportBatch, ImportRefused, NamedRepository, Options, Plan, Unknown
from data.imports.staging import Staged
from data.imports.tables import SourceTable, tables_of
from data.text import DAILY_CLONERS, DAILY_VISITORS, SUM_HELP, counted
from pages.ui import messages, session
from pages.ui.notation import day_format
from pages.ui.store import the_store
from pages.ui.time_format import moment_column

FIRST_ROWS = 4
MOST_SHOWN = 20
RECOGNIZED, AS_THE_FILES_SAY, NOT_THERE = "Recognized by its columns", "As the files say", "–"
WHAT = {
    Field.DAY: "Day",
    Field.REPOSITORY: "Repository",
    Field.VIEWS: "Views",
    Field.VIEW_UNIQUES: "Unique visitors",
    Field.CLONES: "Clones",
    Field.CLONE_UNIQUES: "Unique cloners",
    Field.STARS: "Stars",
    Field.FORKS: "Forks",
}
ZEROS = {"As the tool writes them": None, "No traffic on that day": True, "No data for that day": False}
CHOICES = {"Leave out": Unknown.SKIP, "Add their history, without tracking them": Unknown.ADD}
UNKNOWN = "import_unknown"


def draw_options(names: Sequence[str]) -> Options:
    """The fields for what the files do not say themselves."""
    left, right = st.columns(2)
    with left:
        repository = st.selectbox(
            "Repository",
            [AS_THE_FILES_SAY, *names],
            key="import_repository",
            help="For files that do not name it. A file that names another one is refused.",
        )
    with right:
        tool = st.selectbox("Tool", [RECOGNIZED, *TOOLS], key="import_tool")
    with st.expander("Zeros and years", icon=":material/tune:"):
        zeros = st.selectbox("A zero means", list(ZEROS), key="import_zeros")
        year = st.number_input(
            "Year of the first day, where days have none", 2008, 2100, value=None, key="import_year", width=320
        )
    return Options(
        None if tool == RECOGNIZED else tool,
        None if repository == AS_THE_FILES_SAY else repository,
        year=None if year is None else int(year),
        columns=_mapped(),
        trust_zeros=ZEROS[zeros],
    )


def _mapped() -> dict[str, str]:
    """The columns that were chosen by hand."""
    if not st.session_state.get("import_by_hand"):
        return {}
    chosen = {field.value: st.session_state.get(f"import_map_{field}") for field in MAPPED}
    columns = {field: column for field, column in chosen.items() if column not in {None, NOT_THERE}}
    return columns if Field.DAY in columns else {}


def draw_mapping(files: Sequence[File], scratch: Path) -> None:
    """Which column is which, for the first table of the files, where it is not understood."""
    try:
        table = next((table for file in files for table in tables_of(file, scratch)), None)
    except ImportRefused:
        return
    if table is not None:
        draw_columns(table)


def draw_columns(table: SourceTable) -> None:
    """Controls that say which column is which, filled with what is guessed, above the first rows."""
    known = guessed(table)
    by_hand = st.toggle("Choose the columns myself", key="import_by_hand")
    if by_hand:
        with st.container(horizontal=True):
            for field in MAPPED:
                options = [NOT_THERE, *table.columns]
                place = options.index(known[field]) if field in known else 0
                st.selectbox(WHAT[field], options, index=place, key=f"import_map_{field}", width=180)
        st.caption("Saved for files with the same columns.")
    rows = [dict(zip(table.columns, row, strict=False)) for row in table.first_rows(FIRST_ROWS)]
    st.dataframe(DataFrame(rows), hide_index=True, key="import_rows", alt=f"The first rows of {table.name}")


def draw_tables(staged: Staged) -> None:
    """What was recognized, with the first rows of the first table."""
    lines = []
    for each in staged.layouts[:MOST_SHOWN]:
        if each.kind is not ContentKind.NAMES:
            columns = ", ".join(f"{WHAT.get(field, field)}: {column}" for field, column in each.used.items())
            recognized = messages.literal(f"{each.tool}, {each.kind} ({columns})")
            lines.append(f"- **{messages.literal(each.table.name)}**: {recognized}")
    more = len(staged.layouts) - MOST_SHOWN
    st.subheader("Recognized", anchor=False)
    st.markdown("\n".join([*lines, *([f"- and {counted(more, 'table')} more"] if more > 0 else [])]))
    draw_columns(staged.layouts[0].table)


def draw_unknown(unknown: Sequence[NamedRepository], names: Sequence[str]) -> dict[str, str]:
    """Asks which repositories the unknown names mean; answers the repository by name, where one was chosen or typed."""
    st.subheader("Unknown repositories", anchor=False)
    aliases: dict[str, str] = {}
    for number, repository in enumerate(unknown[:MOST_SHOWN]):
        name = st.selectbox(
            f"{messages.literal(repository.name)} is" if repository.name else "Repository that the files are about",
            [NOT_THERE, *names],
            key=f"import_alias_{number}",
            help="Choose one, or type OWNER/NAME.",
            accept_new_options=True,
            width=360,
        )
        try:
            if name != NOT_THERE:
                (aliases[repository.name],) = repository_names([name])
        except NameRefused as refusal:
            messages.refused(refusal)
    if len(aliases) < len(unknown) or not set(aliases.values()) <= set(names):
        st.radio("Repositories that you don’t track", list(CHOICES), index=None, key=UNKNOWN)
    return aliases


def unknown_choice() -> Unknown:
    """What is done with repositories that stay unknown."""
    return CHOICES.get(st.session_state.get(UNKNOWN) or "", Unknown.ASK)


def draw_plan(staged: Staged, plan: Plan) -> None:
    """What it would bring."""
    st.subheader("What will be imported", anchor=False)
    st.markdown("\n".join(f"- {sentence}" for sentence in plan.counts.sentences()))
    if staged.unknown_zeros:
        st.caption(f"{counted(staged.unknown_zeros, 'zero')} left out: this tool writes 0 where it has no data.")
    if plan.repositories:
        number, day = config.NumberColumn, config.DateColumn
        st.dataframe(
            DataFrame(plan.repositories),
            column_config={
                "full_name": config.TextColumn("Repository", pinned=True),
                "first_day": day("From", format=day_format()),
                "last_day": day("To", format=day_format()),
                "views_days": number("Days of views", format="localized"),
                "views": number("Views", format="localized"),
                "visitor_days": number(DAILY_VISITORS, help=SUM_HELP, format="localized"),
                "clones_days": number("Days of clones", format="localized"),
                "clones": number("Clones", format="localized"),
                "cloner_days": number(DAILY_CLONERS, help=SUM_HELP, format="localized"),
            },
            hide_index=True,
            key="import_plan",
            placeholder="",
            alt=f"Contents of the files, for {counted(len(plan.repositories), 'repository')}",
        )
    if staged.refused:
        lines = [messages.literal(str(each)) for each in staged.refusals]
        st.warning(messages.bullets("Not imported:", lines, MOST_SHOWN, staged.refused), icon=":material/block:")


def draw_imports(tenant_id: int) -> None:
    """The tenant's imports, each with the way back."""
    store, who = the_store(), session.require_account()
    batches = [each for each in imports.imports(session.viewer(), store) if each.tenant_id == tenant_id]
    if not batches:
        return
    st.subheader("Imports", anchor=False)
    users = {each.user_id: each.username for each in accounts.accounts(who, store)} | {0: "command line"}
    st.dataframe(
        DataFrame([_row(each, users) for each in batches]),
        column_config={
            "number": config.NumberColumn("No.", width=50),
            "at": moment_column("When"),
            "who": config.TextColumn("Who"),
            "tool": config.TextColumn("Tool"),
            "source": config.TextColumn("Files"),
            "days_won": config.NumberColumn("Days added", format="localized"),
            "new": config.NumberColumn("New", format="localized"),
            "greater": config.NumberColumn("Greater", format="localized"),
        },
        hide_index=True,
        key="import_list",
        alt=f"{counted(len(batches), 'import')}, the newest first",
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        numbers = {each.batch_id: f"{each.batch_id} · {each.source}" for each in batches}
        chosen = st.selectbox("Import", list(numbers), format_func=numbers.__getitem__, key="import_chosen", width=320)
        if st.button("Undo", icon=":material/undo:", key="import_undo"):
            messages.confirm(
                f"Undo import {chosen}?",
                "The days that it added are removed, and everything is as if it had never been imported.",
                "Undo",
                lambda: imports.undo_import(store, session.require_account().username, chosen, utc_now()),
                f"Import {chosen} was undone.",
            )


def _row(each: ImportBatch, users: Mapping[int, str]) -> dict[str, object]:
    return {
        "number": each.batch_id,
        "at": each.imported_at,
        "who": users.get(each.user_id, "somebody else"),
        "tool": each.tool,
        "source": each.source,
        "days_won": each.counts.days_won,
        "new": each.counts.new,
        "greater": each.counts.greater,
    }
