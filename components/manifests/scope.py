"""The namespace of a system's objects, and the metadata that all of them share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
from pulumi_kubernetes import meta

from components.manifests import names
from components.manifests.versions import Pins
from slipway.settings.cluster_services import HOMES


@dataclass(frozen=True)
class Scope:
    """A system and its namespace. The namespace is a plain string, so that a plan shows it before it exists."""

    system: str
    namespace: str
    pins: Pins = field(default_factory=Pins)
    """Pins of third-party images."""
    homes: Mapping[str, str] = field(default_factory=lambda: HOMES)
    """Namespaces of the controllers that somebody runs."""

    @property
    def watched(self) -> bool:
        """Whether there is a Prometheus whose operator knows monitors and rules."""
        return "metrics" in self.homes

    def logical(self, name: str) -> str:
        """Returns a resource name that includes the system, because a URN contains the types of parents but not their
        names."""
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
