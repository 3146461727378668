"""How visitors reach a system: its Gateway, a route for each entry, and the page that they see while it is closed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_kubernetes import apiextensions, core

from builders import maintenance
from builders.gateway import entries, listeners, policies, routes
from builders.gateway.routes import Entry, Split
from builders.scope import Scope
from components.cloud.contract import FailoverFacts, SiteFacts
from settings.stacks import PlacedSystem

PAGE = "maintenance"
FIELD_MANAGER = {"pulumi.com/patchFieldManager": "slipway"}
"""Weights are changed by others under this name too; a random one would conflict with them."""


@dataclass(frozen=True, kw_only=True)
class RoutesArgs:
    scope: Scope
    placed: PlacedSystem
    stack: str
    sites: Mapping[str, SiteFacts]
    failover: FailoverFacts
    trusted_hops: int
    pass_secret: str
    """The Secret with the pass of smoke tests."""
    ready: Sequence[pulumi.Resource]


class Routes(pulumi.ComponentResource):
    """Nothing for a system that visitors do not reach here."""

    def __init__(self, name: str, args: RoutesArgs, parent: pulumi.Resource) -> None:
        super().__init__("slipway:system:Routes", name, opts=pulumi.ResourceOptions(parent=parent))
        self._args, self._scope, self._definition = args, args.scope, args.placed.definition
        self._source = f"{self._definition.source}domains"
        self._opts = pulumi.ResourceOptions(parent=self, depends_on=list(args.ready))
        found = self._entries()
        if found:
            self._gateway({entry.domain: entry.host for entry in found})
            self._page()
            for entry in found:
                self._route(entry, entries.split(args.placed, args.stack, entry.host))
        self.register_outputs({})

    def _entries(self) -> list[Entry]:
        placed = self._args.placed
        sites = [
            entries.of_site(placed, name, facts.services, facts.port)
            for name, facts in self._args.sites.items()
            if facts.services
        ]
        found = [*entries.of_services(placed), *sites]
        return [*found, *(entries.at_origin(entry) for entry in found if entry.host in self._args.failover.annotations)]

    def _gateway(self, hosts: Mapping[str, str]) -> None:
        system = self._scope.system
        issued = {"cert-manager.io/cluster-issuer": listeners.CERTIFICATE_ISSUER}
        self._custom(
            listeners.API_VERSION, "Gateway", system, listeners.gateway(hosts), self._source, annotations=issued
        )
        self._custom(
            listeners.API_VERSION, "HTTPRoute", f"{system}-to-https", listeners.redirect(system, hosts), self._source
        )
        clients = policies.clients(system, list(hosts), self._args.trusted_hops)
        self._custom(policies.API_VERSION, "ClientTrafficPolicy", system, clients, self._source)

    def _page(self) -> None:
        source = self._definition.maintenance_page.source or self._definition.source
        core.v1.ConfigMap(
            self._scope.logical(PAGE),
            metadata=self._scope.metadata(PAGE, source),
            data={"response.html": maintenance.page(self._definition)},
            opts=self._opts,
        )
        closed = policies.closed(PAGE, self._definition.maintenance_page.retry_after)
        self._custom(policies.API_VERSION, "HTTPRouteFilter", PAGE, closed, source)

    def _route(self, entry: Entry, split: Split) -> None:
        system, rules = self._scope.system, self._definition.gateway
        closed = self._args.placed.placement.maintenance
        spec = (
            routes.closed_route(system, entry, PAGE)
            if closed
            else routes.open_route(system, entry, split, rules.timeout)
        )
        told = {**FIELD_MANAGER, **self._args.failover.annotations.get(entry.host, {})}
        self._custom(listeners.API_VERSION, "HTTPRoute", entry.route, spec, entry.source, annotations=told)
        if not closed:
            self._limits(entry, split)
        self._pass(entry, split)

    def _limits(self, entry: Entry, split: Split) -> None:
        rules, limit = self._definition.gateway, self._definition.rate_limit
        source = rules.source or entry.source
        self._custom(
            policies.API_VERSION,
            "BackendTrafficPolicy",
            entry.route,
            policies.traffic(entry.route, rules, limit),
            source,
        )
        if rules.retries:
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
        """Pages of the system's other domains, whoever serves them."""
        domains = self._definition.domains
        keys = self._definition.gateway.origins or domains
        return [f"https://{domains[key]}" for key in keys if domains[key] != entry.host]

    def _pass(self, entry: Entry, split: Split) -> None:
        name = f"{entry.route}-pass"
        spec = routes.pass_route(self._scope.system, entry, split, self._definition.gateway.timeout)
        self._custom(listeners.API_VERSION, "HTTPRoute", name, spec, entry.source, annotations=FIELD_MANAGER)
        guard = policies.only_with_pass(name, self._args.pass_secret)
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
    ) -> None:
        apiextensions.CustomResource(
            self._scope.logical(name),
            api_version=api_version,
            kind=kind,
            metadata=self._scope.metadata(name, source, annotations=annotations),
            spec=dict(spec),
            opts=self._opts,
        )
