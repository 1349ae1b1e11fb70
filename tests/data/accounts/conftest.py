"""Who the tests of accounts begin with: an admin, a user, and a tenant with its manager."""

import pytest

from data.accounts.models import Account
from data.store import Store
from tests.data.cast import Place, first_user, user
from tests.data.written_once import written_once


@pytest.fixture
@written_once
def ada(store: Store) -> Account:
    return first_user(store)


@pytest.fixture
@written_once
def bob(store: Store) -> Account:
    first_user(store)
    return user(store, "bob")


@pytest.fixture
@written_once
def north(store: Store) -> Place:
    first_user(store)
    return Place.added(store, "north", 1)


@pytest.fixture
@written_once
def mia(store: Store, north: Place) -> Account:
    """The manager of the tenant north."""
    return user(store, "mia", north.manager)
