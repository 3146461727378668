"""The spec of a Release and of an Approval, as the program writes them and the controller reads them.

Durations are seconds, as in Kubernetes (`activeDeadlineSeconds`); keys are camelCase there. The CRDs' schemas are
generated from these classes. An unknown key is ignored: during an upgrade, program and controller differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from typing import Literal as OneOf

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

GROUP, VERSION = "slipway.dev", "v1"
API_VERSION = f"{GROUP}/{VERSION}"
SLOTS = ("blue", "green")
BYPASS_HEADER = "x-slipway-bypass-token"
"""With the bypass token, smoke tests reach the slot that SLOT_HEADER names, during maintenance too."""
SLOT_HEADER = "x-slipway-slot"
"""Names the slot, in requests with the bypass token."""
UNUSED_HEADER = "x-slipway-unused"
"""Marks rules that do not apply in a state of a route; no value of it matches."""
RECOVERY = "Recovery"
"""Name of the attestation that a recovery drill succeeded; any system that declares `recovery` may have it."""

SlotName = OneOf["blue", "green"]
RouteKind = OneOf["HTTPRoute", "TLSRoute", "TCPRoute"]
ROUTE_KINDS: tuple[RouteKind, ...] = ("HTTPRoute", "TLSRoute", "TCPRoute")
"""Kinds of the Gateway API that lead visitors to a slot."""
Seconds = Annotated[int, Field(ge=0, le=315_360_000)]
"""Ten years at most, as in settings."""
Share = Annotated[int, Field(ge=0, le=100)]
"""Percent of visitors."""
Scalar = str | int | float | bool | None
AnyObject = Annotated[dict[str, Any], Field(json_schema_extra={"x-kubernetes-preserve-unknown-fields": True})]
"""A Kubernetes object or a part of one, whose own API server validates it."""


class Object(BaseModel):
    """A frozen part of a spec or a status."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True)

    def to_json(self) -> dict[str, Any]:
        """Return the object as Kubernetes stores it, without values that are the default."""
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=True)


class SecretKey(Object):
    """A value in a Secret of the same namespace."""

    secret: str
    """The Secret's name."""
    key: str
    """The key in its data."""


class Target(Object):
    """What visitors shall have."""

    slot: SlotName
    """The slot that shall be active."""
    version: str
    """The version in that slot, for people."""


class Hotfix(Object):
    """A release outside the window, with approvals of its own."""

    reason: str
    """Why it cannot wait."""


class ReleasedMigration(Object):
    """A migration whose Job runs between admission and promotion."""

    name: str
    """The migration's name."""
    job: str
    """The name of its Job in the release's namespace."""
    backup: str | None = None
    """The name of the backup's Job; none if no dump is made."""
    blocking: bool = True
    """Whether its failure ends the release."""
    compatible: bool = True
    """Whether the active version works afterwards. If not, a rollback includes the database."""
    reversible: bool = False
    """Whether it declares a rollback file."""
    verified: bool = False
    """Whether it declares queries that are verified again during the watch."""
    expected_seconds: Seconds | None = None
    """Measured duration, for announcements."""


class Window(Object):
    """When releases may start."""

    days: list[str] = Field(min_length=1)
    """Days of the week, such as `monday`."""
    start: str
    """`HH:MM` in `timeZone`."""
    duration_seconds: Seconds
    """Length. A release that would not end in it does not start."""
    time_zone: str = "UTC"
    """IANA name."""


class Step(Object):
    """A share of visitors for the candidate."""

    weight: Share
    """Percent of new visitors."""
    hold_seconds: Seconds
    """How long it is observed at least."""


class RequiredApproval(Object):
    """An approval that the release waits for."""

    role: str
    """Who approves."""
    when: OneOf["before", "migration", "go-live", "rollback", "hotfix", "sign-off"] = "before"
    """What waits for it: admission (`before`, `migration`, `hotfix`), the first visitor (`go-live`), a rollback that
    includes the database (`rollback`). `sign-off` is asked for after promotion, and nothing waits."""
    any_of: list[str] = Field(default_factory=list)
    """Roles of which one is enough, besides `role`."""


