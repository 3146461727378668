"""How a system changes: migrations, and the steps of a release."""

from __future__ import annotations

from typing import Annotated
from typing import Literal as OneOf

from pydantic import Field

from settings.fields import (
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
)
from settings.setting import OVERRIDABLE, Setting

Moment = Annotated[
    str,
    Matching("a time before or after the start (0m, or a duration with + or -)", "-4h", r"0m|[-+][1-9][0-9]*[mhd]", 8),
]


class Query(Setting):
    """A statement and the answer that it must give."""

    name: Text
    """Shown in the report, so that a failure says what it found."""
    sql: Text
    """One statement, read as the backup role: it cannot change anything."""
    rows: Count | None = None
    """Rows that it returns."""
    equals: Scalar | None = None
    """The single value that it returns."""
    between: list[float] = Field(default_factory=list, max_length=2)
    """Lowest and highest single value."""


class Comparison(Setting):
    """A query asked before and after; the answers must agree."""

    name: Text
    """Shown in the report, so that a failure says what differs."""
    before: Text
    """The query whose answer is kept before the change."""
    after: Text | None = None
    """By default the same query."""
    tolerance: float = 0.0
    """Largest difference of two numbers that counts as equal."""


class Trigger(Setting):
    """A statement that must make a trigger act; it is undone."""

    name: Text
    """Shown in the report."""
    statement: Text
    """The insert or update, run in a transaction that is rolled back."""
    check: Text
    """A query that is true once the trigger acted."""


class Command(Setting):
    """A migration that a program of the system makes, such as prisma or knex."""

    service: Name
    """Whose image it runs in."""
    arguments: list[Text]
    """The program and its arguments, in place of the image's entry point."""


class Migration(Setting):
    """One change of a database, made once and in order."""

    name: MigrationName
    """Names its Job and its entry in the journal; never changed afterwards."""
    database: DatabaseName
    """The key in `databases` of the one that it changes."""
    sql: RelativeFile | None = None
    """The file that makes the change."""
    command: Command | None = None
    """The program that makes it, in place of a file."""
    version: Version | None = None
    """The first version that needs it."""
    description: Text | None = None
    """What it touches, for whoever approves it."""
    risk: OneOf["low", "medium", "medium-high", "high"] | None = None
    """How the owner judges it, for whoever approves it."""
    phase: OneOf["expand", "contract"] = "expand"
    """`contract` removes what no running version uses; it waits for `after`."""
    after: Version | None = None
    """The version below which no slot may run when a contract migration is made."""
    compatible: bool = True
    """Whether the version before it still works afterwards. If not: maintenance, no split weights, and a rollback
    includes the database."""
    blocking: bool = True
    """Whether a failure stops the release."""
    transactional: bool = True
    """Whether it is one transaction. Concurrent indexes cannot be."""
    preconditions: list[Query] = Field(default_factory=list)
    """Queries that must hold before anything is changed."""
    condition: Query | None = None
    """Made only when this holds, for example when a table is empty."""
    baseline: list[Comparison] = Field(default_factory=list)
    """Answers taken before it and compared after it, such as counts and sums."""
    verification: list[Query] = Field(default_factory=list)
    """Queries that must hold after it."""
    triggers: list[Trigger] = Field(default_factory=list)
    """Triggers that must act after it."""
    rollback: RelativeFile | None = None
    """The file that undoes it."""
    rolled_back: list[Query] = Field(default_factory=list)
    """Queries that must hold after `rollback`."""
    timeout: Duration = "15m"
    """Time after which it is ended and counts as failed."""
    lock_timeout: Duration = "1s"
    """How long a statement waits for a lock before it is tried again."""
    expected_duration: Duration | None = None
    """How long the owner measured it to take: told in announcements."""


