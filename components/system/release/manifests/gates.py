"""The two gates of a release: Jobs that ask the controller, and end when it allows what waits for them, or refuses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as OneOf

from pulumi_kubernetes import batch, core, meta, networking, rbac

from components.manifests import names, network_policy, pod
from components.manifests.scope import Scope
from slipway.release.objects import GROUP
from slipway.settings.services import Resources

Gate = OneOf["admit", "promote"]
LABEL = "slipway.dev/gate"
ACCOUNT = "release-gate"
"""Service account of the gates, their pods' label, and the name of all that is theirs."""
USER = 10001
"""User id of the image. Chosen: that of services."""
ADMIT_SECONDS = 4 * 3600
"""Seconds for which admission is awaited. Chosen: below the six hours of a hosted runner's job."""
TRIES = 100
"""Pods of a gate that may be lost. Chosen: a killed one asks again, and only the deadline ends that."""
REFUSED = 1
"""Exit status by which a gate says that the release was refused or rolled back. Any other failure is tried again."""
RESOURCES = Resources(cpu="10m", memory="96Mi", cpu_limit="250m", memory_limit="192Mi")


@dataclass(frozen=True, kw_only=True)
class GateJob:
    """One gate of the release `id`."""

    gate: Gate
    release: str
    id: str
    image: str
    seconds: int
    """Deadline."""
    source: str

    @property
    def name(self) -> str:
        return f"{self.gate}-{self.id}"


def job(scope: Scope, wanted: GateJob) -> batch.v1.JobInitArgs:
    """Returns the Job. Its pod's last words become the Job's message, which the update shows."""
    labels = {**names.supporting(scope.system, ACCOUNT), LABEL: wanted.gate}
    return batch.v1.JobInitArgs(
        metadata=meta.v1.ObjectMetaArgs(
            name=wanted.name,
            namespace=scope.namespace,
            labels=labels,
            annotations={**names.source_annotation(wanted.source), "pulumi.com/replaceUnready": "true"},
        ),
        spec=batch.v1.JobSpecArgs(
            backoff_limit=TRIES,
            active_deadline_seconds=wanted.seconds,
            pod_failure_policy=_ends_when_refused(),
            template=core.v1.PodTemplateSpecArgs(
                metadata=meta.v1.ObjectMetaArgs(labels=labels, annotations=pod.UNDISTURBED),
                spec=core.v1.PodSpecArgs(
                    restart_policy="Never",
                    service_account_name=ACCOUNT,
                    automount_service_account_token=True,
                    enable_service_links=False,
                    security_context=pod.security(USER),
                    containers=[_container(wanted)],
                ),
            ),
        ),
    )


def _container(wanted: GateJob) -> core.v1.ContainerArgs:
    module = ["python", "-m", "slipway.release.gate", wanted.gate]
    return core.v1.ContainerArgs(
        name="gate",
        image=wanted.image,
        command=[*module, "--release", wanted.release, "--id", wanted.id],
        env=[
            pod.from_field("POD_NAMESPACE", "metadata.namespace"),
            pod.from_field("JOB_UID", "metadata.labels['batch.kubernetes.io/controller-uid']"),
        ],
        termination_message_policy="FallbackToLogsOnError",
        resources=pod.resources(RESOURCES),
        security_context=pod.container_security(),
    )


def _ends_when_refused() -> batch.v1.PodFailurePolicyArgs:
    refused = batch.v1.PodFailurePolicyRuleArgs(
        action="FailJob",
        on_exit_codes=batch.v1.PodFailurePolicyOnExitCodesRequirementArgs(
            container_name="gate", operator="In", values=[REFUSED]
        ),
    )
    ignored = pod.disruptions_ignored().rules
    assert isinstance(ignored, list)
    return batch.v1.PodFailurePolicyArgs(rules=[*ignored, refused])


def account(scope: Scope, source: str) -> core.v1.ServiceAccountInitArgs:
    return core.v1.ServiceAccountInitArgs(
        metadata=scope.metadata(ACCOUNT, source), automount_service_account_token=False
    )


def role(scope: Scope, release: str, source: str) -> rbac.v1.RoleInitArgs:
    """Returns the right to read the one Release."""
    return rbac.v1.RoleInitArgs(
        metadata=scope.metadata(ACCOUNT, source),
        rules=[
            rbac.v1.PolicyRuleArgs(api_groups=[GROUP], resources=["releases"], resource_names=[release], verbs=["get"])
        ],
    )


def binding(scope: Scope, source: str) -> rbac.v1.RoleBindingInitArgs:
    return rbac.v1.RoleBindingInitArgs(
        metadata=scope.metadata(ACCOUNT, source),
        role_ref=rbac.v1.RoleRefArgs(api_group="rbac.authorization.k8s.io", kind="Role", name=ACCOUNT),
        subjects=[rbac.v1.SubjectArgs(kind="ServiceAccount", name=ACCOUNT, namespace=scope.namespace)],
    )


def network(scope: Scope, source: str) -> networking.v1.NetworkPolicyInitArgs:
    """Returns the policy by which gates call the API server, and nothing else."""
    return network_policy.of_api_clients(scope, name=ACCOUNT, source=source, pods={"app.kubernetes.io/name": ACCOUNT})
