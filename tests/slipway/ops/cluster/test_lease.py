"""One run at a time on a cluster."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from slipway.ops.cluster.api import Api
from slipway.ops.cluster.lease import DURATION, PATH, Busy, Lease
from tests.slipway.ops.cluster.memory import Memory

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
NAME = f"{PATH}/slipway-rehearsal"


def lease(memory: Memory, holder: str, *, later: timedelta = timedelta(), lost: list[str] | None = None) -> Lease:
    found = lost if lost is not None else []
    return Lease(cast(Api, memory), holder, found.append, now=lambda: NOW + later)


def test_the_second_run_is_refused_during_the_first() -> None:
    memory = Memory()
    with lease(memory, "anna@laptop"):
        with pytest.raises(Busy, match=r"another rehearsal is running .* anna@laptop, since 2026-11-21T10:00:00"):
            lease(memory, "bob@desk").__enter__()
        assert memory.objects[NAME]["spec"]["holderIdentity"] == "anna@laptop"
    with lease(memory, "bob@desk"):
        pass
    assert NAME not in memory.objects


@pytest.mark.parametrize(("later", "taken"), [(DURATION - timedelta(seconds=1), False), (DURATION, True)])
def test_one_that_nobody_renews_is_taken_over_after_its_duration(later: timedelta, taken: bool) -> None:
    memory = Memory()
    lease(memory, "killed").__enter__()
    second = lease(memory, "bob@desk", later=later)
    if taken:
        with second:
            assert memory.objects[NAME]["spec"]["holderIdentity"] == "bob@desk"
    else:
        with pytest.raises(Busy):
            second.__enter__()


def test_it_is_renewed() -> None:
    memory = Memory()
    with lease(memory, "anna"):
        assert lease(memory, "anna", later=timedelta(minutes=5)).renew()
        spec = memory.objects[NAME]["spec"]
        assert spec["renewTime"].startswith("2026-11-21T10:05")
        assert spec["acquireTime"].startswith("2026-11-21T10:00")


def test_a_run_whose_lease_was_taken_over_stops() -> None:
    memory, lost = Memory(), list[str]()
    first = lease(memory, "anna", lost=lost)
    with first:
        memory.put(NAME, spec={**memory.objects[NAME]["spec"], "holderIdentity": "bob"})
        assert not first.renew()
        assert lost[0].startswith("another rehearsal took over: bob")
    assert memory.objects[NAME]["spec"]["holderIdentity"] == "bob"


def test_two_that_begin_at_once_are_one() -> None:
    """The API server lets one of them write; the other one is told."""

    class Slow(Memory):
        def get(self, path: str, **_: str):
            found = super().get(path)
            if path == NAME and found is None:
                self.put(NAME, spec={"holderIdentity": "anna", "acquireTime": "then"})
            return found

    with pytest.raises(Busy, match="anna, since then"):
        lease(Slow(), "bob").__enter__()
