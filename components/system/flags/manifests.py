"""flagd: the server that evaluates feature flags for services. It reads its flags from a file and reloads it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pulumi_kubernetes import apps, core, meta, policy

from components.manifests import names, pod, priorities
from components.manifests.environment import FLAGS
from components.manifests.scope import Scope
from slipway.settings.operations import Flag
from slipway.settings.services import Resources

NAME = FLAGS["FLAGD_HOST"]
PORTS = {"evaluation": int(FLAGS["FLAGD_PORT"]), "ofrep": 8016}
"""gRPC, and HTTP (OpenFeature's remote evaluation protocol)."""
METRICS = 8014
"""Metrics and health checks. Source: flagd's default management port."""
USER = 65532
"""User id of `nonroot`. Source: flagd's image, based on distroless."""
STARTING = 12
"""Periods of ten seconds that a start may take. Chosen: two minutes, for a busy node."""
SCHEMA = "https://flagd.dev/schema/v0/flags.json"
PODS = {"app.kubernetes.io/name": NAME}
SMALL = Resources(cpu="10m", memory="32Mi", cpu_limit="200m", memory_limit="128Mi")


def definitions(flags: Mapping[str, Flag]) -> str:
    """Returns the file that flagd reads. A share of users is selected by a hash of flag and user, so a user stays
    included while the share grows."""
    content = {"$schema": SCHEMA, "flags": {name: _flag(flag) for name, flag in flags.items()}}
    return json.dumps(content, indent=2, sort_keys=True)


def _flag(flag: Flag) -> dict[str, Any]:
    """Returns a flag; a disabled flag still evaluates, to `off`."""
    answered = "on" if flag.enabled and flag.percent == 100 else "off"
    plain: dict[str, Any] = {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": answered}
    if flag.enabled and 0 < flag.percent < 100:
        user = {"cat": [{"var": "$flagd.flagKey"}, {"var": "targetingKey"}]}
        plain["targeting"] = {"fractional": [user, ["on", flag.percent], ["off", 100 - flag.percent]]}
    return plain


def config_map(scope: Scope, *, source: str, flags: Mapping[str, Flag]) -> core.v1.ConfigMapInitArgs:
    """Returns the ConfigMap. Pods carry no checksum of it: a change reaches them in the mounted file, without a
    restart."""
    return core.v1.ConfigMapInitArgs(metadata=scope.metadata(NAME, source), data={"flags.json": definitions(flags)})


def service(scope: Scope, *, source: str) -> core.v1.ServiceInitArgs:
    return core.v1.ServiceInitArgs(
        metadata=scope.metadata(NAME, source, service=NAME),
        spec=core.v1.ServiceSpecArgs(
            type="ClusterIP",
            selector=PODS,
            ports=[
                core.v1.ServicePortArgs(name=name, port=port, target_port=port, protocol="TCP")
                for name, port in PORTS.items()
            ],
        ),
    )


def deployment(scope: Scope, *, source: str) -> apps.v1.DeploymentInitArgs:
    return apps.v1.DeploymentInitArgs(
        metadata=_metadata(scope, source),
        spec=apps.v1.DeploymentSpecArgs(
            replicas=2,
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
                    containers=[_container(scope)],
                ),
            ),
        ),
    )


def _metadata(scope: Scope, source: str) -> meta.v1.ObjectMetaArgs:
    metadata = scope.metadata(NAME, source)
    metadata.labels = names.supporting(scope.system, NAME)
    return metadata


def _container(scope: Scope) -> core.v1.ContainerArgs:
    def probe(path: str, *, failures: int = 3) -> core.v1.ProbeArgs:
        asked = core.v1.HTTPGetActionArgs(path=path, port=METRICS)
        return core.v1.ProbeArgs(http_get=asked, period_seconds=10, timeout_seconds=3, failure_threshold=failures)

    return core.v1.ContainerArgs(
        name=NAME,
        image=scope.pins.image("flagd"),
        args=["start", "--uri", "file:/flags/flags.json", "--management-port", str(METRICS)],
        env=[core.v1.EnvVarArgs(name="PORT", value=str(METRICS))],
        ports=[
            *(core.v1.ContainerPortArgs(name=name, container_port=port) for name, port in PORTS.items()),
            core.v1.ContainerPortArgs(name="metrics", container_port=METRICS),
        ],
        resources=pod.resources(SMALL),
        security_context=pod.container_security(),
        volume_mounts=[core.v1.VolumeMountArgs(name="flags", mount_path="/flags", read_only=True)],
        startup_probe=probe("/healthz", failures=STARTING),
        readiness_probe=probe("/readyz"),
        liveness_probe=probe("/healthz"),
        lifecycle=pod.pre_stop(),
    )


def disruption_budget(scope: Scope, *, source: str) -> policy.v1.PodDisruptionBudgetInitArgs:
    return policy.v1.PodDisruptionBudgetInitArgs(
        metadata=scope.metadata(NAME, source, service=NAME),
        spec=policy.v1.PodDisruptionBudgetSpecArgs(
            max_unavailable=1,
            unhealthy_pod_eviction_policy="AlwaysAllow",
            selector=meta.v1.LabelSelectorArgs(match_labels=PODS),
        ),
    )
