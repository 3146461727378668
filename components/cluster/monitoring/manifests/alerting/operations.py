"""Alerts on certificates, pages, queues, migrations and logs."""

from __future__ import annotations

from components.cluster.monitoring.manifests.alerting.promql import exactly, matching, selector
from components.cluster.monitoring.manifests.alerting.rule import Rule
from components.cluster.monitoring.manifests.alerting.traffic import BURN_RATES
from components.manifests import names, probes
from slipway.settings.fields import seconds
from slipway.settings.stacks import DeployedSystem

LOG_LINES = "slipway_log_lines_total"
"""Lines that the agents count before sending them, by label `kind`."""
FORBIDDEN = "forbidden"
ERROR = "error"
AUDIT = "audit"
AUDIT_HOURS = 24
"""Hours without an audit line after which an alert fires. Chosen: a system in use is used every day."""


def alerts(deployed: DeployedSystem) -> list[Rule]:
    definition = deployed.definition
    rules = [
        *([_certificate(deployed.namespace)] if definition.domains else []),
        *(_pages(deployed) if probes.of_system(deployed) else []),
        *_error_lines(deployed),
    ]
    if definition.queue is not None and definition.queue.hosting == "cluster":
        rules += _queues(deployed.namespace)
    if definition.migrations:
        rules.append(_migration(deployed))
    return rules


def _certificate(namespace: str) -> Rule:
    until = selector("certmanager_certificate_expiration_timestamp_seconds", namespace=namespace)
    return Rule(
        name="CertificateExpiresSoon",
        expr=f"min by (namespace, name) ({until}) - time() < 14 * 86400",
        for_="1h",
        summary="The certificate {{ $labels.name }} expires in {{ $value | humanizeDuration }}",
        description="cert-manager renews 30 days before; it did not. Browsers will refuse the site.",
        steps=(
            "Ask why: kubectl -n <namespace> describe certificate <name>, then its CertificateRequest and Challenge.",
            "DNS-01 needs the zone to be delegated: compare its name servers with `pulumi stack output`.",
        ),
    )


def _pages(deployed: DeployedSystem) -> list[Rule]:
    probed = selector("probe_success", system=deployed.name)
    rules = [
        Rule(
            name="PageDown",
            expr=f"{probed} == 0",
            for_="2m",
            severity="critical",
            summary="{{ $labels.instance }} does not load",
            description="A page that visitors see does not answer with success over a valid certificate.",
            steps=(
                "Load it yourself, from outside: DNS, certificate, gateway or service?",
                "Look at ServiceDown and ErrorBudgetBurn: if neither fires, it is DNS, the certificate or the gateway.",
            ),
        )
    ]
    rules += _availability(probed, deployed.definition.objectives.availability_percent)
    limit = deployed.definition.objectives.page_load
    if limit is not None:
        took = selector("probe_duration_seconds", system=deployed.name)
        rules.append(
            Rule(
                name="PageLoadSlow",
                expr=f"avg_over_time({took}[5m]) > {seconds(limit):g}",
                for_="10m",
                summary="{{ $labels.instance }} loads in {{ $value | humanizeDuration }}",
                description=f"The objective is {limit}. The prober loads the page itself, not its images and scripts.",
                steps=(
                    "Look at the phases of probe_http_duration_seconds: resolve, connect, tls, processing, transfer.",
                ),
            )
        )
    if deployed.definition.compliance.audit_log:
        rules.append(_audit_log(deployed))
    return rules


def _audit_log(deployed: DeployedSystem) -> Rule:
    """Returns an alert that also fires when nobody counts lines, because then it is not known whether any are written."""
    lines = f"increase({selector(LOG_LINES, system=deployed.name, kind=AUDIT)}[{AUDIT_HOURS}h])"
    return Rule(
        name="AuditLogSilent",
        expr=f"(sum({lines}) or vector(0)) == 0",
        for_="1h",
        summary="No audit line was written for a day",
        description="`compliance.auditLog` says that services record who changed what; lines with `audit: true` or "
        "`log_type: audit` count.",
        steps=(
            "Look for the newest line in Kibana, in the system's audit view. A weekend without users explains it.",
            "Do other services of the system write lines? Then this one stopped: look at its last release.",
            "If nobody does, ask a cluster administrator whether the agents run: kubectl -n logging get pods.",
        ),
    )


def _availability(probed: str, percent: float) -> list[Rule]:
    """Returns an alert on the external probes, because the gateway cannot count requests that never reach it."""

    def missed(window: str) -> str:
        return f"1 - avg_over_time({probed}[{window}])"

    budget = 1 - percent / 100
    return [
        Rule(
            name="AvailabilityBudgetBurn",
            expr=f"{missed(long)} > {budget * factor:.6g} and {missed(short)} > {budget * factor:.6g}",
            for_=for_,
            severity="critical" if severity == "critical" else "warning",
            labels={"window": long},
            summary="{{ $labels.instance }} did not load in {{ $value | humanizePercentage }} of the tries",
            description=f"At this pace the month's budget of {percent:g} percent availability is used up early.",
            steps=(
                "Load the page from outside: what fails is DNS, the certificate, the gateway or the service.",
                "Look at ErrorBudgetBurn: what the gateway sees fails behind it, what it does not see fails before it.",
            ),
        )
        for factor, long, short, severity, for_ in BURN_RATES
        if percent < 100
    ]


