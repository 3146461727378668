"""Three public applications run, as a stack of systems on the cluster of the five: with programs that do what each definition
declares in place of their images, and with PostgreSQL and Redis themselves.

The node's network enforces no NetworkPolicy, so here every call that is declared is made; that every other is refused is
computed from the policies (`tests/applications/test_applications.py`).
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from slipway.cli.selection import select
from slipway.settings.load import load_stack
from slipway.settings.project import find_project
from tests.applications.planned import APPLICATIONS, CALLS, VERSIONS, definition, workload
from tests.e2e import built_images
from tests.e2e.conftest import World, certificate, certify, fill
from tests.e2e.dry import PROGRAM
from tests.e2e.rig import IMAGES, NOT_BY_THE_CLOCK, ROOT, STACK, Rig, rehearse
from tests.e2e.shop import until

FOUNDATION = "organization/slipway/rig"
GRPC_HOST = "catalogue.boutique.example.com"
PACKAGES = "python3,python3-grpcio,python3-psycopg2,python3-redis"
REDIS = "docker.io/library/redis:"
HOSTS = {"boutique": "boutique.example.com", "miniflux": "reader.example.com", "n8n": "n8n.example.com"}
LOGINS = {"miniflux": {"miniflux": "miniflux_owner"}, "n8n": {"n8n": "n8n_owner", "worker": "n8n_owner"}}
"""Who asks a database, and as whom."""


def declared(name: str) -> dict[str, Any]:
    """The definition; and of the boutique a route of gRPC to its catalogue, as a partner would call it."""
    found = definition(name)
    if name == "boutique":
        found["domains"]["catalogue"] = GRPC_HOST
        route = {"domain": "catalogue", "path": "/"}
        found["services"]["productcatalogservice"] |= {"protocol": "grpc", "routes": [route]}
    return found


def small(service: Mapping[str, Any]) -> dict[str, Any]:
    """What the stack says of a service on one small machine, whose images have tags alone."""
    alone = "singleton" in service or "volumes" in service
    return {
        "resources": {"cpu": "10m", "memory": "32Mi"},
        **({} if alone else {"replicas": {"minimum": 1, "maximum": 1}}),
        **({"image": {"tag": "e2e"}} if isinstance(service["image"], dict) else {}),
    }


def systems() -> dict[str, Any]:
    """As a stack's file has them. The pod of PostgreSQL has no TLS, which n8n is told."""
    found: dict[str, Any] = {
        name: {
            "blue": {"version": VERSIONS[name]},
            "services": {each: small(service) for each, service in declared(name)["services"].items()},
        }
        for name in APPLICATIONS
    }
    for service in ("n8n", "worker"):
        found["n8n"]["services"][service]["environment"] = {"DB_POSTGRESDB_SSL_ENABLED": False}
    return found


@dataclass(frozen=True)
class Applications:
    """The three, once they are ready."""

    rig: Rig
    output: str

    def pod(self, name: str, service: str) -> str:
        """The one pod of a service."""
        (pod,) = (
            each["metadata"]["name"]
            for each in self.rig.get("pods", "-n", name, "-l", f"app.kubernetes.io/name={service}")
            if "deletionTimestamp" not in each["metadata"]
        )
        return pod

    def inside(self, name: str, service: str, *words: str) -> str:
        """What a program prints within a service's container."""
        return self.rig.kubectl("-n", name, "exec", self.pod(name, service), "-c", service, "--", *words)

    def calls(self, name: str, service: str) -> list[dict[str, Any]]:
        return json.loads(self.inside(name, service, "python3", "/app/application.py", "calls"))

    def address(self, name: str) -> str:
        (gateway,) = self.rig.get("gateways.gateway.networking.k8s.io", "-n", name)
        return (gateway["status"].get("addresses") or [{}])[0].get("value", "")

    def visit(self, name: str, path: str, *words: str) -> dict[str, Any]:
        """What a visitor is answered, once the gateway is there."""
        host = HOSTS[name]

        def answer() -> dict[str, Any] | None:
            end = f"--resolve {host}:443:{self.address(name)} https://{host}{path}"
            found = self.rig.inside("sh", "-c", f"curl -sk --max-time 20 {' '.join(words)} {end} || true")
            return json.loads(found) if found.startswith("{") else None

        found = until(answer, f"an answer of {host}")
        assert found is not None
        return found

    def run(self, name: str, cron_job: str) -> None:
        """A Job of a CronJob, to its end."""
        here, job = ("-n", name), f"{cron_job}-now"
        self.rig.kubectl(*here, "create", "job", f"--from=cronjob/{cron_job}", job)
        self.rig.kubectl(*here, "wait", "--for=condition=complete", f"job/{job}", "--timeout=110s")


