"""A chart as a picture: all that it is to tell, in the theme's colours; names of others are only text in it."""

import re
from datetime import date
from xml.etree import ElementTree as ET

import pandas as pd
import pytest

from data.store.arrow import arrow_columns
from data.text import Notation, writing
from data.traffic.models import Grain
from pages.ui.charts import picture, traffic
from pages.ui.charts.chart import Caption, Chart, file_stem, picture_of, theme_colours
from tests.pages.app import App
from tests.pages.ui.test_charts import THREE, rows

HOSTILE = '</text><image href="https://example.org/x.png"/>\x07&'
CAPTION = Caption("Views per day", HOSTILE, (date(2026, 3, 7), date(2026, 3, 9)))


def made(theme: str) -> picture.Picture:
    named = pd.concat([rows(THREE), rows(THREE, key=2, name=HOSTILE)])
    data = traffic.chart_data(named, "views", Grain.DAY)
    drawn = arrow_columns({name: column for name, column in data.columns.items() if name != "period"})
    chart = Chart(drawn, traffic.specification(data.shape), "", traffic.legend(data), CAPTION)
    with writing(Notation(".", ",", month_first=True)):
        return picture_of(chart, theme_colours(theme))()


def test_a_picture_tells_what_its_chart_is_of_and_names_are_only_text() -> None:
    svg = picture.rendered(made("dark"), "svg").decode()
    tree = ET.fromstring(svg)
    shown = " ".join("".join(each.itertext()) for each in tree.iter("{http://www.w3.org/2000/svg}text"))
    days = "Mar 7 to 9, 2026 (UTC)"
    for text in ("Views per day", days, "Mar 9", "blue/engine", "Pending", "Gap", "Source: GitHub"):
        assert text in shown
    assert HOSTILE.replace("\x07", "\N{REPLACEMENT CHARACTER}") in shown
    assert not [
        each for each in tree.iter() if each.tag.rpartition("}")[2] in {"image", "a", "script", "foreignObject"}
    ]
    assert not re.findall(r"\b(?:href|src)=|url\((?!#)", re.sub(r">[^<]*<|aria-\w+=\"[^\"]*\"", "><", svg))
    assert theme_colours("dark").background in svg
    assert theme_colours("light").background not in svg


def test_a_picture_for_slides_is_a_png_of_twice_the_width() -> None:
    png = picture.rendered(made("light"), "png")
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(png[16:20]) == picture.WIDTH * picture.SCALE


def test_a_picture_loads_nothing() -> None:
    asked = made("light")
    elsewhere = dict(asked.specification) | {
        "layer": [{"data": {"url": "http://127.0.0.1:9/rows.json"}, "mark": "bar"}]
    }
    with pytest.raises(ValueError, match="not allowed"):
        picture.svg(picture.Picture(elsewhere, "[]", "", "", (), "", asked.colours, asked.notation))


def test_its_file_tells_what_it_shows_and_of_when() -> None:
    assert file_stem(Caption("Views per day", "blue/engine", CAPTION.days)) == (
        "views-per-day-blue-engine-2026-03-07-to-2026-03-09"
    )
    assert file_stem(Caption("../中", "", (date(2026, 3, 7),) * 2)) == "chart-2026-03-07"


def test_a_chart_offers_its_picture(app: App) -> None:
    run = app.opened("single", "chart")
    offered = {each.proto.label for each in run.get("download_button")}
    assert {"PNG, for slides and posts", "SVG, sharp at any size"} <= offered
