"""The sections of the page of one repository, and the choice of which one it is of."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache, partial
from typing import Any
from urllib.parse import quote

import streamlit as st
from pandas import DataFrame

from data.accounts.models import Account, Viewer
from data.insight.events import before_and_after
from data.insight.lists import History, history, summary, unexplained
from data.insight.notes import may_write
from data.insight.notes import notes as notes_of
from data.insight.repository import machine_clones, records, true_uniques, true_weeks
from data.insight.spike_causes import repository_spikes, waves
from data.repositories.models import Repository
from data.repositories.repositories import other_tenants, repositories, repository_names
from data.store import Store
from data.store.arrow import arrow_table
from data.store.cache import cached
from data.text import DAILY_CLONERS, DAILY_VISITORS, SUM_HELP, day_text, days_text, short_day_text
from data.traffic.models import LONGEST_BY_DAY, Grain, Selection
from data.traffic.traffic import selection_totals
from pages.repository import notes, text
from pages.repository.text import WINDOWS, Card, People, WaveText
from pages.ui import controls, filters, messages, session, tables
from pages.ui.charts.chart import draw
from pages.ui.charts.coverage import coverage
from pages.ui.charts.events import METRICS, around
from pages.ui.charts.listings import MOST_BOUND_DAYS, bounds_chart, lists_chart, share_chart
from pages.ui.charts.repository import WAVE, chosen_wave, happenings, story_chart, views_chart
from pages.ui.notation import day_format
from pages.ui.totals import draw_numbers, draw_totals

SECTIONS = (
    "All counts",
    "Unique visitors",
    "Referrers",
    "Popular content",
    "Before and after",
    "Coverage",
    "Notes",
)
OF = "of"  # key of the choice, and name in the address
LAST = "repository_last"
NOT_FOUND = "This repository does not exist here, or you don’t have access to it. Choose another one above."
SPIKES_AT_SIGHT = 5
CHART = "repository_views"
SPIKE = "spike"  # of which wave the card is open; its name in the address
ALL_SPIKES = "repository_all_spikes"
WEEKS_AT_SIGHT, WEEKS_PIXELS = 8, 318
ROWS_AT_SIGHT, ROW_PIXELS = 12, 35
COVERED = {"Views": "views", "Clones": "clones"}
LEAST_DAYS = 365
SPIKES_HELP = (
    "Days far above the usual for their weekday in the weeks around them. GitHub reports referrers and pages only in "
    "sums of 14 days."
)
MACHINES_HELP = (
    "GitHub does not tell machines from people. A build’s checkout is a clone, so where workflow runs are counted "
    "(Tenants, Count workflow runs), at least so many clones are by GitHub Actions. Builds elsewhere, mirrors and bots "
    "are not known."
)
MOVE_HELP = "Since the previous list: ▲ up, ▼ down, = unchanged, new, or left"


@dataclass(frozen=True, slots=True)
class About:
    viewer: Viewer
    store: Store
    repository: Repository
    selection: Selection
    files: session.Files | None = session.OWN  # to whom pictures are given

    @property
    def asked(self) -> tuple[Viewer, Store, Selection]:
        return self.viewer, self.store, self.selection


@dataclass(frozen=True, slots=True)
class Words:
    """What a list is called, what stands in it, and the name of its choice in the address."""

    one: str
    many: str
    rest: str
    key: str


WORDS = {
    "referrers": Words("referrer", "referrers", "typed addresses, apps and smaller sites", "referrer"),
    "paths": Words("page", "pages", "all other pages of the repository", "path"),
}


def draw_choice(viewer: Viewer, store: Store) -> Repository:
    """Draw the title, the choice and the days; answers the repository, or stops the page where there is none."""
    names = repository_names(viewer, store)
    filters.follow_addresses(viewer, OF)
    asked = st.query_params.get(OF)
    known = asked is None or asked in names.values()
    if asked is None and OF not in st.session_state:
        last: int | None = st.session_state.get(LAST)
        first = last if last is not None and last in names else next(iter(names))
        st.query_params[OF], st.session_state[OF] = names[first], first
    head = st.container()
    with st.container(horizontal=True, vertical_alignment="top", key="repository_choice"):
        chosen = st.selectbox(
            "Repository",
            list(names),
            index=None,
            format_func=lambda key: names.get(key, ""),
            placeholder="Choose a repository",
            key=OF,
            bind="query-params",
            width=320,
        )
        days = st.container(width="content")
    repository = next((each for each in repositories(viewer, store) if each.repository_id == chosen), None)
    with head.container(horizontal=True, vertical_alignment="bottom", key="repository_title"):
        st.title(messages.literal(repository.full_name) if repository else "Repository", anchor=False, width="content")
        if repository is not None:
            st.markdown(f"[Open on GitHub](https://github.com/{quote(repository.full_name)})", width="content")
    if repository is None:
        st.info("Choose a repository above." if known else NOT_FOUND, icon=":material/search_off:")
        st.stop()
    if others := other_tenants(viewer, store).get(repository.repository_id):
        head.caption(f"Also tracked by {messages.literal(', '.join(others))}. {filters.COUNTED_ONCE}")
    st.session_state[LAST] = repository.repository_id
    with days:
        filters.draw(viewer, of_days_only=True)
    return repository


def _linked(label: str, options: Mapping[str, str], key: str, first: str) -> str:
    """One of several texts by their keys, `first` where none is chosen; the key always stands in the address, since the
    first of today may not be that of the day on which somebody opens the link.
    """
    widget = f"repository_{key}"
    if st.session_state.get(widget) not in options:
        asked = st.query_params.get(key, first)
        st.session_state[widget] = asked if asked in options else first
    chosen = st.selectbox(label, list(options), format_func=options.__getitem__, key=widget, width=560)
    if st.query_params.get(key) != chosen:
        st.query_params[key] = chosen
    return chosen


def is_empty(about: About) -> bool:
    totals = selection_totals(*about.asked)
    return totals.views.value is None and totals.clones.value is None and not totals.gap_days


def draw_hero(about: About, account: Account | None) -> None:
    """What one comes for: the totals, the records, views and visitors with the spikes beside them, the newest lists."""
    with filters.reading():
        totals = selection_totals(*about.asked)
        chart = views_chart(*about.asked)
    if is_empty(about):
        filters.stop_without_days(about.viewer)
    draw_totals(totals, about.selection, with_stars=True)
    if not about.viewer.is_guest:  # who sees the chosen days only
        st.html(text.records(records(*about.asked)))
    cards = _waves(*about.asked)
    written_to = _noted(about, account)
    chosen = _chosen(cards)
    if chart is not None:
        left, right = st.columns([7, 3]) if cards else (nullcontext(), nullcontext())
        with left:
            draw(chosen_wave(chart, chosen), controls.widget_key(CHART), _chosen_in_chart, files=about.files)
            if written_to and st.button(
                "Add a note", icon=":material/edit_note:", key="repository_note", type="tertiary"
            ):
                notes.write(written_to, notes.NoteDraft(about.selection.last))
        with right:
            _draw_spikes(written_to, cards, chosen)
    for column, listing in zip(st.columns(2), WORDS, strict=True):
        with column:
            _draw_top(about, listing)


@cached("traffic", in_words=True)
def _waves(viewer: Viewer, store: Store, selection: Selection) -> tuple[WaveText, ...]:
    every = waves(repository_spikes(viewer, store, selection))
    return tuple(text.wave(each, number) for number, each in enumerate(every, start=1))


def _chosen(cards: Sequence[WaveText]) -> str:
    """The key of the wave whose card is open, the first where none is asked for; '' for none."""
    asked = st.session_state.get(SPIKE, st.query_params.get(SPIKE))
    keys = [each.key for each in cards]
    return asked if asked in keys or asked == "" else next(iter(keys), "")


def _chosen_in_chart() -> None:
    points = st.session_state[controls.widget_key(CHART)]["selection"].get(WAVE) or ()
    if key := next((each.get(WAVE) for each in points), None):
        st.session_state[SPIKE] = st.query_params[SPIKE] = key


def _choose(key: str) -> None:
    """Open a card, or none; what was clicked in the chart is let go of, so that it can be clicked again."""
    st.session_state[SPIKE] = key
    st.query_params[SPIKE] = key
    if st.session_state.get(controls.widget_key(CHART), {}).get("selection", {}).get(WAVE):
        controls.empty(CHART)


def _draw_top(about: About, listing: str) -> None:
    """The newest list, as GitHub shows it."""
    words = WORDS[listing]
    st.header(f"Top {words.many}", anchor=False)
    shown, about_it = _newest_list(*about.asked, listing, about.repository.full_name)
    if not shown:
        _draw_none(about_it)
        return
    st.html(shown)
    st.caption(about_it)


@cached("traffic", in_words=True)
def _newest_list(viewer: Viewer, store: Store, selection: Selection, listing: str, full_name: str) -> tuple[str, str]:
    """The newest list as HTML, and of when it is; '' where nothing is in it, and why."""
    listings = history(viewer, store, selection, listing)
    newest = next(iter(listings.lists["observed_on"].iloc[-1:]), date.min)
    entries = listings.entries[listings.entries["observed_on"] == newest]
    if entries.empty:
        return "", _why_none(listings, WORDS[listing])
    shown = text.top_list(entries, WORDS[listing].one.capitalize(), full_name)
    return shown, f"14 days up to {day_text(newest)}, as reported by GitHub."


def draw_counts(about: About) -> None:
    """The section "All counts": all that is counted, on one axis of time."""
    selection = about.selection
    chart = story_chart(*about.asked)
    if chart is None:
        filters.stop_without_days(about.viewer)
        return
    draw(chart, "repository_story", files=about.files)
    if selection.usual_grain is not Grain.DAY:
        st.caption(f"More than {LONGEST_BY_DAY} days: shown by {selection.usual_grain}.")
    if sentence := _machines(*about.asked):
        st.caption(sentence, help=MACHINES_HELP)


@cached("traffic", in_words=True)
def _machines(viewer: Viewer, store: Store, selection: Selection) -> str:
    return text.machines(machine_clones(viewer, store, selection))


def draw_notes(about: About, account: Account) -> None:
    """The section "Notes"."""
    selection, repository = about.selection, about.repository
    found = notes_of(about.viewer, about.store, selection.first, selection.last, repository.repository_id)
    if not found:
        st.info("No notes in these days.", icon=":material/edit_note:")
        return
    notes.draw_list(account, repository, found)


def _noted(about: About, account: Account | None) -> Repository | None:
    """To which repository this user adds notes: this one, or that of their own tenant, for which it stands."""
    if account is None:
        return None
    same = about.viewer.counted_with(about.repository.repository_id)
    every = [each for each in repositories(about.viewer.of_each_tenant(), about.store) if each.repository_id in same]
    mine = [each for each in every if may_write(account, each.tenant_id)]
    return about.repository if about.repository in mine else next(iter(mine), None)


def _draw_spikes(written_to: Repository | None, cards: Sequence[WaveText], chosen: str) -> None:
    """A card for each wave of spikes, the most notable first; the open one shows its likely causes."""
    if not cards:
        st.caption("No spikes: every final day is within the usual range of this repository.")
        return
    st.header("Spikes", anchor=False, help=SPIKES_HELP)
    every = st.session_state.get(ALL_SPIKES) or chosen not in {"", *(each.key for each in cards[:SPIKES_AT_SIGHT])}
    for each in cards if every else cards[:SPIKES_AT_SIGHT]:
        _draw_spike(written_to, each, is_open=each.key == chosen)
    if len(cards) > SPIKES_AT_SIGHT:
        st.toggle(f"Show all {len(cards)}", key=ALL_SPIKES)
    st.caption("Listed events coincide; they may not be the cause.")


def _draw_spike(written_to: Repository | None, wave: WaveText, *, is_open: bool) -> None:
    with st.container(border=True, gap="xsmall", key=f"repository_spike_{wave.key}"):
        icon = ":material/keyboard_arrow_down:" if is_open else ":material/chevron_right:"
        key = "" if is_open else wave.key
        st.button(wave.title, key=f"spike_{wave.key}", icon=icon, type="tertiary", on_click=_choose, args=(key,))
        if not is_open:
            return
        st.markdown(wave.body)
        if written_to is not None and st.button("Save as note", key=f"repository_note_{wave.key}", type="tertiary"):
            notes.write(written_to, notes.NoteDraft(wave.day, wave.note))


@cached("traffic", in_words=True)
def _people(viewer: Viewer, store: Store, selection: Selection) -> People:
    return text.people(true_uniques(viewer, store, selection), true_weeks(viewer, store, selection))


def draw_people(about: About) -> None:
    """The section "Unique visitors": beside the sums of the daily ones, with the difference in a sentence."""
    people = _people(*about.asked)
    if not people.cards:
        st.info("GitHub has not reported unique visitors yet.", icon=":material/group:")
        return
    st.header("Unique visitors (14 days)", anchor=False)
    draw_numbers("repository_people", dict(people.cards), width=150)
    st.caption(people.sentence)
    if count := people.weeks.num_rows:
        alt = f"{count} whole weeks with their unique visitors and cloners, beside the sums of the days"
        height: tables.Height = "content" if count <= WEEKS_AT_SIGHT else WEEKS_PIXELS
        tables.draw(people.weeks, _week_columns(), "repository_weeks_table", alt, height)


def _week_columns() -> dict[str, Any]:
    number = st.column_config.NumberColumn
    return {
        "week": st.column_config.DateColumn("Week of", format=day_format(), width=105),
        "view_uniques": number("Visitors", format="localized", help="Unique in the week, as counted by GitHub"),
        "visitor_days": number(DAILY_VISITORS, format="localized", help=SUM_HELP),
        "clone_uniques": number("Cloners", format="localized", help="Unique in the week, as counted by GitHub"),
        "cloner_days": number(DAILY_CLONERS, format="localized", help=SUM_HELP),
    }


def draw_lists(about: About, listing: str) -> None:
    """The section "Referrers" or "Popular content"."""
    words = WORDS[listing]
    with filters.reading():
        known = history(*about.asked, listing)
    names, table = _names(*about.asked, listing, about.repository.full_name)
    if not names:
        _draw_none(_why_none(known, words))
        return
    st.caption(
        f"GitHub reports only the top 10 {words.many} of the last 14 days, so lists overlap and are never added up. "
        "What is not in the top 10 is unknown, not zero."
    )
    _draw_newest(known, unexplained(*about.asked, listing), words)
    _draw_table(table, len(names), words)
    st.header("Over time", anchor=False)
    draw(lists_chart(*about.asked, listing, about.repository.full_name), f"repository_heat_{listing}")
    st.caption("Each cell is one list: the darker, the more views in its 14 days. Blank: not in the top 10.")
    _draw_bounds(about, listing, names)
    shares = share_chart(*about.asked, listing)
    if shares is not None:
        st.header("Outside the top 10", anchor=False)
        draw(shares, f"repository_share_{listing}")
        st.caption(
            f"Share of the views of the same 14 days outside the top 10 {words.many}: {words.rest}. "
            "A range, since GitHub does not say at which hour its 14 days begin and end."
        )


@cached("traffic", in_words=True)
def _names(
    viewer: Viewer, store: Store, selection: Selection, listing: str, full_name: str
) -> tuple[tuple[str, ...], Any]:
    """The names in the lists of these days as GitHub gave them, and their table as Arrow, in the same order."""
    names = summary(history(viewer, store, selection, listing), selection.first)
    return tuple(str(name) for name in names["name"]), arrow_table(text.listing_table(names, full_name))


def _draw_none(why: str) -> None:
    st.info(why, icon=":material/playlist_remove:")


def _why_none(known: History, words: Words) -> str:
    if known.lists.empty:
        return f"No {words.many} collected yet. They are collected once a day."
    return f"GitHub reported no {words.many} in these days. Choose more days."


def _draw_newest(known: History, shares: DataFrame, words: Words) -> None:
    """The newest list in numbers, and the newest of which the share is known that it leaves unexplained."""
    day, entries = known.lists["observed_on"].iloc[-1], int(known.lists["entries"].iloc[-1])
    views = int(known.entries.loc[known.entries["observed_on"] == day, "views"].sum())  # of this one list
    known_shares = shares.dropna(subset=["low", "high"])
    with st.container(horizontal=True, border=True, horizontal_alignment="distribute", key="repository_newest"):
        st.metric("Newest list", day_text(day), width=170)
        st.metric(words.many.capitalize(), entries, format="localized", width=130)
        st.metric("Views (14 days)", views, format="localized", width=160)
        if known_shares.empty:
            st.metric("Outside the top 10", "not known yet", width=210)
        else:
            day, low, high = (known_shares[name].iloc[-1] for name in ("day", "low", "high"))
            st.metric(f"Outside the top 10 ({short_day_text(day)})", _share(low, high), width=210)


def _share(low: float, high: float) -> str:
    """A share between two bounds in whole percents."""
    least, most = (f"{each:.0%}".removesuffix("%") for each in (low, high))
    return f"{least}%" if least == most else f"{least}–{most}%"


def _draw_table(shown: Any, rows: int, words: Words) -> None:
    config = st.column_config
    number = partial(config.NumberColumn, format="localized")
    day = partial(config.DateColumn, format=day_format(), width=104)
    columns: dict[str, Any] = {
        "name": config.TextColumn(words.one.capitalize(), pinned=True, width=180),
        "rank": number("Rank", width=60, help="In the newest list"),
        "move": config.TextColumn("Move", width=66, help=MOVE_HELP),
        "views": number("Views", width=72, help="In the 14 days of the newest list"),
        "view_uniques": number("Visitors", width=76, help="Unique visitors in these 14 days"),
        "best_rank": number("Best rank", width=82, help="In any list of these days"),
        "first": day("First seen", help="In any list ever; what the very first list has may be older"),
        "last_seen": day("Last seen"),
        "lists": number("Lists", width=60, help="Number of lists of these days that have it"),
        "title": config.TextColumn("Title", width=240),
    }
    alt = f"{rows} {words.many} with their ranks, views and when they were seen"
    height: tables.Height = "content" if rows <= ROWS_AT_SIGHT else (ROWS_AT_SIGHT + 1) * ROW_PIXELS + 2
    tables.draw(shown, columns, "repository_listed", alt, height)


def _draw_bounds(about: About, listing: str, names: Sequence[str]) -> None:
    words = WORDS[listing]
    st.header(f"{words.one.capitalize()} by day", anchor=False)
    name = _linked(words.one.capitalize(), dict(zip(names, names, strict=True)), words.key, names[0])
    chart = bounds_chart(*about.asked, listing, name)
    if chart is None:
        st.info("Not enough lists in these days. Choose more days.", icon=":material/query_stats:")
        return
    draw(chart, f"repository_bounds_{listing}")
    cut = (about.selection.last - about.selection.first).days >= MOST_BOUND_DAYS
    days = f" Last {MOST_BOUND_DAYS} days only." if cut else ""
    st.caption(
        f"Guaranteed range for {messages.literal(name)}: at least the dark line, at most the top of the bar. It "
        f"follows from how its 14-day sums change from list to list and from all views of each day.{days}"
    )


def draw_events(about: About) -> None:
    """The section "Before and after"."""
    found = text.events(happenings(*about.asked), repository_spikes(*about.asked))
    if not found:
        st.info(
            "No releases, notes or spikes in these days. Choose more days, or add a note.",
            icon=":material/event_busy:",
        )
        return
    by_key, first = {each.key: each for each in found}, text.most_notable(found).key
    labels = {key: each.label for key, each in by_key.items()}
    day = by_key[_linked("Event", labels, "event", first)].day
    key, today = about.repository.repository_id, about.selection.today
    cards, table, incomplete = _compared(*about.asked, day)
    st.caption("The 7 days after, compared with the usual")
    with st.container(horizontal=True, border=True, horizontal_alignment="distribute", key="repository_event_cards"):
        for card in cards:
            total = "unknown" if card.total is None else card.total
            compared = "vs usual" if card.days == "7 days" else card.days
            st.metric(card.name, total, card.on_usual, format="localized", width=150, delta_description=compared)
    name = st.segmented_control(
        "Metric",
        list(METRICS.values()),
        default="Views",
        required=True,
        key="repository_event_metric",
        label_visibility="collapsed",
        wrap=True,
    )
    metric = next(key for key, each in METRICS.items() if each == name)
    chart = around(about.viewer, about.store, (key, day), metric, today, imports=about.selection.imports)
    draw(chart, "repository_around")
    st.caption("Usual: the median of the weekday in the eight weeks before. Final days only.")
    alt = "Totals of the 7 days before, the 7 and the 30 days after, each compared with the usual"
    tables.draw(table, _event_columns(), "repository_event_table", alt)
    for sentence in incomplete:
        st.caption(f":material/hourglass_top: {sentence}")


@cached("traffic", in_words=True)
def _compared(
    viewer: Viewer, store: Store, selection: Selection, day: date
) -> tuple[tuple[Card, ...], Any, tuple[str, ...]]:
    """An event's cards, its table as Arrow, and what to know of windows that lack days."""
    (key,) = selection.repository_ids or (0,)
    found = before_and_after(viewer, store, key, day, selection.today, imports=selection.imports)
    return tuple(text.cards(found)), arrow_table(text.event_table(found)), tuple(text.incomplete(found))


