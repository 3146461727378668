"""Who leads: at most one at any time, and somebody else soon after it is gone."""

from __future__ import annotations

from slipway.release.controller import election
from slipway.release.controller.election import DURATION, MARGIN, RENEWAL, Election
from tests.slipway.release.controller.server import Cluster


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def elected(cluster: Cluster, name: str, clock: Clock) -> Election:
    return Election(cluster.api(), "slipway", "slipway-releases", name, clock=clock)


def test_the_first_leads_and_the_second_waits(cluster: Cluster) -> None:
    clock = Clock()
    anna, bob = elected(cluster, "anna", clock), elected(cluster, "bob", clock)
    for each in (anna, bob):
        each.attempt()
    assert (anna.is_leading, bob.is_leading) == (True, False)
    assert cluster.get("leases", "slipway", "slipway-releases")["spec"]["holderIdentity"] == "anna"


def test_takeover_within_fifteen_seconds(cluster: Cluster) -> None:
    """Of a leader that was killed just after a renewal; until its lease has ended, nobody leads."""
    clock = Clock()
    anna, bob = elected(cluster, "anna", clock), elected(cluster, "bob", clock)
    anna.attempt()
    killed = clock.now
    while not bob.is_leading:
        bob.attempt()
        clock.now += RENEWAL
        assert not (anna.is_leading and bob.is_leading)
    assert killed + DURATION <= clock.now <= killed + 15 - sum(election.TIMEOUT)


def test_a_leader_that_cannot_renew_stops_before_its_lease_ends(cluster: Cluster) -> None:
    clock = Clock()
    anna = elected(cluster, "anna", clock)
    anna.attempt()
    cluster.is_down = True
    began = clock.now
    while anna.is_leading:
        clock.now += 0.5
        anna.attempt()
    assert clock.now <= began + DURATION - MARGIN


def test_a_leader_that_was_replaced_stops_at_once(cluster: Cluster) -> None:
    clock = Clock()
    anna = elected(cluster, "anna", clock)
    anna.attempt()
    spec = cluster.get("leases", "slipway", "slipway-releases")["spec"]
    cluster.put("leases", "slipway", "slipway-releases", spec={**spec, "holderIdentity": "bob"})
    anna.attempt()
    assert not anna.is_leading


def test_two_that_write_at_once_are_one(cluster: Cluster) -> None:
    """The API server refuses the write of the one that read before the other wrote."""
    clock = Clock()
    anna, bob = elected(cluster, "anna", clock), elected(cluster, "bob", clock)
    anna.attempt()
    anna.resign()
    read = cluster.get("leases", "slipway", "slipway-releases")["metadata"]["resourceVersion"]
    bob.attempt()
    stale = {"metadata": {"name": "slipway-releases", "resourceVersion": read}, "spec": {}}
    path = "/apis/coordination.k8s.io/v1/namespaces/slipway/leases/slipway-releases"
    assert cluster.answer("PUT", path, {}, "application/json", stale)[0] == 409
    assert (anna.is_leading, bob.is_leading) == (False, True)


def test_a_lease_that_was_given_up_is_taken_at_once(cluster: Cluster) -> None:
    clock = Clock()
    anna, bob = elected(cluster, "anna", clock), elected(cluster, "bob", clock)
    anna.attempt()
    bob.attempt()
    anna.resign()
    bob.attempt()
    assert (anna.is_leading, bob.is_leading) == (False, True)
