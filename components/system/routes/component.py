"""Routes of a system: its Gateway, an HTTPRoute for each entry, and the maintenance page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_kubernetes import apiextensions, core

from components.clouds.contract import FailoverFacts, SiteFacts
from components.cluster.gateway.manifests import awaiting, listeners, policies
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
    depends_on: Sequence[pulumi.Resource]


class Routes(pulumi.ComponentResource):
    """Creates the Gateway and the routes; nothing for a system that visitors do not reach through the cluster. During
    maintenance `closed` exists from the start, so that other changes can wait for it; `open` runs last."""

    closed: Sequence[pulumi.Resource] = ()
    """Resources that block visitors during maintenance."""

    def __init__(self, name: str, args: RoutesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:system:Routes", name, opts=opts)
        self._args, self._scope, self._definition = args, args.scope, args.deployed.definition
        self._source = f"{self._definition.source}domains"
        self._opts = pulumi.ResourceOptions(parent=self, depends_on=list(args.depends_on))
        self._found, self._answers = self._entries(), list[pulumi.Resource]()
        if self._found:
            self._gateway(self._found)
            self._answers = page = self._page()
            if args.deployed.deployment.maintenance:
                self.closed = [self._close(entry, page) for entry in self._found]
        self.register_outputs({})

    def open(self, served: Sequence[pulumi.Resource]) -> None:
        """Routes visitors to slots, and smoke tests during maintenance too, once the resources in `served` are ready."""
        self._opts = pulumi.ResourceOptions(parent=self, depends_on=[*self._args.depends_on, *served, *self._answers])
        for entry in self._found:
            split = entries.split(self._args.deployed, self._args.stack, entry.host)
            if not self._args.deployed.deployment.maintenance:
                timeout = policies.answer_time(self._definition.gateway, stream=entry.stream)
                spec = routes.open_route(self._scope.system, entry, split, timeout)
                self._route(entry, spec, self._opts)
                self._limits(entry, split)
            self._pass(entry, split)

    def _entries(self) -> list[Entry]:
        deployed = self._args.deployed
        sites = [
            entries.of_site(deployed, name, facts.services, facts.port)
            for name, facts in self._args.sites.items()
            if facts.services
        ]
        found = [*entries.of_services(deployed), *sites]
        return [*found, *(entries.at_origin(entry) for entry in found if entry.host in self._args.failover.annotations)]

    def _gateway(self, found: Sequence[Entry]) -> None:
        system, hosts = self._scope.system, {entry.domain: entry.host for entry in found}
        issued = {"cert-manager.io/cluster-issuer": listeners.CERTIFICATE_ISSUER}
        self._custom(
            listeners.API_VERSION, "Gateway", system, listeners.gateway(hosts), self._source, annotations=issued
        )
        for name, redirect in listeners.redirects(system, hosts).items():
            self._custom(listeners.API_VERSION, "HTTPRoute", name, redirect, self._source)
        streams = [domain for domain in hosts if any(entry.stream for entry in found if entry.domain == domain)]
        self._clients(system, [domain for domain in hosts if domain not in streams], stream=False)
        self._clients(f"{system}.streams", streams, stream=True)

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

    def _limits(self, entry: Entry, split: Split) -> None:
        rules = self._definition.gateway
        # A site's pages and scripts cause many requests by one visitor.
        limit = self._definition.rate_limit if entry.name in self._definition.services else None
        source = rules.source or entry.source
        self._custom(
            policies.API_VERSION,
            "BackendTrafficPolicy",
            entry.route,
            policies.traffic(entry.route, rules, limit, stream=entry.stream),
            source,
        )
        if rules.retries and not entry.stream:
            self._custom(
                policies.API_VERSION,
                "BackendTrafficPolicy",
                f"{entry.route}-safe",
                policies.traffic(entry.route, rules, limit, retried=routes.safe_rules(split)),
                source,
            )
        origins = self._origins(entry)
        if origins:
            cors = policies.cross_origin(entry.route, origins)
            self._custom(policies.API_VERSION, "SecurityPolicy", entry.route, cors, source)

    def _origins(self, entry: Entry) -> list[str]:
        """Returns the origins of the system's other domains, whether a service or a site serves them."""
        domains = self._definition.domains
        keys = self._definition.gateway.origins or domains
        return [f"https://{domains[key]}" for key in keys if domains[key] != entry.host]

    def _pass(self, entry: Entry, split: Split) -> None:
        name = f"{entry.route}-pass"
        timeout = policies.answer_time(self._definition.gateway, stream=entry.stream)
        spec = routes.bypass_route(self._scope.system, entry, split, timeout)
        self._custom(listeners.API_VERSION, "HTTPRoute", name, spec, entry.source, annotations=FIELD_MANAGER)
        guard = policies.only_with_bypass_token(name, self._args.bypass_secret)
        self._custom(policies.API_VERSION, "SecurityPolicy", name, guard, entry.source)

    def _custom(
        self,
        api_version: str,
        kind: str,
        name: str,
        spec: Mapping[str, Any],
        source: str,
        *,
        annotations: Mapping[str, pulumi.Input[str]] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> pulumi.Resource:
        told = {**(annotations or {}), **awaiting.awaited(kind, spec)}
        return apiextensions.CustomResource(
            self._scope.logical(name),
            api_version=api_version,
            kind=kind,
            metadata=self._scope.metadata(name, source, annotations=told),
            spec=dict(spec),
            opts=opts or self._opts,
        )
