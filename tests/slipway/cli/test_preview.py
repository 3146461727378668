"""`slipway preview`, as a user runs it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests import installed
from tests.processes import TIMEOUT, until
from tests.rehearsed import rehearsed
from tests.slipway.cli.conftest import CANARY, ROOT, Copy

LOOPBACK_ONLY = """
import fcntl, os, socket, struct, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as lo:
    fcntl.ioctl(lo, 0x8914, struct.pack("16sH14s", b"lo", 1, b""))
os.execv(sys.argv[1], sys.argv[1:])
"""
"""Brings up the loopback of a fresh network namespace (SIOCSIFFLAGS, IFF_UP) and becomes the command."""


@pytest.mark.parametrize("stack", ["local", "staging", "prod"])
def test_every_stack_passes_its_policies(project: Copy, stack: str) -> None:
    """Exit status 0, five systems, no violation."""
    run = project.slipway("preview", "--stack", stack)
    assert run.status == 0, run.everything
    assert "5 systems" in run.out
    assert "0 violations, 0 warnings" in run.out


def test_the_plan_is_the_same_on_every_run() -> None:
    """`--format json` tells what the tests' own plan has, in the same order, under another hash seed."""
    run = Copy(ROOT).slipway("preview", "--stack", "staging", "--no-against", "--format", "json", PYTHONHASHSEED="1")
    assert run.status == 0, run.err
    made, known = json.loads(run.out), rehearsed("staging").plan.to_dict()
    for key in ("steps", "outputs", "diagnostics", "changeSummary"):
        assert json.dumps(made[key], sort_keys=True) == json.dumps(known[key], sort_keys=True)
    assert made["changeSummary"]["create"] > 400


def test_a_database_without_backup_blocks(project: Copy) -> None:
    """`backup: none` in a stack exits 1 and names rule, resource, file and line."""
    line = project.without_backup()
    run = project.slipway("preview", "--stack", "prod")
    assert run.status == 1, run.everything
    assert "mandatory database-backups" in run.out
    assert "expenses/expenses (aws:rds/instance:Instance)" in run.out
    assert f"fix: Pulumi.prod.yaml:{line}: databases.expenses.backup" in run.out
    (shown,) = re.findall(
        r"```console\n(mandatory database-backups.*?)```", (ROOT / "README.md").read_text(), re.DOTALL
    )
    here = re.sub(r"yaml:\d+", f"yaml:{line}", shown)  # a line below the README's, for the edit adds a secret above
    for part in here.replace("\n", "…").split("…"):
        assert part.rstrip(")") in run.out


def test_a_stack_may_be_laxer_than_another(small: Copy) -> None:
    """The same in `local` is advice."""
    version = "          blue: {version: 1.0.0}\n"
    small.edit("Pulumi.local.yaml", version, f"{version}          databases: {{orders: {{backup: none}}}}\n")
    run = small.slipway("preview", "--stack", "local")
    assert run.status == 0, run.everything
    assert "advisory database-backup-schedules" in run.out


def test_a_typo_names_file_line_and_the_right_word(project: Copy) -> None:
    """Exit status 2 before the program runs, and nothing on stdout."""
    line = project.edit("systems/fleet/system.yaml", "    port: 3000", "    prot: 3000")
    run = project.slipway("preview", "--stack", "prod")
    assert (run.status, run.out) == (2, "")
    assert (
        f"systems/fleet/system.yaml:{line}: services.fleet-api.prot: is not a known key; did you mean 'port'?"
        in run.err
    )


def test_an_unknown_stack_is_refused_with_the_known_ones(project: Copy) -> None:
    """Exit status 2 and the nearest name."""
    run = project.slipway("preview", "--stack", "stagin")
    assert run.status == 2
    assert "did you mean 'staging'?" in run.err


def test_no_stack_named_says_which_there_are(project: Copy) -> None:
    """Exit status 2 and the list."""
    run = project.slipway("preview")
    assert run.status == 2
    assert "--stack (local, prod, staging)" in run.err


