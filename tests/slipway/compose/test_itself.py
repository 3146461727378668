"""Addresses by which a service knows itself, none of which its pods have."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.slipway.compose.translating import service, translate


@pytest.mark.parametrize(
    ("test", "wanted"),
    [
        ("[CMD, wget, --spider, 'http://app:3000/status']", {"path": "/status"}),
        ("curl -f http://shop-app:9000/x || exit 1", {"path": "/x", "port": 9000}),
        ("nc -z app 3000", {"by": "tcp"}),
        (
            "[CMD, pg_isready, -h, app, -p, '1']",
            {"by": "exec", "command": ["pg_isready", "-h", "127.0.0.1", "-p", "1"]},
        ),
        (
            "bin/ask --host=app app:3000",
            {"by": "exec", "command": ["sh", "-c", "bin/ask --host=127.0.0.1 127.0.0.1:3000"]},
        ),
        ("ps aux | grep app", {"by": "exec", "command": ["sh", "-c", "ps aux | grep app"]}),
        ("[CMD, bin/app, /etc/app/x.yml]", {"by": "exec", "command": ["bin/app", "/etc/app/x.yml"]}),
    ],
)
def test_a_check_by_the_own_name_asks_the_pod_itself(tmp_path: Path, test: str, wanted: dict[str, object]) -> None:
    """By each name of the container; a word that is the name only by chance stays."""
    found = service(tmp_path, f"    expose: [3000]\n    container_name: shop-app\n    healthcheck: {{test: {test}}}\n")
    assert found.definition["services"]["app"]["health"] == wanted
    assert found.problems == []


@pytest.mark.parametrize(
    ("variable", "wanted"),
    [
        ("ARTIFACTS: http://app:8080", {"service": "app", "port": "port-8080"}),
        ("ADVERTISED_LISTENERS: 'PLAINTEXT://app:3000'", {"text": "PLAINTEXT://{service.app.address}"}),
        ("LISTENERS: 'PLAINTEXT://app:3000,LOCAL://0.0.0.0:3001'", None),
        ("BIND_ADDRESS: app:3000", None),
        ("HOSTNAME: app", None),
        ("VOTERS: 1@app:3001", None),
        ("REST_ADVERTISED_HOST_NAME: app", {"service": "app", "as": "host"}),
        ("IMAGE: ghcr.io/example/app:1.0.0", "ghcr.io/example/app:1.0.0"),
        ("SERVICE_NAME: app", "app"),
        ("MAIL_FROM: app@example.com", "app@example.com"),
    ],
)
def test_the_own_address_is_a_reference_or_named(tmp_path: Path, variable: str, wanted: object) -> None:
    """What the service tells others refers to it; what it listens on, and what no reference can be, is left out and named."""
    found = service(tmp_path, f"    expose: [3000]\n    environment: {{{variable}}}\n")
    name = variable.partition(":")[0]
    assert found.definition["services"]["app"].get("environment", {}).get(name) == wanted
    named = [each for each in found.remarks if "is the service's own address" in each]
    assert bool(named) == (wanted is None)
    assert found.problems == []


def test_a_command_with_the_own_address_is_not_copied(tmp_path: Path) -> None:
    found = service(tmp_path, "    expose: [3000]\n    command: [serve, --advertise, 'http://app:3000']\n")
    assert "args" not in found.definition["services"]["app"]
    assert found.remark("services.app.command").endswith("set 'args', and let the program read a variable")


def test_a_port_that_only_the_service_itself_names_is_known(tmp_path: Path) -> None:
    """After those that others call."""
    text = (
        "services:\n  broker: {image: 'e.io/b:1', environment: {LISTENERS: 'A://broker:9092,B://broker:9093'}}\n"
        "  web: {image: 'e.io/w:1', expose: [80], environment: {BROKER: 'broker:9093'}}\n"
    )
    found = translate(tmp_path, text).definition["services"]["broker"]
    assert (found["port"], found["ports"]) == (9093, {"port-9092": 9092})
