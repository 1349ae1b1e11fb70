"""How panels are drawn: pending hollow, gaps shaded, unknown never as zero, texts of others as data only."""

import io
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest
from pandas import DataFrame

from data.dashboards.panels import PanelRows
from data.dashboards.specification import Kind, Panel, Source
from data.traffic.file_formats import csv_file
from pages.dashboards import view
from pages.ui.charts.panels import PanelShape, drawing, legend, specification

FIRST = date(2026, 5, 1)
LINE = Panel(Kind.LINE, by="day", split="repository")
HOSTILE = "=cmd()"


def found(panel: Panel, *values: Any, name: str | None = "a/b", states: tuple[str, ...] = ("final",)) -> PanelRows:
    count = len(values)
    periods = [FIRST + timedelta(days=n) for n in range(count)]
    padded = [*states, *(states[-1:] * count)][:count]
    rows = DataFrame({"period": periods, "name": [name] * count, "value": values, "state": padded})
    return PanelRows(panel, rows.astype({"value": "Int64"}), (), 1)


def drawn(rows: PanelRows) -> tuple[DataFrame, dict[str, Any]]:
    chart = drawing(rows)
    return chart.rows, specification(chart.shape)


def test_an_unknown_value_breaks_a_line_and_is_not_zero() -> None:
    rows, _ = drawn(found(LINE, 1, None, 3, states=("final", "gap", "final")))
    assert rows["value"].isna().tolist() == [False, True, False]
    assert rows["piece"].nunique() == 2
    assert rows["gaps"].tolist()[1] == "a/b"


@pytest.mark.parametrize("kind", [Kind.LINE, Kind.BARS])
def test_what_is_pending_or_a_gap_is_said_below_the_chart(kind: Kind) -> None:
    final = drawing(found(Panel(kind, by="day"), 1, 2))
    open_days = drawing(found(Panel(kind, by="day"), 1, 2, states=("gap", "pending")))
    assert legend(final.shape) == []
    assert [name.partition(":")[0] for _, name in legend(open_days.shape)] == ["Pending", "Gap"]


def test_bars_of_a_period_stand_on_each_other() -> None:
    two = [found(Panel(Kind.BARS, by="day", split="repository"), 5, 7, name=name) for name in ("a/b", "a/c")]
    both = drawing(PanelRows(two[0].panel, pd.concat([each.rows for each in two], ignore_index=True), (), 2))
    assert list(zip(both.rows["bottom"], both.rows["top"], strict=True)) == [(0, 5), (5, 10), (0, 7), (7, 14)]
    assert [name for _, name in legend(both.shape)] == ["b", "c"]


def test_a_heat_map_has_every_weekday_in_order() -> None:
    panel = Panel(Kind.HEAT_MAP, by="week", split="weekday")
    _, shape = drawn(found(panel, 1, name="Friday"))
    assert shape["layer"][0]["encoding"]["y"]["scale"]["domain"][0] == "Monday"
    assert len(shape["layer"][0]["encoding"]["y"]["scale"]["domain"]) == 7


def test_a_ranking_grows_with_its_bars() -> None:
    shape = PanelShape("ranking", "Views", "Referrer", tuple(f"r{n}" for n in range(40)), (), 200)
    assert specification(shape)["height"] > 900


def test_a_name_of_others_stands_in_the_data_and_in_no_expression() -> None:
    name = "x'); alert(1); ('"
    _, shape = drawn(found(LINE, 1, 2, name=name))
    expressions = [layer.get("transform") for layer in shape["layer"]]
    assert name not in str(expressions)
    assert name in shape["layer"][1]["encoding"]["color"]["scale"]["domain"]


def test_the_csv_has_the_shown_names_every_state_and_no_formula() -> None:
    panel = Panel(Kind.TABLE, "", Source.DAILY, "visitors", by="repository")
    text = csv_file(view.file_rows(found(panel, 3, name=HOSTILE))).decode()
    saved = pd.read_csv(io.StringIO(text))
    assert list(saved.columns) == ["repository", "Daily visitors (sum)", "state"]
    assert saved["repository"].tolist() == [f"'{HOSTILE}"]
