"""Every image and chart is pinned, comes from where it may, and is scanned."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.policies.pack_under_test import CANARY, UNKNOWN, Evaluator, Fact, Pack, PackView, outcomes, secret

RULES = ("image-pins", "image-registries", "image-scanning", "chart-pins")

PINS, REGISTRIES, SCANNING, CHARTS = RULES
SOURCE = "systems/fleet/system.yaml:services.api"
METADATA = {"name": "api", "annotations": {"slipway.dev/source": SOURCE}}
DIGEST = "@sha256:" + "0a" * 32
ECR = "111122223333.dkr.ecr.us-east-1.amazonaws.com"
ABSENT = object()


def pod(image: Any, group: str = "containers") -> Fact:
    container = {"name": "api"} if image is ABSENT else {"name": "api", "image": image}
    spec = {"template": {"spec": {group: [container]}}}
    return Fact("kubernetes:apps/v1:Deployment", {"metadata": METADATA, "spec": spec}, "api")


def operated(type_: str, *path: str) -> Any:
    def make(image: Any) -> Fact:
        properties = {} if image is ABSENT else image
        for key in reversed(path if image is not ABSENT else ()):
            properties = {key: properties}
        return Fact(f"kubernetes:{type_}", {"metadata": METADATA, "spec": properties}, "api")

    return make


RUNNING = {
    "container": pod,
    "init container": lambda image: pod(image, "initContainers"),
    "database": operated("postgresql.cnpg.io/v1:Cluster", "imageName"),
    "elasticsearch": operated("elasticsearch.k8s.elastic.co/v1:Elasticsearch", "image"),
    "kibana": operated("kibana.k8s.elastic.co/v1:Kibana", "image"),
    "queue": operated("rabbitmq.com/v1beta1:RabbitmqCluster", "image"),
    "gateway": operated(
        "gateway.envoyproxy.io/v1alpha1:EnvoyProxy", "provider", "kubernetes", "envoyDeployment", "container", "image"
    ),
}


def repository(name: Any = "fleet/api", mutability: Any = "IMMUTABLE", scans: Any = True) -> Fact:
    scanning = ABSENT if scans is ABSENT else {"scanOnPush": scans}
    properties = {"name": name, "imageTagMutability": mutability, "imageScanningConfiguration": scanning}
    known = {key: value for key, value in properties.items() if value is not ABSENT}
    return Fact("aws:ecr/repository:Repository", known, "repository")


@pytest.mark.parametrize("make", RUNNING.values(), ids=RUNNING)
class TestPins:
    """Whatever runs an image, its name is judged alike."""

    @pytest.mark.parametrize(
        "image",
        [f"nginx{DIGEST}", f"quay.io/prometheus/node:v1{DIGEST}", secret(f"localhost:5000/api:latest{DIGEST}")],
    )
    def test_digest_satisfies(self, preview: Evaluator, make: Any, image: Any) -> None:
        """A digest names one image, whatever its tag."""
        assert preview.evaluate(make(image)) == []

    @pytest.mark.parametrize("tag", ["1.0.0", "personal-use-v1.0.0", "build-1234", "4f2a91c", "v2.3.0-rc1", "1.2.3.4"])
    def test_full_version_in_an_immutable_repository_satisfies(self, preview: Evaluator, make: Any, tag: str) -> None:
        """Where no tag can be pushed twice, a version is as good as a digest."""
        assert preview.evaluate(make(f"{ECR}/fleet/api:{tag}"), repository()) == []

    @pytest.mark.parametrize(
        "tag",
        ["", ":latest", ":stable", ":staging", ":1", ":v1", ":1.2", ":17-alpine", ":3.12-slim", "@sha256:0a", "@"],
    )
    def test_moving_tag_violates(self, preview: Evaluator, make: Any, tag: str) -> None:
        """No tag, a word, part of a version, or half a digest, wherever it is from."""
        findings = preview.evaluate(make(f"{ECR}/fleet/api{tag}"), repository())
        assert outcomes(findings) == [(PINS, "mandatory")]

    @pytest.mark.parametrize("mutability", ["MUTABLE", "IMMUTABLE_WITH_EXCLUSION", ABSENT, True])
    def test_mutable_repository_violates(self, preview: Evaluator, make: Any, mutability: Any) -> None:
        """A version is no pin where it can be pushed again."""
        findings = preview.evaluate(make(f"{ECR}/fleet/api:1.0.0"), repository(mutability=mutability))
        assert (PINS, "mandatory") in outcomes(findings)

    @pytest.mark.parametrize(
        "image", [f"{ECR}/other:1.0.0", "nginx:1.29.3", "fleet.azurecr.io/fleet/api:1.0.0", "quay.io/fleet/api:1.0.0"]
    )
    def test_repository_that_nobody_knows_violates(self, preview: Evaluator, make: Any, image: str) -> None:
        """Nothing says that tags of other registries stay."""
        findings = preview.evaluate(make(image), repository())
        assert outcomes(findings) == [(PINS, "mandatory")]
        assert findings[0].message.splitlines()[-1] == f"fix: {SOURCE}.image.digest"

    def test_version_in_the_stacks_own_azure_registry_satisfies(self, preview: Evaluator, make: Any) -> None:
        """Azure has no setting that keeps tags: whoever the stack lets push does. A moving tag stays one."""
        own = Fact("azure-native:containerregistry:Registry", {"registryName": "fleet"})
        assert preview.evaluate(make("fleet.azurecr.io/fleet/api:1.0.0"), own) == []
        for image in ("fleet.azurecr.io/fleet/api:latest", "other.azurecr.io/fleet/api:1.0.0"):
            assert outcomes(preview.evaluate(make(image), own)) == [(PINS, "mandatory")]

    def test_unknown_is_told_and_blocks_later(self, preview: Evaluator, update: Evaluator, make: Any) -> None:
        """An image, or a repository's promise, that is not known yet is advice, and blocks an update."""
        for facts in ([make(UNKNOWN)], [make(f"{ECR}/fleet/api:1.0.0"), repository(mutability=UNKNOWN)]):
            assert (PINS, "advisory") in outcomes(preview.evaluate(*facts))
            assert (PINS, "mandatory") in outcomes(update.evaluate(*facts))

    @pytest.mark.parametrize("image", [7, True, {"name": CANARY}, [CANARY]])
    def test_wrong_type_violates(self, preview: Evaluator, make: Any, image: Any) -> None:
        """What is no text names no image, and is not shown."""
        findings = preview.evaluate(make(secret(image)))
        assert outcomes(findings) == [(PINS, "mandatory")]
        assert CANARY not in findings[0].message

    def test_missing_is_the_operators_choice(self, preview: Evaluator, make: Any) -> None:
        """An operator knows the image of its own version; a container needs one."""
        findings = preview.evaluate(make(ABSENT))
        assert outcomes(findings) == ([(PINS, "mandatory")] if "apps" in make(ABSENT).type else [])


