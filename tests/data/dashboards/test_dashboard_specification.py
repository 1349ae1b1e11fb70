"""The specification of dashboards: read as the schema has it, or refused with the place and what is allowed."""

import json
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator, meta

from data.dashboards.dashboards import CANNED, canned_dashboards
from data.dashboards.specification import (
    DEFAULT_HEIGHT,
    GROUPS,
    MEASURES,
    MOST_PANELS,
    SCHEMA,
    Dashboard,
    Kind,
    Panel,
    Range,
    Source,
    SpecificationRefused,
    checked,
    groups_for,
    kinds_for,
    measures_for,
    panel_problems,
    parse_dashboard,
    splits_for,
    written,
)

DOCUMENTATION = Path(__file__).parents[3] / "docs" / "dashboards.md"
LINE = {"kind": "line", "source": "daily traffic", "measure": "views", "by": "day"}
NUMBER = {"kind": "number", "source": "stars", "measure": "stars"}


def schema() -> Draft202012Validator:
    return Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


def document(*panels: Any, **more: Any) -> str:
    return json.dumps({"version": 1, "name": "Mine", "panels": list(panels)} | more)


def problems(text: str | bytes) -> str:
    with pytest.raises(SpecificationRefused) as refusal:
        parse_dashboard(text)
    return "\n".join(refusal.value.problems)


def every_panel() -> list[Panel]:
    """A panel of each kind, source, grouping and measure there is, those that do not fit included."""
    groups = [None, *dict.fromkeys(each for every in GROUPS.values() for each in every)]
    measures = list(dict.fromkeys(each for every in MEASURES.values() for each in every))
    splits = [None, "weekday", "repository", "group", "referrer", "release"]
    kinds = [kind for kind in Kind if kind is not Kind.TEXT]
    found = product(kinds, Source, groups, splits, measures)
    return [Panel(kind, "", source, measure, by=by, split=split) for kind, source, by, split, measure in found]


def test_the_published_schema_takes_what_the_program_takes_and_nothing_else() -> None:
    meta.validate(json.loads(SCHEMA.read_text(encoding="utf-8")))
    validator = schema()
    documents = ((panel, json.loads(written(Dashboard("n", panels=(panel,))))) for panel in every_panel())
    differ = [panel for panel, form in documents if validator.is_valid(form) != (not panel_problems(panel))]
    assert not differ[:5]


def test_what_is_offered_together_fits_together() -> None:
    fitting = {
        (kind, source, by, split, measure)
        for source in Source
        for kind in kinds_for(source)
        for by in groups_for(kind, source) or (None,)
        for split in (*splits_for(kind, source, by), *((None,) if kind is not Kind.HEAT_MAP else ()))
        for measure in measures_for(source, by, split)
    }
    good = [each for each in every_panel() if not panel_problems(each)]
    taken = {(each.kind, each.source, each.by, each.split, each.measure) for each in good}
    assert taken <= fitting
    assert not [each for each in fitting - taken if each[3] != "path"]


@pytest.mark.parametrize("path", sorted(CANNED.glob("*.json")), ids=lambda path: path.stem)
def test_a_canned_dashboard_is_as_the_schema_has_it_and_is_read_again_as_written(path: Any) -> None:
    text = path.read_text(encoding="utf-8")
    assert schema().is_valid(json.loads(text))
    assert written(parse_dashboard(text)) == text
    assert path.stem in canned_dashboards()


def test_every_field_survives_being_written_and_read() -> None:
    table = Panel(
        Kind.TABLE, "Täglich", Source.DAILY, "views", ("clones",), "day", "repository", ("a/*", "b/c"),
        Range(None, date(2026, 5, 3), date(2026, 5, 4)), 5, 7, 12, 300,
    )  # fmt: skip
    text = Panel(Kind.TEXT, "", text="one\n\ntwo", width=4)
    dashboard = Dashboard("N", "D", (table, text, Panel(Kind.NUMBER, range=Range()), Panel(Kind.NUMBER)))
    assert parse_dashboard(written(dashboard)) == dashboard


