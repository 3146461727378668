"""`slipway ledger`."""

from __future__ import annotations

from tests.slipway.cli.conftest import Copy


def test_the_ledger_is_kept_beside_the_plan(small: Copy) -> None:
    """A database that is new is shown, added by --update, and wanted by --verify; one that is gone is never taken out."""
    ledger = small.root / "ledger" / "local.yaml"
    assert small.slipway("ledger", "--stack", "local", "--update").status == 0
    before = ledger.read_text()
    assert "shop/orders" in before
    small.edit("systems/shop/system.yaml", "  orders: {}\n", "  orders: {}\n  vehicles: {}\n")
    shown = small.slipway("ledger", "--stack", "local", "--verify")
    assert shown.status == 1, shown.everything
    assert "new     urn:pulumi:local::slipway::" in shown.out
    assert "shop/vehicles" in shown.out
    assert ledger.read_text() == before
    assert small.slipway("ledger", "--stack", "local", "--update").status == 0
    assert small.slipway("ledger", "--stack", "local", "--verify").status == 0
    small.edit("systems/shop/system.yaml", "  orders: {}\n  vehicles: {}\n", "  orders: {}\n")
    gone = small.slipway("ledger", "--stack", "local", "--update")
    assert gone.status == 1, gone.everything
    assert "missing urn:pulumi:local::slipway::" in gone.out
    assert "once its data may be deleted" in gone.err
    assert "shop/vehicles" in ledger.read_text()
