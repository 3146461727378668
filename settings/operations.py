"""How a system is watched: objectives, alerts, checks, people, known troubles."""

from __future__ import annotations

from typing import Literal as OneOf

from pydantic import Field

from settings.fields import (
    Count,
    Days,
    Duration,
    Email,
    ErrorPercent,
    Memory,
    Name,
    Percent,
    Positive,
    RelativeFile,
    Scalar,
    ScalarOrList,
    Text,
    UrlPath,
    Variable,
)
from settings.setting import OVERRIDABLE, Setting


class Objectives(Setting):
    """Service level objectives: what users are promised, and what alerts and releases are judged by."""

    availability_percent: ErrorPercent = 99.9
    """Share of requests that are answered well."""
    error_percent: ErrorPercent = 1.0
    """Share of requests that may fail."""
    p95: Duration = "500ms"
    """95 of 100 requests are answered within this."""
    average: Duration | None = None
    """Mean time to answer, where the owner promises that."""
    page_load: Duration | None = None
    """Time in which a page is shown."""
    database_p95: Duration | None = None
    """95 of 100 database queries are answered within this."""
    cpu_percent: Percent = 70
    """Use of the requested CPU above which a pod is saturated."""
    memory_percent: Percent = 80
    """Use of the requested memory above which a pod is saturated."""
    latency_regression_percent: Percent | None = None
    """Slower than before by this much: a reason to consider a rollback."""


class Alert(Setting):
    """An alert of the system's own, besides those that follow from its objectives."""

    name: Text
    """Shown in the alert and unique in the system."""
    summary: Text
    """One sentence for the person on call: what is wrong for users."""
    kind: OneOf["error-ratio", "latency", "rate", "logs"]
    """What is compared with `above`: a share of failed requests, a percentile in seconds, events a second, lines."""
    paths: list[Text] = Field(default_factory=list)
    """Requests that count, as patterns of their path; all when empty."""
    metric: Variable | None = None
    """The counter or histogram that it reads, where it is not the gateway's."""
    pattern: Text | None = None
    """Log lines that count, for `logs`."""
    above: float
    """The value that is too much: a ratio, seconds, events a second or lines."""
    window: Duration = "5m"
    """Time that `above` is measured over; five minutes by default, which smooths single failures."""
    lasting: Duration = "5m"
    """How long it must be so (Prometheus' `for`)."""
    severity: OneOf["critical", "warning", "info"] = "warning"
    """`critical` pages somebody, `warning` waits for the morning, `info` is only kept."""


class Check(Setting):
    """A request whose answer says whether a version works."""

    name: Text
    """Shown in the report of a release, and unique in the system."""
    domain: Name
    """The key in `domains` of the host that is asked."""
    path: UrlPath
    """The path that is asked."""
    method: OneOf["GET", "POST", "PUT", "DELETE", "HEAD"] = "GET"
    """HTTP method; GET by default, so that a check changes nothing."""
    query: dict[str, Text] = Field(default_factory=dict)
    """Parameters appended to the path."""
    token: Variable | None = None
    """The secret that is sent as `Authorization: Bearer`."""
    cookie: dict[str, Variable] = Field(default_factory=dict)
    """Cookies, each from a secret."""
    body: dict[str, Scalar] = Field(default_factory=dict)
    """Sent as JSON."""
    status: Positive = 200
    """The HTTP status that the answer must have."""
    json_equals: dict[str, ScalarOrList] = Field(default_factory=dict)
    """Values expected in the JSON answer, by dotted path."""
    present: list[Text] = Field(default_factory=list)
    """Keys that the JSON answer must have, by dotted path."""
    absent: list[Text] = Field(default_factory=list)
    """Keys that the JSON answer must not have."""
    keep: dict[Variable, Text] = Field(default_factory=dict)
    """Values of the JSON answer, by dotted path, that later checks write as `{NAME}` in their path."""
    during_maintenance: bool = False
    """Whether it runs while users see the maintenance page."""


class Validation(Setting):
    """A program of the system's own that checks its data."""

    name: Text
    """Shown in the report of a release, and unique in the system."""
    service: Name
    """Whose image it runs in."""
    command: list[Text]
    """The program and its arguments; exit status 0 is a success."""
    when: list[OneOf["staging", "before", "after", "watch"]] = Field(default_factory=lambda: ["after"])
    """Moments at which it runs: on staging, `before` or `after` the change, or while it is watched."""
    expect: Text | None = None
    """Text that a success prints."""


class Attestation(Setting):
    """What a person found, with a link to the evidence."""

    name: Text
    """What was looked at."""
    role: Text
    """Who looks."""
    steps: list[Text] = Field(default_factory=list)
    """What the person does, in order."""
    maximum_age: Duration = "7d"
    """Older evidence does not count."""
    when: OneOf["before", "after", "rolled-back"] = "before"
    """What it belongs to: a release waits for it `before` it begins or `after`; `rolled-back` is the end of a rollback."""


