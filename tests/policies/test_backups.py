"""Every database is backed up for the days declared: managed by AWS, by Azure, and run by CloudNativePG."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.policies.pack_under_test import CANARY, UNKNOWN, Evaluator, Fact, Pack, outcomes, secret

RULES = ("database-backups", "database-backup-schedules")

SOURCE = "systems/fleet/system.yaml:databases.fleet_db"
RULE, SCHEDULES = "database-backups", "database-backup-schedules"
ABSENT = object()


def aws(type_: str) -> Callable[[Any, Any], Fact]:
    """A maker of AWS databases from retention and declared retention."""

    def make(retention: Any, declared: Any = ABSENT) -> Fact:
        tags = {"slipway.dev/source": SOURCE, "slipway.dev/backup-retention": declared}
        return Fact(type_, present({"backupRetentionPeriod": retention, "tags": present(tags)}))

    return make


def azure(retention: Any, declared: Any = ABSENT) -> Fact:
    """A flexible server."""
    tags = present({"slipway-source": SOURCE, "slipway-backup-retention": declared})
    backup = present({"backupRetentionDays": retention, "geoRedundantBackup": "Enabled"})
    return Fact("azure-native:dbforpostgresql:Server", {"backup": backup, "tags": tags})


def present(properties: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in properties.items() if value is not ABSENT}


MANAGED = {
    "rds": aws("aws:rds/instance:Instance"),
    "aurora": aws("aws:rds/cluster:Cluster"),
    "documentdb": aws("aws:docdb/cluster:Cluster"),
    "flexible server": azure,
}


@pytest.mark.parametrize("make", MANAGED.values(), ids=MANAGED)
class TestManaged:
    """Whatever the cloud, the rule is the same."""

    @pytest.mark.parametrize(("retention", "declared"), [(14, "14"), (7.0, ABSENT), (35, "14"), (secret(14), "14")])
    def test_enough_satisfies(self, preview: Evaluator, make: Any, retention: Any, declared: Any) -> None:
        """Days at or above the minimum and the declaration say nothing; numbers may be floats, or secret."""
        assert preview.evaluate(make(retention, declared)) == []

    @pytest.mark.parametrize(
        ("retention", "declared"),
        [
            (7, "14"), (6, ABSENT), (0, ABSENT), (-1, ABSENT), (14, "none"), (14, "soon"), (14, ""), (14, 14),
            (ABSENT, ABSENT), ("14", ABSENT), (True, ABSENT), (7.5, ABSENT), ([14], ABSENT), ({"days": 14}, ABSENT),
        ],
    )  # fmt: skip
    def test_too_little_violates(self, preview: Evaluator, make: Any, retention: Any, declared: Any) -> None:
        """Too few days, none, a value of the wrong type or a declaration of none block, and name the fix."""
        findings = preview.evaluate(make(retention, declared))
        assert outcomes(findings) == [(RULE, "mandatory")]
        place, _, wanted = findings[0].message.splitlines()[-1].partition(" = ")
        assert place == f"fix: {SOURCE}.backup{'' if declared == 'none' else '.retentionDays'}"
        assert wanted == ("14" if declared == "14" else "7" if declared is ABSENT else "")

    @pytest.mark.parametrize(("retention", "declared"), [(UNKNOWN, "14"), (14, UNKNOWN), (secret(UNKNOWN), ABSENT)])
    def test_unknown_is_told_and_blocks_later(
        self, preview: Evaluator, update: Evaluator, make: Any, retention: Any, declared: Any
    ) -> None:
        """A deciding unknown is advice in a preview, naming the property, and blocks an update."""
        findings = preview.evaluate(make(retention, declared))
        assert outcomes(findings) == [(RULE, "advisory")]
        assert "etention" in findings[0].message
        assert "is not known" in findings[0].message
        assert outcomes(update.evaluate(make(retention, declared))) == [(RULE, "mandatory")]

    def test_secret_of_the_wrong_type_is_not_shown(self, preview: Evaluator, make: Any) -> None:
        """A message holds no value, for it may be secret."""
        findings = preview.evaluate(make(secret(CANARY), secret(CANARY)), make(secret(CANARY)))
        assert outcomes(findings) == [(RULE, "mandatory")] * 2
        assert not any(CANARY in each.message for each in findings)


def test_copy_is_judged_where_it_is_copied_from(preview: Evaluator) -> None:
    """A read replica has the backups of its source."""
    replica = Fact("aws:rds/instance:Instance", {"replicateSourceDb": UNKNOWN, "backupRetentionPeriod": 0})
    assert outcomes(preview.evaluate(replica)) == [(RULE, "mandatory")]
    known = Fact("aws:rds/instance:Instance", {"replicateSourceDb": "fleet-db"})
    azure_replica = Fact("azure-native:dbforpostgresql:Server", {"createMode": "Replica"})
    assert preview.evaluate(known, azure_replica) == []


def test_unknown_source_of_a_copy_is_reported(preview: Evaluator) -> None:
    """Whether a database without retention is a copy cannot always be known."""
    findings = preview.evaluate(Fact("aws:rds/instance:Instance", {"replicateSourceDb": UNKNOWN}))
    assert outcomes(findings) == [(RULE, "advisory")]


def test_version_of_the_api_does_not_hide_a_database(preview: Evaluator) -> None:
    """A resource of a versioned module is the same kind."""
    assert outcomes(preview.evaluate(Fact("azure-native:dbforpostgresql/v20240801:Server", {}))) == [
        (RULE, "mandatory")
    ]


def test_azure_documents_are_kept_35_days(preview: Evaluator) -> None:
    """A MongoCluster has nothing to set, so only a longer declaration is a violation."""
    kind = "azure-native:mongocluster:MongoCluster"
    assert preview.evaluate(Fact(kind, {"tags": {"slipway-backup-retention": "35"}})) == []
    findings = preview.evaluate(Fact(kind, {"tags": {"slipway-backup-retention": "36"}}))
    assert outcomes(findings) == [(RULE, "mandatory")]


def test_what_a_server_cannot_keep_is_the_vaults(preview: Evaluator) -> None:
    """RDS and flexible servers keep 35 days at most; a longer declaration asks no more of them, and no less."""
    for database in (aws("aws:rds/instance:Instance"), azure):
        assert preview.evaluate(database(35, "90")) == []
        assert outcomes(preview.evaluate(database(34, "90"))) == [(RULE, "mandatory")]


def test_minimum_is_configured() -> None:
    """A stack's own minimum holds."""
    pack = Pack(config={RULE: {"minimumRetentionDays": 30}})
    try:
        assert outcomes(pack.about(RULE).evaluate(azure(29), azure(30))) == [(RULE, "mandatory")]
    finally:
        pack.close()


