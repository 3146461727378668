"""Examples in the help of each command, as people type them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

EXAMPLES: Mapping[str, Sequence[str]] = {
    "init": ("slipway init --cloud aws shop", "slipway init --cloud local --keep ."),
    "new system": ("slipway new system --name orders", "slipway new system --from compose.yaml"),
    "upgrade": ("slipway upgrade --dry-run", "slipway upgrade --to v0.2.0"),
    "split": ("slipway split --stack prod --system shop --name prod-shop",),
    "member": ("slipway member --stack prod > ../platform/members/shop.prod.yaml",),
    "operator": ("slipway operator > stacks.yaml",),
    "preview": (
        "slipway preview --stack staging",
        "slipway preview --stack prod --against origin/main --page prod.html",
        "slipway preview --stack prod --no-against --resources",
    ),
    "check": ("slipway check",),
    "explain": ("slipway explain services.api.replicas", "slipway explain clusters.main.network"),
    "why": ("slipway why --stack prod Deployment::fleet/fleet-api-blue",),
    "cost": ("slipway cost --stack prod", "slipway cost --stack prod --against origin/main --format markdown"),
    "prices update": ("slipway prices update", "slipway prices update --cloud aws"),
    "ledger": ("slipway ledger --stack prod --verify", "slipway ledger --stack prod --update"),
    "policies": ("slipway policies --stack prod",),
    "policies check": ("slipway policies check --state state.json",),
    "runbook": ("slipway runbook --stack prod --system shop --format html --page shop.html",),
    "doctor": ("slipway doctor --stack prod",),
    "set-version": ("slipway set-version --stack staging --system shop --slot green --version 2.4.0",),
    "rehearse": (
        "slipway rehearse --stack local --context kind-lab --dry-run",
        "slipway rehearse --stack local --context kind-lab --first",
    ),
    "release status": (
        "slipway release status --stack prod",
        "slipway release status --stack prod --system shop --follow",
    ),
    "release plan": ("slipway release plan --stack prod --system shop",),
    "release approve": ("slipway release approve --stack prod --system shop --role owner",),
    "release attest": (
        "slipway release attest --stack prod --system shop --name load-test --link https://ci.example.com/runs/17",
    ),
    "release pause": ("slipway release pause --stack prod --system shop --reason 'errors in the provider'",),
    "release resume": ("slipway release resume --stack prod --system shop",),
    "release promote": ("slipway release promote --stack prod --system shop --reason 'urgent fix, seen well'",),
    "release abort": ("slipway release abort --stack prod --system shop --reason 'wrong prices'",),
    "release close": ("slipway release close --stack prod --system shop --reason 'stocktaking'",),
    "release open": ("slipway release open --stack prod --system shop --reason 'stocktaking is over'",),
    "release history": ("slipway release history --stack prod --system shop",),
    "release report": ("slipway release report --stack prod --system shop > report.md",),
    "release due": ("slipway release due --stack prod",),
    "release hand-over": ("slipway release hand-over --stack prod --system shop --version 2.4.0",),
    "release revert": ("slipway release revert --stack prod --system shop",),
    "release retire": ("slipway release retire --stack prod --system shop --dry-run",),
    "release drill": ("slipway release drill --stack prod --system shop --kind restore",),
    "weights": ("slipway weights --stack prod --system shop",),
    "rollback": ("slipway rollback --stack prod --system shop --migration 004-prices",),
    "secrets set": ("slipway secrets set API_KEY --stack prod --system shop < key.txt",),
    "secrets import": ("slipway secrets import --stack prod --system shop",),
    "secrets list": ("slipway secrets list --stack prod",),
    "backups": ("slipway backups --stack prod",),
    "restore": (
        "slipway restore --stack prod --system shop --database shop_db --at 2026-11-05T02:30:00Z",
        "slipway restore --stack prod --system shop --volume shop-shared-data",
    ),
    "import-dump": ("slipway import-dump --stack prod --system shop --database shop_db --object imports/shop.dump",),
    "run": (
        "slipway run --stack prod --system shop --schedule nightly-invoices",
        "slipway run --stack prod --system shop --service api -- bin/reindex orders",
    ),
    "destroy": ("slipway destroy --plan --stack prod",),
}
"""By command without `slipway`; a group has those of its commands."""
