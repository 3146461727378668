"""Routes: docs/routes.md as one system on each cloud, planned, judged, and asked as Envoy would choose."""

from __future__ import annotations

import copy
import itertools
import json
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from components.cluster.gateway.manifests import envoy_policies
from components.system.routes.manifests import entries, http_routes
from slipway.cli.selection import select
from slipway.ops.kubernetes import weights
from slipway.rehearsal import Step
from slipway.release.controller.desired_routes import CLOSED, Position, questions
from slipway.release.controller.desired_routes import spec as spec_at
from slipway.release.objects import RouteStates
from slipway.scanners.charts.crd_validation import problems
from slipway.settings.hosts import covers
from slipway.settings.limits import most
from slipway.settings.load import load_stack
from slipway.settings.project import find_project
from slipway.settings.stacks import DeployedSystem
from tests.components.system.test_programs import STACK
from tests.forking import forked_workers
from tests.rehearsed import ROOT, Rehearsed
from tests.shared import shared
from tests.unwatched import unwatched

CLOUDS = ("aws", "azure", "local")
RELEASED = "released"
"""The system on the cluster whose controller writes routes; those of the clouds are split by hand."""
POSITIONS = (Position(False, (100, 0)), Position(False, (0, 100)), Position(False, (60, 40)))
LIMITS = {"rules": "route rules", "hostnames": "route hostnames", "parentRefs": "route parents"}
KINDS = ROOT / "tests" / "charts" / "kinds" / "envoy-gateway.jsonl"


def page(title: str = "Shop") -> str:
    """The system with this title."""
    written = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "routes.md").read_text("utf-8"), re.DOTALL)
    (text,) = (each for each in written if f"title: {title}\n" in each)
    return text


def project(folder: Path, text: str) -> None:
    """Write a project with this definition on each cloud, at two versions between which visitors are split."""
    clusters = copy.deepcopy(STACK)
    for room in ("components", "slipway", "__main__.py", "Pulumi.yaml", "policies"):
        (folder / room).symlink_to(ROOT / room)
    split = {"blue": {"version": "1.0.0", "weight": 60}, "green": {"version": "1.1.0", "weight": 40}}
    for cloud in CLOUDS:
        clusters[cloud] |= unwatched()
        clusters[cloud]["systems"] = {cloud: split}
    clusters[RELEASED] = {
        "cloud": "local",
        "context": "two",
        "registry": "registry.example.com",
        "controllers": {"logs": "absent", "releases": "installed"},
        "logging": unwatched()["logging"],
        "releases": {"image": "registry.example.com/slipway:1.4.0"},
        "systems": {RELEASED: {slot: {"version": each["version"]} for slot, each in split.items()}},
    }
    for name in (*CLOUDS, RELEASED):
        file = folder / "systems" / name / "system.yaml"
        file.parent.mkdir(parents=True)
        # Each system has domains of its own.
        file.write_text(text.replace("example.com", f"{name}.example.com"), encoding="utf-8")
    config = {"slipway:environment": "staging", "slipway:clusters": clusters}
    (folder / "Pulumi.test.yaml").write_text(json.dumps({"config": config}), encoding="utf-8")


@shared
def planned() -> Rehearsed:
    with tempfile.TemporaryDirectory() as made:
        project(Path(made), page())
        selection = select(Path(made), "test", None)
        with forked_workers():
            return Rehearsed(selection.rehearse(policies=True), selection.stack)


def deployed(routes_of_api: list[dict[str, Any]]) -> DeployedSystem:
    """A system whose service `api` has these routes."""
    definition = yaml.safe_load(page())
    definition["services"] = {"api": {**definition["services"]["api"], "routes": routes_of_api}}
    with tempfile.TemporaryDirectory() as made:
        project(Path(made), json.dumps(definition))
        return load_stack(find_project(Path(made)), "test").clusters["local"].systems["local"]


def of(system: str, kind: str) -> dict[str, Step]:
    return {
        step.name.partition("/")[2]: step
        for step in planned().plan.steps
        if step.type.endswith(f":{kind}") and step.name.startswith(f"{system}/")
    }


