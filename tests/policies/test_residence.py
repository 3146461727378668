"""Personal data stays in its regions: databases, buckets, backups and their copies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.policies.pack_under_test import CANARY, UNKNOWN, Evaluator, Fact, Pack, outcomes, secret

RULE = "data-residence"
SOURCE = "systems/fleet/system.yaml:databases.fleet_db"
ALLOWED = {RULE: {"allowedRegions": {"aws": ["eu-central-1", "eu-west-1"], "azure": ["northeurope", "westeurope"]}}}
PROVIDER = Fact("pulumi:providers:aws", {"region": "eu-central-1"}, "main")
AWS = ("aws:rds/instance:Instance", "aws:rds/cluster:Cluster", "aws:docdb/cluster:Cluster", "aws:s3/bucket:Bucket",
       "aws:backup/vault:Vault")  # fmt: skip
SERVER, ACCOUNT = "azure-native:dbforpostgresql:Server", "azure-native:storage:StorageAccount"
MONGO, VAULT = "azure-native:mongocluster:MongoCluster", "azure-native:dataprotection:BackupVault"


@pytest.fixture(scope="module")
def evaluate() -> Iterator[Evaluator]:
    """What a preview says with regions of the European Union allowed."""
    pack = Pack(config=ALLOWED)
    yield pack.about(RULE)
    pack.close()


@pytest.fixture(scope="module")
def update_evaluator() -> Iterator[Evaluator]:
    """What an update says."""
    pack = Pack(preview=False, config=ALLOWED)
    yield pack.about(RULE)
    pack.close()


def aws(type_: str, region: Any = None, class_: Any = None, provider: str = PROVIDER.urn) -> Fact:
    """A holder of data on AWS."""
    tags = {"slipway.dev/source": SOURCE, "slipway.dev/data-class": class_}
    return Fact(type_, {"region": region, "tags": tags}, provider=provider)


def azure(type_: str = SERVER, location: Any = "West Europe", class_: Any = None, **more: Any) -> Fact:
    """A holder of data on Azure."""
    tags = {"slipway-source": SOURCE, "slipway-data-class": class_}
    return Fact(type_, {"location": location, "tags": tags, **more})


def plan(*vaults: Any) -> Fact:
    """A plan that copies backups to vaults."""
    actions = [{"destinationVaultArn": each} for each in vaults]
    return Fact("aws:backup/plan:Plan", {"rules": [{"copyActions": actions}], "tags": {"slipway.dev/source": SOURCE}})


def vault(region: str) -> str:
    return f"arn:aws:backup:{region}:444455556666:backup-vault:copies"


GEO: dict[str, dict[str, Any]] = {
    SERVER: {"backup": {"geoRedundantBackup": "Enabled"}},
    ACCOUNT: {"sku": {"name": "Standard_GZRS"}},
    VAULT: {"properties": {"storageSettings": [{"type": "GeoRedundant"}]}},
}


@pytest.mark.parametrize("type_", AWS)
class TestAws:
    """The region of a resource, or else of its provider."""

    def test_at_home_satisfies(self, evaluate: Evaluator, type_: str) -> None:
        """Its own allowed region, or its provider's."""
        assert evaluate.evaluate(PROVIDER, aws(type_), aws(type_, "eu-west-1"), aws(type_, secret("eu-west-1"))) == []

    def test_impersonal_is_free(self, evaluate: Evaluator, type_: str) -> None:
        """What is noted to hold no personal data may be anywhere."""
        assert evaluate.evaluate(aws(type_, "us-east-1", "internal"), aws(type_, "us-east-1", "public")) == []

    @pytest.mark.parametrize("class_", ["personal", None, UNKNOWN, 7, CANARY])
    def test_abroad_violates(self, evaluate: Evaluator, type_: str, class_: Any) -> None:
        """What is personal, and what is not noted not to be."""
        findings = evaluate.evaluate(aws(type_, "us-east-1", class_))
        assert outcomes(findings) == [(RULE, "mandatory")]
        assert findings[0].message.endswith(f"fix: {SOURCE}")
        assert "us-east-1" not in findings[0].message

    @pytest.mark.parametrize("region", [7, "", [CANARY], None])
    def test_nowhere_violates(self, evaluate: Evaluator, type_: str, region: Any) -> None:
        """A region of the wrong type, or that neither the resource nor a provider names."""
        findings = evaluate.evaluate(aws(type_, region, provider="elsewhere"))
        assert outcomes(findings) == [(RULE, "mandatory")]
        assert CANARY not in findings[0].message

    def test_unknown(self, evaluate: Evaluator, update_evaluator: Evaluator, type_: str) -> None:
        """A region that is not known yet is advice, and blocks an update; so is a provider's."""
        provider = replace(PROVIDER, properties={"region": UNKNOWN})
        for facts in ((aws(type_, UNKNOWN),), (provider, aws(type_))):
            assert outcomes(evaluate.evaluate(*facts)) == [(RULE, "advisory")]
            assert outcomes(update_evaluator.evaluate(*facts)) == [(RULE, "mandatory")]


