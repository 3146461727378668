"""`slipway rehearse` without a cluster: one clear error, status 2, and no program is run for nothing."""

from __future__ import annotations

import io
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from slipway.cli import rehearse
from slipway.cli.cluster_options import ClusterOptions
from slipway.ops.cluster.api_kinds import Kind
from slipway.ops.cluster.apply_plan import ApplyResult
from slipway.ops.cluster.objects import Manifests, Object
from slipway.ops.cluster.pruning import Pruned
from slipway.ops.cluster.scheduling import Outcome
from slipway.settings.exit_statuses import FAILED, OK, VIOLATED
from slipway.settings.problems import InvalidSettings
from tests.processes import TIMEOUT
from tests.slipway.cli.conftest import ROOT, Copy


def kubeconfig(folder: Path, server: str) -> str:
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "here",
        "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me"}}],
        "clusters": [{"name": "here", "cluster": {"server": server}}],
        "users": [{"name": "me", "user": {"token": "none"}}],
    }
    file = folder / "kubeconfig"
    file.write_text(yaml.safe_dump(content))
    return str(file)


@pytest.fixture
def dead(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A kubeconfig of a cluster that nobody runs: its port is taken, and nobody listens there."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield kubeconfig(tmp_path_factory.mktemp("kube"), f"http://127.0.0.1:{taken.getsockname()[1]}")


def refused(project: Copy, *arguments: str) -> str:
    run = project.slipway("rehearse", *arguments)
    assert run.status == 2, run.everything
    assert run.out == ""
    assert "Traceback" not in run.err
    assert "Previewing" not in run.err
    return run.err


def test_a_cluster_out_of_reach(project: Copy, dead: str) -> None:
    error = refused(project, "--stack", "local", "--kubeconfig", dead)
    assert error.startswith("slipway: kubernetes: the cluster cannot be reached")
    assert "is context here right?" in error
    assert len(error.splitlines()) == 1


def test_an_unknown_context(project: Copy, dead: str) -> None:
    assert "has no context elsewhere" in refused(
        project, "--stack", "local", "--kubeconfig", dead, "--context", "elsewhere"
    )


def test_no_kubeconfig(project: Copy, tmp_path: Path) -> None:
    assert "has no current context" in refused(project, "--stack", "local", "--kubeconfig", str(tmp_path / "none"))


def test_a_kubeconfig_that_is_none(project: Copy, tmp_path: Path) -> None:
    file = tmp_path / "kubeconfig"
    file.write_text("{")
    assert "cannot be read" in refused(project, "--stack", "local", "--kubeconfig", str(file))


def test_a_stack_with_several_clusters(project: Copy, dead: str) -> None:
    assert "pass --cluster (fleet, main)" in refused(project, "--stack", "prod", "--kubeconfig", dead)
    assert "'nope' is not a cluster" in refused(project, "--stack", "prod", "--kubeconfig", dead, "--cluster", "nope")


def test_a_cloud_s_cluster_is_never_guessed(project: Copy, dead: str) -> None:
    run = project.slipway("rehearse", "--stack", "prod", "--cluster", "main", KUBECONFIG=dead)
    assert run.status == 2
    assert "pass --context with its context in the kubeconfig" in run.err


def test_a_stack_that_does_not_exist(project: Copy, dead: str) -> None:
    assert "'prd' is not a stack" in refused(project, "--stack", "prd", "--kubeconfig", dead)


def asked(
    monkeypatch: pytest.MonkeyPatch,
    *answers: str,
    known: bool = True,
    terminal: bool = True,
    sure: bool = False,
    first: bool = False,
) -> bool:
    """Whether the cluster `here` is taken for the one that is meant."""
    typed = io.StringIO("".join(f"{answer}\n" for answer in answers))
    monkeypatch.setattr(typed, "isatty", lambda: terminal)
    monkeypatch.setattr(sys, "stdin", typed)
    return rehearse.meant(
        rehearse.Request(ClusterOptions(), sure=sure, first=first), "here", "context here (https://x)", known=known
    )


@pytest.mark.parametrize(
    ("answers", "known", "message", "good"),
    [
        (["y"], True, {}, True),
        (["n"], True, {}, False),
        ([""], True, {}, False),
        ([], True, {"sure": True}, True),
        (["here"], False, {}, True),
        (["here"], False, {"sure": True}, True),
        (["y"], False, {}, False),
        (["y"], False, {"first": True}, True),
        ([], False, {"first": True, "sure": True}, True),
    ],
)
def test_people_are_asked_whether_the_cluster_is_the_one(
    monkeypatch: pytest.MonkeyPatch, answers: list[str], known: bool, message: dict[str, bool], good: bool
) -> None:
    """One that was never rehearsed on is named by hand, or on the command line."""
    assert asked(monkeypatch, *answers, known=known, **message) is good


@pytest.mark.parametrize(
    ("known", "message", "pass_this"), [(True, {}, "--yes"), (False, {"sure": True}, "--first"), (False, {}, "--yes")]
)
def test_without_a_terminal_the_answer_must_be_given(
    monkeypatch: pytest.MonkeyPatch, known: bool, message: dict[str, bool], pass_this: str
) -> None:
    with pytest.raises(InvalidSettings) as error:
        asked(monkeypatch, known=known, terminal=False, **message)
    assert f"pass {pass_this}" in str(error.value.problems[0])
    assert "context here (https://x)" in str(error.value.problems[0])


def test_one_cause_stands_above_what_it_held_up(capsys: pytest.CaptureFixture[str]) -> None:
    """With the lines that tell why; of many objects a few are named."""
    objects = tuple(
        Object(name, Kind("v1", "ConfigMap"), name, {}) for name in ["job", *(f"c{n:02}" for n in range(40))]
    )
    skipped = {"c00": "ConfigMap job", **{f"c{n:02}": f"ConfigMap c{n - 1:02}" for n in range(1, 40)}}
    outcome = Outcome(failures={"job": "the Job failed"}, skipped=skipped, evidence={"job": ("pod: | disk full",)})
    rehearse._show(ApplyResult(outcome, None), Manifests(objects, ()))  # pyright: ignore[reportPrivateUsage]
    lines = capsys.readouterr().out.splitlines()
    assert lines[:5] == [
        "failed:",
        "  ConfigMap job: the Job failed",
        "      pod: | disk full",
        "not applied because of ConfigMap job: 40 objects",
        "  ConfigMap c00: needs ConfigMap job",
    ]
    assert "  … and 28 more" in lines


@pytest.mark.parametrize(
    ("failed", "away", "status"),
    [((), "", OK), (("gate",), "", VIOLATED), (("gate", "pod"), "", FAILED), (("gate",), "no answer", FAILED)],
)
def test_a_release_that_is_given_up_has_a_status_of_its_own(failed: tuple[str, ...], away: str, status: int) -> None:
    """Only if nothing else failed."""
    labels = {"gate": {"slipway.dev/gate": "promote"}, "pod": {}}
    objects = tuple(
        Object(name, Kind("batch/v1", "Job"), name, {"metadata": {"labels": labels[name]}}) for name in labels
    )
    outcome = Outcome(failures=dict.fromkeys(failed, "the Job failed"), away=away)
    result = ApplyResult(outcome, None if failed else Pruned())
    assert rehearse._status(result, Manifests(objects, ())) == status  # pyright: ignore[reportPrivateUsage]


def test_a_second_interrupt_leaves_at_once() -> None:
    """Without a traceback, whatever the first one still waits for."""
    program = """
import os, signal, sys, threading
from slipway.cli.rehearse import one_interrupt
try:
    with one_interrupt():
        os.kill(os.getpid(), signal.SIGINT)
        threading.Event().wait()
except KeyboardInterrupt:
    os.kill(os.getpid(), signal.SIGINT)
    threading.Event().wait()
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT, check=False
    )
    assert done.returncode == 130
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1] == "interrupted again; left at once"


def test_an_interrupt_may_come_while_a_line_is_printed(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Where nothing else can be printed."""

    class Busy(io.StringIO):
        inside = False

        def write(self, text: str, /) -> int:
            if self.inside:
                raise RuntimeError(f"reentrant call: {text}")
            self.inside = True
            signal.raise_signal(signal.SIGINT)
            return len(text)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    monkeypatch.setattr(sys, "stderr", Busy())
    try:
        with pytest.raises(KeyboardInterrupt), rehearse.one_interrupt():
            print("a line", file=sys.stderr)
    finally:
        monkeypatch.undo()
        signal.signal(signal.SIGINT, before)
    assert capfd.readouterr().err.startswith("interrupted; requests under way are awaited")
