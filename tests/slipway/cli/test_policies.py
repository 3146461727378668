"""`slipway policies` and `slipway policies check`."""

from __future__ import annotations

import json
from typing import Any

from tests.slipway.cli.conftest import Copy


def test_rules_are_listed_with_level_clause_and_kinds(project: Copy) -> None:
    """One stack's levels, as text; every stack's, as JSON."""
    shown = project.slipway("policies", "--stack", "local")
    assert shown.status == 0, shown.everything
    row = next(line for line in shown.out.splitlines() if line.startswith("data-ledger"))
    assert "advisory" in row
    assert "runbooks: never drop what holds data" in row
    assert "every resource" in row
    listed = json.loads(project.slipway("policies", "--format", "json").out)
    backups = next(each for each in listed if each["name"] == "database-backups")
    assert backups["levels"] == {"local": "advisory", "prod": "mandatory", "staging": "mandatory"}
    assert backups["concern"] == "backups"
    assert backups["thresholds"]["minimumRetentionDays"]["default"] == 7


def test_stack_that_does_not_exist_is_refused(project: Copy) -> None:
    """With the nearest name."""
    shown = project.slipway("policies", "--stack", "prd")
    assert shown.status == 2
    assert "did you mean 'prod'?" in shown.err


def exported(project: Copy, *resources: dict[str, Any]) -> str:
    file = project.root / "export.json"
    file.write_text(json.dumps({"version": 3, "deployment": {"resources": list(resources)}}))
    return str(file)


def database(retention: int) -> dict[str, Any]:
    values = {
        "backupRetentionPeriod": retention,
        "tags": {"slipway.dev/source": "systems/fleet/system.yaml:databases.fleet_db"},
    }
    return {
        "urn": "urn:pulumi:trial::slipway::aws:rds/instance:Instance::fleet/fleet-db",
        "custom": True,
        "inputs": values,
        "outputs": values,
    }


def test_exported_state_is_judged(project: Copy) -> None:
    """What is wrong with it today blocks, with the line that fixes it."""
    file = exported(project, database(0))
    line = project.edit("systems/fleet/system.yaml", "  fleet_db:", "  fleet_db:")
    shown = project.slipway("policies", "check", "--state", file)
    assert shown.status == 1, shown.everything
    assert "mandatory database-backups  fleet/fleet-db (aws:rds/instance:Instance)" in shown.out
    found = json.loads(project.slipway("policies", "check", "--state", file, "--format", "json").out)
    place = next(each["place"] for each in found if each["policy"] == "database-backups")
    assert place["file"] == "systems/fleet/system.yaml"
    assert place["line"] >= line
    kept = json.loads(
        project.slipway("policies", "check", "--state", exported(project, database(30)), "--format", "json").out
    )
    assert "database-backups" not in {each["policy"] for each in kept}


def test_file_that_is_no_state_is_refused(project: Copy) -> None:
    """One line says what to write instead."""
    (project.root / "export.json").write_text("{}")
    shown = project.slipway("policies", "check", "--state", str(project.root / "export.json"))
    assert shown.status == 2
    assert "pulumi stack export --file export.json" in shown.err
