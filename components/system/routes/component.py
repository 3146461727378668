"""Routes of a system: its Gateway, an HTTPRoute for each entry, and the maintenance page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_kubernetes import apiextensions, core

from components.clouds.contract import FailoverFacts, SiteFacts
from components.cluster.gateway.manifests import awaiting, listeners, policies
from components.manifests import names
from components.manifests.scope import Scope
from components.sites.manifests import maintenance
from components.system.routes.manifests import entries, routes
from components.system.routes.manifests.routes import Entry, Split
from slipway.settings.stacks import DeployedSystem

PAGE, PROBED = "maintenance", "maintenance-probed"
FIELD_MANAGER = {"pulumi.com/patchFieldManager": "slipway"}
"""Field manager under which other tools change weights too; a random name would cause conflicts."""


@dataclass(frozen=True, kw_only=True)
class RoutesArgs:
    scope: Scope
    deployed: DeployedSystem
    stack: str
    sites: Mapping[str, SiteFacts]
    failover: FailoverFacts
    trusted_hops: int
    bypass_secret: str
    """The Secret with the bypass token of smoke tests."""
    released: bool
    """Whether the controller of releases writes the routes of visitors."""
    depends_on: Sequence[pulumi.Resource]


class Routes(pulumi.ComponentResource):
    """Creates the Gateway and the routes; nothing for a system that visitors do not reach through the cluster. During
    maintenance `closed` exists from the start, so that other changes can wait for it; `open` runs last."""

    closed: Sequence[pulumi.Resource] = ()
    """Resources that block visitors during maintenance."""
    states: Sequence[Mapping[str, Any]] = ()
    """Routes in each of their states, as in a Release."""
    answers: Sequence[pulumi.Resource]
    """What answers while the system is closed."""

    def __init__(self, name: str, args: RoutesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:system:Routes", name, opts=opts)
        self._args, self._scope, self._definition = args, args.scope, args.deployed.definition
        self._source = f"{self._definition.source}domains"
        self._opts = pulumi.ResourceOptions(parent=self, depends_on=list(args.depends_on))
        self._found, self.answers = self._entries(), list[pulumi.Resource]()
        if self._found:
            gateway = self._gateway(self._found)
            self.answers = page = self._page()
            if args.released:
                self.answers = [gateway, *page]
                self.states = [self._states(entry) for entry in self._found]
                for entry in self._found:
                    self._limits(entry, routes.SLOTS)
            elif args.deployed.deployment.maintenance:
                self.closed = [self._close(entry, page) for entry in self._found]
        self.register_outputs({})

    def open(self, served: Sequence[pulumi.Resource]) -> list[pulumi.Resource]:
        """Routes visitors to slots, unless the controller of releases does, and smoke tests during maintenance too, once
        the resources in `served` are ready. Returns the routes of smoke tests."""
        self._opts = pulumi.ResourceOptions(parent=self, depends_on=[*self._args.depends_on, *served, *self.answers])
        passes: list[pulumi.Resource] = []
        for entry in self._found:
            split = entries.split(self._args.deployed, self._args.stack, entry.host)
            if not self._args.deployed.deployment.maintenance and not self._args.released:
                timeout = policies.answer_time(self._definition.gateway, stream=entry.stream)
                spec = routes.open_route(self._scope.system, entry, split, timeout)
                self._route(entry, spec, self._opts)
                self._limits(entry, routes.sticky_slots(split))
            passes += self._pass(entry, split)
        return passes

    def _states(self, entry: Entry) -> dict[str, Any]:
        """Returns a route in each of its states. Annotations for DNS may be deferred values."""
        split = entries.split(self._args.deployed, self._args.stack, entry.host)
        timeout = policies.answer_time(self._definition.gateway, stream=entry.stream)
        annotations = self._args.failover.annotations.get(entry.host, {})
        return {
            "name": entry.route,
            "labels": names.labels(self._scope.system),
            "annotations": {**names.source_annotation(entry.source), **annotations},
            **routes.released_routes(self._scope.system, entry, split, timeout, PAGE, PROBED),
        }

    def _entries(self) -> list[Entry]:
        deployed = self._args.deployed
        sites = [
            entries.of_site(deployed, name, facts.services, facts.port)
            for name, facts in self._args.sites.items()
            if facts.services
        ]
        found = [*entries.of_services(deployed), *sites]
        return [*found, *(entries.at_origin(entry) for entry in found if entry.host in self._args.failover.annotations)]

    def _gateway(self, found: Sequence[Entry]) -> pulumi.Resource:
        system, hosts = self._scope.system, {entry.domain: entry.host for entry in found}
        issued = {"cert-manager.io/cluster-issuer": listeners.CERTIFICATE_ISSUER}
        gateway = self._custom(
            listeners.API_VERSION, "Gateway", system, listeners.gateway(hosts), self._source, annotations=issued
        )
        for name, redirect in listeners.redirects(system, hosts).items():
            self._custom(listeners.API_VERSION, "HTTPRoute", name, redirect, self._source)
        streams = [domain for domain in hosts if any(entry.stream for entry in found if entry.domain == domain)]
        self._clients(system, [domain for domain in hosts if domain not in streams], stream=False)
        self._clients(f"{system}.streams", streams, stream=True)
        return gateway

    def _clients(self, name: str, domains: Sequence[str], *, stream: bool) -> None:
        hops, rules = self._args.trusted_hops, self._definition.gateway
        if domains:
            spec = policies.clients(self._scope.system, domains, hops, rules, stream=stream)
            self._custom(policies.API_VERSION, "ClientTrafficPolicy", name, spec, self._source)

    def _page(self) -> list[pulumi.Resource]:
        source = self._definition.maintenance_page.source or self._definition.source
        text = core.v1.ConfigMap(
            self._scope.logical(PAGE),
            metadata=self._scope.metadata(PAGE, source),
            data={"response.html": maintenance.page(self._definition)},
            opts=self._opts,
        )
        closed = policies.closed(PAGE, self._definition.maintenance_page.retry_after)
        rules = self._definition.gateway.source or self._source
        return [
            text,
            self._custom(policies.API_VERSION, "HTTPRouteFilter", PAGE, closed, source),
            self._custom(policies.API_VERSION, "HTTPRouteFilter", PROBED, policies.probed(), source),
            self._custom(policies.API_VERSION, "HTTPRouteFilter", routes.TOO_LARGE, policies.too_large(), rules),
        ]

    def _close(self, entry: Entry, page: Sequence[pulumi.Resource]) -> pulumi.Resource:
        spec = routes.closed_route(self._scope.system, entry, PAGE, PROBED)
        return self._route(entry, spec, pulumi.ResourceOptions(parent=self, depends_on=[*self._args.depends_on, *page]))

    def _route(self, entry: Entry, spec: Mapping[str, Any], opts: pulumi.ResourceOptions) -> pulumi.Resource:
        told = {**FIELD_MANAGER, **self._args.failover.annotations.get(entry.host, {})}
        return self._custom(
            listeners.API_VERSION, "HTTPRoute", entry.route, spec, entry.source, annotations=told, opts=opts
        )

    def _limits(self, entry: Entry, sticky: Sequence[str]) -> None:
        """Creates the policies of a route. While the controller of releases keeps a system closed, the rules that they
        name are missing, so they are not awaited then."""
        rules = self._definition.gateway
        # A site's pages and scripts cause many requests by one visitor.
        limit = self._definition.rate_limit if entry.name in self._definition.services else None
        source, awaited = rules.source or entry.source, not self._args.released
        self._custom(
            policies.API_VERSION,
            "BackendTrafficPolicy",
            entry.route,
            policies.traffic(entry.route, rules, limit, stream=entry.stream),
            source,
            awaited=awaited,
        )
        if rules.retries and not entry.stream:
            self._custom(
                policies.API_VERSION,
                "BackendTrafficPolicy",
                f"{entry.route}-safe",
                policies.traffic(entry.route, rules, limit, retried=routes.safe_rules(sticky)),
                source,
                awaited=awaited,
            )
        origins = self._origins(entry)
        if origins:
            cors = policies.cross_origin(entry.route, origins)
            self._custom(policies.API_VERSION, "SecurityPolicy", entry.route, cors, source, awaited=awaited)

    def _origins(self, entry: Entry) -> list[str]:
        """Returns the origins of the system's other domains, whether a service or a site serves them."""
        domains = self._definition.domains
        keys = self._definition.gateway.origins or domains
        return [f"https://{domains[key]}" for key in keys if domains[key] != entry.host]

    def _pass(self, entry: Entry, split: Split) -> list[pulumi.Resource]:
        name = f"{entry.route}-pass"
        timeout = policies.answer_time(self._definition.gateway, stream=entry.stream)
        spec = routes.bypass_route(self._scope.system, entry, split, timeout)
        route = self._custom(listeners.API_VERSION, "HTTPRoute", name, spec, entry.source, annotations=FIELD_MANAGER)
        guard = policies.only_with_bypass_token(name, self._args.bypass_secret)
        return [route, self._custom(policies.API_VERSION, "SecurityPolicy", name, guard, entry.source)]

    def _custom(
        self,
        api_version: str,
        kind: str,
        name: str,
        spec: Mapping[str, Any],
        source: str,
        *,
        annotations: Mapping[str, pulumi.Input[str]] | None = None,
        awaited: bool = True,
        opts: pulumi.ResourceOptions | None = None,
    ) -> pulumi.Resource:
        condition = awaiting.awaited(kind, spec) if awaited else {names.SKIP_AWAIT: "true"}
        told = {**(annotations or {}), **condition}
        return apiextensions.CustomResource(
            self._scope.logical(name),
            api_version=api_version,
            kind=kind,
            metadata=self._scope.metadata(name, source, annotations=told),
            spec=dict(spec),
            opts=opts or self._opts,
        )
