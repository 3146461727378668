"""Databases are copied to a second region where a stack asks for it, restored on trial, and kept from deletion."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from pulumi.runtime.proto import analyzer_pb2

from tests.policies.pack_under_test import CANARY, UNKNOWN, Evaluator, Fact, Pack, outcomes, secret

COPIES, TESTS, PROTECTION = "database-backup-copies", "database-restore-tests", "database-protection"
SOURCE = "systems/fleet/system.yaml:databases.fleet_db"
TAGS = {"slipway.dev/source": SOURCE}
AZURE_TAGS = {"slipway-source": SOURCE}
KEPT = {"deletionProtection": True, "skipFinalSnapshot": False, "finalSnapshotIdentifier": "last"}
INSTANCE, DOCUMENTS, AURORA = "aws:rds/instance:Instance", "aws:docdb/cluster:Cluster", "aws:rds/cluster:Cluster"
SERVER, MONGO = "azure-native:dbforpostgresql:Server", "azure-native:mongocluster:MongoCluster"
IN_CLUSTER = "kubernetes:postgresql.cnpg.io/v1:Cluster"
AWS = {
    INSTANCE: ({"identifier": "fleet-db"}, "db", "RDS"),
    AURORA: ({"clusterIdentifier": "fleet-db"}, "cluster", "Aurora"),
    DOCUMENTS: ({"clusterIdentifier": "fleet-db"}, "cluster", "DocumentDB"),
}


@dataclass(frozen=True)
class Protected(Fact):
    """A resource that Pulumi refuses to delete."""

    def parts(self) -> dict[str, Any]:
        return super().parts() | {"options": analyzer_pb2.AnalyzerResourceOptions(protect=True)}


def aws(type_: str = INSTANCE, **more: Any) -> Fact:
    """A database of AWS."""
    return Fact(type_, {**AWS[type_][0], **KEPT, "tags": TAGS, **more}, "fleet-db", provider="main")


def azure(geo: Any = "Enabled", **more: Any) -> Fact:
    """A flexible server of Azure."""
    backup = {} if geo is None else {"geoRedundantBackup": geo}
    return Fact(SERVER, {"backup": backup, "tags": AZURE_TAGS, **more}, "fleet-db")


def arn(kind: str = "db", name: str = "fleet-db", region: str = "us-east-1") -> str:
    return f"arn:aws:rds:{region}:444455556666:{kind}:{name}"


def vault(region: str) -> str:
    return f"arn:aws:backup:{region}:444455556666:backup-vault:copies"


def plan(*vaults: Any, id: Any = "plan-1") -> Fact:
    """A plan that copies to these vaults."""
    rules = [{"ruleName": "continuous"}, {"copyActions": [{"destinationVaultArn": each} for each in vaults]}]
    return Fact("aws:backup/plan:Plan", {"id": id, "rules": rules}, "plan", provider="main")


def selection(named: Any = None, plan_id: Any = UNKNOWN, dependencies: tuple[str, ...] = (plan().urn,)) -> Fact:
    """What a plan backs up."""
    named = [arn()] if named is None else named
    properties = {"resources": named, "planId": plan_id}
    return Fact("aws:backup/selection:Selection", properties, "chosen", provider="main", dependencies=dependencies)


def trial(named: Any = None, type_: Any = "RDS", **more: Any) -> Fact:
    """What AWS restores on trial."""
    named = [arn()] if named is None else named
    properties = {"protectedResourceArns": named, "protectedResourceType": type_}
    return Fact("aws:backup/restoreTestingSelection:RestoreTestingSelection", properties, provider="main", **more)


def job(name: Any = "fleet-db-restore-test", source: str = SOURCE, suspend: Any = False, **more: Any) -> Fact:
    """A CronJob of the cluster."""
    metadata = {"name": name, "namespace": "fleet", "annotations": {"slipway.dev/source": source}}
    return Fact("kubernetes:batch/v1:CronJob", {"metadata": metadata, "spec": {"suspend": suspend}}, "job", **more)


@pytest.fixture(scope="module")
def prod() -> Iterator[Evaluator]:
    """What a preview of `prod`, which asks for copies, says of them."""
    pack = Pack(stack="prod")
    yield pack.about(COPIES)
    pack.close()


@pytest.fixture(scope="module")
def prod_update() -> Iterator[Evaluator]:
    """The same of an update."""
    pack = Pack(stack="prod", preview=False)
    yield pack.about(COPIES)
    pack.close()


class TestCopies:
    """Backups in a second region."""

    @pytest.mark.parametrize(
        "facts",
        [
            (azure(),),
            (azure(secret("Enabled")),),
            (aws(), selection(), plan(vault("us-west-2"))),
            (aws(), selection(plan_id="plan-1", dependencies=()), plan(vault("us-east-1"), vault("us-west-2"))),
            (aws(), selection([arn(name="other"), arn()]), plan(vault("us-west-2"))),
            (aws(arn=arn()), selection(["arn:aws:rds:*:*:db:*"]), plan(vault("us-west-2"))),
            (aws(DOCUMENTS), selection([arn("cluster")]), plan(vault("us-west-2"))),
            (aws(AURORA), selection([arn("cluster")]), plan(vault("us-west-2"))),
        ],
    )
    def test_copied_satisfies(self, prod: Evaluator, facts: tuple[Fact, ...]) -> None:
        """Azure's own redundancy, or a plan that names the database and copies to a vault elsewhere."""
        assert prod.evaluate(*facts) == []

    @pytest.mark.parametrize(
        "facts",
        [
            (azure("Disabled"),),
            (azure(None),),
            (azure(True),),
            (azure(["Enabled"]),),
            (Fact(MONGO, {"tags": AZURE_TAGS}, "fleet-db"),),
            (aws(),),
            (aws(), selection(), plan()),
            (aws(), selection(), plan(vault("us-east-1"))),
            (aws(), selection(), plan("vault")),
            (aws(), selection(), plan(2)),
            (aws(), selection([arn(name="other")]), plan(vault("us-west-2"))),
            (aws(), selection([arn("cluster")]), plan(vault("us-west-2"))),
            (aws(), selection(["arn:aws:s3:::files"]), plan(vault("us-west-2"))),
            (aws(), selection("fleet-db"), plan(vault("us-west-2"))),
            (aws(), selection(plan_id="plan-2", dependencies=()), plan(vault("us-west-2"))),
            (aws(), replace(selection(), provider="other"), plan(vault("us-west-2"))),
        ],
    )
    def test_in_one_region_violates(self, prod: Evaluator, facts: tuple[Fact, ...]) -> None:
        """No redundancy, no plan, a plan of another, or a vault beside the database."""
        findings = prod.evaluate(*facts)
        assert outcomes(findings) == [(COPIES, "mandatory")]
        # The stack has the last word on this part, so the pack names its file and line.
        last = findings[0].message.splitlines()[-1]
        assert last.startswith("fix: Pulumi.prod.yaml:")
        assert last.endswith(".databases.fleet_db.backup.copyToSecondRegion = true")

    @pytest.mark.parametrize(
        ("facts", "named"),
        [
            ((azure(UNKNOWN),), "backup.geoRedundantBackup"),
            ((aws(), selection(), plan(UNKNOWN)), "destinationVaultArn"),
            ((aws(), selection(UNKNOWN), plan(vault("us-west-2"))), "resources"),
            ((aws(), selection(dependencies=()), plan(vault("us-west-2"))), "planId"),
            ((aws(arn=UNKNOWN), selection(["*"]), plan(vault("us-west-2"))), "arn"),
            ((aws(identifier=UNKNOWN), selection(), plan(vault("us-west-2"))), "resources of chosen"),
        ],
    )
    def test_unknown(self, prod: Evaluator, prod_update: Evaluator, facts: tuple[Fact, ...], named: str) -> None:
        """What is not known yet is advice, and blocks an update."""
        findings = prod.evaluate(*facts)
        assert outcomes(findings) == [(COPIES, "advisory")]
        assert named in findings[0].message
        assert outcomes(prod_update.evaluate(*facts)) == [(COPIES, "mandatory")]

    def test_copy_needs_no_copy(self, prod: Evaluator) -> None:
        """A replica of a database of the stack is a copy itself; an empty source in outputs makes none."""
        source = aws()
        replica = aws(identifier="copy", replicateSourceDb=UNKNOWN)
        replica = replace(replica, name="copy", dependencies=(source.urn,))
        assert prod.evaluate(source, replica, selection(), plan(vault("us-west-2"))) == []
        assert outcomes(prod.evaluate(aws(replicateSourceDb=""))) == [(COPIES, "mandatory")]
        assert outcomes(prod.evaluate(aws(replicateSourceDb=UNKNOWN))) == [(COPIES, "advisory")]

    def test_asked_for_only(self, previewing: Pack) -> None:
        """A stack that does not ask for a second region gets none."""
        assert previewing.about(COPIES).evaluate(aws(), azure("Disabled")) == []


