"""Names that a file of Compose must declare."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.settings.problems import InvalidSettings
from tests.slipway.compose.translating import service


@pytest.mark.parametrize(
    ("lines", "path"),
    [
        ("depends_on: [dbb]", "services.app.depends_on.0: names nothing of 'services'"),
        ("depends_on: {dbb: {condition: service_started}}", "services.app.depends_on.dbb: names nothing of 'services'"),
        ("links: ['dbb:x']", "services.app.links.0: names nothing of 'services'"),
        ("secrets: [key]", "services.app.secrets.0: names nothing of 'secrets'"),
        ("configs: [{source: conf, target: /x}]", "services.app.configs.0: names nothing of 'configs'"),
        ("volumes: ['data:/data']", "services.app.volumes.0: names nothing of 'volumes'"),
        ("volumes: [{type: volume, source: data, target: /x}]", "services.app.volumes.0: names nothing of 'volumes'"),
        ("networks: [front]", "services.app.networks.0: names nothing of 'networks'"),
        ("networks: {front: {}}", "services.app.networks.front: names nothing of 'networks'"),
    ],
)
def test_a_name_that_nobody_declares_is_refused(tmp_path: Path, lines: str, path: str) -> None:
    """With its line, as Compose does."""
    with pytest.raises(InvalidSettings) as raised:
        service(tmp_path, f"    expose: [80]\n    {lines}\n")
    assert f"compose.yaml:5: {path}" in str(raised.value)


@pytest.mark.parametrize(
    "lines",
    [
        "depends_on: {dbb: {condition: service_started, required: false}}",
        "networks: [default]",
        "volumes: [/data, './x:/x', '~/y:/y']",
        "volumes: ['data:/data']\ninclude: [other.yaml]",
        "networks: [front]\nnetworks: {front: {external: true}}",
    ],
)
def test_what_compose_takes_is_taken(tmp_path: Path, lines: str) -> None:
    found = service(tmp_path, f"    expose: [80]\n    {lines}\n")
    assert list(found.definition["services"]) == ["app"]
    assert any("is a network of others" in each for each in found.remarks) == ("external" in lines)
