"""`slipway import-dump` against a cluster's API on the loopback: what it makes, what it says, and its exit status."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from slipway.cli.import_dump import SCRIPTS
from slipway.ops.cluster import following
from tests.slipway.cli.conftest import Copy
from tests.slipway.cli.inside import Inside
from tests.slipway.cli.test_restore import Restore, cluster
from tests.slipway.ops.cluster.server import Cluster, Play

__all__ = ["cluster"]

IMPORTED = json.dumps({"backup": "fleet_db", "step": "replace", "status": "ok", "detail": "imported into fleet_db"})


@pytest.fixture
def bring(
    cluster: Cluster, project: Copy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Restore:
    """Into fleet's database, on the cluster."""
    monkeypatch.setattr(following, "PAUSE", 0)
    cluster.play = Play({"fetch": "", "restore": f"{IMPORTED}\n"})
    inside, kubeconfig = Inside(project.root, monkeypatch, capfd), cluster.kubeconfig(tmp_path)
    what = ("--system", "fleet", "--stack", "local", "--kubeconfig", kubeconfig)
    return lambda *words: inside("import-dump", *what, *words)


TO = ("--database", "fleet_db", "--object", "imports/shop.dump")


def test_the_pod_of_a_restore_imports(cluster: Cluster, bring: Restore) -> None:
    """By scripts of its own, with what to bring, and without the word to replace anything."""
    run = bring(*TO, "--sha256", "0" * 64)
    assert run.status == 0, run.everything
    assert run.err.splitlines()[-1] == "imported imports/shop.dump into fleet_db"
    (made,) = cluster.made
    assert re.fullmatch(r"fleet-db-import-\d{14}", made["metadata"]["name"])
    pod = made["spec"]["template"]["spec"]
    for container in [*pod["initContainers"], *pod["containers"]]:
        assert container["command"] == ["sh", SCRIPTS[container["name"]]]
        variables = {each["name"]: each["value"] for each in container["env"]}
        assert variables.items() >= {"OBJECT": "imports/shop.dump", "SHA256": "0" * 64, "REPLACE": "no"}.items()


def test_replacing_has_to_be_said(cluster: Cluster, bring: Restore) -> None:
    run = bring(*TO, "--replace", "--print")
    assert (run.status, cluster.made) == (0, [])
    (container,) = yaml.safe_load(run.out)["spec"]["template"]["spec"]["containers"]
    assert {"name": "REPLACE", "value": "yes"} in container["env"]


def test_a_failure_names_its_step(cluster: Cluster, bring: Restore) -> None:
    line = json.dumps({"backup": "fleet_db", "step": "compare", "status": "failed", "detail": "row counts differ"})
    cluster.play = Play({"fetch": "", "restore": f"{line}\n"}, status=1)
    run = bring(*TO)
    assert run.status == 1
    assert "the import into fleet_db failed at step compare" in run.err
    assert run.err.splitlines()[-1].endswith("fleet_db is unchanged")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--database", "fleet", "--object", "a"), "is not a database of fleet; did you mean 'fleet_db'?"),
        (("--database", "fleet_db", "--object", "a dump"), "--object is not a key in the bucket of backups"),
        (("--database", "fleet_db", "--object", "/a"), "--object is not a key in the bucket of backups"),
        ((*TO, "--sha256", "ABC"), "--sha256 is not a SHA-256 in 64 lower-case hexadecimal digits"),
    ],
)
def test_what_cannot_be_imported(cluster: Cluster, bring: Restore, words: tuple[str, ...], message: str) -> None:
    run = bring(*words)
    assert (run.status, run.out, cluster.made) == (2, "", [])
    assert message in run.err
