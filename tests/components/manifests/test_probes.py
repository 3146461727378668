"""What is asked from outside: each service where it says that it is well, through the routes that lead to it."""

from __future__ import annotations

from typing import Any

import pytest

from components.manifests import probes
from slipway.settings.stacks import DeployedSystem, SystemDeployment
from slipway.settings.system import System


def deployed(services: dict[str, Any], **more: Any) -> DeployedSystem:
    definition = {
        "title": "Shop",
        "owner": {"team": "shop"},
        "domains": {"web": "shop.example.com", "api": "api.shop.example.com"},
        "services": {name: {"image": name, "port": 80, **each} for name, each in services.items()},
        **more,
    }
    return DeployedSystem("shop", System.model_validate(definition), SystemDeployment())


def routed(path: str, health: str, domain: str = "web") -> dict[str, Any]:
    return {"health": {"path": health}, "routes": [{"domain": domain, "path": path}]}


WEB, API = "https://shop.example.com", "https://api.shop.example.com"


@pytest.mark.parametrize(
    ("services", "asked"),
    [
        ({"api": routed("/", "/health", "api")}, [(f"{API}/health", True)]),
        ({"web": routed("/", "/")}, [(f"{WEB}/", True)]),
        (
            {"web": routed("/", "/"), "api": routed("/api", "/api/health")},
            [(f"{WEB}/", True), (f"{WEB}/api/health", True)],
        ),
        # /health of the API would be answered by the pages.
        ({"web": routed("/", "/"), "api": routed("/api", "/health")}, [(f"{WEB}/", True), (f"{WEB}/api", False)]),
        # /apiary does not lie below /api.
        ({"api": routed("/api", "/apiary")}, [(f"{WEB}/api", False)]),
        ({"worker": {}}, []),
    ],
)
def test_a_service_is_asked_at_its_health_path(services: dict[str, Any], asked: list[tuple[str, bool]]) -> None:
    """Where no route leads to it one of its routes is asked, and any answer but a server's error will do."""
    assert [(probe.address, probe.strict) for probe in probes.of_system(deployed(services))] == asked


def test_a_domain_is_judged_by_what_answers_at_its_root() -> None:
    """One check a domain decides whether DNS leaves the region."""
    system = deployed({"api": routed("/api", "/api/health"), "web": routed("/", "/")})
    assert {key: probe.address for key, probe in probes.by_domain(system).items()} == {"web": f"{WEB}/"}
    only = deployed({"api": routed("/api", "/health")})
    assert [probe.strict for probe in probes.by_domain(only).values()] == [False]


def test_a_site_is_asked_for_its_page() -> None:
    system = deployed({"api": routed("/", "/health", "api")}, sites={"pages": {"artefact": "pages", "domain": "web"}})
    assert {key: probe.address for key, probe in probes.by_domain(system).items()} == {
        "web": f"{WEB}/",
        "api": f"{API}/health",
    }
