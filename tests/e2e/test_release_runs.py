"""`slipway rehearse` is the release: it ends once visitors have the new version, or says why they have not."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from slipway.cli.selection import select
from slipway.release.status import Status
from slipway.settings.load import load_stack
from slipway.settings.project import find_project
from tests import installed
from tests.e2e import built_images, controller_image, object_store
from tests.e2e.conftest import RIG, certify, fill
from tests.e2e.crowds import Crowd
from tests.e2e.rig import IMAGES, NAME, ROOT, Rig, rehearse
from tests.e2e.shop import PROMETHEUS_IMAGE, prometheus, until

STACK = Path(__file__).with_name("Pulumi.runs.yaml")
PROJECT = ("components", "slipway", "__main__.py", "Pulumi.yaml")
OURS = "registry.example.com/"
FIGURES = "figures"
"""Prometheus' namespace, as the stack says."""
FIRST, NEXT, BROKEN = "personal-use-v1.0.0", "personal-use-v1.1.0", "personal-use-v1.2.0"
OLD, RENAMED = "1.0.0", "1.1.0"
VERSIONS: Mapping[str, Mapping[str, str | None]] = {
    "fleet": dict.fromkeys((FIRST, NEXT, BROKEN)),
    "kingstons": {OLD: "fixed_cost", RENAMED: "fixed_fee_facilitated"},
}
"""The versions of each system that there are images of, and what they call Kingstons' column."""
HOSTS = {"fleet": "fleet.example.com", "kingstons": "kingstons.example.com"}
FIXTURE = ROOT / "tests" / "migrations" / "fixtures" / "kingstons.sql"
RATE, THREADS = 100, 20
GIVEN_UP = 1
"""Exit status of a run whose release was rolled back or refused."""
NEW_FIELD = re.compile(r"  - name: a product has the new field\n(    .*\n)+")
"""A check that comes with the version that has the field."""


