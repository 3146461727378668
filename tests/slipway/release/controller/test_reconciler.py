"""A release from its gate to its end, with the real core, over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from slipway.ops.cluster.api import Refused
from slipway.release.controller.announcer import Announcer
from slipway.release.controller.edges import Edges
from slipway.release.controller.image_registry import Registries
from slipway.release.controller.loop import Loop
from slipway.release.controller.metrics import Metrics
from slipway.release.controller.prometheus import Prometheus
from slipway.release.controller.reconciler import Outside, Reconciler
from slipway.release.decide import decide
from slipway.release.objects import Announcement, Channels, Check, HttpRequest, Queries, Step, Workload
from slipway.release.status import Status
from tests.processes import until
from tests.slipway.release.controller.server import BEGAN, Cluster
from tests.slipway.release.controller.system import (
    HOST,
    ID,
    NAME,
    NAMESPACE,
    QUERIES,
    accept,
    deployment,
    job,
    put,
    read,
    route,
    spec,
)
from tests.slipway.release.controller.test_traffic import Stores
from tests.slipway.release.controller.web import Answer, Request, Web, web

BEFORE = Status(id="ffffffffffff", phase="Promoted", active="blue", weights={"blue": 100, "green": 0}, closed=False)
LIMIT = 60
"""Looks. A release of the tests needs about twenty."""


class World:
    """The cluster, a gateway that answers as the routes say, and a clock that each look moves on by a second."""

    def __init__(self, cluster: Cluster, web: Web, addresses: Path) -> None:
        self.cluster, self.web, self.leads = cluster, web, True
        self.now = BEGAN
        self.figures = {"requests": 1000.0, "errors": 0.0, "p95": 0.1}
        self.smoke = 200
        web.answer = self._answer
        self.metrics = Metrics()
        self.outside = Outside(
            api=cluster.api(),
            patient=cluster.api(),
            prometheus=Prometheus(f"http://{web.address}"),
            registries=Registries(),
            edges=Edges(Stores()),
            announcer=Announcer(addresses),
            metrics=self.metrics,
            decide=decide,
            may_act=lambda: self.leads,
            clock=lambda: self.now,
        )
        accept(cluster)
        for slot in ("blue", "green"):
            deployment(cluster, f"api-{slot}")
        cluster.put("secrets", NAMESPACE, "shop-pass", data={"token": "c2VjcmV0LXRva2Vu"})

    def _answer(self, request: Request) -> Answer:
        if request.path == "/api/v1/query":
            query = request.body.decode().partition("query=")[2].partition("&")[0]
            value = {"metric": {}, "value": [0, str(self.figures[query])]}
            body = {"status": "success", "data": {"resultType": "vector", "result": [value]}}
            return 200, {}, json.dumps(body).encode()
        if "x-slipway-bypass-token" in request.headers:
            return self.smoke, {}, b"{}"
        return 503, {"Retry-After": "60"}, b""

    def spec(self, **changed: Any):
        queries = Queries(interval_seconds=1, slots={"blue": QUERIES, "green": QUERIES})
        return spec(gateway=self.web.address, queries=queries, **changed)

    def until(self, phase: str, reconciler: Reconciler | None = None) -> Status:
        """Look again and again, as the loop does, until the release is in a phase."""
        reconciler = reconciler or Reconciler(self.outside, read(self.cluster))
        for _ in range(LIMIT):
            reconciler.reconcile(read(self.cluster))
            if read(self.cluster).status.phase == phase:
                reconciler.reconcile(read(self.cluster))
                return read(self.cluster).status
            self.now += timedelta(seconds=1)
            # However long they take here, by the clock of the release they take a second.
            until(lambda: not reconciler._tasks.running, "the tasks of this look end")  # pyright: ignore[reportPrivateUsage]
        raise AssertionError(f"never {phase}: {read(self.cluster).status}")

    def events(self) -> list[str]:
        return [each["reason"] for each in self.cluster.of("events")]

    def weights(self) -> list[int]:
        rules = self.cluster.get("httproutes", NAMESPACE, "api")["spec"]["rules"]
        return [each["weight"] for each in rules[-1].get("backendRefs", [])]


@pytest.fixture
def world(cluster: Cluster, tmp_path: Path) -> Iterator[World]:
    with web(lambda request: (200, {}, b"")) as started:
        yield World(cluster, started, tmp_path)


def ask(cluster: Cluster, gate: str) -> None:
    job(cluster, f"{gate}-{ID}", **{"slipway.dev/gate": gate})


CHECK = Check(name="health", request=HttpRequest(host=HOST, path="/health"))


def test_a_release_from_its_gate_to_its_end(world: World) -> None:
    """Admitted, checked through the pass, stepped by the route's weights, promoted; workers move with it."""
    consumer = Workload(kind="Deployment", names={"blue": "worker-blue", "green": "worker-green"}, replicas=3)
    schedule = Workload(kind="CronJob", names={"blue": "report-blue", "green": "report-green"})
    wanted = world.spec(
        checks=[CHECK],
        steps=[Step(weight=10, hold_seconds=2), Step(weight=100, hold_seconds=0)],
        workloads=[consumer, schedule],
    )
    put(world.cluster, wanted, BEFORE)
    for slot, replicas in (("blue", 3), ("green", 0)):
        deployment(world.cluster, f"worker-{slot}", replicas=replicas, available=replicas)
        world.cluster.put("cronjobs", NAMESPACE, f"report-{slot}", spec={"suspend": slot == "green"})
    ask(world.cluster, "admit")
    assert "admit" in world.until("Admitted").open_gates
    ask(world.cluster, "promote")
    world.until("Stepping")
    assert world.weights() == [90, 10]
    assert [each.name for each in read(world.cluster).status.results if each.passed] == ["smoke/health"]
    done = world.until("Promoted")
    world.until("Promoted")
    assert (done.active, done.closed, world.weights()) == ("green", False, [1])
    assert "promote" in read(world.cluster).status.open_gates
    (smoke, *_) = [each for each in world.web.asked if each.path == "/health"]
    assert (smoke.headers["host"], smoke.headers["x-slipway-slot"]) == (HOST, "green")
    assert smoke.headers["x-slipway-bypass-token"] == "secret-token"
    assert world.cluster.get("deployments", NAMESPACE, "worker-blue")["spec"]["replicas"] == 0
    assert world.cluster.get("deployments", NAMESPACE, "worker-green")["spec"]["replicas"] == 3
    assert world.cluster.get("cronjobs", NAMESPACE, "report-blue")["spec"]["suspend"] is True
    assert world.cluster.get("cronjobs", NAMESPACE, "report-green")["spec"]["suspend"] is False
    assert {"Step", "Promoted"} <= set(world.events())
    assert "secret-token" not in json.dumps([*world.cluster.of("releases"), *world.cluster.of("events")])


