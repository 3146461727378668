"""Pins that go together are moved together, and the pages that name them agree."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from pydantic import TypeAdapter, ValidationError

from components.clouds.aws.broker import SIZES
from components.clouds.local.manifests.mongodb import IMAGE, spec
from components.cluster.logs.manifests import agent
from components.manifests.versions import Pins, pins
from components.system.broker.manifests import rabbitmq_cluster
from slipway.scanners.charts.records import FOLDER
from slipway.settings.databases import ENDED, Database, MajorVersion, Queue

TOGETHER: list[dict[str, Any]] = yaml.safe_load((FOLDER / "together.yaml").read_text())
DOCS = FOLDER.parents[1] / "docs"


def version(part: str, kind: str = "charts") -> str:
    return str(pins()[kind][part]["version" if kind == "charts" else "tag"])


@pytest.mark.parametrize("group", TOGETHER, ids=lambda group: "-".join([*group["charts"], *group["images"]]))
def test_pins_go_together(group: dict[str, Any]) -> None:
    """A pin that moves away from the others of its group fails; the group says by whom they go together."""
    assert group["source"].startswith("https://")
    moved = [
        f"{part} {version(part, kind)}, not {begins}…: {group['because']} ({group['source']})"
        for kind in ("charts", "images")
        for part, begins in group[kind].items()
        if not version(part, kind).startswith(str(begins))
    ]
    assert moved == []


def test_commands_of_the_docs_name_the_pinned_versions() -> None:
    """Those that apply the CRDs of a new version before its chart."""
    commands = (DOCS / "gateway.md").read_text()
    documented = dict(re.findall(r"(?:helm \w+ .*?)([\w-]+)(?: --repo \S+)? --version (\S+)", commands))
    assert documented.pop("gateway-crds-helm") == version("envoy-gateway")
    assert documented == {chart: version(chart) for chart in ("rabbitmq-cluster-operator", "mongodb-kubernetes")}


def test_every_version_of_postgres_that_may_be_asked_for_has_an_image_and_gets_fixes() -> None:
    pinned = {name.rpartition("-")[2] for name in pins()["images"] if name.startswith("cloudnative-pg-")}
    for major in pinned:
        assert TypeAdapter(MajorVersion).validate_python(int(major)) == major
    assert pinned.isdisjoint(ENDED)


@pytest.mark.parametrize("ended", ENDED)
def test_a_version_of_postgres_past_its_end_is_refused_with_the_day(ended: str) -> None:
    with pytest.raises(ValidationError, match=f"gets no fixes since {ENDED[ended]}"):
        TypeAdapter(MajorVersion).validate_python(int(ended))


def test_the_document_database_is_of_the_pinned_version() -> None:
    """Its operator adds the image's base to the version by itself."""
    database = Database.model_construct(size="small", storage=1, high_availability=False, slow_query_ms=1)
    found = spec("db", "db", database, user="app", login="db-login", storage_class=None)["version"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", found)
    assert version(IMAGE, "images").startswith(f"{found}-")


def test_the_broker_has_no_setting_that_its_version_ignores() -> None:
    """RabbitMQ 4.3 has no strategies for partitions any more."""
    queue = Queue.model_construct(replicas=3, storage=1)
    settings = rabbitmq_cluster.spec("queue", queue, Pins().image("rabbitmq"), "digest")["rabbitmq"]["additionalConfig"]
    assert "cluster_partition_handling" not in settings


def test_the_agents_read_their_password_at_every_version() -> None:
    """From 0.57 on Vector reads variables only if it is configured to; before, it has no such setting."""
    values = agent.values([], Pins(), environment="test", cluster="test")
    assert "${ELASTICSEARCH_PASSWORD}" in str(values["customConfig"])
    assert {"name": "VECTOR_DANGEROUSLY_ALLOW_ENV_VAR_INTERPOLATION", "value": "true"} in values["env"]


def test_a_broker_is_by_default_of_a_size_for_production() -> None:
    """AWS recommends mq.m7g.medium for tests only."""
    assert SIZES[Queue.model_fields["size"].default] == "mq.m7g.large"
    assert SIZES["small"] == "mq.m7g.medium"
