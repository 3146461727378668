"""`slipway ledger`."""

from __future__ import annotations

from tests.slipway.cli.conftest import Copy


def test_the_ledger_is_kept_beside_the_plan(project: Copy) -> None:
    """A database that is new is shown, added by --update, and wanted by --verify; one that is gone is never taken out."""
    ledger = project.root / "ledger" / "staging.yaml"
    before = ledger.read_text()
    project.edit("systems/fleet/system.yaml", "  fleet_db:", "  vehicles: {}\n  fleet_db:")
    shown = project.slipway("ledger", "--stack", "staging", "--verify")
    assert shown.status == 1, shown.everything
    assert "new     urn:pulumi:staging::slipway::" in shown.out
    assert "fleet/vehicles" in shown.out
    assert ledger.read_text() == before
    assert project.slipway("ledger", "--stack", "staging", "--update").status == 0
    assert project.slipway("ledger", "--stack", "staging", "--verify").status == 0
    project.edit("systems/fleet/system.yaml", "  vehicles: {}\n  fleet_db:", "  fleet_db:")
    gone = project.slipway("ledger", "--stack", "staging", "--update")
    assert gone.status == 1, gone.everything
    assert "missing urn:pulumi:staging::slipway::" in gone.out
    assert "once its data may be deleted" in gone.err
    assert "fleet/vehicles" in ledger.read_text()
