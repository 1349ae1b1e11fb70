"""Subscriptions in words. Pure."""

from calendar import day_name
from collections.abc import Mapping

from collector.delivery.channels import NAMES
from data.reports.alerts import TITLES
from data.reports.deliveries import Delivery
from data.reports.subscription_settings import AlertKind, AlertSettings
from data.reports.subscriptions import Channel, Subscription
from data.text import counted, day_text, ended
from data.traffic.models import Grain
from pages.ui import messages
from pages.ui.time_format import moment_text

ALERTS = "Alerts"
KINDS = {"Weekly": Grain.WEEK, "Monthly": Grain.MONTH, ALERTS: None}
SCORE_HELP = (
    "In robust standard deviations from what is usual for the repository and weekday. With 3 and three times the "
    "usual, two in three are real events on recorded years."
)
MUTED_HELP = "That day included, UTC. Empty: not muted."
DAYS = tuple(day_name)
ADDRESSES = {  # of each kind: what is asked for, how it looks, where it is found
    "slack": (
        "Webhook address",
        "https://hooks.slack.com/services/…",
        "Slack: Apps, Incoming Webhooks. Mattermost and Rocket.Chat have the same.",
    ),
    "teams": (
        "Workflow address",
        "https://….logic.azure.com/workflows/…",
        "Teams: the channel’s menu, Workflows, *Post to a channel when a webhook request is received*.",
    ),
    "discord": (
        "Webhook address",
        "https://discord.com/api/webhooks/…",
        "Discord: the channel’s settings, Integrations, Webhooks.",
    ),
    "webhook": ("Address", "https://example.org/hook", "JSON by POST, signed as Standard Webhooks."),
    "mail": ("E-mail address", "team@example.org", "Someone with an account sees only what they have access to."),
    "other": (
        "Address for apprise",
        "tgram://…, pover://…",
        "Telegram, Pushover, Webex, Google Chat, PagerDuty and others: see apprise’s list of services.",
    ),
}


def what(subscription: Subscription, tenant_names: Mapping[int, str]) -> str:
    """What is sent, when, of what: in Markdown."""
    if subscription.kind == "alert":
        return alert_text(subscription.alert, tenant_names.get(subscription.tenant_id or 0, ""))
    settings = subscription.report
    often = "Weekly report" if settings.grain is Grain.WEEK else "Monthly report"
    of = "all that you see"
    if subscription.tenant_id is not None:
        of = f"tenant {messages.literal(tenant_names.get(subscription.tenant_id, ''))}"
    if settings.group_id is not None:
        of += ", a group"
    if settings.repository_ids is not None:
        of += f", {counted(len(settings.repository_ids), 'repository')}"
    on = f"{DAYS[settings.day - 1]}s" if settings.grain is Grain.WEEK else f"day {settings.day} of the month"
    return f"{often} of {of} · {on}, {settings.at:%H:%M} {messages.literal(settings.zone)} · top {settings.top}"


def alert_text(settings: AlertSettings, tenant: str) -> str:
    kinds = "all kinds" if len(settings.kinds) == len(AlertKind) else ", ".join(TITLES[each] for each in settings.kinds)
    muted = f" · :orange-badge[Muted until {day_text(settings.muted_until)}]" if settings.muted_until else ""
    return f"Alerts of tenant {messages.literal(tenant)} · {kinds}{muted}"


def channel_line(channel: Channel, delivery: Delivery | None, zone: str | None, *, is_report: bool) -> str:
    """A channel with what was last sent by it, in Markdown."""
    name = f"**{NAMES[channel.kind]}** {messages.literal(channel.hint)}"
    if channel.ended_because:
        return f":red[:material/block:] {name}  \n:red[:small[{messages.literal(channel.ended_because)}]]"
    if delivery is None:
        return f":gray[:material/schedule:] {name}  \n:gray[:small[nothing sent yet]]"
    at, what = moment_text(delivery.tried_at, zone), f"{delivery.occasion} " if is_report else ""
    if delivery.state == "sending":
        return f":gray[:material/hourglass_top:] {name}  \n:gray[:small[{what}is being sent]]"
    if delivery.state == "sent":
        outcome = delivery.reason or f"{what}sent {at}{', late' if delivery.is_late else ''}"
        return f":green[:material/check_circle:] {name}  \n:gray[:small[{messages.literal(outcome)}]]"
    again = f" Next try {moment_text(delivery.next_try_at, zone)}." if delivery.next_try_at else ""
    outcome = f"{what}not sent, {at}. {ended(delivery.reason or '')}{again}"
    return f":red[:material/error:] {name}  \n:red[:small[{messages.literal(outcome)}]]"
