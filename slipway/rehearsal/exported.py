"""Checks an exported state, as `pulumi stack export` writes it, with policy packs and without its program.

Rules on one resource see its inputs, those on the stack the outputs. Values that are encrypted in the state cannot be
read here and count as unknown.

Engine: pkg/resource/deploy/analyze_snapshot.go (AnalyzeSnapshot), pkg/resource/stack/deployment.go.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.protobuf.struct_pb2 import Struct

from slipway.rehearsal import urns
from slipway.rehearsal.analyzers import PackHost
from slipway.rehearsal.errors import StateError
from slipway.rehearsal.findings import Finding, PolicyPack
from slipway.rehearsal.plan import UNKNOWN
from slipway.rehearsal.values import SECRET_SIGNATURE, SIGNATURE
from slipway.rehearsal.wire import (
    AnalyzeRequest,
    AnalyzerPropertyDependencies,
    AnalyzerProviderResource,
    AnalyzerResource,
    AnalyzerResourceOptions,
)

VERSIONS = {3, 4}
FEATURES = {
    "extensionParameterization",
    "hooks",
    "refreshBeforeUpdate",
    "replaceWith",
    "snippets-prototype",
    "taint",
    "views",
}
"""Features that a state of version 4 may use: none of them changes how properties are written."""
ORGANIZATION = "organization"
HINT = "create one with: pulumi stack export --file export.json"


@dataclass(frozen=True)
class Exported:
    """The resources of a state, as in the file."""

    project: str
    stack: str
    resources: Sequence[Mapping[str, Any]]


def read(file: Path) -> Exported:
    """Read the state in `file`. Raises StateError."""
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise StateError(f"{file}: cannot be read ({error.strerror}); {HINT}") from None
    except ValueError:
        raise StateError(f"{file}: is not JSON; {HINT}") from None
    deployment = document.get("deployment") if isinstance(document, Mapping) else None
    resources = deployment.get("resources") if isinstance(deployment, Mapping) else None
    if not isinstance(resources, list) or not all(_is_resource(each) for each in resources):
        raise StateError(f"{file}: contains no resources of a stack; {HINT}")
    _check_version(file, document)
    if not resources:
        raise StateError(f"{file}: the stack has no resources yet: there is nothing to check")
    head, project = resources[0]["urn"].split("::")[:2]
    return Exported(project, head.split(":")[2], [each for each in resources if not each.get("delete")])


def _check_version(file: Path, document: Mapping[str, Any]) -> None:
    version, features = document.get("version"), document.get("features") or []
    if version not in VERSIONS:
        known = " and ".join(map(str, sorted(VERSIONS)))
        raise StateError(f"{file}: version: {version!r} is not supported; {known} are")
    unknown = sorted(str(each) for each in features if each not in FEATURES)
    if unknown:
        raise StateError(
            f"{file}: features: {', '.join(unknown)} are not supported; a newer version of Slipway may be required"
        )


def evaluate(
    state: Exported, packs: Sequence[PolicyPack], config: Mapping[str, str] | None = None
) -> tuple[Finding, ...]:
    """Return the findings of the packs for the state of a stack with this configuration. Raises RehearsalError."""
    host = PackHost(
        packs, project=state.project, stack=state.stack, organization=ORGANIZATION, config=config or {}, secret_keys=()
    )
    try:
        asked = requests(state)
        for each in asked.alone:
            host.analyze(each)
        host.analyze_stack(asked.together)
        return host.findings()
    finally:
        host.close()


@dataclass(frozen=True)
class Requests:
    """The requests to a pack: one for each resource, in order, and one for all together."""

    alone: Sequence[AnalyzeRequest]
    together: Sequence[AnalyzerResource]


def requests(state: Exported) -> Requests:
    """Return the requests for a state. A resource without outputs is checked by its inputs."""
    providers = {each["urn"]: each for each in state.resources if urns.is_provider(urns.type_of(each["urn"]))}
    return Requests(
        [AnalyzeRequest(properties=_struct(each, "inputs"), **_common(each, providers)) for each in state.resources],
        [_related(each, providers) for each in state.resources],
    )


def _is_resource(each: Any) -> bool:
    urn = each.get("urn") if isinstance(each, Mapping) else None
    return isinstance(urn, str) and urn.startswith("urn:pulumi:") and urn.count("::") >= 3


def _common(resource: Mapping[str, Any], providers: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    urn = resource["urn"]
    provider = providers.get((resource.get("provider") or "").rpartition("::")[0])
    return {
        "type": urns.type_of(urn),
        "urn": urn,
        "name": urns.name_of(urn),
        "options": AnalyzerResourceOptions(
            protect=bool(resource.get("protect")),
            parent=resource.get("parent") or "",
            aliases=resource.get("aliases") or (),
            ignoreChanges=resource.get("ignoreChanges") or (),
            customTimeouts=AnalyzerResourceOptions.CustomTimeouts(**_timeouts(resource)),
        ),
        "provider": provider
        and AnalyzerProviderResource(
            type=urns.type_of(provider["urn"]),
            properties=_struct(provider, "inputs"),
            urn=provider["urn"],
            name=urns.name_of(provider["urn"]),
        ),
    }


def _timeouts(resource: Mapping[str, Any]) -> dict[str, float]:
    """Return the timeouts in seconds by operation; zeros in a state mean that none was set."""
    known = resource.get("customTimeouts") or {}
    return {key: known[key] for key in ("create", "update", "delete") if known.get(key)}


def _related(resource: Mapping[str, Any], providers: Mapping[str, Mapping[str, Any]]) -> AnalyzerResource:
    return AnalyzerResource(
        properties=_struct(resource, "outputs" if "outputs" in resource else "inputs"),
        parent=resource.get("parent") or "",
        dependencies=resource.get("dependencies") or (),
        propertyDependencies={
            key: AnalyzerPropertyDependencies(urns=found)
            for key, found in (resource.get("propertyDependencies") or {}).items()
            if found
        },
        **_common(resource, providers),
    )


def _struct(resource: Mapping[str, Any], key: str) -> Struct:
    properties = Struct()
    properties.update(_opened(resource.get(key) or {}))
    return properties


def _opened(value: Any) -> Any:
    """Return the value with secrets as on the wire: in plain text after `--show-secrets`, otherwise unknown."""
    if isinstance(value, list):
        return [_opened(each) for each in value]
    if not isinstance(value, dict):
        return value
    if value.get(SIGNATURE) == SECRET_SIGNATURE:
        shown = _opened(json.loads(value["plaintext"])) if "plaintext" in value else UNKNOWN
        return {SIGNATURE: SECRET_SIGNATURE, "value": shown}
    return {key: _opened(each) for key, each in value.items()}
