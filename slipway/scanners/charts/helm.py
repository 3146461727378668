"""Reads and renders charts with Helm, from their repositories or from a folder of their sources."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml

from components.manifests.versions import Pins, pins
from slipway.scanners.charts.records import Rendered, reduced, relevant, templates

DEFINITION = "CustomResourceDefinition"
_SEPARATOR = re.compile(r"(?:^|\s*\n)---\s*")
"""Separator of rendered objects, as in Helm: it also accepts `---#`, which YAML does not allow."""


class _Loader(yaml.CSafeLoader):
    """Reads `=`, a value in some definitions, as text."""


_Loader.add_constructor("tag:yaml.org,2002:value", yaml.CSafeLoader.construct_yaml_str)


def documents(text: str) -> list[dict[str, Any]]:
    return [found for part in _SEPARATOR.split(text) if (found := yaml.load(part, _Loader))]


@dataclass(frozen=True)
class Chart:
    """A chart that Helm can read."""

    name: str
    handle: Any

    @property
    def version(self) -> str:
        return self.handle.version

    def keys(self) -> list[str]:
        """Return the paths of its values, including those of its subcharts."""
        return sorted(_leaves(self.handle.merge_values({})))

    def render(self, values: Mapping[str, Any], namespace: str) -> list[dict[str, Any]]:
        """Render all objects. Values must match the chart's own schema, if it has one."""
        self.handle.validate_schema(dict(values))
        rendered = self.handle.render(dict(values), name=self.name, namespace=namespace)
        return [
            found for file, text in sorted(rendered.items()) if not file.endswith(".txt") for found in documents(text)
        ]

    def definitions(self, objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the CRDs: those of its folder `crds/`, and those among the rendered objects."""
        beside = [found for file in self.handle.crds for found in documents(file["data"])]
        return [found for found in [*beside, *objects] if found["kind"] == DEFINITION]


def _helm() -> Any:
    """Import Helm, which `make charts` installs; nothing else needs it."""
    return import_module("helm_python")


@contextmanager
def opened(name: str, sources: Path | None) -> Iterator[Chart]:
    """Yield the chart that `versions.yaml` pins, or the one of that name in the folder `sources`."""
    with tempfile.TemporaryDirectory() as folder:
        path = sources / name if sources else _pulled(name, Path(folder))
        with _helm().Chart.load(path) as handle:
            yield Chart(name, handle)


def _pulled(name: str, folder: Path) -> Path:
    pinned = Pins().chart(name)
    where = {"repo_url": pinned.repository} if pinned.repository else {}
    _helm().pull(pinned.chart, version=pinned.version, destination=folder, **where)
    (archive,) = folder.glob("*.tgz")
    found, expected = f"sha256:{hashlib.sha256(archive.read_bytes()).hexdigest()}", pins()["charts"][name].get("digest")
    if pinned.repository and expected not in (None, found):
        raise SystemExit(f"{name} {pinned.version}: the repository has {found}, versions.yaml says {expected}")
    return archive


def rendered(chart: Chart, values: Mapping[str, Any], namespace: str) -> Rendered:
    objects = chart.render(values, namespace)
    pods = {f"{found['kind']} {found['metadata']['name']}": pod for found in objects for pod in templates(found)}
    return Rendered(
        values=reduced(values),
        objects=dict(sorted(Counter(f"{found['apiVersion']} {found['kind']}" for found in objects).items())),
        pods={name: relevant(pod) for name, pod in sorted(pods.items())},
    )


def _leaves(values: Mapping[str, Any], path: str = "") -> Iterator[str]:
    for key, value in values.items():
        here = f"{path}.{quoted(key)}" if path else quoted(key)
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, here)
        else:
            yield here


def quoted(key: str) -> str:
    return f'"{key}"' if "." in key or "/" in key else key