class RequiredAttestation(Object):
    """A manual check, whose evidence is linked in an Approval of kind `attestation`."""

    name: str
    """What is checked."""
    role: str
    """Who checks it."""
    when: OneOf["before", "after", "rolled-back"] = "before"
    """`before` admission waits for it; `after` and `rolled-back` are asked for, and nothing waits."""
    maximum_age_seconds: Seconds
    """Maximum age of the evidence."""
    steps: list[str] = Field(default_factory=list)
    """What to do, in order."""


class Evidence(Object):
    """Facts that admission waits for."""

    backup_seconds: Seconds | None = None
    """Maximum age of the newest verified backup of each database; not required without it."""
    restore_seconds: Seconds | None = None
    """Maximum age of the newest successful restore test of each database; not required without it."""
    databases: list[str] = Field(default_factory=list)
    """Databases whose backups count."""
    quiet: bool = True
    """Whether no critical alert of the system may fire."""
    images: list[str] = Field(default_factory=list)
    """Images of the candidate, complete with registry and tag or digest; each must be in its registry."""
    scan: OneOf["critical", "high", "medium", "low"] | None = None
    """The lowest severity of a finding of the registry's scan that is refused; none are read without it."""
    after: str | None = None
    """The stack whose release of the same version must have succeeded; its cluster's own answer is an Approval of kind
    `attestation` named `released on <stack>`."""


class HttpRequest(Object):
    """A request to the candidate through the gateway, by the bypass token."""

    host: str
    """Public host name."""
    path: str
    """Path; `{NAME}` is a value that an earlier check captured."""
    method: OneOf["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"] = "GET"
    """HTTP method."""
    query: dict[str, str] = Field(default_factory=dict)
    """Query parameters."""
    headers: dict[str, str] = Field(default_factory=dict)
    """Further headers."""
    secret_headers: dict[str, SecretKey] = Field(default_factory=dict)
    """Further headers, whose values are secret."""
    token: SecretKey | None = None
    """Sent as `Authorization: Bearer`."""
    cookies: dict[str, SecretKey] = Field(default_factory=dict)
    """Cookies by name."""
    body: AnyObject | None = None
    """JSON body."""


class Check(Object):
    """A smoke test."""

    name: str
    """Unique in the release."""
    request: HttpRequest
    """What is requested."""
    status: int = 200
    """Expected HTTP status."""
    json_equals: AnyObject = Field(default_factory=dict)
    """Expected values in the JSON response, by dotted path."""
    present: list[str] = Field(default_factory=list)
    """Dotted paths that the JSON response must have."""
    absent: list[str] = Field(default_factory=list)
    """Dotted paths that it must not have."""
    capture: dict[str, str] = Field(default_factory=dict)
    """Dotted paths of values that later checks use, by name."""
    response_headers: dict[str, str] = Field(default_factory=dict)
    """Expected response headers."""
    within_seconds: float | None = None
    """Maximum response time."""
    during_maintenance: bool = False
    """Whether it is meaningful while visitors see the maintenance page."""


class Load(Object):
    """Warm-up requests to the candidate."""

    request: HttpRequest
    """What is requested."""
    requests: int = Field(default=1000, ge=1)
    """How many."""
    concurrency: int = Field(default=10, ge=1)
    """How many at once."""
    p95_seconds: float
    """Maximum 95th percentile of the response time."""
    error_percent: float
    """Maximum share of responses with a status of 500 or above, or none."""


class ReleaseJob(Object):
    """A program that checks the system's data, as a Job that the controller creates."""

    name: str
    """Unique in the release."""
    when: list[OneOf["staging", "before", "after", "watch"]] = Field(default_factory=list)
    """`before`: at admission. `after`: before the candidate's first visitor. `watch`: at each verification."""
    job: AnyObject
    """The spec of a batch/v1 Job."""
    expect: str | None = None
    """Text that its log contains on success."""


class Analysis(Object):
    """What ends a release: figures of the gateway, per slot."""

    error_percent: float = Field(ge=0)
    """The objective: maximum share of responses with a status of 500 or above."""
    p95_seconds: float = Field(gt=0)
    """The objective: maximum 95th percentile of the response time."""
    rollback_error_percent: float | None = None
    """Share of errors that is a critical breach; by default five times `errorPercent`."""
    regression_percent: float | None = None
    """How much slower than the active slot the candidate may be; not compared without it."""
    minimum_requests: int = 300
    """Requests to the candidate without which no step passes."""
    forbidden_logs: bool = False
    """Whether an alert on forbidden log lines of the system ends the release."""


