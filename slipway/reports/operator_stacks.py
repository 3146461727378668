"""`Stack` objects of Pulumi's Kubernetes Operator, one for each stack of a project.

The operator, version 2, turns each into a Workspace, a pod that clones the repository and runs Pulumi in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slipway.settings.load import foundation
from slipway.settings.operator_file import OperatorFile, SecretKey, StackRun
from slipway.settings.project import Project

API_VERSION, KIND = "pulumi.com/v1", "Stack"
RETRY_SECONDS = 3600
"""Longest time between two attempts of a failed update, in seconds. Chosen: an hour, so that a repaired login or cluster
is used the same day; the operator's own limit is a day."""


def stack_objects(project: Project, settings: OperatorFile) -> list[dict[str, Any]]:
    """Return the objects of all stacks that the operator runs, by name."""
    return [_object(project, settings, name) for name in project.stacks() if name not in settings.without]


def object_name(project: Project, stack: str) -> str:
    return f"{project.name}-{stack}".lower().replace("_", "-").replace(".", "-")


def _object(project: Project, settings: OperatorFile, stack: str) -> dict[str, Any]:
    run = settings.run_of(stack)
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": {
            "name": object_name(project, stack),
            "namespace": settings.namespace,
            "labels": {"app.kubernetes.io/managed-by": "slipway"},
        },
        "spec": _without_none(
            {
                "stack": f"{settings.organization}/{stack}" if settings.organization else stack,
                "projectRepo": settings.repository,
                "repoDir": settings.folder,
                **_revision(settings, run),
                "shallow": True,
                "gitAuth": _token(settings.git_auth),
                "backend": settings.backend,
                "secretsProvider": run.secrets_provider or settings.secrets_provider,
                "prerequisites": _before(project, settings, stack),
                "envRefs": _variables({**settings.variables, **run.variables}) or None,
                "serviceAccountName": run.service_account or settings.service_account,
                "preview": True if run.preview else None,
                # A deleted object destroys nothing, and a wrong backend creates nothing a second time.
                "destroyOnFinalize": False,
                "useLocalStackOnly": True,
                "retryOnUpdateConflict": True,
                "retryMaxBackoffDurationSeconds": RETRY_SECONDS,
                "workspaceTemplate": {"spec": {"image": settings.image, "securityProfile": "restricted"}},
            }
        ),
    }


def _before(project: Project, settings: OperatorFile, stack: str) -> list[dict[str, Any]] | None:
    """Return the object of the stack's foundation, which is updated first, if the operator runs it."""
    base = foundation(project, stack)
    return [{"name": object_name(project, base)}] if base in project.stacks() and base not in settings.without else None


def _revision(settings: OperatorFile, run: StackRun) -> dict[str, str]:
    return {"commit": run.commit} if run.commit else {"branch": run.branch or settings.branch}


def _token(token: SecretKey | None) -> dict[str, Any] | None:
    return None if token is None else {"accessToken": _reference(token)}


def _variables(variables: Mapping[str, SecretKey | str]) -> dict[str, Any]:
    return {name: _reference(value) for name, value in sorted(variables.items())}


def _reference(value: SecretKey | str) -> dict[str, Any]:
    if isinstance(value, str):
        return {"type": "Literal", "literal": {"value": value}}
    return {"type": "Secret", "secret": {"name": value.secret, "key": value.key}}


def _without_none(spec: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in spec.items() if value is not None}
