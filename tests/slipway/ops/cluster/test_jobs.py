"""Jobs copied from what a cluster has."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from slipway.ops.cluster import jobs, marks
from slipway.ops.cluster.api import ApiUnavailable, Refused
from slipway.ops.cluster.connection import connect
from slipway.ops.cluster.jobs import Unfit
from tests.slipway.ops.cluster.server import filled_in, migration_job, served

NOW = datetime(2026, 11, 21, 10, 0, 5, tzinfo=UTC)
CREATED = "2026-11-20T10:00:00Z"


def cron_job() -> dict[str, Any]:
    pod = {
        "initContainers": [{"name": "fetch", "env": [{"name": "AT", "value": "newest"}]}],
        "containers": [{"name": "restore", "env": [{"name": "DATABASE", "value": "orders"}]}],
    }
    labels = {"app.kubernetes.io/name": "orders-restore"}
    job = {"metadata": {"labels": labels}, "spec": {"template": {"metadata": {"labels": labels}, "spec": pod}}}
    annotations = {"slipway.dev/source": "systems/shop/system.yaml", "other": "x"}
    metadata = {"name": "orders-restore", "namespace": "shop", "uid": "u", "annotations": annotations}
    return {"metadata": metadata, "spec": {"suspend": True, "schedule": "0 0 1 1 *", "jobTemplate": job}}


def test_a_copy_has_nothing_that_the_api_server_fills_in() -> None:
    """A copy of the live Job is the same as one of the Job that was given to the server, but for defaults."""
    given = migration_job()
    live = filled_in(given, CREATED)
    copies = [jobs.from_job(each, "copy", each["metadata"]["labels"], MODE="rollback") for each in (given, live)]
    assert copies[1]["spec"].pop("completionMode") == "NonIndexed"
    assert copies[0] == copies[1]
    assert set(copies[0]) == {"apiVersion", "kind", "metadata", "spec"}
    assert set(copies[0]["metadata"]) == {"name", "namespace", "labels", "annotations"}
    assert copies[0]["metadata"]["annotations"] == {"slipway.dev/migration-rollback": "true"}


def test_a_copy_leaves_what_it_is_copied_from_as_it_is() -> None:
    """Variables change in the copy alone."""
    live = filled_in(migration_job(), CREATED)
    before = repr(live)
    (container,) = jobs.from_job(live, "copy", {}, MODE="rollback")["spec"]["template"]["spec"]["containers"]
    assert container["env"][0] == {"name": "MODE", "value": "rollback"}
    assert container["env"][1]["valueFrom"]["secretKeyRef"]["name"] == "shop-db-owner"
    assert repr(live) == before


def test_a_copy_is_nobody_s_to_prune() -> None:
    """A rehearsal that finds its mark on an object that its plan lacks deletes it."""
    given = migration_job(**{marks.ANNOTATION: "test/main"})
    given["metadata"]["labels"][marks.LABEL] = "0123456789ab"
    metadata = jobs.from_job(given, "copy", given["metadata"]["labels"], MODE="rollback")["metadata"]
    assert marks.LABEL not in metadata["labels"]
    assert marks.ANNOTATION not in metadata["annotations"]


def test_a_cron_job_gives_its_template() -> None:
    """With the variable in whichever container has it, and the labels that its network policy selects."""
    made = jobs.from_cron_job(cron_job(), "orders-restore-1", AT="2026-11-05T02:30:00Z")
    assert made["metadata"] == {
        "name": "orders-restore-1",
        "namespace": "shop",
        "labels": {"app.kubernetes.io/name": "orders-restore"},
        "annotations": {"slipway.dev/source": "systems/shop/system.yaml"},
    }
    assert made["spec"]["template"]["metadata"]["labels"] == {"app.kubernetes.io/name": "orders-restore"}
    (fetch,) = made["spec"]["template"]["spec"]["initContainers"]
    assert fetch["env"] == [{"name": "AT", "value": "2026-11-05T02:30:00Z"}]


def test_a_job_without_the_variable_is_refused() -> None:
    """It would do what the first one did."""
    with pytest.raises(Unfit, match="orders-restore has no variable MODE"):
        jobs.from_cron_job(cron_job(), "orders-restore-1", MODE="rollback")


@pytest.mark.parametrize("prefix", ["short", "migrate-" + "x" * 46 + "-rollback"])
def test_a_name_is_of_its_second_and_fits(prefix: str) -> None:
    """63 characters are all that a Job's pods allow."""
    name = jobs.stamped(prefix, NOW)
    assert name.endswith("-20261121100005")
    assert len(name) <= 63


