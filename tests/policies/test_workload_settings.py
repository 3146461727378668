"""Autoscalers keep enough pods, pods stand apart, Jobs end, and tokens go to those only that need them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.policies.pack_under_test import CANARY, UNKNOWN, Evaluator, Fact, Pack, PackView, outcomes, secret

RULES = ("workload-minimum", "workload-spread", "workload-deadlines", "service-account-tokens", "resource-options")

MINIMUM, SPREAD, DEADLINES, TOKENS, OPTIONS = RULES
SOURCE = "systems/fleet/system.yaml:services.api"
ABSENT = object()


def metadata(name: Any = "api", **more: Any) -> dict[str, Any]:
    return {"name": name, "namespace": "fleet", "annotations": {"slipway.dev/source": SOURCE}, **more}


def present(**properties: Any) -> dict[str, Any]:
    return {key: value for key, value in properties.items() if value is not ABSENT}


def autoscaler(minimum: Any, version: str = "v2") -> Fact:
    properties = {"metadata": metadata(), "spec": present(maxReplicas=6, minReplicas=minimum)}
    return Fact(f"kubernetes:autoscaling/{version}:HorizontalPodAutoscaler", properties)


@pytest.fixture(scope="module")
def prod() -> Iterator[Evaluator]:
    """The rules of `prod`, where two pods are the fewest."""
    pack = Pack(stack="prod")
    yield PackView(pack, RULES)
    pack.close()


@pytest.mark.parametrize("version", ["v1", "v2"])
class TestMinimum:
    """Both versions of an autoscaler say it alike."""

    @pytest.mark.parametrize("minimum", [2, 3.0, secret(2)])
    def test_enough_satisfies(self, prod: Evaluator, version: str, minimum: Any) -> None:
        """As many as the stack asks for, or more."""
        assert prod.evaluate(autoscaler(minimum, version)) == []

    @pytest.mark.parametrize("minimum", [1, 0, -1, ABSENT, "2", 2.5, True, {}, secret(CANARY)])
    def test_too_few_violates(self, prod: Evaluator, version: str, minimum: Any) -> None:
        """Fewer, Kubernetes' own one, or a value of the wrong type."""
        said = prod.evaluate(autoscaler(minimum, version))
        assert outcomes(said) == [(MINIMUM, "mandatory")]
        assert said[0].message.splitlines()[-1].startswith(f"fix: {SOURCE}.replicas.minimum")
        assert CANARY not in said[0].message

    def test_one_is_enough_elsewhere(self, preview: Evaluator, version: str) -> None:
        """Where nobody asks for more, one pod will do."""
        assert preview.evaluate(autoscaler(1, version), autoscaler(ABSENT, version)) == []

    def test_unknown_is_told_and_blocks_later(self, preview: Evaluator, update: Evaluator, version: str) -> None:
        """A number that is not known yet is advice, and blocks an update."""
        assert outcomes(preview.evaluate(autoscaler(UNKNOWN, version))) == [(MINIMUM, "advisory")]
        assert outcomes(update.evaluate(autoscaler(UNKNOWN, version))) == [(MINIMUM, "mandatory")]


def fixed(replicas: Any) -> Fact:
    notes = {"slipway.dev/source": SOURCE, "slipway.dev/fixed-replicas": "true"}
    made = {
        "name": "api",
        "namespace": "fleet",
        "annotations": notes,
        "labels": {"app.kubernetes.io/component": "support"},
    }
    return Fact("kubernetes:apps/v1:Deployment", {"metadata": made, "spec": present(replicas=replicas)})


class TestFixed:
    """A number of replicas that no autoscaler changes."""

    @staticmethod
    def evaluated(evaluate: Evaluator, replicas: Any) -> list[tuple[str, str]]:
        return [each for each in outcomes(evaluate.evaluate(fixed(replicas))) if each[0] == MINIMUM]

    @pytest.mark.parametrize("replicas", [2, 100, secret(3)])
    def test_enough_satisfies(self, prod: Evaluator, replicas: Any) -> None:
        assert self.evaluated(prod, replicas) == []

    @pytest.mark.parametrize("replicas", [1, 0, 101, ABSENT, "2", 2.5, secret(CANARY)])
    def test_too_few_or_many_violate(self, prod: Evaluator, replicas: Any) -> None:
        """With the nearest number that is allowed, where there is a number."""
        assert self.evaluated(prod, replicas) == [(MINIMUM, "mandatory")]
        assert CANARY not in str(prod.evaluate(fixed(replicas)))

    def test_unknown_is_told_and_blocks_later(self, preview: Evaluator, update: Evaluator) -> None:
        assert self.evaluated(preview, UNKNOWN) == [(MINIMUM, "advisory")]
        assert self.evaluated(update, UNKNOWN) == [(MINIMUM, "mandatory")]


LABELS = {"app.kubernetes.io/name": "api"}
OWN = {"matchLabels": LABELS}
NO_TOKEN = {"automountServiceAccountToken": False}