@dataclass
class Runs:
    """The project, its stack's file and its cluster."""

    rig: Rig
    folder: Path
    address: str = ""
    timings: dict[str, float] = field(default_factory=dict)

    @property
    def stack(self) -> Path:
        return self.folder / "project" / "Pulumi.rig.yaml"

    def rehearse(self, *options: str, crds: bool = False) -> tuple[int, str]:
        """One run of the program against the node."""
        began = time.monotonic()
        done = rehearse(self.rig, self.stack, self.stack.parent, options=("--yes", *options), crds=crds)
        self.timings["last"] = time.monotonic() - began
        return done

    def slipway(self, *words: str) -> tuple[int, str]:
        """A command below `slipway release`: its exit status and all that it prints."""
        where = ("--cwd", str(self.stack.parent), "--config", str(self.stack), "--kubeconfig", self.rig.kubeconfig)
        done = subprocess.run(
            [str(installed.command()), "release", *words, *where],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        return done.returncode, done.stdout

    def status(self, system: str) -> Status:
        found = json.loads(self.rig.kubectl("-n", system, "get", "release", system, "-o", "json"))
        return Status.model_validate(found.get("status") or {})

    def ended(self, system: str) -> Status | None:
        """The status of a release that was rolled back, and whose gates say so."""
        found = self.status(system)
        asked = any(
            "admit" in each["metadata"]["name"] for each in self.rig.get("jobs.batch", "-n", system) if _failed(each)
        )
        return found if found.phase == "RolledBack" and asked else None

    def sql(self, text: str) -> str:
        login = "PGHOST=/tmp PGUSER=$POSTGRES_USER PGPASSWORD=$POSTGRES_PASSWORD PGDATABASE=kingstons"
        script = f"export {login}; exec psql --no-psqlrc -qAt --set=ON_ERROR_STOP=1"
        pod = ("-n", "kingstons", "exec", "-i", "kingstons-0", "--")
        return self.rig.kubectl(*pod, "sh", "-c", script, stdin=text)

    @contextmanager
    def crowd(self, system: str, path: str) -> Iterator[Crowd]:
        """Visitors at a constant rate."""
        made = Crowd(self.folder / f"{system}-{time.time_ns()}")
        words = (str(IMAGES / "crowd.py"), f"https://{self.address}{path}", HOSTS[system], str(RATE), str(THREADS))
        with made.running(self.rig, *words):
            until(lambda: made.seen(), "visitors")
            yield made

    @contextmanager
    def writers(self) -> Iterator[Crowd]:
        """One write after the other."""
        made = Crowd(self.folder / f"writers-{time.time_ns()}")
        with made.running(self.rig, str(IMAGES / "writers.py"), self.address, HOSTS["kingstons"]):
            until(lambda: made.lines(), "writes")
            yield made


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    """A node of its own, whose cluster's objects belong to this stack. What the first run needs is there."""
    folder = os.environ.get(RIG)
    if folder is None:
        pytest.skip("not run: no cluster")
    rig = Rig(Path(folder).resolve(), f"{NAME}-runs")
    rig.up()
    try:
        yield _prepared(rig, tmp_path_factory.mktemp("runs"))
    finally:
        rig.down()


def _prepared(rig: Rig, folder: Path) -> Runs:
    runs = Runs(rig, folder)
    _copy_project(runs.stack.parent)
    with ThreadPoolExecutor(1) as pool:
        gateway = pool.submit(rig.bring_gateway)
        plan = select(runs.stack.parent, None, runs.stack).rehearse(policies=False).plan
        _make_images(rig, folder, {name for name in built_images.named(plan) if not name.startswith(OURS)})
        gateway.result()
    objects = object_store.start(rig)
    fill(rig, objects, load_stack(find_project(runs.stack.parent), "rig", runs.stack))
    certify(rig, [step.inputs for step in plan.steps if step.inputs.get("kind") == "Gateway"])
    rig.kubectl("create", "namespace", FIGURES)
    watched = prometheus(FIGURES, {"gateway.envoyproxy.io/owning-gatewayclass": "slipway"})
    rig.kubectl("apply", "--server-side", "-f", "-", stdin=yaml.safe_dump_all(watched))
    return runs


def _copy_project(project: Path) -> None:
    """Definitions without the check of what the first version does not have, and with loads for a small machine."""
    project.mkdir()
    for room in PROJECT:
        (project / room).symlink_to(ROOT / room)
    for system in VERSIONS:
        shutil.copytree(ROOT / "systems" / system, project / "systems" / system)
    _edit(project / "systems" / "kingstons" / "system.yaml", NEW_FIELD, "")
    _edit(project / "systems" / "fleet" / "system.yaml", re.compile(r"requests: 1000"), "requests: 200")
    _edit(project / "systems" / "fleet" / "system.yaml", re.compile(r"p95: 200ms"), "p95: 2s")
    shutil.copy(STACK, project / "Pulumi.rig.yaml")


def _edit(file: Path, old: re.Pattern[str], new: str) -> None:
    text, count = old.subn(new, file.read_text(encoding="utf-8"))
    assert count, old.pattern
    file.write_text(text, encoding="utf-8")


def _make_images(rig: Rig, folder: Path, others: set[str]) -> None:
    controller_image.make(rig, folder / "image")
    rig.image(PROMETHEUS_IMAGE, packages="prometheus", files=[], entrypoint="prometheus")
    built_images.make(rig, others)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda made: _make_version(rig, folder, *made), _versions()))


def _versions() -> Iterator[tuple[str, str, str | None]]:
    """Each system and version, and what it calls Kingstons' column."""
    for system, versions in VERSIONS.items():
        yield from ((system, version, column) for version, column in versions.items())


def _make_version(rig: Rig, folder: Path, system: str, version: str, column: str | None) -> None:
    """One image for both services."""
    version_file = folder / version / "version.json"
    version_file.parent.mkdir()
    version_file.write_text(json.dumps({"version": version, "fails": version == BROKEN, "column": column}))
    files = [f"{IMAGES / 'versioned.py'}:/app/versioned.py", f"{version_file}:/app/version.json"]
    api, frontend = (f"{OURS}{system}-{service}:{version}" for service in ("api", "frontend"))
    rig.image(api, packages="python3,python3-psycopg2", files=files, entrypoint="python3 /app/versioned.py")
    rig.tag(api, [frontend])


def _address(runs: Runs) -> str:
    (gateway,) = runs.rig.get("gateways.gateway.networking.k8s.io", "-n", "fleet")
    return (gateway["status"].get("addresses") or [{}])[0].get("value", "")