def test_errors_end_it_on_the_active_slot(world: World) -> None:
    put(world.cluster, world.spec(), BEFORE)
    ask(world.cluster, "admit")
    world.until("Admitted")
    ask(world.cluster, "promote")
    world.until("Stepping")
    world.figures["errors"] = 500.0
    ended = world.until("RolledBack")
    assert ended.reason is not None
    assert "Step 1" in ended.reason
    assert world.weights() == [1]
    assert world.cluster.get("httproutes", NAMESPACE, "api")["spec"]["rules"][0]["backendRefs"][0]["name"] == "api-blue"


def test_a_failed_smoke_test_ends_it_before_any_visitor(world: World) -> None:
    world.smoke = 500
    put(world.cluster, world.spec(checks=[CHECK]), BEFORE)
    ask(world.cluster, "admit")
    world.until("Admitted")
    ask(world.cluster, "promote")
    ended = world.until("RolledBack")
    assert ended.reason is not None
    assert "smoke/health failed: status 500, expected 200" in ended.reason
    assert ("PATCH", f"/apis/gateway.networking.k8s.io/v1/namespaces/{NAMESPACE}/httproutes/api") in world.cluster.asked
    assert not any(
        each.get("spec", {}).get("rules", [{}])[-1].get("name") == "by-weight-any"
        for each in world.cluster.of("httproutes")
    )


