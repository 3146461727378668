"""A migration has a backup before it, a check after it, a way back, and one try."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.policies.pack_under_test import CANARY, UNKNOWN, Evaluator, Fact, outcomes, secret

RULES = ("migration-backup", "migration-verification", "migration-rollback", "migration-job")
BACKUP, VERIFICATION, ROLLBACK, JOB = RULES

SOURCE = "systems/fleet/system.yaml:migrations[0]"
FACTS = {"backup": "true", "verified": "true", "rollback": "true", "compatible": "true"}
IMAGE = f"docker.io/library/postgres:17.6@sha256:{'a' * 64}"
ABSENT = object()


def login(name: Any) -> dict[str, Any]:
    return {"name": "PGPASSWORD", "valueFrom": {"secretKeyRef": {"name": name, "key": "password"}}}


def job(name: str, annotations: dict[str, Any], read: list[Any], volumes: Any, labels: Any = None) -> dict[str, Any]:
    """A Job whose one container reads these Secrets."""
    container = {"name": "run", "image": IMAGE, "env": [login(each) for each in read]}
    pod = {"restartPolicy": "Never", "containers": [container], "volumes": volumes}
    metadata = {"name": name, "namespace": "fleet", "labels": labels or {}, "annotations": annotations}
    spec = {"backoffLimit": 0.0, "activeDeadlineSeconds": 960.0, "template": {"spec": pod}}
    return {"metadata": metadata, "spec": spec}


def backup(read: Any = "fleet-db-backup", annotations: Any = None, namespace: str = "fleet") -> Fact:
    properties = job("backup-005", annotations or {}, [read], [{"configMap": {"name": "backup-scripts"}}])
    properties["metadata"]["namespace"] = namespace
    return Fact("kubernetes:batch/v1:Job", properties, "backup-005")


def migration(read: Any = "fleet-db-owner", program: bool = False, dependencies: Any = None, **facts: Any) -> Fact:
    reported = {
        f"slipway.dev/migration-{fact}": value for fact, value in {**FACTS, **facts}.items() if value is not ABSENT
    }
    volumes = [] if program else [{"configMap": {"name": "migrate-005"}}]
    annotations = {"slipway.dev/source": SOURCE, **reported}
    properties = job("migrate-005", annotations, [read], volumes, {"slipway.dev/migration": "005"})
    before = (backup().urn,) if dependencies is None else dependencies
    return Fact("kubernetes:batch/v1:Job", properties, "migrate-005", dependencies=before)


def edited(fact: Fact, path: str, value: Any = ABSENT) -> Fact:
    """The same with one value set or dropped."""
    properties = copy.deepcopy(dict(fact.properties))
    parent: Any = properties
    *parents, last = [int(key) if key.isdigit() else key for key in path.split("/")]
    for key in parents:
        parent = parent[key]
    if value is ABSENT:
        del parent[last]
    else:
        parent[last] = value
    return Fact(fact.type, properties, fact.name, fact.provider, fact.dependencies)


def test_backed_up_checked_and_undoable_satisfies(preview: Evaluator, update: Evaluator) -> None:
    """A migration after a backup of its own database, and any other Job, say nothing."""
    assert preview.evaluate(migration(), backup()) == []
    assert update.evaluate(migration(), backup()) == []


@pytest.mark.parametrize("message", ["false", ABSENT, "yes", True, 1, "", secret(CANARY)])
@pytest.mark.parametrize(("fact", "rule", "key"), [
    ("backup", BACKUP, "database"), ("verified", VERIFICATION, "verification"), ("rollback", ROLLBACK, "rollback"),
])  # fmt: skip
def test_what_a_migration_lacks_violates(preview: Evaluator, fact: str, rule: str, key: str, message: Any) -> None:
    """A fact that is false, missing or no text of true is one finding, which shows no value."""
    findings = preview.evaluate(migration(**{fact: message}), backup())
    assert outcomes(findings) == [(rule, "mandatory")]
    assert findings[0].message.endswith(f"fix: {SOURCE}.{key}")
    assert CANARY not in findings[0].message


@pytest.mark.parametrize(("fact", "rule"), [("backup", BACKUP), ("verified", VERIFICATION), ("rollback", ROLLBACK)])
def test_unknown_fact_is_reported_and_blocks_later(preview: Evaluator, update: Evaluator, fact: str, rule: str) -> None:
    """What a migration says of itself decides."""
    unknown: dict[str, Any] = {fact: UNKNOWN}
    facts = (migration(**unknown), backup())
    findings = preview.evaluate(*facts)
    assert outcomes(findings) == [(rule, "advisory")]
    assert f"slipway.dev/migration-{fact}" in findings[0].message
    assert outcomes(update.evaluate(*facts)) == [(rule, "mandatory")]


@pytest.mark.parametrize(
    "facts",
    [
        (migration(dependencies=()), backup()),
        (migration(),),
        (migration(), backup("other-backup")),
        (migration(), backup("fleet-db-admin")),
        (migration(), backup(annotations={"pulumi.com/skipAwait": "true"})),
        (migration(), backup(namespace="other")),
        (migration("fleet-db-app"), backup()),
        (migration(7), backup()),
    ],
    ids=["not before", "none", "of another", "no backup", "not awaited", "elsewhere", "no owner", "wrong type"],
)
def test_a_word_is_no_backup(preview: Evaluator, facts: tuple[Fact, ...]) -> None:
    """A migration that says it has a backup must wait for a Job that makes one of the same database."""
    assert outcomes(preview.evaluate(*facts)) == [(BACKUP, "mandatory")]


@pytest.mark.parametrize("facts", [(migration(UNKNOWN), backup()), (migration(), backup(UNKNOWN))])
def test_unknown_database_is_reported_and_blocks_later(
    preview: Evaluator, update: Evaluator, facts: tuple[Fact, ...]
) -> None:
    """Whether a backup is of the same database may hang on an unknown name."""
    findings = preview.evaluate(*facts)
    assert outcomes(findings) == [(BACKUP, "advisory")]
    assert "secretKeyRef.name" in findings[0].message
    assert outcomes(update.evaluate(*facts)) == [(BACKUP, "mandatory")]


def test_program_needs_no_files_of_its_own(preview: Evaluator) -> None:
    """A program on documents has no backup Job, check or undoing file that Slipway knows."""
    program = migration("supplied", program=True, dependencies=(), backup="false", verified="false", rollback="false")
    assert preview.evaluate(program) == []


def test_program_must_leave_the_old_version_working(preview: Evaluator, update: Evaluator) -> None:
    """What nothing takes back must not have to be taken back."""
    for value in ("false", ABSENT, 1):
        findings = preview.evaluate(migration(program=True, rollback="false", compatible=value))
        assert outcomes(findings) == [(ROLLBACK, "mandatory")]
        assert findings[0].message.endswith(f"fix: {SOURCE}.compatible")
    unknown = migration(program=True, compatible=UNKNOWN)
    assert outcomes(preview.evaluate(unknown)) == [(ROLLBACK, "advisory")]
    assert outcomes(update.evaluate(unknown)) == [(ROLLBACK, "mandatory")]


def test_program_must_be_awaited(preview: Evaluator, update: Evaluator) -> None:
    """Its exit status is its only check."""
    for value, level in (("true", "mandatory"), (UNKNOWN, "advisory")):
        program = migration(program=True)
        annotations = {**program.properties["metadata"]["annotations"], "pulumi.com/skipAwait": value}
        program = edited(program, "metadata/annotations", annotations)
        assert outcomes(preview.evaluate(program)) == [(VERIFICATION, level)]
        assert outcomes(update.evaluate(program)) == [(VERIFICATION, "mandatory")]


BAD = {
    "spec/backoffLimit": (ABSENT, 1, 6, "0", True),
    "spec/ttlSecondsAfterFinished": (0, 3600, "1h", UNKNOWN),
    "spec/template/spec/restartPolicy": (ABSENT, "OnFailure", "Always", False, secret(CANARY)),
}


@pytest.mark.parametrize(("path", "value"), [(path, value) for path, values in BAD.items() for value in values])
def test_each_gap_of_the_job_violates(preview: Evaluator, path: str, value: Any) -> None:
    """One value missing, too weak or of the wrong type is one finding, which shows no value."""
    findings = preview.evaluate(edited(migration(), path, value), backup())
    assert outcomes(findings) == [(JOB, "mandatory")]
    assert CANARY not in findings[0].message


@pytest.mark.parametrize("path", ["spec/backoffLimit", "spec/template/spec/restartPolicy"])
def test_unknown_setting_of_the_job_is_reported_and_blocks_later(
    preview: Evaluator, update: Evaluator, path: str
) -> None:
    """A second try may hide behind an unknown."""
    fact = edited(migration(), path, UNKNOWN)
    assert outcomes(preview.evaluate(fact, backup())) == [(JOB, "advisory")]
    assert outcomes(update.evaluate(fact, backup())) == [(JOB, "mandatory")]


@pytest.mark.parametrize(
    ("immutable", "levels"), [(True, []), (False, ["mandatory"]), ("true", ["mandatory"]), (UNKNOWN, ["advisory"])]
)
def test_files_are_immutable(preview: Evaluator, immutable: Any, levels: list[str]) -> None:
    """The ConfigMap of a migration cannot change; any other may."""
    metadata = {"labels": {"slipway.dev/migration": "005"}}
    files = Fact("kubernetes:core/v1:ConfigMap", {"metadata": metadata, "immutable": immutable})
    assert outcomes(preview.evaluate(files)) == [(JOB, level) for level in levels]
    missing = Fact("kubernetes:core/v1:ConfigMap", {"metadata": metadata})
    assert outcomes(preview.evaluate(missing)) == [(JOB, "mandatory")]
    assert preview.evaluate(Fact("kubernetes:core/v1:ConfigMap", {"metadata": {}})) == []


def test_other_jobs_are_nobodys_business(preview: Evaluator) -> None:
    """A Job without the label of a migration may try twice."""
    assert preview.evaluate(edited(backup(), "spec/backoffLimit", 3)) == []


def test_unknown_labels_may_be_those_of_a_migration(preview: Evaluator, update: Evaluator) -> None:
    """Whether a Job is a migration may come with the update; what it says of itself then decides."""
    fact = edited(migration(), "metadata", UNKNOWN)
    findings = preview.evaluate(fact, backup())
    assert {each.level for each in findings} == {"advisory"}
    assert {each.level for each in update.evaluate(fact, backup())} == {"mandatory"}
