"""Traffic brought to where a status says, over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from slipway.ops.cluster.api import Refused
from slipway.ops.failure import CloudFailure
from slipway.ops.site_weights import EdgeState
from slipway.release.controller.edges import Edges
from slipway.release.controller.traffic import TrafficEdge
from slipway.release.controller.visit import Visitor
from slipway.release.objects import EdgeSite, RouteStates, SlotName, Workload
from slipway.release.observed import Traffic
from slipway.release.status import Status
from tests.slipway.release.controller.server import Cluster
from tests.slipway.release.controller.system import (
    CLOSED,
    HOST,
    NAMESPACE,
    OPEN,
    SPLIT,
    accept,
    connections,
    put,
    route,
    spec,
)
from tests.slipway.release.controller.web import Answer, Request, Web, web

SITE = EdgeSite(name="web", store="web-store")


class Stores:
    """Key-value stores of an edge in memory."""

    def __init__(self) -> None:
        self.states: dict[str, EdgeState] = {}
        self.reads = 0
        self.is_down = False

    def read(self, store: str) -> EdgeState | None:
        self.reads += 1
        if self.is_down:
            raise CloudFailure("the edge does not answer")
        return self.states.get(store)

    def write(self, store: str, revise: Callable[[EdgeState | None], EdgeState]) -> EdgeState:
        self.states[store] = revise(self.read(store))
        return self.states[store]


@pytest.fixture
def gateway() -> Iterator[Web]:
    """A gateway that shows the maintenance page."""
    with web(page) as started:
        yield started


def page(request: Request) -> Answer:
    return 503, {"Retry-After": "1800"}, b"maintenance"


def edge(cluster: Cluster, gateway: Web, stores: Stores | None = None) -> TrafficEdge:
    return TrafficEdge(cluster.api(), Edges(stores or Stores()), Visitor(gateway.address))


def at(cluster: Cluster, gateway: Web, status: Status) -> Traffic:
    """What is seen after traffic was brought there and looked at again."""
    traffic, release = edge(cluster, gateway), put(cluster, spec(), status)
    traffic.apply(release, status, traffic.observe(release), lambda: True)
    return traffic.observe(release).traffic


def test_each_state_is_applied_and_observed(cluster: Cluster, gateway: Web) -> None:
    accept(cluster)
    assert at(cluster, gateway, OPEN) == Traffic(weights={"blue": 100, "green": 0}, closed=False, settled=True)
    assert at(cluster, gateway, SPLIT) == Traffic(weights={"blue": 90, "green": 10}, closed=False, settled=True)
    assert at(cluster, gateway, CLOSED) == Traffic(weights={}, closed=True, settled=True)
    assert [(each.method, each.headers["host"]) for each in gateway.asked] == [("GET", HOST)]


def test_what_is_so_already_is_not_written(cluster: Cluster, gateway: Web) -> None:
    accept(cluster)
    at(cluster, gateway, OPEN)
    cluster.asked.clear()
    at(cluster, gateway, OPEN)
    assert cluster.asked == []


def test_a_change_by_somebody_else_is_taken_back(cluster: Cluster, gateway: Web) -> None:
    accept(cluster)
    at(cluster, gateway, OPEN)
    live = cluster.get("httproutes", NAMESPACE, "api")
    cluster.put("httproutes", NAMESPACE, "api", spec={**live["spec"], "rules": []})
    assert at(cluster, gateway, OPEN).weights == {"blue": 100, "green": 0}


def test_a_route_that_is_no_longer_declared_goes_once_the_others_are_accepted(cluster: Cluster, gateway: Web) -> None:
    """Those of other systems, and those that others have made, stay."""
    accept(cluster)
    at(cluster, gateway, OPEN)
    old, others = cluster.get("httproutes", NAMESPACE, "api"), {"app.kubernetes.io/part-of": "other"}
    for name, changed in (("by-hand", {"managedFields": []}), ("of-others", {"labels": others})):
        cluster.put("httproutes", NAMESPACE, name, spec=old["spec"], metadata={**old["metadata"], **changed})
    renamed = spec(routes=[route().model_copy(update={"name": "api-2"})])
    cluster.on_route = lambda each: None
    traffic, release = edge(cluster, gateway), put(cluster, renamed, OPEN)
    for _ in range(2):
        traffic.apply(release, OPEN, traffic.observe(release), lambda: True)
    assert _routes(cluster) == ["api", "api-2", "by-hand", "of-others"]
    accept(cluster)
    cluster.on_route(cluster.get("httproutes", NAMESPACE, "api-2"))
    traffic.apply(release, OPEN, traffic.observe(release), lambda: True)
    assert _routes(cluster) == ["api-2", "by-hand", "of-others"]


def test_a_system_without_routes_has_none_left(cluster: Cluster, gateway: Web) -> None:
    accept(cluster)
    at(cluster, gateway, OPEN)
    traffic, release = edge(cluster, gateway), put(cluster, spec(routes=[]), OPEN)
    traffic.apply(release, OPEN, traffic.observe(release), lambda: True)
    assert _routes(cluster) == []


@pytest.mark.parametrize("routes", [[connections()], [route(), connections()]], ids=["alone", "beside requests"])
def test_connections_move_with_the_weights(cluster: Cluster, gateway: Web, routes: list[RouteStates]) -> None:
    """They are closed when the gateway has accepted it: there is no page to ask for."""
    accept(cluster)
    traffic = edge(cluster, gateway)
    steps: list[tuple[Status, dict[SlotName, int], list[int]]] = [
        (OPEN, {"blue": 100, "green": 0}, [100, 0]),
        (SPLIT, {"blue": 90, "green": 10}, [90, 10]),
        (CLOSED, {}, [0, 0]),
    ]
    for status, weights, shares in steps:
        release = put(cluster, spec(routes=routes), status)
        traffic.apply(release, status, traffic.observe(release), lambda: True)
        seen = traffic.observe(release).traffic
        assert seen == Traffic(weights=weights, closed=status is CLOSED, settled=True)
        written = cluster.get("tcproutes", NAMESPACE, "mq.tcp-1884")
        assert written["kind"] == "TCPRoute"
        assert [each["weight"] for each in written["spec"]["rules"][0]["backendRefs"]] == shares
    assert len(gateway.asked) == len(routes) - 1


def test_closed_connections_are_not_believed_before_the_gateway_accepts_them(cluster: Cluster, gateway: Web) -> None:
    cluster.on_route = lambda written: None
    traffic, release = edge(cluster, gateway), put(cluster, spec(routes=[connections()]), CLOSED)
    traffic.apply(release, CLOSED, traffic.observe(release), lambda: True)
    assert traffic.observe(release).traffic == Traffic(weights={}, closed=False, settled=False)


def test_connections_that_are_no_longer_declared_go(cluster: Cluster, gateway: Web) -> None:
    accept(cluster)
    traffic, release = edge(cluster, gateway), put(cluster, spec(routes=[route(), connections()]), OPEN)
    traffic.apply(release, OPEN, traffic.observe(release), lambda: True)
    assert len(cluster.of("tcproutes")) == 1
    fewer = put(cluster, spec(), OPEN)
    for _ in range(2):
        traffic.apply(fewer, OPEN, traffic.observe(fewer), lambda: True)
    assert cluster.of("tcproutes") == []
    assert _routes(cluster) == ["api"]


def test_rights_of_an_earlier_program_hinder_no_system_without_connections(cluster: Cluster, gateway: Web) -> None:
    """With them, the refusal is told."""
    accept(cluster)
    cluster.refused |= {"GET tcproutes": 403, "GET tlsroutes": 403}
    assert at(cluster, gateway, OPEN).settled
    release = put(cluster, spec(routes=[connections()]), OPEN)
    with pytest.raises(Refused, match="403"):
        edge(cluster, gateway).observe(release)


def _routes(cluster: Cluster) -> list[str]:
    return sorted(each["metadata"]["name"] for each in cluster.of("httproutes"))


@pytest.mark.parametrize("answer", [(200, {}, b""), (503, {}, b""), (404, {}, b"")])
def test_closed_is_believed_only_when_it_is_seen(cluster: Cluster, answer: Answer) -> None:
    """Another answer, or a 503 of a proxy without backends, is no maintenance page."""
    accept(cluster)
    with web(lambda request: answer) as other:
        assert not at(cluster, other, CLOSED).closed


@pytest.mark.parametrize(
    ("suspended", "active", "closed"),
    [(True, [], True), (False, [], False), (True, [{"name": "report-blue-1"}], False)],
)
def test_it_is_not_closed_while_a_schedule_runs(
    cluster: Cluster, gateway: Web, suspended: bool, active: list[dict[str, str]], closed: bool
) -> None:
    """What it writes would be lost to the backup. CronJobs of others do not count."""
    accept(cluster)
    cluster.put("cronjobs", NAMESPACE, "report-blue", spec={"suspend": suspended}, status={"active": active})
    cluster.put("cronjobs", NAMESPACE, "shop-db-dump", spec={"suspend": False}, status={"active": [{"name": "x"}]})
    schedule = Workload(kind="CronJob", names={"blue": "report-blue", "green": "report-green"})
    traffic, release = edge(cluster, gateway), put(cluster, spec(workloads=[schedule]), CLOSED)
    traffic.apply(release, CLOSED, traffic.observe(release), lambda: True)
    assert traffic.observe(release).traffic.closed is closed


def test_a_gateway_that_does_not_answer_is_not_closed(cluster: Cluster) -> None:
    accept(cluster)
    with web(page) as gone:
        pass
    assert not at(cluster, gone, CLOSED).closed


def test_a_route_that_was_not_accepted_yet_is_not_settled(cluster: Cluster, gateway: Web) -> None:
    """Neither is one whose acceptance is of the generation before, nor a gateway that is not programmed."""
    assert not at(cluster, gateway, OPEN).settled
    accept(cluster)
    assert at(cluster, gateway, SPLIT).settled
    cluster.on_route = lambda route: None
    assert not at(cluster, gateway, OPEN).settled
    accept(cluster, programmed=False)
    assert not at(cluster, gateway, SPLIT).settled


def test_a_leader_that_was_replaced_since_it_looked_is_refused(cluster: Cluster, gateway: Web) -> None:
    accept(cluster)
    at(cluster, gateway, OPEN)
    traffic, release = edge(cluster, gateway), put(cluster, spec(), SPLIT)
    seen = traffic.observe(release)
    at(cluster, gateway, CLOSED)
    with pytest.raises(Refused, match="409"):
        traffic.apply(release, SPLIT, seen, lambda: True)
    assert at(cluster, gateway, CLOSED).closed


def test_who_no_longer_leads_writes_nothing(cluster: Cluster, gateway: Web) -> None:
    traffic, release = edge(cluster, gateway), put(cluster, spec(), OPEN)
    traffic.apply(release, OPEN, traffic.observe(release), lambda: False)
    assert cluster.of("httproutes") == []


def test_sites_move_with_the_routes(cluster: Cluster, gateway: Web) -> None:
    """A site that is elsewhere makes the weights unknown; it is read again only after a while, for reads are billed."""
    accept(cluster)
    stores = Stores()
    traffic, release = edge(cluster, gateway, stores), put(cluster, spec(sites=[SITE]), SPLIT)
    traffic.apply(release, SPLIT, traffic.observe(release), lambda: True)
    state = stores.states["web-store"]
    assert (state.active, state.weights, state.epoch) == ("blue", {"blue": 90, "green": 10}, 1)
    reads = stores.reads
    assert traffic.observe(release).traffic.weights == {"blue": 90, "green": 10}
    assert stores.reads == reads
    traffic.apply(release, CLOSED, traffic.observe(release), lambda: True)
    assert stores.states["web-store"].maintenance
    assert stores.states["web-store"].weights == {"blue": 100, "green": 0}


def test_routes_return_although_the_edge_does_not_answer(cluster: Cluster, gateway: Web) -> None:
    """The gateway first: a rollback waits for nobody."""
    accept(cluster)
    at(cluster, gateway, SPLIT)
    stores = Stores()
    traffic, release = edge(cluster, gateway, stores), put(cluster, spec(sites=[SITE]), OPEN)
    stores.is_down = True
    with pytest.raises(CloudFailure):
        traffic.apply(release, OPEN, traffic.without_edges(release), lambda: True)
    assert at(cluster, gateway, OPEN).weights == {"blue": 100, "green": 0}


def test_labels_are_part_of_a_route(cluster: Cluster, gateway: Web) -> None:
    accept(cluster)
    at(cluster, gateway, OPEN)
    assert cluster.get("httproutes", NAMESPACE, "api")["metadata"]["labels"] == {"app.kubernetes.io/part-of": "shop"}