@pytest.fixture(scope="module")
def applications(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Applications]:
    """They are gone after these tests, and so is what they ask of the machine."""
    project = tmp_path_factory.mktemp("applications")
    stack = _project(project)
    plan = select(project, None, stack).rehearse(policies=False).plan
    _make_images(world.rig, project, set(built_images.named(plan)) - set(built_images.named(world.plan)))
    fill(world.rig, world.store, load_stack(find_project(project), "applications", stack))
    certify(world.rig, [step.inputs for step in plan.steps if step.inputs.get("kind") == "Gateway"])
    try:
        status, output = rehearse(world.rig, stack, project)
        assert status == 0, output[-6000:]
        yield Applications(world.rig, output)
    finally:
        _remove(world.rig)


def _project(folder: Path) -> Path:
    """The file of a stack of systems, beside that of the stack that has their cluster."""
    for room in PROGRAM:
        (folder / room).symlink_to(ROOT / room)
    shutil.copytree(ROOT / "systems", folder / "systems")
    for name in APPLICATIONS:
        (folder / "systems" / name).mkdir()
        (folder / "systems" / name / "system.yaml").write_text(yaml.safe_dump(declared(name), sort_keys=False))
    shutil.copy(STACK, folder / STACK.name)
    stack = {
        "slipway:environment": "local",
        "slipway:foundation": FOUNDATION,
        "slipway:clusters": {"main": {"cloud": "local", "systems": systems()}},
    }
    file = folder / "Pulumi.applications.yaml"
    file.write_text(yaml.safe_dump({"config": stack}, sort_keys=False))
    return file


def _make_images(rig: Rig, folder: Path, names: set[str]) -> None:
    """One program for all but Redis, which knows from its definition what to do."""
    services = folder / "services.json"
    services.write_text(json.dumps({name: _way(each) for name, each in _services().items()}))
    program, miniflux = IMAGES / "application.py", folder / "miniflux"
    miniflux.write_text('#!/bin/sh\nexec python3 /app/application.py "$@"\n')
    miniflux.chmod(0o755)
    files = [f"{program}:/app/application.py", f"{services}:/app/services.json", f"{miniflux}:/usr/bin/miniflux"]
    (redis,) = (name for name in names if name.startswith(REDIS))
    rig.image(
        redis, packages="redis-server,redis-tools", files=[], entrypoint="redis-server --dir /data --protected-mode no"
    )
    first, *others = sorted(names - {redis})
    rig.image(first, packages=PACKAGES, files=files, entrypoint="python3 /app/application.py")
    rig.tag(first, others)


def _services() -> dict[str, dict[str, Any]]:
    found = [(name, service) for each in APPLICATIONS for name, service in declared(each)["services"].items()]
    assert len(dict(found)) == len(found), "two services have one name"
    return dict(found)


def _way(service: Mapping[str, Any]) -> dict[str, Any]:
    """What its program must know to be it."""
    health = service.get("health", {})
    return {
        "speaks": "redis" if isinstance(service["image"], dict) else "grpc" if health.get("by") == "grpc" else "http",
        "ports": [service["port"], *service.get("ports", {}).values()],
        "ready": health.get("readyPath"),
        "writable": service.get("writable", ["/tmp"]),
    }


def _remove(rig: Rig) -> None:
    """Other tests count workloads, so these are waited for; the rest goes by itself."""
    rig.kubectl("delete", "namespace", *APPLICATIONS, "--wait=false")
    until(lambda: not any(rig.get("deployments.apps,statefulsets.apps", "-n", each) for each in APPLICATIONS), "an end")


@pytest.mark.parametrize("name", APPLICATIONS)
def test_every_service_is_ready(applications: Applications, name: str) -> None:
    """With one pod, whose program was never restarted: each probe asks what it answers."""
    services = definition(name)["services"]
    there = {
        f"{each['kind']}/{each['metadata']['name']}": (each["spec"]["replicas"], each["status"].get("readyReplicas"))
        for each in applications.rig.get("deployments.apps,statefulsets.apps", "-n", name)
    }
    assert {each: there.get(workload(name, each)) for each in services} == dict.fromkeys(services, (1, 1))
    pods = applications.rig.get("pods", "-n", name)
    states = [state for pod in pods for state in pod["status"].get("containerStatuses", [])]
    assert {state["name"] for state in states} >= set(services)
    assert {state["name"]: state["restartCount"] for state in states if state["restartCount"]} == {}


def test_nothing_is_asked_for_that_pods_may_not(applications: Applications) -> None:
    """No warning, and no pod that was refused."""
    assert "would violate PodSecurity" not in applications.output
    for name in APPLICATIONS:
        refused = applications.rig.get("events", "-n", name, "--field-selector", NOT_BY_THE_CLOCK)
        assert [event["message"] for event in refused] == []


