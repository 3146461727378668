"""Alerts on the controller of releases, by its own metrics."""

from __future__ import annotations

from typing import Any

from components.cluster.monitoring.manifests.alerting import labels
from components.cluster.monitoring.manifests.alerting.promql import selector
from components.cluster.monitoring.manifests.alerting.rule import Owned, Rule, group
from components.manifests import names

LEADER = "slipway_release_leader"


def alerts() -> list[Rule]:
    """Returns the alerts of a cluster whose releases Slipway's controller carries out."""
    leading = f"sum({selector(LEADER, namespace=names.RELEASES_NAMESPACE)})"
    return [
        Rule(
            name="ReleaseControllerWithoutLeader",
            expr=f"({leading} or vector(0)) < 1",
            for_="2m",
            severity="critical",
            summary="No controller of releases leads",
            description="Traffic stays as it is: a release in progress neither goes on nor is rolled back.",
            steps=(
                f"See its pods: kubectl -n {names.RELEASES_NAMESPACE} get pods",
                f"Read their logs: kubectl -n {names.RELEASES_NAMESPACE} logs -l app.kubernetes.io/name=controller",
                f"Look at the Lease: kubectl -n {names.RELEASES_NAMESPACE} get lease",
            ),
        ),
        Rule(
            name="ReleaseWithoutProgress",
            expr="max by (system) (slipway_release_overdue_seconds) > 120",
            for_="3m",
            severity="critical",
            labels={},
            summary="The release of {{ $labels.system }} is {{ $value | humanizeDuration }} past its deadline",
            description="A release that is late is rolled back; this one neither ended nor went on.",
            steps=(
                "See where it is: slipway release status",
                f"Read the controller's log: kubectl -n {names.RELEASES_NAMESPACE} logs -l app.kubernetes.io/name=controller",
                "End it: slipway release abort --stack NAME --system NAME --reason …",
            ),
        ),
        Rule(
            name="ReleaseTrafficUnsettled",
            expr="min by (system) (slipway_release_traffic_settled) == 0",
            for_="5m",
            summary="Routes of {{ $labels.system }} are not where its release says",
            description="The gateway or a cloud's edge does not accept what the controller wrote.",
            steps=(
                "See what the gateway says of its routes: slipway weights --stack NAME --system NAME --context NAME",
                "Was a route changed by hand? The controller writes it again at each look.",
            ),
        ),
        Rule(
            name="ReleaseMessagesFail",
            expr='sum by (system) (increase(slipway_release_messages_total{result="failed"}[15m])) > 0',
            for_="0m",
            summary="Messages on the release of {{ $labels.system }} are not delivered",
            description="People who were promised an announcement may not know of the release.",
            steps=(
                f"Read which channel: kubectl -n {names.RELEASES_NAMESPACE} logs -l app.kubernetes.io/name=controller",
                "Supply its address again: slipway secrets set CHAT_URL --system releases-<cluster>",
            ),
        ),
        Rule(
            name="ReleaseLooksFail",
            expr='sum by (system) (rate(slipway_release_looks_total{result="failed"}[5m])) > 0.2',
            for_="5m",
            summary="The controller cannot look at the release of {{ $labels.system }}",
            description="It decides on what it sees; what it does not see is never good, so the release waits.",
            steps=(
                f"Read why: kubectl -n {names.RELEASES_NAMESPACE} logs -l app.kubernetes.io/name=controller",
                "Does Prometheus answer, and does the API server?",
            ),
        ),
    ]


def prometheus_rule(runbooks: str) -> dict[str, Any]:
    """Returns the spec of the cluster's PrometheusRule on releases."""
    owned = Owned(system="cluster", page="cluster", team=labels.CLUSTER_TEAM, runbooks=runbooks)
    return {"groups": [group("cluster-releases", [owned.alert(rule) for rule in alerts()])]}
