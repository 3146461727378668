"""Describes what happens when a difference is applied: the order, the dependencies, what is unavailable meanwhile, and
the release plans of systems with a new version, with their times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from slipway.rehearsal import Plan, Step, urns
from slipway.rehearsal.difference import Changed, Difference
from slipway.release.objects import API_VERSION
from slipway.reports import clocks, release_plan
from slipway.reports.grouped_findings import LocatedFinding
from slipway.reports.outline import SYSTEM_TYPE
from slipway.reports.words import many
from slipway.settings.one_off import SLOT
from slipway.settings.releases import Migration
from slipway.settings.services import SHARED
from slipway.settings.stacks import DeployedSystem, Stack

PODS = ("Deployment", "StatefulSet", "DaemonSet")
MIGRATION = "slipway.dev/migration"
"""Label of a migration's Job."""
GATE = "slipway.dev/gate"
"""Label of the Jobs that wait for a release."""
BACKED_UP = f"{MIGRATION}-backup"
NO_STORES = ("Namespace", "Secret")
"""Kinds that hold data but are not awaited."""
ROUTES = ("HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute")
RELEASE = f"kubernetes:{API_VERSION}:Release"
"""Type of the Release that a controller carries out."""


@dataclass(frozen=True)
class Stage:
    """Changes that are applied together; stages are in the order of application."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Moment:
    at: str
    """Time from the start of the release: `T+00:15`."""
    text: str


@dataclass(frozen=True)
class ReleasePlan:
    """The steps by which a version reaches its users, as the system declares them."""

    system: str
    version: str
    gates: tuple[str, ...]
    moments: tuple[Moment, ...]


@dataclass(frozen=True)
class Applied:
    """The effects of a difference. `down` lists what users cannot reach meanwhile, and why."""

    stages: tuple[Stage, ...] = ()
    down: tuple[str, ...] = ()
    releases: tuple[ReleasePlan, ...] = field(default_factory=tuple)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def applied(stack: Stack, plan: Plan, difference: Difference, findings: Sequence[LocatedFinding] = ()) -> Applied:
    """Return the effects, in the order of the stack's systems; `findings` includes those of migrations."""
    systems = {name: each for cluster in stack.clusters.values() for name, each in cluster.systems.items()}
    by_system = _by_system(difference, systems)
    touched = [
        _System(deployed, plan, by_system[name], findings) for name, deployed in systems.items() if by_system[name]
    ]
    stages = [*_foundation(by_system[""], stack), *(each.stage() for each in touched), *_deletions(difference)]
    down = [*_down(by_system[""]), *(line for each in touched for line in each.down())]
    releases = [release for each in touched for release in each.releases()]
    return Applied(tuple(stages), tuple(dict.fromkeys(down)), tuple(releases))


def system_of(urn: str, systems: Collection[str]) -> str:
    """Return the system of a resource, or an empty string: a part is below the system's component, and its name is
    `<system>/<part>`."""
    name = urns.name_of(urn).partition("/")[0]
    return name if name in systems and SYSTEM_TYPE in urns.qualified_type(urn).split("$") else ""


def _by_system(difference: Difference, systems: Mapping[str, object]) -> dict[str, list[Changed]]:
    found: dict[str, list[Changed]] = {name: [] for name in ("", *systems)}
    for each in difference.touched:
        found[system_of(each.urn, systems)].append(each)
    return found


def _foundation(touched: Sequence[Changed], stack: Stack) -> Iterator[Stage]:
    made = [each for each in touched if each.op != "delete"]
    if made:
        title, of = (
            ("Clouds and clusters", " of clouds, networks and clusters") if stack.clusters else ("Resources", "")
        )
        lines = [f"{many(len(made), 'resource')}{of}"]
        replaced = Counter(_kind(each) for each in made if each.op == "replace")
        if replaced:
            lines.append(
                f"replaces {', '.join(f'{count} {kind}' if count > 1 else kind for kind, count in replaced.items())}"
            )
        yield Stage(title, tuple(lines))


def _deletions(difference: Difference) -> Iterator[Stage]:
    gone = [each for each in difference.touched if each.op == "delete"]
    if gone:
        yield Stage("Last", (f"deletes {many(len(gone), 'resource')}, after their replacements exist",))


def _kind(each: Changed) -> str:
    return each.type.rsplit(":", 1)[-1]


