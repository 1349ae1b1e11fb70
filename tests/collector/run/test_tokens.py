"""A token that GitHub refuses costs its own tenant's run, nobody else's, and is not tried again and again."""

from datetime import datetime, timedelta

import pytest

from data.accounts.models import Viewer
from data.collection.log import runs
from data.collection.models import RunState
from data.store import Store
from tests.collector.run.collecting import (
    DAY,
    HOUR,
    NOW,
    OTHER_OWNER_ID,
    OTHER_SECRET,
    SECRET,
    Collection,
    MachineTime,
    shown_views,
)
from tests.fake_github import Lack, Token
from tests.fake_github.faults import bad_credentials_401

REFUSED = (
    "GitHub does not accept the token (Bad credentials). It has expired, was revoked or is mistyped: make a new one at "
    "GitHub, Settings, Developer settings, Personal access tokens. Or use a GitHub App: it needs no token that "
    "somebody renews."
)


@pytest.fixture
def tenants(collection: Collection) -> Collection:
    """A second tenant, beta, whose token is another user's."""
    collection.github.world.add_token(Token(OTHER_SECRET, "other", OTHER_OWNER_ID))
    collection.follow(OTHER_SECRET, ["octo/two"], tenant="beta")
    return collection


def token(store: Store, tenant_id: int = 1) -> tuple[str, str | None, datetime | None]:
    """State, reason and expiry (UTC) of a tenant's token as stored."""
    sql = "select state, state_reason, expires_at from tenant_token where tenant_id = $tenant_id"
    with store.control.read() as cursor:
        ((state, reason, expires_at),) = cursor.execute(sql, {"tenant_id": tenant_id}).fetchall()
    return state, reason, expires_at


def test_a_token_that_is_refused_at_the_start_is_asked_for_nothing_more_and_other_tenants_go_on(
    tenants: Collection,
) -> None:
    tenants.github.world.tokens[SECRET].revoked = True
    report = tenants()
    assert (report.state, token(tenants.store)) == (RunState.PARTIAL, ("invalid", REFUSED, None))
    assert tenants.github.requests.by_status[401] == 1
    assert report.message == f"The token of acme is not used: {REFUSED}"
    assert set(tenants.outcomes()["octo/one"].values()) == {"skipped"}
    assert tenants.rows("select distinct tenant_id from daily_traffic join repository using (repository_id)") == [(2,)]
    assert tenants.views("octo/two") == shown_views(tenants.github.world.repositories[2])
    assert token(tenants.store, 2)[0] == "valid"
    (beta,) = tenants.rows("select repository_id from repository where tenant_id = 2")
    of_beta = runs(Viewer(frozenset(beta), frozenset({2})), tenants.store, 20)
    assert [each.state for each in of_beta] == [RunState.COMPLETE], "what another tenant's token does is not theirs"


def test_a_token_that_is_revoked_mid_run_keeps_what_it_brought(tenants: Collection) -> None:
    tenants.github.faults.add(bad_credentials_401().on("*/octo/three/traffic/clones"))
    report = tenants()
    assert report.state is RunState.PARTIAL
    assert token(tenants.store) == ("invalid", REFUSED, None)
    found = tenants.outcomes()["octo/three"]
    assert (found["views"], found["clones"], found["referrers"]) == ("ok", "skipped", "skipped")
    assert tenants.views("octo/three") == shown_views(tenants.github.world.repositories[3])
    assert tenants.github.violations == []


def test_a_refused_token_rests_until_20_hours_have_passed(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    collection.github.world.tokens[SECRET].revoked = True
    asked = []
    for hours in (0, 8, 16, 24, 32, 48):
        monkeypatch.setattr(MachineTime, "moment", NOW + hours * HOUR)
        collection.github.clock.now = NOW + hours * HOUR
        collection()
        asked.append(len(collection.github.requests))
    assert asked == [1, 0, 0, 1, 0, 1]


def test_a_refused_token_that_github_takes_again_is_valid_again(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    collection.github.world.tokens[SECRET].revoked = True
    collection()
    collection.github.world.tokens[SECRET].revoked = False
    monkeypatch.setattr(MachineTime, "moment", NOW + DAY)
    assert collection.later(DAY).state is RunState.COMPLETE
    assert token(collection.store) == ("valid", None, None)


def test_a_token_that_github_was_not_asked_about_stays_as_it_was(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    collection.github.world.tokens[SECRET].revoked = True
    collection()
    monkeypatch.setattr(MachineTime, "moment", NOW + DAY)
    collection.github.stop()
    assert collection.later(DAY).state is RunState.FAILED
    assert token(collection.store)[0] == "invalid"


def test_the_expiry_of_a_token_is_noted(collection: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    collection.github.world.tokens[SECRET].expires_at = NOW + 9 * DAY
    collection()
    assert token(collection.store) == ("valid", None, (NOW + timedelta(days=9)).replace(tzinfo=None))
    monkeypatch.setattr("collector.run.save_verdicts", lambda *_: pytest.fail("nothing new, nothing written"))
    collection.later(HOUR)


def test_a_tenant_without_a_token_is_told_and_the_others_are_collected(tenants: Collection) -> None:
    with tenants.store.control.commit("test") as connection:
        connection.execute("delete from tenant_token where tenant_id = 1")
    report = tenants()
    assert report.state is RunState.PARTIAL
    assert "acme has no token that can be used" in str(report.message)
    assert set(tenants.outcomes()) == {"octo/two"}


@pytest.mark.parametrize(
    ("kind", "lacks"),
    [
        (
            "classic",
            {
                1: (Lack.PUSH, "must be able to push to this repository"),
                3: (Lack.SAML, "Authorise the token for this organization"),
            },
        ),
        ("fine_grained", {1: (Lack.ADMINISTRATION, "lacks the repository permission Administration: read")}),
    ],
)
def test_a_missing_permission_is_named_and_costs_that_repository_alone(
    collection: Collection, kind: str, lacks: dict[int, tuple[Lack, str]]
) -> None:
    world = collection.github.world
    known = world.tokens[SECRET]
    known.kind, known.lacks = kind, {key: lack for key, (lack, _) in lacks.items()}
    assert collection().state is RunState.PARTIAL
    for key, (_, words) in lacks.items():
        state, reason = collection.state(world.repositories[key].full_name)
        assert (state, words in str(reason)) == ("unavailable", True)
    assert collection.views("octo/two") == shown_views(collection.github.world.repositories[2])
    assert token(collection.store)[0] == "valid"


def test_a_token_that_does_not_open_stops_its_own_tenant_only(tenants: Collection) -> None:
    with tenants.store.control.commit("test") as connection:
        connection.execute("update tenant_token set encrypted = 'encrypted with another key'::blob where tenant_id = 1")
    report = tenants()
    assert (report.state, set(tenants.outcomes())) == (RunState.PARTIAL, {"octo/two"})
    assert "has no token that can be used" in str(report.message)
