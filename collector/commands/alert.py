"""`alert`: what is worth an interruption, sent when it happens."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import click

from collector.commands.frame import CommandGroup, CommandResult, Session, pass_session
from collector.commands.report import (
    channel_options,
    channels_of,
    facts_of,
    listed,
    named,
    of_kind,
    removed,
    set_active,
    tell_added,
    tested,
)
from data.accounts.authority import COMMAND_LINE
from data.accounts.tenants import tenant_named
from data.calendar import utc_now
from data.reports.deliveries import deliveries
from data.reports.settings import AlertKind, AlertSettings
from data.reports.subscriptions import add_subscription, change_alert

DEFAULT = AlertSettings()


@click.group(cls=CommandGroup)
def alert() -> None:
    """Alerts of a tenant: spikes, drops, new referrers, milestones, days about to be lost, failures, expiring tokens.

    All of a collection comes in one message, each episode once; of what lasts, its end is told as well.

    \b
    Example:
      python -m collector alert add acme --slack-env SLACK_WEBHOOK
      python -m collector alert mute "acme alerts" --until 2027-01-06
    """


@alert.command()
@click.argument("tenant")
@click.option("--name", help='What it is called.  [default: "TENANT alerts"]')
@click.option(
    "--only",
    type=click.Choice([each.value for each in AlertKind]),
    multiple=True,
    help="Only this kind; may be repeated.  [default: all]",
)
@click.option("--least-score", type=float, default=DEFAULT.least_score, show_default=True, help="Of a spike or drop.")
@click.option(
    "--least-times", type=float, default=DEFAULT.least_times, show_default=True, help="The usual, that a spike has."
)
@click.option(
    "--referrer-views",
    type=int,
    default=DEFAULT.referrer_views,
    show_default=True,
    help="Of a new referrer, in 14 days.",
)
@channel_options
@pass_session
def add(session: Session, /, tenant: str, name: str | None, **options: Any) -> CommandResult:
    """Alert a tenant's people by some channels.

    A spike or drop is one of final days that the product marks: a gap or a pending day is none.

    \b
    Example:
      python -m collector alert add acme --slack-env SLACK_WEBHOOK
      python -m collector alert add acme --mail ops@example.org --only loss --only token --only missed
    """
    owner = tenant_named(session.viewer, session.store, tenant)
    channels = channels_of(options)
    kinds = tuple(AlertKind(each) for each in options["only"]) or DEFAULT.kinds
    settings = AlertSettings(kinds, options["least_score"], options["least_times"], options["referrer_views"])
    called = name or f"{owner.name} alerts"
    now, by = utc_now(), COMMAND_LINE
    key = add_subscription(session.store, by, called, settings, channels, tenant_id=owner.tenant_id, now=now)
    session.terminal.say(f"Added alert {called!r} of {owner.name}: {', '.join(kinds)}.")
    secrets = tell_added(session, "alert", key, channels)
    return CommandResult({"subscription_id": key, "name": called, "signing_secrets": secrets})


@alert.command(name="list")
@pass_session
def list_alerts(session: Session) -> CommandResult:
    """List the alerts with their channels and what was last sent.

    \b
    Example:
      python -m collector alert list
    """
    found = of_kind(session, "alert")
    if not found:
        session.terminal.say("There is no alert yet. Add one: python -m collector alert add TENANT --slack-env VAR")
        return CommandResult({"alerts": []})
    newest = deliveries(session.account, session.store)
    rows = [(*row, _state(each.alert, active=each.active), *rest) for each, row, rest in listed(found, newest)]
    session.terminal.table(("ID", "NAME", "OF", "CHANNEL", "LAST"), rows)
    return CommandResult({"alerts": [facts_of(each, newest) for each in found]})


@alert.command()
@click.argument("name")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Up to this day, UTC.  [default: no longer muted]")
@pass_session
def mute(session: Session, name: str, until: datetime | None) -> CommandResult:
    """Send nothing until a day, that day included. What happens meanwhile is not told later.

    \b
    Example:
      python -m collector alert mute "acme alerts" --until 2027-01-06
    """
    found, day = named(session, name, "alert"), None if until is None else until.date()
    settings = replace(found.alert, muted_until=day)
    change_alert(session.store, COMMAND_LINE, found.subscription_id, settings, utc_now())
    session.terminal.say(
        f"Alert {found.name!r} is muted until {day}." if day else f"Alert {found.name!r} is not muted."
    )
    return CommandResult({"subscription_id": found.subscription_id, "muted_until": day})


@alert.command()
@click.argument("name")
@pass_session
def test(session: Session, name: str) -> CommandResult:
    """Send what there is to tell of now by all channels, marked as a test.

    \b
    Example:
      python -m collector alert test "acme alerts"
    """
    return tested(session, named(session, name, "alert"))


@alert.command()
@click.argument("name")
@pass_session
def pause(session: Session, name: str) -> CommandResult:
    """Send no more alerts, until they are resumed.

    \b
    Example:
      python -m collector alert pause "acme alerts"
    """
    return set_active(session, named(session, name, "alert"), active=False)


@alert.command()
@click.argument("name")
@pass_session
def resume(session: Session, name: str) -> CommandResult:
    """Send paused alerts again.

    \b
    Example:
      python -m collector alert resume "acme alerts"
    """
    return set_active(session, named(session, name, "alert"), active=True)


@alert.command()
@click.argument("name")
@pass_session
def remove(session: Session, name: str) -> CommandResult:
    """Remove alerts with the addresses of their channels.

    \b
    Example:
      python -m collector alert remove "acme alerts"
    """
    return removed(session, named(session, name, "alert"))


def _state(settings: AlertSettings, *, active: bool) -> str:
    kinds = "all" if settings.kinds == DEFAULT.kinds else ", ".join(settings.kinds)
    muted: date | None = settings.muted_until
    return "paused" if not active else f"{kinds}, muted until {muted}" if muted else kinds
