"""WebSockets, streams, large files and what else a route may say, through Envoy Gateway, with time limits of seconds in
place of minutes."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import alone, built_images
from tests.e2e.conftest import World, sign
from tests.e2e.rig import IMAGES, Rig

ADMINISTRATION = 19000
"""Envoy's port, open inside its pod alone."""
LIMIT, UPLOAD, SILENCE = 3, 4, 8
"""Seconds that an answer, and an upload, may take on paths that are no streams; and that nothing may come anywhere."""
SHORT = 2
"""Seconds that nothing may come on a path that says so itself."""
TLS, TCP = 7443, 7001
"""Ports of the gateway for connections; a second one of TCP is the next."""
NODES, ELSEWHERE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"], "203.0.113.0/24"
"""Networks of which the node's is one, and one where no client of the tests is."""
SYSTEM = {
    "title": "Streams",
    "owner": {"team": "streams"},
    "domains": {
        "plain": "plain.streams.example.com",
        "live": "live.streams.example.com",
        "bare": "bare.streams.example.com",
        "sealed": "sealed.streams.example.com",
        "other": "other.streams.example.com",
    },
    "gateway": {
        "timeout": f"{LIMIT}s",
        "uploadTimeout": f"{UPLOAD}s",
        "idleTimeout": f"{SILENCE}s",
        "maximumBody": "1Mi",
    },
    "services": {
        "app": {
            "image": "streams",
            "port": 8080,
            "replicas": {"minimum": 1, "maximum": 1},
            "resources": {"cpu": "10m", "memory": "32Mi"},
            "routes": [
                {"domain": "plain", "path": "/"},
                {"domain": "live", "path": "/"},
                {"domain": "live", "path": "/stream", "stream": True},
                {"domain": "live", "path": "/files", "stream": True, "maximumBody": "256Mi"},
                {"domain": "plain", "path": "/slow", "timeout": f"{4 * LIMIT}s"},
                {"domain": "live", "path": "/quiet", "stream": True, "idleTimeout": f"{SHORT}s"},
                {"domain": "plain", "path": "/office", "allow": [ELSEWHERE]},
                {
                    "domain": "plain",
                    "path": "/written",
                    "methods": ["POST"],
                    "requestHeaders": {"set": {"X-Way": "in"}},
                },
                {"domain": "plain", "path": "/new", "rewrite": "/old", "responseHeaders": {"set": {"X-Way": "out"}}},
                *({"domain": "plain", "path": f"/part{number}"} for number in range(25)),
            ],
            "tlsRoutes": [
                {"domain": "sealed", "listener": TLS},
                {"domain": "other", "listener": TLS, "allow": [ELSEWHERE]},
            ],
            "tcpRoutes": [
                {"domain": "plain", "listener": TCP, "allow": NODES},
                {"domain": "plain", "listener": TCP + 1, "allow": [ELSEWHERE]},
            ],
        }
    },
    "redirects": [
        {"domain": "plain", "path": "/gone", "to": "live", "toPath": "/stream", "status": 308},
        {"domain": "bare", "to": "plain"},
    ],
}


class Streams:
    """The system, as visitors reach it."""

    def __init__(self, rig: Rig) -> None:
        self.rig, self.address = rig, ""

    def find(self) -> None:
        (gateway,) = self.rig.get("gateways.gateway.networking.k8s.io", "-n", "streams")
        self.address = gateway["status"]["addresses"][0]["value"]

    def curl(self, host: str, path: str, *words: str) -> str:
        name = f"{host}.streams.example.com"
        end = f"--resolve {name}:443:{self.address} https://{name}{path}"
        return self.rig.inside("sh", "-c", f"curl -sk --http1.1 --max-time 60 {' '.join(words)} {end} || true")

    def connect(self, port: int, *host: str) -> str:
        """What comes back on a connection; with a host it begins with TLS."""
        names = [f"{each}.streams.example.com" for each in host]
        return self.rig.inside("python3", str(IMAGES / "connection.py"), self.address, str(port), *names)

    def log(self) -> str:
        """What the proxies noted last, with the flags that say why they closed a connection."""
        name = self.rig.proxy()["metadata"]["name"]
        return self.rig.kubectl("-n", "envoy-gateway-system", "logs", name, "-c", "envoy", "--tail=20")

    def client(self, host: str, path: str, what: str, seconds: float) -> str:
        script = str(IMAGES / "client.py")
        return self.rig.inside("python3", script, self.address, f"{host}.streams.example.com", path, what, str(seconds))


