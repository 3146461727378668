"""A system that kubectl made, with its database in a pod, becomes one of Slipway's by the steps of docs/adopt.md, while its members
read and write: no row and no session is lost, and nothing is refused but what is written while the data moves."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import installed
from tests.e2e import built_images
from tests.e2e.conftest import World, sign
from tests.e2e.crowds import Crowd
from tests.e2e.dry import PROGRAM
from tests.e2e.rig import IMAGES, ROOT, STACK, Rig, rehearse
from tests.e2e.shop import until

LEGACY, SYSTEM, HOST = "legacy", "club", "club.example.com"
FOUNDATION = "organization/slipway/rig"
VERSION = "1.4.0"
IMAGE = f"registry.example.com/{SYSTEM}:{VERSION}"
MEMBERS = 6
OLD_ENTRIES = 20_000
"""Written before anybody looks."""
DUMP = "imports/club.dump"
DEFINITION = {
    "title": "Club",
    "owner": {"team": "club"},
    "domains": {"web": HOST},
    "services": {
        SYSTEM: {
            "image": SYSTEM,
            "port": 8080,
            "health": {"path": "/healthy"},
            "routes": [{"domain": "web", "path": "/"}],
            "environment": {"DATABASE_URL": {"database": SYSTEM}, "SESSION_SECRET": {"secret": "SESSION_SECRET"}},
            "replicas": {"minimum": 1, "maximum": 1},
            "resources": {"cpu": "10m", "memory": "64Mi"},
        }
    },
    "databases": {SYSTEM: {"schemaBy": "services"}},
    "secrets": {
        "SESSION_SECRET": {"generated": 32, "existing": True, "from": {"secret": f"{LEGACY}/club-env"}},
    },
}
TABLES = f"""
CREATE TABLE sessions (id text PRIMARY KEY, member text NOT NULL);
CREATE TABLE entries (id bigint PRIMARY KEY, text text NOT NULL);
INSERT INTO entries SELECT -n, 'old entry ' || n FROM generate_series(1, {OLD_ENTRIES}) AS n;
"""
Document = dict[str, Any]


def page(pattern: str) -> str:
    """What docs/adopt.md has people type, for this system."""
    found = re.search(pattern, (ROOT / "docs" / "adopt.md").read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found[1].replace("shop", SYSTEM)


def container(name: str, image: str, environment: dict[str, str], **more: Any) -> Document:
    variables = [{"name": key, "value": value} for key, value in environment.items()]
    return {"name": name, "image": image, "env": variables, **more}


def workload(kind: str, name: str, pod: Document, **spec: Any) -> Document:
    template = {"metadata": {"labels": {"app": name}}, "spec": pod}
    spec = {"selector": {"matchLabels": {"app": name}}, "template": template, **spec}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def service(name: str, port: int) -> Document:
    spec = {"selector": {"app": name}, "ports": [{"port": port}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


def hand_made(postgres: str) -> list[Document]:
    """A database and a Deployment, as somebody once wrote them."""
    password = secrets.token_hex(8)
    values = {
        "SESSION_SECRET": secrets.token_hex(16),
        "DATABASE_URL": f"postgresql://club:{password}@postgres.{LEGACY}/club",
    }
    volumes = {
        "volumes": [{"name": "data", "emptyDir": {}}],
        "securityContext": {"runAsUser": 70},
    }
    database = container(
        "postgres",
        postgres,
        {"POSTGRES_USER": "club", "POSTGRES_PASSWORD": password, "PGPASSWORD": password, "PGDATA": "/data/club"},
        volumeMounts=[{"name": "data", "mountPath": "/data"}],
    )
    app = container(
        "club",
        IMAGE,
        {},
        envFrom=[{"secretRef": {"name": "club-env"}}],
        readinessProbe={"httpGet": {"path": "/healthy", "port": 8080}, "periodSeconds": 1},
    )
    return [
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "club-env"}, "stringData": values},
        workload("StatefulSet", "postgres", {"containers": [database], **volumes}, serviceName="postgres"),
        service("postgres", 5432),
        workload("Deployment", "club", {"containers": [app]}),
        service("club", 8080),
    ]


@dataclass
class Adoption:
    """The system before, meanwhile and after; and what its members saw."""

    world: World
    project: Path
    members: Crowd
    times: dict[str, float] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)

    @property
    def rig(self) -> Rig:
        return self.world.rig

    @property
    def stack(self) -> Path:
        return self.project / "Pulumi.adopted.yaml"

    @property
    def named(self) -> Path:
        """What DNS says."""
        return self.project / "dns"

    @property
    def source(self) -> list[str]:
        """Runs a program beside the database of before."""
        login = ("env", "PGHOST=/tmp", f"PGUSER={SYSTEM}", f"PGDATABASE={SYSTEM}")
        return [self.rig.kubectl_program, "-n", LEGACY, "exec", "-i", "postgres-0", "--", *login]

    def write(self, *, version: str | None) -> None:
        """The stack's file."""
        systems = {SYSTEM: {"blue": {"version": version}} if version else {}}
        stack = {
            "slipway:environment": "local",
            "slipway:foundation": FOUNDATION,
            "slipway:clusters": {"main": {"cloud": "local", "systems": systems}},
        }
        self.stack.write_text(yaml.safe_dump({"config": stack}, sort_keys=False))

    def up(self) -> str:
        status, output = rehearse(self.rig, self.stack, self.project)
        assert status == 0, output[-6000:]
        return output

    def slipway(self, *words: str) -> str:
        where = ("--cwd", str(self.project), "--config", str(self.stack), "--system", SYSTEM)
        done = subprocess.run(
            [str(installed.command()), *words, *where],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            env=self.environment,
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout + done.stderr

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "KUBECONFIG": self.rig.kubeconfig}

    def before(self, *words: str, stdin: bytes = b"") -> bytes:
        """What a program prints beside the database of before."""
        done = subprocess.run(
            [*self.source, *words], input=stdin, capture_output=True, timeout=120, check=False, env=self.environment
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    def sql(self, text: str) -> str:
        """Of the database that Slipway runs."""
        login = f"PGHOST=/tmp PGUSER=$POSTGRES_USER PGPASSWORD=$POSTGRES_PASSWORD PGDATABASE={SYSTEM}"
        script = f"export {login}; exec psql --no-psqlrc -qAt --set=ON_ERROR_STOP=1"
        return self.rig.kubectl("-n", SYSTEM, "exec", "-i", f"{SYSTEM}-0", "--", "sh", "-c", script, stdin=text)

    def name(self, url: str) -> None:
        """Let DNS name an address; nobody reads half of it."""
        new = self.named.with_suffix(".new")
        new.write_text(url)
        new.replace(self.named)

    def mark(self, what: str) -> None:
        self.times[what] = time.time()

    def requests(self, what: str, since: float = 0, to: float = float("inf")) -> Counter[str]:
        return Counter(
            each["seen"] for each in self.members.lines() if each["what"] == what and since <= each["at"] < to
        )


@pytest.fixture(scope="module")
def adoption(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Adoption]:
    """All steps of the page, one after the other, with members all the time. Both systems are gone afterwards."""
    folder = tmp_path_factory.mktemp("adoption")
    made = Adoption(world, folder / "project", Crowd(folder / "members"))
    try:
        _make(made)
        words = (str(IMAGES / "members.py"), str(MEMBERS), HOST, str(made.named))
        with made.members.running(world.rig, *words):
            until(lambda: made.requests("entry")["legacy"] > 5 * MEMBERS, "entries")
            _adopt(made)
        yield made
    finally:
        _remove(world.rig)


def _make(made: Adoption) -> None:
    """The system by kubectl alone, and the project that is to take it."""
    rig = made.rig
    files = [f"{IMAGES / 'club.py'}:/app/club.py"]
    rig.image(IMAGE, packages="python3,python3-psycopg2", files=files, entrypoint="python3 /app/club.py")
    postgres = next(name for name in built_images.named(made.world.plan) if name.startswith(built_images.POSTGRES))
    rig.kubectl("create", "namespace", LEGACY)
    documents = {"apiVersion": "v1", "kind": "List", "items": hand_made(postgres)}
    rig.kubectl("-n", LEGACY, "apply", "-f", "-", stdin=json.dumps(documents))
    for each in ("statefulset/postgres", "deployment/club"):
        rig.kubectl("-n", LEGACY, "rollout", "status", each, "--timeout=110s")
    psql = ("psql", "--no-psqlrc", "-q", "--set=ON_ERROR_STOP=1")
    until(lambda: _answers(made), "PostgreSQL")
    made.before(*psql, "--dbname=postgres", "--command=CREATE DATABASE club")
    made.before(*psql, stdin=TABLES.encode())
    (found,) = rig.get("services", "-n", LEGACY, "--field-selector", "metadata.name=club")
    made.project.mkdir()
    made.name(f"http://{found['spec']['clusterIP']}:8080")
    for room in PROGRAM:
        (made.project / room).symlink_to(ROOT / room)
    shutil.copytree(ROOT / "systems", made.project / "systems")
    (made.project / "systems" / SYSTEM).mkdir()
    (made.project / "systems" / SYSTEM / "system.yaml").write_text(yaml.safe_dump(DEFINITION, sort_keys=False))
    shutil.copy(STACK, made.project / STACK.name)


def _remove(rig: Rig) -> None:
    """Other tests count workloads, so these are waited for; the rest goes by itself."""
    rig.kubectl("delete", "namespace", LEGACY, SYSTEM, "--ignore-not-found", "--wait=false")
    until(
        lambda: not any(rig.get("deployments.apps,statefulsets.apps", "-n", each) for each in (LEGACY, SYSTEM)),
        "an end",
    )


def _answers(made: Adoption) -> bool:
    try:
        return bool(made.before("psql", "-qAt", "--dbname=postgres", "--command=SELECT 1"))
    except AssertionError:
        return False


def _adopt(made: Adoption) -> None:
    rig = made.rig
    made.write(version=None)
    made.outputs["without a version"] = made.up()
    made.outputs["missing"] = made.slipway("secrets", "list")
    keys = json.dumps({"stringData": made.world.store.secret(SYSTEM)})
    rig.kubectl("-n", SYSTEM, "patch", "secret", "object-store", "-p", keys)
    made.world.store.backups(SYSTEM).create()
    sign(rig, "-n", SYSTEM)
    made.outputs["import"] = made.slipway("secrets", "import")

    made.mark("closed")
    made.before("psql", "--no-psqlrc", "-q", stdin=page(r"\$OLD psql <<'SQL'\n(.*?)SQL\n").encode())
    made.mark("read only")
    dump = made.before("pg_dump", "--format=custom")
    made.world.store.backups(SYSTEM).put(DUMP, dump)
    words = ("--database", SYSTEM, "--object", DUMP, "--sha256", hashlib.sha256(dump).hexdigest())
    made.outputs["dump"] = made.slipway("import-dump", *words, "--source", " ".join(made.source))
    made.mark("imported")

    made.write(version=VERSION)
    made.outputs["version"] = made.up()
    made.mark("version")
    address = until(lambda: _address(made), "an address of the gateway")
    _test(made, address)
    made.name(f"https://{address}")
    made.mark("named")
    until(lambda: made.requests("entry", made.times["named"])["blue"] > 5 * MEMBERS, "entries in the slot")
    rig.kubectl("delete", "namespace", LEGACY, "--wait=false")
    until(lambda: not rig.get("pods", "-n", LEGACY), "the end of the old system")
    made.mark("alone")
    until(lambda: made.requests("entry", made.times["alone"])["blue"] > 5 * MEMBERS, "entries without the old system")


def _address(made: Adoption) -> str:
    (gateway,) = made.rig.get("gateways.gateway.networking.k8s.io", "-n", SYSTEM)
    return (gateway["status"].get("addresses") or [{}])[0].get("value", "")


def _test(made: Adoption, address: str) -> None:
    """Before DNS names it: the gateway answers for the host."""
    end = f"--resolve {HOST}:443:{address} https://{HOST}/"
    look = f"curl -sk --max-time 20 -o /dev/null -w '%{{http_code}}' {end} || true"
    until(lambda: made.rig.inside("sh", "-c", look) == "200", "an answer of the slot")


def test_no_session_is_lost(adoption: Adoption) -> None:
    """Each member is known by the cookie of before, every time, and none was told anything else."""
    seen = adoption.requests("session")
    assert seen.keys() == {"legacy", "blue"}, seen
    assert adoption.requests("session", adoption.times["named"] + 1).keys() == {"blue"}
    kept = adoption.sql("SELECT member FROM sessions ORDER BY member").splitlines()
    assert kept == [f"member {place}" for place in range(1, MEMBERS + 1)]


def test_no_row_is_lost(adoption: Adoption) -> None:
    """What was accepted is there, by whichever of both, and nothing else; and what was there before."""
    accepted = {
        each["id"]
        for each in adoption.members.lines()
        if each["what"] == "entry" and each["seen"] in ("legacy", "blue")
    }
    kept = [int(line) for line in adoption.sql("SELECT id FROM entries WHERE id > 0").splitlines()]
    assert len(kept) == len(set(kept))
    assert set(kept) == accepted
    assert adoption.sql("SELECT count(*) FROM entries WHERE id < 0") == str(OLD_ENTRIES)


def test_only_writing_is_refused_and_only_while_data_moves(adoption: Adoption) -> None:
    """Between the two moments that the page names; everything else is answered."""
    closed, named = adoption.times["closed"], adoption.times["named"]
    assert adoption.requests("entry").keys() == {"legacy", "closed", "blue"}, adoption.requests("entry")
    assert adoption.requests("entry", to=closed - 1).keys() == {"legacy"}
    assert adoption.requests("entry", adoption.times["read only"] + 1, named - 1).keys() == {"closed"}
    assert adoption.requests("entry", named + 1).keys() == {"blue"}
    seen = adoption.requests("session", closed, named)
    assert seen["legacy"] > MEMBERS * (named - closed) / 4, seen
    print(
        f"\nadopted with {sum(adoption.requests('session').values()):,} looks and {dict(adoption.requests('entry'))} entries: "
        f"nothing could be written for {named - closed:.0f} s, "
        f"of which {adoption.times['imported'] - closed:.0f} s for the dump"
    )


def test_each_step_says_what_it_did(adoption: Adoption) -> None:
    """What is missing before, what was copied, and what was counted."""
    assert re.search(r"SESSION_SECRET +supplied +never", adoption.outputs["missing"]), adoption.outputs["missing"]
    assert f"SESSION_SECRET is copied from Secret {LEGACY}/club-env" in adoption.outputs["import"]
    assert f"imported {DUMP} into {SYSTEM}" in adoption.outputs["dump"]
    assert LEGACY not in adoption.outputs["without a version"] + adoption.outputs["version"]


def test_the_plan_is_what_runs(adoption: Adoption) -> None:
    """Another run changes nothing, the value in use included."""
    assert re.search(r" 0 created, 0 changed, \d+ unchanged, 0 pruned", adoption.up())
    here = ("-n", SYSTEM, "--field-selector", f"metadata.name={SYSTEM}-blue")
    (deployment,) = adoption.rig.get("deployments.apps", *here)
    assert deployment["spec"]["template"]["spec"]["containers"][0]["image"] == IMAGE
    assert deployment["status"]["availableReplicas"] == 1
