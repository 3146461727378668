"""Where a system's objects stand, and the metadata that all of them carry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
from pulumi_kubernetes import meta

from builders import names
from builders.parts import Parts


@dataclass(frozen=True)
class Scope:
    """A system and its namespace. The namespace is plain text, so that a plan shows it before it exists."""

    system: str
    namespace: str
    parts: Parts = field(default_factory=Parts)
    """How images of other projects are named there."""

    def logical(self, name: str) -> str:
        """Pulumi's name of a resource. A URN holds its parents' types, not their names: the system keeps it apart."""
        return f"{self.system}/{name}"

    def metadata(
        self,
        name: str,
        source: str,
        *,
        service: str | None = None,
        slot: str | None = None,
        annotations: Mapping[str, pulumi.Input[str]] | None = None,
    ) -> meta.v1.ObjectMetaArgs:
        return meta.v1.ObjectMetaArgs(
            name=name,
            namespace=self.namespace,
            labels=names.labels(self.system, service, slot),
            annotations={**names.source_annotation(source), **(annotations or {})},
        )