def test_unknown_containers_are_reported(preview: Evaluator) -> None:
    """Containers that are not known may run anything."""
    fact = Fact("kubernetes:batch/v1:Job", {"spec": {"template": {"spec": {"containers": UNKNOWN}}}})
    assert outcomes(preview.evaluate(fact)) == [(PINS, "advisory")]


@pytest.fixture(scope="module")
def strict() -> Iterator[Evaluator]:
    """A stack that trusts and allows a few registries."""
    config = {
        PINS: {"immutableRegistries": ["fleet.azurecr.io", "docker.io/library"]},
        REGISTRIES: {"allowedRegistries": ["fleet.azurecr.io", "docker.io/library/nginx", "quay.io/prometheus/"]},
    }
    pack = Pack(config=config)
    yield PackView(pack, RULES)
    pack.close()


@pytest.mark.parametrize("image", ["fleet.azurecr.io/api:1.0.0", "nginx:1.29.3", "docker.io/library/nginx:1.29.3"])
def test_trusted_registry_satisfies(strict: Evaluator, image: str) -> None:
    """A stack says of a registry that its tags stay."""
    assert strict.evaluate(pod(image)) == []
    assert outcomes(strict.evaluate(pod(image.replace("1.0.0", "latest").replace("1.29.3", "1.29")))) == [
        (PINS, "mandatory")
    ]


@pytest.mark.parametrize(
    ("image", "allowed"),
    [
        ("fleet.azurecr.io/api", True), ("nginx", True), ("index.docker.io/library/nginx", True),
        ("quay.io/prometheus/node", True), ("quay.io/prometheus-evil/node", False), ("docker.io/library/nginx2", False),
        ("fleet.azurecr.io.evil.example/api", False), ("evil/nginx", False), ("localhost:5000/api", False),
        ("redis", False),
    ],
)  # fmt: skip
def test_registries_that_are_allowed(strict: Evaluator, image: str, allowed: bool) -> None:
    """A host, or the beginning of a path up to a slash; short names are of Docker Hub."""
    assert outcomes(strict.evaluate(pod(image + DIGEST))) == ([] if allowed else [(REGISTRIES, "mandatory")])


def test_registry_of_an_image_that_is_not_known(strict: Evaluator) -> None:
    """Where registries are named, an unknown image may be of any; what is no text is of none."""
    assert (REGISTRIES, "advisory") in outcomes(strict.evaluate(pod(UNKNOWN)))
    assert (REGISTRIES, "mandatory") in outcomes(strict.evaluate(pod(7), pod(ABSENT)))


