"""The alert that keeps others of its system from being sent while visitors see the maintenance page.

It is a rule of the system and not a route of the cluster, so that it comes and goes with the system's own stack: another
stack, even of another project, may have the cluster.
"""

from __future__ import annotations

from components.cluster.monitoring.manifests.alerting.promql import exactly, selector
from components.cluster.monitoring.manifests.alerting.rule import Rule
from components.manifests import names
from slipway.settings.stacks import DeployedSystem

NAME = "SystemClosed"
CLOSED = "slipway_release_closed"
"""The controller's metric of systems that it has closed."""
SENT = (
    exactly(
        NAME,
        "MigrationFailed",
        "DatabaseDown",
        "ForbiddenLinesInLogs",
    )
    + "|(Volume)?Backup.*|RestoreTest.*"
)
"""Alerts that are sent in maintenance too: those on data, and on forbidden log lines, which stop a release before visitors
return."""


def alerts(deployed: DeployedSystem) -> list[Rule]:
    by_controller = f"max({selector(CLOSED, namespace=names.RELEASES_NAMESPACE, system=deployed.name)}) == 1"
    return [
        Rule(
            name=NAME,
            # What the stack closes has no metric.
            expr="vector(1)" if deployed.deployment.maintenance else by_controller,
            for_="0m",
            severity="info",
            summary=f"Visitors of {deployed.name} see the maintenance page",
            description="It is sent to nobody. While it fires the system's alerts are not sent, except those on data and on "
            "forbidden log lines.",
            steps=(
                f"Who closed it? slipway release status --stack NAME --system {deployed.name}, or `maintenance` in the "
                "stack's file.",
                f"Open it: slipway release open --stack NAME --system {deployed.name}, or without `maintenance` by "
                "`pulumi up`.",
            ),
        )
    ]


def inhibition() -> dict[str, object]:
    """Returns the rule of Alertmanager by which the alert keeps others of its system from being sent."""
    return {
        "source_matchers": [f'alertname = "{NAME}"'],
        "target_matchers": [f'alertname !~ "{SENT}"'],
        "equal": ["system"],
    }
