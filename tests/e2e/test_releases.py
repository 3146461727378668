"""Releases carried out by the real controller, under visitors whose every request is counted."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from slipway.release.objects import ReleasedMigration, SlotName, Step
from tests.e2e.rig import Rig
from tests.e2e.shop import INTERVAL, PLACE, SYSTEM, Shop, failing, home, until

REQUESTS, POINTS = 5000, 2.0
"""Requests after which a split is measured, and by how many percent it may differ."""
RETURN, TAKEOVER = 5.0, 15.0
"""Seconds from a decision until all visitors are on the active slot, and until another replica leads."""
QUARTER = 0.25
"""Seconds of a line of the crowd's file."""
ALL = Step(weight=100, hold_seconds=1)
ENDLESS = [Step(weight=40, hold_seconds=600), ALL]
LOST = {"blue": ["lost"], "green": ["lost"]}
"""Deployments that never come, so that a release stays where its candidate is tested."""


def other(slot: SlotName) -> SlotName:
    return "green" if slot == "blue" else "blue"


@pytest.fixture(scope="module")
def shop(node: Rig, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """With its first release, by which it opens."""
    folder = tmp_path_factory.mktemp("shop")
    made = Shop(node, folder)
    made.begin(folder)
    first = made.release("blue", [])
    opened = made.settled(first, 90)
    assert opened.phase == "Promoted", opened.reason
    with made.crowd():
        yield made
    total = made.seen(0)
    print(f"\n{sum(total.values()):,} requests in all: {json.dumps(total)}")


def active(shop: Shop) -> SlotName:
    found = shop.status.active
    assert found is not None
    return found


def failures(shop: Shop, since: float) -> str:
    """None of the requests since a time may have failed; returns how many there were."""
    seen = shop.seen(since)
    assert shop.failed(since) == {}, f"{seen}\n{shop.log()}"
    return f"{sum(seen.values()):,} requests, 0 failed, {seen['again']} sent again"


def test_a_full_release(shop: Shop) -> None:
    """By gates that really wait: each ends with 0, the split is as declared, and no request fails."""
    began, slot = time.time(), other(active(shop))
    id = shop.release(slot, [Step(weight=20, hold_seconds=4), Step(weight=50, hold_seconds=40), ALL], gates=True)
    shop.until(id, "Stepping", step=1)
    until(lambda: shop.status.in_force, "the split in force")
    since = time.time() + 1
    until(lambda: shop.seen(since)["blue"] + shop.seen(since)["green"] >= REQUESTS, "requests")
    seen = shop.seen(since)
    share = seen[slot] / (seen["blue"] + seen["green"]) * 100
    assert shop.status.phase == "Stepping"
    assert abs(share - 50) <= POINTS
    assert shop.settled(id).phase == "Promoted"
    for gate in ("admit", "promote"):
        shop.rig.kubectl("-n", SYSTEM, "wait", f"job/{gate}-{id}", "--for=condition=complete", "--timeout=60s")
    assert shop.back_after(time.time() - 1, slot) == 0
    print(f"\nfull release: {failures(shop, began)}; {share:.2f} % of {sum(seen.values()):,} at 50 %")


@pytest.mark.parametrize("step", [0, 1])
def test_an_abort_at_each_step(shop: Shop, step: int) -> None:
    """Every visitor is back within seconds, and none saw anything else than one of the slots."""
    began, slot = time.time(), active(shop)
    steps = ENDLESS if step == 0 else [Step(weight=20, hold_seconds=3), *ENDLESS]
    id = shop.release(other(slot), steps)
    shop.until(id, "Stepping", step=step)
    until(lambda: shop.seen(time.time() - 1)[other(slot)], "visitors of the candidate")
    said = shop.command("abort")
    assert shop.settled(id).phase == "RolledBack"
    time.sleep(2)
    back = shop.back_after(said, slot)
    assert back <= RETURN
    print(f"\nabort at step {step + 1}: all back after {back:.1f} s; {failures(shop, began)}")


def test_an_abort_before_any_visitor(shop: Shop) -> None:
    began, slot = time.time(), active(shop)
    id = shop.release(other(slot), ENDLESS, checks=[], deployments=LOST)
    shop.until(id, "Testing")
    shop.command("abort")
    assert shop.settled(id).phase == "RolledBack"
    assert shop.seen(began)[other(slot)] == 0
    print(f"\nabort while testing: {failures(shop, began)}")


def test_a_failing_smoke_test(shop: Shop) -> None:
    """No visitor sees the candidate, and the reason names check and figure."""
    began, slot = time.time(), active(shop)
    id = shop.release(other(slot), ENDLESS, checks=[home(status=201)])
    ended = shop.settled(id)
    assert ended.phase == "RolledBack"
    assert ended.reason is not None
    assert "smoke/home failed: status 200, expected 201" in ended.reason
    assert shop.seen(began)[other(slot)] == 0
    print(f"\nfailing smoke test: {failures(shop, began)}")


def test_a_failing_migration(shop: Shop) -> None:
    """Its Job ends the release before anybody sees the candidate."""
    began, slot = time.time(), active(shop)
    migration = ReleasedMigration(name="rename", job="migrate-rename")
    id = shop.release(other(slot), ENDLESS, checks=[], deployments=LOST, migrations=[migration])
    shop.until(id, "Testing")
    shop.apply([failing(migration.job)])
    ended = shop.settled(id)
    assert ended.phase == "RolledBack"
    assert ended.reason is not None
    assert ended.reason.startswith("migration/rename failed: ")
    assert shop.seen(began)[other(slot)] == 0
    print(f"\nfailing migration: {failures(shop, began)}: {ended.reason}")


@pytest.mark.parametrize(("fault", "step"), [("errors", 0), ("slow", 0), ("crash", 0), ("errors", 1)])
def test_a_candidate_that_fails(shop: Shop, fault: str, step: int) -> None:
    """Found by the gateway's figures, or by its pods; the requests that failed are the candidate's own."""
    slot = active(shop)
    id = shop.release(other(slot), ENDLESS if step == 0 else [Step(weight=20, hold_seconds=3), *ENDLESS])
    shop.until(id, "Stepping", step=step)
    until(lambda: shop.seen(time.time() - 1)[other(slot)], "visitors of the candidate")
    broken = shop.fault(other(slot), fault)
    ended = shop.until(id, "RolledBack")
    assert ended.since is not None
    found = next(each.at for each in ended.history if "rolled back:" in each.what).timestamp()
    time.sleep(2)
    back = shop.back_after(found, slot)
    assert back <= RETURN
    if fault == "crash":
        shop.recreate(other(slot))
    else:
        shop.fault(other(slot), "")
    failed = shop.failed(found + RETURN)
    assert failed == {}
    print(f"\n{fault}: found after {found - broken:.1f} s, all back {back:.1f} s later: {ended.reason}")


def test_without_figures_nothing_is_promoted(shop: Shop) -> None:
    """It is held, and given up at the deadline."""
    began, slot = time.time(), active(shop)
    shop.rig.kubectl("-n", PLACE, "scale", "deployment/prometheus", "--replicas=0")
    try:
        id = shop.release(other(slot), [Step(weight=20, hold_seconds=3), ALL], progress_seconds=12)
        ended = shop.settled(id, 90)
    finally:
        shop.rig.kubectl("-n", PLACE, "scale", "deployment/prometheus", "--replicas=1")
        shop.rig.kubectl("-n", PLACE, "rollout", "status", "deployment/prometheus", "--timeout=120s")
    assert ended.phase == "RolledBack"
    assert ended.reason is not None
    assert "no figures" in ended.reason
    print(f"\nwithout Prometheus: {failures(shop, began)}: {ended.reason}")


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGSTOP])
def test_a_killed_controller(shop: Shop, sent: signal.Signals) -> None:
    """Killed, it is started again and goes on; frozen, the other replica leads, and it does nothing when it wakes up.
    The release ends as if nothing had happened."""
    began, slot = time.time(), other(active(shop))
    id = shop.release(slot, [Step(weight=20, hold_seconds=3), Step(weight=50, hold_seconds=3), ALL])
    shop.until(id, "Stepping", step=0)
    holder, stopped = shop.holder(), time.time()
    shop.signal(holder, sent)
    if sent is signal.SIGSTOP:
        until(lambda: shop.holder() not in ("", holder), "another leader", 60)
    else:
        until(lambda: shop.renewed() > stopped + 1, "a leader", 60)
    takeover = time.time() - stopped
    assert takeover <= TAKEOVER
    assert shop.settled(id, 90).phase == "Promoted"
    shop.signal(holder, signal.SIGCONT)
    time.sleep(2)
    assert sent is signal.SIGKILL or shop.holder() != holder
    assert active(shop) == slot
    print(f"\n{sent.name}: led again after {takeover:.1f} s; {failures(shop, began)}")