@pytest.mark.parametrize(
    ("environment", "level"), [("staging", "advisory"), ("production", "mandatory"), ("", "mandatory")]
)
def test_stack_without_registries_is_not_judged_and_says_so(environment: str, level: str) -> None:
    """Once, whatever number of workloads it has; in production it blocks."""
    stack = Fact("pulumi:pulumi:Stack", {}, "slipway-trial")
    pack = Pack(environment=environment)
    try:
        (found,) = pack.about(REGISTRIES).evaluate(stack, pod("a.example/x" + DIGEST), pod("b.example/x" + DIGEST))
        assert (found.policy, found.level) == (REGISTRIES, level)
        assert "No registry is named, so images may come from any: set `image-registries.allowed" in found.message
    finally:
        pack.close()


def test_stack_with_registries_is_judged_silently(strict: Evaluator) -> None:
    """Also where no workload is."""
    assert strict.evaluate(Fact("pulumi:pulumi:Stack", {}, "slipway-trial")) == []


def test_any_registry_by_default(preview: Evaluator) -> None:
    """A stack that names none is judged on none of its workloads."""
    assert preview.evaluate(pod(f"registry.example.com/api{DIGEST}")) == []


def registry(anonymous: Any = ABSENT) -> Fact:
    properties = {} if anonymous is ABSENT else {"anonymousPullEnabled": anonymous}
    return Fact("azure-native:containerregistry:Registry", properties)


def test_scanned_registry_satisfies(preview: Evaluator) -> None:
    """ECR scans and keeps tags; nobody unknown pulls from Azure's, which is its default."""
    assert preview.evaluate(repository(), registry(), registry(False)) == []


@pytest.mark.parametrize(
    "fact",
    [
        repository(scans=False), repository(scans=ABSENT), repository(scans="true"), repository(mutability="MUTABLE"),
        repository(mutability=ABSENT), repository(mutability=CANARY), registry(True), registry("false"),
    ],
)  # fmt: skip
def test_blind_registry_violates(preview: Evaluator, fact: Fact) -> None:
    """No scan, tags that move, a public registry, or a value of the wrong type, which is not shown."""
    findings = preview.evaluate(fact)
    assert outcomes(findings) == [(SCANNING, "mandatory")]
    assert CANARY not in findings[0].message


@pytest.mark.parametrize("fact", [repository(scans=UNKNOWN), repository(mutability=UNKNOWN), registry(UNKNOWN)])
def test_unknown_setting_is_reported_and_blocks_later(preview: Evaluator, update: Evaluator, fact: Fact) -> None:
    """A setting that is not known yet is advice, and blocks an update."""
    assert outcomes(preview.evaluate(fact)) == [(SCANNING, "advisory")]
    assert outcomes(update.evaluate(fact)) == [(SCANNING, "mandatory")]


def release(version: Any = ABSENT, chart: Any = "reloader") -> Fact:
    properties = {"chart": chart} if version is ABSENT else {"chart": chart, "version": version}
    return Fact("kubernetes:helm.sh/v3:Release", properties)


@pytest.mark.parametrize(
    "fact",
    [
        release("2.2.16"), release("v1.21.2"), release("1.0.0-rc.1"), release("1.0.0+build.7"), release(secret("1.2.3")),
        release(chart="https://charts.example.com/reloader-2.2.16.tgz"),
    ],
)  # fmt: skip
def test_exact_chart_satisfies(preview: Evaluator, fact: Fact) -> None:
    """One version, or an archive that has it in its name."""
    assert preview.evaluate(fact) == []


@pytest.mark.parametrize(
    "fact",
    [
        release(), release(""), release("2"), release("2.2"), release("^2.2.16"), release("~2.2.16"), release(">=2.0.0"),
        release("2.x.x"), release("*"), release("1.0.0 - 2.0.0"), release("latest"), release(2.2), release({}),
        release(chart="https://charts.example.com/reloader.tgz"), release(secret(CANARY)),
    ],
)  # fmt: skip
def test_floating_chart_violates(preview: Evaluator, fact: Fact) -> None:
    """No version, a range, or a value of the wrong type."""
    findings = preview.evaluate(fact)
    assert outcomes(findings) == [(CHARTS, "mandatory")]
    assert CANARY not in findings[0].message


@pytest.mark.parametrize("fact", [release(UNKNOWN), release(chart=UNKNOWN)])
def test_unknown_chart_is_reported_and_blocks_later(preview: Evaluator, update: Evaluator, fact: Fact) -> None:
    """A version that is not known yet is advice, and blocks an update."""
    assert outcomes(preview.evaluate(fact)) == [(CHARTS, "advisory")]
    assert outcomes(update.evaluate(fact)) == [(CHARTS, "mandatory")]