class TestRestoreTests:
    """Backups that are restored on trial."""

    @pytest.fixture
    def evaluate(self, previewing: Pack) -> Evaluator:
        return previewing.about(TESTS)

    @pytest.mark.parametrize(
        "facts",
        [
            (aws(), trial()),
            (aws(), trial(["*"])),
            (aws(), trial(UNKNOWN, dependencies=(aws().urn,))),
            (aws(DOCUMENTS), trial([arn("cluster")], "DocumentDB")),
            (aws(AURORA), trial([arn("cluster")], "Aurora")),
            (aws(), job()),
            (azure(), job()),
            (azure(), job(source="", dependencies=(azure().urn,))),
            (Fact(IN_CLUSTER, {"metadata": {"annotations": TAGS}}, "fleet-db"), job()),
        ],
    )
    def test_tried_satisfies(self, evaluate: Evaluator, facts: tuple[Fact, ...]) -> None:
        """By the cloud itself, or by a CronJob that comes from the database or from its declaration."""
        assert evaluate.evaluate(*facts) == []

    @pytest.mark.parametrize(
        "facts",
        [
            (aws(),),
            (azure(),),
            (Fact(MONGO, {"tags": AZURE_TAGS}, "fleet-db"),),
            (Fact(IN_CLUSTER, {"metadata": {"annotations": TAGS}}, "fleet-db"),),
            (aws(), trial([arn(name="other")])),
            (aws(), trial(type_="S3")),
            (aws(), trial(type_=7)),
            (aws(), trial("fleet-db")),
            (azure(), job("fleet-db-restore")),
            (azure(), job(7)),
            (azure(), job(suspend=True)),
            (azure(), job(source="systems/fleet/system.yaml:databases.other")),
        ],
    )
    def test_untried_violates(self, evaluate: Evaluator, facts: tuple[Fact, ...]) -> None:
        """Nothing, what restores another, and what is suspended."""
        findings = evaluate.evaluate(*facts)
        assert outcomes(findings) == [(TESTS, "mandatory")]
        assert findings[0].message.endswith(f"fix: {SOURCE}.restoreTest")

    @pytest.mark.parametrize(
        ("facts", "named"),
        [
            ((aws(), trial(UNKNOWN)), "protectedResourceArns"),
            ((azure(), job(UNKNOWN)), "metadata.name"),
            ((azure(), job(suspend=UNKNOWN)), "spec.suspend"),
        ],
    )
    def test_unknown(self, evaluate: Evaluator, updating: Pack, facts: tuple[Fact, ...], named: str) -> None:
        """What is not known yet is advice, and blocks an update."""
        findings = evaluate.evaluate(*facts)
        assert outcomes(findings) == [(TESTS, "advisory")]
        assert named in findings[0].message
        assert outcomes(updating.about(TESTS).evaluate(*facts)) == [(TESTS, "mandatory")]


