"""The Kubernetes objects of backups: when they run, as whom, and what their names follow."""

from __future__ import annotations

import re
import subprocess
from typing import Any

import pytest

from components.clouds.aws import bucket_clients as aws
from components.clouds.azure import bucket_clients as azure
from components.clouds.local import bucket_clients as local
from components.manifests import names, pod
from components.manifests.environment import BucketFacts
from components.system.backups.manifests import backup_job, common_job, script
from components.system.backups.manifests.rclone import Store, remote
from tests.dumps.case import SCOPE, dumps


def job(migration: str = "fleet-005", content: str = "CREATE TABLE", attempt: int = 1) -> Any:
    wanted = backup_job.BeforeMigration(
        scope=SCOPE, dumps=dumps(), migration=migration, content=content, attempt=attempt
    )
    return wanted.job()


OBJECTS: dict[str, Any] = {
    "dump": backup_job.nightly(SCOPE, dumps()),
    "test": backup_job.restore_test(SCOPE, dumps(), "week"),
    "migration": job(),
    "restore": backup_job.restore(SCOPE, dumps(), stamp="1"),
    "template": backup_job.restore_template(SCOPE, dumps()),
}


def spec_of(built: Any) -> Any:
    """Of its Job."""
    return getattr(built.spec, "job_template", built).spec


def test_cron_jobs_have_the_names_that_alerts_read() -> None:
    assert OBJECTS["dump"].metadata.name == names.dump("fleet") == "fleet-dump"
    assert OBJECTS["test"].metadata.name == names.restore_test("fleet") == "fleet-restore-test"


def test_backups_are_made_each_night() -> None:
    """One at a time, and at another minute for another database; a test comes after them."""
    spec = OBJECTS["dump"].spec
    assert re.fullmatch(r"[1-5]?\d 2 \* \* \*", spec.schedule)
    assert (spec.concurrency_policy, spec.time_zone, spec.starting_deadline_seconds) == ("Forbid", "Etc/UTC", 3600)
    assert (spec.successful_jobs_history_limit, spec.failed_jobs_history_limit) == (3, 3)
    minutes = {backup_job.nightly(SCOPE, dumps(f"db{n}")).spec.schedule for n in range(20)}  # type: ignore[union-attr]
    assert len(minutes) > 10


@pytest.mark.parametrize(
    ("every", "schedule"),
    [("day", r"\d+ 4 \* \* \*"), ("week", r"\d+ 4 \* \* [0-6]"), ("month", r"\d+ 4 (1?[1-9]|10|2[0-8]) \* \*")],
)
def test_tests_come_as_often_as_declared(every: common_job.Every, schedule: str) -> None:
    built: Any = backup_job.restore_test(SCOPE, dumps(), every)
    assert re.fullmatch(schedule, built.spec.schedule)


def test_no_migration_trusts_the_backup_of_another() -> None:
    """The name follows the migration's content and the attempt, and nothing else of the run."""
    name = job().metadata.name
    assert re.fullmatch(r"backup-fleet-005-[0-9a-f]{8}", name)
    assert job().metadata.name == name
    assert len({name, job(content="DROP TABLE").metadata.name, job(attempt=2).metadata.name}) == 3
    assert job().metadata.annotations["pulumi.com/replaceUnready"] == "true"
    assert (job().spec.backoff_limit, job().spec.ttl_seconds_after_finished) == (1, None)


def test_the_template_of_restores_never_runs_by_itself() -> None:
    assert OBJECTS["template"].spec.suspend is True
    assert OBJECTS["dump"].spec.suspend is False


