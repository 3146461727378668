"""The worker process: what reaches the parent, what the parent shows, and that nothing is left running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from slipway.rehearsal import ConfigValue, PolicyPack, ProgramNotFoundError, Progress, WorkerError, process, rehearse
from tests.processes import TIMEOUT, assert_ended

CANARY = "canary-61c09f"

LEAKY = """
import os, sys
import pulumi

config = pulumi.Config()
token = config.require_secret("token")

class Res(pulumi.CustomResource):
    def __init__(self, name, **props):
        super().__init__("test:index:Res", name, props)

made = Res("it", token=token, text=pulumi.Output.concat("https://u:", token, "@host"))
pulumi.export("token", token)
print("printed", config.require("token"))
print("to stderr", config.require("token"), file=sys.stderr)
pulumi.log.warn("logged " + config.require("token"))
raise ValueError("raised " + config.require("token"))
"""

PARENT = """
import sys
from pathlib import Path
from slipway.rehearsal import rehearse

rehearse(Path(sys.argv[1]), project="p", stack="s", config={}, on_progress=print)
"""

HANGING = """
import os, subprocess, sys, time
import pulumi

def hang(_):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    with open(os.environ["PIDS"], "w") as pids:
        pids.write(f"{os.getpid()} {child.pid}")
    time.sleep(600)

pulumi.ComponentResource("a:b:C", "c").urn.apply(hang)
"""


OWN = """
import pulumi
from slipway.settings import VERSION

pulumi.export("version", VERSION)
"""


def test_a_program_imports_the_settings_that_lie_beside_it(tmp_path: Path) -> None:
    """A checkout of another version than the tool's is read by its own settings."""
    (tmp_path / "slipway" / "settings").mkdir(parents=True)
    for package in ("slipway", "slipway/settings"):
        (tmp_path / package / "__init__.py").write_text("VERSION = 'its own'\n")
    rehearsal = rehearse(program(tmp_path, OWN), project="p", stack="s", config={})
    assert rehearsal.failure is None, rehearsal.failure
    assert rehearsal.plan.outputs == {"version": "its own"}


def program(directory: Path, text: str) -> Path:
    (directory / "__main__.py").write_text(text)
    return directory


def test_a_secret_is_in_no_output(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    config = {"shop:token": ConfigValue(CANARY, secret=True)}
    rehearsal = rehearse(program(tmp_path, LEAKY), project="shop", stack="dev", config=config)
    shown = capfd.readouterr()
    assert "printed [secret]" in shown.err
    assert "to stderr [secret]" in shown.err
    assert shown.out == ""
    assert "ValueError: raised [secret]" in (rehearsal.failure or "")
    assert [item.message for item in rehearsal.diagnostics] == ["logged [secret]"]
    assert CANARY not in "".join([rehearsal.plan.to_json(), repr(rehearsal), shown.err])


def test_the_programs_exit_handlers_run_and_what_it_printed_last_is_shown(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(process, "EXIT_SECONDS", TIMEOUT)
    text = "import atexit\natexit.register(print, 'leaving')\nprint('no newline', end='')\n"
    rehearse(program(tmp_path, text), project="p", stack="s", config={})
    assert capfd.readouterr().err == "no newlineleaving\n"


def test_progress_counts_registered_resources(tmp_path: Path):
    text = "import pulumi\nfor i in range(3):\n    pulumi.ComponentResource('a:b:C', f'c{i}')\n"
    seen: list[Progress] = []
    rehearse(program(tmp_path, text), project="p", stack="s", config={}, on_progress=seen.append)
    assert seen[0] == Progress("program", 1)
    assert seen[-1] == Progress("policies", 4)


def test_the_programs_environment_has_what_the_caller_adds(tmp_path: Path):
    text = "import os, pulumi\npulumi.export('colour', os.environ['COLOUR'])\n"
    rehearsal = rehearse(program(tmp_path, text), project="p", stack="s", config={}, environment={"COLOUR": "blue"})
    assert rehearsal.plan.outputs == {"colour": "blue"}


def test_a_program_cannot_import_what_lies_beside_this_package(tmp_path: Path):
    text = "import sys, pulumi\npulumi.export('path', list(sys.path))\n"
    without = {"PYTHONPATH": ""}
    plan = rehearse(program(tmp_path, text), project="p", stack="s", config={}, environment=without).plan
    path = plan.outputs["path"]
    assert path[0] == "."
    assert str(Path(rehearse.__code__.co_filename).parent.parent) not in path


def test_a_directory_without_a_program_is_refused_with_its_path(tmp_path: Path):
    with pytest.raises(ProgramNotFoundError, match=str(tmp_path)):
        rehearse(tmp_path, project="p", stack="s", config={})


def test_a_worker_that_dies_is_an_error_that_says_how(tmp_path: Path):
    text = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n"
    with pytest.raises(WorkerError, match="SIGKILL"):
        rehearse(program(tmp_path, text), project="p", stack="s", config={})


def test_a_pack_that_is_not_there_ends_the_run(tmp_path: Path):
    with pytest.raises(Exception, match="no-such-pack"):
        rehearse(
            program(tmp_path, ""), project="p", stack="s", config={}, packs=[PolicyPack(tmp_path / "no-such-pack")]
        )


def test_an_exception_of_the_callers_callback_ends_the_worker(tmp_path: Path):
    def interrupt(progress: Progress) -> None:
        raise KeyboardInterrupt

    environment = {"PIDS": str(tmp_path / "pids")}
    program(tmp_path, HANGING)
    with pytest.raises(KeyboardInterrupt):
        rehearse(tmp_path, project="p", stack="s", config={}, on_progress=interrupt, environment=environment)
    # The program may have been stopped before it wrote the file.
    pids = tmp_path / "pids"
    assert_ended(map(int, pids.read_text().split() if pids.exists() else ()))


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_running_when_the_parent_is_stopped(tmp_path: Path, stop: signal.Signals):
    pids = tmp_path / "pids"
    os.mkfifo(pids)
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(program(tmp_path, HANGING))],
        env={**os.environ, "PIDS": str(pids)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    running = pids.read_text().split()
    parent.send_signal(stop)
    assert parent.wait(TIMEOUT) != 0
    assert_ended(map(int, running))
