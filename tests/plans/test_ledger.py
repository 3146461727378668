"""The ledgers that are checked in, and what they forbid."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from cli.selection import select
from reports.ledger import as_yaml, compared, protected
from tests.plans.test_plans import ROOT, SYSTEMS, planned


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


@pytest.mark.parametrize("system", ["expenses", "marketplace"])
def test_a_system_with_data_cannot_move(system: str, tmp_path: Path) -> None:
    """From `main` to `fleet` in prod: each of its databases is named, and the preview blocks."""
    document = yaml.safe_load((ROOT / "Pulumi.prod.yaml").read_text())
    clusters = document["config"]["slipway:clusters"]
    clusters["fleet"]["systems"][system] = clusters["main"]["systems"].pop(system)
    file = tmp_path / "Pulumi.prod.yaml"
    file.write_text(yaml.safe_dump(document))
    rehearsal = select(ROOT, None, file).rehearse(judged=True)
    assert rehearsal.failure is None, rehearsal.failure
    refused = "\n".join(found.message for found in rehearsal.findings if found.policy == "data-ledger")
    lost = [urn for urn in yaml.safe_load((ROOT / "ledger" / "prod.yaml").read_text()) if f"::{system}/" in urn]
    assert len(lost) > 2
    assert all(f"{urn.rpartition('::')[2]} ({urn.split('::')[-2].rpartition('$')[2]})" in refused for urn in lost)
    assert {found.level for found in rehearsal.findings if found.policy == "data-ledger"} == {"mandatory"}


def test_every_system_has_data_that_would_be_lost() -> None:
    """A system that nothing is written of could be moved by mistake."""
    urns = [*protected(planned("prod")[0])]
    assert all(any(f"::{system}/" in urn for urn in urns) for system in SYSTEMS)
