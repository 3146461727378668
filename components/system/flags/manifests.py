"""flagd: the server that evaluates feature flags for services. It reads its flags from a file and reloads it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pulumi_kubernetes import apps, core, meta, policy

from components.manifests import names, pod, priorities
from components.manifests.environment import FLAGS, flags_of
from components.manifests.namespace import FLAG_SERVERS
from components.manifests.scope import Scope
from slipway.settings.operations import Flag
from slipway.settings.services import Resources
from slipway.settings.stacks import DeployedSystem
from slipway.settings.system import System

NAME = FLAGS["blue"]["FLAGD_HOST"]
OFREP, METRICS, SYNC = 3, 1, 2
"""Ports after the first one, which is gRPC: OpenFeature's protocol over HTTP, metrics with health checks, and flagd's own
protocol. Source: flagd's defaults, 8013 to 8016."""
USER = 65532
"""User id of `nonroot`. Source: flagd's image, based on distroless."""
STARTING = 12
"""Periods of ten seconds that a start may take. Chosen: two minutes, for a busy node."""
SCHEMA = "https://flagd.dev/schema/v0/flags.json"
PODS = {"app.kubernetes.io/name": NAME}
SMALL = Resources(cpu="10m", memory="32Mi", cpu_limit="200m", memory_limit="128Mi")


@dataclass(frozen=True)
class Served:
    """One server in each pod: of both slots, or of one whose version decides."""

    name: str
    """Name of the container."""
    first: int
    """Its first port."""
    file: str
    """Name of its file in the ConfigMap."""
    definitions: str
    """The content of the file."""

    @property
    def ports(self) -> dict[str, int]:
        """What services call: gRPC, and HTTP."""
        return {"grpc": self.first, "ofrep": self.first + OFREP}

    @property
    def metrics(self) -> int:
        return self.first + METRICS

    def port_name(self, port: str) -> str:
        """Returns the name of a port in the pod and the Service: that of the second server says so."""
        return port if self.name == NAME else f"{port}-{self.name.removeprefix(f'{NAME}-')}"


def served(system: DeployedSystem) -> list[Served]:
    """Returns the servers of a system: one, or one a slot if a flag depends on the version."""
    definition = system.definition
    if not any(each.since for each in definition.flags.values()):
        return [Served(NAME, _first("blue"), "flags.json", definitions(definition.flags))]
    return [
        Served(
            NAME if slot == "blue" else f"{NAME}-{slot}",
            _first(slot),
            f"{slot}.json",
            definitions(definition.flags, system.deployment.slot(slot).version),
        )
        for slot in FLAGS
    ]


def ports_of(definition: System, slot: str) -> list[int]:
    """Returns the ports that a slot's services call; none without flags."""
    found = flags_of(definition, slot)
    return [int(found["FLAGD_PORT"]), int(found["FLAGD_PORT"]) + OFREP] if found else []


def _first(slot: str) -> int:
    return int(FLAGS[slot]["FLAGD_PORT"])


def definitions(flags: Mapping[str, Flag], version: str | None = None) -> str:
    """Returns the file that flagd reads in a slot with `version`. A share of users is selected by a hash of flag and user,
    so a user stays included while the share grows."""
    content = {"$schema": SCHEMA, "flags": {name: _flag(flag, version) for name, flag in flags.items()}}
    return json.dumps(content, indent=2, sort_keys=True)