def test_a_new_leader_goes_on_where_the_last_one_was(world: World) -> None:
    """A reconciler for each look, as if the controller was killed after every one: the same end, each message once."""
    (world.outside.announcer._addresses / "chat").write_text(f"json://{world.web.address}/hook")
    channels = Channels(chat="#shop")
    declared = [Announcement(when=when, audience="all", channels=["chat"]) for when in ("start", "step", "done")]
    put(world.cluster, world.spec(announcements=declared, channels=channels), BEFORE)
    ask(world.cluster, "admit")
    ask(world.cluster, "promote")
    for _ in range(LIMIT):
        Reconciler(world.outside, read(world.cluster)).reconcile(read(world.cluster))
        world.now += timedelta(seconds=1)
    assert read(world.cluster).status.phase == "Promoted"

    def titles() -> list[str]:
        return [json.loads(each.body)["title"] for each in world.web.asked if each.path == "/hook"]

    texts = until(lambda: titles() if len(titles()) >= 4 else None, "four messages")
    assert len(texts) == len(set(texts))
    assert any("begins" in each for each in texts)
    assert any("released" in each for each in texts)


def test_the_status_is_written_before_the_routes(world: World) -> None:
    """And a leader that was replaced since it read is refused before it does anything."""
    put(world.cluster, world.spec(), BEFORE)
    reconciler = Reconciler(world.outside, read(world.cluster))
    reconciler.reconcile(read(world.cluster))
    ways = [path for _, path in world.cluster.asked]
    assert ways[0].endswith(f"/releases/{NAME}/status")
    assert ways[1].endswith("/httproutes/api")
    world.cluster.asked.clear()
    stale = read(world.cluster)
    put(world.cluster, world.spec(), stale.status, annotations={"a": "b"})
    ask(world.cluster, "admit")
    with pytest.raises(Refused, match="409"):
        reconciler.reconcile(stale)
    assert [path for method, path in world.cluster.asked if method != "PUT"] == []


def test_who_does_not_lead_changes_nothing(world: World) -> None:
    put(world.cluster, world.spec(), BEFORE)
    world.leads = False
    Reconciler(world.outside, read(world.cluster)).reconcile(read(world.cluster))
    assert world.cluster.asked == []


def test_a_system_that_was_never_released_keeps_its_visitors(world: World) -> None:
    """Its routes are an earlier program's: the weights say who has them."""
    before = route().split
    before["rules"][1]["backendRefs"][0]["weight"], before["rules"][1]["backendRefs"][1]["weight"] = 100, 0
    before["rules"][0]["name"] = "another-name"
    world.cluster.put("httproutes", NAMESPACE, "api", spec=before, metadata={"generation": 1})
    put(world.cluster, world.spec())
    Reconciler(world.outside, read(world.cluster)).reconcile(read(world.cluster))
    status = read(world.cluster).status
    assert (status.active, status.closed, status.weights) == ("blue", False, {"blue": 100, "green": 0})


def test_a_failed_route_write_is_tried_again(world: World) -> None:
    """A message and an Event do not wait for it."""
    put(world.cluster, world.spec(), BEFORE)
    world.cluster.refused["PATCH httproutes"] = 503
    reconciler = Reconciler(world.outside, read(world.cluster))
    with pytest.raises(Refused):
        reconciler.reconcile(read(world.cluster))
    del world.cluster.refused["PATCH httproutes"]
    reconciler.reconcile(read(world.cluster))
    assert world.weights() == [1]


def test_a_broken_release_stops_no_other(world: World) -> None:
    """One whose spec is not valid, and one whose looks fail."""
    put(world.cluster, world.spec(), BEFORE)
    world.cluster.put("releases", "other", "other", spec={"id": 7})
    loop = Loop(world.outside)
    failed = "slipway_release_looks_total", {"system": "other", "stack": "", "result": "failed"}

    def looked_at_both() -> bool:
        loop.turn()
        has_failed = world.metrics.registry.get_sample_value(*failed)
        return bool(has_failed and world.cluster.of("httproutes") and world.weights() == [1])

    until(looked_at_both, "one is carried out and the other has failed")
    until(lambda: loop.is_ready, "it is ready")
    assert loop.is_alive
    assert (
        world.metrics.registry.get_sample_value(
            "slipway_release_weight_percent", {"system": "shop", "stack": "test", "slot": "blue"}
        )
        == 100
    )
    world.leads = False
    loop.turn()
    assert world.metrics.registry.get_sample_value("slipway_release_leader") == 0
    assert (
        world.metrics.registry.get_sample_value(
            "slipway_release_weight_percent", {"system": "shop", "stack": "test", "slot": "blue"}
        )
        is None
    )