def states() -> list[RouteStates]:
    (release,) = [
        step for step in planned().plan.steps if step.type.endswith(":Release") and "slipway.dev" in step.type
    ]
    return [RouteStates.model_validate(each) for each in release.inputs["spec"]["routes"]]


class Request(NamedTuple):
    domain: str
    path: str
    method: str = "GET"
    headers: Mapping[str, str] = {}


class Answer(NamedTuple):
    """The route, its rule and the number of the rule's match."""

    route: str
    rule: Mapping[str, Any]

    @property
    def slots(self) -> set[str]:
        return {each["name"].rpartition("-")[2] for each in self.rule["backendRefs"] if each["weight"]}

    @property
    def service(self) -> str | None:
        refs = self.rule.get("backendRefs")
        return refs[0]["name"].rpartition("-")[0] if refs else None


def matches(match: Mapping[str, Any], request: Request) -> bool:
    prefix = match["path"]["value"].rstrip("/")
    if request.path != prefix and not request.path.startswith(f"{prefix}/"):
        return False
    if match.get("method", request.method) != request.method:
        return False
    found = {name.lower(): value for name, value in request.headers.items()}
    for header in match.get("headers") or ():
        value = found.get(header["name"].lower())
        same = re.fullmatch if header.get("type") == "RegularExpression" else lambda one, other: one == other
        if value is None or not same(header["value"], value):
            return False
    return True


def rank(match: Mapping[str, Any]) -> tuple[int, int, int]:
    """How Envoy Gateway sorts: by the length of the path, the number of headers, of which the method is one, and the
    number of exact ones."""
    headers = match.get("headers") or []
    exact = [each for each in headers if each.get("type") != "RegularExpression"]
    method = 1 if "method" in match else 0
    return len(match["path"]["value"]), len(headers) + method, len(exact) + method


def answers(specs: Mapping[str, Mapping[str, Any]], request: Request) -> list[Answer]:
    """The best matches: more than one route would be decided by its age."""
    host = f"{request.domain}.{RELEASED}.example.com"
    found = [
        (rank(match), Answer(name, rule))
        for name, spec in specs.items()
        if any(covers(each, host) for each in spec["hostnames"])
        for rule in spec["rules"]
        for match in rule["matches"]
        if matches(match, request)
    ]
    best = max((each for each, _ in found), default=None)
    first = {answer.route: answer for each, answer in reversed(found) if each == best}
    return list(first.values())


def released(at: Position) -> dict[str, dict[str, Any]]:
    """All routes of the system while the release is at a position, those of smoke tests and redirects too."""
    specs = {
        name: step.inputs["spec"] for name, step in of(RELEASED, "HTTPRoute").items() if not name.endswith("-to-https")
    }
    return {**specs, **{each.name: spec_at(each, at) for each in states()}}


PREVIEW = {"X-Preview": "yes"}
WAYS = [
    (Request("www", "/"), "web"),
    (Request("www", "/api/x"), "api"),
    (Request("acme.tenants", "/"), "web"),
    (Request("api", "/"), "api"),
    (Request("api", "/live/chat"), "api"),
    (Request("api", "/lively", "POST"), "api"),
    (Request("api", "/orders"), "api"),
    (Request("api", "/orders", "OPTIONS"), "api"),
    (Request("api", "/orders/7", "POST"), "orders"),
    (Request("api", "/orders/7", "DELETE"), "orders"),
    (Request("api", "/orders/7", "PATCH"), "api"),
    (Request("grpc", "/shop.Catalogue/List", "POST"), "catalogue"),
    (Request("grpc", "/shop.Events/Watch", "POST"), "catalogue"),
]
WAYS_WITH_HEADERS = [
    (Request("api", "/orders", "GET", PREVIEW), "orders"),
    (Request("api", "/orders", "PATCH", PREVIEW), "orders"),
    (Request("api", "/orders", "GET", {"x-preview": "no"}), "api"),
]


def cookie(slot: str) -> dict[str, str]:
    (found,) = set(re.findall(r"(slipway-slot-[a-z-]+)=", json.dumps(states()[0].split)))
    return {"Cookie": f"a=b; {found}={slot}.1"}


