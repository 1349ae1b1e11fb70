"""`alert`: what is worth an interruption, sent when it happens."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import click

from collector.commands.frame import CommandGroup, CommandResult, Session, pass_session
from collector.commands.report import (
    add_common_commands,
    added,
    channel_options,
    channels_of,
    edit_options,
    edited,
    named,
    of_kind,
    say_subscriptions,
)
from data.accounts.authority import COMMAND_LINE
from data.accounts.tenants import tenant_named
from data.calendar import utc_now
from data.reports.subscription_settings import AlertKind, AlertSettings
from data.reports.subscriptions import change_subscription

DEFAULT = AlertSettings()
NUMBERS = {
    "least_score": (float, "Minimum score of a spike or drop."),
    "least_times": (float, "Minimum of a spike, in times the usual."),
    "referrer_views": (int, "Minimum views of a new referrer, in 14 days."),
}


def settings_options(command: Callable[..., CommandResult]) -> Callable[..., CommandResult]:
    """The options that say what is alerted; see `_changed`."""
    for name, (kind, words) in reversed(NUMBERS.items()):
        usual = f"{words} A new alert has {getattr(DEFAULT, name):g}."
        command = click.option(f"--{name.replace('_', '-')}", type=kind, help=usual)(command)
    kinds = click.Choice([*(each.value for each in AlertKind), "all"])
    only = click.option(
        "--only", type=kinds, multiple=True, help="Only this kind; may be repeated. A new alert has all."
    )
    return only(command)


def _changed(settings: AlertSettings, options: Mapping[str, Any]) -> AlertSettings:
    """The settings with what was given; what was not stays as it is."""
    changes = {name: options[name] for name in NUMBERS if options[name] is not None}
    if options["only"]:
        every = "all" in options["only"]
        changes["kinds"] = DEFAULT.kinds if every else tuple(each for each in AlertKind if each in options["only"])
    return replace(settings, **changes)


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
@settings_options
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
    settings = _changed(DEFAULT, options)
    called = name or f"{owner.name} alerts"
    return added(session, owner, called, settings, channels, text=", ".join(settings.kinds))


@alert.command()
@click.argument("name")
@settings_options
@edit_options
@pass_session
def edit(session: Session, /, name: str, **options: Any) -> CommandResult:
    """Change alerts in place: what is not given stays as it is.

    \b
    Example:
      python -m collector alert edit "acme alerts" --only spike --only loss --least-score 4
      python -m collector alert edit "acme alerts" --only all --mail ops@example.org
    """
    found = named(session, name, "alert")
    return edited(session, found, _changed(found.alert, options), options)


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
