"""Named parameters of a query: which there are, of which kind, and what their values are made of."""

from datetime import date

import pytest

from data.sandbox.statement import (
    Parameter,
    ParameterKind,
    ParametersRefused,
    parameter_names,
    parameters_of,
    parse_parameters,
    written_parameters,
)


@pytest.mark.parametrize(
    ("statement", "names"),
    [
        ("select $a, $b, $a", ["a", "b"]),
        ("select '$no', \"$no\", $yes -- $no\n, $also /* $no */", ["yes", "also"]),
        ("select $$ $no $$, $tag$ $no $tag$, $yes", ["yes"]),
        ("select 'it''s $no', x$no, $1", []),
        ("select $a, '$unclosed, $b", ["a"]),
        ("select $a /* $unclosed", ["a"]),
        ("select $a, $tag$ $unclosed", ["a"]),
        ("/*a" * 300_000, []),  # looked through once, not from each of its beginnings
    ],
)
def test_parameters_are_found_where_they_are_parameters(statement: str, names: list[str]) -> None:
    assert parameter_names(statement) == names


def test_a_name_tells_the_kind_unless_it_is_known() -> None:
    known = [Parameter("since", ParameterKind.TEXT, "then"), Parameter("gone", ParameterKind.TEXT)]
    found = parameters_of("select $since, $first_day, $most, $repository, $days", known)
    kinds = {each.name: each.kind.value for each in found}
    assert kinds == {"since": "text", "first_day": "day", "most": "number", "repository": "text", "days": "number"}
    assert found[0].default == "then"


@pytest.mark.parametrize(
    ("kind", "typed", "value"),
    [
        (ParameterKind.TEXT, "'; drop table x --", "'; drop table x --"),
        (ParameterKind.TEXT, "", ""),
        (ParameterKind.NUMBER, " 10 ", 10),
        (ParameterKind.NUMBER, "-0.5", -0.5),
        (ParameterKind.NUMBER, "1e300", 1e300),
        (ParameterKind.DAY, "2026-05-10", date(2026, 5, 10)),
    ],
)
def test_a_value_is_of_its_kind(kind: ParameterKind, typed: str, value: object) -> None:
    found = Parameter("a", kind).value(typed)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        (ParameterKind.NUMBER, "ten"),
        (ParameterKind.NUMBER, ""),
        (ParameterKind.NUMBER, "nan"),
        (ParameterKind.NUMBER, "inf"),
        (ParameterKind.DAY, "10.5.2026"),
    ],
)
def test_what_is_not_a_value_is_refused_by_name(kind: ParameterKind, typed: str) -> None:
    with pytest.raises(ParametersRefused, match=r"\$a is a"):
        Parameter("a", kind).value(typed)


def test_parameters_are_written_and_read_alike() -> None:
    parameters = (
        Parameter("a", ParameterKind.TEXT, 'it"s'),
        Parameter("b", ParameterKind.DAY, "2026-05-10"),
        Parameter("c", ParameterKind.NUMBER),
    )
    assert parse_parameters(written_parameters(parameters)) == parameters


@pytest.mark.parametrize("text", ["", "[1]", '[{"name": "a"}]', '[{"name": "a b", "kind": "text"}]', "null"])
def test_other_json_is_refused(text: str) -> None:
    with pytest.raises(ParametersRefused):
        parse_parameters(text)
