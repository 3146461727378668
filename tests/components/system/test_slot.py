"""Slots: whole copies of a system."""

from __future__ import annotations

import pytest

from slipway.ops.cluster import annotations
from tests.components.system.conftest import Shop

SUPPORT = {"flagd", "shop-db-exporter"}
"""What stands beside the slots."""
SINGLE = "clock-blue"


def test_a_slot_with_a_version_runs_every_service(shop: Shop) -> None:
    """Each service and site has a Deployment, an autoscaler, a disruption budget, a ConfigMap and a network policy."""
    slot = {"web-blue", "api-blue", "users-blue", "shop-site-blue"}
    assert shop.names("Deployment") == {*slot, SINGLE, *SUPPORT}
    assert shop.names("HorizontalPodAutoscaler") == slot
    assert shop.names("PodDisruptionBudget") == {*slot, "flagd", "shop-queue"}
    assert slot < shop.names("NetworkPolicy")


def test_a_singleton_is_one_pod(shop: Shop) -> None:
    """It has no autoscaler and no disruption budget, is never two while it is updated, and says why."""
    created = shop.one("Deployment", SINGLE)
    assert created.inputs["spec"]["replicas"] == 1
    assert created.inputs["spec"]["strategy"] == {"type": "Recreate"}
    assert created.inputs["metadata"]["annotations"]["slipway.dev/singleton"] == "It rings once."
    assert not created.state.get("ignoreChanges")


def test_a_slot_without_a_version_has_addresses_only(shop: Shop) -> None:
    """Green has its five Services and nothing else."""
    green = {step.type.rsplit(":", 1)[1] for step in shop.plan.steps if step.name.endswith("-green")}
    assert green == {"Service", "Slot"}
    assert {"web-green", "api-green", "users-green", "shop-site-green"} < shop.names("Service")


def test_services_start_after_those_that_they_need(shop: Shop) -> None:
    """web waits for api, api for users."""
    assert "Deployment shop/api-blue" in shop.waits_for(shop.one("Deployment", "web-blue"))
    assert "Deployment shop/users-blue" in shop.waits_for(shop.one("Deployment", "api-blue"))
    assert "Deployment shop/web-blue" not in shop.waits_for(shop.one("Deployment", "users-blue"))


def test_only_what_uses_a_database_waits_for_it(shop: Shop) -> None:
    """The roles Job gates api, which has the database's URL, and not users, which has not."""
    assert "Job shop/shop-db-roles" in shop.waits_for(shop.one("Deployment", "api-blue"))
    assert "Job shop/shop-db-roles" not in shop.waits_for(shop.one("Deployment", "users-blue"))


def test_a_deployment_waits_for_its_configuration_and_policy(shop: Shop) -> None:
    """No pod starts before its ConfigMap is there and its network policy holds."""
    waits = shop.waits_for(shop.one("Deployment", "api-blue"))
    assert {"ConfigMap shop/api-blue", "NetworkPolicy shop/api-blue", "NetworkPolicy shop/default-deny"} < waits


def test_images_come_from_the_clusters_registry(shop: Shop) -> None:
    """The slot's version is the tag."""
    container = shop.one("Deployment", "api-blue").inputs["spec"]["template"]["spec"]["containers"][0]
    assert container["image"] == "registry.example.com/shop/api:1.0.0"


def test_a_slot_begins_with_its_minimum(shop: Shop) -> None:
    """Visitors find as many pods as the autoscaler keeps; from then on it alone decides how many run."""
    slots = shop.names("Deployment") - SUPPORT - {SINGLE}
    assert slots
    for name in slots:
        created = shop.one("Deployment", name)
        minimum = shop.one("HorizontalPodAutoscaler", name).inputs["spec"]["minReplicas"]
        assert created.inputs["spec"]["replicas"] == minimum
        assert created.state["ignoreChanges"] == ["spec.replicas"]


@pytest.mark.parametrize(
    ("status", "waited"),
    [
        ({}, True),
        ({"expectedPods": 1, "currentHealthy": 1}, True),
        ({"expectedPods": 2, "currentHealthy": 1}, True),
        ({"expectedPods": 2, "currentHealthy": 2}, False),
        ({"expectedPods": 9, "currentHealthy": 8}, False),
        ({"expectedPods": 0, "currentHealthy": 0}, False),
    ],
)
def test_a_raised_minimum_is_there_before_visitors(shop: Shop, status: dict[str, int], waited: bool) -> None:
    """The disruption budget comes after the autoscaler and waits until it counts as many healthy pods, but for a service
    that was scaled to nothing by hand."""
    budget, scaler = shop.one("PodDisruptionBudget", "api-blue"), shop.one("HorizontalPodAutoscaler", "api-blue")
    assert scaler.inputs["spec"]["minReplicas"] == 2
    assert "HorizontalPodAutoscaler shop/api-blue" in shop.waits_for(budget)
    wanted = budget.inputs["metadata"]["annotations"][annotations.WAIT_FOR]
    assert annotations.check((wanted,), {"status": status}).is_ready is not waited


def test_plain_variables_are_in_the_config_map(shop: Shop) -> None:
    """References to the slot, other services, buckets, domains and flags are text."""
    assert shop.one("ConfigMap", "api-blue").inputs["data"] == {
        "DARK_MODE": "true",
        "FLAGD_HOST": "flagd",
        "FLAGD_PORT": "8013",
        "LEVEL": "info",
        "PORT": "4000",
        "RECEIPTS": "bucket-of-receipts",
        "SITE": "https://shop.example.com",
        "USERS": "http://users-blue:5000",
        "VERSION": "1.0.0",
    }


def test_secret_variables_are_references(shop: Shop) -> None:
    """Database, broker, generated and supplied secrets each come from their own Secret."""
    container = shop.one("Deployment", "api-blue").inputs["spec"]["template"]["spec"]["containers"][0]
    references = {each["name"]: each["valueFrom"]["secretKeyRef"] for each in container["env"]}
    assert references == {
        "DATABASE_URL": {"name": "shop-db-app", "key": "url"},
        "PAPERS": {"name": "papers-app", "key": "url"},
        "TOKEN_KEY": {"name": "shop-generated", "key": "TOKEN_KEY"},
        "PAYMENTS_KEY": {"name": "shop-supplied-payments-key", "key": "PAYMENTS_KEY"},
        "BROKER": {"name": "shop-queue-login", "key": "connection_string"},
    }


def test_services_keep_their_declared_port(shop: Shop) -> None:
    """A Service listens on servicePort and leads to the container's port by name."""
    port = shop.one("Service", "api-green").inputs["spec"]["ports"][0]
    assert (port["port"], port["targetPort"]) == (80, "http")
