"""Visitors: where routes and edges send them, and how they are brought to where the status says."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from slipway.ops.cluster import gateways
from slipway.ops.cluster.api import Api, Document, Refused
from slipway.release.controller import consumers, desired_routes
from slipway.release.controller.desired_routes import Position, Question
from slipway.release.controller.edges import Edges
from slipway.release.controller.in_cluster import GATEWAYS, ROUTES
from slipway.release.controller.log import log
from slipway.release.controller.release import Release
from slipway.release.controller.visit import NoAnswer, Visitor
from slipway.release.objects import ROUTE_KINDS, RouteKind, RouteStates
from slipway.release.observed import Traffic
from slipway.release.status import Status

MANAGER = "slipway-releases"
"""Field manager of all routes; nobody else writes them."""
SYSTEM = "app.kubernetes.io/part-of"
"""Label of a route with the name of its system."""
PROVEN = 5.0
"""Seconds for which a proof of being closed counts. Chosen: people read seconds, and proxies need not be asked more."""
UNAVAILABLE = 503
"""HTTP status of the maintenance page. Source: RFC 9110, section 15.6.4."""
AT_ONCE = 8
"""Routes that are written, or hosts that are asked, at once. Chosen: systems have up to twenty of either."""


FORBIDDEN = 403
"""HTTP status of what RBAC refuses. Source: Kubernetes API concepts."""
Live = Mapping[tuple[RouteKind, str], Document]
"""Routes by kind and name."""


@dataclass(frozen=True)
class Seen:
    """One look at a system's traffic."""

    live: Live
    """Its routes."""
    traffic: Traffic


