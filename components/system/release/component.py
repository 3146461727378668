"""The release of a system: the Release that the controller carries out, and the gates that wait for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_kubernetes import apiextensions, batch, core, networking, rbac

from components.clouds.contract import IdentityFacts
from components.manifests import egress, network_policy, run_to_completion
from components.manifests.environment import BucketFacts, bypass_secret
from components.manifests.network_policy import NetworkPeer
from components.manifests.scope import Scope
from components.system.release.manifests import candidate_checks, gates, namespace_rights, validations
from components.system.release.manifests.gates import Gate, GateJob
from components.system.release.manifests.spec import Wanted, hold_seconds, release_spec
from slipway.release.objects import API_VERSION

KIND = "Release"
AWAITED_SECONDS = 60
"""Seconds by which the update waits longer than a gate's own deadline. Chosen: its last words are seen then."""


@dataclass(frozen=True, kw_only=True)
class ReleaseArgs:
    scope: Scope
    wanted: Wanted
    routes: Sequence[Mapping[str, Any]]
    """HTTPRoutes in each of their states, as in the Release."""
    image: str
    """Image of the gates."""
    buckets: Mapping[str, BucketFacts]
    peers: Mapping[str, NetworkPeer]
    """Peers of databases and the queue, which validations call."""
    identities: Mapping[str, IdentityFacts]
    depends_on: Sequence[pulumi.Resource]
    """What the routes lead to while the system is closed, and what checks and validations read."""


class Release(pulumi.ComponentResource):
    """Creates the Release, and the Job that waits for its admission: `admitted`. Everything of the candidate waits for
    that."""

    admitted: pulumi.Resource

    def __init__(self, name: str, args: ReleaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:system:Release", name, opts=opts)
        self._name, self._args, self._scope = name, args, args.scope
        self._deployed = args.wanted.deployed
        self._source = self._deployed.definition.release.source or self._deployed.definition.source
        self._opts = pulumi.ResourceOptions(parent=self, depends_on=list(args.depends_on))
        self._spec = release_spec(args.wanted)
        needed = [*self._rights(), *self._gate_account(), *self._open_validations()]
        created = apiextensions.CustomResource(
            name,
            api_version=API_VERSION,
            kind=KIND,
            metadata=self._scope.metadata(name, self._source),
            spec=self._content(),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*args.depends_on, *needed]),
        )
        self.admitted = self._gate("admit", gates.ADMIT_SECONDS, [created])
        self.register_outputs({"id": self._spec.id})

    def promote(self, depends_on: Sequence[pulumi.Resource]) -> None:
        """Creates the Job that waits until all visitors have the candidate, once `depends_on` are ready."""
        seconds = hold_seconds(self._spec) + self._spec.progress_seconds
        self._gate("promote", seconds, [self.admitted, *depends_on])

    def _content(self) -> dict[str, Any]:
        """Returns the spec with its deferred parts: annotations of routes, and the Jobs of validations."""
        content = self._spec.to_json()
        declared = validations.declared(self._deployed, self._args.wanted.environment)
        for described, validation in zip(content.get("jobs", ()), declared, strict=True):
            described["job"] = self._job(validation.service, validation.command)
        return {**content, **({"routes": list(self._args.routes)} if self._args.routes else {})}

    def _job(self, service: str, command: Sequence[str]) -> batch.v1.JobSpecArgs:
        args = self._args
        wanted = run_to_completion.of_service(
            self._deployed,
            service,
            self._deployed.deployment.active,
            arguments=command,
            registry=args.wanted.registry,
            pins=self._scope.pins,
            buckets=args.buckets,
            identity=args.identities[service].pod,
        )
        return validations.job(self._scope.system, service, wanted)

    def _rights(self) -> list[pulumi.Resource]:
        passed = [bypass_secret(self._scope.system)] if self._deployed.definition.has_visitors else []
        secrets = [*passed, *candidate_checks.secrets(self._deployed)]
        made = rbac.v1.Role(
            self._scope.logical(namespace_rights.NAME),
            namespace_rights.role(self._scope, secrets, self._source),
            opts=self._opts,
        )
        bound = rbac.v1.RoleBinding(
            self._scope.logical(namespace_rights.NAME),
            namespace_rights.binding(self._scope, self._source),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[made]),
        )
        return [bound]

    def _gate_account(self) -> list[pulumi.Resource]:
        scope, name, source = self._scope, self._scope.logical(gates.ACCOUNT), self._source
        made = rbac.v1.Role(name, gates.role(scope, self._name, source), opts=self._opts)
        return [
            core.v1.ServiceAccount(name, gates.account(scope, source), opts=self._opts),
            rbac.v1.RoleBinding(
                name, gates.binding(scope, source), opts=pulumi.ResourceOptions(parent=self, depends_on=[made])
            ),
            networking.v1.NetworkPolicy(name, gates.network(scope, source), opts=self._opts),
        ]

    def _open_validations(self) -> list[pulumi.Resource]:
        """Opens the network for validations as for the service whose program each is."""
        args, definition = self._args, self._deployed.definition
        found = {each.service for each in validations.declared(self._deployed, args.wanted.environment)}
        return [
            networking.v1.NetworkPolicy(
                self._scope.logical(validations.group(service)),
                network_policy.of_job(
                    self._scope,
                    name=validations.group(service),
                    source=definition.services[service].source,
                    pods=validations.pods(service),
                    peers=[
                        *args.peers.values(),
                        *egress.peers(self._deployed, service),
                        *args.identities[service].peers,
                    ],
                    internet=egress.internet(definition.services[service]),
                ),
                opts=self._opts,
            )
            for service in sorted(found)
        ]

    def _gate(self, gate: Gate, seconds: int, depends_on: Sequence[pulumi.Resource]) -> pulumi.Resource:
        wanted = GateJob(
            gate=gate,
            release=self._name,
            id=self._spec.id,
            image=self._args.image,
            seconds=seconds,
            source=self._source,
        )
        return batch.v1.Job(
            self._scope.logical(gate),
            gates.job(self._scope, wanted),
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=list(depends_on),
                custom_timeouts=pulumi.CustomTimeouts(create=f"{seconds + AWAITED_SECONDS}s"),
            ),
        )
