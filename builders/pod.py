"""What every pod has, whatever it runs: no rights, no root, bounded resources.

Together this is Kubernetes' `restricted` pod security standard and more: the root file system is read-only too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pulumi_kubernetes import core, meta

from builders.environment import Variables
from settings.services import Resources

PROPAGATION_SECONDS = 10
"""Time that gateways and kube-proxies may take to learn that a pod is leaving."""


@dataclass(frozen=True, kw_only=True)
class Identity:
    """How a pod takes on an identity in the cloud: by its labels, or by keys in a Secret where there are none."""

    labels: Mapping[str, str] = field(default_factory=dict)
    secret: str | None = None


def identity_environment(identity: Identity) -> list[core.v1.EnvFromSourceArgs]:
    if identity.secret is None:
        return []
    return [core.v1.EnvFromSourceArgs(secret_ref=core.v1.SecretEnvSourceArgs(name=identity.secret))]


def security(user: int) -> core.v1.PodSecurityContextArgs:
    return core.v1.PodSecurityContextArgs(
        run_as_non_root=True,
        run_as_user=user,
        run_as_group=user,
        fs_group=user,
        seccomp_profile=core.v1.SeccompProfileArgs(type="RuntimeDefault"),
    )


def container_security() -> core.v1.SecurityContextArgs:
    return core.v1.SecurityContextArgs(
        run_as_non_root=True,
        allow_privilege_escalation=False,
        read_only_root_filesystem=True,
        capabilities=core.v1.CapabilitiesArgs(drop=["ALL"]),
        seccomp_profile=core.v1.SeccompProfileArgs(type="RuntimeDefault"),
    )


def resources(declared: Resources) -> core.v1.ResourceRequirementsArgs:
    return core.v1.ResourceRequirementsArgs(
        requests={"cpu": declared.cpu, "memory": declared.memory},
        limits={"cpu": declared.cpu_limit, "memory": declared.memory_limit},
    )


def environment(variables: Variables) -> list[core.v1.EnvVarArgs]:
    """The secret variables, each by reference; the plain ones come whole from the ConfigMap."""
    return [
        core.v1.EnvVarArgs(
            name=name,
            value_from=core.v1.EnvVarSourceArgs(
                secret_key_ref=core.v1.SecretKeySelectorArgs(name=key.secret, key=key.key)
            ),
        )
        for name, key in variables.secret.items()
    ]


def scratch_volumes(folders: Sequence[str]) -> list[core.v1.VolumeArgs]:
    """An empty volume for each folder that the program writes to; it lives as long as the pod."""
    return [
        core.v1.VolumeArgs(name=f"scratch-{index}", empty_dir=core.v1.EmptyDirVolumeSourceArgs(size_limit="256Mi"))
        for index, _ in enumerate(folders)
    ]


def scratch_mounts(folders: Sequence[str]) -> list[core.v1.VolumeMountArgs]:
    return [core.v1.VolumeMountArgs(name=f"scratch-{index}", mount_path=folder) for index, folder in enumerate(folders)]


def leaving() -> core.v1.LifecycleArgs:
    """A pod that is told to stop goes on serving until nobody sends it requests."""
    return core.v1.LifecycleArgs(
        pre_stop=core.v1.LifecycleHandlerArgs(sleep=core.v1.SleepActionArgs(seconds=PROPAGATION_SECONDS))
    )


def spread(selector: Mapping[str, str]) -> list[core.v1.TopologySpreadConstraintArgs]:
    """Over zones, and over nodes within them; a full zone delays no release."""
    return [
        core.v1.TopologySpreadConstraintArgs(
            topology_key=key,
            max_skew=1,
            when_unsatisfiable="ScheduleAnyway",
            label_selector=meta.v1.LabelSelectorArgs(match_labels=dict(selector)),
        )
        for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
    ]