@pytest.mark.parametrize("type_", [SERVER, ACCOUNT, MONGO, VAULT])
class TestAzure:
    """The location of a resource."""

    def test_at_home_satisfies(self, evaluate: Evaluator, type_: str) -> None:
        """In either way of writing it."""
        assert evaluate.evaluate(azure(type_), azure(type_, "westeurope"), azure(type_, "eastus", "internal")) == []

    @pytest.mark.parametrize("location", ["eastus", None, 7])
    def test_abroad_violates(self, evaluate: Evaluator, type_: str, location: Any) -> None:
        """Elsewhere, nowhere, or of the wrong type."""
        assert outcomes(evaluate.evaluate(azure(type_, location))) == [(RULE, "mandatory")]

    def test_unknown(self, evaluate: Evaluator, update_evaluator: Evaluator, type_: str) -> None:
        """A location that is not known yet is advice, and blocks an update."""
        assert outcomes(evaluate.evaluate(azure(type_, UNKNOWN))) == [(RULE, "advisory")]
        assert outcomes(update_evaluator.evaluate(azure(type_, UNKNOWN))) == [(RULE, "mandatory")]


class TestCopies:
    """Where clouds copy data to."""

    @pytest.mark.parametrize("type_", GEO)
    def test_pair_is_judged(self, evaluate: Evaluator, type_: str) -> None:
        """Azure copies to the paired region; one without a pair that is known is refused."""
        assert evaluate.evaluate(azure(type_, **GEO[type_])) == []
        findings = evaluate.evaluate(azure(type_, "uksouth", **GEO[type_]))
        assert outcomes(findings) == [(RULE, "mandatory")] * 2
        assert sum("copyToSecondRegion" in each.message or "secondRegion" in each.message for each in findings) == 1
        assert len(evaluate.evaluate(azure(type_, "polandcentral", **GEO[type_]))) == 2

    @pytest.mark.parametrize(
        "fact",
        [
            azure(backup={"geoRedundantBackup": UNKNOWN}),
            azure(ACCOUNT, sku={"name": UNKNOWN}),
            azure(VAULT, properties={"storageSettings": UNKNOWN}),
        ],
    )
    def test_unknown_redundancy(self, evaluate: Evaluator, update_evaluator: Evaluator, fact: Fact) -> None:
        """Whether there is a copy is not known yet."""
        assert outcomes(evaluate.evaluate(fact)) == [(RULE, "advisory")]
        assert outcomes(update_evaluator.evaluate(fact)) == [(RULE, "mandatory")]

    def test_vault_of_a_plan_is_judged(self, evaluate: Evaluator, update_evaluator: Evaluator) -> None:
        """Its ARN names the region."""
        assert evaluate.evaluate(plan(), plan(vault("eu-west-1"))) == []
        for bad in (vault("us-west-2"), "copies", 7):
            findings = evaluate.evaluate(plan(bad))
            assert outcomes(findings) == [(RULE, "mandatory")]
            assert findings[0].message.endswith(f"fix: {SOURCE}.backup.copyToSecondRegion")
        assert outcomes(evaluate.evaluate(plan(UNKNOWN))) == [(RULE, "advisory")]
        assert outcomes(update_evaluator.evaluate(plan(UNKNOWN))) == [(RULE, "mandatory")]


def test_cloud_without_regions_has_none() -> None:
    """Once a stack names regions, a cloud that it does not name may hold no personal data."""
    pack = Pack(config={RULE: {"allowedRegions": {"aws": ["eu-central-1"]}}})
    try:
        assert outcomes(pack.about(RULE).evaluate(azure())) == [(RULE, "mandatory")]
    finally:
        pack.close()


@pytest.mark.parametrize(
    ("environment", "level"), [("staging", "advisory"), ("production", "mandatory"), ("", "mandatory")]
)
def test_stack_without_regions_is_not_judged_and_says_so(environment: str, level: str) -> None:
    """Data may be anywhere, which blocks in production; a stack without personal data needs no regions."""
    pack = Pack(environment=environment)
    try:
        (found,) = pack.about(RULE).evaluate(azure(location="eastus"), aws(AWS[0], "us-east-1"))
        assert (found.policy, found.level, found.name) == (RULE, level, "")
        assert (
            "No region is named, so personal data may be in any: set `data-residence.allowedRegions`" in found.message
        )
        assert found.message.endswith("fix: policies/stacks.yaml")
        assert pack.about(RULE).evaluate(aws(AWS[0], "us-east-1", "public")) == []
    finally:
        pack.close()
