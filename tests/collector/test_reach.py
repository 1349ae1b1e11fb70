"""How far a token reaches: counted from when endpoints are due, shown before it is used up."""

import re

import pytest

from collector import reach
from data.accounts.models import Viewer
from tests.collector.conftest import ROOT, CommandLine


@pytest.mark.parametrize(
    ("schedule", "requests"),
    [("daily", 3 * 3 + 4 + 2 / 7), ("weekly", 9 / 7), ("0 5 * * *", 3 + 4 + 2 / 7), ("0 0 29 2 *", 0), ("never", 0)],
)
def test_a_repositorys_requests_follow_from_when_its_endpoints_are_due(schedule: str, requests: float) -> None:
    """Three in every run, four once a day, two once a week."""
    assert reach.requests_a_day(schedule) == pytest.approx(requests, abs=0.2)


def test_the_operators_page_has_the_numbers_that_are_counted() -> None:
    page = re.sub(r"\s+", " ", (ROOT / "docs" / "operator.md").read_text(encoding="utf-8"))
    a_day = reach.requests_a_day("daily")
    assert f"takes {reach.requests_for_new()} requests when it is added and {a_day:.0f} a day on `daily`" in page
    assert f"about {reach.REQUESTS_A_DAY / a_day:,.0f} repositories" in page
    assert f"{reach.REQUESTS_AN_HOUR // reach.requests_for_new():,} new ones an hour" in page


def test_it_is_estimated_where_repositories_are_added_and_schedules_changed_and_warned_of_in_time(
    with_token: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = with_token("repo", "discover", "acme", "octo/*").stdout
    assert "Estimate for 2 repositories: about 18 requests at once, more where " in output
    monkeypatch.setattr(reach, "REQUESTS_A_DAY", 20)
    assert "That is nearly all." not in with_token("repo", "discover", "acme", "octo/hello").stdout
    added = with_token("repo", "add", "acme", "octo/hello", "octo/world").stdout
    assert "Estimate for 2 repositories" in added
    assert "130% of what GitHub allows. That is too many" in added
    assert "Estimate" not in with_token("repo", "add", "acme", "octo/hello").stdout, "it is tracked already"
    status = with_token.facts("status")
    assert status["requests"][0]["requests_a_day"] == 26
    assert [each["kind"] for each in status["findings"]] == ["budget"]
    changed = with_token("tenant", "schedule", "acme", "0 5 * * *").stdout
    assert "7 requests a day for each repository" in changed
    assert "14 requests a day, 70% of what GitHub allows." in changed


def test_a_tenant_is_told_of_its_github_users_load_elsewhere_by_a_number_once_that_matters(
    with_token: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert with_token("tenant", "add", "rival").exit_code == 0
    assert with_token("tenant", "token", "rival", "--token-env", "OCTO_TOKEN").exit_code == 0
    with_token.follow("octo/secret", "octo/world", tenant="rival")
    acme = with_token.tenant().tenant_id
    viewer = Viewer(frozenset(), frozenset({acme}))
    assert "elsewhere" not in reach.estimate(viewer, with_token.store, acme, 1)
    monkeypatch.setattr(reach, "REQUESTS_A_DAY", 40)
    text = reach.estimate(viewer, with_token.store, acme, 1)
    assert "are used elsewhere on this server, too: in all about 39 requests a day, 98% of what GitHub allows" in text
    assert not any(word in text for word in ("rival", "secret", "world", "3 repositories"))