EVERY = [*WAYS, *WAYS_WITH_HEADERS]


@pytest.mark.parametrize(("request_", "service"), EVERY)
def test_a_request_reaches_its_service_in_every_position(request_: Request, service: str) -> None:
    """With and without the cookie of a slot; no two routes claim it; and only what it asks for makes a difference."""
    for at in POSITIONS:
        for cookies in ({}, cookie("blue"), cookie("green")):
            asked = request_._replace(headers={**request_.headers, **cookies})
            (answer,) = answers(released(at), asked)
            assert answer.service == service, (at, answer.route)
            wanted = {slot for slot, share in at.by_slot.items() if share}
            named = str(cookies).split("=")[-1].split(".")[0]
            assert answer.slots == ({named} if cookies and len(wanted) > 1 else wanted)


@pytest.mark.parametrize(("request_", "service"), EVERY)
def test_smoke_tests_reach_the_slot_that_they_name(request_: Request, service: str) -> None:
    """On the same conditions as visitors, also while the system is closed."""
    for at, slot in itertools.product((*POSITIONS, CLOSED), ("blue", "green")):
        token = {"x-slipway-bypass-token": "t", "x-slipway-slot": slot}
        (answer,) = answers(released(at), request_._replace(headers={**request_.headers, **token}))
        assert (answer.service, answer.slots) == (service, {slot}), answer.route


@pytest.mark.parametrize("request_", [each for each, _ in EVERY])
def test_closed_is_closed_for_every_request(request_: Request) -> None:
    """The page for visitors, success for probers; whatever it asks for."""
    (answer,) = answers(released(CLOSED), request_)
    assert answer.rule["name"] == "maintenance"
    probed = request_._replace(headers={**request_.headers, "x-slipway-probe": "1"})
    (answer,) = answers(released(CLOSED), probed)
    assert answer.rule["name"] == "maintenance-probed"


def test_the_controller_asks_each_route_as_its_visitors_do() -> None:
    """Before it says that the system is closed: the page answers, and that of the route itself."""
    for each in states():
        for host, path, method, headers in questions(each.closed):
            (answer,) = answers(
                released(CLOSED), Request(host.partition(f".{RELEASED}")[0], path, method, dict(headers))
            )
            assert (answer.route, answer.rule["name"]) == (each.name, "maintenance")
        assert list(questions(each.closed)), each.name


def test_a_route_that_is_still_closed_gives_no_request_to_one_that_opened() -> None:
    """The controller writes one after the other."""
    opened = released(POSITIONS[0])
    for request, service in EVERY:
        late = {each.name: spec_at(each, CLOSED) for each in states() if each.name.startswith(f"{service}-")}
        (answer,) = answers({**opened, **late}, request)
        assert answer.service is None, answer.route


def test_too_large_a_request_is_refused_by_its_own_route() -> None:
    """128 MiB where 2 GiB may come, and nowhere else."""
    large = {"Content-Length": str(128 << 20)}
    for path, rule in (("/files/x", "by-weight-any"), ("/x", "too-large"), ("/orders", "too-large")):
        (answer,) = answers(released(POSITIONS[2]), Request("api", path, "POST", large))
        assert answer.rule["name"] == rule, path


def test_the_plan_is_sound_on_every_cloud() -> None:
    """No rule finds anything, and each object is as its definition says, as strictly as the API server."""
    schemas = {each["kind"]: each["schema"] for each in map(json.loads, KINDS.read_text("utf-8").splitlines())}
    assert [each for each in planned().findings if "lient-networks" in each.policy or "splits" in each.message] == []
    for system in (*CLOUDS, RELEASED):
        for kind in ("HTTPRoute", "BackendTrafficPolicy", "SecurityPolicy", "ClientTrafficPolicy", "HTTPRouteFilter"):
            found = of(system, kind)
            assert found, (system, kind)
            for name, step in found.items():
                assert problems(schemas[kind], step.inputs) == [], (system, kind, name)
    schema = schemas["HTTPRoute"]["properties"]["spec"]
    for each in states():
        for spec in (each.blue, each.green, each.split, each.closed):
            assert problems(schema, spec) == [], each.name
    for spec in (*(step.inputs["spec"] for step in of("aws", "HTTPRoute").values()), *released(CLOSED).values()):
        assert within_limits(spec) == []


