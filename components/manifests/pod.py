"""Settings of every pod: no rights, no root, bounded resources.

Together they exceed Kubernetes' `restricted` pod security standard: the root file system is read-only too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pulumi_kubernetes import batch, core, meta

from components.manifests.environment import Variables
from slipway.settings import one_off
from slipway.settings.references import PodField
from slipway.settings.services import Resources

UNDISTURBED = one_off.UNDISTURBED
PROPAGATION_SECONDS = 10
"""Seconds for gateways and kube-proxies to notice that a pod terminates. Chosen: a few times what Envoy Gateway takes.
"""

SCRATCH = "256Mi"
"""Size of a folder for temporary files. Chosen: more than programs write that Slipway runs itself."""


@dataclass(frozen=True, kw_only=True)
class Identity:
    """How a pod uses a cloud identity: by labels, or by keys in a Secret if the cloud has no identities."""

    labels: Mapping[str, str] = field(default_factory=dict)
    secret: str | None = None


def identity_environment(identity: Identity) -> list[core.v1.EnvFromSourceArgs]:
    if identity.secret is None:
        return []
    return [core.v1.EnvFromSourceArgs(secret_ref=core.v1.SecretEnvSourceArgs(name=identity.secret))]


def disruptions_ignored() -> batch.v1.PodFailurePolicyArgs:
    """Returns a policy by which a pod lost to node failure, eviction or preemption does not count as failed; another
    one replaces it."""
    disrupted = batch.v1.PodFailurePolicyOnPodConditionsPatternArgs(type="DisruptionTarget", status="True")
    ignored = batch.v1.PodFailurePolicyRuleArgs(action="Ignore", on_pod_conditions=[disrupted])
    return batch.v1.PodFailurePolicyArgs(rules=[ignored])


def security(user: int, *, keeps_files: bool = False) -> core.v1.PodSecurityContextArgs:
    """Returns the rights of a pod. One that `keeps_files` on a disk does not change the group of each at every start."""
    return core.v1.PodSecurityContextArgs(
        run_as_non_root=True,
        run_as_user=user,
        run_as_group=user,
        fs_group=user,
        fs_group_change_policy="OnRootMismatch" if keeps_files else None,
        seccomp_profile=core.v1.SeccompProfileArgs(type="RuntimeDefault"),
    )


def container_security(user: int | None = None) -> core.v1.SecurityContextArgs:
    """Returns the rights of a container; its user is the pod's unless it has one of its own."""
    return core.v1.SecurityContextArgs(
        run_as_user=user,
        run_as_group=user,
        run_as_non_root=True,
        allow_privilege_escalation=False,
        read_only_root_filesystem=True,
        capabilities=core.v1.CapabilitiesArgs(drop=["ALL"]),
        seccomp_profile=core.v1.SeccompProfileArgs(type="RuntimeDefault"),
    )


def resources(declared: Resources, devices: Mapping[str, str] | None = None) -> core.v1.ResourceRequirementsArgs:
    """Returns requests and limits; of `devices`, such as GPUs, the limit is the request."""
    return core.v1.ResourceRequirementsArgs(
        requests={"cpu": declared.cpu, "memory": declared.memory},
        limits={"cpu": declared.cpu_limit, "memory": declared.memory_limit, **(devices or {})},
    )


FIELDS: Mapping[PodField, str] = {
    "name": "metadata.name",
    "namespace": "metadata.namespace",
    "uid": "metadata.uid",
    "ip": "status.podIP",
    "node": "spec.nodeName",
    "nodeIp": "status.hostIP",
}
LIMITS: Mapping[PodField, str] = {"cpuLimit": "limits.cpu", "memoryLimit": "limits.memory"}


def environment(variables: Variables) -> list[core.v1.EnvVarArgs]:
    """Returns the secret variables, each by reference, as those in ConfigMaps of others, what only the pod knows, and last
    the texts that name these; plain variables come from the ConfigMap as a whole."""
    return [
        *_secrets(variables),
        *_of_others(variables),
        *_of_the_pod(variables),
        *literals(variables.composed),
    ]


