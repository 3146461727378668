"""A cache in one pod of the system's namespace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_random as random
from pulumi_kubernetes import apiextensions, apps, core, networking

from components.clouds.contract import Address, CacheArgs, CacheEndpoint, NetworkPeers
from components.clouds.local.manifests import cache
from components.cluster.gateway.manifests import certificates
from components.manifests import network_policy
from components.manifests.scope import Scope


@dataclass(frozen=True, kw_only=True)
class CachePodArgs:
    cache: CacheArgs
    depends_on: Any
    """Dependencies of the objects in the namespace, as in resource options."""


class CachePod(pulumi.ComponentResource):
    """A Valkey pod; a system sees only its `endpoint`."""

    endpoint: CacheEndpoint

    def __init__(self, name: str, args: CachePodArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:local:CachePod", name, opts=opts)
        asked = args.cache
        scope, server, source = asked.scope, asked.name, asked.settings.source
        own = pulumi.ResourceOptions(parent=self, depends_on=args.depends_on)
        password = self._password(name)
        exporter = self._password(scope.logical(cache.exporter_secret(server))) if scope.watched else None
        policy = network_policy.of_cache(
            scope,
            name=server,
            source=source,
            pods=cache.pods(server),
            port=cache.PORT,
            callers=asked.callers,
            metrics=cache.METRICS_PORT,
        )
        users, signed = cache.users_secret(server), cache.certificate_secret(server)
        file = pulumi.Output.all(password, exporter).apply(lambda known: cache.users(*known))
        before: list[pulumi.Resource] = [
            self._secret(scope, users, source, {"users.acl": file}, own),
            *(
                [self._secret(scope, cache.exporter_secret(server), source, {"password": exporter}, own)]
                if exporter is not None
                else []
            ),
            apiextensions.CustomResource(
                scope.logical(signed),
                api_version=certificates.API_VERSION,
                kind="Certificate",
                metadata=scope.metadata(signed, source),
                spec=cache.certificate(server, scope.namespace),
                opts=own,
            ),
            core.v1.Service(name, cache.service(scope, name=server, source=source), opts=own),
            networking.v1.NetworkPolicy(name, policy, opts=own),
        ]
        made = apps.v1.StatefulSet(
            name,
            cache.stateful_set(scope, name=server, settings=asked.settings),
            opts=pulumi.ResourceOptions.merge(own, pulumi.ResourceOptions(depends_on=before)),
        )
        self.endpoint = CacheEndpoint(
            server=server,
            # Users of the address wait for the server.
            address=Address(host=made.urn.apply(lambda _: cache.host(server, scope.namespace)), port=cache.PORT),
            password=password,
            peers=NetworkPeers(pods=cache.pods(server)),
            authority=signed,
            exporter=cache.pods(server) if scope.watched else None,
        )
        self.register_outputs({"server": server})

    def _password(self, name: str) -> pulumi.Output[str]:
        own = pulumi.ResourceOptions(parent=self)
        return random.RandomPassword(name, length=32, special=False, opts=own).result

    def _secret(
        self,
        scope: Scope,
        name: str,
        source: str,
        values: Mapping[str, pulumi.Input[str]],
        opts: pulumi.ResourceOptions,
    ) -> core.v1.Secret:
        return core.v1.Secret(
            scope.logical(name), metadata=scope.metadata(name, source), string_data=dict(values), opts=opts
        )