def within_limits(spec: Mapping[str, Any]) -> list[str]:
    each = [len(rule.get("matches", ())) for rule in spec["rules"]]
    counts = {most(limit): len(spec[key]) for key, limit in LIMITS.items()}
    problems = [f"{count} of {limit}" for limit, count in counts.items() if count > limit]
    return [
        *problems,
        *(f"{count} matches of a rule" for count in each if count > most("route matches of a rule")),
        *(["matches"] if sum(each) > most("route matches") else []),
    ]


def limits(system: str, path: str) -> dict[str, Any]:
    """What the BackendTrafficPolicies of the route with a path say of it, and its SecurityPolicy."""
    (name,) = {
        name
        for name, step in of(system, "HTTPRoute").items()
        if not name.endswith("-pass")
        for rule in step.inputs["spec"]["rules"]
        for match in rule.get("matches", ())
        if match["path"]["value"] == path and "backendRefs" in rule
    }
    traffic = of(system, "BackendTrafficPolicy")
    access = of(system, "SecurityPolicy").get(name)
    return {
        "traffic": traffic[name].inputs["spec"],
        "safe": traffic[f"{name}-safe"].inputs["spec"] if f"{name}-safe" in traffic else None,
        "access": access.inputs["spec"] if access else {},
        "rules": of(system, "HTTPRoute")[name].inputs["spec"]["rules"],
    }


@pytest.mark.parametrize(
    ("path", "response", "silence"), [("/reports", "3m", None), ("/live", "0s", "15m"), ("/files", "0s", None)]
)
def test_a_route_has_the_timeouts_that_it_declares(path: str, response: str, silence: str | None) -> None:
    """In its rules, where they say how long a retry may take, and in its policies. A stream is never retried."""
    found = limits("aws", path)
    http = {"requestTimeout": response, **({"streamIdleTimeout": silence} if silence else {})}
    assert found["traffic"]["timeout"]["http"] == http
    assert {rule["timeouts"]["request"] for rule in found["rules"] if "backendRefs" in rule} == {response}
    if response == "0s":
        assert found["safe"] is None
    else:
        assert found["safe"]["timeout"]["http"] == http


def test_only_declared_networks_reach_a_route_with_a_list_of_them() -> None:
    """Its rules for visitors refuse all others; the page and the refusal of large requests stay open."""
    access = limits("azure", "/admin")["access"]
    assert access["authorization"]["defaultAction"] == "Deny"
    (rule,) = access["authorization"]["rules"]
    assert rule["principal"]["clientCIDRs"] == ["203.0.113.0/24", "198.51.100.7/32"]
    named = {target["sectionName"] for target in access["targetRefs"]}
    led = {each["name"] for each in limits("azure", "/admin")["rules"] if "backendRefs" in each}
    assert named == led
    assert "cors" in access
    assert "authorization" not in limits("azure", "/reports")["access"]
    for name, step in of(RELEASED, "SecurityPolicy").items():
        if "authorization" in step.inputs["spec"]:
            targets = {target["sectionName"] for target in step.inputs["spec"]["targetRefs"]}
            (route,) = [each for each in states() if each.name == name]
            assert targets == {each["name"] for each in route.split["rules"] if "backendRefs" in each}


def test_a_login_holds_for_visitors_beside_what_else_the_route_asks() -> None:
    """In one policy for the rules of visitors, which Envoy Gateway takes one of: the page of maintenance needs no login."""
    for cloud in CLOUDS:
        access = limits(cloud, "/office")["access"]
        assert {each["sectionName"] for each in access["targetRefs"]} == set(http_routes.visitors_rules())
        assert access["authorization"]["defaultAction"] == "Deny"
        assert access["cors"]["allowOrigins"]
        assert access["oidc"] == {
            "provider": {"issuer": "https://login.example.org/realms/shop"},
            "clientID": "office",
            "clientSecret": {"name": f"{cloud}-supplied-login-secret"},
            "scopes": ["openid", "email"],
            "redirectURL": "https://%REQ(:authority)%/office/oauth2/callback",
            "logoutPath": "/office/logout",
            "forwardAccessToken": False,
            "cookieConfig": {"sameSite": "Lax"},
            "denyRedirect": {
                "headers": [
                    {"name": "Sec-Fetch-Mode", "type": "Exact", "value": "cors"},
                    {"name": "X-Requested-With", "type": "Exact", "value": "XMLHttpRequest"},
                ]
            },
            "forwardIDToken": {"header": "X-Id-Token"},
        }


