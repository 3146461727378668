"""`slipway set-version`."""

from __future__ import annotations

import difflib
import os
import stat

import pytest

from tests.by_hand import make_by_hand
from tests.slipway.cli.conftest import Copy

SPLIT = "blue: {version: 0.1.0, weight: 50}\n          green: {version: 0.1.0, weight: 50}"
STAGING, PROD = "Pulumi.staging.yaml", "Pulumi.prod.yaml"


def changed(before: str, after: str) -> list[str]:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return [line for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---")]


def test_one_value_of_the_file_changes(project: Copy) -> None:
    """The line is told, the rest of the file stays, and so do its rights."""
    file = project.root / STAGING
    file.chmod(0o640)
    before = file.read_text()
    run = project.slipway(
        "set-version", "--stack", "staging", "--system", "smartwallet", "--slot", "green", "--version", "2.5.0-rc.1"
    )
    assert run.status == 0, run.everything
    after = file.read_text()
    line = after.splitlines().index("          green: {version: 2.5.0-rc.1}") + 1
    assert run.out == f"{STAGING}:{line}: smartwallet green: 2.4.0 → 2.5.0-rc.1\n"
    assert changed(before, after) == [
        "-          green: {version: 2.4.0}",
        "+          green: {version: 2.5.0-rc.1}",
    ]
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert not [path for path in os.listdir(project.root) if path.endswith(".new")]


def test_a_slot_that_the_stack_has_not_yet_is_added(project: Copy) -> None:
    """Below the other one; a version that looks like a number is quoted, and the stack is well formed."""
    before = (project.root / PROD).read_text()
    run = project.slipway("set-version", "--stack", "prod", "--system", "fleet", "--slot", "green", "--version", "2.10")
    assert run.status == 0, run.everything
    assert "fleet green: no version → 2.10" in run.out
    assert changed(before, (project.root / PROD).read_text()) == ['+          green: {version: "2.10"}']
    assert project.slipway("check").status == 0


def test_one_service_gets_a_version_of_its_own(project: Copy) -> None:
    """Beside the slot's; a slot that runs nothing has none."""
    words = (
        "set-version",
        "--stack",
        "staging",
        "--system",
        "smartwallet",
        "--service",
        "smartwallet-api",
        "--version",
    )
    run = project.slipway(*words, "2.4.1", "--slot", "green")
    assert run.status == 0, run.everything
    assert run.out.endswith(": smartwallet-api of smartwallet green: 2.4.0 → 2.4.1\n")
    own = "          green: {version: 2.4.0, versions: {smartwallet-api: 2.4.1}}\n"
    assert own in (project.root / STAGING).read_text()
    assert project.slipway(*words, "2.4.1", "--slot", "green").out.endswith("green is already 2.4.1\n")
    project.edit(
        STAGING,
        f"          active: green\n          blue: {{version: 2.3.0}}\n{own}",
        "          blue: {version: 2.3.0}\n",
    )
    refused = project.slipway(*words, "2.4.1", "--slot", "green")
    assert refused.status == 2
    assert "slot green of smartwallet has no version: set that first, without --service" in refused.err


def test_a_version_in_place_is_warned_of(project: Copy) -> None:
    """Where a controller releases, and only of the slot that visitors have."""
    words = ("set-version", "--stack", "local", "--system", "fleet", "--version", "personal-use-v1.1.0", "--slot")
    assert project.slipway(*words, "green").err == ""
    run = project.slipway(*words, "blue")
    assert run.status == 0, run.everything
    assert run.err.startswith(
        "blue is the active slot of fleet: its pods are replaced under its visitors, without steps"
    )


def test_the_same_version_again_changes_nothing(project: Copy) -> None:
    """Exit status 0, said."""
    file = project.root / PROD
    before = file.stat().st_mtime_ns
    run = project.slipway(
        "set-version", "--stack", "prod", "--system", "kingstons", "--slot", "blue", "--version", "1.0.0"
    )
    assert (run.status, run.out) == (0, f"{PROD}: kingstons blue is already 1.0.0\n")
    assert file.stat().st_mtime_ns == before


REFUSED = {
    "system": (
        "kingston",
        "blue",
        "2.0.0",
        "--system kingston is not a system of stack prod; did you mean 'kingstons'?",
    ),
    "receivers": ("monitoring-main", "blue", "2.0.0", "--system monitoring-main has no versions"),
    "slot": ("kingstons", "red", "2.0.0", "Invalid value for '--slot'"),
    "moving tag": ("kingstons", "blue", "latest", "kingstons.blue.version: latest is not a version"),
    "YAML": ("kingstons", "blue", "1}, weight: 100, x: {y", "is not a version"),
    "newline": ("kingstons", "blue", "2.0.0\n", "is not a version"),
    "empty": ("kingstons", "blue", "", "is not a version"),
    "option": ("kingstons", "blue", "--help", "is not a version"),
}


@pytest.mark.parametrize(("system", "slot", "version", "message"), REFUSED.values(), ids=REFUSED)
def test_bad_input_changes_nothing(project: Copy, system: str, slot: str, version: str, message: str) -> None:
    """Exit status 2, one clear error, the file as it was."""
    before = (project.root / PROD).read_bytes()
    run = project.slipway(
        "set-version", "--stack", "prod", f"--system={system}", f"--slot={slot}", f"--version={version}"
    )
    assert (run.status, run.out) == (2, ""), run.everything
    assert message in run.err
    assert (project.root / PROD).read_bytes() == before


def test_a_version_that_breaks_another_rule_changes_nothing(project: Copy) -> None:
    """The problem is reported in the stack's own file: here visitors would be split over an incompatible migration."""
    make_by_hand(project.root)
    project.edit(PROD, "          blue: {version: 1.0.0}\n", f"          {SPLIT}\n")
    before = (project.root / PROD).read_bytes()
    run = project.slipway(
        "set-version", "--stack", "prod", "--system", "kingstons", "--slot", "blue", "--version", "9.0.0"
    )
    assert (run.status, run.out) == (2, ""), run.everything
    assert run.err.startswith(f"{PROD}:")
    assert "splits traffic across migration" in run.err
    assert (project.root / PROD).read_bytes() == before
    assert not (project.root / f"{PROD}.new").exists()
