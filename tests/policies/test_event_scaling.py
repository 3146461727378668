"""KEDA's autoscalers: what a Service leads to never scales to zero, and what cannot be read has a fallback."""

from __future__ import annotations

from typing import Any

import pytest

from tests.policies.pack_under_test import CANARY, UNKNOWN, Evaluator, Fact, outcomes

RULES = ("scale-to-zero", "scaling-fallback", "workload-minimum")
ZERO, FALLBACK, MINIMUM = RULES
SOURCE = "systems/fleet/system.yaml:services.worker.replicas"
LABELS = {"app.kubernetes.io/name": "worker"}
QUEUE = {"type": "rabbitmq", "metadata": {"value": "5"}}


def metadata(name: str = "worker", **annotations: str) -> dict[str, Any]:
    return {"name": name, "namespace": "fleet", "annotations": {"slipway.dev/source": SOURCE, **annotations}}


def scaler(live_only: bool = True, notes: dict[str, str] | None = None, **spec: Any) -> Fact:
    own = {**({"slipway.dev/live-only": "true"} if live_only else {}), **(notes or {})}
    given = {"minReplicaCount": 0, "maxReplicaCount": 4, "fallback": {"failureThreshold": 3, "replicas": 1}} | spec
    found = {"scaleTargetRef": {"name": "worker"}, "triggers": [QUEUE], **given}
    properties = {key: value for key, value in found.items() if value is not None}
    return Fact("kubernetes:keda.sh/v1alpha1:ScaledObject", {"metadata": metadata(**own), "spec": properties}, "scaler")


WORKER = Fact(
    "kubernetes:apps/v1:Deployment",
    {"metadata": metadata(), "spec": {"template": {"metadata": {"labels": LABELS}, "spec": {}}}},
    "worker",
)


def service(selector: Any) -> Fact:
    return Fact("kubernetes:core/v1:Service", {"metadata": metadata("front"), "spec": {"selector": selector}}, "front")


@pytest.mark.parametrize(
    "facts",
    [
        (WORKER, scaler()),
        (WORKER, scaler(), service({"app.kubernetes.io/name": "other"})),
        (WORKER, scaler(minReplicaCount=1), service(LABELS)),
        (WORKER, scaler(notes={"autoscaling.keda.sh/paused-replicas": "0"})),
        (WORKER, scaler(fallback=None, triggers=[{"type": "cpu"}, {"type": "memory"}])),
    ],
)
def test_a_worker_without_visitors_satisfies(preview: Evaluator, facts: tuple[Fact, ...]) -> None:
    """At zero, paused where it is not live, and with a fallback for all but what Kubernetes measures."""
    assert preview.evaluate(*facts) == []


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        ((WORKER, scaler(), service(LABELS)), ZERO),
        ((WORKER, scaler(minReplicaCount=None), service(LABELS)), ZERO),
        ((WORKER, scaler(minReplicaCount=2, idleReplicaCount=0), service(LABELS)), ZERO),
        ((WORKER, scaler(fallback=None)), FALLBACK),
        ((WORKER, scaler(fallback={"replicas": 0})), FALLBACK),
        ((WORKER, scaler(fallback={"replicas": CANARY})), FALLBACK),
        ((WORKER, scaler(fallback=None, triggers=[{"type": "cpu"}, {"type": UNKNOWN}])), FALLBACK),
        ((WORKER, scaler(live_only=False)), MINIMUM),
        (
            (WORKER, scaler(live_only=False, minReplicaCount=1, notes={"autoscaling.keda.sh/paused-replicas": "0"})),
            MINIMUM,
        ),
        ((WORKER, scaler(notes={"autoscaling.keda.sh/paused-replicas": "1"})), MINIMUM),
        ((WORKER, scaler(maxReplicaCount=101)), MINIMUM),
        ((WORKER, scaler(minReplicaCount="0")), MINIMUM),
    ],
)
def test_what_would_leave_visitors_or_messages_alone_violates(
    preview: Evaluator, facts: tuple[Fact, ...], rule: str
) -> None:
    """Zero behind a Service or without the mark of a worker, no fallback, another pause, no bound, a wrong type."""
    said = preview.evaluate(*facts)
    assert outcomes(said) == [(rule, "mandatory")]
    assert SOURCE in said[0].message
    assert CANARY not in said[0].message


@pytest.mark.parametrize(
    ("fact", "rule"),
    [(scaler(fallback={"replicas": UNKNOWN}), FALLBACK), (scaler(triggers=UNKNOWN, fallback=UNKNOWN), FALLBACK)],
)
def test_unknown_is_told_and_blocks_later(preview: Evaluator, update: Evaluator, fact: Fact, rule: str) -> None:
    assert outcomes(preview.evaluate(WORKER, fact)) == [(rule, "advisory")]
    assert outcomes(update.evaluate(WORKER, fact)) == [(rule, "mandatory")]


def test_an_unknown_minimum_behind_a_service_is_told(preview: Evaluator) -> None:
    said = preview.evaluate(WORKER, scaler(minReplicaCount=UNKNOWN), service(LABELS))
    assert set(outcomes(said)) == {(ZERO, "advisory"), (MINIMUM, "advisory")}
