"""Visitors through Envoy Gateway: slots by weight and by cookie, the pass of smoke tests, and the closed system."""

from __future__ import annotations

import base64
import json
import re
import shlex
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from tests.e2e.conftest import World
from tests.e2e.rig import STACK, rehearse

Found = TypeVar("Found")
HOST = "fleet.example.com"
REQUESTS = 1000


def address(world: World) -> str:
    def found() -> str:
        (gateway,) = world.rig.get("gateways.gateway.networking.k8s.io", "-n", "fleet")
        ready = all(
            any(each["type"] == "Programmed" and each["status"] == "True" for each in listener["conditions"])
            for listener in gateway["status"].get("listeners", [])
        )
        addresses = gateway["status"].get("addresses", [])
        return addresses[0]["value"] if ready and addresses else ""

    return until(found)


def until(look: Callable[[], Found], seconds: float = 90) -> Found:
    """The first answer that is something. Fails when none comes in time."""
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end, f"nothing within {seconds} s"
        time.sleep(1)
    return found


def visit(world: World, path: str, *words: str, scheme: str = "https") -> str:
    """The head and the body of one answer."""
    ip = address(world)
    port = 443 if scheme == "https" else 80
    curl = ("curl", "-sk", "-i", "--max-time", "20", "--resolve", f"{HOST}:{port}:{ip}")
    # An answer may come before the request is sent in full; curl then says that it could not send the rest.
    return world.rig.inside("sh", "-c", f"{shlex.join([*curl, *words, f'{scheme}://{HOST}{path}'])} || true")


def status(answer: str) -> int:
    return int(answer.split()[1])


def body(answer: str) -> dict[str, object]:
    return json.loads(re.split(r"\r?\n\r?\n", answer, maxsplit=1)[1])


def slot(answer: str) -> str:
    headers = body(answer)["headers"]
    assert isinstance(headers, dict)
    return headers["x-slipway-slot"]


@pytest.fixture(scope="module", autouse=True)
def open_for_visitors(world: World) -> None:
    until(lambda: status(visit(world, "/api/health")) == 200)


def test_plain_http_is_led_to_tls(world: World) -> None:
    answer = visit(world, "/api/x", scheme="http")
    assert status(answer) == 301
    assert f"location: https://{HOST}/api/x" in answer.lower()


def test_visitors_are_split_by_weight(world: World, tmp_path: Path) -> None:
    """90 to 10, within 3 points over 1,000 new visitors; each is told its slot and keeps it by a cookie."""
    ip = address(world)
    config = "".join(f'url = "https://{HOST}/api/{n}"\n' for n in range(REQUESTS))
    file = tmp_path / "urls"
    file.write_text(config)
    output = world.rig.inside(*("curl", "-sk", "--resolve", f"{HOST}:443:{ip}", "-K", str(file)), timeout=300)
    slots = Counter(re.findall(r'"x-slipway-slot": "(\w+)"', output))
    assert sum(slots.values()) == REQUESTS
    assert abs(slots["green"] / REQUESTS * 100 - 10) <= 3
    answer = visit(world, "/api/x")
    cookie = re.search(r"(?im)^set-cookie: (slipway-slot-rig-fleet=(blue|green)\.\d+);", answer)
    assert cookie is not None
    assert cookie[2] == slot(answer)


@pytest.mark.parametrize("kept", ["blue", "green"])
def test_a_visitor_stays_in_a_slot(world: World, kept: str) -> None:
    """By the cookie that the gateway sets, and by the one that the edge sets; among other cookies too."""
    for value in (f"{kept}.1", f"{kept}.1.9999"):
        cookie = f"a=b; slipway-slot-rig-fleet={value}; c=d"
        assert {slot(visit(world, f"/api/{n}", "-H", f"Cookie: {cookie}")) for n in range(8)} == {kept}


def test_metrics_distinguish_slots(world: World) -> None:
    """Both slots have series of their own at the proxies, with the objective among the bounds of their times."""
    pod = world.rig.proxy()
    metrics = world.rig.inside("curl", "-s", f"http://{pod['status']['podIP']}:19001/stats/prometheus")
    backends = set(
        re.findall(
            r'envoy_cluster_upstream_rq_xx\{[^}]*envoy_cluster_name="(httproute/fleet/fleet-api-web/[^"]+)', metrics
        )
    )
    assert {name.rpartition("/")[2] for name in backends} == {"0", "1"}
    assert re.search(r'upstream_rq_time_bucket\{envoy_cluster_name="httproute/fleet/[^"]+",le="200"\}', metrics)


def test_a_smoke_test_reaches_the_slot_that_it_names(world: World) -> None:
    """With the system's pass; a wrong one is refused."""
    named = ("-H", "x-slipway-slot: green")
    good = visit(world, "/api/x", "-H", f"x-slipway-bypass-token: {bypass_token(world)}", *named)
    assert (status(good), slot(good)) == (200, "green")
    assert bypass_token(world) not in good
    assert status(visit(world, "/api/x", "-H", "x-slipway-bypass-token: guess", *named)) == 401


def test_a_request_that_is_too_large_is_refused(world: World, tmp_path: Path) -> None:
    """413 above ten megabytes; one below reaches the service."""
    large, small = tmp_path / "large", tmp_path / "small"
    large.write_bytes(b"x" * (11 << 20))
    small.write_bytes(b"x" * (1 << 20))
    assert status(visit(world, "/api/x", "--http1.1", "-H", "Expect:", "--data-binary", f"@{large}")) == 413
    assert body(visit(world, "/api/x", "-H", "Expect:", "--data-binary", f"@{small}"))["received"] == 1 << 20


def test_one_client_is_limited(world: World, tmp_path: Path) -> None:
    """SmartWallet lets a client make 100 requests a minute; the next are answered with 429."""
    host, requests = "api.smartwallet.com", 140
    file = tmp_path / "limited"
    file.write_text("".join(f'url = "https://{host}/{n}"\noutput = "/dev/null"\n' for n in range(requests)))
    output = world.rig.inside(
        *("curl", "-sk", "--resolve", f"{host}:443:{address(world)}", "-w", "%{http_code}\n", "-K", str(file))
    )
    codes = Counter(output.split())
    assert set(codes) == {"200", "429"}
    assert 100 <= codes["200"] < requests


def test_a_closed_system_shows_its_page(world: World, tmp_path: Path) -> None:
    """One value of the stack: 503 with Retry-After and the expected end; smoke tests pass; then it is open again."""
    closed = tmp_path / "Pulumi.rig.yaml"
    closed.write_text(STACK.read_text().replace("        fleet:\n", "        fleet:\n          maintenance: true\n"))
    code, output = rehearse(world.rig, closed)
    assert code == 0, output[-3000:]
    try:
        answer = until(lambda: found if status(found := visit(world, "/api/x")) == 503 else "")
        assert re.search(r"(?im)^retry-after: 1800\r?$", answer)
        assert "Expected completion" in answer
        good = visit(
            world, "/api/x", "-H", f"x-slipway-bypass-token: {bypass_token(world)}", "-H", "x-slipway-slot: green"
        )
        assert (status(good), slot(good)) == (200, "green")
    finally:
        code, output = rehearse(world.rig, STACK)
    assert code == 0, output[-3000:]
    until(lambda: status(visit(world, "/api/x")) == 200)


def bypass_token(world: World) -> str:
    secret = json.loads(world.rig.kubectl("-n", "fleet", "get", "secret", "fleet-pass", "-o", "json"))
    return base64.b64decode(secret["data"]["smoke-tests"]).decode()