def _down(touched: Sequence[Changed]) -> Iterator[str]:
    """Yield what is unavailable for a while or for good, in any system."""
    for each in touched:
        name = f"{_kind(each)} {each.name}"
        if each.holds_data and each.op == "delete":
            yield f"{name}, for good"
        elif each.holds_data and each.op == "replace":
            yield f"{name}, until it is replaced"
        elif each.holds_data and each.may_replace:
            yield f"{name}, if {', '.join(each.may_replace)} replaces it"
        elif each.restarted_by:
            yield f"{name}, while {', '.join(each.restarted_by)} is changed: minutes, or as long as its standby takes over"


class _System:
    """A system with changes in the difference."""

    def __init__(
        self, deployed: DeployedSystem, plan: Plan, touched: Sequence[Changed], findings: Sequence[LocatedFinding]
    ) -> None:
        self._deployed, self._plan, self._touched, self._findings = deployed, plan, touched, findings

    def stage(self) -> Stage:
        lines = [
            *self._closing(),
            *self._gates(),
            *self._data_stores(),
            *self._migrations(),
            *self._rolls(),
            *self._routes(),
        ]
        counted = len([each for each in self._touched if each.op != "delete"])
        said = len(lines)
        others = f"{many(counted, 'resource')} in all" if said else f"{many(counted, 'resource')}, and no pod restarts"
        return Stage(self._deployed.name, (*lines, others) if counted else tuple(lines) or ("deletes only",))

    def down(self) -> Iterator[str]:
        release = self._deployed.definition.release
        yield from _down(self._touched)
        if self._deployed.deployment.maintenance:
            expected = release.expected_duration
            yield f"{self._deployed.name}, closed until `maintenance` is taken out{f', expected: {expected}' if expected else ''}"
        if self._release() is not None and self._is_released() and release.maintenance:
            expected = f", expected: {release.expected_duration}" if release.expected_duration else ""
            yield f"{self._deployed.name}, closed from its admission until its promotion{expected}"
        for each, step in self._rolling():
            if each.op != "create" and (each.op == "replace" or _strategy(step) == "Recreate"):
                yield f"{_kind(each)} {each.name}, while its pods are recreated"

    def releases(self) -> Iterator[ReleasePlan]:
        """Yield a release plan for the slot that visitors shall have, or for each slot whose pods get another version where
        people release by hand."""
        moments = tuple(
            Moment(clocks.clock(each.offset), each.text)
            for each in release_plan.moments(self._deployed, self._pending())
        )
        gates = tuple(release_plan.gates(self._deployed))
        for slot in self._released_slots() if moments else ():
            version = self._deployed.deployment.slot(slot).version or ""
            yield ReleasePlan(self._deployed.name, f"{version} in {slot}", gates, moments)

    def _released_slots(self) -> Iterator[str]:
        if self._release() is not None:
            yield from [self._deployed.deployment.active] if self._is_released() else []
        else:
            slots = {_labels(step).get(SLOT, ""): None for each, step in self._rolling() if _images(each)}
            yield from (slot for slot in slots if slot not in ("", SHARED))

    def _release(self) -> Step | None:
        """Return the Release that the controller carries out; None where people release by hand."""
        steps = (each for each in self._plan.steps if each.type == RELEASE)
        return next((each for each in steps if system_of(each.urn, [self._deployed.name])), None)

    def _is_released(self) -> bool:
        """Return whether the Release is another one than before, which begins when the controller admits it."""
        changed = [each for each in self._touched if each.type == RELEASE and each.op != "delete"]
        return any(
            each.op == "create" or any(change.path == ("spec", "id") for change in each.changes) for each in changed
        )

    def _closing(self) -> Iterator[str]:
        if self._deployed.deployment.maintenance:
            yield "closed first: visitors see the maintenance page"

    def _data_stores(self) -> Iterator[str]:
        verbs = {"create": "creates", "import": "adopts", "replace": "replaces", "update": "changes"}
        for op, verb in verbs.items():
            stores = [
                each for each in self._touched if each.op == op and each.holds_data and _kind(each) not in NO_STORES
            ]
            if stores:
                yield f"{verb} {', '.join(f'{_kind(each)} {each.name}' for each in stores)}"

    def _migrations(self) -> Iterator[str]:
        for migration, step in self._migrating():
            yield self._migration(migration, step)

    def _pending(self) -> list[Migration]:
        return [migration for migration, _ in self._migrating()]

    def _migrating(self) -> Iterator[tuple[Migration, Step]]:
        """Yield the migrations whose Jobs are new."""
        declared = {each.name: each for each in self._deployed.definition.migrations}
        for each in self._touched:
            step = self._plan.by_urn.get(each.urn)
            name = _labels(step).get(MIGRATION) if step is not None and _kind(each) == "Job" else None
            if step is not None and name in declared and each.op in ("create", "replace"):
                yield declared[name], step

    def _migration(self, migration: Migration, step: Step) -> str:
        how = [
            *self._runs(migration, step),
            f"ends after {migration.timeout}",
            *([f"expected: {migration.expected_duration}"] if migration.expected_duration else []),
            *([f"risk: {migration.risk}"] if migration.risk else []),
            *([] if migration.compatible else ["the previous version does not work afterwards"]),
        ]
        blocks = "pods wait for it" if migration.blocking else "pods do not wait for it"
        return f"migrates {migration.database}: {migration.name}, {', '.join(how)}; {blocks}; lint: {self._lint(step)}"

    def _runs(self, migration: Migration, step: Step) -> Iterator[str]:
        """Yield what precedes the migration and how its statements run, which is unknown for a program."""
        if _metadata(step, "annotations").get(BACKED_UP) == "true":
            yield "after a verified backup"
        else:
            others = f" ({migration.backed_up_by.rstrip('.')})" if migration.backed_up_by else ""
            yield f"without a backup by Slipway{others}"
        if migration.command is not None:
            yield f"by a program of {migration.command.service}"
        else:
            yield "in one transaction" if migration.transactional else "statement by statement"
            yield f"waits {migration.lock_timeout} for a lock, then retries"

    def _lint(self, step: Step) -> str:
        found = [
            f"{each.finding.policy}: {each.text.splitlines()[0]}"
            for each in self._findings
            if each.finding.policy.startswith("migration-") and each.text and self._is_of(each, step)
        ]
        return "; ".join(found) or "nothing found"

    def _is_of(self, found: LocatedFinding, step: Step) -> bool:
        """Return whether a finding is about a migration: rules check its Job, or the ConfigMap with its files, which
        has the same name and parent."""
        about = [self._plan.by_urn.get(each.urn) for each in (found.finding, *found.others)]
        return any(each is not None and (each.name, each.parent) == (step.name, step.parent) for each in about)

    def _rolling(self) -> Iterator[tuple[Changed, Step]]:
        """Yield the workloads whose pods are new or replaced."""
        for each in self._touched:
            step = self._plan.by_urn.get(each.urn)
            template = any(change.path[:2] == ("spec", "template") for change in each.changes)
            if step is not None and _kind(each) in PODS and (each.op in ("create", "replace") or template):
                yield each, step

    def _rolls(self) -> Iterator[str]:
        for each, step in self._rolling():
            if each.op == "create":
                yield f"starts the pods of {_kind(each)} {each.name}"
            else:
                recreated = each.op == "replace" or _strategy(step) == "Recreate"
                how = "recreated, the old ones stop first" if recreated else "rolling update, none unavailable"
                yield f"rolls the pods of {_kind(each)} {each.name}: {how}"

    def _gates(self) -> Iterator[str]:
        """Yield what a new release waits for, and what waits for it."""
        found = [self._plan.by_urn.get(each.urn) for each in self._touched if each.op in ("create", "replace")]
        if any(_labels(step).get(GATE) == "admit" for step in found):
            yield (
                "waits for the release's window, approvals and evidence; backups, migrations and the candidate's pods "
                "come after, and the update ends when all visitors have the candidate, or fails with the reason"
            )

    def _routes(self) -> Iterator[str]:
        routes = [each for each in self._touched if _kind(each) in ROUTES and each.op != "delete"]
        if routes:
            yield f"changes routes: {', '.join(f'{_kind(each)} {each.name}' for each in routes)}"


def _metadata(step: Step | None, key: str) -> Mapping[str, Any]:
    metadata = step.inputs.get("metadata") if step else None
    found = metadata.get(key) if isinstance(metadata, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _labels(step: Step | None) -> Mapping[str, Any]:
    return _metadata(step, "labels")


def _strategy(step: Step) -> str:
    """Return how pods are replaced; a StatefulSet of one pod stops it before it starts the next."""
    spec = step.inputs.get("spec")
    if not isinstance(spec, Mapping):
        return ""
    if step.type.endswith(":StatefulSet") and spec.get("replicas") == 1:
        return "Recreate"
    strategy = spec.get("strategy")
    return str(strategy.get("type", "")) if isinstance(strategy, Mapping) else ""


def _images(each: Changed) -> bool:
    """Return whether the pods run another image."""
    return each.op == "create" or any(change.path[-1] == "image" for change in each.changes)
