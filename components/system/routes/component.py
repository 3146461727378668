"""Routes of a system: its Gateway, an HTTPRoute for each entry, a route for each port of connections, and the maintenance
page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_kubernetes import apiextensions, core

from components.clouds.contract import FailoverFacts, SiteFacts
from components.cluster.gateway.manifests import awaiting, envoy_policies, listeners
from components.manifests import names
from components.manifests.scope import Scope
from components.sites.manifests import maintenance
from components.system.routes.manifests import connection_routes, entries, http_routes, redirects
from components.system.routes.manifests.connection_routes import Connection
from components.system.routes.manifests.http_routes import Entry, Split, Terms
from slipway.release.objects import SLOTS
from slipway.settings.stacks import DeployedSystem
from slipway.settings.store_names import supplied_secret

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
    certified: bool
    """Whether cert-manager issues the certificates of domains; otherwise their owner supplies them."""
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
        self._connections = connection_routes.of_services(args.deployed)
        served = bool(self._found or self._connections)
        gateway = self._gateway(self._found) if served or self._definition.redirects else None
        if served and gateway is not None:
            page = [*self._page(), *self._rewriting()] if self._found else []
            self.answers = [*page, *self._admission()]
            if args.released:
                self.answers = [gateway, *self.answers]
                self.states = [
                    *(self._states(entry) for entry in self._found),
                    *(self._connection_states(each) for each in self._connections),
                ]
                for entry in self._found:
                    self._limits(entry)
            elif args.deployed.deployment.maintenance:
                self.closed = [
                    *(self._close(entry, page) for entry in self._found),
                    *(self._connect(each, {}, self._opts) for each in self._connections),
                ]
        self.register_outputs({})

    @property
    def serves_requests(self) -> bool:
        """Whether visitors send requests that the gateway reads, and not connections alone."""
        return bool(self._found)

    def open(self, served: Sequence[pulumi.Resource]) -> list[pulumi.Resource]:
        """Routes visitors to slots, unless the controller of releases does, and smoke tests during maintenance too, once
        the resources in `served` are ready. Returns the routes of smoke tests."""
        self._opts = pulumi.ResourceOptions(parent=self, depends_on=[*self._args.depends_on, *served, *self.answers])
        passes: list[pulumi.Resource] = []
        for entry in self._found:
            split = entries.split(self._args.deployed, self._args.stack, entry.host)
            if not self._args.deployed.deployment.maintenance and not self._args.released:
                spec = http_routes.open_route(self._scope.system, entry, split)
                self._route(entry, spec, self._opts)
                self._limits(entry)
            passes += self._pass(entry, split)
        if not self._args.deployed.deployment.maintenance and not self._args.released:
            weights = {slot: self._args.deployed.deployment.weight(slot) for slot in SLOTS}
            for connection in self._connections:
                self._connect(connection, weights, self._opts)
        return passes

    def _states(self, entry: Entry) -> dict[str, Any]:
        """Returns a route in each of its states. Annotations for DNS may be deferred values."""
        split = entries.split(self._args.deployed, self._args.stack, entry.host)
        annotations = self._args.failover.annotations.get(entry.host, {})
        return {
            "name": entry.route,
            "labels": names.labels(self._scope.system),
            "annotations": {**names.source_annotation(entry.source), **annotations},
            **http_routes.released_routes(self._scope.system, entry, split, PAGE, PROBED),
        }

    def _connection_states(self, connection: Connection) -> dict[str, Any]:
        return {
            "kind": connection.kind,
            "name": connection.route,
            "labels": names.labels(self._scope.system),
            "annotations": {**names.source_annotation(connection.source), **connection.annotations},
            **connection_routes.released_routes(self._scope.system, connection),
        }

    def _admission(self) -> list[pulumi.Resource]:
        """Limits connections to the networks of clients, before any route leads them to a service."""
        return [
            self._custom(
                envoy_policies.API_VERSION,
                "SecurityPolicy",
                each.route,
                envoy_policies.connections(self._scope.system, each.section, each.allow),
                each.source,
            )
            for each in self._connections
            if each.allow
        ]

    def _connect(
        self, connection: Connection, weights: Mapping[str, int], opts: pulumi.ResourceOptions
    ) -> pulumi.Resource:
        """Creates a route of connections; without weights a closed one."""
        return self._custom(
            listeners.API_VERSION,
            connection.kind,
            connection.route,
            connection_routes.open_route(self._scope.system, connection, weights),
            connection.source,
            annotations={**FIELD_MANAGER, **connection.annotations},
            opts=opts,
        )

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
        hosts |= redirects.hosts(self._definition)
        issued = {"cert-manager.io/cluster-issuer": listeners.CERTIFICATE_ISSUER} if self._args.certified else {}
        spec = listeners.gateway(hosts, connection_routes.listeners(self._connections))
        gateway = self._custom(
            listeners.API_VERSION, "Gateway", system, spec, self._source, annotations=issued if hosts else {}
        )
        for name, redirect in listeners.redirects(system, hosts).items():
            self._custom(listeners.API_VERSION, "HTTPRoute", name, redirect, self._source)
        for name, redirect in redirects.of_system(system, self._definition).items():
            reported = self._args.failover.annotations.get(redirect["hostnames"][0], {})
            self._custom(listeners.API_VERSION, "HTTPRoute", name, redirect, self._source, annotations=reported)
        streams = [domain for domain in hosts if any(entry.terms.stream for entry in found if entry.domain == domain)]
        self._clients(system, [domain for domain in hosts if domain not in streams], stream=False)
        self._clients(f"{system}.streams", streams, stream=True)
        return gateway

    def _clients(self, name: str, domains: Sequence[str], *, stream: bool) -> None:
        hops, rules = self._args.trusted_hops, self._definition.gateway
        if domains:
            spec = envoy_policies.clients(self._scope.system, domains, hops, rules, stream=stream)
            self._custom(envoy_policies.API_VERSION, "ClientTrafficPolicy", name, spec, self._source)

    def _page(self) -> list[pulumi.Resource]:
        source = self._definition.maintenance_page.source or self._definition.source
        text = core.v1.ConfigMap(
            self._scope.logical(PAGE),
            metadata=self._scope.metadata(PAGE, source),
            data={"response.html": maintenance.page(self._definition)},
            opts=self._opts,
        )
        closed = envoy_policies.closed(PAGE, self._definition.maintenance_page.retry_after)
        rules = self._definition.gateway.source or self._source
        return [
            text,
            self._custom(envoy_policies.API_VERSION, "HTTPRouteFilter", PAGE, closed, source),
            self._custom(envoy_policies.API_VERSION, "HTTPRouteFilter", PROBED, envoy_policies.probed(), source),
            self._custom(
                envoy_policies.API_VERSION, "HTTPRouteFilter", http_routes.TOO_LARGE, envoy_policies.too_large(), rules
            ),
        ]

    def _rewriting(self) -> list[pulumi.Resource]:
        return [
            self._custom(
                envoy_policies.API_VERSION,
                "HTTPRouteFilter",
                entry.rewriting,
                envoy_policies.rewritten(entry.paths, entry.terms.rewrite),
                entry.source,
            )
            for entry in self._found
            if entry.terms.rewrite
        ]

    def _close(self, entry: Entry, page: Sequence[pulumi.Resource]) -> pulumi.Resource:
        spec = http_routes.closed_route(self._scope.system, entry, PAGE, PROBED)
        return self._route(entry, spec, pulumi.ResourceOptions(parent=self, depends_on=[*self._args.depends_on, *page]))

    def _route(self, entry: Entry, spec: Mapping[str, Any], opts: pulumi.ResourceOptions) -> pulumi.Resource:
        reported = {**FIELD_MANAGER, **self._args.failover.annotations.get(entry.host, {})}
        return self._custom(
            listeners.API_VERSION, "HTTPRoute", entry.route, spec, entry.source, annotations=reported, opts=opts
        )

    def _limits(self, entry: Entry) -> None:
        """Creates the policies of a route. While the controller of releases keeps a system closed, the rules that they
        name are missing, so they are not awaited then."""
        rules, terms = self._definition.gateway, entry.terms
        source = rules.source if terms == entries.usual(self._definition) and rules.source else entry.source
        awaited = not self._args.released
        retried = {"": (), "-safe": http_routes.safe_rules()} if rules.retries and not terms.stream else {"": ()}
        for end, which in retried.items():
            spec = envoy_policies.traffic(
                entry.route,
                rules,
                terms.rate_limit,
                timeout=terms.timeout,
                idle_timeout=terms.idle_timeout,
                retried=which,
            )
            self._custom(
                envoy_policies.API_VERSION,
                "BackendTrafficPolicy",
                f"{entry.route}{end}",
                spec,
                source,
                annotations=names.STREAM if terms.stream else {},
                awaited=awaited,
            )
        origins = self._origins(entry)
        if origins or terms.allow or terms.login:
            access = envoy_policies.access(
                entry.route,
                origins=origins,
                networks=terms.allow,
                login=self._login(terms),
                rules=http_routes.visitors_rules() if terms.allow or terms.login else (),
            )
            self._custom(envoy_policies.API_VERSION, "SecurityPolicy", entry.route, access, source, awaited=awaited)

    def _login(self, terms: Terms) -> dict[str, Any] | None:
        if terms.login is None:
            return None
        secret = supplied_secret(self._scope.system, terms.login.client_secret.secret)
        return envoy_policies.login(terms.login, secret)

    def _origins(self, entry: Entry) -> list[str]:
        """Returns the origins of the system's other domains, whether a service or a site serves them."""
        domains = self._definition.domains
        keys = self._definition.gateway.origins or domains
        return [f"https://{domains[key]}" for key in keys if domains[key] != entry.host]

    def _pass(self, entry: Entry, split: Split) -> list[pulumi.Resource]:
        name = f"{entry.route}-pass"
        spec = http_routes.bypass_route(self._scope.system, entry, split)
        route = self._custom(listeners.API_VERSION, "HTTPRoute", name, spec, entry.source, annotations=FIELD_MANAGER)
        guard = envoy_policies.only_with_bypass_token(name, self._args.bypass_secret)
        return [route, self._custom(envoy_policies.API_VERSION, "SecurityPolicy", name, guard, entry.source)]

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
        reported = {**(annotations or {}), **condition}
        return apiextensions.CustomResource(
            self._scope.logical(name),
            api_version=api_version,
            kind=kind,
            metadata=self._scope.metadata(name, source, annotations=reported),
            spec=dict(spec),
            opts=opts or self._opts,
        )
