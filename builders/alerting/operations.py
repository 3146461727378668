"""Alerts of certificates, pages, queues, migrations and logs."""

from __future__ import annotations

from builders import names
from builders.alerting.promql import exactly, matching, selector
from builders.alerting.rule import Rule
from builders.alerting.traffic import BURN_RATES
from settings.fields import seconds
from settings.stacks import PlacedSystem

LOG_LINES = "slipway_log_lines_total"
"""Lines that the agents count before they send them on: label `kind` says which."""
FORBIDDEN = "forbidden"
ERROR = "error"


def alerts(placed: PlacedSystem) -> list[Rule]:
    definition = placed.definition
    rules = [_certificate(placed.namespace), *_pages(placed), *_error_lines(placed)]
    if definition.queue is not None and definition.queue.placement == "cluster":
        rules += _queues(placed.namespace)
    if definition.migrations:
        rules.append(_migration(placed))
    return rules


def _certificate(namespace: str) -> Rule:
    until = selector("certmanager_certificate_expiration_timestamp_seconds", namespace=namespace)
    return Rule(
        name="CertificateExpiresSoon",
        expr=f"min by (namespace, name) ({until}) - time() < 14 * 86400",
        lasting="1h",
        summary="The certificate {{ $labels.name }} expires in {{ $value | humanizeDuration }}",
        meaning="cert-manager renews 30 days before; it did not. Browsers will refuse the site.",
        steps=(
            "Ask why: kubectl -n <namespace> describe certificate <name>, then its CertificateRequest and Challenge.",
            "DNS-01 needs the zone to be delegated: compare its name servers with `pulumi stack output`.",
        ),
    )


def _pages(placed: PlacedSystem) -> list[Rule]:
    probed = selector("probe_success", system=placed.name)
    rules = [
        Rule(
            name="PageDown",
            expr=f"{probed} == 0",
            lasting="2m",
            severity="critical",
            summary="{{ $labels.instance }} does not load",
            meaning="A page that visitors see does not answer with success over a valid certificate.",
            steps=(
                "Load it yourself, from outside: DNS, certificate, gateway or service?",
                "Look at ServiceDown and ErrorBudgetBurn: if neither fires, it is DNS, the certificate or the gateway.",
            ),
        )
    ]
    rules += _availability(probed, placed.definition.objectives.availability_percent)
    limit = placed.definition.objectives.page_load
    if limit is not None:
        took = selector("probe_duration_seconds", system=placed.name)
        rules.append(
            Rule(
                name="PageLoadSlow",
                expr=f"avg_over_time({took}[5m]) > {seconds(limit):g}",
                lasting="10m",
                summary="{{ $labels.instance }} loads in {{ $value | humanizeDuration }}",
                meaning=f"The objective is {limit}. The prober loads the page itself, not its images and scripts.",
                steps=(
                    "Look at the phases of probe_http_duration_seconds: resolve, connect, tls, processing, transfer.",
                ),
            )
        )
    return rules


def _availability(probed: str, percent: float) -> list[Rule]:
    """By what the prober sees from outside, where the gateway counts no request that never reached it."""

    def missed(window: str) -> str:
        return f"1 - avg_over_time({probed}[{window}])"

    budget = 1 - percent / 100
    return [
        Rule(
            name="AvailabilityBudgetBurn",
            expr=f"{missed(long)} > {budget * factor:.6g} and {missed(short)} > {budget * factor:.6g}",
            lasting=lasting,
            severity="critical" if severity == "critical" else "warning",
            labels={"window": long},
            summary="{{ $labels.instance }} did not load in {{ $value | humanizePercentage }} of the tries",
            meaning=f"At this pace the month's budget of {percent:g} percent availability is used up early.",
            steps=(
                "Load the page from outside: what fails is DNS, the certificate, the gateway or the service.",
                "Look at ErrorBudgetBurn: what the gateway sees fails behind it, what it does not see fails before it.",
            ),
        )
        for factor, long, short, severity, lasting in BURN_RATES
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
            lasting="10m",
            summary="{{ $value }} messages wait in {{ $labels.queue }}",
            meaning="Work comes in faster than it is done.",
            steps=(
                "Look whether the consumers crash or wait for something.",
                "Add consumers: raise replicas.maximum of the service.",
            ),
        ),
        Rule(
            name="QueueTooOld",
            expr=f"{waiting} / ({taken} > 0) > 600 or ({waiting} > 0 unless {taken} > 0)",
            lasting="10m",
            summary="Messages in {{ $labels.queue }} wait for more than ten minutes",
            meaning="RabbitMQ tells no age of a quorum queue's messages: it is the depth over what is taken a second.",
            steps=(
                "Nothing is taken at all: is there a consumer, and does it log errors?",
                "Look into the dead-letter queue.",
            ),
        ),
        Rule(
            name="QueueWithoutConsumer",
            expr=f"sum by ({by_queue}) ({delivered}) == 0 and on ({by_queue}) {waiting} > 0",
            lasting="10m",
            summary="Nobody takes messages from {{ $labels.queue }}",
            meaning="Messages wait, and no service is connected to take them.",
            steps=("Look whether the consuming service runs and can log in to the broker.",),
        ),
        Rule(
            name="BrokerNodeDown",
            expr=f"(count by (namespace) ({there}) or 0 * {nodes}) < {nodes}",
            lasting="5m",
            summary="A node of the broker in {{ $labels.namespace }} is gone",
            meaning="Quorum queues need more than half of the nodes; one more loss stops them.",
            steps=("See why: kubectl -n <namespace> get pods, and the events of the one that is missing.",),
        ),
    ]


def _migration(placed: PlacedSystem) -> Rule:
    jobs = exactly(*(names.migration(each.name) for each in placed.definition.migrations))
    failed = selector("kube_job_status_failed", matching("job_name", f"({jobs})-.+"), namespace=placed.namespace)
    return Rule(
        name="MigrationFailed",
        expr=f"max by (namespace, job_name) ({failed}) > 0",
        lasting="0m",
        severity="critical",
        summary="The migration {{ $labels.job_name }} failed",
        meaning="The database was put back to what it was before; the new version does not start.",
        steps=(
            "Read the log: kubectl -n <namespace> logs job/<job_name>. It names the step and the statement.",
            "Correct the cause and raise the stack's `attempt`, which makes a new backup and a new Job.",
        ),
    )


def _error_lines(placed: PlacedSystem) -> list[Rule]:
    def lines(kind: str, window: str) -> str:
        return f"sum by (service, slot) (increase({selector(LOG_LINES, system=placed.name, kind=kind)}[{window}]))"

    rules = [
        Rule(
            name="ErrorLinesInLogs",
            expr=f"{lines(ERROR, '10m')} > 50",
            lasting="5m",
            summary="{{ $labels.service }} logs {{ $value | humanize }} errors in ten minutes",
            meaning="More error lines than a service that is well writes.",
            steps=("Read them in Kibana: slipway.system, slipway.service and log.level are fields.",),
        )
    ]
    if placed.definition.logs.forbidden:
        rules.append(
            Rule(
                name="ForbiddenLinesInLogs",
                expr=f"{lines(FORBIDDEN, '5m')} > 0",
                lasting="0m",
                severity="critical",
                summary="{{ $labels.service }} logs what must not occur",
                meaning=f"The owner forbids: {', '.join(placed.definition.logs.forbidden)}",
                steps=("Read the lines in Kibana.", "After a release, this is a reason to roll back."),
            )
        )
    return rules
