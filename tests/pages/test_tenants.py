"""The tenants' page: created, renamed, deactivated, with tokens that GitHub has checked."""

import pytest

from data.accounts.encryption import open_cipher
from data.accounts.models import Tenant
from data.accounts.tenants import operator, tenants
from data.accounts.tokens import StoredToken, open_tokens, tokens
from data.calendar import utc_now
from pages.ui.time_format import expiry_level
from tests.fake_github import FakeGitHub
from tests.pages.app import BLUE, GREEN, SECRET, App, confirmed, shown_text, store_token
from tests.pages.conftest import WITHOUT_SCOPE

PAGE = "tenants"
STRANGE = "ghp_octoNobody0123456789abcdefghij0000"


def stored(app: App) -> dict[int, StoredToken]:
    return {each.tenant_id: each for each in tokens(operator(app.store), app.store)}


def tenant(app: App, tenant_id: int = BLUE) -> Tenant:
    return next(each for each in tenants(operator(app.store), app.store) if each.tenant_id == tenant_id)


def test_a_manager_finds_the_own_tenant_only(app: App) -> None:
    run = app.opened("tenant", PAGE)
    assert list(run.dataframe[0].value["name"]) == ["Blue"]
    assert "Green" not in shown_text(run)
    assert "tenants_add" not in [each.key for each in run.button]
    assert "tenant_deactivate" not in [each.key for each in run.button]


def test_an_admin_finds_all_tenants(app: App) -> None:
    assert list(app.opened("admin", PAGE).dataframe[0].value["name"]) == ["Blue", "Green"]


def test_a_token_is_checked_and_stored_encrypted(app: App, github: FakeGitHub) -> None:
    run = app.opened("tenant", PAGE)
    assert "(https://github.com/settings/personal-access-tokens/new)" in shown_text(run)
    run.text_input(key=f"tenant_token_{BLUE}").input(SECRET)
    run.button(key="tenant_token_submit").click().run()
    assert len(github.requests) == 1
    assert "octo\\-maintainer" in shown_text(run)
    assert stored(app)[BLUE].last_four == SECRET[-4:]
    opened = open_tokens(app.store, open_cipher(app.store.directory), utc_now())
    assert opened[BLUE].secret == SECRET
    assert SECRET not in shown_text(run)
    (field,) = [each for each in run.text_input if each.label == "GitHub token"]
    assert field.key != f"tenant_token_{BLUE}"  # a new field: the browser keeps what stands in the former one
    assert not field.value


@pytest.mark.parametrize(
    ("secret", "reason"),
    [
        (STRANGE, "make a new one"),
        ("two words " * 3, "look like a GitHub token"),
        ("x" * 5000, "look like a GitHub token"),
        ("sk_live_0123456789abcdef0123", "look like a GitHub token"),
        (WITHOUT_SCOPE, "lacks the scope repo"),
    ],
)
def test_a_token_of_no_use_is_refused_with_the_reason(app: App, github: FakeGitHub, secret: str, reason: str) -> None:
    store_token(app, BLUE)
    run = app.opened("tenant", PAGE)
    run.text_input(key=f"tenant_token_{BLUE}").input(secret)
    run.button(key="tenant_token_submit").click().run()
    assert reason in "".join(each.value for each in run.error)
    assert stored(app)[BLUE].facts.login == "octo-maintainer"


@pytest.mark.parametrize(("days", "kind"), [(0.5, "error"), (6.5, "warning"), (13.5, "info"), (15, None), (None, None)])
def test_the_end_of_a_token_is_warned_of_ever_louder(app: App, days: float | None, kind: str | None) -> None:
    store_token(app, BLUE, days)
    run = app.opened("tenant", PAGE)
    boxes = {"error": run.error, "warning": run.warning, "info": run.info}
    warnings = {each: [box.value for box in found if "expires" in box.value] for each, found in boxes.items()}
    assert [each for each, texts in warnings.items() if texts] == ([] if kind is None else [kind])
    assert expiry_level(stored(app)[BLUE].facts.expires_at, utc_now()) == kind


def test_a_tenant_is_renamed_but_not_to_another_s_name(app: App) -> None:
    run = app.opened("admin", PAGE)
    run.text_input(key=f"tenant_name_{BLUE}").input("green")
    run.button(key="tenant_rename_submit").click().run()
    assert "already a tenant" in run.error[0].value
    run.text_input(key=f"tenant_name_{BLUE}").input("Azure")
    run.button(key="tenant_rename_submit").click().run()
    assert tenant(app).name == "Azure"


def test_a_tenant_is_deactivated_after_its_name_was_typed(app: App) -> None:
    confirmed(app.opened("admin", PAGE), "tenant_deactivate", "blue")
    assert tenant(app).active
    confirmed(app.opened("admin", PAGE), "tenant_deactivate", "Blue")
    assert not tenant(app).active
    assert app.opened("viewer").title[0].value == "Overview"


def test_a_schedule_is_saved_or_refused_with_what_one_looks_like(app: App) -> None:
    run = app.opened("tenant", PAGE)
    run.selectbox(key=f"tenant_schedule_{BLUE}").select("cron")
    run.text_input(key=f"tenant_cron_{BLUE}").input("every now and then")
    run.button(key="tenant_schedule_submit").click().run()
    assert "A schedule is" in run.error[0].value
    run.text_input(key=f"tenant_cron_{BLUE}").input("30 */6 * * *")
    run.button(key="tenant_schedule_submit").click().run()
    assert tenant(app).schedule == "30 */6 * * *"
    assert "pauses" not in shown_text(run)
    run.text_input(key=f"tenant_cron_{BLUE}").input("0 0 */10 * *")
    run.button(key="tenant_schedule_submit").click().run()
    assert "pauses for up to 10 days" in shown_text(run)


def test_an_admin_creates_a_tenant_and_manages_it(app: App, github: FakeGitHub) -> None:
    run = app.opened("admin", PAGE)
    run.button(key="tenants_add").click().run()
    run.text_input(key="tenants_new_name").input("Red")
    run.text_input(key="tenants_new_token").input(SECRET)
    run.button(key="tenants_add").click()
    run.button(key="tenants_new_submit").click().run()
    red = next(each for each in tenants(operator(app.store), app.store) if each.name == "Red")
    assert app.account("admin").manages(red.tenant_id)
    assert stored(app)[red.tenant_id].facts.login == "octo-maintainer"
    assert GREEN != red.tenant_id != BLUE
