"""How the command ends: one message, and the exit status that the README names."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys

import pytest

from slipway.cli import exits
from slipway.ops.failure import CloudFailure
from slipway.settings import exit_statuses
from tests import installed
from tests.processes import TIMEOUT
from tests.slipway.cli.conftest import ROOT, Copy


@pytest.fixture(autouse=True)
def command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["slipway", "check", "--cwd", "."])


def ended(error: BaseException, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Status and message of a command that fails so."""
    with pytest.raises(SystemExit) as left, exits.reported(), exits.translated_interrupts():
        raise error
    return int(left.value.code or 0), capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "status", "expected"),
    [
        (exits.Interrupted("while previewing prod; nothing was changed"), 130, "interrupted while previewing prod"),
        (KeyboardInterrupt(), 130, "slipway: interrupted during `check`"),
        (BrokenPipeError(), 141, ""),
        (CloudFailure("no credentials"), 3, "slipway: no credentials"),
        (PermissionError(13, "Permission denied", "ledger/prod.yaml"), 3, "ledger/prod.yaml: Permission denied"),
    ],
)
def test_every_way_to_fail(
    error: BaseException, status: int, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line says what it was."""
    left, message = ended(error, capsys)
    assert (left, len(message.splitlines())) == (status, 1 if expected else 0)
    assert expected in message


def test_an_error_of_our_own_is_not_taken_for_a_violation(capsys: pytest.CaptureFixture[str]) -> None:
    """Status 3 and the traceback, in which what may be secret is hidden."""
    status, message = ended(KeyError("sk_live_0123456789abcdef"), capsys)
    assert status == 3
    assert "Traceback" in message
    assert "sk_live" not in message


def test_an_interrupt_says_of_what(project: Copy) -> None:
    """Ctrl-C while a plan is made."""
    running = subprocess.Popen(
        [str(installed.command()), "preview", "--stack", "local"],
        cwd=project.root,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stderr is not None
    assert running.stderr.readline().startswith("Previewing")
    running.send_signal(signal.SIGINT)
    _, output = running.communicate(timeout=TIMEOUT)
    assert running.returncode == 130
    assert output.splitlines()[-1] == "slipway: interrupted while previewing local; nothing was changed"


BROKEN_OFF = """
import os, signal, sys
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "slipway.cli.main":
            try:
                signal.raise_signal(signal.SIGINT)
            except KeyboardInterrupt as error:
                raise {raised}
sys.meta_path.insert(0, Finder())
from slipway.cli.start import main
main()
"""
TAKEN_FOR_ANOTHER = """
import signal
from slipway.cli import exits, interrupts
interrupts.watch()
with exits.reported():
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        raise ValueError("SchemaError") from None
"""


def python(program: str) -> tuple[int, str, str]:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=ROOT)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("raised", ["error", "ValueError('a library takes it for an error of its own') from error"])
def test_an_interrupt_while_the_command_is_imported(raised: str) -> None:
    """One line, as later, and no traceback; a slow disk makes a second of it."""
    assert python(BROKEN_OFF.format(raised=raised)) == (130, "", "slipway: interrupted\n")


def test_an_interrupt_that_a_library_takes_for_its_own_error() -> None:
    """It is none of Slipway's bugs: pydantic does so while it builds a model."""
    assert python(TAKEN_FOR_ANOTHER) == (130, "", "slipway: interrupted\n")


def test_what_libraries_log_is_not_shown() -> None:
    """Clouds' SDKs warn of each login that they try; the failure itself has a message."""
    log = "import logging; from slipway.cli import exits; {quiet}; logging.getLogger('azure.identity').warning('noise')"
    assert python(log.format(quiet="exits.quiet_libraries()")) == (0, "", "")
    assert "noise" in python(log.format(quiet="0"))[2]


def test_no_control_characters_without_a_terminal(project: Copy) -> None:
    """Neither colours nor moves of the cursor: a line for each phase, also where the environment asks for colours."""
    run = project.slipway("preview", "--stack", "local", "--no-against", TERM="xterm-256color", COLORTERM="truecolor")
    assert run.status == 0
    assert not re.search(r"[\x00-\x09\x0b-\x1f]", run.everything)
    assert "Previewing local: program …\n" in run.err


def shell(project: Copy, script: str) -> tuple[int, str, str]:
    """What `script` ends with, in which `slipway` is the command."""
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", script.replace("slipway", str(installed.command()))],
        cwd=project.root, env={**os.environ, "PYTHONUNBUFFERED": ""}, capture_output=True, text=True, check=False, timeout=TIMEOUT,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("command", ["slipway check", "slipway policies --stack local", "slipway --help"])
def test_a_reader_who_goes_away(project: Copy, command: str) -> None:
    """`| head` and the like: no word of it, and the status of a program that SIGPIPE ends."""
    status, _, err = shell(project, f"{{ sleep 0 & wait; {command}; }} | true")
    assert (status, err) == (141, "") or (status == 0 and all(line.startswith("note: ") for line in err.splitlines()))


def test_a_reader_who_is_gone_already(project: Copy) -> None:
    """The pipe has no reader at all when the command starts."""
    script = "import os, sys; r, w = os.pipe(); os.close(r); os.dup2(w, 1); os.execv(sys.argv[1], sys.argv[1:])"
    for arguments in ("check", "policies --stack local"):
        status, _, err = shell(project, f"python3 -c '{script}' slipway {arguments}")
        assert (status, err) == (141, "")


def test_a_full_disk(project: Copy) -> None:
    """Status 3 and the reason, in one line."""
    status, _, err = shell(project, "slipway check >/dev/full")
    assert (status, err) == (3, "slipway: the output cannot be written: No space left on device\n")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_closed_stream_is_the_null_device(project: Copy, closed: str) -> None:
    """What is read and written otherwise stays as it is, and so does the status."""
    status, out, err = shell(project, f"slipway check {closed}")
    assert status == 0
    assert all(line.startswith("note: ") for line in err.splitlines())
    assert out == ("" if ">&-" in closed.replace("2>&-", "") else "5 systems and 3 stacks are valid\n")
    (project.root / "Pulumi.local.yaml").write_text("config: []\n")
    assert shell(project, f"slipway check {closed}")[0] == 2


def test_a_stream_that_lacks_characters(project: Copy) -> None:
    """A Latin terminal shows an escape where it would have shown nothing."""
    project.edit("systems/fleet/system.yaml", "port: 3000", "port: 70000")
    run = project.slipway("check", PYTHONIOENCODING="ascii:strict")
    assert run.status == 2
    assert "70000 is not a port (1\\u201365535)" in run.err


def test_version_and_short_help(project: Copy) -> None:
    """`--version` and `-h`, of the command and of one of its commands."""
    assert re.fullmatch(r"slipway [0-9]+(\.[0-9]+)+\n", project.slipway("--version").out)
    assert project.slipway("-h").out == project.slipway("--help").out
    assert "--resources" in project.slipway("preview", "-h").out


def test_the_readme_names_each_status() -> None:
    """All statuses of `slipway/settings/exit_statuses.py`, and no other."""
    (sentence,) = re.findall(r"^Exit status: (.*?)\n\n", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    named = {int(each) for each in re.findall(r"\b(\d+)\b", sentence)}
    assert named == {value for name, value in vars(exit_statuses).items() if name.isupper() and isinstance(value, int)}
