"""One process at a time holds a named lease; nobody waits for one that has left."""

from datetime import timedelta

import pytest

from tasks.engine.leases import holder_of, release_leases, take_lease
from tasks.models import Lease
from victoros.lib.clock import now_plus

pytestmark = pytest.mark.django_db

A_MINUTE = timedelta(minutes=1)


def test_a_lease_is_held_by_one_and_renewed_by_its_holder() -> None:
    assert take_lease("reconciler", holder_of(1), A_MINUTE)
    assert take_lease("reconciler", holder_of(1), A_MINUTE)
    assert not take_lease("reconciler", holder_of(2), A_MINUTE)


def test_a_lease_that_ran_out_passes_on() -> None:
    take_lease("reconciler", holder_of(1), A_MINUTE)
    Lease.objects.update(until=now_plus(timedelta(seconds=-1)))
    assert take_lease("reconciler", holder_of(2), A_MINUTE)
    assert not take_lease("reconciler", holder_of(1), A_MINUTE)


def test_a_lease_given_back_is_free_at_once_and_only_its_own() -> None:
    take_lease("reconciler", holder_of(1), A_MINUTE)
    take_lease("other", holder_of(2), A_MINUTE)
    assert release_leases(holder_of(1)) == 1
    assert take_lease("reconciler", holder_of(3), A_MINUTE)
    assert not take_lease("other", holder_of(3), A_MINUTE)
