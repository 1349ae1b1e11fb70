"""Arranges a panel's rows: where each mark of its chart stands, what is told of it, and how its table reads. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pandas as pd
import streamlit as st
from pandas import DataFrame

from data.dashboards.panel_text import FIRST_WEEKDAY, WEEKDAYS, group_name, measure_name
from data.dashboards.panels import PanelRows
from data.dashboards.specification import PERIODS, Kind, Panel
from data.traffic.models import Grain
from pages.ui import drawings, tables
from pages.ui.charts.panel_layers import BARS, HEAT_MAP, LINE, RANKING, PanelShape

_BAR_DAYS = {"day": 0.78, "week": 5.6, "month": 24.0}
_BAND_DAYS = {"day": 1.0, "week": 7.0, "month": 30.4}
_STATES = {"final": "final", "pending": "pending: it may still change", "gap": "known in part at most"}
WIDE = 0.18  # of the longest bar: from there on the number fits into the bar


@dataclass(frozen=True, slots=True)
class Placed:
    """A chart: its shape, its rows as marks, its text for those who do not see it."""

    shape: PanelShape
    rows: DataFrame
    alt: str


def placed(found: PanelRows) -> Placed:
    """The chart of a panel of the kind line, bars or heat map, with at least one row."""
    panel, rows = found.panel, found.rows
    name = measure_name(panel, panel.measure)
    marks = DataFrame(
        {
            "name": [name if pd.isna(each) else str(each) for each in rows["name"]],
            "period": [None if pd.isna(each) else each for each in rows["period"]],
            "value": rows["value"].astype("float64").to_numpy(na_value=float("nan")),
            "state": [str(each) for each in rows["state"]],
        }
    )
    marks["open"] = marks["state"] != "final"
    mark = _mark(panel)
    names = WEEKDAYS if panel.split == "weekday" else tuple(dict.fromkeys(marks["name"]))
    periods = tuple(sorted({each for each in marks["period"] if each is not None}))
    if mark == RANKING:
        _place_ranking(marks, panel)
        names, periods = tuple(marks["name"]), ()
    else:
        _place_times(marks, panel, mark)
    _place_texts(marks, panel, mark)
    number = ",.1f" if panel.by == "weekday" else ",d"
    states = tuple(sorted(set(marks["state"])))
    group = group_name(panel.split or (panel.by if mark == RANKING and panel.by else None) or "measure")
    shape = PanelShape(mark, name, group, names, periods, panel.height, number, states, panel.by == "month")
    return Placed(shape, marks.drop(columns="period"), _alt(shape, marks))


def table_rows(found: PanelRows) -> DataFrame:
    """The columns of a panel's table, or of the numbers behind its chart, as they are shown."""
    panel, rows = found.panel, found.rows
    shown = DataFrame(index=rows.index)
    if panel.kind is Kind.NUMBER:
        return rows[["value", "compared", "before", "state"]].assign(state=rows["state"].map(tables.STATES))
    if panel.by in PERIODS:
        shown["period"] = rows["period"]
    if panel.by == "weekday":
        shown["weekday"] = [f"{each:%A}" for each in rows["period"]]
    if panel.split or panel.by not in (*PERIODS, "weekday"):
        shown["name"] = rows["name"]
    shown["value"] = rows["value"]
    for measure in panel.also:
        shown[measure] = rows[measure]
    if (rows["state"] != "final").any():
        shown["state"] = rows["state"].map(tables.STATES)
    return shown


@lru_cache(maxsize=256)
def table_columns(panel: Panel, day_format: str) -> Mapping[str, Any]:
    """How each column of a panel's table is headed and written."""
    config = st.column_config
    period = group_name(panel.by or "day")
    found: dict[str, Any] = {
        "period": config.DateColumn(period, format=day_format, help="UTC, as GitHub counts days"),
        "weekday": config.TextColumn("Weekday"),
        "name": config.TextColumn(group_name(panel.split or panel.by or "name"), width=155),
        "value": config.NumberColumn(measure_name(panel, panel.measure), format="localized", width=84),
        "state": config.TextColumn("State", help=tables.STATE_HELP),
    }
    for measure in panel.also:
        found[measure] = config.NumberColumn(measure_name(panel, measure), format="localized", width=84)
    return found


