"""A data directory that follows generated repositories, as if a person had added them one by one."""

from datetime import timedelta
from pathlib import Path

from data.accounts.encryption import open_cipher
from data.accounts.tenants import add_tenant
from data.accounts.tokens import TokenFacts, save_token
from data.store import Store
from tests.benchmarks.measured import LIVED_DAYS, NOW
from tests.benchmarks.simulation import OWNER_ID, TOKEN
from tests.fake_github.generated import generated_repositories

_FOLLOW = """
insert into repository
select
    unnest(range(1, 1 + len($ids))), $tenant_id, unnest($ids), unnest($owners), unnest($names), unnest($full_names),
    'active', null, $now, $now, 'public', false, false
"""


def followed(directory: Path, repositories: int) -> Store:
    """A new store in which one tenant, with a token, follows the first so many generated repositories."""
    store = Store(directory)
    store.prepare()
    added_at = NOW - timedelta(days=LIVED_DAYS)
    tenant = add_tenant(store, "Benchmark", "daily", added_at)
    facts = TokenFacts("classic", "maintainer", OWNER_ID, "repo", None)
    encrypted = (open_cipher(directory).encrypt(TOKEN), TOKEN[-4:])
    save_token(store, tenant.tenant_id, encrypted, facts, added_at)
    found = generated_repositories(repositories, LIVED_DAYS, NOW.date())
    values = {
        "tenant_id": tenant.tenant_id,
        "ids": [each.id for each in found],
        "owners": [each.owner for each in found],
        "names": [each.name for each in found],
        "full_names": [each.full_name for each in found],
        "now": added_at.replace(tzinfo=None),
    }
    with store.traffic.commit("following repositories") as connection:
        connection.execute(_FOLLOW, values)
        connection.execute("insert into identity_counter values ('repository', $last)", {"last": len(found)})
    return store
