"""The controller of releases: two pods of which one leads, their rights, their network, their metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_kubernetes import apps, core, meta, policy, rbac

from components.cluster.monitoring.manifests import monitors
from components.manifests import names, pod, priorities
from components.manifests.controller_rights import rules
from components.manifests.scope import Scope
from slipway.settings.cluster_services import MESSAGES, REGISTRY_LOGIN, ClusterServices
from slipway.settings.cross_checks import mebibytes
from slipway.settings.services import Resources
from slipway.settings.store_names import supplied_secret

NAME = names.RELEASES_ACCOUNT
USER_NAME = f"system:serviceaccount:{names.RELEASES_NAMESPACE}:{NAME}"
"""Who it is to the API server. Source: Kubernetes, service accounts."""
PORT = 8080
"""Port of metrics and probes. Source: slipway/release/controller."""
USER = 10001
"""User id of the image. Chosen: that of services."""
REPLICAS = 2
"""Pods. Chosen: one leads, and one takes over within seconds."""
STARTING = 12
"""Periods of ten seconds that a start may take. Chosen: two minutes, for a busy node."""
PODS = {"app.kubernetes.io/name": NAME}
RESOURCES = Resources(cpu="100m", memory="192Mi", cpu_limit="1", memory_limit="512Mi")
FOLDER, LOGIN_FOLDER = "/etc/slipway/addresses", "/etc/slipway/registries"
LOGIN_FILE = "config.json"
PROXIES = {"app.kubernetes.io/component": "proxy", "app.kubernetes.io/managed-by": "envoy-gateway"}
PROXY_PORTS = {"http": (80, 10080), "https": (443, 10443)}
"""Ports of the Service, and of the proxies' containers. Source: Envoy Gateway adds 10000 to privileged ports."""


@dataclass(frozen=True, kw_only=True)
class Controller:
    """What its pods are made of."""

    scope: Scope
    source: str
    services: ClusterServices
    identity: pod.Identity
    annotations: Mapping[str, pulumi.Input[str]]
    """Annotations of its service account."""
    secrets: Sequence[str]
    """Keys of its supplied secrets."""

    @property
    def image(self) -> str:
        """Returns its image, which settings require."""
        assert self.services.releases.image is not None
        return self.services.releases.image


def deployment(wanted: Controller) -> apps.v1.DeploymentInitArgs:
    """Returns the Deployment."""
    return apps.v1.DeploymentInitArgs(
        metadata=_metadata(wanted, NAME),
        spec=apps.v1.DeploymentSpecArgs(
            replicas=REPLICAS,
            selector=meta.v1.LabelSelectorArgs(match_labels=PODS),
            revision_history_limit=3,
            strategy=apps.v1.DeploymentStrategyArgs(
                type="RollingUpdate",
                rolling_update=apps.v1.RollingUpdateDeploymentArgs(max_surge=1, max_unavailable=0),
            ),
            template=core.v1.PodTemplateSpecArgs(
                metadata=meta.v1.ObjectMetaArgs(
                    labels={**names.supporting(wanted.scope.system, NAME), **wanted.identity.labels}
                ),
                spec=core.v1.PodSpecArgs(
                    priority_class_name=priorities.SERVING,
                    service_account_name=NAME,
                    automount_service_account_token=True,
                    enable_service_links=False,
                    security_context=pod.security(USER),
                    topology_spread_constraints=pod.spread(PODS),
                    volumes=[*pod.scratch_volumes(["/tmp"]), *_volumes(wanted)],
                    containers=[_container(wanted)],
                ),
            ),
        ),
    )


def _container(wanted: Controller) -> core.v1.ContainerArgs:
    def probe(path: str, *, failures: int = 3) -> core.v1.ProbeArgs:
        asked = core.v1.HTTPGetActionArgs(path=path, port=monitors.METRICS_PORT)
        return core.v1.ProbeArgs(http_get=asked, period_seconds=10, timeout_seconds=3, failure_threshold=failures)

    return core.v1.ContainerArgs(
        name=NAME,
        image=wanted.image,
        command=["python", "-m", "slipway.release.controller"],
        env=_environment(wanted),
        env_from=pod.identity_environment(wanted.identity),
        ports=[core.v1.ContainerPortArgs(name=monitors.METRICS_PORT, container_port=PORT)],
        resources=pod.resources(RESOURCES),
        security_context=pod.container_security(),
        volume_mounts=[
            *pod.scratch_mounts(["/tmp"]),
            core.v1.VolumeMountArgs(name="addresses", mount_path=FOLDER, read_only=True),
            *(
                [core.v1.VolumeMountArgs(name="registries", mount_path=LOGIN_FOLDER, read_only=True)]
                if REGISTRY_LOGIN in wanted.secrets
                else []
            ),
        ],
        startup_probe=probe("/healthz", failures=STARTING),
        readiness_probe=probe("/readyz"),
        liveness_probe=probe("/healthz"),
    )


def _environment(wanted: Controller) -> list[core.v1.EnvVarArgs]:
    services = wanted.services
    trusted = services.certificates.issuer == "production" and services.controllers.certificates != "absent"
    plain = {
        **({"SLIPWAY_PROMETHEUS": services.prometheus} if services.prometheus else {}),
        "SLIPWAY_ADDRESSES": FOLDER,
        "SLIPWAY_GATEWAY_CERTIFICATES": "checked" if trusted else "any",
        **({"SLIPWAY_DOCKER_CONFIG": f"{LOGIN_FOLDER}/{LOGIN_FILE}"} if REGISTRY_LOGIN in wanted.secrets else {}),
    }
    return [
        pod.from_field("POD_NAME", "metadata.name"),
        pod.from_field("POD_NAMESPACE", "metadata.namespace"),
        *(core.v1.EnvVarArgs(name=name, value=value) for name, value in plain.items()),
    ]


