"""Caches ask for a password and have a standby, on each cloud and in the cluster."""

from __future__ import annotations

from typing import Any

import pytest

from tests.policies.pack_under_test import CANARY, UNKNOWN, Evaluator, Fact, outcomes

RULES = ("cache-authentication", "encryption-in-transit")
LOGIN, TRANSIT = RULES
GROUP = "aws:elasticache/replicationGroup:ReplicationGroup"
USER = "aws:elasticache/user:User"
SERVER, DATABASE = "azure-native:redisenterprise:RedisEnterprise", "azure-native:redisenterprise:Database"
GOOD = ["--port", "0", "--tls-port", "6379", "--aclfile", "/users"]
ENCRYPTED = {"transitEncryptionEnabled": True}


def pod(arguments: Any, component: Any = "cache") -> Fact:
    labels = {"app.kubernetes.io/component": component}
    spec = {"template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "args": arguments}]}}}
    return Fact("kubernetes:apps/v1:StatefulSet", {"metadata": {"name": "c"}, "spec": spec})


SERVICE = "systems/shop/system.yaml:services.redis"
SAFE = ["--port", "0", "--tls-port", "6379", "--requirepass", "$(PASSWORD)"]


def server(
    *arguments: Any, image: Any = "redis:8", kind: str = "apps/v1:Deployment", source: str = "", **more: Any
) -> Fact:
    """What starts a server without the label of a cache."""
    given = {"args": list(arguments)} if arguments else {}
    pod_spec = {"containers": [{"name": "c", "image": image, **given, **more}]}
    metadata = {"name": "c", **({"annotations": {"slipway.dev/source": source}} if source else {})}
    spec = pod_spec if kind == "core/v1:Pod" else {"template": {"spec": pod_spec}}
    return Fact(f"kubernetes:{kind}", {"metadata": metadata, "spec": spec})


def script(text: str, image: str = "redis:8") -> Fact:
    return server(image=image, command=["sh", "-c", text])


def variables(image: str = "bitnami/redis:8", **values: Any) -> Fact:
    return server(*SAFE[:-2], image=image, env=[{"name": name, "value": value} for name, value in values.items()])


LOCAL = [
    server("--bind", "127.0.0.1", "-::1"),
    server("--bind", "localhost", "--protected-mode", "no"),
    server("--port", "0", "--unixsocket", "/tmp/redis.sock"),
    server("--protected-mode", "yes"),
    script("exec redis-server --bind 127.0.0.1"),
]
NO_SERVER = [
    server("redis-cli", "-h", "redis"),
    server(image="oliver006/redis_exporter:1"),
    server(image="shop/api:1", command=["/api", "--cache", "redis-server"]),
    server(image=UNKNOWN),
    script("while true; do redis-cli -h redis-server ping; sleep 9; done"),
    script("until nc -z redis-server 6379; do sleep 1; done; exec /api", image="shop/api:1"),
]
CLOSED = [
    server(*SAFE),
    server(*SAFE[:4], "--requirepass $(PASSWORD)"),
    server(*SAFE[:4], "--aclfile", "/users"),
    server(*SAFE[:4], "--user", "default", "on", ">$(PASSWORD)", "~*", "+@all"),
    server("--tls", "--requirepass=$(PASSWORD)", image="dragonflydb/dragonfly:1"),
    script('set -e; redis-server --port 0 --tls-port 6379 --requirepass "$PASSWORD"'),
    variables(REDIS_PASSWORD="$(PASSWORD)"),
    variables("redis/redis-stack-server:7", REDIS_ARGS="--requirepass $(PASSWORD)"),
    server(
        image="bitnami/redis:8",
        env=[
            {"name": "REDIS_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}},
            {"name": "REDIS_TLS_ENABLED", "value": "yes"},
        ],
    ),
]


@pytest.mark.parametrize("fact", [*LOCAL, *NO_SERVER, *CLOSED])
def test_a_server_that_is_closed_or_its_pods_own_satisfies(preview: Evaluator, fact: Fact) -> None:
    """By a password and TLS, or on the pod's own address; a client is no server."""
    assert preview.evaluate(fact) == []


OPEN = [
    *(
        server(image=f"{name}:8")
        for name in ("redis", "quay.io/a/valkey", "eqalpha/keydb", "a/dragonfly", "bitnami/redis-cluster")
    ),
    *(server(kind=kind) for kind in ("apps/v1:StatefulSet", "apps/v1:DaemonSet", "batch/v1:Job", "core/v1:Pod")),
    server("--requirepass", ""),
    server("--protected-mode", "no"),
    server("--bind", "0.0.0.0"),
    server("--bind", "127.0.0.1", "10.0.0.7"),
    server("--user", "default", "on", "nopass", "~*", "+@all"),
    server("--appendonly", "yes"),
    server(image="shop/cache:1", command=["/usr/bin/valkey-server"]),
    server("redis-server", image="shop/cache:1"),
    server(image="shop/cache:1", command=["tini", "--", "gosu", "redis", "redis-server", "--port", "6379"]),
    server(image="shop/cache:1", command=["docker-entrypoint.sh"], args=["redis-server"]),
    script("sysctl -w a=b && redis-server --save ''", image="shop/cache:1"),
    script("MODE=a\nexec redis-server \\\n  --protected-mode no", image="shop/cache:1"),
    server(env=[{"name": "REDIS_PASSWORD", "value": "$(PASSWORD)"}]),
    server(image="bitnami/redis:8", env=[{"name": "ALLOW_EMPTY_PASSWORD", "value": "yes"}]),
    server("--port", "6379"),
]


@pytest.mark.parametrize("fact", OPEN)
def test_a_server_without_the_label_is_judged_by_its_program(preview: Evaluator, fact: Fact) -> None:
    """By the name of its image or what its command starts; no variable makes the official image ask for a password."""
    assert sorted(outcomes(preview.evaluate(fact))) == [(LOGIN, "mandatory"), (TRANSIT, "mandatory")]


@pytest.mark.parametrize(
    ("fact", "rule"),
    [
        (server(*SAFE[:4]), LOGIN),
        (server(*SAFE[:4], "--user", "default", "nopass", "--aclfile", "/users"), LOGIN),
        (server(*SAFE[-2:]), TRANSIT),
        (server("--tls-port", "6380", *SAFE[-2:]), TRANSIT),
        (server(*SAFE, "--port", "6379"), TRANSIT),
        (variables(REDIS_PASSWORD=""), LOGIN),
    ],
)
def test_a_server_with_one_of_both_violates_the_other(preview: Evaluator, fact: Fact, rule: str) -> None:
    """The last of several values counts."""
    assert outcomes(preview.evaluate(fact)) == [(rule, "mandatory")]


@pytest.mark.parametrize(
    "fact",
    [
        server("/etc/redis.conf"),
        server("redis-server", "/etc/redis/main"),
        server("--include", "/etc/redis.conf"),
        server(image="valkey/valkey:8", command=["/start.sh"]),
        server(image="bitnami/redis:8", envFrom=[{"secretRef": {"name": "a"}}]),
        server(source=SERVICE),
    ],
)
def test_what_a_file_configures_and_a_service_is_advised_on(update: Evaluator, fact: Fact) -> None:
    """A file cannot be seen, and a system's own network policies let those alone reach a service that need it."""
    assert outcomes(update.evaluate(fact)) == [(LOGIN, "advisory"), (TRANSIT, "advisory")]


def settings(text: Any, name: str = "settings") -> Fact:
    """A ConfigMap with a file of Redis."""
    return Fact("kubernetes:core/v1:ConfigMap", {"metadata": {"name": name}, "data": {"redis.conf": text}}, name=name)


def configured(
    *arguments: str, mount: dict[str, Any] | None = None, volume: dict[str, Any] | None = None, source: str = ""
) -> Fact:
    """A server with TLS alone that reads `/etc/redis/redis.conf`."""
    found = server("/etc/redis/redis.conf", *SAFE[:4], *arguments, source=source)
    pod_spec = found.properties["spec"]["template"]["spec"]
    pod_spec["containers"][0]["volumeMounts"] = [{"name": "files", "mountPath": "/etc/redis", **(mount or {})}]
    pod_spec["volumes"] = [{"name": "files", **(volume or {"configMap": {"name": "settings"}})}]
    return found


ONE_FILE = {"mountPath": "/etc/redis/redis.conf", "subPath": "redis.conf"}
RENAMED = {"configMap": {"name": "settings", "items": [{"key": "redis.conf", "path": "main"}]}}
PROJECTED = {"projected": {"sources": [{"configMap": {"name": "settings"}}]}}


@pytest.mark.parametrize(
    ("fact", "text"),
    [
        (configured(), "requirepass secret\n"),
        (configured(), "# users\nport 6379\nACLFILE /users/users.acl"),
        (configured(), "user default on #0a1b ~* +@all\nuser other on nopass ~* +@all"),
        (configured(), "bind 127.0.0.1 -::1"),
        (configured("--requirepass", "$(PASSWORD)"), "requirepass ''"),
        (configured(mount=ONE_FILE), "requirepass secret"),
        (configured(mount={**ONE_FILE, "subPath": "main"}, volume=RENAMED), "requirepass secret"),
        (configured(volume=PROJECTED), "requirepass secret"),
    ],
)
def test_a_file_of_the_plan_that_asks_for_a_password_satisfies(preview: Evaluator, fact: Fact, text: str) -> None:
    """However it is mounted; options of the command come before those of the file."""
    assert [each for each in preview.evaluate(fact, settings(text)) if each.policy == LOGIN] == []


@pytest.mark.parametrize(
    ("fact", "text"),
    [
        (configured(), "protected-mode no\nsave ''"),
        (configured(), "# requirepass secret"),
        (configured(), 'requirepass ""'),
        (configured(), "requirepass secret\nrequirepass ''"),
        (configured(), "user other on >secret ~* +@all"),
        (configured(), "user default on nopass ~* +@all"),
        (configured("--requirepass", ""), "requirepass secret"),
        (configured(mount=ONE_FILE), "port 6379"),
        (configured(mount={**ONE_FILE, "subPath": "main"}, volume=RENAMED), "port 6379"),
        (configured(volume=PROJECTED), "port 6379"),
    ],
)
def test_a_file_of_the_plan_without_a_password_violates(preview: Evaluator, fact: Fact, text: str) -> None:
    """With the path of the file, and nothing of its content."""
    (said,) = [each for each in preview.evaluate(fact, settings(text)) if each.policy == LOGIN]
    assert said.level == "mandatory"
    assert "by /etc/redis/redis.conf" in said.message
    assert "secret" not in said.message


@pytest.mark.parametrize(
    ("fact", "more"),
    [
        (configured(), [settings("protected-mode no", "others")]),
        (configured(), [settings("include /etc/redis/users.conf")]),
        (configured(mount={"mountPath": "/elsewhere"}), [settings("protected-mode no")]),
        (configured(volume={"secret": {"secretName": "settings"}}), [settings("protected-mode no")]),
        (configured(source=SERVICE), [settings("protected-mode no")]),
        (configured(), [settings(UNKNOWN)]),
    ],
)
def test_a_file_that_cannot_be_seen_is_advised_on(preview: Evaluator, fact: Fact, more: list[Fact]) -> None:
    """It is another ConfigMap's, a Secret's, or includes another one; a service of a system is only advised on."""
    said = [each for each in preview.evaluate(fact, *more) if each.policy == LOGIN]
    assert outcomes(said) == [(LOGIN, "advisory")]


@pytest.mark.parametrize("fact", [server(UNKNOWN), server(image="redis:8", command=UNKNOWN), server("--save", UNKNOWN)])
def test_a_server_whose_options_are_not_known_is_undecided(preview: Evaluator, update: Evaluator, fact: Fact) -> None:
    assert outcomes(preview.evaluate(fact)) == [(LOGIN, "advisory"), (TRANSIT, "advisory")]
    assert outcomes(update.evaluate(fact)) == [(LOGIN, "mandatory"), (TRANSIT, "mandatory")]


def test_no_value_of_a_server_is_shown(preview: Evaluator) -> None:
    said = preview.evaluate(server("--requirepass", CANARY, "--appendonly", CANARY, "--user", "a", "nopass"))
    assert len(said) == 2
    assert all(CANARY not in each.message for each in said)


@pytest.mark.parametrize(
    "fact",
    [
        Fact(GROUP, {**ENCRYPTED, "userGroupIds": ["users"]}),
        Fact(GROUP, {**ENCRYPTED, "userGroupIds": [UNKNOWN]}),
        Fact(GROUP, {**ENCRYPTED, "authToken": UNKNOWN}),
        Fact(USER, {"authenticationMode": {"type": "password"}}),
        Fact(USER, {"authenticationMode": {"type": "iam"}, "noPasswordRequired": False}),
        Fact(USER, {"passwords": [UNKNOWN]}),
        Fact(SERVER, {}),
        Fact(DATABASE, {"clientProtocol": "Encrypted"}),
        pod(GOOD),
        pod(["--save", "", *GOOD]),
        pod([], component="database"),
        pod(None, component=None),
    ],
)
def test_a_cache_with_a_password_and_tls_satisfies(preview: Evaluator, fact: Fact) -> None:
    """And what is no cache is not judged."""
    assert preview.evaluate(fact) == []


@pytest.mark.parametrize(
    ("fact", "rule"),
    [
        (Fact(GROUP, ENCRYPTED), LOGIN),
        (Fact(GROUP, {**ENCRYPTED, "userGroupIds": []}), LOGIN),
        (Fact(GROUP, {**ENCRYPTED, "userGroupIds": CANARY}), LOGIN),
        (Fact(GROUP, {"userGroupIds": ["users"]}), TRANSIT),
        (Fact(GROUP, {"userGroupIds": ["users"], "transitEncryptionEnabled": "true"}), TRANSIT),
        (Fact(USER, {}), LOGIN),
        (Fact(USER, {"authenticationMode": {"type": "no-password-required"}}), LOGIN),
        (Fact(USER, {"authenticationMode": {"type": "password"}, "noPasswordRequired": True}), LOGIN),
        (Fact(SERVER, {"minimumTlsVersion": "1.0"}), TRANSIT),
        (Fact(DATABASE, {"clientProtocol": "Plaintext"}), TRANSIT),
        (pod(["--tls-port", "6379", "--aclfile", "/users"]), TRANSIT),
        (pod(["--port", "6379", "--tls-port", "6379", "--aclfile", "/users"]), TRANSIT),
        (pod(["--port", "0", "--aclfile", "/users"]), TRANSIT),
        (pod(["--port", "0", "--tls-port", "6379"]), LOGIN),
        (pod(["--port", "0", "--tls-port", "6379", "--aclfile"]), LOGIN),
    ],
)
def test_a_cache_that_is_open_violates(preview: Evaluator, fact: Fact, rule: str) -> None:
    """Not set, false, or of the wrong type; no value is shown."""
    findings = preview.evaluate(fact)
    assert outcomes(findings) == [(rule, "mandatory")]
    assert CANARY not in findings[0].message


@pytest.mark.parametrize("arguments", [None, [], CANARY])
def test_a_pod_that_says_nothing_violates_both(preview: Evaluator, arguments: Any) -> None:
    assert sorted(outcomes(preview.evaluate(pod(arguments)))) == [(LOGIN, "mandatory"), (TRANSIT, "mandatory")]


@pytest.mark.parametrize(
    ("fact", "rules"),
    [
        (Fact(GROUP, {**ENCRYPTED, "userGroupIds": UNKNOWN}), {LOGIN}),
        (Fact(USER, {"authenticationMode": UNKNOWN}), {LOGIN}),
        (Fact(DATABASE, {"clientProtocol": UNKNOWN}), {TRANSIT}),
        (pod(UNKNOWN), {LOGIN, TRANSIT}),
    ],
)
def test_what_is_not_known_yet_is_advice_and_blocks_an_update(
    preview: Evaluator, update: Evaluator, fact: Fact, rules: set[str]
) -> None:
    assert set(outcomes(preview.evaluate(fact))) == {(rule, "advisory") for rule in rules}
    assert set(outcomes(update.evaluate(fact))) == {(rule, "mandatory") for rule in rules}