def cluster(declared: Any = "14", **spec: Any) -> Fact:
    """A database of CloudNativePG."""
    notes = present({"slipway.dev/source": SOURCE, "slipway.dev/backup-retention": declared})
    metadata = {"name": "fleet-db", "namespace": "fleet", "annotations": notes}
    return Fact("kubernetes:postgresql.cnpg.io/v1:Cluster", {"metadata": metadata, "spec": spec}, "fleet-db")


def schedule(name: Any = "fleet-db", **spec: Any) -> Fact:
    """A schedule that names a cluster."""
    properties = {"metadata": {"namespace": "fleet"}, "spec": {"cluster": {"name": name}, **spec}}
    return Fact("kubernetes:postgresql.cnpg.io/v1:ScheduledBackup", properties, "daily")


def store(retention: Any = "14d", name: Any = "offsite") -> Fact:
    """Where the Barman plugin writes backups to."""
    properties = {"metadata": {"name": name, "namespace": "fleet"}, "spec": present({"retentionPolicy": retention})}
    return Fact("kubernetes:barmancloud.cnpg.io/v1:ObjectStore", properties, "store")


PLUGIN = {"name": "barman-cloud.cloudnative-pg.io", "parameters": {"barmanObjectName": "offsite"}}
OWN = {"retentionPolicy": "14d"}


@pytest.mark.parametrize(
    "facts",
    [
        (cluster(backup=OWN), schedule()),
        (cluster(backup={"retentionPolicy": "2w"}), schedule(suspend=False)),
        (cluster(plugins=[PLUGIN]), schedule(), store()),
        (cluster(plugins=[{"name": "other"}, PLUGIN]), schedule(), store("1m")),
    ],
)
def test_scheduled_and_kept_satisfies(preview: Evaluator, facts: tuple[Fact, ...]) -> None:
    """A schedule, and a retention in the cluster or in its store."""
    assert preview.evaluate(*facts) == []


@pytest.mark.parametrize(
    "facts",
    [
        (cluster(backup=OWN),),
        (cluster(backup=OWN), schedule("another")),
        (cluster(backup=OWN), schedule(suspend=True)),
        (cluster(), schedule()),
        (cluster(backup={"retentionPolicy": "13d"}), schedule()),
        (cluster(backup={"retentionPolicy": 14}), schedule()),
        (cluster(backup={"retentionPolicy": "0d"}), schedule()),
        (cluster(backup="14d"), schedule()),
        (cluster("none", backup=OWN), schedule()),
        (cluster(plugins=[PLUGIN]), schedule()),
        (cluster(plugins=[PLUGIN]), schedule(), store(name="elsewhere")),
        (cluster(plugins=[PLUGIN]), schedule(), store(ABSENT)),
        (cluster(plugins=[PLUGIN]), schedule(), store("1d")),
    ],
)
def test_unscheduled_or_dropped_violates(preview: Evaluator, facts: tuple[Fact, ...]) -> None:
    """No schedule, a sleeping one, no store, or too short a retention."""
    findings = preview.evaluate(*facts)
    assert outcomes(findings) == [(SCHEDULES, "mandatory")]
    assert findings[0].name == "fleet-db"
    assert f"\nfix: {SOURCE}.backup" in findings[0].message


@pytest.mark.parametrize(
    ("facts", "named"),
    [
        ((cluster(backup=OWN), schedule(UNKNOWN)), "spec.cluster.name of daily"),
        ((cluster(backup={"retentionPolicy": UNKNOWN}), schedule()), "spec.backup.retentionPolicy"),
        ((cluster(plugins=[PLUGIN]), schedule(), store(UNKNOWN)), "spec.retentionPolicy"),
        ((cluster(plugins=UNKNOWN), schedule()), "spec.plugins"),
        ((cluster(plugins=[PLUGIN]), schedule(), store(name=UNKNOWN)), "metadata.name of store"),
    ],
)
def test_unknown_schedule_or_retention(
    preview: Evaluator, update: Evaluator, facts: tuple[Fact, ...], named: str
) -> None:
    """What is not known yet is advice on the database, and blocks an update."""
    findings = preview.evaluate(*facts)
    assert outcomes(findings) == [(SCHEDULES, "advisory")]
    assert named in findings[0].message
    assert findings[0].name == "fleet-db"
    assert outcomes(update.evaluate(*facts)) == [(SCHEDULES, "mandatory")]


def test_schedule_made_from_the_cluster_is_its_own(preview: Evaluator) -> None:
    """An unknown name that comes from the very cluster means it."""
    made = schedule(UNKNOWN)
    made = Fact(made.type, made.properties, dependencies=(cluster().urn,))
    assert preview.evaluate(cluster(backup=OWN), made) == []