def _volumes(wanted: Controller) -> list[core.v1.VolumeArgs]:
    """Returns the folders of addresses and logins. A value that nobody supplied yet is a file that is missing."""
    files = {name: channel for name, (channel, _) in MESSAGES.items() if name in wanted.secrets}
    logins = {REGISTRY_LOGIN: LOGIN_FILE} if REGISTRY_LOGIN in wanted.secrets else {}
    return [
        _projected(wanted, "addresses", files),
        *([_projected(wanted, "registries", logins)] if logins else []),
    ]


def _projected(wanted: Controller, name: str, files: Mapping[str, str]) -> core.v1.VolumeArgs:
    sources = [
        core.v1.VolumeProjectionArgs(
            secret=core.v1.SecretProjectionArgs(
                name=supplied_secret(wanted.scope.system, key),
                items=[core.v1.KeyToPathArgs(key=key, path=path)],
                optional=True,
            )
        )
        for key, path in files.items()
    ]
    return core.v1.VolumeArgs(name=name, projected=core.v1.ProjectedVolumeSourceArgs(sources=sources))


def account(wanted: Controller) -> core.v1.ServiceAccountInitArgs:
    return core.v1.ServiceAccountInitArgs(
        metadata=_metadata(wanted, NAME, wanted.annotations), automount_service_account_token=False
    )


def disruption_budget(wanted: Controller) -> policy.v1.PodDisruptionBudgetInitArgs:
    return policy.v1.PodDisruptionBudgetInitArgs(
        metadata=_metadata(wanted, NAME),
        spec=policy.v1.PodDisruptionBudgetSpecArgs(
            max_unavailable=1,
            unhealthy_pod_eviction_policy="AlwaysAllow",
            selector=meta.v1.LabelSelectorArgs(match_labels=PODS),
        ),
    )


def cluster_role(wanted: Controller) -> rbac.v1.ClusterRoleInitArgs:
    """Returns the right to find Releases; everything else is granted in the namespaces that have one."""
    return rbac.v1.ClusterRoleInitArgs(metadata=_of_cluster(wanted), rules=rules("cluster"))


def cluster_binding(wanted: Controller) -> rbac.v1.ClusterRoleBindingInitArgs:
    return rbac.v1.ClusterRoleBindingInitArgs(
        metadata=_of_cluster(wanted),
        role_ref=rbac.v1.RoleRefArgs(
            api_group="rbac.authorization.k8s.io", kind="ClusterRole", name=names.RELEASES_NAMESPACE
        ),
        subjects=[_subject()],
    )


def role(wanted: Controller) -> rbac.v1.RoleInitArgs:
    """Returns the right to lead, by a Lease in its own namespace."""
    return rbac.v1.RoleInitArgs(metadata=_metadata(wanted, NAME), rules=rules("own"))


def binding(wanted: Controller) -> rbac.v1.RoleBindingInitArgs:
    return rbac.v1.RoleBindingInitArgs(
        metadata=_metadata(wanted, NAME),
        role_ref=rbac.v1.RoleRefArgs(api_group="rbac.authorization.k8s.io", kind="Role", name=NAME),
        subjects=[_subject()],
    )


def quota(wanted: Controller) -> core.v1.ResourceQuotaInitArgs:
    """Returns a quota for its pods, and one more during an update."""
    pods = REPLICAS + 1
    hard = {
        "pods": str(pods),
        "requests.cpu": f"{pods * int(RESOURCES.cpu.removesuffix('m'))}m",
        "requests.memory": f"{pods * mebibytes(RESOURCES.memory)}Mi",
        "limits.cpu": str(pods * int(RESOURCES.cpu_limit)),
        "limits.memory": f"{pods * mebibytes(RESOURCES.memory_limit)}Mi",
    }
    return core.v1.ResourceQuotaInitArgs(
        metadata=_metadata(wanted, NAME), spec=core.v1.ResourceQuotaSpecArgs(hard=hard)
    )


def gateway_service(source: str, home: str) -> core.v1.ServiceInitArgs:
    """Returns a Service of the proxies inside the cluster. Envoy Gateway's own has a name that depends on its version,
    and may be a load balancer."""
    return core.v1.ServiceInitArgs(
        metadata=meta.v1.ObjectMetaArgs(
            name=names.GATEWAY_SERVICE,
            namespace=home,
            labels=names.labels(names.CLUSTER),
            annotations=names.source_annotation(source),
        ),
        spec=core.v1.ServiceSpecArgs(
            type="ClusterIP",
            selector=PROXIES,
            ports=[
                core.v1.ServicePortArgs(name=name, port=port, target_port=target, protocol="TCP")
                for name, (port, target) in PROXY_PORTS.items()
            ],
        ),
    )


def pod_monitor() -> dict[str, Any]:
    """Returns the spec of the PodMonitor."""
    return monitors.pods(PODS, monitors.METRICS_PORT)


def _metadata(
    wanted: Controller, name: str, annotations: Mapping[str, pulumi.Input[str]] | None = None
) -> meta.v1.ObjectMetaArgs:
    metadata = wanted.scope.metadata(name, wanted.source, annotations=annotations)
    metadata.labels = names.supporting(wanted.scope.system, NAME)
    return metadata


def _of_cluster(wanted: Controller) -> meta.v1.ObjectMetaArgs:
    return meta.v1.ObjectMetaArgs(
        name=names.RELEASES_NAMESPACE,
        labels=names.labels(names.CLUSTER),
        annotations=names.source_annotation(wanted.source),
    )


def _subject() -> rbac.v1.SubjectArgs:
    return rbac.v1.SubjectArgs(kind="ServiceAccount", name=NAME, namespace=names.RELEASES_NAMESPACE)
