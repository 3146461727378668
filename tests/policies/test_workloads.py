"""Every Deployment is scaled and guarded; every container is bounded, watched and without rights."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.policies.pack_under_test import CANARY, UNKNOWN, Evaluator, Fact, outcomes, secret

RULES = ("deployment-replicas", "deployment-availability", "container-hardening")

SOURCE = "systems/fleet/system.yaml:services.api"
LABELS = {"app.kubernetes.io/name": "api", "slipway.dev/slot": "blue"}
AVAILABILITY, REPLICAS, HARDENING = "deployment-availability", "deployment-replicas", "container-hardening"
Edit = Callable[[dict[str, Any]], None]
ABSENT = object()

CONTAINER = {
    "name": "api",
    "image": "registry.example/api:1.0.0",
    "resources": {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"cpu": 1, "memory": "512Mi"}},
    "livenessProbe": {"httpGet": {"path": "/health", "port": 3000}},
    "readinessProbe": {"exec": {"command": ["ready"]}},
    "securityContext": {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    },
}
POD = {
    "securityContext": {"runAsNonRoot": True, "runAsUser": 10001, "seccompProfile": {"type": "RuntimeDefault"}},
    "containers": [CONTAINER],
}


def metadata(name: Any = "api", namespace: Any = "fleet") -> dict[str, Any]:
    return {"name": name, "namespace": namespace, "annotations": {"slipway.dev/source": SOURCE}}


def deployment(name: Any = "api", namespace: Any = "fleet", labels: Any = LABELS, **spec: Any) -> Fact:
    template = {"metadata": {"labels": labels}, "spec": POD}
    properties = {"metadata": metadata(name, namespace), "spec": {"template": template, **spec}}
    return Fact("kubernetes:apps/v1:Deployment", properties, "api")


def autoscaler(target: Any = "api", minimum: Any = 3, namespace: Any = "fleet", **options: Any) -> Fact:
    target = {"apiVersion": "apps/v1", "kind": options.pop("kind", "Deployment"), "name": target}
    spec = {"scaleTargetRef": target, "maxReplicas": 6}
    if minimum is not ABSENT:
        spec["minReplicas"] = minimum
    properties = {"metadata": metadata("api", namespace), "spec": spec}
    return Fact("kubernetes:autoscaling/v2:HorizontalPodAutoscaler", properties, "scaler", **options)


def budget(selector: Any = None, namespace: Any = "fleet", options: Any = None, **bounds: Any) -> Fact:
    selector = {"matchLabels": LABELS} if selector is None else selector
    spec = {"selector": selector, **(bounds or {"maxUnavailable": 1})}
    properties = {"metadata": metadata("api", namespace), "spec": spec}
    return Fact("kubernetes:policy/v1:PodDisruptionBudget", properties, "guard", **(options or {}))


EXPRESSIONS = [
    [{"key": "slipway.dev/slot", "operator": "In", "values": ["green", "blue"]}],
    [{"key": "slipway.dev/slot", "operator": "NotIn", "values": ["green"]}],
    [{"key": "slipway.dev/slot", "operator": "Exists"}, {"key": "canary", "operator": "DoesNotExist"}],
]


@pytest.mark.parametrize(
    "facts",
    [
        (deployment(), autoscaler(), budget()),
        (deployment(), autoscaler(), budget(minAvailable=2)),
        (deployment(), autoscaler(), budget(minAvailable="50%")),
        (deployment(), autoscaler(minimum=1), budget(maxUnavailable="1%")),
        (deployment(), autoscaler(minimum=ABSENT), budget(minAvailable=0)),
        (deployment(), autoscaler(minimum=UNKNOWN), budget(maxUnavailable=1)),
        (deployment(namespace=ABSENT), autoscaler(namespace="default"), budget(namespace="default")),
        (deployment(), autoscaler(), budget({})),
        *[(deployment(), autoscaler(), budget({"matchExpressions": each})) for each in EXPRESSIONS],
        (
            deployment(name=UNKNOWN),
            autoscaler(UNKNOWN, dependencies=(deployment().urn,)),
            budget(options={"dependencies": (deployment().urn,)}),
        ),
    ],
)
def test_scaled_and_guarded_satisfies(preview: Evaluator, facts: tuple[Fact, ...]) -> None:
    """An autoscaler and a budget that can be met, found by name, labels or what they were made from."""
    assert preview.evaluate(*map(without_absent, facts)) == []


def test_inputs_count_where_a_provider_gives_no_outputs(preview: Evaluator) -> None:
    """In the first preview of a cluster, whose provider is not configured, rules on the stack see the inputs."""
    assert preview.evaluate(deployment(), autoscaler(), budget(), outputs=False) == []
    alone = preview.evaluate(deployment(), outputs=False)
    assert [each.policy for each in alone] == ["deployment-availability"] * 2


def without_absent(fact: Fact) -> Fact:
    def clean(value: Any) -> Any:
        return {k: clean(v) for k, v in value.items() if v is not ABSENT} if isinstance(value, dict) else value

    return Fact(fact.type, clean(fact.properties), fact.name, fact.provider, fact.dependencies)


@pytest.mark.parametrize(
    ("facts", "problem"),
    [
        ((deployment(), budget()), "no HorizontalPodAutoscaler scales it"),
        ((deployment(), autoscaler("other"), budget()), "no HorizontalPodAutoscaler scales it"),
        ((deployment(), autoscaler(kind="StatefulSet"), budget()), "no HorizontalPodAutoscaler scales it"),
        ((deployment(), autoscaler(namespace="other"), budget()), "no HorizontalPodAutoscaler scales it"),
        ((deployment(), autoscaler(provider="other"), budget()), "no HorizontalPodAutoscaler scales it"),
        ((deployment(), autoscaler(7), budget()), "no HorizontalPodAutoscaler scales it"),
        ((deployment(), autoscaler()), "no PodDisruptionBudget selects it"),
        ((deployment(), autoscaler(), budget({"matchLabels": {"app": "other"}})), "no PodDisruptionBudget selects it"),
        ((deployment(), autoscaler(), budget(namespace="other")), "no PodDisruptionBudget selects it"),
        ((deployment(), autoscaler(), budget(maxUnavailable=0)), "blocks every eviction"),
        ((deployment(), autoscaler(), budget(maxUnavailable="0%")), "blocks every eviction"),
        ((deployment(), autoscaler(), budget(minAvailable=3)), "blocks every eviction"),
        ((deployment(), autoscaler(), budget(minAvailable="100%")), "blocks every eviction"),
        ((deployment(), autoscaler(minimum=1e308), budget(minAvailable="999%")), "blocks every eviction"),
        ((deployment(), autoscaler(minimum=1), budget(minAvailable="50%")), "blocks every eviction"),
        ((deployment(), autoscaler(minimum=ABSENT), budget(minAvailable=1)), "blocks every eviction"),
        ((deployment(), autoscaler(minimum="3"), budget(minAvailable=1)), "blocks every eviction"),
        ((deployment(), autoscaler(), budget(minAvailable=True)), "neither a number of pods nor a percentage"),
        ((deployment(), autoscaler(), budget(maxUnavailable="1")), "neither a number of pods nor a percentage"),
        ((deployment(), autoscaler(), budget(maxUnavailable=-1)), "neither a number of pods nor a percentage"),
        ((deployment(), autoscaler(), budget(other=1)), "neither a number of pods nor a percentage"),
    ],
)
def test_alone_or_unmeetable_violates(preview: Evaluator, facts: tuple[Fact, ...], problem: str) -> None:
    """Nothing that scales, nothing that guards, or a budget that lets no pod go."""
    said = preview.evaluate(*map(without_absent, facts))
    assert outcomes(said) == [(AVAILABILITY, "mandatory")]
    assert problem in said[0].message
    assert said[0].name == "api"
    assert said[0].message.endswith(f"fix: {SOURCE}.replicas")


def test_two_budgets_violate(preview: Evaluator) -> None:
    """Kubernetes evicts no pod that two budgets guard."""
    second = budget({"matchLabels": {"slipway.dev/slot": "blue"}})
    second = Fact(second.type, second.properties, "second")
    said = preview.evaluate(deployment(), autoscaler(), budget(), second)
    assert outcomes(said) == [(AVAILABILITY, "mandatory")]
    assert "guard, second" in said[0].message


@pytest.mark.parametrize(
    ("facts", "named"),
    [
        ((deployment(), autoscaler(UNKNOWN), budget()), "spec.scaleTargetRef.name of scaler"),
        ((deployment(), autoscaler(namespace=UNKNOWN), budget()), "metadata.namespace of scaler"),
        ((deployment(name=ABSENT), autoscaler(), budget()), "metadata.name of api"),
        ((deployment(), autoscaler(), budget(UNKNOWN)), "spec.selector of guard"),
        ((deployment(labels={**LABELS, "slipway.dev/slot": UNKNOWN}), autoscaler(), budget()), "slipway.dev/slot"),
        ((deployment(), autoscaler(), budget(maxUnavailable=UNKNOWN)), "spec.maxUnavailable"),
        ((deployment(), autoscaler(minimum=UNKNOWN), budget(minAvailable=1)), "spec.minReplicas"),
    ],
)
def test_unknown_link_is_told_and_blocks_later(
    preview: Evaluator, update: Evaluator, facts: tuple[Fact, ...], named: str
) -> None:
    """Whether objects belong together may hang on an unknown, which is named."""
    facts = tuple(map(without_absent, facts))
    said = preview.evaluate(*facts)
    assert outcomes(said) == [(AVAILABILITY, "advisory")]
    assert named in said[0].message
    assert said[0].name == "api"
    assert outcomes(update.evaluate(*facts)) == [(AVAILABILITY, "mandatory")]


def test_an_unknown_hides_no_sibling(preview: Evaluator) -> None:
    """What is certain is reported although something else is unknown."""
    other = deployment(name="other", labels={"app": "other"})
    other = Fact(other.type, other.properties, "other")
    said = preview.evaluate(deployment(), autoscaler(), budget(maxUnavailable=UNKNOWN), other)
    assert [(each.level, each.name) for each in said] == [
        ("advisory", "api"), ("mandatory", "other"), ("mandatory", "other"),
    ]  # fmt: skip


@pytest.mark.parametrize("replicas", [3, 0, "3", UNKNOWN])
def test_replicas_beside_an_autoscaler_violate(preview: Evaluator, replicas: Any) -> None:
    """A Deployment leaves its number to the autoscaler, whatever the number."""
    said = preview.evaluate(deployment(replicas=replicas), autoscaler(), budget())
    assert outcomes(said) == [(REPLICAS, "mandatory")]
    assert said[0].message.endswith(f"fix: {SOURCE}.replicas")


def test_replicas_of_the_first_day_are_fine(preview: Evaluator) -> None:
    """A slot begins with its minimum; changes of the number never reach it."""
    first = deployment(replicas=3)
    said = preview.evaluate(
        Fact(first.type, first.properties, "api", ignored=("spec.replicas",)), autoscaler(), budget()
    )
    assert outcomes(said) == []


def pinned(replicas: Any = 3, annotations: Any = None, **options: Any) -> Fact:
    """A Deployment whose number of pods is fixed on purpose."""
    made = deployment(**({} if replicas is ABSENT else {"replicas": replicas}))
    notes = {"slipway.dev/fixed-replicas": "true"} if annotations is None else annotations
    made.properties["metadata"]["annotations"] |= notes
    return Fact(made.type, made.properties, "api", **options)


@pytest.mark.parametrize("guard", [{"maxUnavailable": 1}, {"minAvailable": 2}, {"minAvailable": "50%"}])
def test_fixed_replicas_need_no_autoscaler(preview: Evaluator, guard: dict[str, Any]) -> None:
    """Their budget is compared with their number."""
    assert outcomes(preview.evaluate(pinned(), budget(**guard))) == []


LIVE_ONLY = {"slipway.dev/live-only": "true"}


def test_what_the_controller_of_releases_scales_needs_no_autoscaler(preview: Evaluator) -> None:
    """It has no pods in a slot without visitors, and a budget in the other."""
    moved = pinned(0, LIVE_ONLY, ignored=("spec.replicas",))
    assert outcomes(preview.evaluate(moved, budget())) == []
    assert outcomes(preview.evaluate(moved)) == [(AVAILABILITY, "mandatory")]
    assert outcomes(preview.evaluate(moved, autoscaler(), budget())) == [(AVAILABILITY, "mandatory")]


@pytest.mark.parametrize(
    ("facts", "policy", "problem"),
    [
        ((pinned(),), AVAILABILITY, "no PodDisruptionBudget selects it"),
        ((pinned(), autoscaler(), budget()), AVAILABILITY, "but scaler scales it"),
        ((pinned(), budget(minAvailable=3)), AVAILABILITY, "allows no eviction at its minimum replicas"),
        ((pinned(ignored=("spec.replicas",)), budget()), REPLICAS, "of which changes are ignored"),
        ((pinned(ABSENT), budget()), REPLICAS, "has none: spec.replicas"),
        ((pinned(annotations={"slipway.dev/fixed-replicas": "yes"}), budget()), AVAILABILITY, "no HorizontalPodAutoscaler"),
    ],
)  # fmt: skip
def test_fixed_replicas_without_what_keeps_them_violate(
    preview: Evaluator, facts: tuple[Fact, ...], policy: str, problem: str
) -> None:
    said = [each for each in preview.evaluate(*facts) if each.policy == policy]
    assert [each.level for each in said] == ["mandatory"]
    assert problem in said[0].message
    assert said[0].message.endswith(f"fix: {SOURCE}.replicas")


POD_OF = {
    "kubernetes:apps/v1:StatefulSet": lambda pod: {"template": {"spec": pod}},
    "kubernetes:apps/v1:DaemonSet": lambda pod: {"template": {"spec": pod}},
    "kubernetes:batch/v1:Job": lambda pod: {"template": {"spec": pod}},
    "kubernetes:batch/v1:CronJob": lambda pod: {"jobTemplate": {"spec": {"template": {"spec": pod}}}},
    "kubernetes:core/v1:Pod": lambda pod: pod,
}


def workload(type_: str, pod: Any) -> Fact:
    return Fact(type_, {"metadata": metadata(), "spec": POD_OF[type_](pod)}, "work")


def edited(edit: Edit, group: str = "containers") -> dict[str, Any]:
    """A good pod with one edit; `initContainers` gain a container that is edited instead."""
    pod = copy.deepcopy(POD)
    pod[group] = [copy.deepcopy(CONTAINER)]
    edit(pod[group][0] if group == "initContainers" else pod)
    return pod


def setting(path: str, value: Any = ABSENT) -> Edit:
    """An edit that sets or drops one value."""

    def edit(root: Any) -> None:
        *parents, last = [int(key) if key.isdigit() else key for key in path.split(".")]
        for key in parents:
            root = root[key]
        if value is ABSENT:
            del root[last]
        else:
            root[last] = value

    return edit


@pytest.mark.parametrize("type_", POD_OF)
def test_hardened_satisfies(preview: Evaluator, type_: str) -> None:
    """A bounded, watched container without rights, in every kind of workload."""
    assert preview.evaluate(workload(type_, POD)) == []


@pytest.mark.parametrize("type_", POD_OF)
def test_every_workload_is_judged(preview: Evaluator, type_: str) -> None:
    """A container as Kubernetes makes it by default is found wherever it stands."""
    said = preview.evaluate(workload(type_, {"containers": [{"name": "bare"}]}))
    problems = 2 if "batch" in type_ else 3
    assert outcomes(said) == [(HARDENING, "mandatory")] * problems


BAD = {
    "containers.0.resources": (ABSENT, {}, "1", {"limits": {"cpu": "1", "memory": "1Gi"}}),
    "containers.0.resources.limits.memory": (ABSENT, 0, "0", "much", True, {}),
    "containers.0.resources.requests.cpu": (ABSENT, -1, "100 m"),
    "containers.0.livenessProbe": (ABSENT, {}, "/health", {"periodSeconds": 10}),
    "containers.0.readinessProbe": (ABSENT, {"httpGet": {}}),
    "securityContext.runAsNonRoot": (ABSENT, False, "true", 1),
    "securityContext.runAsUser": (0, "0"),
    "securityContext.seccompProfile": (ABSENT, {"type": "Unconfined"}, "RuntimeDefault"),
    "containers.0.securityContext.runAsNonRoot": (False,),
    "containers.0.securityContext.allowPrivilegeEscalation": (ABSENT, True, 0),
    "containers.0.securityContext.privileged": (True, "false"),
    "containers.0.securityContext.capabilities": (ABSENT, {"drop": []}, {"drop": "ALL"}, {"drop": ["NET_RAW"]}),
    "containers.0.securityContext.capabilities.add": (["SYS_ADMIN"], ["NET_BIND_SERVICE", "CHOWN"]),
    "containers.0.securityContext.readOnlyRootFilesystem": (ABSENT, False, "true", 1),
    "containers.0.ports": ([{"containerPort": 3000, "hostPort": 3000}], [{"containerPort": 3000, "hostPort": "80"}]),
    "hostNetwork": (True, "false"),
    "hostPID": (True, 0),
    "hostIPC": (True, {}),
    "volumes": ([{"name": "node", "hostPath": {"path": "/"}}], [{"name": "node", "hostPath": "/"}]),
    "containers": ([], "api", ABSENT),
}


@pytest.mark.parametrize(("path", "value"), [(path, value) for path, values in BAD.items() for value in values])
def test_each_gap_violates(preview: Evaluator, path: str, value: Any) -> None:
    """One value missing, too weak or of the wrong type is one finding."""
    said = preview.evaluate(workload("kubernetes:apps/v1:StatefulSet", edited(setting(path, value))))
    assert outcomes(said) == [(HARDENING, "mandatory")]


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("containers.0.resources.limits", ".resources"),
        ("containers.0.livenessProbe", ".health"),
        ("securityContext.runAsNonRoot", ""),
    ],
)
def test_place_to_mend(preview: Evaluator, path: str, key: str) -> None:
    """The last line names the key under the service that fixes it."""
    said = preview.evaluate(workload("kubernetes:apps/v1:StatefulSet", edited(setting(path))))
    assert said[0].message.splitlines()[-1] == f"fix: {SOURCE}{key}"


@pytest.mark.parametrize("path", ["resources", "resources.limits.memory", "livenessProbe", "readinessProbe.exec"])
def test_present_unknown_is_enough_where_presence_is_asked(preview: Evaluator, update: Evaluator, path: str) -> None:
    """Limits and probes must be there; what they are is not this rule's business."""
    fact = workload("kubernetes:apps/v1:StatefulSet", edited(setting(f"containers.0.{path}", UNKNOWN)))
    assert preview.evaluate(fact) == []
    assert update.evaluate(fact) == []


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("securityContext.runAsNonRoot", "securityContext.runAsNonRoot"),
        ("securityContext.seccompProfile.type", "seccompProfile.type"),
        ("containers.0.securityContext.allowPrivilegeEscalation", "allowPrivilegeEscalation"),
        ("containers.0.securityContext.privileged", "privileged"),
        ("containers.0.securityContext.capabilities.drop.0", "drop[0]"),
        ("containers.0.securityContext.capabilities", "capabilities"),
        ("containers.0.securityContext.readOnlyRootFilesystem", "readOnlyRootFilesystem"),
        ("containers.0.ports", "ports"),
        ("hostNetwork", "hostNetwork"),
        ("volumes", "volumes"),
        ("containers.0", "containers[0]"),
        ("containers", "spec.template.spec.containers"),
        ("initContainers", "spec.template.spec.initContainers"),
    ],
)
def test_unknown_right_is_told_and_blocks_later(preview: Evaluator, update: Evaluator, path: str, named: str) -> None:
    """A right that is not known yet is advice naming it, and blocks an update."""
    fact = workload("kubernetes:apps/v1:StatefulSet", edited(setting(path, UNKNOWN)))
    said = preview.evaluate(fact)
    assert set(outcomes(said)) == {(HARDENING, "advisory")}
    assert named in said[0].message
    assert set(outcomes(update.evaluate(fact))) == {(HARDENING, "mandatory")}


