"""Services, autoscalers, budgets and routes lead somewhere, and every Secret is read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.policies.pack_under_test import CANARY, UNKNOWN, Evaluator, Fact, outcomes, secret

RULES = ("service-endpoints", "autoscaler-target", "backend-service", "unused-secret")
ENDPOINTS, TARGET, BACKEND, SECRET = RULES

SOURCE = "systems/fleet/system.yaml:services.api"
LABELS = {"app": "api", "slipway.dev/slot": "blue"}
ABSENT = object()


def metadata(name: Any, namespace: Any = "fleet", **more: Any) -> dict[str, Any]:
    found = {"name": name, "namespace": namespace, "annotations": {"slipway.dev/source": SOURCE}, **more}
    return {key: value for key, value in found.items() if value is not ABSENT}


def deployment(name: Any = "api", labels: Any = LABELS, pod: Any = None, **options: Any) -> Fact:
    spec = {"template": {"metadata": {"labels": labels}, "spec": pod or {}}}
    options = {"name": "api-deployment", **options}
    namespace = options.pop("namespace", "fleet")
    return Fact("kubernetes:apps/v1:Deployment", {"metadata": metadata(name, namespace), "spec": spec}, **options)


def service(selector: Any = LABELS, name: Any = "api", **spec: Any) -> Fact:
    spec |= {} if selector is ABSENT else {"selector": selector}
    namespace = spec.pop("namespace", "fleet")
    return Fact("kubernetes:core/v1:Service", {"metadata": metadata(name, namespace), "spec": spec}, "api-service")


def route(*backends: Any, name: str = "api-route", headers: Any = ABSENT) -> Fact:
    matches = {} if headers is ABSENT else {"matches": [{"headers": headers}]}
    spec = {"rules": [{**matches, "backendRefs": list(backends)}]}
    return Fact("kubernetes:gateway.networking.k8s.io/v1:HTTPRoute", {"metadata": metadata("api"), "spec": spec}, name)


GREEN = {"app": "api", "slipway.dev/slot": "green"}
NEVER = {"type": "RegularExpression", "name": "x-slipway-unused", "value": r"[^\x00-\xFF]"}
COOKIE = {"type": "RegularExpression", "name": "Cookie", "value": "slot=green"}
SENT = {"name": "api", "weight": 1}


@pytest.mark.parametrize(
    "facts",
    [
        (service(), deployment()),
        (service({"app": "api"}), deployment()),
        (service(ABSENT),),
        (service({}),),
        (service(GREEN), deployment()),
        (service(GREEN), deployment(), route(SENT, headers=[COOKIE])),
        (service(GREEN), deployment(), route(SENT, SENT, headers=[NEVER])),
        (service(LABELS), Fact("kubernetes:core/v1:Pod", {"metadata": metadata("x", labels=LABELS)})),
        (
            service({"app.kubernetes.io/name": "queue"}),
            Fact("kubernetes:rabbitmq.com/v1beta1:RabbitmqCluster", {"metadata": metadata("queue")}),
        ),
        (
            service({"cnpg.io/cluster": "db"}),
            Fact("kubernetes:postgresql.cnpg.io/v1:Cluster", {"metadata": metadata("db")}),
        ),
        (service(secret(LABELS)), deployment(labels=secret(LABELS))),
    ],
)
def test_service_with_pods_satisfies(preview: Evaluator, facts: tuple[Fact, ...]) -> None:
    """Pods of a template or of an operator, an idle slot, and a Service that selects none by design."""
    assert preview.evaluate(*facts) == []


@pytest.mark.parametrize(
    "facts",
    [
        (service(type="ExternalName"),),
        (service({"app": "other"}), deployment()),
        (service({"app": "api"}), deployment(namespace="other")),
        (service({"app": "api"}), deployment(provider="other")),
        (service({**LABELS, "app": "other"}), deployment()),
        (service(LABELS), deployment(labels={"app": "api"}), route({"name": "api", "weight": 5}, {"name": "x"})),
        (service(GREEN), deployment(), route(SENT)),
        (service(GREEN), deployment(), route(SENT, headers=[])),
        (service(GREEN), deployment(), route(SENT, {"name": "x"}, headers=[{**NEVER, "type": "Exact"}])),
        (service(GREEN), deployment(), route(SENT, {"name": "x"}, headers=[{**NEVER, "value": ".*"}])),
        (service(CANARY), deployment()),
        (service({"app": 7}), deployment()),
        (service({"app": secret(CANARY)}), deployment()),
    ],
)
def test_service_without_pods_violates(preview: Evaluator, facts: tuple[Fact, ...]) -> None:
    """Other labels, another place, an idle slot that visitors are sent to, or a selector of the wrong type."""
    findings = [each for each in preview.evaluate(*facts) if each.policy == ENDPOINTS]
    assert outcomes(findings) == [(ENDPOINTS, "mandatory")]
    assert findings[0].message.endswith(f"fix: {SOURCE}")
    assert CANARY not in findings[0].message


@pytest.mark.parametrize("others", [(), (deployment("cache", {"app": "cache"}),), (deployment(namespace="other"),)])
def test_service_of_a_system_without_a_version_is_advice(preview: Evaluator, others: tuple[Fact, ...]) -> None:
    """Before the first version no slot can have pods: the namespace has none of any slot, nor any of the service."""
    idle = replace(service(GREEN, "idle"), name="idle-service")
    findings = preview.evaluate(service(), idle, route(SENT, {"name": "idle", "weight": 0}), *others)
    assert outcomes(each for each in findings if each.policy == ENDPOINTS) == [(ENDPOINTS, "advisory")]
    assert "no slot of its system has a version: set one" in findings[0].message


@pytest.mark.parametrize(
    ("facts", "named"),
    [
        ((service(UNKNOWN), deployment()), "spec.selector"),
        ((service({"app": UNKNOWN}), deployment()), "spec.selector.app"),
        ((service(namespace=UNKNOWN), deployment()), "metadata.namespace"),
    ],
)
def test_unknown_selector_is_reported_and_blocks_later(
    preview: Evaluator, update: Evaluator, facts: tuple[Fact, ...], named: str
) -> None:
    """Whether a Service selects pods may hang on an unknown, which is named."""
    findings = preview.evaluate(*facts)
    assert outcomes(findings) == [(ENDPOINTS, "advisory")]
    assert named in findings[0].message
    assert outcomes(update.evaluate(*facts)) == [(ENDPOINTS, "mandatory")]


def autoscaler(target: Any = "api", kind: Any = "Deployment", **options: Any) -> Fact:
    reference = {"apiVersion": "apps/v1", "kind": kind, "name": target}
    properties = {"metadata": metadata("api"), "spec": {"scaleTargetRef": reference}}
    return Fact("kubernetes:autoscaling/v2:HorizontalPodAutoscaler", properties, "scaler", **options)


def budget(selector: Any = None) -> Fact:
    spec = {} if selector is ABSENT else {"selector": selector or {"matchLabels": LABELS}}
    return Fact("kubernetes:policy/v1:PodDisruptionBudget", {"metadata": metadata("api"), "spec": spec}, "guard")


@pytest.mark.parametrize(
    "facts",
    [
        (autoscaler(), deployment()),
        (autoscaler(UNKNOWN, dependencies=(deployment().urn,)), deployment()),
        (budget(), deployment()),
        (budget({"matchLabels": {}}), deployment()),
        (budget({"matchExpressions": [{"key": "app", "operator": "Exists"}]}), deployment()),
    ],
)
def test_target_in_the_plan_satisfies(preview: Evaluator, facts: tuple[Fact, ...]) -> None:
    """What is scaled is found by name or by what it was made from, what is guarded by labels."""
    assert preview.evaluate(*facts) == []


@pytest.mark.parametrize(
    "facts",
    [
        (autoscaler(),),
        (autoscaler("other"), deployment()),
        (autoscaler(kind="StatefulSet"), deployment()),
        (autoscaler(), deployment(namespace="other")),
        (autoscaler(7), deployment()),
        (autoscaler(secret(CANARY)), deployment()),
        (budget(),),
        (budget({"matchLabels": {"app": "other"}}), deployment()),
        (budget(ABSENT), deployment()),
        (budget({"matchLabels": {"app": secret(CANARY)}}), deployment()),
    ],
)
def test_target_outside_the_plan_violates(preview: Evaluator, facts: tuple[Fact, ...]) -> None:
    """Nothing of that name, kind or label in that place."""
    findings = preview.evaluate(*facts)
    assert outcomes(findings) == [(TARGET, "mandatory")]
    assert CANARY not in findings[0].message


@pytest.mark.parametrize(
    ("facts", "named"),
    [
        ((autoscaler(UNKNOWN), deployment()), "spec.scaleTargetRef.name"),
        ((budget({"matchLabels": UNKNOWN}), deployment()), "spec.selector.matchLabels"),
    ],
)
def test_unknown_target_is_reported_and_blocks_later(
    preview: Evaluator, update: Evaluator, facts: tuple[Fact, ...], named: str
) -> None:
    """What is scaled or guarded may come with the update."""
    findings = preview.evaluate(*facts)
    assert outcomes(findings) == [(TARGET, "advisory")]
    assert named in findings[0].message
    assert outcomes(update.evaluate(*facts)) == [(TARGET, "mandatory")]


@pytest.mark.parametrize(
    "facts",
    [
        (route({"name": "api"}), service(ABSENT)),
        (route({"name": "api", "namespace": "shop"}), service(ABSENT, namespace="shop")),
        (route({"name": "bucket", "group": "gateway.envoyproxy.io", "kind": "Backend"}),),
        (route({"name": "api", "group": "", "kind": "Service"}), service(ABSENT)),
        (route(),),
    ],
)
def test_backend_that_exists_satisfies(preview: Evaluator, facts: tuple[Fact, ...]) -> None:
    """A Service of the same or of the named place; other kinds of backend are not judged."""
    assert preview.evaluate(*facts) == []


@pytest.mark.parametrize(
    "facts",
    [
        (route({"name": "api"}),),
        (route({"name": "api"}, {"name": "api"}),),
        (route({"name": "other"}), service(ABSENT)),
        (route({"name": "api"}), service(ABSENT, namespace="other")),
        (route({"name": "api", "namespace": "shop"}), service(ABSENT)),
        (route({"name": 7}), service(ABSENT)),
        (route({"port": 80}), service(ABSENT)),
        (route({"name": secret(CANARY)}), service(ABSENT)),
    ],
)
def test_backend_that_is_missing_violates(preview: Evaluator, facts: tuple[Fact, ...]) -> None:
    """No Service of that name in that place is one finding of the route."""
    findings = preview.evaluate(*facts)
    assert outcomes(findings) == [(BACKEND, "mandatory")]
    assert findings[0].name == "api-route"
    assert CANARY not in findings[0].message


@pytest.mark.parametrize(
    "facts", [(route({"name": UNKNOWN}), service(ABSENT)), (route({"name": "api"}), service(ABSENT, namespace=UNKNOWN))]
)
def test_unknown_backend_is_reported_and_blocks_later(
    preview: Evaluator, update: Evaluator, facts: tuple[Fact, ...]
) -> None:
    """Where a route leads may come with the update."""
    assert outcomes(preview.evaluate(*facts)) == [(BACKEND, "advisory")]
    assert outcomes(update.evaluate(*facts)) == [(BACKEND, "mandatory")]


def plain_secret(name: Any = "token", urn: str = "token", source: str = SOURCE, **more: Any) -> Fact:
    """A Secret."""
    annotations = {"slipway.dev/source": source, **more.pop("annotations", {})}
    properties = {"metadata": metadata(name, annotations=annotations, **more), "stringData": {"key": secret(CANARY)}}
    return Fact("kubernetes:core/v1:Secret", properties, urn)


def external(target: Any = "token", name: Any = "token") -> Fact:
    """A Secret that comes from a cloud's store."""
    spec = {"target": {} if target is ABSENT else {"name": target}, "data": [{"secretKey": "key"}]}
    properties = {"metadata": metadata(name), "spec": spec}
    return Fact("kubernetes:external-secrets.io/v1:ExternalSecret", properties, "token")