def test_a_deleted_pod_of_the_controller(shop: Shop) -> None:
    """As if its node had gone: another replica leads, and the release ends as it would have."""
    began, slot = time.time(), other(active(shop))
    id = shop.release(slot, [Step(weight=20, hold_seconds=3), Step(weight=50, hold_seconds=3), ALL])
    shop.until(id, "Stepping", step=0)
    holder, deleted = shop.holder(), time.time()
    shop.rig.kubectl("-n", PLACE, "delete", "pod", holder, "--grace-period=0", "--force")
    until(lambda: shop.holder() not in ("", holder), "another leader", 60)
    takeover = time.time() - deleted
    assert takeover <= TAKEOVER
    assert shop.settled(id, 90).phase == "Promoted"
    shop.rig.kubectl("-n", PLACE, "rollout", "status", "deployment/controller", "--timeout=120s")
    print(f"\ndeleted pod: led again after {takeover:.1f} s; {failures(shop, began)}")


def test_a_restarted_api_server(shop: Shop) -> None:
    """Killed in the middle of a step, and away for some seconds: no visitor notices. The release ends as it would have,
    or says why it was rolled back: a busy node may be slow while the API server starts."""
    began, slot = time.time(), other(active(shop))
    id = shop.release(slot, [Step(weight=20, hold_seconds=15), Step(weight=50, hold_seconds=3), ALL])
    shop.until(id, "Stepping", step=0)
    shop.rig.restart_api_server(away=5)
    ended = shop.settled(id, 120)
    assert ended.phase == "Promoted" or ended.reason
    kept = active(shop)
    time.sleep(2)
    assert shop.seen(time.time() - 1)[kept] > 0
    assert shop.back_after(time.time() - 1, kept) == 0
    print(f"\nrestarted API server: {failures(shop, began)}: {ended.phase}, {ended.reason}")


