"""The charts and images of third parties, all pinned in `versions.yaml` beside this file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from slipway.settings.cluster_services import Mirrors
from slipway.settings.images import ForeignImage

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, kw_only=True)
class Chart:
    """The location of a chart: `chart` alone if it is an OCI address, else its name in `repository`."""

    chart: str
    version: str
    repository: str | None = None


@dataclass(frozen=True, kw_only=True)
class Pins:
    """The pins by name in `versions.yaml`, resolved through a cluster's mirrors."""

    chart_registry: str | None = None
    """OCI registry with every chart."""
    image_mirrors: Mapping[str, str] = field(default_factory=dict)
    """Replacement for each registry host."""
    digests: bool = True

    def image(self, name: str) -> str:
        """Returns a reference such as `docker.io/curlimages/curl:8.22.0@sha256:…`."""
        pinned = pins()["images"][name]
        host, path = pinned["image"].split("/", 1)
        digest = f"@{pinned['digest']}" if self.digests and "digest" in pinned else ""
        return f"{self.image_mirrors.get(host, host)}/{path}:{pinned['tag']}{digest}"

    def foreign(self, image: ForeignImage) -> str:
        """Returns the reference of an image that a system declares, through the mirror of its registry."""
        host, path = image.repository.split("/", 1)
        tag = f":{image.tag}" if image.tag else ""
        digest = f"@{image.digest}" if image.digest and self.digests else ""
        return f"{self.image_mirrors.get(host, host)}/{path}{tag}{digest}"

    def chart(self, name: str) -> Chart:
        pinned = pins()["charts"][name]
        version = str(pinned["version"])
        if self.chart_registry is not None:
            return Chart(chart=f"oci://{self.chart_registry}/{pinned['chart'].rsplit('/', 1)[-1]}", version=version)
        return Chart(chart=pinned["chart"], version=version, repository=pinned.get("repository"))


def pins_of(mirrors: Mirrors) -> Pins:
    return Pins(chart_registry=mirrors.charts, image_mirrors=mirrors.images, digests=mirrors.digests)


@cache
def pins() -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    """Returns the content of the file: `charts` and `images`, each by name."""
    return yaml.load((Path(__file__).with_name("versions.yaml")).read_text(), Loader=_LOADER)
