"""The five systems on a real node, once for all tests."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from builders import backups
from builders.secret import OBJECT_STORE
from cli.selection import select
from rehearsal import Plan
from settings.load import load_stack
from settings.project import find_project
from settings.services import Supplied
from settings.stacks import PlacedSystem
from settings.store_names import supplied_secret
from tests.e2e import images, store
from tests.e2e.rig import ROOT, STACK, Rig, rehearse
from tests.e2e.store import Store

RIG = "SLIPWAY_RIG"
"""Names the rig's folder. `make e2e` sets it."""


@dataclass(frozen=True)
class World:
    """The cluster after the first run, what that printed, and the plan that it brought there."""

    rig: Rig
    plan: Plan
    first: str
    store: Store


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    folder = os.environ.get(RIG)
    if folder is None:
        pytest.skip("not run: no cluster")
    rig = Rig(Path(folder).resolve())
    rig.up()
    try:
        yield _with_systems(rig)
    finally:
        rig.down()


def _with_systems(rig: Rig) -> World:
    plan = select(ROOT, None, STACK).rehearse(judged=False).plan
    with ThreadPoolExecutor(1) as pool:
        gateway = pool.submit(rig.bring_gateway)
        images.make(rig, images.named(plan))
        objects = store.start(rig)
        _fill(rig, objects)
        gateway.result()
    status, said = rehearse(rig, STACK)
    assert status == 0, said[-6000:]
    _sign(rig)
    return World(rig, plan, said, objects)


def _fill(rig: Rig, objects: Store) -> None:
    """In their owners' place: supplied secrets, without which pods wait, and buckets for backups."""
    for placed in load_stack(find_project(ROOT), "rig", STACK).clusters["main"].systems.values():
        rig.kubectl("create", "namespace", placed.namespace)
        _keep(rig, placed, OBJECT_STORE, objects.secret(placed.name))
        names = [name for name, secret in placed.definition.secrets.items() if isinstance(secret, Supplied)]
        if names:
            _keep(rig, placed, supplied_secret(placed.name), dict.fromkeys(names, "supplied"))
        if backups.bucket(placed.definition) is not None:
            objects.backups(placed.name).create()


def _keep(rig: Rig, placed: PlacedSystem, name: str, values: Mapping[str, str]) -> None:
    literals = [f"--from-literal={key}={value}" for key, value in values.items()]
    rig.kubectl("-n", placed.namespace, "create", "secret", "generic", name, *literals)


def _sign(rig: Rig) -> None:
    """In cert-manager's place: a certificate for each listener."""
    for gateway in rig.get("gateways.gateway.networking.k8s.io", "-A"):
        for listener in gateway["spec"]["listeners"]:
            if listener["protocol"] == "HTTPS":
                secret, host = listener["tls"]["certificateRefs"][0]["name"], listener["hostname"]
                certificate, key = _certificate(host)
                rig.kubectl(
                    *("-n", gateway["metadata"]["namespace"], "create", "secret", "tls", secret),
                    f"--cert={certificate}",
                    f"--key={key}",
                )


def _certificate(host: str) -> tuple[Path, Path]:
    folder = Path(os.environ.get("TMPDIR", "/tmp")) / "slipway-e2e"
    folder.mkdir(exist_ok=True)
    certificate, key = folder / f"{host}.crt", folder / f"{host}.key"
    words = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
    ]
    subprocess.run(
        [*words, "-subj", "/CN=e2e", "-addext", f"subjectAltName=DNS:{host}", "-out", certificate, "-keyout", key],
        check=True,
        capture_output=True,
    )
    return certificate, key