def literals(values: Mapping[str, str]) -> list[core.v1.EnvVarArgs]:
    """Returns variables whose values are written out."""
    return [core.v1.EnvVarArgs(name=name, value=value) for name, value in values.items()]


def _of_the_pod(variables: Variables) -> list[core.v1.EnvVarArgs]:
    return [
        from_field(name, FIELDS[field]) if field in FIELDS else _from_limit(name, LIMITS[field])
        for name, field in variables.pod.items()
    ]


def _from_limit(name: str, resource: str) -> core.v1.EnvVarArgs:
    limit = core.v1.ResourceFieldSelectorArgs(resource=resource)
    return core.v1.EnvVarArgs(name=name, value_from=core.v1.EnvVarSourceArgs(resource_field_ref=limit))


def _of_others(variables: Variables) -> list[core.v1.EnvVarArgs]:
    return [
        core.v1.EnvVarArgs(
            name=name,
            value_from=core.v1.EnvVarSourceArgs(
                config_map_key_ref=core.v1.ConfigMapKeySelectorArgs(name=key.config_map, key=key.key)
            ),
        )
        for name, key in variables.configured.items()
    ]


def _secrets(variables: Variables) -> list[core.v1.EnvVarArgs]:
    return [
        core.v1.EnvVarArgs(
            name=name,
            value_from=core.v1.EnvVarSourceArgs(
                secret_key_ref=core.v1.SecretKeySelectorArgs(name=key.secret, key=key.key)
            ),
        )
        for name, key in variables.secret.items()
    ]


def scratch_volumes(folders: Sequence[str], size: str = SCRATCH) -> list[core.v1.VolumeArgs]:
    """Returns an empty volume for each directory that the program writes to; it lives as long as the pod."""
    return [
        core.v1.VolumeArgs(name=f"scratch-{index}", empty_dir=core.v1.EmptyDirVolumeSourceArgs(size_limit=size))
        for index, _ in enumerate(folders)
    ]


def scratch_mounts(folders: Sequence[str]) -> list[core.v1.VolumeMountArgs]:
    return [core.v1.VolumeMountArgs(name=f"scratch-{index}", mount_path=folder) for index, folder in enumerate(folders)]


SERVES_ON = core.v1.LifecycleHandlerArgs(sleep=core.v1.SleepActionArgs(seconds=PROPAGATION_SECONDS))
"""A hook that lets a terminating pod serve until no more requests arrive."""


def lifecycle(
    *, exposed: bool = True, post_start: Sequence[str] = (), pre_stop: Sequence[str] = ()
) -> core.v1.LifecycleArgs | None:
    """Returns the hooks of a container: its commands, and for one that is `exposed` without a command the wait for
    gateways; None without any."""
    ends = _runs(pre_stop) or (SERVES_ON if exposed else None)
    starts = _runs(post_start)
    return core.v1.LifecycleArgs(post_start=starts, pre_stop=ends) if starts or ends else None


def _runs(command: Sequence[str]) -> core.v1.LifecycleHandlerArgs | None:
    return core.v1.LifecycleHandlerArgs(exec_=core.v1.ExecActionArgs(command=list(command))) if command else None


def from_field(name: str, path: str) -> core.v1.EnvVarArgs:
    """Returns a variable with a field of the pod itself."""
    field = core.v1.ObjectFieldSelectorArgs(field_path=path)
    return core.v1.EnvVarArgs(name=name, value_from=core.v1.EnvVarSourceArgs(field_ref=field))


def spread(selector: Mapping[str, str]) -> list[core.v1.TopologySpreadConstraintArgs]:
    """Returns constraints that spread pods across zones, and across nodes; a full zone does not block a release."""
    return [
        core.v1.TopologySpreadConstraintArgs(
            topology_key=key,
            max_skew=1,
            when_unsatisfiable="ScheduleAnyway",
            label_selector=meta.v1.LabelSelectorArgs(match_labels=dict(selector)),
        )
        for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
    ]