def test_init_container_needs_probes_only_if_it_stays(preview: Evaluator) -> None:
    """A container that ends needs bounds but no probes; a sidecar needs both."""
    plain = edited(lambda container: container.pop("livenessProbe"), "initContainers")
    plain["containers"] = [CONTAINER]
    assert preview.evaluate(workload("kubernetes:apps/v1:StatefulSet", plain)) == []
    plain["initContainers"][0]["restartPolicy"] = "Always"
    assert outcomes(preview.evaluate(workload("kubernetes:apps/v1:StatefulSet", plain))) == [(HARDENING, "mandatory")]
    del plain["initContainers"][0]["resources"]
    assert len(preview.evaluate(workload("kubernetes:apps/v1:StatefulSet", plain))) == 2


@pytest.mark.parametrize(
    ("reason", "changed", "accepted"),
    [
        ("It ends when it cannot work", {}, True),
        ("It ends when it cannot work", {"ports": []}, True),
        (" ", {}, False),
        (ABSENT, {}, False),
        ("It ends when it cannot work", {"ports": [{"containerPort": 3000}]}, False),
        ("It ends when it cannot work", {"name": "other"}, False),
    ],
)
def test_a_worker_says_why_nobody_can_ask_it(
    preview: Evaluator, reason: Any, changed: dict[str, Any], accepted: bool
) -> None:
    """Its own container alone, and only without ports: what is called can be asked."""
    probes = ("livenessProbe", "readinessProbe")
    container = {key: value for key, value in CONTAINER.items() if key not in probes}
    pod = {**POD, "containers": [{**container, **changed}]}
    said = {**metadata(), "labels": {"app.kubernetes.io/name": "api"}}
    said["annotations"] |= {} if reason is ABSENT else {"slipway.dev/unprobed": reason}
    fact = Fact("kubernetes:apps/v1:StatefulSet", {"metadata": said, "spec": {"template": {"spec": pod}}}, "work")
    assert outcomes(preview.evaluate(fact)) == ([] if accepted else [(HARDENING, "mandatory")])


def test_secret_values_are_judged_and_not_shown(preview: Evaluator) -> None:
    """A secret is judged by what is inside, and never told."""
    good = edited(setting("containers.0.resources", secret(CONTAINER["resources"])))
    assert preview.evaluate(workload("kubernetes:apps/v1:StatefulSet", good)) == []
    for path in BAD:
        bad = workload("kubernetes:apps/v1:StatefulSet", edited(setting(path, secret(CANARY))))
        said = preview.evaluate(bad)
        assert said
        assert not any(CANARY in each.message for each in said)
