"""A system's own Kubernetes objects, as resources: with its namespace, labels and source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from components.manifests import names
from components.manifests.scope import Scope
from slipway.settings.kinds import MONITORS, PODS_OF
from slipway.settings.manifests import Manifest
from slipway.settings.stacks import DeployedSystem


def token(manifest: Manifest) -> str:
    """Returns the type of Pulumi's Kubernetes provider: `kubernetes:core/v1:ConfigMap`."""
    version = manifest.api_version if "/" in manifest.api_version else f"core/{manifest.api_version}"
    return f"kubernetes:{version}:{manifest.kind}"


def namespace(deployed: DeployedSystem, manifest: Manifest) -> str | None:
    """Returns the namespace of an object; None for one of the whole cluster."""
    return (manifest.namespace or deployed.namespace) if deployed.is_namespaced(manifest) else None


def logical_name(scope: Scope, manifest: Manifest, namespace: str | None) -> str:
    """Returns the resource's name, which has the namespace if that is not the system's own."""
    elsewhere = namespace is not None and namespace != scope.namespace
    return scope.logical(f"{namespace}/{manifest.name}" if elsewhere else manifest.name)


def body(scope: Scope, manifest: Manifest, namespace: str | None) -> dict[str, Any]:
    """Returns the object as the API server gets it. Its pods have the labels too, by which agents collect their logs,
    and monitors those by which Prometheus selects them."""
    result: dict[str, Any] = _plain(manifest.body)
    metadata = result["metadata"]
    if manifest.identity in MONITORS:
        metadata["labels"] = {**scope.selecting, **(metadata.get("labels") or {})}
    if namespace is not None:
        metadata["namespace"] = namespace
    for labelled in (metadata, *_templates(manifest.kind, result)):
        labelled["labels"] = {**(labelled.get("labels") or {}), **names.labels(scope.system)}
    source = names.source_annotation(str(manifest.pointer))
    metadata["annotations"] = {**(metadata.get("annotations") or {}), **source}
    return result


def _templates(kind: str, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yields the metadata of a workload's pods, if it has a template."""
    *path, _ = PODS_OF.get(kind, ("",))
    template: Any = body
    for key in path:
        template = template.get(key) if isinstance(template, dict) else None
    if path and isinstance(template, dict):
        yield template.setdefault("metadata", {})


def _plain(value: Any) -> Any:
    """Returns a value without the positions and spellings that settings remember; keys without a value are left out."""
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items() if each is not None}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    for kind in (bool, int, float):
        if isinstance(value, kind):
            return kind(value)
    return value