def _flag(flag: Flag, version: str | None) -> dict[str, Any]:
    """Returns a flag; a disabled flag still evaluates, to `off`."""
    is_on = flag.is_on(version)
    answered = "on" if is_on and flag.percent == 100 else "off"
    plain: dict[str, Any] = {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": answered}
    if is_on and 0 < flag.percent < 100:
        user = {"cat": [{"var": "$flagd.flagKey"}, {"var": "targetingKey"}]}
        plain["targeting"] = {"fractional": [user, ["on", flag.percent], ["off", 100 - flag.percent]]}
    return plain


def config_map(scope: Scope, *, source: str, served: Sequence[Served]) -> core.v1.ConfigMapInitArgs:
    """Returns the ConfigMap. Pods carry no checksum of it: a change reaches them in the mounted file, without a
    restart."""
    return core.v1.ConfigMapInitArgs(
        metadata=scope.metadata(NAME, source), data={each.file: each.definitions for each in served}
    )


def service(scope: Scope, *, source: str, served: Sequence[Served]) -> core.v1.ServiceInitArgs:
    return core.v1.ServiceInitArgs(
        metadata=scope.metadata(NAME, source, service=NAME),
        spec=core.v1.ServiceSpecArgs(
            type="ClusterIP",
            selector=PODS,
            ports=[
                core.v1.ServicePortArgs(name=each.port_name(name), port=port, target_port=port, protocol="TCP")
                for each in served
                for name, port in each.ports.items()
            ],
        ),
    )


def deployment(scope: Scope, *, source: str, served: Sequence[Served]) -> apps.v1.DeploymentInitArgs:
    return apps.v1.DeploymentInitArgs(
        metadata=_metadata(scope, source),
        spec=apps.v1.DeploymentSpecArgs(
            replicas=FLAG_SERVERS,
            selector=meta.v1.LabelSelectorArgs(match_labels=PODS),
            revision_history_limit=3,
            template=core.v1.PodTemplateSpecArgs(
                metadata=meta.v1.ObjectMetaArgs(labels=names.supporting(scope.system, NAME)),
                spec=core.v1.PodSpecArgs(
                    priority_class_name=priorities.SERVING,
                    automount_service_account_token=False,
                    enable_service_links=False,
                    security_context=pod.security(USER),
                    topology_spread_constraints=pod.spread(PODS),
                    volumes=[core.v1.VolumeArgs(name="flags", config_map=core.v1.ConfigMapVolumeSourceArgs(name=NAME))],
                    containers=[_container(scope, each) for each in served],
                ),
            ),
        ),
    )


def _metadata(scope: Scope, source: str) -> meta.v1.ObjectMetaArgs:
    metadata = scope.metadata(NAME, source)
    metadata.labels = names.supporting(scope.system, NAME)
    return metadata


def _container(scope: Scope, served: Served) -> core.v1.ContainerArgs:
    def probe(path: str, *, failures: int = 3) -> core.v1.ProbeArgs:
        asked = core.v1.HTTPGetActionArgs(path=path, port=served.metrics)
        return core.v1.ProbeArgs(http_get=asked, period_seconds=10, timeout_seconds=3, failure_threshold=failures)

    return core.v1.ContainerArgs(
        name=served.name,
        image=scope.pins.image("flagd"),
        args=[
            "start",
            "--uri",
            f"file:/flags/{served.file}",
            "--management-port",
            str(served.metrics),
            *_others(served),
        ],
        env=[core.v1.EnvVarArgs(name="PORT", value=str(served.metrics))],
        ports=[
            core.v1.ContainerPortArgs(name=served.port_name(name), container_port=port)
            for name, port in {**served.ports, "metrics": served.metrics}.items()
        ],
        resources=pod.resources(SMALL),
        security_context=pod.container_security(),
        volume_mounts=[core.v1.VolumeMountArgs(name="flags", mount_path="/flags", read_only=True)],
        startup_probe=probe("/healthz", failures=STARTING),
        readiness_probe=probe("/readyz"),
        liveness_probe=probe("/healthz"),
        lifecycle=pod.lifecycle(),
    )


def _others(served: Served) -> list[str]:
    """Returns the arguments of a second server, which shares the pod's address with one that has flagd's own ports."""
    if served.name == NAME:
        return []
    ports = {"port": served.first, "ofrep-port": served.first + OFREP, "sync-port": served.first + SYNC}
    return [part for name, port in ports.items() for part in (f"--{name}", str(port))]


def disruption_budget(scope: Scope, *, source: str) -> policy.v1.PodDisruptionBudgetInitArgs:
    return policy.v1.PodDisruptionBudgetInitArgs(
        metadata=scope.metadata(NAME, source, service=NAME),
        spec=policy.v1.PodDisruptionBudgetSpecArgs(
            max_unavailable=1,
            unhealthy_pod_eviction_policy="AlwaysAllow",
            selector=meta.v1.LabelSelectorArgs(match_labels=PODS),
        ),
    )