def test_what_is_left_out_has_its_usual_value() -> None:
    (panel,) = parse_dashboard(document(NUMBER)).panels
    assert (panel.range, panel.width, panel.height) == (Range(last_days=30), 6, DEFAULT_HEIGHT)
    assert parse_dashboard(document(NUMBER | {"filters": {"range": {}}})).panels[0].range == Range()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{", "line 1, column 2"),
        ("[]", "The dashboard must be an object"),
        ('{"version": 1}', "needs name, panels"),
        (document(LINE, version=2), "version is 2; it must be 1"),
        (document(LINE, colour="red"), 'unknown field "colour"'),
        (document(LINE | {"x" * 500: 1}), "Panel 1 has an unknown field"),
        (document(LINE | {"title": "A", "width": 99}), 'Panel 1 ("A"): width may be at most 12.'),
        (document(LINE, NUMBER | {"kind": "pie"}), 'Panel 2: kind is "pie"; allowed are number, line'),
        (document(LINE | {"by": "repository"}), "Panel 1: by must be one of day, week, month"),
        (document(NUMBER | {"by": "day"}), "A number panel has no by"),
        (document(NUMBER | {"text": "x"}), "text does not apply to a number panel"),
        (document({"kind": "text"}), "text is missing"),
        (document({"kind": "line", "by": "day"}), "source is missing"),
        (document(LINE | {"measure": "stars"}), "possible are views, visitors, clones, cloners"),
        (document(LINE | {"limit": 30, "split": "repository"}), "limit may be at most 8"),
        (document(NUMBER | {"filters": {"range": {"from": "2026-02-30", "to": "2026-03-01"}}}), "not a day"),
        (document(NUMBER | {"filters": {"range": {"from": "2026-05-02", "to": "2026-05-01"}}}), "before it begins"),
        (document(NUMBER | {"filters": {"range": {"from": "2026-05-02"}}}), "needs both from and to"),
        (document(*[NUMBER] * (MOST_PANELS + 1)), "panels may have at most 24 entries"),
        (document(NUMBER, name="  "), "name must not be empty"),
        (document(NUMBER, name="a\ud800"), "cannot be shown"),
        (document(NUMBER | {"title": "a\x00b"}), "cannot be shown"),
        (document(NUMBER, description="x" * 200_000), "at most 100,000"),
        ('{"version": 1, "version": 1, "name": "x", "panels": []}', "is repeated"),
        ('{"version": NaN, "name": "x", "panels": []}', "NaN is not a number"),
        (f"{{\"version\": {'9' * 5_000}, \"name\": \"x\", \"panels\": []}}", "too many digits"),
        ("[" * 90_000, "nested too deeply"),
        (b"\xff\xfe{", "not UTF-8 text"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place_and_what_is_allowed(text: str | bytes, expected: str) -> None:
    assert expected in problems(text)


def test_a_thousand_mistakes_are_told_in_a_dozen_sentences() -> None:
    found = problems(document(*[{"kind": each} for each in range(MOST_PANELS)]))
    assert len(found.splitlines()) == 13
    assert found.endswith("And 12 more.")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (document(*[{}] * 33_000), "The dashboard: panels may have at most 24 entries."),
        (document(LINE | {"also": [{"a": 1} for _ in range(8_000)]}), "Panel 1: also may have at most 3 entries."),
        (
            document(LINE | {"filters": {"repositories": [0] * 30_000}}),
            "Panel 1: filters, repositories may have at most 100 entries.",
        ),
    ],
)
def test_what_is_too_much_is_counted_and_its_entries_are_not_looked_at(text: str, expected: str) -> None:
    assert problems(text.replace(", ", ",")) == expected


def test_what_would_not_be_read_again_is_not_kept() -> None:
    with pytest.raises(SpecificationRefused, match="name must not be empty"):
        checked(Dashboard(""))


def test_the_documentation_names_every_word_and_its_example_is_a_dashboard() -> None:
    text = DOCUMENTATION.read_text(encoding="utf-8")
    words = {*Kind, *Source, *(word for every in (*MEASURES.values(), *GROUPS.values()) for word in every)}
    assert not [word for word in words if f"`{word}`" not in text]
    example = text.partition("```json\n")[2].partition("```")[0]
    assert parse_dashboard(example).panels