class SlotQueries(Object):
    """PromQL of one slot's figures over the last interval; each gives one number, or nothing without requests."""

    requests: str
    """Requests in the interval."""
    errors: str
    """Responses with a status of 500 or above, or none, in the interval."""
    p95: str
    """95th percentile of the response time in seconds."""


class Queries(Object):
    """PromQL of what the controller reads; the program knows metrics and labels."""

    interval_seconds: Seconds = 15
    """Interval of a sample."""
    slots: dict[SlotName, SlotQueries] = Field(default_factory=dict)
    """Figures by slot. Empty: the system has no requests, and steps pass on readiness and checks alone."""
    critical: str | None = None
    """The critical alerts that fire; their label `alertname` is their name."""
    forbidden_logs: str | None = None
    """The alerts on forbidden log lines that fire."""


class Watch(Object):
    """The time after promotion during which the former slot stays ready."""

    duration_seconds: Seconds = 86_400
    """How long."""
    verify_after_seconds: list[Seconds] = Field(default_factory=list)
    """When migrations are verified and `watch` Jobs run again, from promotion on."""


class Announcement(Object):
    """A message at one moment of the release."""

    when: OneOf["before", "start", "step", "done", "rolled-back", "hotfix"]
    """The moment."""
    ahead_seconds: Seconds | None = None
    """For `before`: how long before the start, if that is known."""
    audience: str
    """Whom, in words."""
    channels: list[OneOf["email", "chat", "status-page", "pager"]]
    """How."""
    email: str | None = None
    """Address of the audience."""
    subject: str | None = None
    """Subject of the email; generated by default."""
    text: str | None = None
    """The message with `{start}`, `{end}` and `{version}`; generated by default."""


class Review(Object):
    """A follow-up check, sent as a calendar entry when the version is promoted."""

    name: str
    """Title."""
    role: str | None = None
    """Who checks."""
    after_seconds: Seconds = 0
    """From promotion to the first check."""
    every_seconds: Seconds | None = None
    """Interval; once without it."""
    until_seconds: Seconds | None = None
    """From promotion to the end of repetition."""
    agenda: list[str] = Field(default_factory=list)
    """What to do, in order."""


class Channels(Object):
    """Where messages go. Addresses with credentials are values of Secrets in the controller's namespace."""

    email: str | None = None
    """The team's mailbox."""
    chat: str | None = None
    """The team's channel."""
    status_page: str | None = None
    """Address of the public status page."""
    release: str | None = None
    """Base URL of the documentation's page on releases."""


class RouteStates(Object):
    """A route in each of its states. The controller applies one; in `split` it sets the backends' weights of the
    rules whose names begin with `by-weight`. All states have the same rules with the same backends in the same order:
    the gateway applies a route before it knows a new backend, and answers 500 meanwhile."""

    kind: RouteKind = "HTTPRoute"
    """Its kind. Names of different kinds differ too."""
    name: str
    """Its name in the release's namespace."""
    labels: dict[str, str] = Field(default_factory=dict)
    """Its labels."""
    annotations: dict[str, str] = Field(default_factory=dict)
    """Its annotations."""
    blue: AnyObject
    """Its spec while blue has all visitors."""
    green: AnyObject
    """Its spec while green has all visitors."""
    split: AnyObject
    """Its spec while both have visitors."""
    closed: AnyObject
    """Its spec while visitors see the maintenance page; of a TLSRoute or TCPRoute, while connections are closed at once.
    """


class EdgeSite(Object):
    """A static site at a cloud's edge, whose state is a value in a key-value store."""

    name: str
    """The site."""
    store: str
    """ARN or name of the key-value store at the edge."""
    host: str | None = None
    """Public host name, which is asked whether it shows the maintenance page; not asked without it."""