@pytest.fixture(scope="module")
def streams(world: World) -> Streams:
    """Its objects alone are brought there: all else of the cluster is what the five systems stand on."""
    world.rig.tag(built_images.app(world.plan), ["registry.example.com/streams:1.0.0"])
    alone.bring(world.rig, "streams", SYSTEM)
    sign(world.rig, "-n", "streams")
    there = Streams(world.rig)
    end = time.monotonic() + 90
    while True:
        try:
            there.find()
            if (
                there.curl("live", "/x", "-o /dev/null -w '%{http_code}'") == "200"
                and there.connect(TLS, "sealed") != "closed"
            ):
                break
        except (KeyError, IndexError):
            pass
        assert time.monotonic() < end, "the gateway does not answer"
        time.sleep(1)
    return there


@pytest.mark.parametrize(("host", "path"), [("plain", "/chat"), ("live", "/stream/chat")])
def test_a_websocket_opens_on_every_route(streams: Streams, host: str, path: str) -> None:
    """And what is said comes back."""
    status, echoed = streams.client(host, path, "websocket", 1).split()
    assert status == "101"
    assert int(echoed) >= 1


def test_a_websocket_on_a_stream_outlives_the_time_limits(streams: Streams) -> None:
    """Twice as long as an answer and an upload may take elsewhere."""
    status, echoed = streams.client("live", "/stream/chat", "websocket", 2 * UPLOAD).split()
    assert status == "101"
    assert int(echoed) / 2 > UPLOAD + 1


def test_a_stream_has_no_time_limit_and_other_paths_have(streams: Streams) -> None:
    """Of as many lines as take twice the time, all come on the one and some on the other."""
    ticks = 4 * LIMIT
    assert streams.curl("live", f"/stream/x?ticks={ticks}").count("data:") == ticks
    assert 0 < streams.curl("plain", f"/x?ticks={ticks}").count("data:") < ticks


def test_an_upload_may_take_its_time_where_there_are_streams(streams: Streams) -> None:
    """Elsewhere it is ended."""
    assert streams.client("live", "/files/x", "slowly", UPLOAD + 2) == "200"
    assert streams.client("plain", "/x", "slowly", UPLOAD + 2) == "408"


def test_a_large_file_arrives_whole_where_it_may(streams: Streams, tmp_path: Path) -> None:
    """And is refused by its length where it may not, before it is sent."""
    file = tmp_path / "large"
    with file.open("wb") as large:
        large.truncate(200 << 20)
    sent = f"-H Expect: --data-binary @{file}"
    assert json.loads(streams.curl("live", "/files/x", sent))["received"] == 200 << 20
    status = "-o /dev/null -w '%{http_code}'"
    assert streams.curl("live", "/x", sent, status) == "413"
    assert streams.curl("plain", "/x", sent, status) == "413"


def test_a_stream_ends_when_nobody_says_anything(streams: Streams) -> None:
    """A WebSocket as well, long before its client loses patience."""
    assert streams.client("live", "/stream/chat", "silent", 10 * SILENCE) == "101 ended"


def test_a_route_has_limits_of_its_own(streams: Streams) -> None:
    """A longer response, and a shorter silence; both beside paths with the system's."""
    ticks = 4 * LIMIT
    assert streams.curl("plain", f"/slow/x?ticks={ticks}").count("data:") == ticks
    assert streams.client("live", "/quiet/chat", "silent", SILENCE - 1) == "101 ended"


