"""Releases carried out by the real controller, under visitors whose every request is counted."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from slipway.release.objects import ReleasedMigration, SlotName, Step
from slipway.release.status import Status
from tests.e2e.rig import Rig
from tests.e2e.shop import PLACE, SHOP_IMAGE, SLOTS, SYSTEM, Shop, failing, home, until

REQUESTS, POINTS = 4000, 2.5
"""Requests after which a split is measured, and by how many percent it may differ: three standard deviations of a fair split."""
RETURN, TAKEOVER = 5.0, 15.0
"""Seconds from a decision until all visitors are on the active slot, and until another replica leads."""
HELD = 10
"""Seconds of a step in which something fails around the release: longer than most faults take."""
QUARTER = 0.25
"""Seconds of a line of the crowd's file."""
CLOSED = 500
"""Visitors who must find a system closed before it opens again."""
ALL = Step(weight=100, hold_seconds=1)
WEIGHTS = (10, 50, 100)
WATCH = len(WEIGHTS)
"""The stage after the last step."""
LOST = {"blue": ["lost"], "green": ["lost"]}
"""Deployments that never come, so that a release stays where its candidate is tested."""


def up_to(stage: int) -> list[Step]:
    """The steps of a release that stays at one of them; one that reaches the watch stays nowhere."""
    return [Step(weight=weight, hold_seconds=600 if at == stage else 1) for at, weight in enumerate(WEIGHTS)]


def named(stage: int) -> str:
    return "the watch" if stage == WATCH else f"{WEIGHTS[stage]} %"


def other(slot: SlotName) -> SlotName:
    return "green" if slot == "blue" else "blue"


