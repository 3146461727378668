"""Volumes and writable folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.compose.mounts import ANONYMOUS, BEGINS_EMPTY, DRIVER, EXTERNAL, PART, READ_ONLY, SIZE
from tests.slipway.compose.translating import service


def test_a_named_volume_is_a_volume_of_the_service(tmp_path: Path) -> None:
    """Of a size that is a guess; the one pod that may have it needs neither replicas nor a reason."""
    found = service(
        tmp_path,
        "    ports: ['3000']\n    volumes: ['app_data:/var/lib/app/', {type: volume, source: index, target: /index}]\n"
        "    deploy: {replicas: 1}\nvolumes: {app_data: {}, index: {}}\n",
    )
    app = found.definition["services"]["app"]
    assert app["volumes"] == {
        "app-data": {"mountPath": "/var/lib/app", "size": 10},
        "index": {"mountPath": "/index", "size": 10},
    }
    assert "replicas" not in app
    assert found.translation.guesses["services.app.volumes.index"].startswith(
        "begins empty, with a size that is a guess"
    )
    assert found.problems == []


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("    volumes: ['data:/tmp/data']\n", "is mounted at /tmp/data, where other folders or files are"),
        ("    volumes: ['data:/proc/data']\n", "is mounted at /proc/data, which is no folder that a volume can be"),
        (
            "    volumes: ['data:/data']\n  other: {image: example/other, volumes: ['data:/data']}\n",
            "is a disk that other mounts too, and a disk has one pod",
        ),
    ],
)
def test_a_volume_that_no_pod_could_have_is_named(tmp_path: Path, lines: str, said: str) -> None:
    """With what to do; the definition has none of it."""
    found = service(tmp_path, f"    ports: ['3000']\n{lines}volumes: {{data: {{}}}}\n")
    assert found.remark("services.app.volumes.0").partition(": ")[2].startswith(said)
    assert "volumes" not in found.definition["services"]["app"]


@pytest.mark.parametrize(
    ("mount", "declared", "reported", "kept"),
    [
        ("'data:/data:ro'", "{}", [READ_ONLY], True),
        ("'data:/data:z'", "{}", [], True),
        ("{type: volume, source: data, target: /data, read_only: true}", "{}", [READ_ONLY], True),
        ("{type: volume, source: data, target: /data, volume: {subpath: a}}", "{}", [PART], True),
        ("{type: volume, source: data, target: /data, volume: {nocopy: true}}", "{}", [BEGINS_EMPTY], True),
        ("'data:/data:nocopy'", "{}", [BEGINS_EMPTY], True),
        ("'data:/data'", "{external: true}", [EXTERNAL], True),
        ("'data:/data'", "{driver: local, driver_opts: {type: nfs, o: addr=10.0.0.1, device: ':/x'}}", [DRIVER], False),
        ("'data:/data'", "{driver: rexray}", [DRIVER], False),
        ("'data:/data'", "{driver: local}", [], True),
        ("/data", "{}", [ANONYMOUS], False),
        ("{type: tmpfs, target: /data, tmpfs: {size: 64m}}", "{}", [SIZE], False),
        ("{type: tmpfs, target: /data}", "{}", [], False),
    ],
)
def test_what_a_volume_was_and_is_not_here_is_named(
    tmp_path: Path, mount: str, declared: str, reported: list[str], kept: bool
) -> None:
    """In options of the mount and of the volume."""
    found = service(tmp_path, f"    expose: [80]\n    volumes: [{mount}]\nvolumes: {{data: {declared}}}\n")
    assert [each.text for each in found.translation.remarks if "volumes" in each.path] == reported
    assert ("volumes" in found.definition["services"]["app"]) == kept
    assert found.problems == []


def test_volumes_whose_names_become_one_are_two(tmp_path: Path) -> None:
    """Kubernetes has fewer letters; and one volume at two paths is named."""
    found = service(
        tmp_path,
        "    expose: [80]\n    volumes: ['F_x:/a', 'f-x:/b', 'F_x:/c']\nvolumes: {F_x: {}, f-x: {}}\n",
    )
    assert found.definition["services"]["app"]["volumes"] == {
        "f-x": {"mountPath": "/a", "size": 10},
        "f-x-2": {"mountPath": "/b", "size": 10},
    }
    assert "is the volume 'f-x' once more" in found.remark("services.app.volumes.2")
    assert found.problems == []


def test_options_of_a_tmpfs_are_named(tmp_path: Path) -> None:
    found = service(tmp_path, "    expose: [80]\n    tmpfs: ['/run:size=64m,noexec', '/a b', /cache]\n")
    assert found.definition["services"]["app"]["writable"] == ["/tmp", "/run", "/cache"]
    assert SIZE in found.remark("services.app.tmpfs.0")
    assert "is at no path" in found.remark("services.app.tmpfs.1")