def deployment(labels: dict[str, str] | None = None, **pod: Any) -> Fact:
    template = {"metadata": {"labels": LABELS}, "spec": {**NO_TOKEN, **pod}}
    return Fact("kubernetes:apps/v1:Deployment", {"metadata": metadata(labels=labels), "spec": {"template": template}})


def constraint(key: Any = "topology.kubernetes.io/zone", selector: Any = OWN) -> dict[str, Any]:
    return present(topologyKey=key, labelSelector=selector, maxSkew=1, whenUnsatisfiable="ScheduleAnyway")


def aversion(term: Any, *, required: bool = True) -> dict[str, Any]:
    terms = (
        {"requiredDuringSchedulingIgnoredDuringExecution": [term]}
        if required
        else {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "podAffinityTerm": term}]}
    )
    return {"podAntiAffinity": terms}


@pytest.mark.parametrize(
    "fact",
    [
        deployment(topologySpreadConstraints=[constraint()]),
        deployment(topologySpreadConstraints=[constraint("kubernetes.io/hostname"), constraint()]),
        deployment(topologySpreadConstraints=[constraint(selector=UNKNOWN)]),
        deployment(affinity=aversion(constraint())),
        deployment(affinity=aversion(constraint(), required=False)),
        deployment({"app.kubernetes.io/component": "support"}),
    ],
)
def test_spread_satisfies(preview: Evaluator, fact: Fact) -> None:
    """A constraint or an aversion by zone; what no visitor waits for needs none."""
    assert preview.evaluate(fact) == []


@pytest.mark.parametrize(
    "fact",
    [
        deployment(),
        deployment(topologySpreadConstraints=[]),
        deployment(topologySpreadConstraints="zone"),
        deployment(topologySpreadConstraints=[constraint("kubernetes.io/hostname")]),
        deployment(topologySpreadConstraints=[constraint(7)]),
        deployment(topologySpreadConstraints=[constraint(selector=ABSENT)]),
        deployment(topologySpreadConstraints=[constraint(selector={"matchLabels": {"app": "other"}})]),
        deployment(affinity=aversion(constraint(secret(CANARY)))),
        deployment(affinity=aversion({"topologyKey": "topology.kubernetes.io/zone"}, required=False)),
    ],
)
def test_together_violates(preview: Evaluator, fact: Fact) -> None:
    """Nothing that spreads, another part of the world, other pods, or a value of the wrong type."""
    said = preview.evaluate(fact)
    assert outcomes(said) == [(SPREAD, "mandatory")]
    assert CANARY not in said[0].message


@pytest.mark.parametrize(
    "fact",
    [
        deployment(topologySpreadConstraints=UNKNOWN),
        deployment(topologySpreadConstraints=[UNKNOWN]),
        deployment(topologySpreadConstraints=[constraint(UNKNOWN)]),
        deployment(affinity=UNKNOWN),
    ],
)
def test_unknown_spread_is_told_and_blocks_later(preview: Evaluator, update: Evaluator, fact: Fact) -> None:
    """A place that is not known yet is advice, and blocks an update."""
    assert outcomes(preview.evaluate(fact)) == [(SPREAD, "advisory")]
    assert outcomes(update.evaluate(fact)) == [(SPREAD, "mandatory")]


def job(deadline: Any = 3600) -> Fact:
    spec = present(activeDeadlineSeconds=deadline, template={"spec": NO_TOKEN})
    return Fact("kubernetes:batch/v1:Job", {"metadata": metadata(), "spec": spec})


def cron_job(deadline: Any = 3600, starting: Any = 600, policy: Any = "Forbid") -> Fact:
    inner = {"spec": present(activeDeadlineSeconds=deadline, template={"spec": NO_TOKEN})}
    spec = present(startingDeadlineSeconds=starting, concurrencyPolicy=policy, jobTemplate=inner)
    return Fact("kubernetes:batch/v1:CronJob", {"metadata": metadata(), "spec": spec})


def scaled_job(deadline: Any = 3600) -> Fact:
    inner = present(activeDeadlineSeconds=deadline, template={"spec": NO_TOKEN})
    return Fact("kubernetes:keda.sh/v1alpha1:ScaledJob", {"metadata": metadata(), "spec": {"jobTargetRef": inner}})


@pytest.mark.parametrize(
    "fact", [job(), job(3600.0), job(secret(60)), cron_job(), cron_job(policy="Replace"), scaled_job()]
)
def test_deadline_satisfies(preview: Evaluator, fact: Fact) -> None:
    """A Job that ends, and runs that do not overlap."""
    assert preview.evaluate(fact) == []


def suspended_by_others(annotations: Any = ABSENT, ignored: str = "spec.suspend") -> Fact:
    found = cron_job()
    own = present(**{"slipway.dev/live-only": annotations})
    held = metadata()
    properties = {**found.properties, "metadata": {**held, "annotations": {**held["annotations"], **own}}}
    return Fact(found.type, properties, ignored=(ignored,))


