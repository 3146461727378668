"""The ledgers that are checked in, and what they forbid."""

from __future__ import annotations

import pytest
import yaml

from slipway.reports.ledger import as_yaml, compared, protected
from tests.plans.test_plans import SYSTEMS, planned
from tests.rehearsed import ROOT, rehearsed_with


@pytest.mark.parametrize("stack", ["prod", "staging"])
def test_the_ledger_names_all_that_is_protected(stack: str) -> None:
    """`slipway ledger --verify` passes, and the file is written as the command writes it."""
    text = (ROOT / "ledger" / f"{stack}.yaml").read_text()
    comparison = compared(yaml.safe_load(text), planned(stack)[0])
    assert (comparison.new, comparison.missing) == ({}, {})
    assert as_yaml(comparison.updated) == text


def test_databases_buckets_and_keys_are_protected() -> None:
    """Whatever keeps data is in the ledger of prod."""
    kinds = {urn.rsplit("$", 1)[-1].split("::")[0] for urn in protected(planned("prod")[0])}
    assert {
        "aws:backup/vault:Vault",
        "aws:kms/key:Key",
        "aws:rds/instance:Instance",
        "aws:route53/zone:Zone",
        "aws:s3/bucket:Bucket",
        "azure-native:dataprotection:BackupVault",
        "azure-native:dbforpostgresql:Server",
        "azure-native:keyvault:Vault",
        "azure-native:storage:StorageAccount",
    } <= kinds


def test_systems_with_data_cannot_move() -> None:
    """From `main` to `fleet` in prod: each of their databases is named, and the preview blocks."""
    document = yaml.safe_load((ROOT / "Pulumi.prod.yaml").read_text())
    clusters = document["config"]["slipway:clusters"]
    moved = {system: clusters["main"]["systems"][system] for system in ("expenses", "marketplace")}
    # The other systems are left out, whose data the pack would name too.
    clusters["main"]["systems"], clusters["fleet"]["systems"] = {}, moved
    findings = rehearsed_with("prod", document).findings
    refused = "\n".join(found.message for found in findings if found.policy == "data-ledger")
    for system in ("expenses", "marketplace"):
        lost = [urn for urn in yaml.safe_load((ROOT / "ledger" / "prod.yaml").read_text()) if f"::{system}/" in urn]
        assert len(lost) > 2
        assert all(f"{urn.rpartition('::')[2]} ({urn.split('::')[-2].rpartition('$')[2]})" in refused for urn in lost)
    assert {found.level for found in findings if found.policy == "data-ledger"} == {"mandatory"}


def test_every_system_has_data_that_would_be_lost() -> None:
    """A system that nothing is written of could be moved by mistake."""
    urns = [*protected(planned("prod")[0])]
    assert all(any(f"::{system}/" in urn for urn in urns) for system in SYSTEMS)
