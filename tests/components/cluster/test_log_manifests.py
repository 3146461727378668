"""The logs of a cluster: what is masked, kept, counted and sent."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from components.clouds.aws import bucket_clients as aws_clients
from components.clouds.azure import bucket_clients as azure_clients
from components.cluster.controllers import manifests as controllers
from components.cluster.logs.manifests import (
    agent,
    elasticsearch,
    kibana,
    retention,
    setup_job,
    snapshots,
    vrl,
    vrl_program,
)
from components.cluster.logs.manifests.masking import BROKEN, MASKED, MASKS, mask, mask_event
from components.cluster.monitoring.manifests.alerting.operations import ERROR, FORBIDDEN, LOG_LINES
from components.manifests.environment import BucketFacts
from components.manifests.versions import Pins, pins
from slipway.settings.cluster_services import Logging
from slipway.settings.load import load_systems
from slipway.settings.project import Project
from slipway.settings.stacks import DeployedSystem, SystemDeployment
from slipway.settings.system import System
from tests.loopback import serving
from tests.processes import TIMEOUT
from tests.shared import shared

ROOT = Path(__file__).parents[3]
CRDS = Path("/work/shared/crds")
CANARY = "C4naryV4lue9z"
PARTS = Pins()

# --- masking

JWT = f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.{CANARY}"
CARDS = [
    "4111111111111111",
    "4222222222222",
    "5500005555555559",
    "2223003122003222",
    "378282246310005",
    "30569309025904",
    "6011111111111117",
    "3530111333300000",
    "6200000000000005",
    "6304000000000000",
    "4111 1111 1111 1111",
    "4111-1111-1111-1111",
    "3782 822463 10005",
    "3056 930902 5904",
]
AROUND = ["paid with {}", "{}", "card={} ok", '{{"card":"{}"}}', "a\n{}\nb", "\x1b[31m{}\x1b[0m", "path\\{}", "(no.{})"]
SECRETS = [
    f"password={CANARY}",
    f"PASSWORD: {CANARY}",
    f"db_password = {CANARY}",
    f"line\npassword={CANARY}",
    f'password="two words {CANARY}"',
    f"password='two words {CANARY}'",
    f"password=back\\slash\\n{CANARY}",
    f'{{"password":"{CANARY}"}}',
    f'{{"password": "quo\\"te{CANARY}"}}',
    f'{{"db": {{"adminPassword": "{CANARY}"}}}}',
    f'{{"password":"{CANARY}',
    f'body: {{\\"password\\": \\"{CANARY}\\"}}',
    f"{{'password': '{CANARY}', 'user': 'ann'}}",
    f"client_secret={CANARY}",
    f"clientSecret: {CANARY}",
    f"api_key={CANARY}",
    f"apiKey={CANARY}",
    f"X-Api-Key: {CANARY}",
    f"private_key => {CANARY}",
    f"GET /login?token={CANARY}&lang=en HTTP/1.1",
    f"GET /login?lang=en&access_token={CANARY} HTTP/1.1",
    f"redirect=%2Flogin%3Ftoken%3D{CANARY}",
    f"Authorization: Bearer {CANARY}",
    f"authorization=Basic {CANARY}==",
    f"Authorization: {CANARY}",
    f"sent bearer {CANARY}",
    f"Cookie: session={CANARY}; theme=dark",
    f"postgres://user:{CANARY}@host:5432/db",
    f"amqps://user:p%40{CANARY}@host/vhost",
    f"https://:{CANARY}@host/",
    f"https://ghpabcdefghijklmnop{CANARY}@github.com/a/b",
    f"AWS_SECRET_ACCESS_KEY={CANARY}/abc+def",
    f'{{"SecretAccessKey": "{CANARY}/abc+def"}}',
    f"aws_session_token={CANARY}",
    f"key AKIA{'C4NARYV4LUE9ZABC'} used",
    f"cookie is {JWT}",
    f"-----BEGIN RSA PRIVATE KEY-----\nMIIE{CANARY}\n-----END RSA PRIVATE KEY-----",
    f"-----BEGIN PRIVATE KEY-----\nMIIE{CANARY}",
    f"-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256\n\n{CANARY}\n-----END EC PRIVATE KEY-----",
    f"run --token {CANARY} --verbose",
    f"<password>{CANARY}</password>",
    f"pushed with ghp_{CANARY}0123456789",
]
HARMLESS = [
    "",
    "order 1234567890123456 shipped",
    "order ORD-2026-000123456 shipped",
    "id 9b2f1c4e-4111-4111-8111-123456789012",
    "id 41111111-1111-4111-8111-111111111111",
    "at 2026-11-21T08:02:58.123456Z",
    "at 2026-11-21 08:02:58,123",
    "epoch 1763712178123 and 1763712178123456 and 1763712178123456789",
    "ratio 0.4111111111111111",
    "amount 4,111.00 EUR of 4111.11",
    "call +4915123456789",
    "sha256:4111111111111111aaaaaaaaaaaaaaaa4111111111111111aaaaaaaaaaaaaaaa",
    "4111111111111111111111111 is too long",
    "4111 1111 1111 is too short",
    "max_tokens=100 total_tokens: 42",
    "passwordless login for ann",
    "the token was refused",
    "reset your password today",
    "https://host:443/path?email=ann@example.com",
    "mail to ann@example.com",
    "http://host/a:b",
    '{"user":"ann","count":3,"ok":true}',
    "-----BEGIN CERTIFICATE-----",
    "keyboard: qwerty",
    "eyJust a word",
    "GET /api/trips?from=2026-01-01&to=2026-02-01 200 12ms",
    "10.20.0.14 - 200 5316",
]


@pytest.mark.parametrize("line", [around.format(card) for card in CARDS for around in AROUND])
def test_a_card_number_is_masked(line: str) -> None:
    """Of every issuer, wherever it stands in a line."""
    assert not re.search(r"[0-9][0-9 -]{11,}", mask(line))
    assert MASKED in mask(line)


@pytest.mark.parametrize("line", SECRETS)
def test_a_secret_is_masked(line: str) -> None:
    """And is not taken for a broken line."""
    assert CANARY.lower() not in mask(line).lower()
    assert MASKED in mask(line)


@pytest.mark.parametrize("line", HARMLESS)
def test_what_is_no_secret_stays(line: str) -> None:
    """People look for ids, times and amounts."""
    assert mask(line) == line


def test_what_is_around_a_secret_stays() -> None:
    """A line says who did what, without the secret."""
    assert mask("GET /a?token=abc&lang=en from ann") == f"GET /a?token={MASKED}&lang=en from ann"
    assert mask("postgres://ann:abc@host/db") == f"postgres://{MASKED}@host/db"
    assert mask('{"password": "a\\"b", "user": "ann"}') == f'{{"password": "{MASKED}", "user": "ann"}}'


def test_fields_are_masked_by_their_names() -> None:
    """Whatever they hold: texts, numbers, lists and objects."""
    event = {"password": 'a"b\\', "pin_token": 12, "secrets": ["a]", 1], "credentials": {"a": [{"b": "}"}]}}
    assert mask_event({**event, "user": "ann"}) == {**dict.fromkeys(event, MASKED), "user": "ann"}


def test_a_card_that_is_a_number_stays_a_number() -> None:
    """Or the event would be no JSON."""
    assert mask_event({"pan": 4111111111111111, "all": [4111111111111111, -4111111111111111, 7]}) == {
        "pan": 0,
        "all": [0, 0, 7],
    }


SHAPES = [line for line in SECRETS if CANARY in line]
secrets = st.text("ABCDEFGHJKMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz23456789", min_size=12, max_size=40)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text() | st.just("password"), inner, max_size=4),
    max_leaves=12,
)


@given(st.sampled_from(SHAPES), secrets, st.text(), st.sampled_from(["", " ", "\n", "\t"]))
def test_no_canary_survives(shape: str, canary: str, before: str, between: str) -> None:
    """Whatever the secret is and whatever stands before it."""
    assume(canary not in before)
    assert canary not in mask(before + between + shape.replace(CANARY, canary))


@given(st.sampled_from(SHAPES), secrets, st.text())
def test_no_canary_survives_in_a_field(shape: str, canary: str, other: str) -> None:
    """However deep."""
    assume(canary not in other)
    event = {"message": other, "context": {"request": [shape.replace(CANARY, canary)]}}
    assert canary not in json.dumps(mask_event(event))


@given(st.uuids(), st.datetimes(), st.decimals(0, 10**9, places=2), st.integers(0, 10**9))
def test_ids_times_and_amounts_stay(uuid: Any, time: Any, amount: Any, order: int) -> None:
    """In one line together."""
    line = f"{uuid} {uuid.hex} {time.isoformat()}Z amount {amount} order ORD-{order:010} took {order}ms"
    assert mask(line) == line


@given(anything)
def test_masking_keeps_an_event_an_event(event: Any) -> None:
    """No value of JSON breaks it."""
    assert set(mask_event({"fields": event})) == {"fields"}


@given(st.text())
def test_masking_any_text_gives_text(line: str) -> None:
    """Never the note that the line broke."""
    assert mask(line) != BROKEN


def test_the_masks_are_in_the_common_tongue() -> None:
    """No lookaround, no reference back, no single quote, which would end a literal of VRL."""
    for each in MASKS:
        assert "'" not in each.pattern
        assert vrl.pattern(each.pattern) == f"r'{each.pattern}'"
    assert len({each.name for each in MASKS}) == len(MASKS)


# --- agent


def deployed(name: str = "shop", **settings: Any) -> DeployedSystem:
    definition = {"title": "Shop", "owner": {"team": "shop"}, "services": {"api": {"image": "api", "port": 3000}}}
    return DeployedSystem(name, System.model_validate({**definition, **settings}), SystemDeployment())


def five() -> list[DeployedSystem]:
    systems = load_systems(Project(ROOT, "slipway", {}))
    return [DeployedSystem(name, definition, SystemDeployment()) for name, definition in systems.items()]


ALERT = {"name": 'Slow "pay"', "summary": "s", "kind": "logs", "pattern": "timed ?out", "above": 1}
WATCHED = deployed(logs={"forbidden": ["it's \\bBAD\\b$", "never"]}, alerts=[ALERT])


def test_each_kind_of_line_is_counted() -> None:
    """By the names that the alerts read."""
    assert vrl_program.patterns(WATCHED) == {FORBIDDEN: ["it's \\bBAD\\b$", "never"], 'Slow "pay"': ["timed ?out"]}
    counted = vrl_program.count([WATCHED])
    assert f'"kind": "{ERROR}"' in counted
    assert r"""match(line, r'it\x27s \bBAD\b$') || match(line, r'never')""" in counted
    assert r'"kind": "Slow \"pay\""' in counted


def test_audit_lines_are_counted_where_an_audit_log_is_promised() -> None:
    """By the stream that a line goes to, which the application's fields decide."""
    counted = vrl_program.count([deployed(compliance={"auditLog": True})])
    assert 'value = if ends_with(dataset, ".audit") { 1 } else { 0 }' in counted
    assert '"kind": "audit"' in counted
    assert '"kind": "audit"' not in vrl_program.count([WATCHED])


