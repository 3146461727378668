"""An exported state, judged by policy packs without its program: what `pulumi stack export` writes.

Rules on one resource see its inputs, those on the stack the outputs. What is encrypted in the state cannot be read here
and counts as a value that is not known.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.protobuf.struct_pb2 import Struct

from rehearsal import urns
from rehearsal.analyzers import PackHost
from rehearsal.errors import StateError
from rehearsal.findings import Finding, PolicyPack
from rehearsal.plan import UNKNOWN
from rehearsal.values import SECRET_SIGNATURE, SIGNATURE
from rehearsal.wire import (
    AnalyzeRequest,
    AnalyzerPropertyDependencies,
    AnalyzerProviderResource,
    AnalyzerResource,
    AnalyzerResourceOptions,
)

VERSION = 3
ORGANIZATION = "organization"
HINT = "write one with: pulumi stack export --file export.json"


@dataclass(frozen=True)
class Exported:
    """A state's resources, as the file has them."""

    project: str
    stack: str
    resources: Sequence[Mapping[str, Any]]


def read(file: Path) -> Exported:
    """The state in `file`. Raises StateError."""
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise StateError(f"{file}: cannot be read ({error.strerror}); {HINT}") from None
    except ValueError:
        raise StateError(f"{file}: is no JSON; {HINT}") from None
    deployment = document.get("deployment") if isinstance(document, Mapping) else None
    resources = deployment.get("resources") if isinstance(deployment, Mapping) else None
    if not isinstance(resources, list) or not all(_is_resource(each) for each in resources):
        raise StateError(f"{file}: holds no resources of a stack; {HINT}")
    if document.get("version") != VERSION:
        raise StateError(f"{file}: version: only {VERSION} is known; {HINT}")
    if not resources:
        raise StateError(f"{file}: the stack has no resources yet: there is nothing to judge")
    head, project = resources[0]["urn"].split("::")[:2]
    return Exported(project, head.split(":")[2], [each for each in resources if not each.get("delete")])


def judge(state: Exported, packs: Sequence[PolicyPack]) -> tuple[Finding, ...]:
    """What the packs find in the state. Raises RehearsalError."""
    host = PackHost(
        packs, project=state.project, stack=state.stack, organization=ORGANIZATION, config={}, secret_keys=()
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
    """What a pack is asked: of each resource alone, in order, and of all together."""

    alone: Sequence[AnalyzeRequest]
    together: Sequence[AnalyzerResource]


def requests(state: Exported) -> Requests:
    """The questions that a state comes to. A resource without outputs is judged by its inputs."""
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
        ),
        "provider": provider
        and AnalyzerProviderResource(
            type=urns.type_of(provider["urn"]),
            properties=_struct(provider, "inputs"),
            urn=provider["urn"],
            name=urns.name_of(provider["urn"]),
        ),
    }


def _related(resource: Mapping[str, Any], providers: Mapping[str, Mapping[str, Any]]) -> AnalyzerResource:
    return AnalyzerResource(
        properties=_struct(resource, "outputs" if "outputs" in resource else "inputs"),
        parent=resource.get("parent") or "",
        dependencies=resource.get("dependencies") or (),
        propertyDependencies={
            key: AnalyzerPropertyDependencies(urns=found or ())
            for key, found in (resource.get("propertyDependencies") or {}).items()
        },
        **_common(resource, providers),
    )


def _struct(resource: Mapping[str, Any], key: str) -> Struct:
    properties = Struct()
    properties.update(_opened(resource.get(key) or {}))
    return properties


def _opened(value: Any) -> Any:
    """With secrets as they are on the wire: in plain text after `--show-secrets`, else not known."""
    if isinstance(value, list):
        return [_opened(each) for each in value]
    if not isinstance(value, dict):
        return value
    if value.get(SIGNATURE) == SECRET_SIGNATURE:
        shown = _opened(json.loads(value["plaintext"])) if "plaintext" in value else UNKNOWN
        return {SIGNATURE: SECRET_SIGNATURE, "value": shown}
    return {key: _opened(each) for key, each in value.items()}
