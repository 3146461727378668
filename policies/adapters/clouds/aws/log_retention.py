"""Retention and export of logs on AWS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from adapters.clouds.aws.managed_databases import AURORA, DOCUMENTS, INSTANCE
from adapters.clouds.contract import OF_CLUSTER, Carrier, Exports, LogStore
from framework import Property, Resource

DELIVERED = 2
"""Days for which groups of the class DELIVERY keep logs, whatever else they say. Source: CloudWatch Logs, log classes."""


def _of_group(group: Resource) -> Iterator[Property]:
    delivers = group["logGroupClass"]
    yield Property(DELIVERED, delivers.path) if delivers.text == "DELIVERY" else group["retentionInDays"]


LOG_STORES = {"aws:cloudwatch/logGroup:LogGroup": LogStore(_of_group, f"{OF_CLUSTER} of the cluster", OF_CLUSTER)}
_OF_DATABASE = Exports("enabledCloudwatchLogsExports", (("postgresql", "audit"),))
EXPORTS: Mapping[str, Exports] = {
    "aws:eks/cluster:Cluster": Exports("enabledClusterLogTypes", (("audit",), ("authenticator",))),
    INSTANCE: _OF_DATABASE,
    AURORA: _OF_DATABASE,
    DOCUMENTS: Exports("enabledCloudwatchLogsExports", (("audit",),)),
}


def _traffic(log: Resource) -> list[Property]:
    return [log["trafficType"]]


CARRIERS = {"aws:ec2/vpc:Vpc": Carrier("aws:ec2/flowLog:FlowLog", "vpcId", _traffic, (("ALL", "REJECT"),))}
