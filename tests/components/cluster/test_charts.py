"""Values of charts: every key is one that the pinned version of the chart knows."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.manifests.versions import Pins, pins
from tests.rehearsed import rehearsed

KEYS = Path(__file__).parents[2] / "charts"


@cache
def recorded(chart: str) -> dict[str, Any]:
    return yaml.load((KEYS / f"{chart}.yaml").read_text(), yaml.CSafeLoader)


def known(chart: str) -> list[str]:
    return [*recorded(chart)["keys"], *recorded(chart).get("documented", [])]


def unknown_keys(values: dict[str, Any], keys: list[str], path: str = "") -> list[str]:
    """Paths in `values` that are neither a key, nor below one that takes anything, nor above one."""
    found: list[str] = []
    for key, value in values.items():
        here = f"{path}.{_quoted(key)}" if path else _quoted(key)
        if here in keys or any(here.startswith(f"{leaf}.") for leaf in keys):
            continue
        if isinstance(value, dict) and any(leaf.startswith(f"{here}.") for leaf in keys):
            found += unknown_keys(value, keys, here)
        else:
            found.append(here)
    return found


def _quoted(key: str) -> str:
    return f'"{key}"' if "." in key or "/" in key else key


@pytest.mark.parametrize("chart", sorted(pins()["charts"]))
def test_a_key_list_is_of_the_pinned_version(chart: str) -> None:
    """A chart whose version is raised needs a new list."""
    assert str(recorded(chart)["version"]) == str(pins()["charts"][chart]["version"])
    assert pins()["charts"][chart]["source"].startswith("https://")


@pytest.mark.parametrize("stack", ["local", "staging", "prod"])
def test_every_value_is_one_that_the_chart_knows(stack: str) -> None:
    """Helm ignores a key that a chart does not know, and says nothing."""
    plan = rehearsed(stack).plan
    releases = [step for step in plan.steps if step.type == "kubernetes:helm.sh/v3:Release"]
    assert releases
    wrong = {step.inputs["name"]: unknown_keys(step.inputs["values"], known(step.inputs["name"])) for step in releases}
    assert {chart: keys for chart, keys in wrong.items() if keys} == {}


def test_an_unknown_key_is_found() -> None:
    """Below a mapping of fixed keys; below one that takes anything everything goes."""
    keys = ["crds.enabled", "config", 'nodeSelector."kubernetes.io/os"']
    assert unknown_keys({"crds": {"enabled": True, "kep": True}}, keys) == ["crds.kep"]
    assert unknown_keys({"config": {"any": {"thing": 1}}, "nodeSelector": {"kubernetes.io/os": "linux"}}, keys) == []
    assert unknown_keys({"replicaCount": 2}, keys) == ["replicaCount"]


def test_every_part_has_a_source_and_a_version_that_does_not_move() -> None:
    """Images by tag, and by digest where one was seen."""
    for name, pinned in pins()["images"].items():
        assert pinned["tag"] != "latest", name
        assert pinned["source"].startswith("https://"), name
        digest = pinned.get("digest", "sha256:" + "0" * 64)
        assert len(digest) == 71, name


def test_a_mirror_takes_the_place_of_a_registry() -> None:
    """By host for images, as one registry for charts; digests stay unless the stack says otherwise."""
    mirrored = Pins(chart_registry="mirror.example.com/charts", image_mirrors={"docker.io": "mirror.example.com/hub"})
    tag, digest = pins()["images"]["curl"]["tag"], pins()["images"]["curl"]["digest"]
    assert mirrored.image("curl") == f"mirror.example.com/hub/curlimages/curl:{tag}@{digest}"
    assert Pins(digests=False).image("curl") == f"docker.io/curlimages/curl:{tag}"
    assert mirrored.chart("cert-manager").chart == "oci://mirror.example.com/charts/cert-manager"
    assert mirrored.chart("reloader").repository is None
