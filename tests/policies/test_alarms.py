"""Alarms of clouds on their own figures are sent to somebody."""

from __future__ import annotations

import pytest

from tests.policies.pack_under_test import CANARY, UNKNOWN, Evaluator, Fact, outcomes

RULE = "alarm-receivers"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
ALERT, GROUP = "azure-native:monitor:MetricAlert", "azure-native:monitor:ActionGroup"
TO = [{"actionGroupId": "/groups/owner"}]
MAIL = [{"name": "owner", "emailAddress": "shop@example.com"}]


def said(pack: Evaluator, fact: Fact) -> list[str]:
    found = pack.evaluate(fact)
    assert all(CANARY not in each.message for each in found)
    return [level for rule, level in outcomes(found) if rule == RULE]


@pytest.mark.parametrize(
    "fact",
    [
        Fact(ALARM, {"alarmActions": ["arn:aws:sns:us-east-1:111122223333:alarms"]}),
        Fact(ALARM, {"alarmActions": [UNKNOWN], "actionsEnabled": True}),
        Fact(ALERT, {"enabled": True, "actions": TO}),
        Fact(ALERT, {"enabled": True, "actions": [{"actionGroupId": UNKNOWN}]}),
        Fact(GROUP, {"enabled": True, "emailReceivers": MAIL}),
        Fact(GROUP, {"enabled": True, "webhookReceivers": [{"name": "x", "serviceUri": UNKNOWN}]}),
    ],
)
def test_an_alarm_with_a_receiver_satisfies(preview: Evaluator, fact: Fact) -> None:
    assert said(preview, fact) == []


@pytest.mark.parametrize(
    "fact",
    [
        Fact(ALARM, {}),
        Fact(ALARM, {"alarmActions": []}),
        Fact(ALARM, {"alarmActions": CANARY}),
        Fact(ALARM, {"alarmActions": [""]}),
        Fact(ALARM, {"alarmActions": ["arn"], "actionsEnabled": False}),
        Fact(ALARM, {"alarmActions": ["arn"], "actionsEnabled": CANARY}),
        Fact(ALERT, {"enabled": True}),
        Fact(ALERT, {"enabled": True, "actions": []}),
        Fact(ALERT, {"enabled": True, "actions": [{}]}),
        Fact(ALERT, {"enabled": True, "actions": CANARY}),
        Fact(ALERT, {"enabled": False, "actions": TO}),
        Fact(ALERT, {"actions": TO}),
        Fact(GROUP, {"enabled": True}),
        Fact(GROUP, {"enabled": True, "emailReceivers": []}),
        Fact(GROUP, {"enabled": False, "emailReceivers": MAIL}),
        Fact(GROUP, {"enabled": CANARY, "emailReceivers": MAIL}),
    ],
)
def test_an_alarm_that_nobody_receives_violates(preview: Evaluator, fact: Fact) -> None:
    """Without receivers, off, or of the wrong type."""
    assert said(preview, fact) == ["mandatory"]


@pytest.mark.parametrize(
    "fact",
    [
        Fact(ALARM, {"alarmActions": UNKNOWN}),
        Fact(ALARM, {"alarmActions": ["arn"], "actionsEnabled": UNKNOWN}),
        Fact(ALERT, {"enabled": True, "actions": UNKNOWN}),
        Fact(ALERT, {"enabled": UNKNOWN, "actions": TO}),
        Fact(GROUP, {"enabled": True, "emailReceivers": UNKNOWN}),
        Fact(GROUP, {"enabled": UNKNOWN, "emailReceivers": MAIL}),
    ],
)
def test_what_is_not_known_yet_is_advice_and_blocks_an_update(
    preview: Evaluator, update: Evaluator, fact: Fact
) -> None:
    assert said(preview, fact) == ["advisory"]
    assert said(update, fact) == ["mandatory"]
