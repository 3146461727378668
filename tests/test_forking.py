"""Forked processes are what fresh ones are, and end with the run."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from pulumi.runtime.proto.analyzer_pb2 import AnalyzerInfo

from slipway.rehearsal import ConfigValue, Rehearsal, Timings, rehearse
from slipway.rehearsal.packs import PackSession, StackContext
from tests import forking, installed, shared
from tests.processes import TIMEOUT, assert_ended

PACK = forking.ROOT / "policies"
PROGRAM = """
import os, random, sys
import pulumi
import pulumi_kubernetes as k8s
from helper import NAME

config = pulumi.Config("trial")
k8s.core.v1.ConfigMap(NAME, data={"size": config.require("size"), "place": os.getcwd(), "told": os.environ["TOLD"]})
if os.getpid() not in (os.getsid(0), os.getpgrp()):
    raise RuntimeError("not a session of its own")
pulumi.export("arguments", sys.argv)
pulumi.export("password", config.require_secret("password"))
"""
OF_THIS_REPOSITORY = """
import sys
import pulumi
pulumi.export("imported", "components.clouds.kubernetes_provider" in sys.modules)
from components.clouds.kubernetes_provider import kubernetes_provider
kubernetes_provider("main")
"""
OF_ITS_OWN = """
import pulumi_kubernetes
def kubernetes_provider(name):
    return pulumi_kubernetes.Provider("mine")
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: trial\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(PROGRAM)
    (tmp_path / "helper.py").write_text(f"NAME = {tmp_path.name!r}\n")
    return tmp_path


@pytest.fixture
def parents(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run's own, so that those of this one stay as they are."""
    folder = tmp_path_factory.mktemp("r")
    monkeypatch.setenv(shared.FOLDER, str(folder))
    return folder


def _rehearsed(program: Path) -> Rehearsal:
    config = {"trial:size": ConfigValue("3"), "trial:password": ConfigValue("correct horse", secret=True)}
    made = rehearse(program, project="trial", stack="one", config=config, environment={"TOLD": "a word"})
    return replace(made, timings=Timings(0, 0, 0))


def test_a_forked_worker_makes_the_plan_of_a_fresh_one(program: Path, parents: Path) -> None:
    """The first that a parent forks, and those after it, which find installed modules imported but no others."""
    fresh = _rehearsed(program)
    end = forking.begin()
    try:
        with forking.forked_workers():
            assert [_rehearsed(program), _rehearsed(program)] == [fresh, fresh]
            (program / "helper.py").write_text("NAME = 'another'\n")
            assert "::another" in _rehearsed(program).plan.steps[-1].urn
    finally:
        end()
    assert fresh.failure is None


def test_modules_of_this_repository_are_imported_once(program: Path, parents: Path) -> None:
    """The plan of a program that has them, by link or as a copy, is that of a fresh process, lines of its files included;
    one that has another of them imports its own."""
    (program / "__main__.py").write_text(OF_THIS_REPOSITORY)
    (program / "slipway").symlink_to(forking.ROOT / "slipway")
    shutil.copytree(forking.ROOT / "components", program / "components")
    fresh = _rehearsed(program)
    assert fresh.plan.steps[-1].state["sourcePosition"].startswith("project:///components/clouds/")
    end = forking.begin()
    try:
        with forking.forked_workers():
            first, second = _rehearsed(program), _rehearsed(program)
            (program / "components" / "clouds" / "kubernetes_provider.py").write_text(OF_ITS_OWN)
            other = _rehearsed(program)
    finally:
        end()
    outputs = [each.plan.outputs["imported"] for each in (fresh, first, second, other)]
    assert outputs == [False, False, True, False]
    # The outputs are the stack's.
    assert first.plan.steps[1:] == second.plan.steps[1:] == fresh.plan.steps[1:]
    assert other.plan.steps[-1].urn.endswith("::mine")


def test_a_forked_pack_says_what_a_fresh_one_says(parents: Path) -> None:
    """And has, as it, ended with status 0 once its input has."""
    fresh = _asked()
    end = forking.begin()
    try:
        with forking.forked_workers():
            assert [_asked(), _asked()] == [fresh, fresh]
    finally:
        end()
    assert fresh[1] == "exit status 0"
    assert len(fresh[0].policies) > 1


def _asked() -> tuple[AnalyzerInfo, str]:
    session = PackSession(PACK, StackContext("trial", "one", "organization"))
    try:
        session.handshake(TIMEOUT)
    finally:
        session.close()
    return session.info, session.process.exit_report()


def test_the_command_answers_as_it_does_alone(tmp_path: Path) -> None:
    """Status, output and errors, of input that it refuses and of help."""
    refused, helped = forking.slipway(["check"], tmp_path), forking.slipway(["--help"], tmp_path)
    assert (refused[0], refused[1]) == (2, "")
    assert "Pulumi.yaml" in refused[2]
    assert helped[0] == 0
    assert "preview" in helped[1]


def test_a_script_runs_the_command_too(tmp_path: Path) -> None:
    """In its folder, with its variables and streams, as the command that is installed."""
    command = tmp_path / "slipway"
    forking.write_command(command)
    for arguments in (["check"], ["--help"]):
        asked = {"cwd": tmp_path, "capture_output": True, "text": True, "env": {**os.environ, "COLUMNS": "70"}}
        forked, fresh = (subprocess.run([each, *arguments], **asked) for each in (command, installed.command()))
        assert (forked.returncode, forked.stdout, forked.stderr) == (fresh.returncode, fresh.stdout, fresh.stderr)


def test_parents_and_children_end_with_the_run(tmp_path: Path, parents: Path) -> None:
    """Also a child that its parent has not awaited."""
    end = forking.begin()
    reads, writes = os.pipe()
    child = forking._fork(forking.WORKER, (), cwd=tmp_path, environment=dict(os.environ), files=(reads, 2, reads, 2, 2))
    end()
    os.close(writes)
    assert_ended([child.pid])
    os.close(reads)