def test_the_five_systems_patterns_can_be_counted() -> None:
    """Each is a pattern that Vector's engine knows."""
    assert "HIGH|CRITICAL" in vrl_program.count(five())


@pytest.mark.parametrize("wrong", ["(?=a)", "(?<!a)b", r"(a)\1", "(?P=x)", r"a\Z"])
def test_a_pattern_that_would_stop_the_agents_is_refused(wrong: str) -> None:
    """Vector does not start with one."""
    with pytest.raises(ValueError, match="Vector cannot search"):
        vrl.pattern(wrong)


def test_texts_and_patterns_are_quoted() -> None:
    """Quotes, backslashes, line ends and double braces mean themselves."""
    assert vrl.text('a"b\\c\n{{d}}') == r'"a\"b\\c\n\{\{d}}"'
    assert vrl.pattern(r"\'a'\\'") == r"r'\x27a\x27\\\x27'"


def test_helm_and_vector_hand_on_what_was_meant() -> None:
    """What Helm's templates and Vector's variables make of the file is the configuration."""
    meant = agent.config([WATCHED], environment="prod", cluster="main")
    meant["sinks"]["elasticsearch"]["auth"]["password"] = "from the Secret"
    values = agent.values([WATCHED], PARTS, environment="prod", cluster="main")
    assert _read_by_vector(values["customConfig"]) == meant


