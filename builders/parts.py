"""The charts and images of other projects, all pinned in `parts.yaml` beside this file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from settings.cluster_services import Mirrors

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, kw_only=True)
class Chart:
    """Where Helm finds a chart: `chart` alone where it is an OCI address, else by name in `repository`."""

    chart: str
    version: str
    repository: str | None = None


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What is pinned, by its name in `parts.yaml`, as a cluster with these mirrors finds it."""

    charts_at: str | None = None
    """An OCI registry that holds every chart."""
    images_at: Mapping[str, str] = field(default_factory=dict)
    """What takes the place of a registry's host."""
    digests: bool = True

    def image(self, name: str) -> str:
        """`docker.io/curlimages/curl:8.16.0@sha256:…`"""
        pinned = pins()["images"][name]
        host, path = pinned["image"].split("/", 1)
        digest = f"@{pinned['digest']}" if self.digests and "digest" in pinned else ""
        return f"{self.images_at.get(host, host)}/{path}:{pinned['tag']}{digest}"

    def chart(self, name: str) -> Chart:
        pinned = pins()["charts"][name]
        version = str(pinned["version"])
        if self.charts_at is not None:
            return Chart(chart=f"oci://{self.charts_at}/{pinned['chart'].rsplit('/', 1)[-1]}", version=version)
        return Chart(chart=pinned["chart"], version=version, repository=pinned.get("repository"))


def parts_of(mirrors: Mirrors) -> Parts:
    return Parts(charts_at=mirrors.charts, images_at=mirrors.images, digests=mirrors.digests)


@cache
def pins() -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    """The file as it stands: `charts` and `images`, each by name."""
    return yaml.load((Path(__file__).with_name("parts.yaml")).read_text(), Loader=_LOADER)
