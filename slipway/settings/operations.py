"""Operation of a system: objectives, alerts, checks, people, known issues."""

from __future__ import annotations

from typing import Literal as OneOf

from pydantic import Field

from slipway.settings.fields import (
    Channel,
    Cores,
    Count,
    Days,
    Dollars,
    Duration,
    Email,
    ErrorPercent,
    HeaderName,
    LinePattern,
    Memory,
    MemoryGibibytes,
    Name,
    PathPattern,
    Percent,
    Positive,
    RelativeFile,
    Scalar,
    ScalarOrList,
    Summary,
    Text,
    UrlPath,
    Variable,
    Version,
)
from slipway.settings.regulations import RegulationName
from slipway.settings.setting import OVERRIDABLE, Setting
from slipway.settings.versions import reaches


class Objectives(Setting):
    """Service level objectives; alerts and releases are measured against them."""

    availability_percent: ErrorPercent = 99.9
    """Share of successful requests. 99.9 by default: 43 minutes of errors a month."""
    error_percent: ErrorPercent = 1.0
    """Share of requests that may fail. 1.0 by default: one in a hundred."""
    p95: Duration = "500ms"
    """95th percentile of the response time. 500ms by default, below what people feel as waiting."""
    average: Duration | None = None
    """Mean response time, if the owner promises one."""
    page_load: Duration | None = None
    """Load time of a page."""
    database_p95: Duration | None = None
    """95th percentile of the time of database queries."""
    cpu_percent: Percent = 70
    """CPU usage relative to the request above which a pod is saturated. 70 by default, the load at which the
    autoscaler adds a replica."""
    memory_percent: Percent = 80
    """Memory usage relative to the request above which a pod is saturated. 80 by default, the load at which the
    autoscaler adds a replica."""
    latency_regression_percent: Percent | None = None
    """Slowdown compared to the previous version that is a reason to consider a rollback."""


class Alert(Setting):
    """A custom alert, in addition to those generated from the objectives."""

    name: Text
    """Name of the alert, unique in the system."""
    summary: Summary
    """One sentence for the person on call: what is wrong for users. May contain `{{ $value }}` and labels."""
    kind: OneOf["error-ratio", "latency", "rate", "logs"]
    """What is compared with `above`: an error ratio, a percentile in seconds, events per second, log lines."""
    paths: list[PathPattern] = Field(default_factory=list, max_length=50)
    """Path patterns of the requests that count; all when empty."""
    metric: Variable | None = None
    """The counter or histogram that it reads; by default the gateway's."""
    pattern: LinePattern | None = None
    """Pattern of the log lines that count, for `logs`."""
    above: float
    """Threshold: a ratio, seconds, events per second or lines."""
    window: Duration = "5m"
    """Window for `above`; five minutes by default, which smooths single failures."""
    for_: Duration = Field(default="5m", alias="for")
    """How long the condition must hold (Prometheus' `for`). Five minutes by default, so that one bad minute wakes
    nobody."""
    severity: OneOf["critical", "warning", "info"] = "warning"
    """`critical` pages, `warning` can wait until morning, `info` is only recorded. By default `warning`, because a
    page must be chosen on purpose."""


class Check(Setting):
    """A smoke test: a request whose response shows whether a version works."""

    name: Text
    """Name in the release report, unique in the system."""
    domain: Name
    """The key in `domains` of the host to request."""
    path: UrlPath
    """The path to request."""
    method: OneOf["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"] = "GET"
    """HTTP method; GET by default, which changes nothing."""
    query: dict[str, Text] = Field(default_factory=dict)
    """Query parameters."""
    token: Variable | None = None
    """The secret to send as `Authorization: Bearer`."""
    cookie: dict[str, Variable] = Field(default_factory=dict)
    """Cookies, each from a secret."""
    headers: dict[HeaderName, Text] = Field(default_factory=dict)
    """Further headers."""
    secret_headers: dict[HeaderName, Variable] = Field(default_factory=dict)
    """Further headers, each from a secret, such as an API key."""
    body: dict[str, Scalar] = Field(default_factory=dict)
    """JSON body of the request."""
    status: Positive = 200
    """Expected HTTP status. 200 by default, which means that the request was answered."""
    json_equals: dict[str, ScalarOrList] = Field(default_factory=dict)
    """Expected values in the JSON response, by dotted path."""
    present: list[Text] = Field(default_factory=list)
    """Keys that the JSON response must have, by dotted path."""
    absent: list[Text] = Field(default_factory=list)
    """Keys that the JSON response must not have."""
    capture: dict[Variable, Text] = Field(default_factory=dict)
    """Values of the JSON response, by dotted path, that later checks use as `{NAME}` in their path."""
    response_headers: dict[HeaderName, Text] = Field(default_factory=dict)
    """Expected headers of the response."""
    within: Duration | None = None
    """Maximum response time."""
    during_maintenance: bool = False
    """Whether it runs while users see the maintenance page."""