def _read_by_vector(config: Any) -> Any:
    if isinstance(config, str):
        assert "{{" not in config.replace("{{`{{`}}", "")
        config = config.replace("{{`{{`}}", "{{").replace("$$", "\0")
        config = config.replace("${ELASTICSEARCH_PASSWORD}", "from the Secret")
        assert "$" not in config
        return config.replace("\0", "$")
    if isinstance(config, dict):
        return {key: _read_by_vector(each) for key, each in config.items()}
    return [_read_by_vector(each) for each in config] if isinstance(config, list) else config


def test_nothing_is_sent_or_counted_before_it_is_masked() -> None:
    """Both ways out begin at the transform that masks, and a line that it fails on is dropped."""
    config = agent.config([WATCHED], environment="prod", cluster="main")
    transforms, sinks = config["transforms"], config["sinks"]
    assert sinks["elasticsearch"]["inputs"] == transforms["counts"]["inputs"] == ["masked"]
    assert sinks["prom_exporter"]["inputs"] == ["counters", "internal"]
    assert transforms["masked"]["drop_on_error"] is True
    assert sinks["elasticsearch"]["encoding"] == {"except_fields": ["line"]}
    for each in MASKS:
        assert vrl.pattern(each.pattern) in transforms["masked"]["source"]
    assert transforms["counters"]["metrics"][0]["name"] == LOG_LINES