class Workload(Object):
    """A consumer of queues or a schedule, which runs in the live slot only."""

    kind: OneOf["Deployment", "ScaledObject", "CronJob"]
    """Its kind."""
    names: dict[SlotName, str]
    """Its objects by slot. A Deployment is scaled to 0 where it is not live, a ScaledObject of KEDA paused with no pod, a
    CronJob suspended."""
    replicas: int = 1
    """Replicas of the Deployment where it is live."""


class ReleaseSpec(Object):
    """What the program wants, and everything that the controller needs to bring it about."""

    id: str = Field(min_length=8, max_length=16, pattern="^[0-9a-f]+$")
    """A hash of what makes a release: target, migrations, sites' artefacts, attempt. The gates are named by it."""
    system: str
    """The system's name."""
    stack: str
    """The stack's name."""
    attempt: int = Field(default=1, ge=1)
    """The stack's `attempt`, which repeats a release that was rolled back."""
    target: Target
    """What visitors shall have."""
    hotfix: Hotfix | None = None
    """Present for a release outside the window."""
    owner: str
    """The team."""
    migrations: list[ReleasedMigration] = Field(default_factory=list)
    """Migrations of this release, in order."""
    window: Window | None = None
    """When it may start; at any time without one."""
    expected_seconds: Seconds = 3600
    """Expected duration, for the window and announcements."""
    maintenance: bool = False
    """Whether visitors see the maintenance page from admission until promotion."""
    steps: list[Step] = Field(default_factory=list)
    """Shares of the candidate, increasing. Empty: all visitors at once."""
    roles: dict[str, list[str]] = Field(default_factory=dict)
    """Groups that may approve in a role. A role without groups: whoever RBAC lets create Approvals."""
    approvals: list[RequiredApproval] = Field(default_factory=list)
    """Approvals it waits for."""
    attestations: list[RequiredAttestation] = Field(default_factory=list)
    """Manual checks."""
    evidence: Evidence = Field(default_factory=Evidence)
    """Facts it waits for."""
    checks: list[Check] = Field(default_factory=list)
    """Smoke tests of the candidate, in order."""
    bypass: SecretKey | None = None
    """The token by which checks reach the candidate; none without routes."""
    gateway: str | None = None
    """Address of the gateway inside the cluster, as `host:port`; the hosts' own addresses without it."""
    load: list[Load] = Field(default_factory=list)
    """Warm-up requests."""
    jobs: list[ReleaseJob] = Field(default_factory=list)
    """Validations."""
    analysis: Analysis
    """What ends the release."""
    queries: Queries = Field(default_factory=Queries)
    """Where figures come from."""
    progress_seconds: Seconds = 3600
    """How long a step, the checks or the migrations may take beyond their holds; then the release is rolled back."""
    watch: Watch = Field(default_factory=Watch)
    """The time after promotion."""
    announcements: list[Announcement] = Field(default_factory=list)
    """Messages."""
    reviews: list[Review] = Field(default_factory=list)
    """Follow-up checks."""
    channels: Channels = Field(default_factory=Channels)
    """Where messages go."""
    deployments: dict[SlotName, list[str]] = Field(default_factory=dict)
    """Deployments of each slot, which must be available before the candidate's first visitor."""
    routes: list[RouteStates] = Field(default_factory=list)
    """Routes, which the controller alone writes."""
    sites: list[EdgeSite] = Field(default_factory=list)
    """Static sites at a cloud's edge."""
    workloads: list[Workload] = Field(default_factory=list)
    """What runs in the live slot only."""


class ApprovalSpec(Object):
    """Somebody's word. It never changes, and `by` is who the API server says created it."""

    release: str
    """Name of the Release."""
    id: str
    """The release's `spec.id`; a word on one release says nothing of another."""
    kind: OneOf["approval", "attestation"] = "approval"
    """What it is."""
    role: str
    """The role in which it is given."""
    when: str = "before"
    """The approval's `when`."""
    name: str | None = None
    """The attestation's name."""
    by: str
    """User name at the API server."""
    link: str | None = None
    """Where the evidence is; required for attestations."""
    comment: str | None = None
    """Anything else."""


def manifest(kind: str, namespace: str, name: str, spec: Object, metadata: Mapping[str, Any] = {}) -> dict[str, Any]:
    """Return the object for the API server."""
    return {
        "apiVersion": API_VERSION,
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace, **metadata},
        "spec": spec.to_json(),
    }