def test_a_route_answers_whom_and_what_it_says(streams: Streams) -> None:
    """Networks of clients, methods, and paths and headers that change on the way."""
    status = "-o /dev/null -w '%{http_code}'"
    assert streams.curl("plain", "/office", status) == "403"
    assert streams.curl("plain", "/written", status) == "200"
    names = {name.lower() for name in json.loads(streams.curl("plain", "/written"))["headers"]}
    assert "x-way" not in names
    assert json.loads(streams.curl("plain", "/written", "-X POST"))["headers"]["x-way"] == "in"
    assert json.loads(streams.curl("plain", "/new/x"))["path"] == "/old/x"
    assert "x-way: out" in streams.curl("plain", "/new/x", "-i").lower()


def test_redirects_lead_on(streams: Streams) -> None:
    """From a path with what follows it, and from a domain that no service has."""
    target = "-o /dev/null -w '%{http_code} %{redirect_url}'"
    assert streams.curl("plain", "/gone/x?y=1", target) == "308 https://live.streams.example.com/stream/x?y=1"
    assert streams.curl("bare", "/a", target) == "301 https://plain.streams.example.com/a"


def test_paths_of_several_routes_answer(streams: Streams) -> None:
    """More than one HTTPRoute holds."""
    found = streams.rig.get("httproutes.gateway.networking.k8s.io", "-n", "streams")
    assert sum(each["metadata"]["name"] in ("app-plain", "app-plain.2", "app-plain.3") for each in found) == 3
    for number in (0, 8, 9, 24):
        assert json.loads(streams.curl("plain", f"/part{number}/x"))["path"] == f"/part{number}/x"


def test_connections_reach_the_service_as_they_are(streams: Streams) -> None:
    """At a port of TCP with a request of which the gateway knows nothing, and at one of TLS, by the host's name, with the
    beginning of TLS itself, of which this service knows nothing."""
    asked = streams.connect(TCP)
    assert '"path": "/told"' in asked, streams.log()
    assert "x-forwarded-for" not in asked.lower()
    assert "Error code: 400" in streams.connect(TLS, "sealed"), streams.log()
    assert streams.connect(TLS, "unknown") == "closed"


def test_connections_from_elsewhere_are_closed(streams: Streams) -> None:
    """Where a route admits other networks alone."""
    assert streams.connect(TCP + 1) == "closed"
    assert streams.connect(TLS, "other") == "closed"


def test_the_proxies_hold_nothing_back(streams: Streams) -> None:
    """Envoy's own configuration: no buffer, no time limit on streams, and everywhere that of silence. A route that says
    nothing of it has its listener's; it would have none if Envoy Gateway derived one from the stream's time limit
    (envoyproxy/gateway#7806)."""
    pod = streams.rig.proxy()
    with streams.rig.forwarded("envoy-gateway-system", pod["metadata"]["name"], ADMINISTRATION) as address:
        listeners, routes = (
            urllib.request.urlopen(f"http://{address}/config_dump?resource={kind}", timeout=30).read().decode()
            for kind in ("dynamic_listeners", "dynamic_route_configs")
        )
    assert "streams.example.com" in listeners
    assert "http.buffer" not in listeners + routes
    managers = {each["rds"]["route_config_name"]: each for each in _with(json.loads(listeners), "rds")}
    ours = {name: each["stream_idle_timeout"] for name, each in managers.items() if name.startswith("streams/streams/")}
    assert ours == dict.fromkeys((f"streams/streams/{each}" for each in ("live", "plain", "bare")), f"{SILENCE}s")
    actions = {
        each["name"]: each["route"]
        for each in _with(json.loads(routes), "route")
        if "streams/app-live" in str(each.get("name"))
    }
    assert {each["timeout"] for name, each in actions.items() if "app-live." in name} == {"0s"}
    silences = {each.get("idle_timeout", "as the listener") for each in actions.values()}
    assert silences == {"as the listener", f"{SHORT}s"}


def _with(found: Any, key: str) -> Iterator[dict[str, Any]]:
    """All parts of a document that have a key."""
    if isinstance(found, dict):
        if key in found:
            yield found
        for each in found.values():
            yield from _with(each, key)
    elif isinstance(found, list):
        for each in found:
            yield from _with(each, key)