def test_a_cluster_without_systems_has_an_agent() -> None:
    """For the proxies; a selector of no system would be none that Kubernetes understands."""
    config = agent.config([], environment="prod", cluster="main")
    assert set(config["sources"]) == {"proxies", "internal"}
    assert config["transforms"]["masked"]["inputs"] == ["of_proxies"]


def test_the_agents_image_is_the_pinned_one() -> None:
    """As the chart puts it together: repository, tag, digest."""
    image = agent.values([], PARTS, environment="prod", cluster="main")["image"]
    digest = f"@{image['sha']}" if "sha" in image else ""
    assert f"{image['repository']}:{image['tag']}{digest}" == PARTS.image("vector")


# --- charts


def unknown_keys(chart: str, values: Mapping[str, Any]) -> list[str]:
    """Dotted paths of `values` that are neither in the chart's list nor below one that is."""
    listed = yaml.safe_load((ROOT / "tests/charts" / f"{chart}.yaml").read_text())
    assert listed["version"] == pins()["charts"][chart]["version"]
    known = set(listed["keys"])
    return [path for path in _paths(values, known) if path not in known]


def _paths(values: Mapping[str, Any], known: set[str], above: str = "") -> Iterator[str]:
    """A path that is listed is not looked into: what lies there is free."""
    for key, value in values.items():
        path = f"{above}{key}"
        if isinstance(value, Mapping) and value and path not in known:
            yield from _paths(value, known, f"{path}.")
        else:
            yield path


def test_the_charts_know_their_values() -> None:
    """A key that a chart does not know would change nothing."""
    assert unknown_keys("vector", agent.values([WATCHED], PARTS, environment="prod", cluster="main")) == []
    assert unknown_keys("eck-operator", controllers.elastic_operator()) == []
    assert unknown_keys("eck-operator-crds", controllers.elastic_crds()) == []
    assert unknown_keys("vector", {"image": {"digest": "x"}, "customConfg": {}}) == ["image.digest", "customConfg"]


# --- Elasticsearch and Kibana

USE = {"azure.workload.identity/use": "true"}
SNAPSHOTS = aws_clients.snapshots(BucketFacts("copies", "eu-central-1"))
AZURE = replace(azure_clients.snapshots(BucketFacts("copies", "westeurope", "shop")), labels=USE)
CONFIG = "/usr/share/elasticsearch/config"


def _schema(kind: str) -> dict[str, Any]:
    if not CRDS.is_dir():
        pytest.skip("not run: no CRDs")
    for document in yaml.load_all((CRDS / "eck.yaml").read_text(), yaml.CSafeLoader):
        if document["spec"]["names"]["kind"] == kind:
            version = next(each for each in document["spec"]["versions"] if each["name"] == "v1")
            return _closed(version["schema"]["openAPIV3Schema"]["properties"]["spec"])
    raise AssertionError(kind)


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema as an API server with field validation reads it: unknown fields are errors."""
    schema = dict(schema)
    if schema.get("x-kubernetes-int-or-string"):
        return {"type": ["integer", "string"]}
    if "properties" in schema:
        schema["properties"] = {key: _closed(each) for key, each in schema["properties"].items()}
        if not schema.get("x-kubernetes-preserve-unknown-fields"):
            schema["additionalProperties"] = False
    if "items" in schema:
        schema["items"] = _closed(schema["items"])
    return schema


@pytest.mark.parametrize("copies", [None, SNAPSHOTS, AZURE])
def test_elasticsearch_is_what_its_operator_knows(copies: snapshots.Snapshots | None) -> None:
    """By the schema of ECK's own kinds."""
    spec = elasticsearch.spec(Logging(), PARTS, storage_class="fast", snapshots=copies)
    Draft202012Validator(_schema("Elasticsearch")).validate(spec)