class Window(Setting):
    """When a release may happen."""

    days: list[OneOf["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]] = Field(
        min_length=1
    )
    """Days of the week on which it opens."""
    start: TimeOfDay
    """When it opens, in `timeZone`."""
    duration: Duration
    """How long it is open; a release that would not end in it does not begin."""
    time_zone: TimeZone = Field(default="UTC", json_schema_extra=OVERRIDABLE)
    """Where its clock stands. UTC by default, which has no summer time."""


class Step(Setting):
    """A share of the visitors, held for a while."""

    weight: Percent
    """Percent of visitors that the candidate gets."""
    hold: Duration
    """Time in which it must prove itself."""


class Announcement(Setting):
    """What is told to whom."""

    when: OneOf["before", "start", "step", "done", "rolled-back", "hotfix"]
    """The moment of the release that it is sent at."""
    ahead: Duration | None = None
    """Time before the window, for `before`."""
    audience: Text
    """A key of `audiences`, or the audience in words."""
    channels: list[OneOf["email", "chat", "status-page"]]
    """Ways that it is sent."""
    subject: Text | None = None
    """Subject of the email; by default the system and the version."""
    text: Text | None = None
    """The message; `{start}`, `{end}` and `{version}` stand for those of the release. By default one made from it."""


class Approval(Setting):
    """Whose word a release waits for."""

    role: Text
    """Who approves."""
    when: OneOf["before", "migration", "go-live", "rollback", "hotfix", "sign-off"] = "before"
    """What waits for it: the release, its migrations, its visitors, a rollback, a hotfix, or its entry as done."""
    any_of: list[Text] = Field(default_factory=list)
    """Roles of which one suffices."""


class Load(Setting):
    """Requests sent to the candidate before users are."""

    domain: Name
    """The key in `domains` of the host that is asked."""
    path: UrlPath
    """The path that is asked."""
    requests: Positive = 1000
    """Requests in all."""
    concurrency: Positive = 10
    """Requests at the same time."""
    token: Variable | None = None
    """The secret that is sent as `Authorization: Bearer`."""
    p95: Duration = "200ms"
    """95 of 100 are answered within this, or the release stops."""
    error_percent: ErrorPercent | None = None
    """Share of requests that may fail, or the release stops; by default that of the objectives."""


class Rollback(Setting):
    """What ends a release."""

    error_percent: float | None = None
    """Share of failed requests that rolls back at once."""
    on: list[Text] = Field(default_factory=list)
    """Reasons to roll back at once, as the owner words them for the person who judges."""
    consider: list[Text] = Field(default_factory=list)
    """Reasons to weigh a rollback against a correction."""
    expected_duration: Duration | None = None
    """How long the owner measured it to take."""


class Watch(Setting):
    """The time after a release in which the old version stays ready."""

    duration: Duration = "24h"
    """How long the old version is kept at its size; a day by default, to see every daily job once."""
    verify_after: list[Duration] = Field(default_factory=list)
    """When the verification of migrations and the validations run again."""


class Activity(Setting):
    """An entry of the release's timetable."""

    at: Moment
    """When it begins, from the start of the release."""
    name: Text
    """What is done."""
    role: Text | None = None
    """Who does it or answers for it."""
    duration: Duration | None = None
    """How long the owner allows for it."""


class Review(Setting):
    """What people look at once a release is done, once or again and again."""

    name: Text
    """What the calendar calls it."""
    role: Text | None = None
    """Who looks."""
    after: Duration | None = None
    """Time after the release until the first one."""
    every: Duration | None = None
    """Time until the next one; without it there is one only."""
    until: Duration | None = None
    """Time after the release that ends them; without it those with `every` go on."""
    agenda: list[Text] = Field(default_factory=list)
    """What is looked at, in order."""


class Handover(Setting):
    """A version that the application's repository hands over by itself."""

    stack: Name
    """The stack whose version changes."""
    branch: Text | None = None
    """A merge to this branch hands over its commit."""
    tag: Text | None = None
    """A tag of this pattern hands itself over, such as `v*`."""


class Release(Setting):
    """How a version reaches its users."""

    steps: list[Step] = Field(default_factory=list, json_schema_extra=OVERRIDABLE)
    """Shares of visitors, growing; the last is 100. Empty: all at once, in maintenance."""
    maintenance: bool = False
    """Whether the system is closed while it changes."""
    window: Window | None = None
    """When releases may happen; at any time without one."""
    expected_duration: Duration | None = None
    """How long a release takes: told in announcements."""
    handovers: list[Handover] = Field(default_factory=list)
    """What makes a new version appear on a stack; without it people write it there."""
    timetable: list[Activity] = Field(default_factory=list)
    """Who does what when, for those who take part; the driver's own steps are in it for their times."""
    announcements: list[Announcement] = Field(default_factory=list)
    """What is told to whom, in the order of the moments."""
    approvals: list[Approval] = Field(default_factory=list)
    """Whose word it waits for."""
    load: list[Load] = Field(default_factory=list)
    """Requests sent to the candidate before users are."""
    rollback: Rollback = Field(default_factory=Rollback)
    """What ends a release."""
    watch: Watch = Field(default_factory=Watch)
    """The time after a release in which the old version stays ready."""
    reviews: list[Review] = Field(default_factory=list)
    """What people look at once a release is done."""
    audiences: dict[str, Email] = Field(default_factory=dict, json_schema_extra=OVERRIDABLE)
    """Addresses by audience."""
    status_page: Url | None = Field(default=None, json_schema_extra=OVERRIDABLE)
    """Where users read about it."""
