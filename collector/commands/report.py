"""`report`: a week or month as a message: what it would say, who gets it, when it last went out."""

import os
from dataclasses import asdict
from typing import Any

import click

from collector.commands.frame import CommandResult, Group, Session, pass_session
from collector.commands.selection import viewer_of_tenant
from collector.reach import overbooked
from data.accounts.tenants import tenant_named
from data.calendar import utc_day, utc_now
from data.reports.message import Links, plain_text, report_message
from data.reports.models import Report, newest_period, period_named
from data.reports.report import report as build_report
from data.traffic.models import Grain


@click.group(cls=Group)
def report() -> None:
    """Weekly and monthly reports, to Slack, Teams, Discord, a webhook or by mail.

    \b
    Example:
      python -m collector report preview acme
    """


@report.command()
@click.argument("name", metavar="TENANT")
@click.option("--monthly", is_flag=True, help="A month instead of a week.")
@click.option("--period", metavar="2026-W47", help="This week or month; otherwise the newest that is over.")
@click.option("--top", type=click.IntRange(1, 100), default=25, show_default=True, help="Repositories in the list.")
@pass_session
def preview(session: Session, name: str, monthly: bool, period: str | None, top: int) -> CommandResult:
    """Print the report as it would be sent now.

    \b
    Example:
      python -m collector report preview acme
      python -m collector report preview acme --period 2026-W47
    """
    now = utc_now()
    owner = tenant_named(session.viewer, session.store, name)
    viewer = viewer_of_tenant(session, [owner])
    newest = newest_period(Grain.MONTH if monthly else Grain.WEEK, utc_day(now))
    wanted = period_named(period, utc_day(now)) if period else newest
    managed = frozenset({owner.tenant_id})
    budgets = overbooked(viewer, session.store)
    made = build_report(
        viewer, session.store, wanted, subject=owner.name, top=top, now=now, managed=managed, budgets=budgets
    )
    session.terminal.say(plain_text(report_message(made, public_links())))
    return CommandResult(report_facts(made))


def public_links() -> Links:
    """The pages' addresses, where the environment names the one that people type: the first one."""
    address = os.environ.get("TRAFFIC_PUBLIC_ADDRESS", "").split(",")[0].strip().rstrip("/")
    path = os.environ.get("STREAMLIT_SERVER_BASE_URL_PATH", "").strip("/")
    return Links(f"{address}/{path}".rstrip("/") if address else None)


def report_facts(made: Report) -> dict[str, Any]:
    facts = asdict(made)
    period = made.period
    return facts | {"period": {"name": period.name, "first": period.first, "last": period.last}}