@cache
def _event_columns() -> dict[str, Any]:
    number = partial(st.column_config.NumberColumn, format="localized", width=112)
    percent = partial(st.column_config.TextColumn, alignment="right", width=96)
    usual = "Compared with the median of the same weekdays in the eight weeks before, final days only"
    columns: dict[str, Any] = {"metric": st.column_config.TextColumn("Metric", pinned=True, width=150)}
    for window, name in WINDOWS.items():
        columns[window] = number(name)
        columns[f"{window}_change"] = percent("vs usual", help=usual)
    columns["on_before"] = percent("vs week before", help="Compared with the same weekdays of the week before")
    return columns


def draw_coverage(about: About) -> None:
    """The section "Coverage"."""
    name = st.segmented_control(
        "Metric", list(COVERED), default="Views", required=True, key="repository_covered", label_visibility="collapsed"
    )
    metric = COVERED[name]
    selection = about.selection
    year = replace(selection, first=min(selection.first, selection.last - timedelta(days=LEAST_DAYS - 1)))
    charts = coverage(about.viewer, about.store, year, metric)
    if charts.calendar is None:
        filters.stop_without_days(about.viewer)
        return
    draw_numbers("repository_kinds", charts.counts, width=112)
    draw(charts.calendar, "repository_calendar")
    st.caption(
        f"{days_text(year.first, year.last)} (UTC), at least a year. **Final**: GitHub no longer changes "
        "it. **Zero**: GitHub reported no traffic. **Pending**: it may still change. **Gap**: not collected before "
        "GitHub deleted it; unknown, not zero. **Imported**: kept by another tool. **Partial**: only part of the day "
        "was collected. Blank: before the first known day."
    )
    st.header("Weekly pattern", anchor=False)
    if charts.weekdays is None:
        st.info("No final days yet. The pattern appears with the first whole weeks.", icon=":material/date_range:")
        return
    draw(charts.weekdays, "repository_weekdays")
    st.caption(
        f"{name} by weekday (UTC), final days above. Line: median. Band: the middle half of the days. "
        "Single spikes move neither."
    )
