"""What machines ask: metrics, a run to be started, and the tools of agents; each with the rights of its token."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response
from prometheus_client.parser import text_string_to_metric_families

from data.accounts.audit import AuditFilter, entries
from data.calendar import utc_now
from data.collection.ledger import Scope
from data.repositories.pauses import OwnerLimit, save_pauses
from data.sandbox.sandbox import Limits, Sandbox
from pages.ui import query_sandbox
from tests.pages.api.conftest import Program
from tests.pages.app import BLUE, GREEN, App

CALL = {"jsonrpc": "2.0", "id": 1}
MODERN = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}


def post(program: Program, username: str | None, path: str, body: Any = None, **headers: str) -> Response:
    sent = dict(headers)
    if username:
        sent["Authorization"] = f"Bearer {program.token(username)}"
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    answer: Response = program.client.post(path, content=content, headers=sent)
    return answer


def tool(program: Program, username: str, name: str, **arguments: Any) -> Any:
    """What a tool answers, as an agent's client asks; the text of an error."""
    params = {"name": name, "arguments": arguments}
    answer = post(program, username, "/mcp", CALL | {"method": "tools/call", "params": params}, **MODERN)
    assert answer.status_code == 200, answer.text
    result = answer.json()["result"]
    text = result["content"][0]["text"]
    return text if result.get("isError") else json.loads(text)


def test_metrics_are_in_the_form_of_prometheus_and_for_who_keeps_the_server(program: Program) -> None:
    save_pauses(program.app.store, [], utc_now(), [OwnerLimit("user 1", 5000, 4321, utc_now())])
    for username, status in (("tenant", 403), ("single", 403), ("maintainer", 200), ("admin", 200)):
        answer = program.client.get("/metrics", headers={"Authorization": f"Bearer {program.token(username)}"})
        assert answer.status_code == status
    assert program.client.get("/metrics").status_code == 401
    if promtool := shutil.which("promtool"):
        subprocess.run([promtool, "check", "metrics"], input=answer.content, check=True, capture_output=True)
    found = {family.name: family for family in text_string_to_metric_families(answer.text)}
    assert {
        f"github_traffic_{name}" for name in ("store_version", "runs_last_day", "failures_last_day", "findings")
    } <= (found.keys())
    versions = {sample.labels["database"]: sample.value for sample in found["github_traffic_store_version"].samples}
    assert versions["traffic"] == program.app.store.traffic.version()
    (left,) = found["github_traffic_requests_left"].samples
    assert (left.labels["owner"], left.value) == ("user 1", 4321), "as GitHub's headers said"
    shown = re.findall(r"github_traffic_[a-z_]+", Path("deploy/grafana-dashboard.json").read_text("utf-8"))
    assert len(shown) > 5
    assert {each.removesuffix("_bucket") for each in shown} <= {*found}, "the dashboard asks for what there is"
    near = {sample.labels["tenant"] for sample in found["github_traffic_until_loss_seconds"].samples}
    assert near == {"Blue", "Green"}


def test_a_run_is_started_by_who_may_and_recorded(program: Program, app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[Scope] = []
    monkeypatch.setattr("pages.ui.collector_process.begin", begun.append)
    path = "/api/v1/runs"
    assert post(program, "tenant", path).json() == {"tenants": ["Blue"]}
    assert post(program, "maintainer", path).status_code == 202
    assert post(program, "maintainer", path, {"tenant": "green"}).json() == {"tenants": ["Green"]}
    assert begun == [Scope(tenant_ids=(BLUE,)), Scope(), Scope(tenant_ids=(GREEN,))]
    for username, body, status in (
        ("viewer", None, 403),
        ("single", None, 403),
        ("tenant", {"tenant": "Green"}, 404),
        ("tenant", {"tenant": 1}, 422),
        ("tenant", {"tenant": None}, 422),
        ("tenant", {"repository": "x"}, 422),
        ("tenant", b"{", 422),
        ("tenant", b"[" * 5000, 422),
        ("tenant", b" " * 20_000, 413),
        (None, None, 401),
    ):
        assert post(program, username, path, body).status_code == status, (username, body)
    assert len(begun) == 3
    logged = entries(app.account("admin"), app.store, AuditFilter(text="collection started"))
    assert [each.actor for each in logged] == ["maintainer", "maintainer", "tenant"]


def test_an_agent_reads_what_its_token_may_see(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    assert post(program, None, "/mcp", CALL | {"method": "tools/list"}, **MODERN).status_code == 401
    assert program.client.get("/mcp").status_code == 405, "no stream is kept open"
    listed = post(program, "single", "/mcp", CALL | {"method": "tools/list"}, **MODERN).json()["result"]["tools"]
    assert {each["name"] for each in listed} == {"list_repositories", "traffic", "spikes", "query"}
    assert all(each["annotations"]["readOnlyHint"] for each in listed)
    assert [each["repository"] for each in tool(program, "single", "list_repositories")] == ["blue/engine"]
    found = tool(program, "tenant", "traffic", by="week", days=21, repository=["blue/docs"], compare=True)
    assert ({row["full_name"] for row in found["rows"]}, found["cut"]) == ({"blue/docs"}, False)
    assert "views_before" in found["rows"][0]
    monkeypatch.setattr("pages.api.agent_tools.MOST_ROWS", 5)
    found = tool(program, "tenant", "traffic")
    assert (len(found["rows"]), found["cut"]) == (5, True)
    assert "no such repository" in tool(program, "tenant", "traffic", repository=["green/telescope"])
    assert "by is one of" in tool(program, "tenant", "traffic", by="hour")
    assert isinstance(tool(program, "tenant", "spikes"), list)
    box = Sandbox(program.app.store, Limits(warm=0, rows=2))
    monkeypatch.setattr(query_sandbox, "the_sandbox", lambda: box)
    found = tool(program, "single", "query", sql="select distinct full_name from v_daily")
    assert found["rows"] == [{"full_name": "blue/engine"}]
    assert tool(program, "single", "query", sql="from range(3)")["cut"], "by the sandbox itself"
    assert "Only queries run here" in tool(program, "single", "query", sql="drop table daily_traffic")
    box.close()


def test_streamlit_s_own_interface_for_agents_is_off(app: App) -> None:
    import streamlit as st

    assert st.get_option("server.enableAgentApi") is False