def test_the_first_release(runs: Runs) -> None:
    """Both systems are closed until they are promoted, and the run ends well only then."""
    status, output = runs.rehearse("--first", crds=True)
    assert status == 0, output[-6000:]
    runs.address = until(lambda: _address(runs), "an address of the gateway")
    for system, version in (("fleet", FIRST), ("kingstons", OLD)):
        found = runs.status(system)
        assert (found.phase, found.active_version, found.closed) == ("Promoted", version, False)
        with runs.crowd(system, "/") as crowd:
            until(lambda crowd=crowd: crowd.seen()["blue"] > RATE, "visitors of the first version")
        assert crowd.failed() == {}
    print(f"\nfirst release of two systems: {runs.timings['last']:.0f} s")


def test_a_new_version_is_promoted(runs: Runs) -> None:
    """Handed over in the stack's file: the run ends after promotion, no visitor saw an error, and commands tell it."""
    status, output = runs.slipway("hand-over", "--system", "fleet", "--version", NEXT)
    assert status == 0, output
    assert re.search(rf"(?m)^\+ +green: .*version: {NEXT}", output), output
    assert re.search(r"(?m)^\+ +active: green", output), output
    with runs.crowd("fleet", "/api/vehicles") as crowd:
        status, output = runs.rehearse()
        ended = time.time()
        assert status == 0, output[-6000:]
        until(lambda: crowd.seen(ended + 1)["green"] > RATE, "visitors of the new version")
        assert crowd.seen(ended + 1)["blue"] == 0
    assert crowd.failed() == {}
    found = runs.status("fleet")
    assert (found.phase, found.active, found.active_version) == ("Promoted", "green", NEXT)
    for command, pattern in (
        ("status", rf"fleet +Promoted +{NEXT}"),
        ("history", r"Step 1 \(10 %\)[\s\S]*Step 2 \(50 %\)[\s\S]*Step 3 \(100 %\)"),
        ("report", rf"^# Release of fleet {NEXT} on rig\n\n\*\*Promoted\*\*"),
    ):
        status, output = runs.slipway(command, "--system", "fleet")
        assert status == 0, output
        assert re.search(pattern, output), output
    print(
        f"\na new version: {runs.timings['last']:.0f} s, {sum(crowd.seen().values()):,} requests: {dict(crowd.seen())}"
    )


def test_a_bad_version_is_rolled_back(runs: Runs) -> None:
    """It passes its smoke checks and fails its visitors: the run fails with step, figure and threshold, and every visitor
    is back. The same stack is refused then, until the way back is written."""
    status, output = runs.slipway("hand-over", "--system", "fleet", "--version", BROKEN)
    assert status == 0, output
    with runs.crowd("fleet", "/api/vehicles") as crowd:
        status, output = runs.rehearse()
        ended = time.time()
        assert status == GIVEN_UP, output[-6000:]
        until(lambda: crowd.seen(ended + 1)["green"] > RATE, "visitors of the active version")
        assert crowd.seen(ended + 1)["blue"] == 0
        assert crowd.failed(ended + 1) == {}
        assert set(crowd.failed()) == {"failed: 500 of blue"}
        reason = re.search(r"Step 1 \(10 %\): ([\d.]+) % of ([\d,]+) requests failed in .*?; .* at 1 %", output)
        assert reason, output[-6000:]
        again, refusal = runs.rehearse()
        assert again == GIVEN_UP
        assert reason[0] in refusal
        assert "release another version, set `attempt`" in refusal, refusal[-3000:]
        assert crowd.seen(ended + 1)["blue"] == 0
        assert crowd.failed(ended + 1) == {}
    found = runs.status("fleet")
    assert (found.phase, found.active, found.active_version) == ("RolledBack", "green", NEXT)
    status, output = runs.slipway("revert", "--system", "fleet")
    assert status == 0, output
    assert re.search(r"(?m)^\+ +active: green", output), output
    status, output = runs.rehearse()
    assert status == 0, output[-6000:]
    print(f"\na bad version: {reason[0]}; {dict(crowd.seen())}")