class Flag(Setting):
    """A feature that can be switched without a release."""

    enabled: bool = Field(default=False, json_schema_extra=OVERRIDABLE)
    """Whether anybody has the feature. Off by default: code reaches users before the feature does."""
    percent: Percent = Field(default=100, json_schema_extra=OVERRIDABLE)
    """Share of users who have it while it is enabled."""
    description: Text | None = None
    """What the feature is, for whoever switches it."""


class Contact(Setting):
    """A role to turn to. Names and numbers of people live in the paging service, not here."""

    role: Text
    """Whom to ask for, such as the database administrator."""
    email: Email | None = None
    """A shared mailbox of the role."""
    phone: Text | None = None
    """A number of the role, such as a duty phone."""
    level: Positive | None = None
    """Order in which an escalation reaches it."""
    after: Duration | None = None
    """Time without an answer until it is reached."""
    handles: Text | None = None
    """What this role decides or mends."""


class Owner(Setting):
    """Who answers for a system."""

    team: Name
    """Label of everything that the system has, and of its bills."""
    email: Email | None = Field(default=None, json_schema_extra=OVERRIDABLE)
    """A shared mailbox of the team."""
    chat: Text | None = Field(default=None, json_schema_extra=OVERRIDABLE)
    """Channel of the team, such as #deployments."""


class Trouble(Setting):
    """A symptom seen before, for the page that its alert links to."""

    symptom: Text
    """What somebody sees."""
    cause: Text
    """What it usually comes from."""
    steps: list[Text]
    """What to do, in order."""


class BusinessMetric(Setting):
    """What the owner wants to see after a release."""

    name: Text
    """Title on the dashboard."""
    metric: Variable
    """The metric that the services export."""
    unit: Text = "1"
    """Unit as dashboards know it; `1` for a plain count."""
    aim: float | None = None
    """The least that the owner aims at, in `unit`; a line on the dashboard, and no alert."""


class Logs(Setting):
    """What is kept of the system's logs."""

    retention_days: Days = Field(default=30, json_schema_extra=OVERRIDABLE)
    """Days that logs are kept: a month by default, long enough to look into a complaint."""
    audit_retention_days: Days = Field(default=365, json_schema_extra=OVERRIDABLE)
    """Days that the audit log is kept: a year by default, as auditors usually ask."""
    forbidden: list[Text] = Field(default_factory=list)
    """Patterns that must not occur after a release."""


class RateLimit(Setting):
    """Requests that one client may make."""

    requests: Positive = Field(default=100, json_schema_extra=OVERRIDABLE)
    """Requests in one `window`; the next is answered with 429."""
    window: Duration = "60s"
    """Time after which counting begins anew."""


class GatewayRules(Setting):
    """How the gateway treats requests to the system."""

    timeout: Duration = Field(default="30s", json_schema_extra=OVERRIDABLE)
    """Time for an answer; then the visitor gets 504."""
    retries: Count = Field(default=2, json_schema_extra=OVERRIDABLE)
    """How often a failed request is tried anew, where that is safe: GET, HEAD and OPTIONS only."""
    maximum_body: Memory = Field(default="10Mi", json_schema_extra=OVERRIDABLE)
    """The largest request; a larger one is answered with 413."""
    origins: list[Name] = Field(default_factory=list)
    """Domains, by their key, whose pages may call the others from a browser (CORS); all of the system's own when empty."""


class Recovery(Setting):
    """What is promised after a disaster."""

    rto: Duration
    """Time until the system works again."""
    rpo: Duration
    """Time whose changes may be lost."""
    drill: OneOf["month", "quarter", "year"] = "quarter"
    """How often the failover is practised."""


class Maintenance(Setting):
    """What users see while the system is closed."""

    page: RelativeFile | None = None
    """The HTML file that is shown; by default a plain one made from `message`."""
    retry_after: Duration = "30m"
    """Told to clients with the 503."""
    duration: Duration | None = None
    """How long users are told that it lasts, with a buffer; by default the release's `expectedDuration`."""
    message: Text | None = None
    """One sentence for users, where there is no page."""


class Nodes(Setting):
    """The least that a cluster must have for the system."""

    count: Count = 3
    """Fewest nodes, so that zones and replicas can be spread."""
    cpu: Positive = 4
    """Cores a node."""
    memory: Positive = 16
    """GiB a node."""


class Budget(Setting):
    """What the system may cost."""

    monthly: Positive = Field(json_schema_extra=OVERRIDABLE)
    """US dollars a month."""
    expected: dict[str, float] = Field(default_factory=dict)
    """The owner's estimate, by part, in US dollars a month."""


class Compliance(Setting):
    """Rules that bind the system's data."""

    regulations: list[Text] = Field(default_factory=list)
    """Laws and norms that apply, such as GDPR."""
    regions: list[Text] = Field(default_factory=list)
    """Regions that personal data may be kept in; any when empty."""
    audit_log: bool = False
    """Whether who changed what is logged and kept for `logs.auditRetentionDays`."""
