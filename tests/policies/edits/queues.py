"""Queues that lose what fails, that are open, or that anybody may use with a key."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from tests.policies.edits.network import NSG, OF_AZURE, aws
from tests.policies.swift import Addition

ARN = "arn:aws:sqs:us-east-1:111122223333:new"
TLS = {"Bool": {"aws:SecureTransport": "false"}}


def refusing(action: str, **more: Any) -> str:
    statement = {
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": action,
        "Resource": ARN,
        "Condition": TLS,
        **more,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


GOOD: dict[str, Any] = {
    "name": "new",
    "redrivePolicy": json.dumps({"deadLetterTargetArn": f"{ARN}-dead", "maxReceiveCount": 5}),
    "policy": refusing("sqs:*"),
    "kmsMasterKeyId": "alias/new",
}
SERVER: dict[str, Any] = {
    "namespaceName": "new",
    "location": "eastus2",
    "minimumTlsVersion": "1.2",
    "disableLocalAuth": True,
    "publicNetworkAccess": "Disabled",
}


def _given(found: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in found.items() if value is not None}


def queue(*, protect: bool = True, **inputs: Any) -> Addition:
    return replace(aws("sqs/queue:Queue", **_given({**GOOD, **inputs})), protect=protect)


def topic(**inputs: Any) -> Addition:
    found = {"name": "new", "kmsMasterKeyId": "alias/new", "policy": refusing("sns:Publish"), **inputs}
    return aws("sns/topic:Topic", **_given(found))


def server(**inputs: Any) -> Addition:
    found = {**_given({**SERVER, **inputs}), **OF_AZURE}
    return Addition("azure-native:servicebus:Namespace", "new", found, NSG, (NSG,), protect=True)


def of_server(kind: str, **inputs: Any) -> Addition:
    found = _given({"namespaceName": "new", "deadLetteringOnMessageExpiration": True, **inputs})
    return Addition(f"azure-native:servicebus:{kind}", "new", found, NSG, (NSG,), protect=kind == "Queue")


def alarm(**inputs: Any) -> Addition:
    found = {
        "alarmActions": ["arn:aws:sns:us-east-1:111122223333:alarms"],
        "comparisonOperator": "GreaterThanThreshold",
    }
    return aws("cloudwatch/metricAlarm:MetricAlarm", **_given({**found, "evaluationPeriods": 1, **inputs}))


def alert(kind: str, **inputs: Any) -> Addition:
    found = {**_given({"enabled": True, **inputs}), **OF_AZURE}
    return Addition(f"azure-native:monitor:{kind}", "new", found, NSG, (NSG,))


CAUGHT = {
    "alarm-receivers": {
        "prod": [
            alarm(alarmActions=None),
            alarm(alarmActions=[]),
            alarm(actionsEnabled=False),
            alert("MetricAlert", actions=[]),
            alert("MetricAlert", actions=[{"actionGroupId": "/groups/new"}], enabled=False),
            alert("ActionGroup", emailReceivers=[]),
        ]
    },
    "queue-dead-letters": {
        "prod": [
            queue(redrivePolicy=None),
            queue(redrivePolicy="{}"),
            queue(redrivePolicy=json.dumps({"deadLetterTargetArn": ""})),
            of_server("Queue", deadLetteringOnMessageExpiration=None),
            of_server("Queue", deadLetteringOnMessageExpiration=False),
            of_server("Subscription", deadLetteringOnMessageExpiration=False),
        ]
    },
    "encryption-at-rest": {
        "prod": [
            queue(kmsMasterKeyId=None, sqsManagedSseEnabled=False),
            topic(kmsMasterKeyId=None),
            topic(kmsMasterKeyId=""),
        ]
    },
    "encryption-in-transit": {"prod": [server(minimumTlsVersion="1.0"), server(minimumTlsVersion="1.1")]},
    "plain-http": {
        "prod": [
            queue(policy=None),
            queue(policy=refusing("sqs:SendMessage")),
            queue(policy=refusing("sqs:*", Condition={"Bool": {"aws:SecureTransport": "true"}})),
            queue(policy=refusing("sqs:*", Principal={"AWS": "111122223333"})),
            topic(policy=None),
            topic(policy=refusing("sqs:*")),
        ]
    },
    "local-accounts": {"prod": [server(disableLocalAuth=None), server(disableLocalAuth=False)]},
    "database-exposure": {"prod": [server(publicNetworkAccess=None), server(publicNetworkAccess="Enabled")]},
    "data-protect": {"prod": [queue(protect=False)]},
    "data-residence": {"prod": [server(location="westeurope"), queue(region="eu-west-1")]},
}
FINE = {
    "prod": [
        queue(),
        queue(kmsMasterKeyId=None),
        queue(redrivePolicy=None, redriveAllowPolicy=json.dumps({"redrivePermission": "allowAll"})),
        topic(),
        server(),
        server(minimumTlsVersion=None),
        of_server("Queue"),
        of_server("Subscription"),
    ]
}
