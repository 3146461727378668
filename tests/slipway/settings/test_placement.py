"""Services ask for nodes, and a cluster has them or is refused."""

from __future__ import annotations

import pytest

from slipway.settings.placement import ExtraNodePool, Placement, fitting
from tests.slipway.settings.conftest import STACK, Workshop

FLEET, TEST = "systems/fleet/system.yaml", "Pulumi.test.yaml"
AWS = "      cloud: aws\n"
AZURE = """\
config:
  slipway:environment: staging
  slipway:clusters:
    main:
      cloud: azure
      region: eastus2
      subscription: 00000000-0000-4000-8000-000000000001
      tenant: 00000000-0000-4000-8000-000000000002
      deployers: [00000000-0000-4000-8000-000000000003]
      network: {cidr: 10.20.0.0/16}
      kubernetes: {authorizedNetworks: [203.0.113.0/24]}
      systems:
        fleet:
          blue: {version: 2.4.0}
"""
LOCAL = """\
config:
  slipway:environment: local
  slipway:clusters:
    main:
      cloud: local
      systems:
        fleet:
          blue: {version: 2.4.0}
"""
STACKS = {"aws": STACK, "azure": AZURE, "local": LOCAL}


def ask(workshop: Workshop, placement: str, pools: str, cloud: str = "aws") -> None:
    """Give the worker a placement, and the cluster node pools."""
    workshop.edit(FLEET, "    image: fleet-worker\n", f"    image: fleet-worker\n    placement: {placement}\n")
    line = f"      cloud: {cloud}\n"
    workshop.write(TEST, STACKS[cloud].replace(line, f"{line}      nodePools: {pools}\n"))


@pytest.mark.parametrize("cloud", STACKS)
@pytest.mark.parametrize(
    ("placement", "pools"),
    [
        ("{architecture: arm64}", "{arm: {architecture: arm64}}"),
        ("{architecture: arm64, spot: true}", "{arm: {architecture: arm64}, cheap: {architecture: arm64, spot: true}}"),
        ("{architecture: amd64}", "{}"),
        ("{spot: true}", "{cheap: {spot: true}}"),
        ("{labels: {disk: fast}}", "{disks: {labels: {disk: fast, example.com/rack: a}}}"),
        ("{}", "{}"),
    ],
)
def test_a_cluster_with_such_nodes_is_accepted(workshop: Workshop, cloud: str, placement: str, pools: str) -> None:
    ask(workshop, placement, pools, cloud)
    assert workshop.system().services["worker"].placement is not None


NO_POOL = "no node pool of the cluster offers it; add one to its 'nodePools', for example {extra: {"


@pytest.mark.parametrize("cloud", STACKS)
@pytest.mark.parametrize(
    ("placement", "pools", "problem"),
    [
        ("{architecture: arm64}", "{}", f"placement, which asks for arm64: {NO_POOL}architecture: arm64}}}}"),
        ("{architecture: arm64}", "{a: {architecture: arm64, spot: true}}", "placement, which asks for arm64: "),
        ("{spot: true}", "{a: {architecture: arm64, spot: true}}", "placement.spot, but the cluster has no node pool"),
        ("{gpus: 2}", "{}", f"placement, which asks for 2 GPUs: {NO_POOL}gpus: 2}}}}"),
        ("{labels: {a: b}}", "{a: {labels: {a: c}}}", f"placement, which asks for a=b: {NO_POOL}labels: {{a: b}}}}}}"),
    ],
)
def test_a_service_without_a_node_is_refused_with_its_line(
    workshop: Workshop, cloud: str, placement: str, pools: str, problem: str
) -> None:
    """That of the system in the stack, whose cluster lacks the nodes, with a pool that would do."""
    ask(workshop, placement, pools, cloud)
    (said,) = workshop.problems()
    line = STACKS[cloud].splitlines().index("        fleet:") + 2
    assert said.startswith(f"{TEST}:{line}: clusters.main.systems.fleet: has services.worker.{problem}")


def test_a_stack_places_a_service_elsewhere(workshop: Workshop) -> None:
    ask(workshop, "{architecture: arm64}", "{}")
    workshop.edit(
        TEST,
        "          databases:",
        "          services: {worker: {placement: {architecture: amd64}}}\n          databases:",
    )
    found = workshop.system().services["worker"].placement
    assert found is not None
    assert found.architecture == "amd64"


@pytest.mark.parametrize(
    ("cloud", "pools", "problem"),
    [
        (
            "azure",
            "{speech: {gpus: 1}}",
            "nodePools.speech.gpus: 1 is not available: AKS nodes need NVIDIA's device plugin",
        ),
        ("aws", "{arm: {labels: {karpenter.sh/nodepool: a}}}", "is in a domain that others set"),
        ("azure", "{arm: {labels: {kubernetes.azure.com/mode: a}}}", "is in a domain that others set"),
        ("local", "{arm: {maximum: 4}}", "nodePools.arm.maximum: 4 is set for nodes that exist"),
        ("aws", "{Arm: {}}", "nodePools.Arm: is a key that is not the name of a node pool"),
        ("aws", "{arm: {gpus: 17}}", "nodePools.arm.gpus: 17 is not a number of GPUs (0–16), for example 1"),
        ("aws", "{arm: {labels: {-a: b}}}", "is not the key of a label"),
    ],
)
def test_pools_that_a_cloud_cannot_have_are_refused(workshop: Workshop, cloud: str, pools: str, problem: str) -> None:
    ask(workshop, "{}", pools, cloud)
    (said,) = workshop.problems()
    assert problem in said
    assert said.startswith(f"{TEST}:6: ")


def test_nodes_with_gpus_or_labels_are_for_those_that_ask() -> None:
    """Others would fill what is dear."""
    pools = {
        "speech": ExtraNodePool(gpus=1),
        "disks": ExtraNodePool(labels={"disk": "fast"}),
        "cheap": ExtraNodePool(spot=True),
        "more": ExtraNodePool(),
    }
    assert fitting(Placement(), pools) == ["more"]
    assert fitting(Placement(spot=True), pools) == ["cheap", "more"]
    assert fitting(Placement(gpus=1), pools) == ["speech"]
    assert fitting(Placement(labels={"disk": "fast"}), pools) == ["disks"]