class TrafficEdge:
    """The traffic of one system. `visitor` proves that it is closed; `edges` are its sites at a cloud's edge."""

    def __init__(
        self, api: Api, edges: Edges, visitor: Visitor, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._api, self._edges, self._visitor, self._clock = api, edges, visitor, clock
        self._proof: tuple[object, float] = (None, 0.0)

    def observe(self, release: Release) -> Seen:
        """Return what routes and edges say. Raises CloudFailure."""
        live = self._live(release)
        standing = [self._edges.read(site) for site in release.spec.sites]
        at = _common(release.spec.routes, live, standing, desired_routes.position(release.status))
        if at is None and release.status.id is None:
            at = _weights_alone([live.get(_key(route)) for route in release.spec.routes], standing)
        settled = at is not None and self._is_settled(release, live)
        closed = at is not None and at.closed and settled and self._is_proven_closed(release, live)
        closed = closed and consumers.are_quiet(self._api, release)
        return Seen(live, Traffic(weights=at.by_slot if at else {}, closed=closed, settled=settled))

    def without_edges(self, release: Release) -> Seen:
        """Return the routes alone, for writing them while an edge does not answer. Raises CloudFailure."""
        return Seen(self._live(release), Traffic(weights={}, closed=False, settled=False))

    def _live(self, release: Release) -> Live:
        declared = {"HTTPRoute", *(route.kind for route in release.spec.routes)}
        return {
            (kind, each["metadata"]["name"]): each
            for kind in ROUTE_KINDS
            for each in self._listed(release, kind, declared=kind in declared)
        }

    def _listed(self, release: Release, kind: RouteKind, *, declared: bool) -> list[Document]:
        """Return the routes of a kind. Of one that the Release no longer declares there may be some left, but its rights may
        be those of an earlier program, which knew no such kind."""
        try:
            return self._api.items(ROUTES[kind].format(namespace=release.namespace))
        except Refused as refused:
            if declared or refused.status != FORBIDDEN:
                raise
            return []

    def apply(self, release: Release, status: Status, seen: Seen, may_act: Callable[[], bool]) -> None:
        """Write the routes and edges that differ from the status, and delete routes that are no longer declared. What
        fails is tried again at the next look, and hinders no other. Raises the first failure."""
        wanted = desired_routes.position(status)
        works = [
            lambda route=route: self._write(release, route, wanted, seen.live.get(_key(route)))
            for route in release.spec.routes
            if not _is_at(route, seen.live.get(_key(route)), wanted)
        ]
        works += [
            lambda site=site: self._edges.write(site, release.spec, status, wanted) for site in release.spec.sites
        ]
        # Until then a path may have no other route: what is renamed has both for a moment.
        left = _left(release, seen.live) if seen.traffic.settled else {}
        works += [lambda key=key, each=each: self._delete(release, key, each) for key, each in left.items()]
        if not works:
            return
        with ThreadPoolExecutor(AT_ONCE) as pool:
            failures = [each.exception() for each in [pool.submit(_if, may_act, work) for work in works]]
        for failure in failures:
            if failure is not None:
                raise failure

    def _write(self, release: Release, route: RouteStates, wanted: Position, live: Document | None) -> None:
        """Apply a route. Its version is part of it: a leader that was replaced since it looked is refused."""
        version = {"resourceVersion": live["metadata"]["resourceVersion"]} if live else {}
        body = {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": route.kind,
            "metadata": {
                "name": route.name,
                "namespace": release.namespace,
                "labels": route.labels,
                "annotations": route.annotations,
                **version,
            },
            "spec": desired_routes.spec(route, wanted),
        }
        path = f"{ROUTES[route.kind].format(namespace=release.namespace)}/{route.name}"
        self._api.apply(path, body, manager=MANAGER, force=True)
        log("route written", system=release.spec.system, route=route.name, closed=wanted.closed, **wanted.by_slot)

    def _delete(self, release: Release, key: tuple[RouteKind, str], live: Document) -> None:
        kind, name = key
        path = f"{ROUTES[kind].format(namespace=release.namespace)}/{name}"
        self._api.delete(path, live["metadata"]["uid"], at_once=True)
        log("route deleted", system=release.spec.system, route=name)

    def _is_settled(self, release: Release, live: Live) -> bool:
        """Return whether the gateway has accepted the current generation of each route, and is programmed itself."""
        own = [live[_key(route)] for route in release.spec.routes]
        if not all(gateways.route(each).is_ready for each in own):
            return False
        parents = {
            (parent.get("namespace", release.namespace), parent["name"])
            for each in own
            for parent in each["spec"].get("parentRefs") or ()
        }
        found = {
            (namespace, each["metadata"]["name"]): each
            for namespace in {namespace for namespace, _ in parents}
            for each in self._api.items(GATEWAYS.format(namespace=namespace))
        }
        return all(parent in found and gateways.gateway(found[parent]).is_ready for parent in parents)

    def _is_proven_closed(self, release: Release, live: Live) -> bool:
        """Return whether a visitor of each host is answered with the maintenance page. Of connections the gateway's word
        counts, since a closed one shows nothing."""
        fact = sorted((key, each["metadata"]["resourceVersion"]) for key, each in live.items())
        before, at = self._proof
        if before == fact and self._clock() - at < PROVEN:
            return True
        pages = [route.closed for route in release.spec.routes if route.kind == "HTTPRoute"]
        asked = {each for page in pages for each in desired_routes.questions(page)}
        if pages and not asked:
            return False
        with ThreadPoolExecutor(AT_ONCE) as pool:
            proven = all(pool.map(lambda each: _shows_page(self._visitor, each), sorted(asked)))
        sites = all(
            _shows_page(self._edges.visitor, Question(site.host, "/"))
            for site in release.spec.sites
            if site.host is not None
        )
        if proven and sites:
            self._proof = fact, self._clock()
        return proven and sites


def _common(
    wanted: Sequence[RouteStates], live: Live, edges: Sequence[Position | None], hoped: Position
) -> Position | None:
    """Return the position of every route and edge; None while they differ or one is missing. Some routes are the same in
    each state, so the position that the status says is tried first."""
    whole = (Position(False, (100, 0)), Position(False, (0, 100)))
    splits = [desired_routes.split_of(each.get("spec") or {}) for each in live.values()]
    candidates = [hoped, desired_routes.CLOSED, *whole, *(each for each in (*splits, *edges) if each is not None)]
    for each in candidates:
        if all(_is_at(route, live.get(_key(route)), each) for route in wanted) and all(edge == each for edge in edges):
            return each
    return None


def _weights_alone(live: Sequence[Document | None], edges: Sequence[Position | None]) -> Position | None:
    """Return the split that all weights say, of a system that was never released: its routes are those of an earlier
    program, and need not be equal to any state."""
    splits = {desired_routes.split_of(each.get("spec") or {}) for each in live if each is not None} - {None}
    found = {*splits, *edges}
    return next(iter(found)) if len(found) == 1 and None not in live else None


def _left(release: Release, live: Live) -> Live:
    """Return the system's routes that the controller has applied and the Release no longer has."""
    wanted = {_key(route) for route in release.spec.routes}
    return {
        key: each
        for key, each in live.items()
        if key not in wanted
        and (each["metadata"].get("labels") or {}).get(SYSTEM) == release.spec.system
        and any(field.get("manager") == MANAGER for field in each["metadata"].get("managedFields") or ())
    }


def _key(route: RouteStates) -> tuple[RouteKind, str]:
    return route.kind, route.name


def _is_at(route: RouteStates, live: Document | None, at: Position) -> bool:
    return live is not None and desired_routes.covers(live.get("spec"), desired_routes.spec(route, at))


def _shows_page(visitor: Visitor, asked: Question) -> bool:
    try:
        answer = visitor.send(asked.host, asked.path, method=asked.method, headers=dict(asked.headers))
    except NoAnswer:
        return False
    return answer.status == UNAVAILABLE and "retry-after" in answer.headers


def _if(may_act: Callable[[], bool], work: Callable[[], Any]) -> None:
    if may_act():
        work()