@pytest.mark.parametrize(
    ("fact", "expected"),
    [
        (suspended_by_others("true"), []),
        (suspended_by_others(), [(OPTIONS, "mandatory")]),
        (suspended_by_others("false"), [(OPTIONS, "mandatory")]),
        (suspended_by_others("true", "spec.schedule"), [(OPTIONS, "mandatory")]),
    ],
)
def test_schedules_alone_are_suspended_by_others(preview: Evaluator, fact: Fact, expected: list[Any]) -> None:
    """A CronJob that ignores what its plan says of `suspend` may never make a backup again."""
    assert outcomes(preview.evaluate(fact)) == expected


BAD_SECONDS = (ABSENT, 0, -1, "3600", 0.5, True, {}, secret(CANARY))


@pytest.mark.parametrize(
    "fact",
    [
        *[job(each) for each in BAD_SECONDS], *[cron_job(each) for each in BAD_SECONDS],
        *[scaled_job(each) for each in BAD_SECONDS], *[cron_job(starting=each) for each in BAD_SECONDS],
        *[cron_job(policy=each) for each in (ABSENT, "Allow", True, secret(CANARY))],
    ],
)  # fmt: skip
def test_endless_job_violates(preview: Evaluator, fact: Fact) -> None:
    """No deadline, runs that overlap, or a value of the wrong type."""
    said = preview.evaluate(fact)
    assert outcomes(said) == [(DEADLINES, "mandatory")]
    assert CANARY not in said[0].message


@pytest.mark.parametrize(
    "fact", [job(UNKNOWN), cron_job(UNKNOWN), cron_job(starting=UNKNOWN), cron_job(policy=UNKNOWN)]
)
def test_unknown_deadline_is_told_and_blocks_later(preview: Evaluator, update: Evaluator, fact: Fact) -> None:
    """A deadline that is not known yet is advice, and blocks an update."""
    assert outcomes(preview.evaluate(fact)) == [(DEADLINES, "advisory")]
    assert outcomes(update.evaluate(fact)) == [(DEADLINES, "mandatory")]


def pod(mounts: Any = ABSENT, account: Any = "api") -> Fact:
    spec = present(automountServiceAccountToken=mounts, serviceAccountName=account)
    return Fact("kubernetes:core/v1:Pod", {"metadata": metadata(), "spec": spec}, "pod")


def account(mounts: Any = ABSENT, name: str = "api", provider: str = "cluster") -> Fact:
    properties = present(metadata=metadata(name), automountServiceAccountToken=mounts)
    return Fact("kubernetes:core/v1:ServiceAccount", properties, "account", provider)


def binding(name: str = "api", kind: str = "ServiceAccount", cluster_wide: bool = False) -> Fact:
    type_ = f"kubernetes:rbac.authorization.k8s.io/v1:{'Cluster' if cluster_wide else ''}RoleBinding"
    subject = present(kind=kind, name=name, namespace="fleet" if cluster_wide else ABSENT)
    return Fact(type_, {"metadata": metadata("binding"), "subjects": [subject]}, "binding")


@pytest.mark.parametrize(
    "facts",
    [
        (pod(False),), (pod(False), account(True)), (pod(), account(False)), (pod(True), account(), binding()),
        (pod(), account(), binding(cluster_wide=True)), (pod(False, ABSENT),), (pod(ABSENT, ABSENT), binding("default")),
    ],
)  # fmt: skip
def test_no_needless_token_satisfies(preview: Evaluator, facts: tuple[Fact, ...]) -> None:
    """The pod or its account refuses the token, or a role makes use of it."""
    assert preview.evaluate(*facts) == []


@pytest.mark.parametrize(
    "facts",
    [
        (pod(),), (pod(True),), (pod(True), account(False)), (pod(), account()), (pod("false"), account(False)),
        (pod(), account(False, "other")), (pod(), account(False, provider="other")), (pod(True), binding("other")),
        (pod(True), binding(kind="Group")), (pod(ABSENT, ABSENT), account(False)), (pod(secret(CANARY)),),
    ],
)  # fmt: skip
def test_needless_token_violates(preview: Evaluator, facts: tuple[Fact, ...]) -> None:
    """Kubernetes' default, another account's refusal, somebody else's role, or a value of the wrong type."""
    said = preview.evaluate(*facts)
    assert outcomes(said) == [(TOKENS, "mandatory")]
    assert said[0].name == "pod"
    assert CANARY not in said[0].message


@pytest.mark.parametrize("facts", [(pod(UNKNOWN),), (pod(), account(UNKNOWN)), (pod(True, UNKNOWN), binding())])
def test_unknown_token_is_told_and_blocks_later(preview: Evaluator, update: Evaluator, facts: tuple[Fact, ...]) -> None:
    """A refusal that is not known yet is advice, and blocks an update."""
    assert outcomes(preview.evaluate(*facts)) == [(TOKENS, "advisory")]
    assert outcomes(update.evaluate(*facts)) == [(TOKENS, "mandatory")]
