"""A finding on a value that the stack overrides names the stack's file, also under Pulumi's own CLI."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.policies.pack_under_test import Fact, Pack, copied

SOURCE = "systems/fleet/system.yaml:databases.fleet_db"
STACK = """\
config:
  slipway:environment: production
  slipway:clusters:
    main:
      cloud: aws
      systems:
        fleet:
          databases:
            fleet_db:
              {override}
"""


@pytest.mark.parametrize(
    ("override", "retention", "place"),
    [
        ("backup: {retentionDays: 1}", 1, "Pulumi.mine.yaml:10: clusters.main.systems.fleet.databases.fleet_db.backup.retentionDays"),
        ("backup: none", 1, "Pulumi.mine.yaml:10: clusters.main.systems.fleet.databases.fleet_db.backup.retentionDays"),
        ("size: large", 1, f"{SOURCE}.backup.retentionDays"),
        ("backup: {copyToSecondRegion: true}", 1, f"{SOURCE}.backup.retentionDays"),
    ],
)  # fmt: skip
def test_the_stack_s_own_line_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, override: str, retention: int, place: str
) -> None:
    """With its line; a value that it leaves alone is the system's."""
    monkeypatch.delenv("SLIPWAY_POINTERS", raising=False)
    copied(tmp_path / "policies")
    (tmp_path / "Pulumi.mine.yaml").write_text(STACK.format(override=override))
    inputs = {"backupRetentionPeriod": retention, "tags": {"slipway.dev/source": SOURCE}}
    pack = Pack(stack="mine", environment="production", directory=tmp_path / "policies")
    try:
        findings = pack.about("database-backups").evaluate(Fact("aws:rds/instance:Instance", inputs, name="fleet/db"))
    finally:
        pack.close()
    assert [each.message.splitlines()[-1] for each in findings] == [f"fix: {place} = 7"]