@pytest.mark.parametrize("name", APPLICATIONS)
def test_every_declared_call_is_answered(applications: Applications, name: str) -> None:
    """Dialled inside the caller's pod by the addresses of its environment, and answered by the service that is meant."""
    services = definition(name)["services"]
    callers = sorted({*CALLS[name], *LOGINS.get(name, {})})
    with ThreadPoolExecutor(4) as pool:
        made = dict(zip(callers, pool.map(lambda caller: applications.calls(name, caller), callers), strict=True))
    for caller, answers in made.items():
        called = {each["service"]: each for each in answers if "service" in each}
        assert {called_: _target(services[called_], each["port"]) for called_, each in called.items()} == CALLS[
            name
        ].get(caller, {})
        for called_, each in called.items():
            wanted = r"redis 7\." if isinstance(services[called_]["image"], dict) else f"{called_}-blue-"
            assert re.match(wanted, each["answer"]), each
        logins = {each["database"]: each["answer"] for each in answers if "database" in each}
        assert list(logins) == [LOGINS[name][caller]] if caller in LOGINS.get(name, {}) else logins == {}
        assert all(version.startswith("PostgreSQL ") for version in logins.values())


def _target(service: Mapping[str, Any], port: int) -> int:
    """The port of its pods behind one of its Service."""
    return service["port"] if port == service.get("servicePort", service["port"]) else port


@pytest.mark.parametrize("name", APPLICATIONS)
def test_visitors_are_answered(applications: Applications, name: str) -> None:
    """Through the gateway, by the service that has the route."""
    (routed,) = (each for each, service in definition(name)["services"].items() if service.get("routes"))
    answer = applications.visit(name, "/a/page")
    assert answer["path"] == "/a/page"
    assert answer["pod"] == applications.pod(name, routed)


def test_a_call_of_grpc_comes_through_the_gateway(applications: Applications) -> None:
    """By a route of a service that speaks it."""
    applications.visit("boutique", "/")
    script, file = str(IMAGES / "grpc_client.py"), certificate(GRPC_HOST)
    answered = applications.rig.inside(sys.executable, script, applications.address("boutique"), GRPC_HOST, str(file))
    assert answered.splitlines()[-1] == applications.pod("boutique", "productcatalogservice")


def test_a_worker_does_what_a_visitor_began(applications: Applications) -> None:
    """Through the gateway into the queue, and by the worker into the database, where the first service finds it."""
    applications.visit("n8n", "/done/first", "-X POST")
    done = until(lambda: applications.visit("n8n", "/done/first")["by"], "the work")
    assert done == applications.pod("n8n", "worker")


def test_a_volume_outlives_its_pod(applications: Applications) -> None:
    """What was written before is there after a restart."""
    rig, pod = applications.rig, applications.pod("n8n", "redis")
    assert applications.inside("n8n", "redis", "redis-cli", "set", "kept", pod) == "OK"
    before = _uid(rig, pod)
    rig.kubectl("-n", "n8n", "delete", "pod", pod)
    rig.kubectl("-n", "n8n", "rollout", "status", "statefulset/redis-shared", "--timeout=110s")
    assert _uid(rig, pod) != before
    assert applications.inside("n8n", "redis", "redis-cli", "get", "kept") == pod
    claims = rig.get("persistentvolumeclaims", "-n", "n8n")
    assert {each["metadata"]["name"]: each["status"]["phase"] for each in claims}["redis-shared-queue"] == "Bound"


def _uid(rig: Rig, pod: str) -> str:
    return rig.kubectl("-n", "n8n", "get", "pod", pod, "-o", "jsonpath={.metadata.uid}")


def test_every_schedule_runs_to_its_end(applications: Applications) -> None:
    """Begun by hand, as `slipway run` does, with the service's image and login; then the tables that the programs made
    themselves are dumped, and restored by the test of the dump."""
    tasks = {
        name: {key: (each.get("command") or each["args"])[-1] for key, each in definition(name)["schedules"].items()}
        for name in ("miniflux", "n8n")
    }
    runs = [(name, f"{key}-blue") for name, found in tasks.items() for key in found]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda run: applications.run(*run), runs))
        list(pool.map(lambda name: applications.run(name, f"{name}-dump"), LOGINS))
        list(pool.map(lambda name: applications.run(name, f"{name}-restore-test"), LOGINS))
    for name, found in tasks.items():
        done = applications.rig.kubectl(
            *("-n", name, "exec", "-i", f"{name}-0", "--", "sh", "-c"),
            f"PGHOST=/tmp PGUSER=$POSTGRES_USER PGPASSWORD=$POSTGRES_PASSWORD psql -qAt {name} -c 'SELECT what, by FROM done'",
        )
        made = dict(line.split("|") for line in done.splitlines())
        assert made.keys() >= {*found.values()}
        assert all(made[task].startswith(f"{key}-blue-now-") for key, task in found.items())