class Validation(Setting):
    """A program of the system that checks its data."""

    name: Text
    """Name in the release report, unique in the system."""
    service: Name
    """The service whose image it runs in."""
    command: list[Text]
    """The program and its arguments; exit status 0 is a success."""
    when: list[OneOf["staging", "before", "after", "watch"]] = Field(default_factory=lambda: ["after"])
    """When it runs: on staging, `before` or `after` the change, or during monitoring."""
    expect: Text | None = None
    """Text that it prints on success."""


class Attestation(Setting):
    """A manual check, with a link to the evidence."""

    name: Text
    """What to check."""
    role: Text
    """The role that performs the check."""
    steps: list[Text] = Field(default_factory=list)
    """Steps, in order."""
    maximum_age: Duration = "7d"
    """Maximum age of the evidence. A week by default, so that the evidence is of this version."""
    when: OneOf["before", "after", "rolled-back"] = "before"
    """When it is due: `before` a release starts, `after` it, or `rolled-back` at the end of a rollback. By default
    `before`, while nothing has happened yet."""


class Flag(Setting):
    """A feature flag, changed without a release."""

    enabled: bool = Field(default=False, json_schema_extra=OVERRIDABLE)
    """Whether the feature is enabled. Off by default, so that code can be released before the feature."""
    percent: Percent = Field(default=100, json_schema_extra=OVERRIDABLE)
    """Share of users who have it while it is enabled. All of them by default."""
    since: Version | None = None
    """First version that has it, such as 2.1.0: off in a slot with an older version, so that it moves with the visitors of a
    release, and back with them. By default both slots have it at once."""
    description: Text | None = None
    """For people: what the feature is."""

    def is_on(self, version: str | None) -> bool:
        """Return whether it is on in a slot with `version`, for those whom `percent` selects."""
        return self.enabled and (self.since is None or (version is not None and reaches(version, self.since)))


class Contact(Setting):
    """A contact role. Names and numbers of people belong into the paging service."""

    role: Text
    """The role, such as the database administrator."""
    email: Email | None = None
    """A shared mailbox of the role."""
    phone: Text | None = None
    """A number of the role, such as a duty phone."""
    level: Positive | None = None
    """Level of escalation."""
    groups: list[Text] = Field(default_factory=list)
    """Groups of the identity provider, as the API server names them, whose members approve in this role."""
    after: Duration | None = None
    """Time without an acknowledgement until it is notified."""
    handles: Text | None = None
    """What this role decides or fixes."""


class Owner(Setting):
    """The owner of a system."""

    team: Name
    """The team's name, used in labels and for cost allocation."""
    email: Email | None = Field(default=None, json_schema_extra=OVERRIDABLE)
    """A shared mailbox of the team."""
    chat: Channel | None = Field(default=None, json_schema_extra=OVERRIDABLE)
    """Channel of the team, such as #deployments."""


class KnownIssue(Setting):
    """A known issue, for the page that alerts link to."""

    symptom: Text
    """The symptom."""
    cause: Text
    """The usual cause."""
    steps: list[Text]
    """Steps, in order."""


class BusinessMetric(Setting):
    """A business metric to watch after a release."""

    name: Text
    """Title on the dashboard."""
    metric: Variable
    """Metric exported by the services."""
    unit: Text = "1"
    """Unit of the dashboard; `1` for a plain count. A count by default."""
    target: float | None = None
    """Target of the owner, in `unit`; a line on the dashboard, without an alert."""