def test_a_stack_file_elsewhere_can_be_previewed(project: Copy, tmp_path: Path) -> None:
    """`--config FILE` takes any file; findings name its lines."""
    other = tmp_path / "elsewhere" / "Pulumi.mine.yaml"
    other.parent.mkdir()
    other.write_text(
        "config:\n  slipway:environment: production\n  slipway:clusters:\n    main:\n      cloud: local\n      systems:\n"
        "        fleet: {blue: {version: v1}, databases: {fleet_db: {backup: none}}}\n"
    )
    run = project.slipway("preview", "--config", str(other))
    assert run.status == 1, run.everything
    assert "Pulumi.mine.yaml:7" in run.out


def test_a_plan_that_no_pack_judged_is_not_passed(small: Copy) -> None:
    """Without the pack's folder the plan is shown, and the exit status is that of bad input."""
    shutil.rmtree(small.root / "policies")
    run = small.slipway("preview", "--stack", "local")
    assert run.status == 2
    assert "Policies: not judged: there is no policy pack in policies/, and --policy-pack names none" in run.out
    assert "violation" not in run.out


def test_an_encrypted_value_stays_a_secret_unknown(small: Copy) -> None:
    """A `secure:` value is neither read nor shown, and the plan says so."""
    small.edit("Pulumi.local.yaml", "config:\n", f"config:\n  other:token: {{secure: v1:{CANARY}}}\n")
    run = small.slipway("preview", "--stack", "local", "--format", "json", AWS_SECRET_ACCESS_KEY=CANARY)
    assert run.status == 0, run.err
    assert CANARY not in run.everything
    assert json.loads(run.out)["config"]["other:token"] == "[secret]"


def test_a_secret_in_plain_text_is_refused_and_not_repeated(project: Copy) -> None:
    """The error names the variable, not its value."""
    project.edit("systems/fleet/system.yaml", "{secret: JWT_SECRET}", CANARY)
    run = project.slipway("preview", "--stack", "local")
    assert run.status == 2
    assert "JWT_SECRET" in run.err
    assert CANARY not in run.everything


def test_no_network_is_needed(small: Copy) -> None:
    """The preview passes in a network namespace that has nothing but loopback."""
    alone = ["unshare", "--net", "--map-root-user", sys.executable, "-c", LOOPBACK_ONLY]
    if subprocess.run([*alone, "/bin/true"], check=False).returncode != 0:
        pytest.skip("not run: no network namespace can be made here")
    run = small.slipway("preview", "--stack", "local", prefix=alone)
    assert run.status == 0, run.everything


def test_plain_output_without_a_terminal(project: Copy) -> None:
    """No escape codes, and progress on stderr."""
    run = project.slipway("preview", "--stack", "local")
    assert "\x1b" not in run.everything
    assert run.err.startswith("Previewing local: program …")


def test_an_exception_shows_the_users_line(small: Copy) -> None:
    """Exit status 3, the traceback, and what had registered before."""
    small.edit("__main__.py", "    export(build(stack))", "    export(build(stack))\n    raise RuntimeError('boom')")
    run = small.slipway("preview", "--stack", "local")
    assert run.status == 3
    assert "RuntimeError: boom" in run.out
    assert "raise RuntimeError('boom')" in run.out


def test_an_interrupt_leaves_nothing_running(small: Copy) -> None:
    """Ctrl-C ends the command, the worker and the policy pack."""
    mark = f"MARK_OF_TEST={small.root}"
    running = subprocess.Popen(
        [str(installed.command()), "preview", "--stack", "local"],
        cwd=small.root,
        env={**os.environ, "MARK_OF_TEST": str(small.root)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert running.stderr is not None
    assert running.stderr.readline().startswith("Previewing")
    os.killpg(running.pid, signal.SIGINT)
    assert running.wait(TIMEOUT) == 130
    until(lambda: not _processes(mark), "every process of the command ends")


def _processes(mark: str) -> list[str]:
    """Processes with `mark` in their environment."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                if mark.encode() in (entry / "environ").read_bytes():
                    found.append((entry / "cmdline").read_text())
            except OSError:
                continue
    return found
