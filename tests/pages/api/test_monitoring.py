"""What a monitor learns over HTTP: the process answers, and the collection is well or not, without a name."""

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from pages.api import monitoring
from tests.pages.app import BLUE, GREEN, App, store_token


@pytest.fixture
def client(app: App) -> TestClient:
    return TestClient(Starlette(routes=monitoring.routes()))


def test_who_is_signed_out_learns_whether_the_process_and_the_collection_are_well(
    app: App, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.store.file_backend.LOOK_S", 0.0)  # else the files are not missed within milliseconds
    store_token(app, BLUE)
    store_token(app, GREEN)
    assert (client.get("/healthz").status_code, client.get("/healthz").json()) == (200, {"status": "ok"})
    assert (client.get("/readyz").status_code, client.get("/readyz").json()) == (200, {"status": "ok"})
    (app.store.directory / "secret.key").unlink()
    assert (client.get("/readyz").status_code, client.get("/readyz").json()) == (503, {"status": "failing"})
    for link in app.store.directory.glob("*.duckdb"):
        link.unlink()
    for version in app.store.directory.glob("versions/*"):
        version.unlink()
    assert (client.get("/readyz").status_code, client.get("/readyz").json()) == (503, {"status": "unavailable"})
    assert client.get("/healthz").status_code == 200