def test_a_refusal_is_the_api_server_s_own(tmp_path: Path) -> None:
    """It is not tried again."""
    with served() as cluster:
        cluster.refused["POST jobs"] = 403
        with pytest.raises(Refused, match=r"jobs\.batch is forbidden"):
            jobs.start(connect(Path(cluster.kubeconfig(tmp_path)), None).api, migration_job())
        assert cluster.made == []


def test_no_answer_says_where_to_look(tmp_path: Path) -> None:
    """Nobody knows whether the Job was made."""
    with served() as cluster:
        api = connect(Path(cluster.kubeconfig(tmp_path)), None).api
    with pytest.raises(ApiUnavailable, match="kubectl -n shop get job/migrate-001-colour-1a2b3c4d"):
        jobs.start(api, migration_job())


def deployment() -> dict[str, Any]:
    """With all that a pod for requests has."""
    labels = {"app.kubernetes.io/name": "api", "slipway.dev/slot": "green", "azure.workload.identity/use": "true"}
    serving = {key: {"httpGet": {"port": 3000}} for key in ("startupProbe", "readinessProbe", "livenessProbe")}
    sleeping = {"preStop": {"sleep": {"seconds": 10}}}
    container = {"name": "api", "image": "shop/api:2", "args": ["serve"], "env": [{"name": "A", "value": "b"}]}
    pod = {
        "restartPolicy": "Always",
        "serviceAccountName": "api",
        "topologySpreadConstraints": [{"topologyKey": "kubernetes.io/hostname"}],
        "terminationGracePeriodSeconds": 30,
        "initContainers": [{"name": "proxy", "restartPolicy": "Always", "startupProbe": {"exec": {"command": ["x"]}}}],
        "containers": [{**container, **serving, "ports": [{"containerPort": 3000}], "lifecycle": sleeping}],
    }
    annotations = {"slipway.dev/config": "0123", "kubectl.kubernetes.io/restartedAt": "2026-11-20T10:00:00Z"}
    template = {"metadata": {"labels": labels, "annotations": annotations}, "spec": pod}
    metadata = {"name": "api-green", "namespace": "shop", "labels": labels, "annotations": {"slipway.dev/source": "x"}}
    return {"metadata": metadata, "spec": {"replicas": 3, "selector": {"matchLabels": labels}, "template": template}}


def test_a_deployment_gives_a_pod_for_one_command() -> None:
    """With its account, variables and sidecars, and without what is for requests; it ends, and is not tried again."""
    found = deployment()
    before = repr(found)
    made = jobs.from_deployment(found, "api-run-1", ["bin/reindex", "now"], 3600)
    pod = made["spec"]["template"]["spec"]
    assert pod == {
        "restartPolicy": "Never",
        "serviceAccountName": "api",
        "initContainers": found["spec"]["template"]["spec"]["initContainers"],
        "containers": [
            {
                "name": "api",
                "image": "shop/api:2",
                "env": [{"name": "A", "value": "b"}],
                "command": ["bin/reindex", "now"],
            }
        ],
    }
    assert (made["spec"]["backoffLimit"], made["spec"]["activeDeadlineSeconds"]) == (0, 3600)
    assert repr(found) == before


def test_no_owner_of_a_services_pods_selects_a_one_off_pod() -> None:
    """Its Service and disruption budget select by name and slot as its Deployment does; labels of identities stay."""
    found = deployment()
    made = jobs.from_deployment(found, "api-run-1", ["bin/reindex"], 3600)
    labels = {"app.kubernetes.io/name": "api", "slipway.dev/slot": "green-run", "azure.workload.identity/use": "true"}
    assert made["metadata"]["labels"] == made["spec"]["template"]["metadata"]["labels"] == labels
    assert made["metadata"]["annotations"] == {"slipway.dev/source": "x"}
    annotations = made["spec"]["template"]["metadata"]["annotations"]
    assert annotations["karpenter.sh/do-not-disrupt"] == "true"
    assert "slipway.dev/config" not in annotations
