"""CronJobs that restore the newest dump or archive, by what they test."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from adapters.cluster_objects import Match
from framework import Property, Resource

CRON_JOB = "kubernetes:batch/v1:CronJob"
SUFFIX = "-restore-test"


class RestoreTests:
    """The CronJobs whose names end like those of restore tests, by their dependencies, source, and name."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self._found: dict[str, list[Resource]] = defaultdict(list)
        for job in (each for each in resources if each.type == CRON_JOB):
            name, namespace = job["metadata"]["name"], job["metadata"]["namespace"].text
            if name.unknown or (name.text or "").endswith(SUFFIX):
                for key in (*job.dependencies, job.source, f"{namespace}/{name.text}"):
                    self._found[key].append(job)

    def of(self, *keys: str) -> Sequence[tuple[Match, Property]]:
        """Return whether each CronJob under one of `keys` tests anything, with the property that decides."""
        return [_runs(job) for key in keys for job in self._found.get(key, ())]


def named_after(claim: Resource) -> str:
    """Return the key of a CronJob that is called like the object and stands beside it."""
    metadata = claim["metadata"]
    return f"{metadata['namespace'].text}/{metadata['name'].text}{SUFFIX}"


def _runs(job: Resource) -> tuple[Match, Property]:
    """Return whether a CronJob is active; a suspended one tests nothing."""
    name, suspend = job["metadata"]["name"], job["spec"]["suspend"]
    if suspend.unknown or suspend.value is True:
        return (Match.MAYBE if suspend.unknown else Match.NO), suspend
    return (Match.MAYBE if name.unknown else Match.YES), name
