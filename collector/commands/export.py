"""`export`: what is stored, as a file."""

import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from collector.commands.frame import Command, CommandRefused, CommandResult, Session, pass_session
from collector.commands.selection import chosen_tenants, members_of_groups, named
from data.accounts.grants import counted_once
from data.repositories.repositories import repositories
from data.text import counted
from data.traffic.export import ExportFormat, ExportRequest, ExportTable
from data.traffic.export import export as write_export

STDOUT = "-"


class _Day(click.ParamType[date]):
    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            return datetime.strptime(value, "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            self.fail(f"{value!r} is not a day. Write it as 2026-11-24.", param, ctx)


DAY = _Day()


@click.command(cls=Command)
@click.argument("table", type=click.Choice([table.value for table in ExportTable]), metavar="TABLE")
@click.option("--to", "target", required=True, metavar="FILE", help="A file ending in .csv or .parquet; - for stdout.")
@click.option("--tenant", metavar="NAME", help="Only this tenant's repositories.")
@click.option("--repo", "names", metavar="OWNER/NAME", multiple=True, help="Only this repository; may be repeated.")
@click.option("--group", "group_names", metavar="NAME", multiple=True, help="Only this group; may be repeated.")
@click.option("--from", "first_day", type=DAY, metavar="DAY", help="From this UTC day on.")
@click.option("--until", "last_day", type=DAY, metavar="DAY", help="Up to this UTC day, itself included.")
@click.option("--without-imports", is_flag=True, help="Days, weeks and months as they would be without imports.")
@click.option("--overwrite", is_flag=True, help="Replace the file if it exists.")
@pass_session
def export(session: Session, /, table: str, target: str, tenant: str | None, **narrow: Any) -> CommandResult:
    """Write a table to a CSV or Parquet file.

    TABLE is daily, weekly, monthly, repositories, referrers, paths, clones, spikes, stars, releases or notes. The file
    is written whole or not at all. Unknown is empty, never zero; days are UTC. A repository that several tenants track
    is written once, with the tenant that has the most days, unless --tenant is given.

    \b
    Example:
      python -m collector export daily --to traffic.csv
      python -m collector export weekly --to acme.parquet --tenant acme --from 2026-01-01
      python -m collector export daily --to - --repo octo/hello
      python -m collector export weekly --to shop.csv --group "Web shop"
    """
    if target == STDOUT and session.as_json:
        raise CommandRefused("With --to - stdout is for the rows, so --json cannot be used. Name a file.")
    kind = _format(target)
    owners = {each.tenant_id for each in chosen_tenants(session, tenant)}
    viewer = session.viewer if tenant is not None else counted_once(session.viewer, session.store)
    chosen = None
    if narrow["names"] or narrow["group_names"]:
        found = [each for each in repositories(session.viewer, session.store) if each.tenant_id in owners]
        keys = {each.repository_id for each in named(session, found, narrow["names"])}
        keys |= members_of_groups(session, owners, narrow["group_names"])
        chosen = tuple(set(viewer.counted_each(keys)))
    request = ExportRequest(
        ExportTable(table),
        kind,
        tuple(owners) if tenant is not None else None,
        chosen,
        narrow["first_day"],
        narrow["last_day"],
        narrow["overwrite"],
        imports=not narrow["without_imports"],
    )
    place = Path(target) if target != STDOUT else sys.stdout.buffer
    rows = write_export(viewer, session.store, request, place)
    sentence = f"{counted(rows, 'row')} written to {'stdout' if target == STDOUT else target}."
    (session.terminal.warn if target == STDOUT else session.terminal.say)(sentence)
    return CommandResult({"table": table, "file": target, "rows": rows})


def _format(target: str) -> ExportFormat:
    if target == STDOUT or target.casefold().endswith(".csv"):
        return ExportFormat.CSV
    if target.casefold().endswith(".parquet"):
        return ExportFormat.PARQUET
    raise CommandRefused(f"{target}: the file's name must end in .csv or .parquet.")