def test_kibana_is_what_its_operator_knows() -> None:
    """By the schema of ECK's own kinds."""
    Draft202012Validator(_schema("Kibana")).validate(kibana.spec(Logging(), PARTS))


def test_elasticsearch_is_as_large_as_the_stack_says() -> None:
    """Nodes, disk, and half of the memory for the heap."""
    spec = elasticsearch.spec(Logging(nodes=5, storage=200, memory=6), PARTS, storage_class=None, snapshots=None)
    nodes = spec["nodeSets"][0]
    container = nodes["podTemplate"]["spec"]["containers"][0]
    assert (nodes["count"], nodes["config"]) == (5, {"node.store.allow_mmap": False})
    assert container["env"] == [{"name": "ES_JAVA_OPTS", "value": "-Xms3072m -Xmx3072m"}]
    assert container["resources"]["limits"]["memory"] == "6Gi"
    assert nodes["volumeClaimTemplates"][0]["spec"]["resources"]["requests"]["storage"] == "200Gi"
    assert "initContainers" not in nodes["podTemplate"]["spec"]
    assert spec["version"] == str(pins()["images"]["elasticsearch"]["tag"])


def template(copies: snapshots.Snapshots | None) -> dict[str, Any]:
    spec = elasticsearch.spec(Logging(memory=6), PARTS, storage_class=None, snapshots=copies)
    return spec["nodeSets"][0]["podTemplate"]


def tokens(copies: snapshots.Snapshots) -> list[tuple[str, str, str]]:
    """Volume, audience and file of each token that a pod has; the container may read them and no more."""
    pod = template(copies)["spec"]
    (container,) = pod["containers"]
    mounts = {each["name"]: each for each in container["volumeMounts"]}
    found = []
    for volume in pod["volumes"]:
        (source,) = volume["projected"]["sources"]
        token, mount = source["serviceAccountToken"], mounts.pop(volume["name"])
        assert mount["readOnly"] is True
        assert 600 <= token["expirationSeconds"] <= 86400
        found.append((volume["name"], token["audience"], f"{mount['mountPath']}/{token['path']}"))
    assert mounts == {}
    return found


def test_on_aws_the_token_lies_where_elasticsearch_may_read_it() -> None:
    """Properties of Java name it: what EKS writes into the environment of a pod names a file outside."""
    file = f"{CONFIG}/repository-s3/aws-web-identity-token-file"
    assert tokens(SNAPSHOTS) == [("aws-token", "pods.eks.amazonaws.com", file)]
    (variable,) = template(SNAPSHOTS)["spec"]["containers"][0]["env"]
    assert variable["name"] == "ES_JAVA_OPTS"
    assert variable["value"].split() == [
        "-Xms3072m",
        "-Xmx3072m",
        "-Daws.containerCredentialsFullUri=http://169.254.170.23/v1/credentials",
        f"-Daws.containerAuthorizationTokenFile={file}",
    ]
    assert "metadata" not in template(SNAPSHOTS)


def test_on_azure_the_token_lies_where_elasticsearch_may_read_it() -> None:
    """AKS fills in the identity where the label is, and leaves a volume of its own name and the variable as they are."""
    file = f"{CONFIG}/storage-azure/azure-identity-token"
    assert tokens(AZURE) == [("azure-identity-token", "api://AzureADTokenExchange", file)]
    java, variable = template(AZURE)["spec"]["containers"][0]["env"]
    assert java["value"] == "-Xms3072m -Xmx3072m"
    assert variable == {"name": "AZURE_FEDERATED_TOKEN_FILE", "value": file}
    assert template(AZURE)["metadata"] == {"labels": USE}


