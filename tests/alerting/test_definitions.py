"""What is in a system's broker from the start, read back from a real RabbitMQ (3.10, as Debian has it)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from components.system.broker.manifests.rabbitmq_definitions import definitions
from slipway.settings.databases import Queue
from tests.alerting.broker import Broker, Stomp, started, vhost
from tests.processes import until

USER, PASSWORD = "shop-services", "a generated p4ssword: with more than letters"
QUEUE = Queue.model_validate(
    {
        "vhost": "rent-to-own",
        "queues": {
            "payments": {"deadLetter": "payments-refused", "deliveryLimit": 3},
            "payments-refused": {},
            "positions": {"durable": False, "deadLetter": "payments-refused"},
            "previews": {"durable": False},
        },
    }
)
WANTED = definitions(QUEUE, USER, PASSWORD)
OTHER = {"vhosts": [*WANTED["vhosts"], {"name": "somebody-else"}]}
"""A second virtual host, which the user must not see."""


def has_what_is_declared(broker: Broker) -> None:
    """Virtual host, user, permission, queues and policies are as they are written."""
    # RabbitMQ knows `default_queue_type` of a virtual host from 3.11 on and leaves it out before: it cannot be read back.
    assert {each["name"] for each in broker.read("vhosts")} == {QUEUE.vhost, "somebody-else"}
    users = {each["name"]: each for each in broker.read("users")}
    assert set(users) == {USER, "reader"}, "no guest"
    assert users[USER]["tags"] == []
    until(
        lambda: broker.read(f"users/{USER}/permissions") == WANTED["permissions"],
        "permissions are imported, which comes after the users",
    )
    until(lambda: queues_of(broker).keys() == QUEUE.queues.keys(), "the management API lists every queue")
    queues = queues_of(broker)
    for wanted in WANTED["queues"]:
        found = queues[wanted["name"]]
        assert {key: found[key] for key in wanted} == wanted
        assert found["type"] == ("quorum" if wanted["durable"] else "classic")
    assert {each["name"] for each in WANTED["policies"]} == {"payments", "payments-refused", "positions"}
    policies = {each["name"]: each for each in broker.read(f"policies/{vhost(QUEUE.vhost)}")}
    assert policies == {each["name"]: each for each in WANTED["policies"]}
    until(lambda: in_force(broker), "each policy is in force for its queue, which RabbitMQ tells some seconds later")


def queues_of(broker: Broker) -> dict[str, Any]:
    return {each["name"]: each for each in broker.read(f"queues/{vhost(QUEUE.vhost)}")}


def in_force(broker: Broker) -> bool:
    found = {name: each.get("policy") for name, each in queues_of(broker).items()}
    policies = {each["name"] for each in WANTED["policies"]}
    return found == {name: name if name in policies else None for name in QUEUE.queues}


def lets_the_user_work(broker: Broker) -> None:
    """It publishes and reads in its virtual host; a message that it refuses is in the dead-letter queue. The management
    API asks for a tag that it has not, so it logs in as services do."""
    with Stomp(broker) as service:
        assert service.logs_in(USER, PASSWORD, QUEUE.vhost) == "CONNECTED"
        service.publishes("payments", "42")
        text, acknowledged_by = service.reads("payments")
        assert text == "42"
        service.says("NACK", id=acknowledged_by, requeue="false")
    with Stomp(broker) as service:
        assert service.logs_in(USER, PASSWORD, QUEUE.vhost) == "CONNECTED"
        text, acknowledged_by = service.reads("payments-refused")
        assert text == "42"
        service.says("ACK", id=acknowledged_by, receipt="done")
        assert service.receive()[0] == "RECEIPT"


def refuses_the_user_elsewhere(broker: Broker) -> None:
    """On another virtual host, with another password, and in the management of the broker."""
    for password, host in ((PASSWORD, "somebody-else"), ("wrong", QUEUE.vhost)):
        with Stomp(broker) as service:
            assert service.logs_in(USER, password, host) == "ERROR"
    assert broker.status("overview", (USER, PASSWORD)) == 401


def test_a_broker_has_what_is_declared_and_keeps_it_over_a_second_start(tmp_path: Path) -> None:
    """All in one test, for a start takes seconds. What waits in a durable queue is there after the second start."""
    with started(tmp_path, {**WANTED, **OTHER}) as broker:
        has_what_is_declared(broker)
        lets_the_user_work(broker)
        refuses_the_user_elsewhere(broker)
        with Stomp(broker) as service:
            assert service.logs_in(USER, PASSWORD, QUEUE.vhost) == "CONNECTED"
            service.publishes("payments", "kept")
        until(
            lambda: in_force(broker),
            "each policy is in force for its queue, which RabbitMQ tells some seconds later",
        )
    with started(tmp_path, {**WANTED, **OTHER}) as broker:
        has_what_is_declared(broker)
        with Stomp(broker) as service:
            assert service.logs_in(USER, PASSWORD, QUEUE.vhost) == "CONNECTED"
            assert service.reads("payments")[0] == "kept"