def lock(level: Any = "CanNotDelete", scope: Any = UNKNOWN, *dependencies: str) -> Fact:
    """A lock of Azure."""
    properties = {"level": level, "scope": scope}
    return Fact("azure-native:authorization:ManagementLockByScope", properties, "lock", dependencies=dependencies)


class TestProtection:
    """Databases that no mistake deletes."""

    @pytest.fixture
    def evaluate(self, previewing: Pack) -> Evaluator:
        return previewing.about(PROTECTION)

    @pytest.mark.parametrize(
        "facts",
        [
            (aws(),),
            (aws(AURORA),),
            (aws(DOCUMENTS, finalSnapshotIdentifier=UNKNOWN),),
            (azure(), lock("CanNotDelete", UNKNOWN, azure().urn)),
            (azure(id="/servers/1"), lock("ReadOnly", "/servers/1")),
            (Fact(MONGO, {}, "documents"), lock("CanNotDelete", UNKNOWN, Fact(MONGO, {}, "documents").urn)),
            (Protected(SERVER, {}),),
            (Protected(IN_CLUSTER, {}),),
            (azure(createMode="Replica"),),
        ],
    )
    def test_kept_satisfies(self, evaluate: Evaluator, facts: tuple[Fact, ...]) -> None:
        """The cloud's own protection with a last snapshot, or a lock, or Pulumi; a replica holds nothing of its own."""
        assert evaluate.evaluate(*facts) == []

    @pytest.mark.parametrize("type_", AWS)
    @pytest.mark.parametrize(
        "more",
        [
            {"deletionProtection": False},
            {"deletionProtection": None},
            {"deletionProtection": "true"},
            {"deletionProtection": 1},
            {"skipFinalSnapshot": True},
            {"finalSnapshotIdentifier": None},
            {"finalSnapshotIdentifier": ""},
            {"finalSnapshotIdentifier": {"name": CANARY}},
        ],
    )
    def test_unprotected_on_aws_violates(self, evaluate: Evaluator, type_: str, more: dict[str, Any]) -> None:
        """No protection, or no last snapshot."""
        findings = evaluate.evaluate(aws(type_, **more))
        assert outcomes(findings) == [(PROTECTION, "mandatory")]
        assert CANARY not in findings[0].message

    @pytest.mark.parametrize(
        "facts",
        [
            (azure(),),
            (azure(), lock()),
            (azure(), lock("NotSpecified", UNKNOWN, azure().urn)),
            (azure(), lock(7, UNKNOWN, azure().urn)),
            (azure(id="/servers/1"), lock("CanNotDelete", "/servers/2")),
            (Fact(MONGO, {"tags": AZURE_TAGS}),),
            (Fact(IN_CLUSTER, {"metadata": {"annotations": TAGS}}),),
        ],
    )
    def test_unlocked_violates(self, evaluate: Evaluator, facts: tuple[Fact, ...]) -> None:
        """No lock, a lock of another, or one that locks nothing."""
        findings = evaluate.evaluate(*facts)
        assert outcomes(findings) == [(PROTECTION, "mandatory")]
        assert findings[0].message.endswith(f"fix: {SOURCE}.deletionProtection = true")

    @pytest.mark.parametrize(
        ("facts", "named"),
        [
            ((aws(deletionProtection=UNKNOWN),), "deletionProtection"),
            ((aws(skipFinalSnapshot=UNKNOWN),), "skipFinalSnapshot"),
            ((azure(), lock(UNKNOWN, UNKNOWN, azure().urn)), "level"),
            ((azure(createMode=UNKNOWN),), "createMode"),
        ],
    )
    def test_unknown(self, evaluate: Evaluator, updating: Pack, facts: tuple[Fact, ...], named: str) -> None:
        """What is not known yet is advice, and blocks an update."""
        findings = evaluate.evaluate(*facts)
        assert outcomes(findings) == [(PROTECTION, "advisory")]
        assert named in findings[0].message
        assert outcomes(updating.about(PROTECTION).evaluate(*facts)) == [(PROTECTION, "mandatory")]