@pytest.mark.parametrize("copies", [SNAPSHOTS, AZURE])
def test_pods_with_a_bucket_have_no_token_for_the_cluster(copies: snapshots.Snapshots) -> None:
    """They run as an account of their own."""
    pod = template(copies)["spec"]
    assert (pod["serviceAccountName"], pod["automountServiceAccountToken"]) == ("logs", False)


def test_pods_without_a_bucket_have_no_token_at_all() -> None:
    """Nor an account."""
    pod = template(None)["spec"]
    assert {"serviceAccountName", "volumes"} & set(pod) == set()
    assert "volumeMounts" not in pod["containers"][0]
    assert pod["automountServiceAccountToken"] is False


def test_the_agent_may_add_lines_and_nothing_else() -> None:
    """It neither reads nor changes what it sent; `setup` has no right to read either."""
    roles = yaml.safe_load(elasticsearch.roles(snapshots=False))
    assert roles["agent"] == {
        "cluster": [],
        "indices": [{"names": ["logs-*"], "privileges": ["auto_configure", "create_doc"]}],
    }
    assert roles["setup"]["cluster"] == ["monitor", "manage_ilm", "manage_index_templates"]
    assert "manage_slm" in yaml.safe_load(elasticsearch.roles(snapshots=True))["setup"]["cluster"]
    assert [each["privileges"] for each in roles["setup"]["indices"]] == [["manage"]]


# --- retention


def test_each_of_the_five_systems_keeps_its_logs_as_long_as_it_says() -> None:
    """Lines and audit lines have a policy and a data stream of their own each."""
    systems = five()
    assert len(systems) == 5
    requests = retention.requests(systems, "prod", nodes=3, snapshots=None)
    for system in systems:
        logs = system.definition.logs
        for stream, policy, days in (
            (f"logs-{system.name}-prod", f"{system.name}-prod", logs.retention_days),
            (f"logs-{system.name}.audit-prod", f"{system.name}-audit-prod", logs.audit_retention_days),
        ):
            phases = requests[f"/_ilm/policy/{policy}"]["policy"]["phases"]
            assert phases["delete"]["min_age"] == f"{days}d"
            assert phases["hot"]["actions"]["rollover"] == {"max_age": "1d", "max_primary_shard_size": "30gb"}
            template = requests[f"/_index_template/{stream}"]
            assert (template["index_patterns"], template["data_stream"]) == ([stream], {})
            assert template["template"]["settings"]["index.lifecycle.name"] == policy
            assert template["priority"] > 200


def test_a_policy_is_sent_before_what_refers_to_it() -> None:
    """And a repository before the copies that go there."""
    sent = list(retention.requests([deployed("my-shop")], "prod", nodes=3, snapshots=SNAPSHOTS))
    assert sent.index("/_ilm/policy/my-shop-prod") < sent.index("/_index_template/logs-my_shop-prod")
    assert sent[-2:] == ["/_snapshot/logs", "/_slm/policy/nightly"]


def test_each_night_is_copied_and_kept_for_a_month() -> None:
    """A copy holds all logs, and nothing of the cluster's own state."""
    policy = retention.requests([], "p", nodes=1, snapshots=SNAPSHOTS)["/_slm/policy/nightly"]
    assert (policy["schedule"], policy["repository"]) == ("0 30 1 * * ?", "logs")
    assert policy["config"] == {"indices": ["logs-*"], "include_global_state": False}
    assert policy["retention"]["expire_after"] == "30d"


def test_without_a_bucket_nothing_is_copied() -> None:
    """And on Azure the repository is a container."""
    assert not any("snapshot" in path or "slm" in path for path in retention.requests([], "p", nodes=1, snapshots=None))
    body = retention.requests([], "p", nodes=1, snapshots=AZURE)["/_snapshot/logs"]
    assert body == {"type": "azure", "settings": {"container": "copies", "base_path": "logs"}}


# --- the Job


@dataclass
class Stub:
    """Answers as Elasticsearch might: `statuses` of PUTs in their order, then 200."""

    password: str
    statuses: list[int] = field(default_factory=list)
    unready: int = 0
    puts: list[tuple[str, Any]] = field(default_factory=list)
    views: list[tuple[str, str]] = field(default_factory=list)
    kibana: bool = True

    def status(self, authorization: str | None) -> int:
        from base64 import b64encode

        right = b64encode(f"setup:{self.password}".encode()).decode()
        return 200 if authorization == f"Basic {right}" else 401


