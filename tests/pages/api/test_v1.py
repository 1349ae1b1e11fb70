"""The API: rows as the exports have them, page by page or as CSV; refusals in JSON that say what to do."""

import base64
import csv
import re
from datetime import timedelta
from io import BytesIO, StringIO
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.result import Ok
from starlette.routing import Route

from data.accounts import accounts, grants
from data.accounts.api_tokens import new_secret, revoke_api_token
from data.accounts.authority import COMMAND_LINE
from data.accounts.models import Grant, Role
from data.calendar import utc_now
from data.dashboards.specification import Range
from data.repositories.groups import add_group
from data.sharing.badges import BadgeMeasure, BadgePeriod, NewBadge, add_badge
from data.sharing.shares import NewShare, RepositoryPage, add_share
from data.traffic.export import ExportRequest, ExportTable, export
from pages.api import authentication, limits, v1
from pages.api import routes as program_routes
from pages.api.limits import RateLimit
from tests.data.filled import DOCS, ENGINE, MIRROR, TELESCOPE
from tests.pages.api.conftest import Program
from tests.pages.app import BLUE, GREEN, App, days_ago, store_token

NAMES = [*v1.TABLES, "runs", "health"]
OF_WHOM = {
    "tenant": {"blue/engine", "blue/docs", "blue/mirror"},
    "green-tenant": {"green/telescope"},
    "single": {"blue/engine"},
    "both": {"blue/engine", "blue/docs", "blue/mirror", "green/telescope"},
    "admin": set(),
    "nobody": set(),
}
TENANT_OF = {"tenant": "Blue", "green-tenant": "Green", "single": "Blue"}
AGENT = [
    {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": {}}}
    for name in ("list_repositories", "traffic", "spikes")
]
AGENT_HEADERS = {"Accept": "application/json, text/event-stream"}


@pytest.mark.parametrize("username", OF_WHOM)
def test_every_table_has_the_rows_that_the_token_s_user_may_see(program: Program, username: str) -> None:
    for name in v1.TABLES:
        found = {row["full_name"] for row in program.rows(f"{name}?limit=10000", username)} - {None}
        assert found <= OF_WHOM[username]
        if name in {"repositories", "traffic", "referrers"}:
            assert found == OF_WHOM[username]
        text = program.get(f"{name}.csv", username).text
        others = OF_WHOM["both"] - OF_WHOM[username]
        assert not [each for each in others if each in text]
    for name in v1.FORMER:
        text = program.get(f"data/{name}.csv", username).text
        found = {f"{row['ORGNAME']}/{row['REPONAME']}" for row in csv.DictReader(StringIO(text))}
        assert found == OF_WHOM[username]


@pytest.mark.parametrize("username", ["tenant", "green-tenant", "single", "nobody"])
def test_no_route_for_programs_tells_of_another_tenant(program: Program, username: str) -> None:
    program.app.monkeypatch.setattr("pages.ui.collector_process.begin", lambda scope: (None, None))
    headers = {"Authorization": f"Bearer {program.token(username)}"}
    hidden = OF_WHOM["both"] - OF_WHOM[username] | ({"Blue", "Green"} - {TENANT_OF.get(username, "")})
    places = dict.fromkeys(("name", "secret", "rest:path"), "x") | shown_to_all(program.app, username)
    for route in program_routes.routes():
        assert isinstance(route, Route)
        path = re.sub(r"{(.*?)}", lambda found: places[found[1]], route.path)
        for method in route.methods or {"GET", "POST"}:
            for body in AGENT if (method, path) == ("POST", "/mcp") else [None]:
                sent = headers | AGENT_HEADERS if body else headers
                answer = program.client.request(method, path, json=body, headers=sent)
                assert body is None or answer.status_code == 200
                text = f"{answer.text}{answer.headers}"
                assert not [each for each in hidden if each in text], (method, path, body)


def shown_to_all(app: App, username: str) -> dict[str, str]:
    """A badge and a share link that this user makes, where they may."""
    mine = {"tenant": (BLUE, ENGINE), "green-tenant": (GREEN, TELESCOPE)}.get(username)
    if mine is None:
        return {}
    badge = NewBadge(mine[0], BadgeMeasure.VIEWS, BadgePeriod.ALL, "views", mine[1])
    share = NewShare("For you", mine[0], RepositoryPage(Range()), frozenset({mine[1]}))
    return {
        "name": add_badge(app.store, username, badge, utc_now()).public_id,
        "secret": add_share(app.store, username, share, utc_now()),
    }


def test_csv_is_the_export_and_json_has_its_columns(program: Program) -> None:
    viewer = grants.viewer_of(program.app.store, program.app.account("tenant"))
    for name, table in v1.TABLES.items():
        export(viewer, program.app.store, ExportRequest(table or ExportTable.DAILY), written := BytesIO())
        answer = program.get(f"{name}.csv")
        assert (answer.content, answer.headers["content-type"]) == (written.getvalue(), "text/csv; charset=utf-8")
        assert program.get(name, Accept="text/csv").content == written.getvalue()
        header = written.getvalue().decode().split("\r\n")[0].split(",")
        assert all(list(row) == header for row in program.rows(name))


def test_pages_follow_each_other_to_the_end_whatever_is_written_meanwhile(program: Program) -> None:
    path, found = "traffic?limit=50", []
    while path:
        answer = program.get(path).json()
        found += [(row["repository_id"], row["day"]) for row in answer["data"]]
        add_group(program.app.store, COMMAND_LINE, BLUE, f"Changed at {len(found)}", [DOCS], now=utc_now())
        path = (answer["next"] or "").removeprefix("/api/v1/")
    rows = program.rows("traffic?limit=10000")
    assert found == [(row["repository_id"], row["day"]) for row in rows]
    assert len(set(found)) == len(found) > 150


def test_filters_narrow_and_unknown_is_null(program: Program) -> None:
    group = add_group(program.app.store, COMMAND_LINE, BLUE, "Tools", [DOCS, MIRROR], now=utc_now())
    days = f"from={days_ago(9)}&to={days_ago(8)}"
    assert {row["repository_id"] for row in program.rows(f"traffic?{days}&group=tools")} == set(group.repository_ids)
    assert {row["repository_id"] for row in program.rows(f"traffic?{days}&repository=Blue/Engine")} == {ENGINE}
    both = f"traffic?{days}&repository={ENGINE}&repository=blue/docs&tenant=blue"
    assert [row["day"] for row in program.rows(both)] == [str(days_ago(9)), str(days_ago(8))] * 2
    (first, _) = program.rows(f"traffic?{days}&repository={ENGINE}&metric=views&compare=previous")
    as_csv = program.get(f"traffic.csv?{days}&repository={ENGINE}&metric=views&compare=previous").text
    assert next(row["views_before"] for row in csv.DictReader(StringIO(as_csv))) == str(first["views_before"])
    (before, _) = program.rows(f"traffic?from={days_ago(11)}&to={days_ago(10)}&repository={ENGINE}&metric=views")
    assert (first["views_before"], "clones" in first) == (before["views"], False)
    outage = program.rows(f"traffic?from={days_ago(54)}&to={days_ago(35)}", "green-tenant")
    assert {row["views"] for row in outage if row["views_state"] == "gap"} == {None}
    asked = f"from={days_ago(30)}&to={days_ago(20)}&repository={ENGINE}"
    week = program.rows(f"traffic?by=week&{asked}")[0]
    assert {"view_uniques", "visitor_days", "views_days", "views_state"} <= week.keys()
    sums = {sum(row["views"] for row in program.rows(f"traffic?{asked}&by={by}")) for by in ("day", "week", "month")}
    assert len(sums) == 1


def test_an_answer_that_is_known_is_not_sent_again_until_a_new_version(program: Program) -> None:
    first = program.get("traffic?limit=5")
    tag = first.headers["etag"]
    again = program.get("traffic?limit=5", If_None_Match=tag)
    assert (again.status_code, again.content) == (304, b"")
    assert program.get("traffic?limit=5", "single", If_None_Match=tag).status_code == 200
    add_group(program.app.store, COMMAND_LINE, BLUE, "Tools", [DOCS], now=utc_now())
    assert program.get("traffic?limit=5", If_None_Match=tag).status_code == 200
    for path in ("health", "traffic.csv", "data/repositorystats.csv"):
        assert program.get(path, If_None_Match=program.get(path).headers["etag"]).status_code == 304
    assert "private" in first.headers["cache-control"]
    assert "Authorization" in first.headers["vary"]


WRONG = [
    ("from=2026-11-14&to=2026-11-13", "from"),
    *((f"from={wrong}", "from") for wrong in ("14.11.2026", "0001-01-01", "2026-02-30", "2026-W46-1", "")),
    ("to=9999-12-31", "to"),
    ("by=year", "by"),
    ("metric=stars", "metric"),
    ("compare=previous", "compare"),
    *((f"limit={wrong}", "limit") for wrong in ("0", "-1", "10001", "x", "²", "9" * 30)),
    *((f"cursor={wrong}", "cursor") for wrong in ("x", "W10=", "WzEsMl0=", "W3RydWUsIDFd", "\u2603", "WyIxIl0=")),
    ("from=2026-01-01&from=2026-01-02", "from"),
    ("until=2026-01-01", "until"),
    ("&".join(["repository=blue/docs"] * 201), "repository"),
]


def test_what_makes_no_sense_is_refused_with_the_field(program: Program) -> None:
    for query, parameter in WRONG:
        answer = program.get(f"traffic?{query}")
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json"), query
        body = answer.json()
        assert body["errors"] == [{"parameter": parameter, "detail": body["detail"]}]


def test_another_tenant_s_place_is_answered_as_one_that_is_not_there(program: Program) -> None:
    add_group(program.app.store, COMMAND_LINE, GREEN, "Stars", [4], now=utc_now())
    for place in ("repository=green/telescope", "repository=4", "tenant=Green", "group=Stars"):
        theirs, missing = program.get(f"traffic?{place}"), program.get(f"traffic?{place.partition('=')[0]}=999/none")
        assert theirs.status_code == missing.status_code == 404
        assert theirs.content == missing.content
        assert program.get(f"traffic?{place}", "green-tenant").status_code == 200


def test_a_token_is_taken_in_every_way_that_programs_have(program: Program) -> None:
    secret = program.token("single")
    for pair in (f"{secret}:", f"anybody:{secret}", f":{secret}"):
        basic = base64.b64encode(pair.encode()).decode()
        assert program.get("repositories", None, Authorization=f"Basic {basic}").status_code == 200
    assert program.get("repositories", None, Authorization=f"bearer {secret}").status_code == 200
    for sent in ({}, {"Authorization": ""}, {"Authorization": "Negotiate x"}):
        answer = program.get(f"repositories?link={secret}", None, **sent)
        assert answer.status_code == 401, "a token is in no address"


def test_without_a_good_token_nothing_is_told(program: Program) -> None:
    secret, late = program.token("single"), program.token("single", lasts=timedelta(days=9))
    revoked, disabled = program.token("tenant"), program.token("viewer")
    revoke_api_token(program.app.store, COMMAND_LINE, 3, utc_now())
    accounts.disable_user(program.app.store, COMMAND_LINE, program.app.account("viewer").user_id, utc_now())
    in_ten_days = utc_now() + timedelta(days=10)
    program.app.monkeypatch.setattr(authentication, "utc_now", lambda: in_ten_days)
    sent = {
        "none": {},
        **{
            name: {"Authorization": f"Bearer {token}"}
            for name, token in {
                "half": secret[:20],
                "checksum": f"{secret[:-1]}{'a' if secret[-1] != 'a' else 'b'}",
                "unknown": new_secret(),
                "expired": late,
                "revoked": revoked,
                "disabled": disabled,
            }.items()
        },
        "basic": {"Authorization": "Basic \u00e4"},
        "scheme": {"Authorization": f"Negotiate {secret}"},
    }
    for ended, headers in sent.items():
        for name in NAMES:
            answer = program.client.get(
                f"/api/v1/{name}", headers=[(name.encode(), value.encode()) for name, value in headers.items()]
            )
            assert answer.status_code in {401, 429}, ended
            assert "blue" not in answer.text
        limits.OF_FAILURES.clear()
    assert "Bearer" in program.client.get("/api/v1/traffic").headers["www-authenticate"]
    assert program.get("traffic?limit=1", token=secret).status_code == 200


def test_who_tries_tokens_waits_and_a_token_has_its_pace(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authentication, "OF_FAILURES", RateLimit("failures", 2, 0.1))
    monkeypatch.setattr(authentication, "OF_A_TOKEN", RateLimit("token", 3, 0.1))
    codes = [program.get("notes", "single").status_code for _ in range(4)]
    assert codes == [200, 200, 200, 429]
    assert int(program.get("notes", "single").headers["retry-after"]) > 0
    assert [program.get("notes", None, new_secret()).status_code for _ in range(3)] == [401, 401, 429]
    assert program.get("notes", "tenant").status_code == 200, "others at this address are served all the same"


def test_rights_that_are_taken_away_are_gone_at_once(program: Program) -> None:
    assert len(program.rows("repositories", "both")) == 4
    user_id = program.app.account("both").user_id
    grants.revoke(program.app.store, COMMAND_LINE, user_id, Grant(Role.TENANT_VIEWER, GREEN), utc_now())
    assert len(program.rows("repositories", "both")) == 3
    scoped = program.token("tenant", repository_id=DOCS)
    assert {row["full_name"] for row in program.get("traffic", token=scoped).json()["data"]} == {"blue/docs"}


def test_an_unknown_address_is_json_and_never_a_page(program: Program) -> None:
    for path in ("/api", "/api/", "/api/v1", "/api/v2/traffic", "/api/v1/weekly", "/api/x/daily"):
        for method in ("GET", "POST"):
            answer = program.client.request(method, path, headers={"Accept": "text/html"})
            assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    for path, method, allowed in (
        ("traffic", "POST", "GET, HEAD"),
        ("runs", "DELETE", "GET, HEAD, POST"),
        ("openapi.json", "PUT", "GET, HEAD"),
        ("data/repositories.csv", "FOO", "GET, HEAD"),
    ):
        answer = program.client.request(method, f"/api/v1/{path}")
        assert (answer.status_code, answer.headers["allow"], answer.json()["status"]) == (405, allowed, 405)


def test_a_page_of_another_site_and_another_name_of_the_server_get_nothing(program: Program) -> None:
    refused = program.get("traffic", Host="elsewhere.example")
    assert (refused.status_code, refused.headers["content-type"]) == (403, "application/problem+json")
    assert refused.json()["status"] == 403
    assert program.client.post("/api/v1/runs", headers={"Origin": "http://elsewhere.example"}).status_code == 403
    answer = program.get("traffic?limit=1", X_Forwarded_Host="elsewhere.example")
    assert "elsewhere" not in f"{answer.text}{answer.headers}"


def test_the_files_of_the_replaced_system_have_its_columns(program: Program) -> None:
    days = list(csv.DictReader(StringIO(program.get("data/repositorystats.csv").text)))
    assert list(days[0]) == ["RID", "ORGNAME", "REPONAME", "TDATE", "VIEWCOUNT", "VUNIQUES", "CLONECOUNT", "CUNIQUES"]
    assert (days[0]["ORGNAME"], days[0]["REPONAME"]) == ("blue", "engine")
    assert len(days) == len(program.rows("traffic?limit=10000"))
    names = program.get("data/repositories.csv", "single").text
    assert names == f'RID,ORGNAME,REPONAME\r\n{ENGINE},"blue","engine"\r\n'


def test_runs_and_health_tell_what_the_pages_tell(program: Program) -> None:
    runs = program.rows("runs", "maintainer")
    assert [run["run_id"] for run in runs] == sorted((run["run_id"] for run in runs), reverse=True)
    assert runs[0]["requests"] is not None
    assert program.rows("runs", "tenant")[0]["requests"] is None
    refused = {name: program.get("runs", name).status_code for name in ("viewer", "single", "nobody")}
    assert refused == {"viewer": 403, "single": 403, "nobody": 403}, "they have no page of the system log either"
    first = program.get("runs?limit=1", "maintainer").json()
    assert program.rows(first["next"].removeprefix("/api/v1/"), "maintainer") == runs[1:2]
    assert program.get("runs.csv", "maintainer").text.startswith("run_id,trigger,started_at,")
    problems = program.rows("health", "tenant")
    assert "token" in {each["kind"] for each in problems}, "there is none stored"
    assert program.get("health.csv").text.startswith("kind,is_problem,tenant,repository_id,")
    store_token(program.app)
    program.app.monkeypatch.setattr("collector.reach.NEARLY", -1)
    kinds_of = {
        name: {each["kind"] for each in program.rows("health", name)} for name in ("maintainer", "tenant", "viewer")
    }
    assert {name for name, kinds in kinds_of.items() if "budget" in kinds} == {"maintainer", "tenant"}


def test_every_route_keeps_what_its_description_promises(program: Program) -> None:
    secret = program.token("both")
    headers = {"Authorization": f"Bearer {secret}", "Host": "localhost"}
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", program.client.app, headers=headers)
    operations = [each.ok() for each in schema.get_all_operations() if isinstance(each, Ok)]
    paths = {each.path for each in operations}
    routes = {each.path.removeprefix("/api/v1") for each in v1.routes() if isinstance(each, Route)}
    assert paths == routes - {"/api", "/api/{rest:path}", "/openapi.json"}
    for limit in ("OF_A_TOKEN", "OF_FAILURES"):
        program.app.monkeypatch.setattr(authentication, limit, RateLimit(limit, 1e6, 1e6))
    quick = settings(
        max_examples=2,
        deadline=timedelta(seconds=10),
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    for operation in operations:

        @quick
        @given(case=operation.as_strategy())
        def keeps_its_promise(case: Any) -> None:
            case.call_and_validate(headers=headers)

        keeps_its_promise()