def test_the_clients_secret_is_under_the_key_that_the_gateway_reads() -> None:
    """From the cloud's store, or for its owner to fill; no plan has its value."""
    for cloud in ("aws", "azure"):
        spec = of(cloud, "ExternalSecret")[f"{cloud}-supplied-login-secret"].inputs["spec"]
        assert [each["secretKey"] for each in spec["data"]] == ["client-secret"]
    secret = of("local", "Secret")["local-supplied-login-secret"].inputs
    assert not secret.get("data")
    assert not secret.get("stringData")


def test_each_path_logs_in_for_itself() -> None:
    """At a route of its own, because its callback is below it; no other route moves."""
    login = {"issuer": "https://a.example.com", "clientId": "a", "clientSecret": {"secret": "LOGIN_SECRET"}}
    plain = [{"domain": "api", "path": "/x"}, {"domain": "api", "path": "/y", "timeout": "3m"}]
    before = paths_by_route(plain)
    own = paths_by_route([*plain, *({"domain": "api", "path": path, "login": login} for path in ("/a", "/b"))])
    assert before.items() <= own.items()
    assert [{"/a"}, {"/b"}] == [paths for route, paths in own.items() if route not in before]


def test_a_key_in_a_header_is_counted_by_value_and_its_absence_together() -> None:
    local = limits("aws", "/search")["traffic"]["rateLimit"]["local"]["rules"]
    assert local == [
        {
            "clientSelectors": [{"headers": [{"name": "X-Api-Key", "type": "Distinct"}]}],
            "limit": {"requests": 60, "unit": "Minute"},
        },
        {"limit": {"requests": 60, "unit": "Minute"}},
    ]
    usual = limits("aws", "/reports")["traffic"]["rateLimit"]["local"]["rules"]
    assert [each["limit"]["requests"] for each in usual] == [600, 600]


def test_paths_and_headers_are_changed_on_the_way() -> None:
    """Beside the header that names the slot and the cookie that keeps it."""
    rules = [rule for rule in limits("local", "/api")["rules"] if "backendRefs" in rule]
    for rule in rules:
        (rewriting,) = rule["filters"]
        written = of("local", "HTTPRouteFilter")[rewriting["extensionRef"]["name"]].inputs["spec"]["urlRewrite"]
        replaced = written["path"]["replaceRegexMatch"]
        paths = ("/api", "/api/", "/api/cars", "/api/api/1")
        assert [re.sub(replaced["pattern"], replaced["substitution"], path) for path in paths] == [
            "/",
            "/",
            "/cars",
            "/api/1",
        ]
        for backend in rule["backendRefs"]:
            change = backend["filters"][0]["requestHeaderModifier"]
            assert [each["name"] for each in change["set"]] == ["x-slipway-slot", "X-Entry"]
            assert change["remove"] == ["X-Debug"]
    (page,) = [
        step.inputs["spec"]["rules"]
        for name, step in of("local", "HTTPRoute").items()
        if name.startswith("web-web")
        and not name.endswith("-pass")
        and "oidc" not in of("local", "SecurityPolicy")[name].inputs["spec"]
    ]
    shares = [each for rule in page if rule["name"].startswith("by-weight") for each in rule["backendRefs"]]
    for backend in shares:
        change = backend["filters"][1]["responseHeaderModifier"]
        assert change["set"] == [{"name": "X-Frame-Options", "value": "DENY"}]
        assert change["remove"] == ["Server"]
        assert change["add"][0]["name"] == "Set-Cookie"


