"""What a gate's Job does, against a cluster's API over HTTP."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from slipway.release import gate
from slipway.release.gate import BROKEN, PASSED, REFUSED
from slipway.release.status import Status
from tests.processes import TIMEOUT, until
from tests.slipway.release.controller.server import Cluster, served
from tests.slipway.release.controller.system import ID, NAME, NAMESPACE, OPEN, put, spec

ENVIRONMENT = {"POD_NAMESPACE": NAMESPACE, "JOB_UID": "uid-of-this-job"}


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    monkeypatch.setattr(gate, "PAUSE", 0.01)
    with served() as started:
        yield started


class Run:
    """The gate in a thread, while the cluster changes."""

    def __init__(self, cluster: Cluster, folder: Path, name: str = "admit", environment: dict[str, str] = ENVIRONMENT):
        self.file = folder / "last-words"
        self.status: int | None = None
        words = [name, "--release", NAME, "--id", ID]

        def run() -> None:
            self.status = gate.run(words, environment, cluster.api(), self.file)

        self.thread = threading.Thread(target=run, daemon=True)
        self.thread.start()

    def end(self) -> int | None:
        self.thread.join(TIMEOUT)
        return self.status


def after(cluster: Cluster, change: Callable[[], Any], run: Run) -> int | None:
    """What the gate ends with once it has waited and then something changes."""
    before = cluster.looks
    until(lambda: cluster.looks > before + 1, "two looks")
    assert run.thread.is_alive()
    change()
    return run.end()


def status(**changed: Any) -> Status:
    return OPEN.model_copy(update={"phase": "Waiting", "open_gates": [], **changed})


@pytest.mark.parametrize("name", ["admit", "promote"])
def test_it_passes_when_the_controller_opens_it(
    cluster: Cluster, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """And shows what is awaited meanwhile, once."""
    missing = "Approval by lead: `slipway release approve`."
    put(cluster, spec(), status(waiting=[missing]))
    run = Run(cluster, tmp_path, name)
    assert after(cluster, lambda: put(cluster, spec(), status(open_gates=[name])), run) == PASSED
    output = capsys.readouterr().out
    assert output.count(missing) == 1
    assert output.splitlines()[-1] == f"{name}: open"


def test_it_fails_with_the_reason_of_a_rollback(
    cluster: Cluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line, also as the pod's last words, with what leads on."""
    put(cluster, spec(), status(phase="Stepping"))
    run = Run(cluster, tmp_path, "promote")
    reason = "Step 1 (10 %): 50 % of 1,000 requests failed,\nat most 1 %."
    ended = after(cluster, lambda: put(cluster, spec(), status(phase="RolledBack", reason=reason)), run)
    assert ended == REFUSED
    message = (
        "shop 2.0.0 was rolled back: Step 1 (10 %): 50 % of 1,000 requests failed, at most 1 %; release another version, "
        "set `attempt` one higher to try the same again or take it back by `slipway release revert --stack test --system "
        "shop`."
    )
    assert run.file.read_text() == message
    assert message in capsys.readouterr().err


def test_it_fails_by_a_refusal_of_its_own_job_only(cluster: Cluster, tmp_path: Path) -> None:
    """The refusal of the Job before it, which `pulumi up` has replaced, is none."""
    put(cluster, spec(), status(phase="Refused", reason="too early", gate="uid-of-another-job"))
    run = Run(cluster, tmp_path)
    refused = status(phase="Refused", reason="too early", gate="uid-of-this-job")
    assert after(cluster, lambda: put(cluster, spec(), refused), run) == REFUSED
    assert run.file.read_text() == "too early"


def test_a_gate_of_another_release_stays_shut(cluster: Cluster, tmp_path: Path) -> None:
    put(cluster, spec(), status(id="ffffffffffff", open_gates=["admit"]))
    run = Run(cluster, tmp_path)
    assert after(cluster, lambda: put(cluster, spec(), status(open_gates=["admit"])), run) == PASSED


def test_an_api_server_that_is_down_is_awaited(cluster: Cluster, tmp_path: Path) -> None:
    put(cluster, spec(), status(open_gates=["admit"]))
    cluster.is_down = True
    run = Run(cluster, tmp_path)

    def up() -> None:
        cluster.is_down = False

    assert after(cluster, up, run) == PASSED


def test_a_release_that_is_about_another_id_is_not_awaited_for_ever(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "ABSENT", 0.05)
    assert Run(cluster, tmp_path).end() == REFUSED
    put(cluster, spec(id="eeeeeeeeeeee"), status())
    run = Run(cluster, tmp_path)
    assert run.end() == REFUSED
    assert run.file.read_text() == f"Release {NAMESPACE}/{NAME} is about another release, eeeeeeeeeeee"


@pytest.mark.parametrize("missing", ENVIRONMENT)
def test_what_the_pod_does_not_say_is_no_refusal(cluster: Cluster, tmp_path: Path, missing: str) -> None:
    """It is tried again, by another exit status."""
    environment = {key: value for key, value in ENVIRONMENT.items() if key != missing}
    run = Run(cluster, tmp_path, environment=environment)
    assert run.end() == BROKEN
    assert missing in run.file.read_text()
