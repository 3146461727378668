"""KEDA's triggers: servers outside the cluster are asked over TLS and with a login, and no trigger has a secret."""

from __future__ import annotations

from typing import Any

import pytest

from tests.policies.pack_under_test import CANARY, UNKNOWN, Evaluator, Fact, outcomes

RULES = ("scaling-servers", "plain-secrets")
SERVERS, PLAIN = RULES


def scaler(triggers: Any) -> Fact:
    return Fact(
        "kubernetes:keda.sh/v1alpha1:ScaledObject", {"metadata": {"name": "it"}, "spec": {"triggers": triggers}}
    )


LOGIN = {"authenticationRef": {"name": "server"}}


def asking(kind: Any = "prometheus", login: dict[str, Any] | None = None, **metadata: Any) -> Fact:
    """An autoscaler that asks a server."""
    return scaler(triggers=[{"type": kind, "metadata": metadata, **(login or {})}])


def job(**metadata: Any) -> Fact:
    trigger = {"type": "rabbitmq", "metadata": metadata}
    return Fact("kubernetes:keda.sh/v1alpha1:ScaledJob", {"metadata": {"name": "it"}, "spec": {"triggers": [trigger]}})


@pytest.mark.parametrize(
    "fact",
    [
        asking(serverAddress="http://prometheus.monitoring.svc:9090", query='up{url="http://example.com"}'),
        asking(serverAddress="http://prometheus.monitoring.svc.cluster.local:9090/prometheus"),
        asking(serverAddress="http://prometheus"),
        asking(serverAddress="https://prometheus.example.com"),
        asking("redis", address="redis.shop.svc:6379"),
        asking("redis", LOGIN, address="redis.example.com:6379", enableTLS="true"),
        asking("rabbitmq", LOGIN, protocol="amqp", queueName="orders"),
        asking("rabbitmq", LOGIN, host="amqps://queue.example.com:5671/shop"),
        asking("rabbitmq", hostFromEnv="QUEUE_URL"),
        asking("postgresql", LOGIN, host="db.example.com", port="5432", sslmode="verify-full"),
        asking("postgresql", passwordFromEnv="DB_PASSWORD", host="db.example.com", sslmode="require"),
        asking("mongodb", LOGIN, connectionString="mongodb+srv://db.example.com/shop"),
        asking("kafka", LOGIN, bootstrapServers="a.example.com:9093,b.example.com:9093", tls="enable"),
        asking("queue-of-a-cloud", LOGIN, queueURL="https://queue.example.com/orders"),
        asking("queue-of-a-cloud", LOGIN, queueURL=UNKNOWN),
        asking("cron", timezone="Europe/Berlin", start="0 8 * * *"),
    ],
)
def test_a_server_of_the_cluster_or_with_tls_and_a_login_satisfies(preview: Evaluator, fact: Fact) -> None:
    """The cluster's own Services, HTTPS, or both of a Secret."""
    assert preview.evaluate(fact) == []


@pytest.mark.parametrize(
    "fact",
    [
        asking(serverAddress="http://prometheus.example.com"),
        asking(serverAddress="http://prometheus.monitoring.svc.example.com"),
        asking(serverAddress="http://10.0.0.7:9090"),
        asking(serverAddress="http://167772167:9090"),
        asking(serverAddress="https://prometheus.monitoring.svc", unsafeSsl="true"),
        asking(serverAddress="https://prometheus.monitoring.svc", unsafeSsl=True),
        asking("metrics-api", LOGIN, url="HTTP://api.example.com/figures"),
        asking("rabbitmq", LOGIN, host="amqp://queue.example.com:5672/shop"),
        asking("redis", LOGIN, address="redis://cache.example.com:6379"),
        asking("redis", address="cache.example.com:6379"),
        asking("redis", address="cache.example.com:6379", enableTLS="true"),
        asking("redis", LOGIN, address="cache.example.com:6379", enableTLS="false"),
        asking("redis-cluster", addresses="redis.shop.svc:6379,cache.example.com:6379"),
        asking("kafka", bootstrapServers="a.example.com:9092"),
        asking("kafka", LOGIN, bootstrapServers="a.example.com:9092", tls="disable"),
        asking("postgresql", LOGIN, host="db.example.com", sslmode="disable"),
        asking("mysql", host="203.0.113.7", port="3306"),
        asking("mongodb", LOGIN, connectionString="mongodb://db.example.com/shop"),
        asking("elasticsearch", LOGIN, addresses="https://search.example.com", unsafeSsl="True"),
        asking("nats-jetstream", natsServerMonitoringEndpoint="nats.example.com:8222"),
        job(host="amqp://queue.example.com"),
    ],
)
def test_a_server_elsewhere_without_tls_or_a_login_violates(preview: Evaluator, fact: Fact) -> None:
    """An address of a network is none of the cluster's Services, and a certificate that nobody checks is none."""
    said = preview.evaluate(fact)
    assert outcomes(said) == [(SERVERS, "mandatory")]
    assert "example.com" not in said[0].message


def test_tls_that_a_secret_may_ask_for_is_advice(update: Evaluator) -> None:
    said = update.evaluate(asking("kafka", LOGIN, bootstrapServers="a.example.com:9093"))
    assert outcomes(said) == [(SERVERS, "advisory")]


@pytest.mark.parametrize(
    "fact",
    [
        asking(serverAddress=UNKNOWN),
        asking(UNKNOWN, serverAddress=UNKNOWN),
        asking("redis", unsafeSsl=UNKNOWN),
        scaler(triggers=[UNKNOWN]),
        scaler(triggers=UNKNOWN),
    ],
)
def test_a_server_that_is_not_known_blocks_an_update(preview: Evaluator, update: Evaluator, fact: Fact) -> None:
    assert (SERVERS, "advisory") in outcomes(preview.evaluate(fact))
    assert (SERVERS, "mandatory") in outcomes(update.evaluate(fact))


@pytest.mark.parametrize(
    "metadata",
    [
        {"password": CANARY},
        {"saslPassword": CANARY},
        {"bearerToken": CANARY},
        {"connection": f"host=db.shop.svc user=shop password={CANARY}"},
        {"host": f"amqp://shop:{CANARY}@queue.shop.svc:5672"},
    ],
)
def test_a_secret_in_a_trigger_violates(preview: Evaluator, metadata: dict[str, Any]) -> None:
    """Secrets are named by authenticationRef, or by the variable of a pod."""
    for fact in (asking("rabbitmq", **metadata), job(**metadata)):
        said = preview.evaluate(fact)
        assert outcomes(said) == [(PLAIN, "mandatory")]
        assert CANARY not in said[0].message


def test_a_token_for_a_vault_violates(preview: Evaluator) -> None:
    """In what triggers take their logins from."""
    spec = {"hashiCorpVault": {"address": "https://vault.shop.svc", "credential": {"token": CANARY}}}
    fact = Fact("kubernetes:keda.sh/v1alpha1:TriggerAuthentication", {"metadata": {"name": "it"}, "spec": spec})
    assert outcomes(preview.evaluate(fact)) == [(PLAIN, "mandatory")]