def test_restarted_proxies(shop: Shop) -> None:
    """New pods of the gateway in the middle of a step: the weights stay, and the release ends."""
    began, slot = time.time(), other(active(shop))
    id = shop.release(slot, [Step(weight=50, hold_seconds=4 * INTERVAL), ALL])
    shop.until(id, "Stepping", step=0)
    owned = f"gateway.envoyproxy.io/owning-gateway-namespace={SYSTEM}"
    place = ("-n", "envoy-gateway-system")
    shop.rig.kubectl(*place, "rollout", "restart", "deployment", "-l", owned)
    shop.rig.kubectl(*place, "rollout", "status", "deployment", "-l", owned, "--timeout=120s")
    assert shop.settled(id, 120).phase == "Promoted"
    print(f"\nrestarted proxies: {failures(shop, began)}")


def test_maintenance(shop: Shop) -> None:
    """Closed, and seen to be closed, from admission until promotion; smoke tests reach the candidate meanwhile."""
    began, slot = time.time(), other(active(shop))
    id = shop.release(slot, [], maintenance=True)
    ended = shop.settled(id, 90)
    assert (ended.phase, ended.closed) == ("Promoted", False)
    seen = shop.seen(began)
    assert seen["closed"] > 0
    times = [line["at"] for line in shop.lines(began) if line.get("closed")]
    inside = [line for line in shop.lines(times[0] + QUARTER) if line["at"] < times[-1] - QUARTER]
    assert not any(line.get("blue") or line.get("green") for line in inside)
    print(f"\nmaintenance: {times[-1] - times[0]:.1f} s closed; {failures(shop, began)}")


def test_nothing_secret_is_written(shop: Shop, tmp_path: Path) -> None:
    """Neither to the log, nor to a status, nor to an Event."""
    from tests.e2e.shop import TOKEN

    texts = [
        shop.rig.kubectl("-n", PLACE, "logs", "-l", "app=controller", "--tail=-1"),
        shop.rig.kubectl("-n", SYSTEM, "get", "releases,events", "-o", "yaml"),
    ]
    assert not any(TOKEN in text for text in texts)
