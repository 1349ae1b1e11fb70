"""`import`: the history that other tools have kept."""

import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from collector.commands.frame import CommandGroup, CommandRefused, CommandResult, Session, pass_session
from collector.commands.terminal import moment
from collector.discovery import repository_names
from data.accounts import tenants
from data.accounts.authority import COMMAND_LINE
from data.accounts.models import Tenant
from data.calendar import utc_day, utc_now
from data.imports import imports
from data.imports.files import files_of
from data.imports.formats import MAPPED, TOOLS, ContentKind, header
from data.imports.models import ImportBatch, ImportRefused, Options, Plan, RepositoryPlan, Unknown
from data.imports.staging import Staged, hide_pandas, stage
from data.text import DAILY_CLONERS, DAILY_VISITORS, counted

REFUSALS_SHOWN = 20
FIELDS = ", ".join(MAPPED)
COLUMNS = (
    *("REPOSITORY", "FROM", "TO", ">DAYS OF VIEWS", ">VIEWS", f">{DAILY_VISITORS.upper()}"),
    *(">DAYS OF CLONES", ">CLONES", f">{DAILY_CLONERS.upper()}"),
)


class _WithDefault(CommandGroup):
    """A group whose command `add` need not be named."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        return super().resolve_command(ctx, args if args and args[0] in self.commands else ["add", *args])


@click.group("import", cls=_WithDefault, first=("add",))
def import_() -> None:
    """Import history from other tools, see what was imported, undo it.

    \b
    Example:
      python -m collector import acme traffic/ --repository octo/hello --dry-run
      python -m collector import list
      python -m collector import undo 7
    """


@import_.command()
@click.argument("tenant")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--tool", metavar="NAME", help=f"Which tool wrote it, if it is taken for another: {', '.join(TOOLS)}.")
@click.option(
    "--repository",
    "named",
    metavar="OWNER/NAME",
    multiple=True,
    help="The repository, where the files name none; or NAME=OWNER/NAME: what a name in the files means. Repeatable.",
)
@click.option("--year", type=click.IntRange(2008, 2100), help="The year of the first day, where days have none.")
@click.option("--map", "mapping", metavar="FIELD=COLUMN,...", help=f"Which column is which. Fields: {FIELDS}.")
@click.option(
    "--zeros", type=click.Choice(["trusted", "unknown"]), help="What a 0 means: no traffic, or nothing known."
)
@click.option(
    "--unknown",
    type=click.Choice(["skip", "add"]),
    help="Repositories that the tenant does not have: leave them out, or add their history without tracking them.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would be imported.")
@pass_session
def add(session: Session, /, tenant: str, paths: tuple[Path, ...], **given: Any) -> CommandResult:
    """Import what other tools have kept of a tenant's repositories.

    PATH is a file, a folder, a zip or a git clone, whose branches are read with the windows in their history. The
    tool is recognized by what is inside; any CSV, TSV, JSON or JSON lines can be mapped. The greatest reading of a
    day stands. Zeros count only where the tool writes them for days without traffic; days without a row stay gaps.
    Importing the same again changes nothing, and each import can be undone.

    \b
    Example:
      python -m collector import add acme traffic/ --repository octo/hello --dry-run
      python -m collector import add acme ghstats.db --unknown add
      python -m collector import add acme views.csv --map day=when,views=hits --repository octo/hello
    """
    hide_pandas()
    owner = tenants.tenant_named(session.viewer, session.store, tenant)
    options = _options(given)
    saved = imports.saved_mappings(session.viewer, session.store, owner.tenant_id)
    with tempfile.TemporaryDirectory(prefix="import-") as scratch:
        try:
            staged = stage(files_of(paths), options, saved, utc_day(utc_now()), Path(scratch))
        except ImportRefused as refusal:
            raise CommandRefused(f"{refusal} {refusal.option}".strip()) from refusal
        unknown = Unknown(given["unknown"] or Unknown.ASK)
        plan = imports.plan(
            session.viewer, session.store, owner.tenant_id, staged, aliases=options.aliases, unknown=unknown
        )
        _say_plan(session, staged, plan, unknown)
        facts = _facts(owner, staged, plan) | {"import": None}
        failed = any(each.line is not None for each in staged.refusals)
        has_owners = all("/" in each.name for each in plan.unknown)
        is_asked = plan.unknown and (unknown is Unknown.ASK or (unknown is Unknown.ADD and not has_owners))
        if given["dry_run"]:
            if is_asked:
                session.terminal.say(_question(plan))
            session.terminal.say("Dry run: nothing was written.")
            return CommandResult(facts, failed)
        if is_asked:
            raise CommandRefused(_question(plan))
        mappings = {header(each.table): options.columns for each in staged.layouts} if options.columns else {}
        batch = imports.save_import(
            session.store,
            COMMAND_LINE,
            owner.tenant_id,
            staged,
            utc_now(),
            aliases=options.aliases,
            unknown=unknown,
            mappings=mappings,
        )
    if not batch.counts.wins:
        session.terminal.say(f"Nothing new: all of these numbers are already here. Noted as import {batch.batch_id}.")
        return CommandResult(facts | {"import": batch.batch_id}, failed)
    session.terminal.say(f"Imported. To take it back: python -m collector import undo {batch.batch_id}")
    return CommandResult(facts | {"import": batch.batch_id}, failed)


@import_.command("list")
@pass_session
def list_imports(session: Session) -> CommandResult:
    """List the imports that stand, the newest first.

    \b
    Example:
      python -m collector import list
    """
    batches = imports.imports(session.viewer, session.store)
    names = {each.tenant_id: each.name for each in tenants.tenants(session.viewer, session.store)}
    columns = (">IMPORT", "WHEN", "TENANT", "TOOL", "FILES", ">REPOSITORIES", ">NEW", ">GREATER", ">DAYS WON")
    nothing = "Nothing was imported yet. See: python -m collector import --help"
    session.terminal.table(columns, (_row(each, names) for each in batches), nothing)
    facts = [
        {"import": each.batch_id, "tenant": names[each.tenant_id], "at": each.imported_at, "tool": each.tool}
        | {"source": each.source, "rows_refused": each.refused, **asdict(each.counts)}
        for each in batches
    ]
    return CommandResult({"imports": facts})


@import_.command()
@click.argument("number", metavar="IMPORT", type=int)
@pass_session
def undo(session: Session, number: int) -> CommandResult:
    """Take an import back: what is stored is then what would be there without it.

    \b
    Example:
      python -m collector import undo 7
    """
    batch = imports.undo_import(session.store, COMMAND_LINE, number, utc_now())
    session.terminal.say(f"Import {batch.batch_id} ({batch.source}) was undone.")
    return CommandResult({"import": batch.batch_id})


def _options(given: dict[str, Any]) -> Options:
    """The options, checked. Raises: CommandRefused, NameRefused."""
    aliases, plain = {}, []
    for each in given["named"]:
        alias, separator, name = each.rpartition("=")
        (checked,) = repository_names([name])
        if separator:
            aliases[alias.strip()] = checked
        else:
            plain.append(checked)
    if len(plain) > 1:
        raise CommandRefused("Say one repository for files that name none; for others: --repository NAME=OWNER/NAME")
    zeros = None if given["zeros"] is None else given["zeros"] == "trusted"
    only = plain[0] if plain else None
    return Options(given["tool"], only, aliases, given["year"], _mapping(given["mapping"]), zeros)


def _mapping(text: str | None) -> dict[str, str]:
    columns = {}
    for part in (text or "").split(",") if text else []:
        field, separator, column = part.partition("=")
        if not separator or field.strip() not in MAPPED:
            raise CommandRefused(f"{part!r} is no FIELD=COLUMN. Fields: {FIELDS}.")
        columns[field.strip()] = column.strip()
    if columns and "day" not in columns:
        raise CommandRefused("Say which column is the day: --map day=COLUMN,...")
    return columns


def _say_plan(session: Session, staged: Staged, plan: Plan, unknown: Unknown) -> None:
    say = session.terminal.say
    for each in staged.layouts[:REFUSALS_SHOWN]:
        if each.kind is not ContentKind.NAMES:
            columns = ", ".join(f"{field} = {column}" for field, column in each.used.items())
            say(f"{each.table.name}: {each.tool}, {each.kind} ({columns})")
    if len(staged.layouts) > REFUSALS_SHOWN:
        say(f"... {counted(len(staged.layouts), 'table')} in all")
    if plan.repositories:
        session.terminal.table(COLUMNS, (_planned_row(each) for each in plan.repositories))
    for line in plan.counts.sentences():
        say(line)
    if unknown is Unknown.SKIP and plan.unknown:
        say(f"Left out, as this tenant does not track them: {_listed([str(each) for each in plan.unknown])}.")
    if staged.unknown_zeros:
        say(f"{counted(staged.unknown_zeros, 'zero')} left out: this tool writes 0 where it has no data.")
    for refusal in staged.refusals[:REFUSALS_SHOWN]:
        session.terminal.warn(f"Refused: {refusal}")
    if staged.refused > REFUSALS_SHOWN:
        session.terminal.warn(f"{counted(staged.refused, 'row')} refused in all.")


def _planned_row(each: RepositoryPlan) -> tuple[str, ...]:
    views = (each.views_days, each.views, each.visitor_days)
    numbers = (*views, each.clones_days, each.clones, each.cloner_days)
    columns = ("" if number is None else f"{number:,}" for number in numbers)
    return each.full_name, str(each.first_day), str(each.last_day), *columns


def _question(plan: Plan) -> str:
    if any(not each.name for each in plan.unknown):
        return "The files do not name their repository. Say which it is: --repository OWNER/NAME"
    without_owner = [each.name for each in plan.unknown if "/" not in each.name]
    if without_owner:
        return f"Whose is {_listed(without_owner)}? Say it: --repository {without_owner[0]}=OWNER/NAME"
    return (
        f"Not tracked by this tenant: {_listed([each.name for each in plan.unknown])}. Track them first (repo add), "
        "say what they are called now (--repository OLD/NAME=OWNER/NAME), add their history only (--unknown add), or "
        "leave them out (--unknown skip)."
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:10]) + (f" and {len(names) - 10:,} more" if len(names) > 10 else "")


def _facts(owner: Tenant, staged: Staged, plan: Plan) -> dict[str, Any]:
    return {
        "tenant": owner.name,
        "tool": staged.tool,
        **asdict(plan.counts),
        "per_repository": [asdict(each) for each in plan.repositories],
        "unknown": [str(each) for each in plan.unknown],
        "zeros_left_out": staged.unknown_zeros,
        "rows_refused": staged.refused,
        "refused": [asdict(each) for each in staged.refusals],
    }


def _row(batch: ImportBatch, names: dict[int, str]) -> Sequence[str]:
    counts = batch.counts
    numbers = (counts.repositories, counts.new, counts.greater, counts.days_won)
    columns = (str(batch.batch_id), moment(batch.imported_at), names[batch.tenant_id], batch.tool, batch.source)
    return *columns, *(f"{number:,}" for number in numbers)