def csv_rows(found: PanelRows) -> DataFrame:
    """A panel's rows as they are saved: every value with its state, the columns under the names that are shown."""
    panel = found.panel
    shown = table_rows(found)
    if panel.kind is not Kind.NUMBER:
        shown["state"] = found.rows["state"]
    names = {
        "period": panel.by,
        "name": panel.split or panel.by,
        "value": measure_name(panel, panel.measure),
        **{each: measure_name(panel, each) for each in panel.also},
    }
    return shown.rename(columns={column: str(names.get(column) or column) for column in shown.columns})


def _mark(panel: Panel) -> str:
    if panel.kind is Kind.HEAT_MAP:
        return HEAT_MAP
    if panel.kind is Kind.LINE:
        return LINE
    return BARS if panel.by in PERIODS else RANKING


def _place_ranking(marks: DataFrame, panel: Panel) -> None:
    if panel.by == "weekday":
        marks["name"] = [f"{each:%A}" for each in marks["period"]]
    longest = marks["value"].max()
    marks["wide"] = marks["value"] > WIDE * longest if longest and longest > 0 else False


def _place_times(marks: DataFrame, panel: Panel, mark: str) -> None:
    order = {name: rank for rank, name in enumerate(dict.fromkeys(marks["name"]))}
    if mark == HEAT_MAP:
        if panel.split == "weekday":
            order = {name: n for n, name in enumerate(WEEKDAYS)}
        marks["slot"] = [str(each) for each in marks["period"]]
    places = DataFrame({"period": pd.to_datetime(marks["period"]), "rank": marks["name"].map(order)})
    keys = ["rank", "period"] if mark == HEAT_MAP else ["period", "rank"]
    ordered = marks.loc[places.sort_values(keys, kind="stable").index].reset_index(drop=True)
    for column in marks.columns:
        marks[column] = ordered[column]
    if mark != HEAT_MAP:
        _place_on_axis(marks, panel.by or "day")


def _place_on_axis(marks: DataFrame, by: str) -> None:
    marks["at"] = pd.to_datetime(marks["period"])
    for name, days in (("bar", _BAR_DAYS[by]), ("band", _BAND_DAYS[by])):
        half = pd.Timedelta(days=days / 2)
        marks[f"{name}_from"], marks[f"{name}_to"] = marks["at"] - half, marks["at"] + half
    known = marks["value"].fillna(0)
    marks["top"] = known.groupby(marks["at"]).cumsum()
    marks["bottom"] = marks["top"] - known
    marks["piece"] = marks["value"].isna().groupby(marks["name"]).cumsum()
    marks["dashed"] = marks["open"] | marks["open"].groupby(marks["name"]).shift(-1, fill_value=False)
    gaps = marks[marks["state"] == "gap"]
    first = ~gaps["period"].duplicated()
    told = gaps["period"].map(gaps.groupby("period")["name"].agg(", ".join))[first]
    marks["gaps"] = told.reindex(marks.index).astype(object)


def _place_texts(marks: DataFrame, panel: Panel, mark: str) -> None:
    if panel.by in PERIODS:
        grain = Grain(panel.by)
        called = {each: drawings.period_name(each, grain) for each in set(marks["period"])}
        marks["when"] = marks["period"].map(called)
        if panel.split == "weekday":
            marks["when"] = marks["name"] + ", " + marks["when"]
    elif mark == HEAT_MAP:
        marks["when"] = [f"{each:%A}" for each in marks["period"]]
    marks["told"] = marks["state"].map(_STATES)
    when = marks["when"] if "when" in marks else [""] * len(marks)
    said = zip(marks["name"], when, marks["value"], marks["told"], strict=True)
    marks["spoken"] = [f"{name}, {at}: {value:,.0f}, {told}".replace(", :", ":") for name, at, value, told in said]


def _alt(shape: PanelShape, marks: DataFrame) -> str:
    """The chart in a sentence, for those who do not see it."""
    kinds = {LINE: "Lines", BARS: "Bars over time", RANKING: "Bars", HEAT_MAP: "A heat map"}
    text = f"{kinds[shape.mark]} of {shape.measure.lower()}"
    if shape.periods and shape.mark != RANKING and shape.periods[0] != FIRST_WEEKDAY:
        text += f", {shape.periods[0]} to {shape.periods[-1]} (UTC)"
    text += f", {len(shape.names)} {'series' if shape.mark != RANKING else 'bars'}." if len(shape.names) > 1 else "."
    known = marks["value"].dropna()
    if len(known):
        most = marks.loc[known.idxmax()]
        text += f" The most: {most['spoken']}."
    return text