def reader(**pod: Any) -> Fact:
    return deployment(pod=pod)


def custom(kind: str, **spec: Any) -> Fact:
    return Fact(f"kubernetes:{kind}", {"metadata": metadata("custom"), "spec": spec}, "custom")


ENV = [{"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "token", "key": "key"}}}]
READERS = {
    "env": reader(containers=[{"env": ENV}]),
    "envFrom": reader(initContainers=[{"envFrom": [{"secretRef": {"name": "token"}}]}]),
    "volume": reader(volumes=[{"secret": {"secretName": "token"}}]),
    "projected": reader(volumes=[{"projected": {"sources": [{"secret": {"name": "token"}}]}}]),
    "pull": reader(imagePullSecrets=[{"name": "token"}]),
    "account": Fact(
        "kubernetes:core/v1:ServiceAccount", {"metadata": metadata("api"), "imagePullSecrets": [{"name": "token"}]}
    ),
    "gateway": custom("gateway.networking.k8s.io/v1:Gateway", listeners=[{"tls": {"certificateRefs": [{"name": "token"}]}}]),
    "database": custom("postgresql.cnpg.io/v1:Cluster", superuserSecret={"name": "token"}),
    "store": custom("barmancloud.cnpg.io/v1:ObjectStore", s3Credentials={"region": {"name": "token", "key": "r"}}),
    "search": custom("elasticsearch.k8s.elastic.co/v1:Elasticsearch", secureSettings=[{"secretName": "token"}]),
    "guard": custom("gateway.envoyproxy.io/v1alpha1:SecurityPolicy", apiKeyAuth={"credentialRefs": [{"name": "token"}]}),
    "elsewhere": Fact(
        "kubernetes:gateway.networking.k8s.io/v1:Gateway",
        {"metadata": metadata("g", "edge"), "spec": {"certificateRefs": [{"name": "token", "namespace": "fleet"}]}},
        "custom",
    ),
    "chart": Fact(
        "kubernetes:helm.sh/v3:Release", {"namespace": "fleet", "values": {"admin": {"existingSecret": "token"}}}
    ),
    "of no namespace": Fact(
        "kubernetes:cert-manager.io/v1:ClusterIssuer",
        {"metadata": {"name": "acme"}, "spec": {"privateKeySecretRef": {"name": "token"}}},
    ),
    "made from": Fact(
        "kubernetes:apps/v1:StatefulSet",
        {"metadata": metadata("api"), "spec": {"volumes": [{"secret": {"secretName": UNKNOWN}}]}},
        dependencies=(plain_secret().urn, external().urn),
    ),
}  # fmt: skip


@pytest.mark.parametrize("make", [plain_secret, external])
@pytest.mark.parametrize("user", READERS.values(), ids=READERS)
def test_read_secret_satisfies(preview: Evaluator, make: Any, user: Fact) -> None:
    """Pods, gateways, operators and charts name it, each in its own way."""
    assert preview.evaluate(make(), user) == []


def test_target_is_by_default_of_the_same_name(preview: Evaluator) -> None:
    """An ExternalSecret that names no target makes a Secret of its own name."""
    assert preview.evaluate(external(ABSENT), READERS["env"]) == []
    assert outcomes(preview.evaluate(external("other"), READERS["env"])) == [(SECRET, "mandatory")]


@pytest.mark.parametrize("make", [plain_secret, external])
@pytest.mark.parametrize(
    "others",
    [
        (),
        (deployment(labels={"token": "token"}),),
        (reader(containers=[{"env": [{"name": "KEY", "value": "token"}]}]),),
        (deployment(pod={"imagePullSecrets": [{"name": "token"}]}, namespace="other"),),
        (deployment(pod={"imagePullSecrets": [{"name": "token"}]}, provider="other"),),
        (reader(imagePullSecrets=[{"name": 7}]),),
        (Fact("kubernetes:core/v1:ConfigMap", {"metadata": metadata("c"), "data": {"secret": "token"}}),),
    ],
)
def test_unread_secret_violates(preview: Evaluator, make: Any, others: tuple[Fact, ...]) -> None:
    """Nothing names it in its own place; a text elsewhere is no name."""
    findings = preview.evaluate(make(), *others)
    assert outcomes(findings) == [(SECRET, "mandatory")]
    assert CANARY not in findings[0].message


@pytest.mark.parametrize(
    "facts",
    [
        (plain_secret(), reader(imagePullSecrets=[{"name": UNKNOWN}])),
        (plain_secret(UNKNOWN),),
        (plain_secret(ABSENT),),
        (external(UNKNOWN),),
    ],
)
def test_unknown_name_is_reported_and_blocks_later(
    preview: Evaluator, update: Evaluator, facts: tuple[Fact, ...]
) -> None:
    """Whether a Secret is read may hang on its name, or on one that somebody else reads."""
    findings = preview.evaluate(*facts)
    assert outcomes(findings) == [(SECRET, "advisory")]
    assert "name" in findings[0].message
    assert outcomes(update.evaluate(*facts)) == [(SECRET, "mandatory")]


def test_logins_of_a_database_stand_together(preview: Evaluator) -> None:
    """One that is read vouches for those that wait for a migration; if none is, all are reported."""
    place = "systems/fleet/system.yaml:databases.fleet_db"
    logins = (plain_secret("fleet-db-app", "app", place), plain_secret("fleet-db-owner", "owner", place))
    user = reader(imagePullSecrets=[{"name": "fleet-db-app"}])
    assert preview.evaluate(*logins, user) == []
    assert outcomes(preview.evaluate(*logins)) == [(SECRET, "mandatory")] * 2
    apart = (logins[0], plain_secret("other-owner", "other", "systems/fleet/system.yaml:databases.other"))
    assert [each.name for each in preview.evaluate(*apart, user)] == ["other"]


def test_supplied_secret_is_read_by_people(preview: Evaluator) -> None:
    """The keys of a release's checks are supplied, and no pod reads them."""
    assert preview.evaluate(plain_secret(annotations={"slipway.dev/supplied-keys": "SMOKE_TEST_TOKEN"})) == []
