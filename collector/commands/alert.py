"""`alert`: what is worth an interruption, sent when it happens."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import click

from collector.commands.frame import CommandGroup, CommandResult, Session, pass_session
from collector.commands.report import (
    add_common_commands,
    channel_options,
    channels_of,
    edit_options,
    edited,
    named,
    of_kind,
    say_added,
    say_subscriptions,
)
from data.accounts.authority import COMMAND_LINE
from data.accounts.tenants import tenant_named
from data.calendar import utc_now
from data.reports.settings import AlertKind, AlertSettings
from data.reports.subscriptions import add_subscription, change_subscription

DEFAULT = AlertSettings()


@click.group(cls=CommandGroup)
def alert() -> None:
    """Alerts of a tenant: spikes, drops, new referrers, milestones, days about to be lost, failures, expiring tokens.

    One message per collection; each episode once, and the end of those that last.

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
@click.option(
    "--least-score",
    type=float,
    default=DEFAULT.least_score,
    show_default=True,
    help="Minimum score of a spike or drop.",
)
@click.option(
    "--least-times",
    type=float,
    default=DEFAULT.least_times,
    show_default=True,
    help="Minimum of a spike, in times the usual.",
)
@click.option(
    "--referrer-views",
    type=int,
    default=DEFAULT.referrer_views,
    show_default=True,
    help="Minimum views of a new referrer, in 14 days.",
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
    secrets = say_added(session, "alert", key, channels)
    return CommandResult({"subscription_id": key, "name": called, "signing_secrets": secrets})


@alert.command()
@click.argument("name")
@click.option(
    "--only", type=click.Choice([*(each.value for each in AlertKind), "all"]), multiple=True, help="Only this kind."
)
@click.option("--least-score", type=float, help="Minimum score of a spike or drop.")
@click.option("--least-times", type=float, help="Minimum of a spike, in times the usual.")
@click.option("--referrer-views", type=int, help="Minimum views of a new referrer, in 14 days.")
@edit_options
@pass_session
def edit(session: Session, /, name: str, **options: Any) -> CommandResult:
    """Change alerts in place: what is not given stays as it is.

    \b
    Example:
      python -m collector alert edit "acme alerts" --only spike --only loss --least-score 4
      python -m collector alert edit "acme alerts" --only all --mail ops@example.org
    """
    found, only = named(session, name, "alert"), options["only"]
    tuned = {
        each: options[each] for each in ("least_score", "least_times", "referrer_views") if options[each] is not None
    }
    if only:
        tuned["kinds"] = DEFAULT.kinds if "all" in only else tuple(each for each in AlertKind if each in only)
    return edited(session, found, replace(found.alert, **tuned), options)


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
    return CommandResult({"alerts": say_subscriptions(session, found, lambda each: _kinds(each.alert))})


@alert.command()
@click.argument("name")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Up to this day, UTC.  [default: no longer muted]")
@pass_session
def mute(session: Session, name: str, until: datetime | None) -> CommandResult:
    """Send nothing until a day, that day included. What happens meanwhile is not sent later.

    \b
    Example:
      python -m collector alert mute "acme alerts" --until 2027-01-06
    """
    found, day = named(session, name, "alert"), None if until is None else until.date()
    settings = replace(found.alert, muted_until=day)
    change_subscription(session.store, COMMAND_LINE, found.subscription_id, utc_now(), settings=settings)
    session.terminal.say(
        f"Alert {found.name!r} is muted until {day}." if day else f"Alert {found.name!r} is not muted."
    )
    return CommandResult({"subscription_id": found.subscription_id, "muted_until": day})


def _kinds(settings: AlertSettings) -> str:
    kinds = "all kinds" if settings.kinds == DEFAULT.kinds else ", ".join(settings.kinds)
    return f"{kinds}, muted until {settings.muted_until}" if settings.muted_until else kinds


add_common_commands(alert, "alert")
