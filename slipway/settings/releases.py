"""Changes of a system: migrations and releases."""

from __future__ import annotations

from typing import Annotated
from typing import Literal as OneOf

from pydantic import Field

from slipway.settings.fields import (
    Count,
    DatabaseName,
    Duration,
    Email,
    ErrorPercent,
    Matching,
    MigrationName,
    Name,
    Percent,
    Positive,
    RelativeFile,
    Scalar,
    Text,
    TimeOfDay,
    TimeZone,
    Url,
    UrlPath,
    Variable,
    Version,
    seconds,
)
from slipway.settings.setting import OVERRIDABLE, Setting
from slipway.settings.versions import reaches

WHOLE = 100
"""Percent of all visitors."""
Moment = Annotated[
    str,
    Matching("a time before or after the start (0m, or a duration with + or -)", "-4h", r"0m|[-+][1-9][0-9]*[mhd]", 8),
]


class Query(Setting):
    """A query and its expected result."""

    name: Text
    """Name in the report."""
    sql: Text
    """One statement, run as the read-only backup role."""
    rows: Count | None = None
    """Expected number of rows."""
    equals: Scalar | None = None
    """Expected single value."""
    between: list[float] = Field(default_factory=list, max_length=2)
    """Lowest and highest allowed value."""


class Comparison(Setting):
    """A query that runs before and after; the results must agree."""

    name: Text
    """Name in the report."""
    before: Text
    """The query that runs before the change."""
    after: Text | None = None
    """The query that runs after the change; by default the same."""
    tolerance: float = 0.0
    """Allowed difference of two numbers. None by default, because what is counted must agree."""


class Trigger(Setting):
    """A statement that must fire a trigger; it is rolled back."""

    name: Text
    """Name in the report."""
    statement: Text
    """The insert or update, run in a transaction that is rolled back."""
    check: Text
    """A query that is true once the trigger has fired."""


class Command(Setting):
    """A migration that a program of the system applies, such as prisma or knex."""

    service: Name
    """Whose image it runs in."""
    arguments: list[Text]
    """The program and its arguments, instead of the image's entry point."""


class AppliedAs(Setting):
    """The entry of a migration in the journal of the application's own tool, which would otherwise report drift."""

    tool: OneOf["prisma", "knex"]
    """Whose journal: the table `_prisma_migrations` or `knex_migrations` of the schema `public`, created if missing."""
    name: Text
    """The migration's name there: Prisma's folder, or Knex' file."""


class Migration(Setting):
    """A change of a database, applied once and in order."""

    def is_needed_by(self, version: str) -> bool:
        return self.version is None or reaches(version, self.version)

    @property
    def is_verified_again(self) -> bool:
        """Whether it declares what holds at any later time: queries and triggers of a file. A baseline is of its moment."""
        return self.command is None and bool(self.verification or self.triggers)

    name: MigrationName
    """Names its Job and its entry in the journal; never changed afterwards."""
    database: DatabaseName
    """The key in `databases` of the database that it changes."""
    sql: RelativeFile | None = None
    """The SQL file."""
    applied_as: AppliedAs | None = None
    """Its entry in the journal of the application's own tool. Written with the migration, removed with its rollback."""
    command: Command | None = None
    """The program that applies it, instead of a file."""
    backed_up_by: Text | None = None
    """The backup to restore the database from if Slipway makes no dump before the migration, as for document databases."""
    version: Version | None = None
    """The first version that requires it."""
    description: Text | None = None
    """For people: what it affects, for the approver."""
    risk: OneOf["low", "medium", "medium-high", "high"] | None = None
    """For people: the owner's risk assessment, for the approver."""
    phase: OneOf["expand", "contract"] = "expand"
    """`contract` removes what no running version uses any more; it requires `after`. By default `expand`, which every
    running version survives."""
    after: Version | None = None
    """The lowest version that slots may run when a contract migration is applied."""
    compatible: bool = True
    """Whether the previous version still works afterwards. If not, it needs maintenance and unsplit weights, and a
    rollback includes the database. On by default, so that the slots can run side by side."""
    blocking: bool = True
    """Whether a failure stops the release. On by default, because pods would meet a schema that they do not expect."""
    transactional: bool = True
    """Whether it runs in one transaction, which concurrent indexes cannot. On by default, so that a failure leaves
    nothing half-done."""
    preconditions: list[Query] = Field(default_factory=list)
    """Preconditions: queries that must hold before the change."""
    condition: Query | None = None
    """Applied only if this query holds, for example if a table is empty."""
    baseline: list[Comparison] = Field(default_factory=list)
    """Query results compared before and after, such as counts and sums."""
    verification: list[Query] = Field(default_factory=list)
    """Verification: queries that must hold afterwards."""
    triggers: list[Trigger] = Field(default_factory=list)
    """Triggers that must work afterwards."""
    rollback: RelativeFile | None = None
    """The SQL file that rolls it back."""
    rollback_verification: list[Query] = Field(default_factory=list)
    """Queries that must hold after the rollback."""
    timeout: Duration = "15m"
    """Timeout, after which it counts as failed. 15m by default, so that one that hangs is noticed within the
    release."""
    lock_timeout: Duration = "1s"
    """How long a statement waits for a lock before it is retried. 1s by default, so that visitors do not queue behind
    it."""
    expected_duration: Duration | None = None
    """Measured duration, used in announcements."""