@pytest.fixture(scope="module")
def shop(rig: Rig, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """With its first release, by which it opens."""
    folder = tmp_path_factory.mktemp("shop")
    made = Shop(rig, folder)
    with ThreadPoolExecutor(1) as pool:
        gateway = pool.submit(rig.bring_gateway)
        made.make_images(folder)
        gateway.result()
    made.begin()
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


def test_a_full_release_and_its_way_back(shop: Shop) -> None:
    """By gates that really wait: each ends with 0, the split is as declared, and no request fails. A person's word in the
    watch returns all traffic, and asking the same gates again reports it."""
    began, slot = time.time(), other(active(shop))
    id = shop.release(slot, [Step(weight=10, hold_seconds=4), Step(weight=50, hold_seconds=30), ALL], gates=True)
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
    shop.command("abort")
    back = returned(shop, decided(shop.until(id, "RolledBack")), other(slot))
    for gate in ("promote", "admit"):
        until(lambda gate=gate: shop.message_of(f"{gate}-{id}"), f"{gate} asks again")
        message = shop.message_of(f"{gate}-{id}")
        assert "was rolled back: Aborted by anna. Reason: e2e; release another version" in message, message
    print(f"\nabort in the watch: all back after {back:.1f} s; {failures(shop, began)}")


def decided(status: Status) -> float:
    """When a release was given up."""
    return next(each.at for each in status.history if "rolled back:" in each.what).timestamp()


def returned(shop: Shop, since: float, slot: SlotName) -> float:
    """Seconds from a decision until all visitors were back on a slot, which may be few."""
    time.sleep(2)
    back = shop.back_after(since, slot)
    assert back <= RETURN
    return back


@pytest.mark.parametrize("stage", range(WATCH), ids=named)
def test_an_abort_at_each_step(shop: Shop, stage: int) -> None:
    """Every visitor is back within seconds, and none saw anything else than one of the slots."""
    began, slot = time.time(), active(shop)
    id = shop.release(other(slot), up_to(stage))
    shop.until(id, "Stepping", step=stage)
    until(lambda: shop.seen(time.time() - 1)[other(slot)], "visitors of the candidate")
    command = shop.command("abort")
    assert shop.settled(id).phase == "RolledBack"
    back = returned(shop, command, slot)
    print(f"\nabort at {named(stage)}: all back after {back:.1f} s; {failures(shop, began)}")


def test_an_abort_before_any_visitor(shop: Shop) -> None:
    began, slot = time.time(), active(shop)
    id = shop.release(other(slot), up_to(0), checks=[], deployments=LOST)
    shop.until(id, "Testing")
    shop.command("abort")
    assert shop.settled(id).phase == "RolledBack"
    assert shop.seen(began)[other(slot)] == 0
    print(f"\nabort while testing: {failures(shop, began)}")


def test_a_failing_smoke_test(shop: Shop) -> None:
    """No visitor sees the candidate, and the reason names check and figure."""
    began, slot = time.time(), active(shop)
    id = shop.release(other(slot), up_to(0), checks=[home(status=201)])
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
    id = shop.release(other(slot), up_to(0), checks=[], deployments=LOST, migrations=[migration])
    shop.until(id, "Testing")
    shop.apply([failing(migration.job)])
    ended = shop.settled(id)
    assert ended.phase == "RolledBack"
    assert ended.reason is not None
    assert ended.reason.startswith("migration/rename failed: ")
    assert shop.seen(began)[other(slot)] == 0
    print(f"\nfailing migration: {failures(shop, began)}: {ended.reason}")


@pytest.mark.parametrize(("fault", "stage"), [("errors", 0), ("slow", 1), ("crash", 2), ("errors", WATCH)])
def test_a_candidate_that_fails(shop: Shop, fault: str, stage: int) -> None:
    """Found by the gateway's figures, or by its pods; the requests that failed are the candidate's own. In the watch too,
    the former slot takes the visitors back."""
    slot = active(shop)
    id = shop.release(other(slot), up_to(stage))
    if stage == WATCH:
        assert shop.settled(id).phase == "Promoted"
    else:
        shop.until(id, "Stepping", step=stage)
    until(lambda: shop.seen(time.time() - 1)[other(slot)], "visitors of the candidate")
    try:
        broken = shop.fault(other(slot), fault)
        ended = shop.until(id, "RolledBack")
        assert ended.active == slot
        assert ended.reason is not None
        assert ended.reason.startswith(
            "During the watch: " if stage == WATCH else f"Step {stage + 1} ({WEIGHTS[stage]} %): "
        )
        found = decided(ended)
        back = returned(shop, found, slot)
    finally:
        if fault == "crash":
            shop.recreate(other(slot))
        else:
            shop.fault(other(slot), "")
    failed = shop.failed(found + RETURN)
    assert failed == {}
    print(
        f"\n{fault} at {named(stage)}: found after {found - broken:.1f} s, all back {back:.1f} s later: {ended.reason}"
    )


def test_without_figures_nothing_is_promoted(shop: Shop) -> None:
    """It is held, and given up at the deadline."""
    began, slot = time.time(), active(shop)
    shop.rig.kubectl("-n", PLACE, "scale", "deployment/prometheus", "--replicas=0")
    shop.rig.kubectl("-n", PLACE, "wait", "pod", "-l", "app=prometheus", "--for=delete", "--timeout=60s")
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


def killed(shop: Shop) -> str:
    """The leading controller, which is started again."""
    holder, stopped = shop.holder(), time.time()
    shop.signal(holder, signal.SIGKILL)
    return led_again(shop, "killed", stopped, lambda: shop.renewed() > stopped + 1)


def frozen(shop: Shop) -> str:
    """The leading controller: the other replica leads, and the first does nothing when it wakes up."""
    holder, stopped = shop.holder(), time.time()
    shop.signal(holder, signal.SIGSTOP)
    try:
        return led_again(shop, "frozen", stopped, lambda: shop.holder() not in ("", holder))
    finally:
        shop.signal(holder, signal.SIGCONT)


def deleted(shop: Shop) -> str:
    """The leading controller's pod, as if its node had gone: another replica leads."""
    holder, stopped = shop.holder(), time.time()
    shop.rig.kubectl("-n", PLACE, "delete", "pod", holder, "--grace-period=0", "--force")
    return led_again(shop, "deleted", stopped, lambda: shop.holder() not in ("", holder))


def led_again(shop: Shop, how: str, since: float, leads: Callable[[], bool]) -> str:
    until(leads, "a leader", 60)
    takeover = time.time() - since
    assert takeover <= TAKEOVER
    return f"controller {how}, led again after {takeover:.1f} s"


def restarted(shop: Shop) -> str:
    """The API server, killed and away for some seconds."""
    shop.rig.restart_api_server(away=5)
    return "API server restarted"


def replaced(shop: Shop) -> str:
    """The gateway's pods, by new ones: the weights stay."""
    owned = f"gateway.envoyproxy.io/owning-gateway-namespace={SYSTEM}"
    place = ("-n", "envoy-gateway-system")
    shop.rig.kubectl(*place, "rollout", "restart", "deployment", "-l", owned)
    shop.rig.kubectl(*place, "rollout", "status", "deployment", "-l", owned, "--timeout=120s")
    return "gateway replaced"


@pytest.mark.parametrize("faults", [(killed, deleted, frozen), (replaced, killed, restarted)])
def test_what_fails_around_a_release(shop: Shop, faults: tuple[Callable[[Shop], str], ...]) -> None:
    """One fault in each step, of which no visitor notices anything. The release ends as it would have, or where the API
    server was away says why it was rolled back: a busy node may be slow while that starts."""
    began, slot = time.time(), other(active(shop))
    id = shop.release(slot, [Step(weight=weight, hold_seconds=HELD) for weight in WEIGHTS])
    messages = []
    for stage, fault in enumerate(faults):
        shop.until(id, "Stepping", step=stage)
        messages.append(f"{named(stage)}: {fault(shop)}")
    ended = shop.settled(id, 120)
    assert ended.phase == "Promoted" or (restarted in faults and ended.reason)
    kept = active(shop)
    shop.rig.kubectl("-n", PLACE, "rollout", "status", "deployment/controller", "--timeout=120s")
    assert active(shop) == kept
    assert shop.back_after(time.time() - 1, kept) == 0
    assert ended.phase == "RolledBack" or kept == slot
    print(f"\n{'; '.join(messages)}: {ended.phase}, {ended.reason}; {failures(shop, began)}")


def test_maintenance(shop: Shop) -> None:
    """From the proof that the system is closed until the decision to open it, every visitor sees the maintenance page,
    and smoke tests reach the candidate."""
    began, slot = time.time(), other(active(shop))
    id = shop.release(slot, [], maintenance=True, deployments={each: ["late"] for each in SLOTS})
    shop.until(id, "Testing")
    proven = time.time() + QUARTER
    until(lambda: shop.seen(proven)["closed"] >= CLOSED, "visitors of the maintenance page")
    shop.rig.kubectl("-n", SYSTEM, "create", "deployment", "late", f"--image={SHOP_IMAGE}", "--", "sleep", "3600")
    ended = shop.settled(id, 90)
    assert (ended.phase, ended.closed) == ("Promoted", False)
    opened = next(each.at for each in ended.history if "has all visitors" in each.what).timestamp()
    inside = [line for line in shop.lines(proven) if line["at"] < opened]
    assert [line for line in inside if line.get("blue") or line.get("green")] == []
    until(lambda: shop.seen(time.time() - 1)[slot], "visitors of the candidate")
    print(f"\nmaintenance: {opened - proven:.1f} s closed; {failures(shop, began)}")


def test_nothing_secret_is_written(shop: Shop, tmp_path: Path) -> None:
    """Neither to the log, nor to a status, nor to an Event."""
    from tests.e2e.shop import TOKEN

    texts = [
        shop.rig.kubectl("-n", PLACE, "logs", "-l", "app=controller", "--tail=-1"),
        shop.rig.kubectl("-n", SYSTEM, "get", "releases,events", "-o", "yaml"),
    ]
    assert not any(TOKEN in text for text in texts)
