"""Schedules of a system: programs that run at times, and not for visitors."""

from __future__ import annotations

from typing import Literal as OneOf

from pydantic import Field

from slipway.settings.fields import CronExpression, Duration, History, Name, Retries, Text, TimeZone
from slipway.settings.services import Resources
from slipway.settings.setting import OVERRIDABLE, Setting

SHORTEST_START = 10
"""Least seconds of a starting deadline. Source: Kubernetes, CronJob: the controller looks every ten seconds."""


class Schedule(Setting):
    """A program of a service's image that runs at times, in the live slot only: a CronJob in each slot."""

    service: Name
    """A key of the system's `services`, whose image, version, variables, secrets, identity and allowed calls it has."""
    command: list[Text] = Field(default_factory=list)
    """The program, such as `[bin/invoices]`; by default that of the service. It or `args` is required."""
    args: list[Text] = Field(default_factory=list)
    """Arguments of the program; none by default."""
    schedule: CronExpression = Field(json_schema_extra=OVERRIDABLE)
    """When it runs: minute, hour, day of the month, month and day of the week, as in cron."""
    time_zone: TimeZone = Field(default="Etc/UTC", json_schema_extra=OVERRIDABLE)
    """Time zone of `schedule`; UTC by default, whose clock never changes. Elsewhere a time that the change to summer
    time leaves out has no run."""
    concurrency: OneOf["Forbid", "Replace"] = "Forbid"
    """What happens to a run that is due while another one runs: `Forbid` skips it, `Replace` ends the other. Runs
    never overlap. By default `Forbid`, because the run that is under way must not lose its work."""
    starting_deadline: Duration = "10m"
    """How late a run may start, such as after an outage, before it counts as missed; at least 10s. Ten minutes by
    default, so that a run that nobody expects any more does not start."""
    deadline: Duration = "1h"
    """How long a run may take, with its retries; then it is stopped and has failed. An hour by default, so that one that
    hangs is noticed."""
    retries: Retries = 0
    """How often a failed run is tried again. None by default, because a program that failed half-way is not always safe to
    repeat; pods that are lost with their node are replaced in any case."""
    kept_successes: History = 3
    """Finished runs that are kept with their logs. Three by default: enough to compare."""
    kept_failures: History = 3
    """Failed runs that are kept with their logs. Three by default: enough to see whether it is always the same."""
    resources: Resources | None = Field(default=None, json_schema_extra=OVERRIDABLE)
    """Requests and limits of its pod; by default those of the service."""
