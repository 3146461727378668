"""Ports of services."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.compose.service_facts import LONG_RANGE, UDP
from slipway.compose.services import UNROUTED
from tests.slipway.compose.translating import service

UNREADABLE = "is no port that can be read: set 'port' of the service"


@pytest.mark.parametrize(
    ("lines", "ports", "reported"),
    [
        ("ports: ['3000:3000', '222:22']", [3000, 22], {"ports.1": UNROUTED.format(22)}),
        ("ports: ['222:22', '3000:3000']", [3000, 22], {"ports.0": UNROUTED.format(22)}),
        ("ports: ['1883:1883']", [1883], {"ports.0": UNROUTED.format(1883)}),
        ("ports: ['80:3000', '443:3000']", [3000], {}),
        ("ports: [{target: 3000, published: '80'}, {target: 9000}]", [3000, 9000], {"ports.1": UNROUTED.format(9000)}),
        ("expose: ['53/udp', '3000/tcp']", [3000], {"expose.0": UDP}),
        ("expose: ['7000-7002']", [7000, 7001, 7002], {}),
        ("expose: ['7000-8000']", [7000], {"expose.0": LONG_RANGE}),
        ("expose: [nine]", [], {"expose.0": UNREADABLE}),
        (
            "expose: ['70000', '5-2', '0', '3000']",
            [3000],
            dict.fromkeys(("expose.0", "expose.1", "expose.2"), UNREADABLE),
        ),
        ("ports: ['7000-7001:8000-8001']", [8000, 8001], {"ports.0": UNROUTED.format(8001)}),
        ("ports: ['7000-7001']", [7000, 7001], {"ports.0": UNROUTED.format(7001)}),
    ],
)
def test_each_port_is_one_of_the_service_or_named(
    tmp_path: Path, lines: str, ports: list[int], reported: dict[str, str]
) -> None:
    """Those that have no route are named too: of a service that speaks HTTP the first has one."""
    found = service(tmp_path, f"    {lines}\n    healthcheck: {{test: [CMD, bin/ok]}}\n")
    app = found.definition["services"]["app"]
    assert [app[key] for key in ("port",) if key in app] + list(app.get("ports", {}).values()) == ports
    prefix = "services.app."
    assert {
        each.path.removeprefix(prefix): each.text
        for each in found.translation.remarks
        if each.path.startswith((f"{prefix}ports", f"{prefix}expose"))
    } == reported
    published = lines.startswith("ports")
    assert ("routes" in app) == (published and ports[0] != 1883)
    assert found.problems == []


@pytest.mark.parametrize(
    ("port", "protocol", "remarked"),
    [
        ("{target: 80, app_protocol: http}", None, False),
        ("{target: 80, app_protocol: grpc}", "grpc", False),
        ("{target: 80, app_protocol: h2c}", "grpc", False),
        ("{target: 80, app_protocol: https}", None, True),
        ("{target: 80, app_protocol: mqtt}", None, True),
        ("{target: 80}, {target: 81, app_protocol: h2c}", None, True),
    ],
)
def test_what_a_port_speaks(tmp_path: Path, port: str, protocol: str | None, remarked: bool) -> None:
    """The main one may speak gRPC; another protocol is named with its line."""
    found = service(tmp_path, f"    ports: [{port}]\n")
    assert found.definition["services"]["app"].get("protocol") == protocol
    assert any("app_protocol" in each and "tcpRoutes" in each for each in found.remarks) is remarked
    assert found.problems == []
