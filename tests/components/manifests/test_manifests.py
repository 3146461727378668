"""What the manifests of literal settings are."""

from __future__ import annotations

import pytest

from components.manifests import environment, namespace
from components.manifests.scope import Scope
from components.system.slot.manifests import scaling
from slipway.settings.stacks import DeployedSystem, Slot, SystemDeployment
from slipway.settings.system import System

SHOP = System.model_validate(
    {
        "title": "Shop",
        "owner": {"team": "shop"},
        "services": {
            "api": {
                "image": "api",
                "port": 3000,
                "replicas": {"minimum": 2, "maximum": 4},
                "resources": {"cpu": "250m", "memory": "1Gi", "cpuLimit": "1", "memoryLimit": "2Gi"},
                "environment": {"LEVEL": "debug", "PORT": "4000"},
            }
        },
        "environment": {"LEVEL": "info", "REGION": "eu"},
    }
)
SCOPE = Scope("shop", "shop-namespace")


def deployed(version: str = "1.0.0") -> DeployedSystem:
    return DeployedSystem("shop", SHOP, SystemDeployment(blue=Slot(version=version)))


def test_a_services_variable_goes_over_the_systems() -> None:
    """And PORT follows the port unless the service says otherwise."""
    plain = environment.variables(deployed(), "api", "blue", {}).plain
    assert plain == {"LEVEL": "debug", "REGION": "eu", "PORT": "4000"}


def test_a_changed_variable_changes_the_checksum() -> None:
    """So that pods roll when their ConfigMap does."""
    one = environment.Variables({"A": "1"}, {})
    assert one.checksum == environment.Variables({"A": "1"}, {}).checksum
    assert one.checksum != environment.Variables({"A": "2"}, {}).checksum


@pytest.mark.parametrize("name", ["qa", ""])
def test_a_namespace_has_the_name_of_its_environment(name: str) -> None:
    """If it has one of its own."""
    labels = namespace.metadata(SCOPE, source="system.yaml:", environment=name)["labels"]
    assert labels.get("slipway.dev/environment", "") == name


def test_the_quota_has_room_for_both_slots_while_they_roll() -> None:
    """Twice four pods and one more each, and ten for jobs; memory and CPU to match."""
    spec = namespace.quota(SCOPE, definition=SHOP).spec
    assert spec is not None
    hard = spec.hard  # type: ignore[union-attr]
    assert hard["pods"] == str(2 * (4 + 1) + 10)  # type: ignore[index]
    assert hard["requests.cpu"] == f"{10 * 250 + 10 * 500}m"  # type: ignore[index]
    assert hard["limits.memory"] == f"{10 * 2048 + 10 * 2048}Mi"  # type: ignore[index]


def test_the_autoscaler_keeps_the_declared_bounds() -> None:
    """Of the Deployment of the same name."""
    api = SHOP.services["api"]
    built = scaling.autoscaler(SCOPE, name="api", slot="blue", source=api.source, replicas=api.replicas)
    spec = built.spec
    assert spec is not None
    assert (spec.min_replicas, spec.max_replicas) == (2, 4)  # type: ignore[union-attr]
    assert spec.scale_target_ref.name == "api-blue"  # type: ignore[union-attr]
