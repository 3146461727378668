"""The namespace of a system's objects, and the metadata that all of them share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
from pulumi_kubernetes import meta

from components.manifests import names
from components.manifests.versions import Pins
from slipway.settings.cluster_services import HOMES, Homes


@dataclass(frozen=True)
class Scope:
    """A system and its namespace. The namespace is a plain string, so that a plan shows it before it exists."""

    system: str
    namespace: str
    pins: Pins = field(default_factory=Pins)
    """Pins of third-party images."""
    homes: Homes = HOMES
    """Where the controllers run that somebody runs."""

    @property
    def watched(self) -> bool:
        """Whether there is a Prometheus whose operator knows monitors and rules."""
        return self.homes.metrics is not None

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

    def selected(
        self, name: str, source: str, *, annotations: Mapping[str, pulumi.Input[str]] | None = None
    ) -> meta.v1.ObjectMetaArgs:
        """Returns the metadata of a monitor, a probe or a rule, which Prometheus selects by its labels."""
        metadata = self.metadata(name, source, annotations=annotations)
        metadata.labels = {**self.selecting, **names.labels(self.system)}
        return metadata

    @property
    def selecting(self) -> Mapping[str, str]:
        """The labels by which Prometheus selects monitors, probes and rules."""
        return self.homes.metrics.labels if self.homes.metrics else {}
