"""Programs that check a system's data around a release, as Jobs that the controller creates."""

from __future__ import annotations

from collections.abc import Mapping

from pulumi_kubernetes import batch, core, meta

from components.manifests import names, pod, run_to_completion
from components.manifests.run_to_completion import Program
from slipway.release.objects import ReleaseJob
from slipway.settings.operations import Validation
from slipway.settings.stacks import DeployedSystem

DEADLINE_SECONDS = 900
"""Seconds that a validation may take. Chosen: it reads what visitors read, and a release waits for it."""
STAGING = "staging"


def declared(deployed: DeployedSystem, environment: str) -> list[Validation]:
    """Returns the validations that run in this environment."""
    return [each for each in deployed.definition.validations if moments(each, environment)]


def moments(validation: Validation, environment: str) -> list[str]:
    """Returns when the validation runs. What is for staging runs there after the change, and nowhere else."""
    found = [moment for moment in validation.when if moment != STAGING]
    only_there = STAGING in validation.when and environment == STAGING and "after" not in found
    return [*found, *(["after"] if only_there else [])]


def described(validation: Validation, environment: str) -> ReleaseJob:
    """Returns the validation without its Job, whose parts are deferred values."""
    return ReleaseJob(
        name=validation.name,
        when=moments(validation, environment),  # type: ignore[arg-type]
        job={},
        expect=validation.expect,
    )


def group(service: str) -> str:
    """Returns the label of the pods of a service's validations."""
    return names.shortened(f"validate-{service}", names.JOB_GROUP)


def pods(service: str) -> Mapping[str, str]:
    return {"app.kubernetes.io/name": group(service)}


def job(system: str, service: str, wanted: Program) -> batch.v1.JobSpecArgs:
    """Returns the spec of a Job, of one try: a validation that fails stops the release."""
    return batch.v1.JobSpecArgs(
        backoff_limit=0,
        active_deadline_seconds=DEADLINE_SECONDS,
        pod_failure_policy=pod.disruptions_ignored(),
        template=core.v1.PodTemplateSpecArgs(
            metadata=meta.v1.ObjectMetaArgs(
                labels={**names.supporting(system, group(service)), **wanted.identity.labels},
                annotations=pod.UNDISTURBED,
            ),
            spec=run_to_completion.pod_of(wanted, "validate"),
        ),
    )
