"""The five systems on a real node, once for all tests."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from components.manifests.secret import OBJECT_STORE
from components.system.backups.manifests import retention as backups
from slipway.cli.selection import select
from slipway.rehearsal import Plan
from slipway.settings.load import load_stack
from slipway.settings.project import find_project
from slipway.settings.services import supplied_by
from slipway.settings.stacks import DeployedSystem, Stack
from slipway.settings.store_names import supplied_secret
from tests.e2e import built_images, listening, object_store
from tests.e2e.listening import Listening
from tests.e2e.object_store import Store
from tests.e2e.rig import ROOT, SCRATCH, STACK, Rig, clear, rehearse

RIG = "SLIPWAY_RIG"
"""Names the rig's folder. `make e2e` sets it."""
NO_SCHEDULES = Path(__file__).with_name("no-schedules.yaml")
"""Refuses Jobs that a clock begins: at two o'clock dumps would come between those that the tests count."""


@dataclass(frozen=True)
class World:
    """The cluster after the first run, what that printed, and the plan that it brought there."""

    rig: Rig
    plan: Plan
    first: str
    store: Store
    listening: Listening


class ByNode(LoadScopeScheduling):
    """Two processes have each a node of its own: one for the tests of releases, one for all that look at the five systems."""

    def _split_scope(self, nodeid: str) -> str:
        return "releases" if "/test_release" in nodeid else "systems"


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByNode:
    return ByNode(config, log)


def pytest_unconfigure(config: pytest.Config) -> None:
    """The process that tests run in may be ended before its fixtures are."""
    folder = os.environ.get(RIG)
    if folder and not hasattr(config, "workerinput"):
        clear(Path(folder).resolve())


@pytest.fixture(scope="session")
def rig() -> Iterator[Rig]:
    """A node without anything on it."""
    folder = os.environ.get(RIG)
    if folder is None:
        pytest.skip("not run: no cluster")
    rig = Rig(Path(folder).resolve())
    rig.up()
    try:
        yield rig
    finally:
        rig.down()


@pytest.fixture(scope="session")
def node(rig: Rig) -> Rig:
    """With Envoy Gateway, for systems that tests bring themselves."""
    rig.bring_gateway()
    return rig


@pytest.fixture(scope="session")
def world(rig: Rig) -> World:
    return _with_systems(rig)


def _with_systems(rig: Rig) -> World:
    plan = select(ROOT, None, STACK).rehearse(policies=False).plan
    with ThreadPoolExecutor(1) as pool:
        gateway = pool.submit(rig.bring_gateway)
        built_images.make(rig, built_images.named(plan))
        rig.kubectl("apply", "-f", str(NO_SCHEDULES))
        objects = object_store.start(rig)
        fill(rig, objects, load_stack(find_project(ROOT), "rig", STACK))
        gateway.result()
    status, output = rehearse(rig, STACK, options=("--yes", "--first"), crds=True)
    assert status == 0, output[-6000:]
    sign(rig)
    address = rig.get("gateways.gateway.networking.k8s.io", "-A")[0]["status"]["addresses"][0]["value"]
    radio = listening.begin(rig, plan, address)
    sign(rig, "-n", listening.SYSTEM)
    return World(rig, plan, output, objects, radio)


def fill(rig: Rig, objects: Store, stack: Stack) -> None:
    """In their owners' place: supplied secrets, without which pods wait, and buckets for backups."""
    for deployed in stack.clusters["main"].systems.values():
        rig.kubectl("create", "namespace", deployed.namespace)
        _create_secret(rig, deployed, OBJECT_STORE, objects.secret(deployed.name))
        for name, secret in deployed.definition.secrets.items():
            if supplied_by(secret) is not None:
                _create_secret(rig, deployed, supplied_secret(deployed.name, name), {name: f"{name}, supplied"})
        if backups.bucket(deployed.definition) is not None:
            objects.backups(deployed.name).create()


def _create_secret(rig: Rig, deployed: DeployedSystem, name: str, values: Mapping[str, str]) -> None:
    literals = [f"--from-literal={key}={value}" for key, value in values.items()]
    rig.kubectl("-n", deployed.namespace, "create", "secret", "generic", name, *literals)


def sign(rig: Rig, *where: str) -> None:
    """In cert-manager's place: a certificate for each listener, everywhere or `where` kubectl is told."""
    certify(rig, rig.get("gateways.gateway.networking.k8s.io", *(where or ("-A",))))


def certify(rig: Rig, gateways: Iterable[Mapping[str, Any]]) -> None:
    """A certificate for each listener of gateways that are there or will be."""
    for gateway in gateways:
        for listener in gateway["spec"]["listeners"]:
            if listener["protocol"] == "HTTPS":
                secret, host = listener["tls"]["certificateRefs"][0]["name"], listener["hostname"]
                file, key = _certificate(host)
                rig.kubectl(
                    *("-n", gateway["metadata"]["namespace"], "create", "secret", "tls", secret),
                    f"--cert={file}",
                    f"--key={key}",
                )


def certificate(host: str) -> Path:
    """Where the one that the gateway shows is."""
    return SCRATCH / f"{host}.crt"


def _certificate(host: str) -> tuple[Path, Path]:
    SCRATCH.mkdir(exist_ok=True)
    file, key = certificate(host), SCRATCH / f"{host}.key"
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
        [*words, "-subj", "/CN=e2e", "-addext", f"subjectAltName=DNS:{host}", "-out", file, "-keyout", key],
        check=True,
        capture_output=True,
    )
    return file, key