def test_a_rename_is_released_behind_a_page(runs: Runs) -> None:
    """Kingstons' column: from before the backup until promotion everybody sees the page, and no accepted write is lost."""
    runs.sql(f"SET ROLE kingstons_owner;\n{FIXTURE.read_text(encoding='utf-8')}")
    shutil.copy(ROOT / "systems" / "kingstons" / "system.yaml", runs.stack.parent / "systems" / "kingstons")
    status, output = runs.slipway("hand-over", "--system", "kingstons", "--version", RENAMED)
    assert status == 0, output
    with runs.crowd("kingstons", "/health") as crowd, runs.writers() as writers:
        until(lambda: len(writers.lines()) > 20, "writes")
        status, output = runs.rehearse()
        ended = time.time()
        assert status == 0, output[-6000:]
        until(lambda: crowd.seen(ended + 1)["green"] > RATE, "visitors of the new version")
        until(lambda: sum(each["at"] > ended for each in writers.lines()) > 20, "writes to the new version")
    assert crowd.failed() == {}
    writes = writers.lines()
    assert {each["seen"] for each in writes} == {"blue", "closed", "green"}
    closed = [line["at"] for line in crowd.lines() if line.get("closed")]
    seen = _between(crowd, closed[0] + 0.5, closed[-1] - 0.5)
    assert set(seen) == {"closed"}
    (backup,) = _jobs(runs, "backup-001-")
    (migration,) = _jobs(runs, "migrate-001-")
    assert closed[0] < _time(backup["status"]["startTime"]) < _time(migration["status"]["completionTime"]) < closed[-1]
    accepted = {each["id"] for each in writes if each["seen"] in ("blue", "green")}
    kept = {int(line) for line in runs.sql("SELECT id FROM client_products WHERE id > 10000").splitlines()}
    assert kept == accepted
    assert runs.sql("SELECT count(fixed_fee_facilitated) FROM client_products WHERE id <= 500") == "400"
    print(
        f"\na rename: closed for {closed[-1] - closed[0]:.0f} of {runs.timings['last']:.0f} s, {dict(crowd.seen())}; "
        f"{len(accepted):,} writes accepted and kept, {len(writes) - len(accepted):,} saw the page"
    )


def test_a_rename_is_taken_back_in_its_watch(runs: Runs) -> None:
    """By a person's word: closed, the database is rolled back, and everybody is on the former version. Whoever runs the
    same again is refused before anything is backed up or migrated."""
    with runs.crowd("kingstons", "/health") as crowd:
        status, output = runs.slipway("abort", "--system", "kingstons", "--reason", "the totals differ")
        assert status == 0, output
        found = until(lambda: runs.ended("kingstons"), "the end of the rollback")
        assert found is not None
        assert (found.active, found.active_version, found.closed) == ("blue", OLD, False), found.reason
        back = time.time()
        until(lambda: crowd.seen(back + 1)["blue"] > RATE, "visitors of the former version")
        jobs = {each["metadata"]["uid"] for each in _jobs(runs, "migrate-001-")}
        status, output = runs.rehearse()
        assert status == GIVEN_UP, output[-6000:]
        assert f"{RENAMED} was rolled back: Aborted by " in output, output[-3000:]
        assert "the totals differ; release another version" in output, output[-3000:]
        assert {each["metadata"]["uid"] for each in _jobs(runs, "migrate-001-")} == jobs
        assert crowd.seen(back + 1)["green"] == 0
    assert crowd.failed() == {}
    assert runs.sql("SELECT count(fixed_cost) FROM client_products WHERE id <= 500") == "400"
    for command, pattern in (
        ("status", "the next `up` is refused: release another version"),
        ("plan", "is refused by the next `up`"),
    ):
        assert pattern in runs.slipway(command, "--system", "kingstons")[1]
    print(f"\na rename taken back: refused after {runs.timings['last']:.0f} s, {dict(crowd.seen())}")


def _between(crowd: Crowd, begin: float, end: float) -> Counter[str]:
    total: Counter[str] = Counter()
    for line in crowd.lines():
        if begin <= line["at"] <= end:
            total.update({key: count for key, count in line.items() if key != "at"})
    return total


def _jobs(runs: Runs, start: str) -> list[dict[str, Any]]:
    return [
        each for each in runs.rig.get("jobs.batch", "-n", "kingstons") if each["metadata"]["name"].startswith(start)
    ]


def _failed(job: dict[str, Any]) -> bool:
    return any(each["type"] == "Failed" for each in job.get("status", {}).get("conditions", ()))


def _time(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