@pytest.fixture
def server() -> Iterator[tuple[Stub, str]]:
    stub = Stub(password="right")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if stub.unready > 0:
                stub.unready -= 1
                return self._answer(503)
            there = stub.kibana or not self.path.startswith("/api/")
            return self._answer(stub.status(self.headers["Authorization"]) if there else 502)

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            code = stub.status(self.headers["Authorization"]) if self.headers["kbn-xsrf"] else 400
            if code == 200:
                stub.views.append((self.path, body["data_view"]["title"]))
            return self._answer(code)

        def do_PUT(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            code = stub.status(self.headers["Authorization"])
            if code == 200 and stub.statuses:
                code = stub.statuses.pop(0)
            if code == 200:
                stub.puts.append((self.path, body))
            return self._answer(code)

        def _answer(self, code: int) -> None:
            self.send_response(code)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with serving(Handler) as port:
        yield stub, f"http://127.0.0.1:{port}"


REQUESTS = {"/_ilm/policy/a": {"policy": {}}, "/_index_template/b": {"priority": 1}}


VIEWS = kibana.views([])


def run(folder: Path, address: str, password: str) -> subprocess.CompletedProcess[str]:
    (folder / "files").mkdir()
    (folder / "tmp").mkdir()
    (folder / "ca.crt").write_text("")
    for name, content in setup_job.files(REQUESTS, VIEWS).items():
        (folder / "files" / name).write_text(content)
    environment = {
        "PATH": os.environ["PATH"],
        "ADDRESS": address,
        "LOGIN": "setup",
        "PASSWORD": password,
        "CA": str(folder / "ca.crt"),
        "KIBANA": address,
        "KIBANA_CA": str(folder / "ca.crt"),
        "FILES": str(folder / "files"),
        "SCRATCH": str(folder / "tmp"),
        "TRIES": "3",
        "PAUSE": "0",
    }
    command = ["sh", "-c", setup_job.SCRIPT]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=TIMEOUT, check=False)


def test_the_script_is_posix(tmp_path: Path) -> None:
    """As the shell of the image reads it."""
    assert subprocess.run(["sh", "-n", "-c", setup_job.SCRIPT], check=False).returncode == 0


def test_the_job_sends_everything_in_order(server: tuple[Stub, str], tmp_path: Path) -> None:
    """It waits until Elasticsearch is ready, and tries again what was too early."""
    stub, address = server
    stub.unready, stub.statuses = 2, [503, 200, 429]
    done = run(tmp_path, address, "right")
    assert done.returncode == 0, done.stdout + done.stderr
    assert stub.puts == list(REQUESTS.items())
    assert done.stdout.splitlines() == [
        "503 /_ilm/policy/a",
        "200 /_ilm/policy/a",
        "429 /_index_template/b",
        "200 /_index_template/b",
        "200 data view logs-*",
        "200 data view logs-gateway-*",
        "done",
    ]
    assert stub.views == [("/api/data_views/data_view", "logs-*"), ("/api/data_views/data_view", "logs-gateway-*")]


def test_a_kibana_that_is_not_there_stops_nothing(server: tuple[Stub, str], tmp_path: Path) -> None:
    """Lines are kept without its data views, and the log says what to do."""
    stub, address = server
    stub.kibana = False
    done = run(tmp_path, address, "right")
    assert done.returncode == 0, done.stdout + done.stderr
    assert stub.puts == list(REQUESTS.items())
    assert "no data views: Kibana answered with status 502; docs/logs.md" in done.stdout
    assert stub.views == []


def test_data_views_are_of_what_is_kept() -> None:
    """All lines, the gateway's, and each system's with its audit apart, by the names of their data streams."""
    views = [view["data_view"] for view in kibana.views([deployed("rent-a-car")])]
    assert {view["name"]: view["title"] for view in views} == {
        "All logs": "logs-*",
        "gateway": "logs-gateway-*",
        "rent-a-car": "logs-rent_a_car-*",
        "rent-a-car: audit": "logs-rent_a_car.audit-*",
    }


def test_a_wrong_password_ends_the_job(server: tuple[Stub, str], tmp_path: Path) -> None:
    """And is in no output."""
    stub, address = server
    done = run(tmp_path, address, CANARY)
    assert done.returncode != 0
    assert "401" in done.stdout
    assert CANARY not in done.stdout + done.stderr
    assert stub.puts == []