def _queues(namespace: str) -> list[Rule]:
    ready = selector("rabbitmq_queue_messages_ready", namespace=namespace)
    by_queue = "namespace, vhost, queue"
    waiting = f"sum by ({by_queue}) ({ready})"
    delivered = selector("rabbitmq_queue_consumers", namespace=namespace)
    taken = f"sum by ({by_queue}) (rate({selector('rabbitmq_queue_messages_delivered_ack_total', namespace=namespace)}[10m]))"
    there = selector("rabbitmq_identity_info", namespace=namespace)
    wanted = selector("kube_statefulset_replicas", matching("statefulset", ".+-queue-server"), namespace=namespace)
    nodes = f"max by (namespace) ({wanted})"
    return [
        Rule(
            name="QueueTooDeep",
            expr=f"{waiting} > 1000",
            for_="10m",
            summary="{{ $value }} messages wait in {{ $labels.queue }}",
            description="Work comes in faster than it is done.",
            steps=(
                "Look whether the consumers crash or wait for something.",
                "Add consumers: raise replicas.maximum of the service.",
            ),
        ),
        Rule(
            name="QueueTooOld",
            expr=f"{waiting} / ({taken} > 0) > 600 or ({waiting} > 0 unless {taken} > 0)",
            for_="10m",
            summary="Messages in {{ $labels.queue }} wait for more than ten minutes",
            description="RabbitMQ tells no age of a quorum queue's messages: it is the depth over what is taken a second.",
            steps=(
                "Nothing is taken at all: is there a consumer, and does it log errors?",
                "Look into the dead-letter queue.",
            ),
        ),
        Rule(
            name="QueueWithoutConsumer",
            expr=f"sum by ({by_queue}) ({delivered}) == 0 and on ({by_queue}) {waiting} > 0",
            for_="10m",
            summary="Nobody takes messages from {{ $labels.queue }}",
            description="Messages wait, and no service is connected to take them.",
            steps=("Look whether the consuming service runs and can log in to the broker.",),
        ),
        Rule(
            name="BrokerNodeDown",
            expr=f"(count by (namespace) ({there}) or 0 * {nodes}) < {nodes}",
            for_="5m",
            summary="A node of the broker in {{ $labels.namespace }} is gone",
            description="Quorum queues need more than half of the nodes; one more loss stops them.",
            steps=("See why: kubectl -n <namespace> get pods, and the events of the one that is missing.",),
        ),
    ]


def _migration(deployed: DeployedSystem) -> Rule:
    jobs = exactly(*(names.migration(each.name) for each in deployed.definition.migrations))
    failed = selector("kube_job_status_failed", matching("job_name", f"({jobs})-.+"), namespace=deployed.namespace)
    return Rule(
        name="MigrationFailed",
        expr=f"max by (namespace, job_name) ({failed}) > 0",
        for_="0m",
        severity="critical",
        summary="The migration {{ $labels.job_name }} failed",
        description="The database was put back to what it was before; the new version does not start.",
        steps=(
            "Read the log: kubectl -n <namespace> logs job/<job_name>. It names the step and the statement.",
            "Correct the cause and raise the stack's `attempt`, which makes a new backup and a new Job.",
        ),
    )


def _error_lines(deployed: DeployedSystem) -> list[Rule]:
    def lines(kind: str, window: str) -> str:
        return f"sum by (service, slot) (increase({selector(LOG_LINES, system=deployed.name, kind=kind)}[{window}]))"

    rules = [
        Rule(
            name="ErrorLinesInLogs",
            expr=f"{lines(ERROR, '10m')} > 50",
            for_="5m",
            summary="{{ $labels.service }} logs {{ $value | humanize }} errors in ten minutes",
            description="More error lines than a service that is well writes.",
            steps=("Read them in Kibana: slipway.system, slipway.service and log.level are fields.",),
        )
    ]
    if deployed.definition.logs.forbidden:
        rules.append(
            Rule(
                name="ForbiddenLinesInLogs",
                expr=f"{lines(FORBIDDEN, '5m')} > 0",
                for_="0m",
                severity="critical",
                summary="{{ $labels.service }} logs what must not occur",
                description=f"The owner forbids: {', '.join(deployed.definition.logs.forbidden)}",
                steps=("Read the lines in Kibana.", "After a release, this is a reason to roll back."),
            )
        )
    return rules
