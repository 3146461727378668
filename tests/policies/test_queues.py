"""Queues have a dead-letter queue and refuse requests without TLS."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.policies.edits.queues import ARN, refusing
from tests.policies.pack_under_test import CANARY, UNKNOWN, Evaluator, Fact, outcomes

RULES = ("queue-dead-letters", "plain-http")
DEAD, PLAIN = RULES
QUEUE, TOPIC = "aws:sqs/queue:Queue", "aws:sns/topic:Topic"
REDRIVE, POLICY = "aws:sqs/redrivePolicy:RedrivePolicy", "aws:sqs/queuePolicy:QueuePolicy"
SERVICE_BUS = "azure-native:servicebus:Queue"
URL = "https://sqs.us-east-1.amazonaws.com/111122223333/orders"
GOOD = json.dumps({"deadLetterTargetArn": f"{ARN}-dead", "maxReceiveCount": 5})
TLS = refusing("sqs:*")


def queue(**more: Any) -> Fact:
    return Fact(QUEUE, {"name": "orders", "policy": TLS, "redrivePolicy": GOOD, **more})


@pytest.mark.parametrize(
    "facts",
    [
        [queue()],
        [queue(redrivePolicy=UNKNOWN)],
        [queue(redrivePolicy=None, redriveAllowPolicy=UNKNOWN)],
        [queue(redrivePolicy=None), Fact(REDRIVE, {"queueUrl": URL, "redrivePolicy": UNKNOWN}, name="apart")],
        [queue(policy=None), Fact(POLICY, {"queueUrl": URL, "policy": TLS}, name="apart")],
        [Fact(TOPIC, {"policy": refusing("sns:Publish")})],
        [Fact(SERVICE_BUS, {"deadLetteringOnMessageExpiration": True})],
    ],
)
def test_a_queue_with_dead_letters_over_tls_satisfies(preview: Evaluator, facts: list[Fact]) -> None:
    """Said by the queue, or by a resource that belongs to it."""
    assert preview.evaluate(*facts) == []


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        ([queue(redrivePolicy=None)], DEAD),
        ([queue(redrivePolicy=CANARY)], DEAD),
        ([queue(redrivePolicy=7)], DEAD),
        ([queue(redrivePolicy=None), Fact(REDRIVE, {"queueUrl": f"{URL}-other"}, name="apart")], DEAD),
        ([Fact(SERVICE_BUS, {})], DEAD),
        ([Fact(SERVICE_BUS, {"deadLetteringOnMessageExpiration": "true"})], DEAD),
        ([queue(policy=None)], PLAIN),
        ([queue(policy=CANARY)], PLAIN),
        ([queue(policy=refusing("sqs:*", Effect="Allow"))], PLAIN),
        ([queue(policy=None), Fact(POLICY, {"queueUrl": f"{URL}-other", "policy": TLS}, name="apart")], PLAIN),
        ([Fact(TOPIC, {"policy": TLS})], PLAIN),
    ],
)
def test_a_queue_that_loses_or_is_open_violates(preview: Evaluator, facts: list[Fact], rule: str) -> None:
    """Not set, of the wrong type, or of another queue; no value is shown."""
    findings = preview.evaluate(*facts)
    assert outcomes(findings) == [(rule, "mandatory")]
    assert CANARY not in findings[0].message


@pytest.mark.parametrize(
    ("fact", "rule"),
    [(queue(policy=UNKNOWN), PLAIN), (Fact(SERVICE_BUS, {"deadLetteringOnMessageExpiration": UNKNOWN}), DEAD)],
)
def test_what_is_not_known_yet_is_advice_and_blocks_an_update(
    preview: Evaluator, update: Evaluator, fact: Fact, rule: str
) -> None:
    assert outcomes(preview.evaluate(fact)) == [(rule, "advisory")]
    assert outcomes(update.evaluate(fact)) == [(rule, "mandatory")]
