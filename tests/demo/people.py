"""The demo's users: one who may do everything, one who may see a single repository."""

from pathlib import Path

from data.accounts import grants, invitations, set_up
from data.accounts.authority import NewUser
from data.accounts.models import Grant, Role
from data.accounts.tenants import operator, tenants
from data.calendar import utc_now
from data.reports.subscription_settings import ReportSettings
from data.reports.subscriptions import NewChannel, add_subscription
from data.repositories.repositories import repositories
from data.store import Store

PASSWORD = "look around"
EVERYTHING, ONE_REPOSITORY = "demo", "guest"
REPORT = "Monday report"  # of the first tenant, to preview
SHOWN_TO_GUEST = "Pythagora-io/pythagora"


def add_people(directory: Path) -> None:
    """Add both users, the first by the set-up code, the second by an invitation, as people would; and a report."""
    store, now = Store(directory), utc_now()
    code = set_up.renew_setup_code(store, now)
    assert code, "the demo's data is new"
    demo = set_up.add_first_user(store, code, NewUser(EVERYTHING, "Demo", None, PASSWORD), now)
    viewer = operator(store)
    for tenant in tenants(viewer, store):
        grants.grant(store, EVERYTHING, demo.user_id, Grant(Role.TENANT, tenant.tenant_id), now)
    shown = next(each for each in repositories(viewer, store) if each.full_name == SHOWN_TO_GUEST)
    one = Grant(Role.REPOSITORY_VIEWER, repository_id=shown.repository_id)
    link = invitations.invite(store, EVERYTHING, [one], None, now)
    invitations.accept(store, link, NewUser(ONE_REPOSITORY, "Guest", None, PASSWORD), now)
    whole = next(iter(tenants(viewer, store)))
    slack = NewChannel("slack", "hooks.example.org", "https://hooks.example.org/services/demo")
    add_subscription(store, EVERYTHING, REPORT, ReportSettings(), [slack], tenant_id=whole.tenant_id, now=now)
    store.close()
