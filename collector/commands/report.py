"""`report`: weekly and monthly reports: who gets them by which channels, what they say, and sending one by hand."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from textwrap import fill
from typing import Any

import click

from collector.commands.frame import CommandFailed, CommandGroup, CommandRefused, CommandResult, Session, pass_session
from collector.commands.selection import tracked
from collector.commands.terminal import moment
from collector.delivery.channels import NAMES, checked_channel
from collector.delivery.mail import NOT_SET, mail_server
from collector.delivery.sender import SEES_NOTHING, Sender, public_links, report_content, send_test
from collector.redaction import one_line
from data.accounts.authority import COMMAND_LINE
from data.accounts.models import Tenant
from data.accounts.tenants import tenant_named, tenants
from data.calendar import utc_day, utc_now
from data.reports.deliveries import Attempt, Delivery, deliveries, to_be_sent
from data.reports.message import plain_text
from data.reports.models import Period, period_named
from data.reports.recipients import recipient_of
from data.reports.subscription_settings import (
    AlertSettings,
    ReportSettings,
    Settings,
    SubscriptionRefused,
    settings_as_json,
    time_as_typed,
)
from data.reports.subscriptions import (
    Channel,
    ChannelChanges,
    NewChannel,
    Subscription,
    add_subscription,
    change_subscription,
    pause_subscription,
    remove_subscription,
    subscriptions,
)
from data.repositories.groups import group_named
from data.store.version_files import LockHeld
from data.text import ended
from data.traffic.models import Grain

SENDING_WAIT_S = 60.0
WIDTH = 80
OUTCOMES = {"again": "not sent, to be tried again", "failed": "not sent", "skipped": "not sent"}


def channel_options(command: Callable[..., CommandResult]) -> Callable[..., CommandResult]:
    """The options that say where something goes; see `channels_of`."""
    for option in reversed(_CHANNEL_OPTIONS):
        command = option(command)
    return command


def edit_options(command: Callable[..., CommandResult]) -> Callable[..., CommandResult]:
    """The options of `edit` that reports and alerts have alike."""
    for option in reversed((*_EDIT_OPTIONS, *_CHANNEL_OPTIONS)):
        command = option(command)
    return command


def channels_of(options: Mapping[str, Any], *, needed: bool = True) -> list[NewChannel]:
    """The channels of these options. Raises: CommandRefused without one, AddressRefused, ReceiverUnreachable."""
    mail_server()  # a wrong setting is reported before something is added
    channels = [checked_channel("mail", each) for each in options["mail"]]
    for kind in ("slack", "teams", "discord", "webhook", "other"):
        channels += [checked_channel(kind, _of_environment(each)) for each in options[f"{kind}_env"]]
    if needed and not channels:
        raise CommandRefused("Say where it goes: --slack-env VAR, --teams-env VAR, --mail ADDRESS, ... (see --help).")
    return channels


def say_added(session: Session, kind: str, key: int, channels: Sequence[NewChannel]) -> list[str]:
    """What is to be known of a new one: the secrets of its webhooks, once, and the next step."""
    secrets = [each.secret for each in channels if each.kind == "webhook"]
    for secret in secrets:
        session.terminal.say(f"Signing secret of the webhook, shown only now: {secret}")
    if any(each.kind == "mail" for each in channels) and mail_server() is None:
        session.terminal.warn(NOT_SET)
    session.terminal.say(f"Next: python -m collector {kind} test '#{key}'")
    return secrets


_CHANNEL_OPTIONS = (
    click.option(
        "--slack-env", metavar="VAR", multiple=True, help="Slack (Mattermost, Rocket.Chat): its webhook address."
    ),
    click.option("--teams-env", metavar="VAR", multiple=True, help="Microsoft Teams: the address of a workflow."),
    click.option("--discord-env", metavar="VAR", multiple=True, help="Discord: its webhook address."),
    click.option("--webhook-env", metavar="VAR", multiple=True, help="A webhook of yours: JSON, signed."),
    click.option("--other-env", metavar="VAR", multiple=True, help="Another service: its address for apprise."),
    click.option("--mail", metavar="ADDRESS", multiple=True, help="By mail; may be repeated."),
)
_EDIT_OPTIONS = (
    click.option("--rename", metavar="NAME", help="A new name."),
    click.option("--channel", type=int, metavar="N", help="The channel of this number goes to the address given."),
    click.option(
        "--remove-channel", type=int, metavar="N", multiple=True, help="Remove this channel; may be repeated."
    ),
)


def add_common_commands(group: click.Group, kind: str) -> None:
    """What is done alike with a report and with an alert: test, pause, resume and remove."""

    def command(word: str, act: Callable[[Session, Subscription], CommandResult], text: str) -> None:
        def run(session: Session, name: str) -> CommandResult:
            return act(session, named(session, name, kind))

        example = "acme weekly" if kind == "report" else "acme alerts"
        run.__doc__ = f'{text}\n\n\b\nExample:\n  python -m collector {kind} {word} "{example}"\n'
        group.command(name=word)(click.argument("name")(pass_session(run)))

    now = "the newest report" if kind == "report" else "the current alerts"
    command("test", tested, f"Send {now} by all channels as a test.")
    command("pause", partial(set_active, active=False), f"Stop sending this {kind} until it is resumed.")
    command("resume", partial(set_active, active=True), f"Resume a paused {kind}: what was due meanwhile is not sent.")
    command("remove", removed, f"Remove this {kind} with the addresses of its channels.")


@click.group(cls=CommandGroup)
def report() -> None:
    """Weekly and monthly reports, to Slack, Teams, Discord, a webhook or by mail.

    The timer (schedule) sends them. An address is read from the environment: whoever has it may write there.

    \b
    Example:
      python -m collector report add acme --weekly --slack-env SLACK_WEBHOOK
      python -m collector report preview "acme weekly"
    """


@report.command()
@click.argument("tenant")
@click.option("--weekly", "grain", flag_value="week", default="week", help="A report of each week (the default).")
@click.option("--monthly", "grain", flag_value="month", help="A report of each month.")
@click.option("--name", help='What it is called.  [default: "TENANT weekly"]')
@channel_options
@click.option("--top", type=int, default=25, show_default=True, help="Repositories in the list.")
@click.option(
    "--at", "at", metavar="TIME", default="12:00", show_default=True, help="MON 12:00, or 1 12:00 of a month."
)
@click.option("--zone", default="UTC", show_default=True, help="The time zone of that.")
@click.option("--repo", "names", metavar="OWNER/NAME", multiple=True, help="Only this repository; may be repeated.")
@click.option("--group", metavar="NAME", help="Only the repositories of this group.")
@pass_session
def add(session: Session, /, tenant: str, name: str | None, **options: Any) -> CommandResult:
    """Send a tenant's report by some channels, each week or month.

    It is due at the time given after the week, and goes out once the week is final, 48 hours later at the latest. The
    signing secret of a webhook is printed once; none of the addresses is shown again.

    \b
    Example:
      python -m collector report add acme --weekly --slack-env SLACK_WEBHOOK
      python -m collector report add acme --monthly --mail team@example.org --at '1 08:00' --zone Europe/Berlin
    """
    owner = tenant_named(session.viewer, session.store, tenant)
    grain = Grain(options["grain"])
    channels = channels_of(options)
    day, at = time_as_typed(options["at"], grain)
    settings = ReportSettings(
        grain,
        options["top"],
        day,
        at,
        options["zone"],
        _repository_ids(session, tenant, options["names"]),
        _group_id(session, owner.tenant_id, options["group"]),
    )
    called = name or f"{owner.name} {'weekly' if grain is Grain.WEEK else 'monthly'}"
    places = ", ".join(f"{NAMES[each.kind]} ({each.hint})" for each in channels)
    return added(session, owner, called, settings, channels, text=f"{settings.at_text}, to {places}")


def added(
    session: Session, owner: Tenant, name: str, settings: Settings, channels: Sequence[NewChannel], *, text: str
) -> CommandResult:
    """Add a report or an alert of a tenant; `text` says what it is set to."""
    by, now, kind = COMMAND_LINE, utc_now(), "alert" if isinstance(settings, AlertSettings) else "report"
    key = add_subscription(session.store, by, name, settings, channels, tenant_id=owner.tenant_id, now=now)
    session.terminal.say(f"Added {kind} {name!r} of {owner.name}: {text}.")
    secrets = say_added(session, kind, key, channels)
    return CommandResult({"subscription_id": key, "name": name, "signing_secrets": secrets})


@report.command(name="list")
@pass_session
def list_reports(session: Session) -> CommandResult:
    """List the reports with their channels and what was last sent.

    \b
    Example:
      python -m collector report list
    """
    found, now = of_kind(session, "report"), utc_now()
    if not found:
        session.terminal.say("There is no report yet. Add one: python -m collector report add TENANT --slack-env VAR")
        return CommandResult({"reports": []})
    facts = say_subscriptions(session, found, lambda each: each.report.at_text)
    return CommandResult({"reports": facts, "now": now})


@report.command()
@click.argument("name")
@click.option("--period", metavar="2026-W47", help="This week or month; otherwise the newest that is over.")
@pass_session
def preview(session: Session, name: str, period: str | None) -> CommandResult:
    """Print a report as it would be sent now. NAME is that of a report, or its number as in #3.

    \b
    Example:
      python -m collector report preview "acme weekly"
      python -m collector report preview '#3' --period 2026-W47
    """
    found, now, links = named(session, name, "report"), utc_now(), public_links()
    chosen, recipient = _period(found, period), recipient_of(session.store, found)
    if recipient.sees_nothing:
        raise SubscriptionRefused(SEES_NOTHING)
    content = report_content(session.store, recipient, found, chosen, links=links, now=now)
    session.terminal.say(plain_text(content.message))
    return CommandResult(dict(content.facts))


@report.command()
@click.argument("name")
@click.option("--period", metavar="2026-W47", help="This week or month; otherwise the newest that is over.")
@click.option("--dry-run", is_flag=True, help="Say what would be sent where, and send nothing.")
@pass_session
def send(session: Session, name: str, period: str | None, dry_run: bool) -> CommandResult:
    """Send a report now by the channels that have not had it.

    What was sent of a week or month is never sent again.

    \b
    Example:
      python -m collector report send "acme weekly"
      python -m collector report send "acme weekly" --period 2026-W47 --dry-run
    """
    found, now = named(session, name, "report"), utc_now()
    chosen = _period(found, period)
    sender = Sender(session.store, public_links(), session.terminal.log)
    try:
        with sender.alone(SENDING_WAIT_S):
            due = to_be_sent(session.store, found, chosen, now, now, asked_for=True)
            open_channels = _open_channels(found)
            for each in open_channels:
                word = "to be sent" if any(each == one.channel for one in due) else "sent already"
                session.terminal.say(f"{chosen.name} to {_channel(each)}: {word}.")
            if dry_run or not due:
                return CommandResult({"period": chosen.name, "attempts": []})
            return _result(session, chosen.name, sender.send(due))
    except LockHeld as held:
        raise CommandFailed(f"Reports are being sent: {held.holder}. Try again when that is over.") from held


@report.command()
@click.argument("name")
@click.option("--weekly", "grain", flag_value="week", help="A report of each week.")
@click.option("--monthly", "grain", flag_value="month", help="A report of each month.")
@click.option("--top", type=int, help="Repositories in the list.")
@click.option("--at", metavar="TIME", help="MON 12:00, or 1 12:00 of a month.")
@click.option("--zone", help="The time zone of that.")
@click.option("--repo", "names", metavar="OWNER/NAME", multiple=True, help="Only this repository; may be repeated.")
@click.option("--group", metavar="NAME", help="Only the repositories of this group.")
@click.option("--all-repos", is_flag=True, help="All repositories again.")
@edit_options
@pass_session
def edit(session: Session, /, name: str, **options: Any) -> CommandResult:
    """Change a report in place: what is not given stays as it is.

    \b
    Example:
      python -m collector report edit "acme weekly" --top 10 --at 'TUE 08:00' --zone Europe/Berlin
      python -m collector report edit "acme weekly" --channel 3 --slack-env NEW_WEBHOOK
    """
    subscription = named(session, name, "report")
    known, grain = subscription.report, Grain(options["grain"] or subscription.report.grain)
    day, at = (known.day if grain is known.grain else 1), known.at
    if options["at"]:
        day, at = time_as_typed(options["at"], grain)
    repository_ids, group_id = known.repository_ids, known.group_id
    if options["names"] or options["group"] or options["all_repos"]:
        tenant = _tenant_of(session, subscription)
        repository_ids = _repository_ids(session, tenant.name, options["names"])
        group_id = _group_id(session, tenant.tenant_id, options["group"])
    settings = ReportSettings(
        grain,
        known.top if options["top"] is None else options["top"],
        day,
        at,
        options["zone"] or known.zone,
        repository_ids,
        group_id,
    )
    return edited(session, subscription, settings, options)


def edited(session: Session, old: Subscription, settings: Settings, options: Mapping[str, Any]) -> CommandResult:
    """Change a report or an alert by the options of its command; see `edit_options`."""
    fresh = channels_of(options, needed=options["channel"] is not None)
    if options["channel"] is None:
        changes = ChannelChanges(add=fresh, remove=options["remove_channel"])
    elif len(fresh) == 1:
        changes = ChannelChanges(replace={options["channel"]: fresh[0]}, remove=options["remove_channel"])
    else:
        raise CommandRefused("--channel takes one address, that of this channel.")
    key = old.subscription_id
    changed = change_subscription(
        session.store, COMMAND_LINE, key, utc_now(), name=options["rename"], settings=settings, channels=changes
    )
    session.terminal.say(f"Changed {old.kind} {old.name!r}: {changed}." if changed else "Nothing has changed.")
    secrets = say_added(session, old.kind, key, fresh) if fresh else []
    facts = {"subscription_id": key, "name": options["rename"] or old.name, "changed": changed}
    return CommandResult(facts | {"signing_secrets": secrets})


def tested(session: Session, subscription: Subscription) -> CommandResult:
    channels = _open_channels(subscription)
    return _result(session, "test", send_test(session.store, subscription, channels, public_links(), utc_now()))


def _open_channels(subscription: Subscription) -> list[Channel]:
    """Those by which something is sent. Raises: SubscriptionRefused where all have ended."""
    channels = [each for each in subscription.channels if not each.ended_because]
    if not channels:
        reason = subscription.channels[0].ended_because
        raise SubscriptionRefused(
            f"All channels of {subscription.name!r} have ended ({reason}). Give one another address: "
            f"{subscription.kind} edit --channel N."
        )
    return channels


def set_active(session: Session, old: Subscription, *, active: bool) -> CommandResult:
    pause_subscription(session.store, COMMAND_LINE, old.subscription_id, active=active, now=utc_now())
    session.terminal.say(f"{'Resumed' if active else 'Paused'} {old.kind} {old.name!r}.")
    return CommandResult({"subscription_id": old.subscription_id, "name": old.name, "active": active})


def removed(session: Session, subscription: Subscription) -> CommandResult:
    remove_subscription(session.store, COMMAND_LINE, subscription.subscription_id, utc_now())
    session.terminal.say(f"Removed {subscription.kind} {subscription.name!r}.")
    return CommandResult({"subscription_id": subscription.subscription_id, "name": subscription.name})


def of_kind(session: Session, kind: str) -> list[Subscription]:
    return [each for each in subscriptions(session.account, session.store) if each.kind == kind]


def named(session: Session, name: str, kind: str) -> Subscription:
    """The report or alert of that name or number. Raises: SubscriptionRefused."""
    typed = " ".join(name.split()).casefold()
    found = [each for each in of_kind(session, kind) if typed in {each.name.casefold(), f"#{each.subscription_id}"}]
    if len(found) > 1:
        numbers = ", ".join(f"'#{each.subscription_id}'" for each in found)
        raise SubscriptionRefused(f"Several {kind}s are called {name!r}: say which by its number, {numbers}.")
    if not found:
        raise SubscriptionRefused(f"There is no {kind} {name!r}. See them: python -m collector {kind} list")
    return found[0]


def _period(subscription: Subscription, name: str | None) -> Period:
    now = utc_now()
    if name is None:
        return subscription.report.period(now)
    period = period_named(name, utc_day(now))
    if period.grain is not subscription.report.grain:
        raise SubscriptionRefused(
            f"{subscription.name!r} is sent each {subscription.report.grain}: {period.name} is a {period.grain}."
        )
    return period


def _of_environment(name: str) -> str:
    """An address is no argument, which every user of a machine may read, and which a shell remembers."""
    address = os.environ.get(name, "").strip()
    if not address:
        raise CommandRefused(f"The environment variable {name} is empty: put the address into it.")
    return address


def _tenant_of(session: Session, report: Subscription) -> Tenant:
    for each in tenants(session.viewer, session.store):
        if each.tenant_id == report.tenant_id:
            return each
    raise SubscriptionRefused(
        f"{report.name!r} is a user's own: its repositories are chosen on the page Subscriptions."
    )


def _repository_ids(session: Session, tenant: str, names: Sequence[str]) -> tuple[int, ...] | None:
    return tuple(each.repository_id for each in tracked(session, tenant, names)) if names else None


def _group_id(session: Session, tenant_id: int, name: str | None) -> int | None:
    return None if name is None else group_named(session.viewer, session.store, tenant_id, name).group_id


def delivery_text(delivery: Delivery | None) -> str:
    if delivery is None:
        return "never"
    late = " (late)" if delivery.is_late else ""
    if delivery.state == "sent":
        return f"{delivery.occasion}{late} {delivery.reason or f'sent {moment(delivery.tried_at)}'}"
    again = f" Again at {moment(delivery.next_try_at)}." if delivery.next_try_at else ""
    return f"{delivery.occasion}{late} {delivery.state}: {ended(delivery.reason or '')}{again}".strip()


def say_subscriptions(
    session: Session, subscriptions: Sequence[Subscription], what: Callable[[Subscription], str]
) -> list[dict[str, Any]]:
    """Each with whose it is and what it is set to, below it its channels with what was last sent. The same as facts."""
    newest = deliveries(session.account, session.store)
    names = {each.tenant_id: each.name for each in tenants(session.viewer, session.store)}
    for each in subscriptions:
        whose = names.get(each.tenant_id or 0) or f"user {each.username}"
        state = what(each) if each.active else f"{what(each)}, paused"
        _say(session, f"#{each.subscription_id} {each.name} ({whose}): {state}", "")
        for channel in each.channels:
            last = channel.ended_because or delivery_text(newest.get(channel.channel_id))
            _say(session, f"{_channel(channel)}: {last}", "   ")
    return [facts_of(each, newest) for each in subscriptions]


def _channel(channel: Channel) -> str:
    """With its number, by which `edit` knows it."""
    return f"{channel.channel_id}. {NAMES[channel.kind]} ({channel.hint})"


def _say(session: Session, text: str, indent: str) -> None:
    line = fill(one_line(text), WIDTH, initial_indent=indent, subsequent_indent=f"{indent}   ", break_on_hyphens=False)
    session.terminal.say(line)


def facts_of(each: Subscription, newest: dict[int, Delivery]) -> dict[str, Any]:
    return {
        "subscription_id": each.subscription_id,
        "name": each.name,
        "tenant_id": each.tenant_id,
        "user": each.username,
        "active": each.active,
        "settings": settings_as_json(each.settings),
        "channels": [
            {
                "channel_id": channel.channel_id,
                "kind": channel.kind,
                "hint": channel.hint,
                "ended_because": channel.ended_because,
                "last": asdict(last) if (last := newest.get(channel.channel_id)) else None,
            }
            for channel in each.channels
        ],
    }


def _result(session: Session, period: str, attempts: Sequence[Attempt]) -> CommandResult:
    attempts = sorted(attempts, key=lambda each: each.channel.channel_id)
    for each in attempts:
        reason = f": {each.reason}" if each.reason else "."
        session.terminal.say(f"{_channel(each.channel)}: {OUTCOMES.get(each.outcome, each.outcome)}{reason}")
    facts = [
        {
            "channel_id": e.channel.channel_id,
            "channel": e.channel.kind,
            "hint": e.channel.hint,
            "outcome": e.outcome,
            "status": e.status,
            "reason": e.reason,
        }
        for e in attempts
    ]
    failed = any(each.outcome in {"again", "failed"} for each in attempts)
    return CommandResult({"period": period, "attempts": facts}, failed=failed)


add_common_commands(report, "report")