class Window(Setting):
    """A release window."""

    days: list[OneOf["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]] = Field(
        min_length=1
    )
    """Days of the week on which it starts."""
    start: TimeOfDay
    """Start time, in `timeZone`."""
    duration: Duration
    """Length of the window; a release that would not end in it does not start."""
    time_zone: TimeZone = Field(default="UTC", json_schema_extra=OVERRIDABLE)
    """Time zone. UTC by default, which has no daylight saving time."""


class Step(Setting):
    """A step of the traffic split."""

    weight: Percent
    """Percentage of traffic for the candidate."""
    hold: Duration
    """How long the step is observed."""


class Announcement(Setting):
    """An announcement."""

    when: OneOf["before", "start", "step", "done", "rolled-back", "hotfix"]
    """The moment of the release at which it is sent."""
    ahead: Duration | None = None
    """Time before the window, for `before`."""
    audience: Text
    """A key of `audiences`, or the audience in words."""
    channels: list[OneOf["email", "chat", "status-page"]]
    """Channels."""
    subject: Text | None = None
    """Subject of the email; by default system and version."""
    text: Text | None = None
    """The message; `{start}`, `{end}` and `{version}` are replaced by those of the release. By default it is generated."""


class Approval(Setting):
    """An approval that a release waits for."""

    role: Text
    """Who approves."""
    when: OneOf["before", "migration", "go-live", "rollback", "hotfix", "sign-off"] = "before"
    """What requires it: the release, its migrations, traffic, a rollback, a hotfix, or completion. By default the
    release, the latest moment at which nothing has happened yet."""
    any_of: list[Text] = Field(default_factory=list)
    """Roles of which one can approve."""


class Load(Setting):
    """Warm-up requests to the candidate before it gets traffic."""

    domain: Name
    """The key in `domains` of the host to request."""
    path: UrlPath
    """The path to request."""
    requests: Positive = 1000
    """Total number of requests. 1000 by default, enough to fill caches and to measure a percentile."""
    concurrency: Positive = 10
    """Concurrent requests. 10 by default, so that the load warms the candidate and does not break it."""
    token: Variable | None = None
    """The secret to send as `Authorization: Bearer`."""
    p95: Duration = "200ms"
    """Maximum 95th percentile of the response time, or the release stops. 200ms by default, since warm-up requests are
    plain ones."""
    error_percent: ErrorPercent | None = None
    """Maximum error rate, or the release stops; by default that of the objectives."""


class Rollback(Setting):
    """Conditions for a rollback."""

    error_percent: ErrorPercent | None = None
    """Error rate that triggers an immediate rollback."""
    on: list[Text] = Field(default_factory=list)
    """For people: reasons for an immediate rollback, in the owner's words."""
    consider: list[Text] = Field(default_factory=list)
    """For people: reasons to consider a rollback or a fix."""
    expected_duration: Duration | None = None
    """For people: measured duration."""


class Watch(Setting):
    """The time after a release during which the old version stays ready."""

    duration: Duration = "24h"
    """How long the old version stays at its size; a day by default, so that every daily job runs once."""
    verify_after: list[Duration] = Field(default_factory=list)
    """When migration verification and validations run again."""


class Activity(Setting):
    """An entry in the release's timetable."""

    at: Moment
    """For people: start, relative to the start of the release."""
    name: Text
    """For people: the activity."""
    role: Text | None = None
    """For people: who is responsible."""
    duration: Duration | None = None
    """For people: planned duration."""


class Review(Setting):
    """A follow-up check after a release, once or repeated."""

    name: Text
    """Title of the calendar entry."""
    role: Text | None = None
    """The role that performs the check."""
    after: Duration | None = None
    """Time from the release to the first check."""
    every: Duration | None = None
    """Interval between checks; a single check without it."""
    until: Duration | None = None
    """Time after the release at which they end; without it, those with `every` continue."""
    agenda: list[Text] = Field(default_factory=list)
    """Steps, in order."""


class Promotion(Setting):
    """An automatic promotion of a version by the application's repository."""

    stack: Name
    """For people: the stack whose version changes."""
    branch: Text | None = None
    """For people: merges to this branch promote their commit."""
    tag: Text | None = None
    """For people: tags with this pattern are promoted, such as `v*`."""


class Release(Setting):
    """The release of a version."""

    steps: list[Step] = Field(default_factory=list, json_schema_extra=OVERRIDABLE)
    """Traffic shares of the candidate, increasing to 100. Empty: all at once, in maintenance."""
    maintenance: bool = False
    """Whether the system is in maintenance during the release."""
    window: Window | None = None
    """When releases may run; at any time without one."""
    expected_duration: Duration | None = None
    """Expected duration, used in announcements."""
    promotions: list[Promotion] = Field(default_factory=list)
    """For people, and for the application's own pipeline: what promotes a new version to a stack. Without it, people edit the
    stack's file."""
    timetable: list[Activity] = Field(default_factory=list)
    """For people: timetable for the participants, including automated steps."""
    announcements: list[Announcement] = Field(default_factory=list)
    """Announcements, in order."""
    approvals: list[Approval] = Field(default_factory=list)
    """Required approvals."""
    roles: dict[Text, list[Text]] = Field(default_factory=dict, json_schema_extra=OVERRIDABLE)
    """Groups of the identity provider whose members approve in a role, instead of those of `contacts`. In a role
    without groups, whoever may create Approvals in the namespace."""
    released_on: Name | None = Field(default=None, json_schema_extra=OVERRIDABLE)
    """The stack on which the same version must have been released before; ignored on that stack itself."""
    scan: OneOf["critical", "high", "medium", "low"] | None = Field(default=None, json_schema_extra=OVERRIDABLE)
    """The lowest severity of a finding of the registry's scan that stops the release; without it none does."""
    load: list[Load] = Field(default_factory=list)
    """Warm-up requests to the candidate before it gets traffic."""
    rollback: Rollback = Field(default_factory=Rollback)
    """Conditions for a rollback."""
    watch: Watch = Field(default_factory=Watch)
    """The time after a release during which the old version stays ready."""
    reviews: list[Review] = Field(default_factory=list)
    """Follow-up checks after a release."""
    audiences: dict[str, Email] = Field(default_factory=dict, json_schema_extra=OVERRIDABLE)
    """Addresses by audience."""
    status_page: Url | None = Field(default=None, json_schema_extra=OVERRIDABLE)
    """The public status page."""

    @property
    def expected_seconds(self) -> int:
        """Return the declared duration in seconds. Without one, it is the time until all visitors have the candidate,
        but at most half of the window, so that a release can begin in its first half."""
        if self.expected_duration is not None:
            return round(seconds(self.expected_duration))
        holds = sum(round(seconds(each.hold)) for each in self.steps if each.weight < WHOLE)
        return holds if self.window is None else min(holds, round(seconds(self.window.duration)) // 2)
