"""Bad input: one clear error, exit status 2, nothing on stdout, whatever the command."""

from __future__ import annotations

import pytest

from tests.slipway.cli.conftest import Copy

FLEET = "systems/fleet/system.yaml"
EDITS = {
    "typo": (FLEET, "    port: 3000", "    prot: 3000", "did you mean 'port'?"),
    "wrong type": (FLEET, "    port: 3000", "    port: many", "many is not a port"),
    "port out of range": (FLEET, "    port: 3000", "    port: 65536", "65536 is not a port (1–65535)"),
    "dependency cycle": (
        FLEET,
        "    image: fleet-api\n",
        "    image: fleet-api\n    needs: [fleet-frontend]\n",
        "is a cycle",
    ),
    "duplicate name": (FLEET, "  fleet-frontend:", "  fleet-api:", "is set twice, first on line"),
    "missing file": (FLEET, "migrations/005_rollback.sql", "migrations/gone.sql", "names a file that does not exist"),
    "plain-text secret": (FLEET, "{secret: JWT_SECRET}", "sk_live_0123456789abcdef", "looks like a secret"),
    "YAML error": (FLEET, "title: ", "title: [", "is not valid YAML"),
    "unknown system": ("Pulumi.prod.yaml", "        kingstons:", "        kingston:", "did you mean 'kingstons'?"),
    "bad CIDR": ("Pulumi.prod.yaml", "cidr: 10.40.0.0/16", "cidr: 10.40.0.0/33", "is not an IPv4 network"),
    "overlapping CIDRs": ("Pulumi.prod.yaml", "cidr: 10.50.0.0/16", "cidr: 10.40.0.0/17", "overlaps the network of"),
    "wrong region": ("Pulumi.prod.yaml", "region: eastus2", "region: eastus22", "is not a region of Azure"),
}


@pytest.mark.parametrize(("file", "old", "new", "message"), EDITS.values(), ids=EDITS)
def test_an_edit_that_breaks_a_rule(project: Copy, file: str, old: str, new: str, message: str) -> None:
    """One line that begins with the file and says the rule."""
    project.edit(file, old, new)
    run = project.slipway("check")
    assert (run.status, run.out) == (2, "")
    assert len(run.err.splitlines()) == 1, run.err
    assert run.err.startswith(f"{file}:")
    assert message in run.err
    assert "sk_live" not in run.err


FILES = {
    "empty": (b"", "is empty"),
    "binary": (bytes(range(256)) * 8, "is not UTF-8 text"),
    "very long": (b"# " + b"x" * 2_000_000, "is larger than 1 MiB"),
    "a list": (b"- one\n- two\n", "is not a mapping of keys"),
}


@pytest.mark.parametrize(("content", "message"), FILES.values(), ids=FILES)
def test_a_file_that_is_no_system(project: Copy, content: bytes, message: str) -> None:
    """Told once, although three stacks need it."""
    (project.root / FLEET).write_bytes(content)
    run = project.slipway("check")
    assert (run.status, run.out) == (2, "")
    assert len(run.err.splitlines()) == 1, run.err
    assert message in run.err


def test_a_missing_system_names_every_stack_that_has_it(project: Copy) -> None:
    """Each stack that places it is wrong."""
    (project.root / FLEET).unlink()
    run = project.slipway("check")
    assert run.status == 2
    assert [line.split(":")[0] for line in run.err.splitlines()] == [
        "Pulumi.local.yaml",
        "Pulumi.prod.yaml",
        "Pulumi.staging.yaml",
    ]