class Logs(Setting):
    """Logs of the system."""

    retention_days: Days = Field(default=30, json_schema_extra=OVERRIDABLE)
    """Retention of logs in days; a month by default, long enough to investigate a complaint."""
    audit_retention_days: Days = Field(default=365, json_schema_extra=OVERRIDABLE)
    """Retention of the audit log in days; a year by default, as auditors usually require."""
    forbidden: list[LinePattern] = Field(default_factory=list, max_length=50)
    """Patterns that must not appear after a release."""


class GatewayRules(Setting):
    """How the gateway treats requests to the system."""

    timeout: Duration = Field(default="30s", json_schema_extra=OVERRIDABLE)
    """Timeout for the response; then the client gets 504. 30s by default, longer than people wait."""
    upload_timeout: Duration = Field(default="60s", json_schema_extra=OVERRIDABLE)
    """Timeout for receiving a request with its body; then the client gets 408. None on domains with a `stream` route.
    60s by default, so that slow clients cannot hold connections for ever."""
    idle_timeout: Duration = Field(default="5m", json_schema_extra=OVERRIDABLE)
    """Idle time after which a request, a stream or a WebSocket is closed. 5m by default, so that forgotten connections
    do not delay a release."""
    retries: Count = Field(default=2, json_schema_extra=OVERRIDABLE)
    """Retries of a failed request; only for GET, HEAD and OPTIONS. 2 by default, which hides a pod that has just
    ended."""
    maximum_body: Memory = Field(default="10Mi", json_schema_extra=OVERRIDABLE)
    """Maximum size of a request; larger ones get status 413. 10Mi by default, so that nobody fills the memory of the
    gateway or a service."""
    origins: list[Name] = Field(default_factory=list)
    """Keys of domains whose pages may call the others from a browser (CORS); all of the system's own when empty."""


class Recovery(Setting):
    """Recovery objectives."""

    rto: Duration
    """Recovery time objective (RTO)."""
    rpo: Duration
    """Recovery point objective (RPO)."""
    drill: OneOf["month", "quarter", "year"] = "quarter"
    """For people: how often the failover is tested. Every quarter by default, as auditors usually expect."""


class Maintenance(Setting):
    """The maintenance page."""

    page: RelativeFile | None = None
    """The HTML file; by default a plain one made from `message`."""
    retry_after: Duration = "30m"
    """Value of Retry-After in the 503 response. 30m by default, so that clients do not come back all the time."""
    duration: Duration | None = None
    """Announced duration, with a buffer; by default the release's `expectedDuration`."""
    message: Text | None = None
    """One sentence for users, if there is no page."""


class Nodes(Setting):
    """Minimum requirements of the system for a cluster."""

    count: Count = 3
    """Minimum nodes, so that replicas can be spread over zones. A cluster of a public cloud must have as many, or
    more. Three by default."""
    cpu: Cores = 4
    """Cores per node. 4 by default, the size that a cluster has by default."""
    memory: MemoryGibibytes = 16
    """GiB of memory per node. 16 by default, the size that a cluster has by default."""


class Budget(Setting):
    """Budget of the system."""

    monthly: Dollars = Field(json_schema_extra=OVERRIDABLE)
    """Budget in US dollars per month."""
    expected: dict[str, float] = Field(default_factory=dict)
    """The owner's estimate by part, in US dollars per month."""


class Compliance(Setting):
    """Compliance of the system's data."""

    regulations: list[RegulationName] = Field(default_factory=list)
    """Laws and standards that apply. GDPR requires `regions` and data that is classed `personal`; the others an audit log,
    HIPAA for six years, PCI DSS for one."""
    regions: list[Text] = Field(default_factory=list, json_schema_extra=OVERRIDABLE)
    """Allowed regions for personal data and its copies, by the names of the stack's cloud; any when empty."""
    audit_log: bool = False
    """Whether the services write an audit log: an alert fires when they wrote no line of it for a day. It is retained for
    `logs.auditRetentionDays`."""
