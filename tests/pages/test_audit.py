"""The audit log: an admin reads all acts, a tenant's manager those of the tenant."""

import pytest

from data.accounts.audit import Subject, save_entry
from data.calendar import utc_now
from tests.pages.app import BLUE, GREEN, App, shown_text

PAGE = "audit"


@pytest.fixture
def acted(app: App) -> App:
    """The app after an act in each tenant."""
    for key in (BLUE, GREEN):
        save_entry(app.store, "token stored", Subject(f"tenant {key}", key), "somebody", utc_now())
    return app


def test_an_admin_reads_all_acts(acted: App) -> None:
    found = acted.opened("admin", PAGE).dataframe[0].value
    assert {"tenant Blue", "tenant Green", "user admin"} <= set(found["subject"])


def test_a_manager_reads_the_own_tenant_s_acts(acted: App) -> None:
    found = acted.opened("tenant", PAGE).dataframe[0].value
    assert "tenant Blue" in set(found["subject"])
    assert not {"tenant 2", "tenant Green", "user admin", "user green-tenant"} & set(found["subject"])


def test_a_tenant_and_a_repository_are_named_and_found_by_their_names(acted: App) -> None:
    run = acted.opened("admin", PAGE)
    run.text_input(key="audit_search").input("green").run()
    assert ("somebody", "tenant Green") in set(
        run.dataframe[0].value[["actor", "subject"]].itertuples(index=False, name=None)
    )
    run.text_input(key="audit_search").input("blue/engine").run()
    assert set(run.dataframe[0].value["detail"]) == {"repository viewer of blue/engine"}


def test_a_search_narrows_and_finds_nothing_without_an_error(acted: App) -> None:
    run = acted.opened("admin", PAGE)
    run.text_input(key="audit_search").input("STORED").run()
    assert set(run.dataframe[0].value["action"]) == {"token stored"}
    run.text_input(key="audit_search").input("%_ nothing of the kind").run()
    assert not run.exception
    assert "No entries match" in shown_text(run)