def test_a_refused_request_ends_the_job(server: tuple[Stub, str], tmp_path: Path) -> None:
    """At once: it would be refused again."""
    stub, address = server
    stub.statuses = [400]
    done = run(tmp_path, address, "right")
    assert done.returncode != 0
    assert done.stdout.splitlines()[0] == "400 /_ilm/policy/a"
    assert stub.puts == []


def test_the_job_gives_up(tmp_path: Path) -> None:
    """Where nobody answers."""
    done = run(tmp_path, "http://127.0.0.1:1", "right")
    assert done.returncode != 0
    assert "000" in done.stdout


def test_the_job_is_recreated_when_something_changes() -> None:
    """And only then."""
    files = setup_job.files(REQUESTS, VIEWS)
    assert setup_job.job_name(PARTS, files) == setup_job.job_name(PARTS, dict(files))
    assert setup_job.job_name(PARTS, files) != setup_job.job_name(PARTS, {**files, "000.json": "{}"})


# --- the component

PROGRAM = """
import json, sys
import pulumi
from pulumi.runtime import Mocks

made = []

class Answers(Mocks):
    def new_resource(self, args):
        made.append([args.typ, args.name, args.inputs])
        password = {"result": "PASSWORD-" + args.name} if args.typ.endswith("RandomPassword") else {}
        return args.name, {**args.inputs, **password}
    def call(self, args):
        return {}

pulumi.runtime.set_mocks(Answers(), preview=False)
from components.manifests.versions import Pins
from components.clouds.contract import ControllersFacts
from components.clouds.local.cloud import LocalCloud
from components.clouds.local.context import LocalContext
from components.cluster.logs.component import Logs, LogsArgs
from slipway.settings.stacks import StackCluster
from slipway.settings.clouds.local import LocalCluster

cluster = LocalCluster.model_validate({"cloud": "local", "controllers": {"logs": sys.argv[1]}})

@pulumi.runtime.test
def build():
    placed = StackCluster("main", cluster, {})
    args = LogsArgs(
        cluster=placed, environment="test", label="test", pins=Pins(), facts=ControllersFacts(),
        cloud=LocalCloud(context=LocalContext.of(cluster)),
    )
    Logs("main", args, pulumi.ResourceOptions())

build()
print(json.dumps(made))
"""
PLAIN = {"Namespace main/logging", "ConfigMap main/logs-setup", "CustomResource main/elasticsearch"}
PLAIN |= {"CustomResource main/kibana"}
PRESENT = PLAIN | {"Secret main/logs-agent", "Secret main/logs-setup", "Secret main/logs-roles", "Job main/logs-setup"}
PRESENT |= {"Release main/vector"}
OPERATOR = {"Release main/eck-operator-crds", "Release main/eck-operator", "Namespace main/elastic-system"}


@shared
def made(presence: str) -> list[tuple[str, str, dict[str, Any]]]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, presence],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize(
    ("presence", "expected"),
    [
        ("present", PRESENT),
        ("installed", PRESENT | OPERATOR),
    ],
)
def test_what_is_made_follows_who_runs_the_controllers(presence: str, expected: set[str]) -> None:
    """Every object says which setting it comes from."""
    found = made(presence)
    kinds = {f"{_kind(kind, inputs)} {_without_digest(name)}" for kind, name, inputs in found if "kubernetes" in kind}
    assert kinds == expected
    for kind, name, inputs in found:
        if "metadata" in inputs:
            assert "slipway.dev/source" in inputs["metadata"]["annotations"], f"{kind} {name}"


def _kind(kind: str, inputs: Mapping[str, Any]) -> str:
    return "CustomResource" if inputs.get("kind") in ("Elasticsearch", "Kibana") else kind.rsplit(":", 1)[1]


def _without_digest(name: str) -> str:
    return re.sub(r"(logs-setup)-[0-9a-f]{8}$", r"\1", name)


def test_a_password_is_in_its_secret_only() -> None:
    """Neither in the agents' settings nor in the Job."""
    where = [name for _, name, inputs in made("installed") if "PASSWORD-" in json.dumps(inputs)]
    assert sorted(where) == ["main/logs-agent", "main/logs-setup"]
