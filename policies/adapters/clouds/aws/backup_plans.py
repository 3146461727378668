"""AWS Backup: the plans and copies of a database's backups, its restore tests, and their schedules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from fnmatch import fnmatchcase

from adapters.clouds.aws.managed_databases import NAMES
from adapters.clouds.contract import Purpose, Schedules, Tests, Vaults, each_of
from adapters.cluster_objects import Match, Shortlist, same_text
from framework import Absence, Property, Resource

PLAN = "aws:backup/plan:Plan"
SELECTION = "aws:backup/selection:Selection"
TEST, TEST_PLAN = (
    "aws:backup/restoreTestingSelection:RestoreTestingSelection",
    "aws:backup/restoreTestingPlan:RestoreTestingPlan",
)


class _Selections:
    """The selections of plans or tests, by the databases that they may match."""

    def __init__(self, resources: Sequence[Resource], type_: str, arns: str) -> None:
        self._arns = arns
        found = [each for each in resources if each.type == type_]
        self._by_name = Shortlist(found, [_only_name(each[arns]) for each in found])

    def of(self, database: Resource) -> Iterator[tuple[Resource, Match, Property]]:
        """Return each selection that matches, or may match, the database, with the deciding ARN."""
        named = NAMES.get(database.type)
        if named is None:
            return
        identifier = database[named.identifier].text
        for each in self._by_name.sharing(None if identifier is None else [identifier]):
            if each.provider != database.provider:
                continue
            arns = each[self._arns]
            match, arn = max(
                ((_names(arn, database), arn) for arn in ([arns] if arns.unknown else arns.elements())),
                key=lambda found: found[0],
                default=(Match.NO, arns),
            )
            if match is Match.MAYBE and database.urn in each.dependencies:
                match = Match.YES
            if match is not Match.NO:
                yield each, match, arn


def _only_name(arns: Property) -> Sequence[str]:
    """Return the only identifier in a selection; None if it may match another database too."""
    texts = [each.text for each in arns.elements()]
    name = (texts[0] or "").rpartition(":")[2] if len(texts) == 1 else ""
    return [name] if name and "*" not in name else []


def _names(arn: Property, database: Resource) -> Match:
    named = NAMES.get(database.type)
    parts = (arn.text or "").split(":", 6)
    if arn.unknown:
        return Match.MAYBE
    if named is None or (arn.text != "*" and (len(parts) < 7 or parts[2] != "rds" or parts[5] not in (named.arn, "*"))):
        return Match.NO
    identifier = database[named.identifier]
    if identifier.text is None:
        return Match.MAYBE
    return Match.YES if fnmatchcase(identifier.text, parts[-1]) else Match.NO


class _Copies:
    """The vaults to which a stack's plans copy backups."""

    def __init__(self, resources: Sequence[Resource]) -> None:
        self._selections = _Selections(resources, SELECTION, "resources")
        self._plans = {each.urn: each for each in resources if each.type == PLAN}
        self._by_id = {each["id"].text or "": each for each in self._plans.values() if each["id"].text}

    def of(self, database: Resource) -> Iterator[tuple[Property, Property]]:
        """Return the region of the database and of each vault with a copy; an unknown one may be any."""
        for selection, match, arn in self._selections.of(database):
            if match is Match.MAYBE:
                yield arn, Property(Absence.UNKNOWN, f"resources of {selection.name}")
                continue
            home = arn if _region_of(arn) else database["arn"]
            for vault in self._vaults_of(selection):
                yield _region(arn if home.unknown and arn.unknown else home), _region(vault)

    def _vaults_of(self, selection: Resource) -> Iterator[Property]:
        plans = [self._plans[urn] for urn in selection.dependencies if urn in self._plans]
        by_id = self._by_id.get(selection["planId"].text or "")
        if not plans and not by_id and selection["planId"].unknown:
            yield selection["planId"]
        for plan in [by_id] if by_id else plans:
            for rule in each_of(plan["rules"]):
                for action in each_of(rule["copyActions"]):
                    yield action["destinationVaultArn"]


def _region_of(arn: Property) -> str:
    """Return the region in an ARN; empty if it has none."""
    parts = (arn.text or "").split(":")
    return parts[3] if len(parts) > 3 and parts[3] != "*" else ""


def _region(arn: Property) -> Property:
    return arn if arn.unknown else Property(_region_of(arn) or Absence.MISSING, arn.path)


def vaults(resources: Sequence[Resource]) -> Vaults:
    """Return the vaults with copies of a database's backups."""
    return _Copies(resources).of


def tests(resources: Sequence[Resource]) -> Tests:
    """Return the tests that match a database and restore its type."""
    selections = _Selections(resources, TEST, "protectedResourceArns")

    def of(database: Resource) -> Iterable[tuple[Match, Property]]:
        for test, named, _ in selections.of(database):
            service = Property(NAMES[database.type].service)
            yield min(named, same_text(test["protectedResourceType"], service)), test["protectedResourceArns"]

    return of


def _backups(plan: Resource) -> list[Property]:
    """Return the schedules of backups with copies or, without any, of all backups."""
    rules = list(plan["rules"].elements())
    copying = [each for each in rules if list(each["copyActions"].elements())]
    return [each["schedule"] for each in copying or rules]


def _one(key: str) -> Callable[[Resource], list[Property]]:
    return lambda resource: [resource[key]]


SCHEDULES = {PLAN: Schedules(_backups), TEST_PLAN: Schedules(_one("scheduleExpression"), Purpose.TEST)}