def test_grpc_is_called_in_http_2() -> None:
    """The port of the service alone; other services say nothing."""
    services = of("aws", "Service")
    (port,) = services["catalogue-blue"].inputs["spec"]["ports"]
    assert (port["name"], port["appProtocol"]) == ("http", "kubernetes.io/h2c")
    assert "appProtocol" not in services["api-blue"].inputs["spec"]["ports"][0]


def test_redirects_have_a_listener_and_lead_where_they_say() -> None:
    (gateway,) = of("aws", "Gateway").values()
    assert {each["name"] for each in gateway.inputs["spec"]["listeners"]} >= {"bare", "bare-http"}
    bare = of("aws", "HTTPRoute")["bare.redirects"].inputs["spec"]
    assert bare["parentRefs"] == [{"name": "aws", "sectionName": "bare"}]
    (rule,) = bare["rules"]
    target = rule["filters"][0]["requestRedirect"]
    assert target == {"scheme": "https", "statusCode": 301, "hostname": "www.aws.example.com"}
    blog, docs = (
        rule["filters"][0]["requestRedirect"]
        for rule in of("aws", "HTTPRoute")["web.redirects"].inputs["spec"]["rules"]
    )
    assert (blog["hostname"], blog["statusCode"]) == ("blog.example.org", 302)
    assert docs["path"] == {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/help"}
    (answer,) = answers(released(CLOSED), Request("www", "/docs/x"))
    assert answer.route == "web.redirects"


def test_a_wildcard_has_a_listener_a_record_and_a_certificate_and_nobody_asks_it() -> None:
    """Neither the prober nor a health check, which need an address."""
    for cloud in (*CLOUDS, RELEASED):
        host = f"*.tenants.{cloud}.example.com"
        (gateway,) = of(cloud, "Gateway").values()
        hosts = {each["name"]: each["hostname"] for each in gateway.inputs["spec"]["listeners"]}
        assert (hosts["tenants"], hosts["tenants-http"]) == (host, host)
        assert of(cloud, "HTTPRoute")["web-tenants-pass"].inputs["spec"]["hostnames"] == [host]
        assert not [step for step in of(cloud, "Probe").values() if "*" in json.dumps(step.inputs)]
    zones = {step.inputs.get("name") or step.inputs.get("zoneName") for step in steps("Zone")}
    assert zones == {"aws.example.com", "azure.example.com"}
    for step in steps("Release"):
        if step.inputs.get("chart") == "external-dns":
            assert step.inputs["values"]["extraArgs"] == ["--txt-wildcard-replacement=slipway-wildcard"]


def test_pages_below_a_wildcard_may_call_the_other_domains() -> None:
    assert "https://*.tenants.aws.example.com" in limits("aws", "/reports")["access"]["cors"]["allowOrigins"]


def steps(kind: str) -> list[Step]:
    found = [
        step for step in planned().plan.steps if step.type.endswith(f":{kind}") and not step.type.startswith("slipway")
    ]
    assert found, kind
    return found


def paths_by_route(declared: list[dict[str, Any]]) -> dict[str, set[str]]:
    return {entry.route: set(entry.paths) for entry in entries.of_services(deployed(declared))}


def clusters(spec: Mapping[str, Any]) -> list[tuple[int, int, str]]:
    """What Envoy knows of a route. Envoy Gateway names its clusters by the number of a rule and of a backend, and has none
    for a backend without weight."""
    return [
        (number, place, backend["name"])
        for number, rule in enumerate(spec["rules"])
        for place, backend in enumerate(rule.get("backendRefs") or ())
        if backend["weight"]
    ]


def test_weights_set_by_hand_never_need_a_backend_that_the_gateway_does_not_know() -> None:
    """Envoy answers 500 while it does not know a route's cluster (envoyproxy/gateway#6287)."""
    system = deployed(many(3, methods=["GET", "PUT"]))
    (entry,) = entries.of_services(system)
    split = entries.split(system, "test", entry.host)
    states = [http_routes.open_route("local", entry, split.with_weights(blue)) for blue in (0, 10, 50, 100)]
    first, *others = [clusters(each) for each in states]
    assert {name for _, _, name in first} == set(entry.backends.values())
    assert all(each == first for each in others)
    assert [[rule["name"] for rule in each["rules"]] for each in states[1:]] == [
        [rule["name"] for rule in states[0]["rules"]]
    ] * 3


def many(count: int, **terms: Any) -> list[dict[str, Any]]:
    return [{"domain": "api", "path": f"/p{number}", **terms} for number in range(count)]


def test_paths_beyond_one_route_are_split_over_several() -> None:
    """Every path is in one route, and each route is within the Gateway API's limits in every state."""
    system = deployed(
        [*many(40), *({**each, "path": f"/q{each['path']}"} for each in many(30, methods=["GET", "PUT"]))]
    )
    found = entries.of_services(system)
    assert sorted(path for entry in found for path in entry.paths) == sorted(
        [*(f"/p{number}" for number in range(40)), *(f"/q/p{number}" for number in range(30))]
    )
    assert len({entry.route for entry in found}) == len(found) == 7
    split = entries.split(system, "test", found[0].host)
    for entry in found:
        for spec in (
            *http_routes.released_routes("local", entry, split, "page", "probed").values(),
            http_routes.open_route("local", entry, split),
            http_routes.bypass_route("local", entry, split),
            http_routes.closed_route("local", entry, "page", "probed"),
        ):
            assert within_limits(spec) == [], entry.route


@pytest.mark.parametrize(
    "added",
    [
        {"domain": "api", "path": "/new"},
        {"domain": "api", "path": "/new", "stream": True},
        {"domain": "api", "path": "/new", "timeout": "2m"},
        {"domain": "api", "path": "/new", "allow": ["203.0.113.0/24"]},
    ],
)
def test_a_path_that_is_added_moves_no_other(added: dict[str, Any]) -> None:
    """Whatever it declares, at the end of the list."""
    before = [
        *many(12),
        {"domain": "api", "path": "/slow", "timeout": "1m"},
        {"domain": "api", "path": "/s", "stream": True},
    ]
    old, new = paths_by_route(before), paths_by_route([*before, added])
    assert all(paths <= new[name] for name, paths in old.items())
    assert sum(map(len, new.values())) == sum(map(len, old.values())) + 1


def test_a_limit_of_the_system_renames_no_route() -> None:
    """What a route does not declare is no part of its name."""
    declared = [{"domain": "api"}, {"domain": "api", "path": "/s", "stream": True}]
    one, other = deployed(declared), deployed(declared)
    rules = other.definition.gateway.model_copy(update={"maximum_body": "9Mi", "timeout": "7s"})
    changed = other.definition.model_copy(update={"gateway": rules})
    object.__setattr__(other, "definition", changed)
    assert [each.route for each in entries.of_services(one)] == [each.route for each in entries.of_services(other)]


@pytest.mark.parametrize("at", [*POSITIONS, CLOSED])
def test_the_weights_in_force_are_read_in_every_position(at: Position) -> None:
    """From each route of a release, whose rules of other states match nothing."""
    for each in states():
        live = {"metadata": {"name": each.name}, "spec": spec_at(each, at)}
        assert weights._is_entry(live)
        assert weights._weights(live) == (None if at.closed else at.by_slot), each.name


@pytest.mark.parametrize(
    ("paths", "into", "asked", "wanted"),
    [
        (["/old"], "/new", "/old", "/new"),
        (["/old"], "/new", "/old/", "/new/"),
        (["/old"], "/new/", "/old/a", "/new/a"),
        (["/"], "/v1", "/a", "/v1/a"),
        (["/"], "/v1", "/", "/v1/"),
        (["/a", "/a/b"], "/c", "/a/b/d", "/c/d"),
        (["/a.b+c"], "/c", "/a.b+c/d", "/c/d"),
    ],
)
def test_what_a_route_matches_is_replaced(paths: list[str], into: str, asked: str, wanted: str) -> None:
    """As the Gateway API replaces a prefix, for every match of a rule."""
    replaced = envoy_policies.rewritten(paths, into)["urlRewrite"]["path"]["replaceRegexMatch"]
    assert re.sub(replaced["pattern"], replaced["substitution"], asked) == wanted