@pytest.mark.parametrize("built", OBJECTS.values(), ids=OBJECTS)
def test_pods_have_no_rights(built: Any) -> None:
    """The restricted standard, a read-only root, bounded resources, and the account that may only add to the bucket."""
    template = spec_of(built).template
    pod = template.spec
    assert (pod.service_account_name, pod.automount_service_account_token) == ("backups", False)
    assert (pod.restart_policy, pod.security_context.run_as_non_root) == ("Never", True)
    assert template.metadata.labels["app.kubernetes.io/component"] == "support"
    assert names.SOURCE in template.metadata.annotations
    for container in [*pod.init_containers, *pod.containers]:
        security = container.security_context
        assert security.read_only_root_filesystem
        assert not security.allow_privilege_escalation
        assert set(container.resources.limits) == {"cpu", "memory"}
        assert {mount.mount_path for mount in container.volume_mounts} == {"/work", "/scripts", "/tmp"}
    assert all(volume.config_map or volume.empty_dir.size_limit for volume in pod.volumes)


@pytest.mark.parametrize("built", OBJECTS.values(), ids=OBJECTS)
def test_nodes_are_left_alone_until_they_end(built: Any) -> None:
    """And a pod that is taken away all the same has not failed."""
    spec = spec_of(built)
    assert pod.UNDISTURBED.items() <= spec.template.metadata.annotations.items()
    (rule,) = spec.pod_failure_policy.rules
    assert (rule.action, [each.type for each in rule.on_pod_conditions]) == ("Ignore", ["DisruptionTarget"])


def test_backups_of_six_databases_fit_a_small_node() -> None:
    """Of two cores and four GiB, beside what else runs there."""
    spec = spec_of(OBJECTS["migration"]).template.spec
    requests = [each.resources.requests for each in [*spec.init_containers, *spec.containers]]
    assert max(int(each["cpu"].removesuffix("m")) for each in requests) * 6 <= 1000
    assert max(int(each["memory"].removesuffix("Mi")) for each in requests) * 6 <= 2048


@pytest.mark.parametrize("built", OBJECTS.values(), ids=OBJECTS)
def test_only_what_needs_it_has_a_login(built: Any) -> None:
    """What talks to the bucket knows no database, and a test knows no live server."""
    pod = spec_of(built).template.spec
    for container in [*pod.init_containers, *pod.containers]:
        secrets = {variable.value_from.secret_key_ref.name for variable in container.env if variable.value_from}
        secrets |= {each.secret_ref.name for each in container.env_from or []}
        wanted = {"dump": {"fleet-backup"}, "test": set(), "restore": {"fleet-admin"}}
        assert secrets == wanted.get(container.name, {"object-store"})


@pytest.mark.parametrize("name", [name for name in script.texts() if name.endswith(".sh")])
def test_scripts_are_posix(name: str) -> None:
    """Any shell reads them."""
    done = subprocess.run(["sh", "-n"], input=script.texts()[name], text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", ["dump", "upload", "fetch", "test", "restore"])
def test_every_container_stops_at_the_first_failure(name: str) -> None:
    assert ". /scripts/common.sh\n" in script.texts()[f"{name}.sh"]
    assert "set -eu\n" in script.texts()["common.sh"]


@pytest.mark.parametrize(
    ("store", "bucket", "wanted"),
    [
        (
            aws.store(BucketFacts("shop-backups", "eu-west-1")),
            "shop-backups",
            {"TYPE": "s3", "PROVIDER": "AWS", "ENV_AUTH": "true", "REGION": "eu-west-1", "NO_CHECK_BUCKET": "true"},
        ),
        (
            azure.store(BucketFacts("backups", "westeurope", "shopdata")),
            "backups",
            {"TYPE": "azureblob", "ACCOUNT": "shopdata", "ENV_AUTH": "true"},
        ),
        (local.store(BucketFacts("shop-backups", "local")), "shop-backups", {"TYPE": "s3", "ENV_AUTH": "true"}),
    ],
    ids=["aws", "azure", "local"],
)
def test_each_store_is_found_by_its_environment(store: Store, bucket: str, wanted: dict[str, str]) -> None:
    """No key stands there in plain text."""
    environment = remote(store)
    assert environment["BUCKET"] == bucket
    assert {f"RCLONE_CONFIG_STORE_{name}": value for name, value in wanted.items()}.items() <= environment.items()
    assert not [name for name in environment if "KEY" in name or "SECRET" in name]
