"""AWS Backup: which plan copies a database's backups where, and which test restores them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from frame import Absence, Property, Resource
from kinds.cluster_objects import Match, Shortlist, same_text
from kinds.databases import DATABASES

PLAN = "aws:backup/plan:Plan"
SELECTION = "aws:backup/selection:Selection"
TEST = "aws:backup/restoreTestingSelection:RestoreTestingSelection"


class Selections:
    """What is selected for a plan or a test, found by the database that it may name."""

    def __init__(self, resources: Sequence[Resource], type_: str, arns: str) -> None:
        self._arns = arns
        found = [each for each in resources if each.type == type_]
        self._by_name = Shortlist(found, [_only_name(each[arns]) for each in found])

    def of(self, database: Resource) -> Iterator[tuple[Resource, Match, Property]]:
        """Each that names the database, or may, with the ARN that does so."""
        named = DATABASES[database.type].named if database.type in DATABASES else None
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
    """The one identifier that a selection names; none if it may mean another database too."""
    texts = [each.text for each in arns.elements()]
    name = (texts[0] or "").rpartition(":")[2] if len(texts) == 1 else ""
    return [name] if name and "*" not in name else []


def _names(arn: Property, database: Resource) -> Match:
    named = DATABASES[database.type].named
    parts = (arn.text or "").split(":", 6)
    if arn.unknown:
        return Match.MAYBE
    if named is None or (arn.text != "*" and (len(parts) < 7 or parts[2] != "rds" or parts[5] not in (named.arn, "*"))):
        return Match.NO
    identifier = database[named.identifier]
    if identifier.text is None:
        return Match.MAYBE
    return Match.YES if fnmatchcase(identifier.text, parts[-1]) else Match.NO


class Copies:
    """Where the plans of a stack copy backups to."""

    def __init__(self, resources: Sequence[Resource]) -> None:
        self._selections = Selections(resources, SELECTION, "resources")
        self._plans = {each.urn: each for each in resources if each.type == PLAN}
        self._by_id = {each["id"].text or "": each for each in self._plans.values() if each["id"].text}

    def of(self, database: Resource) -> Iterator[tuple[Property, Property]]:
        """The ARN that names the database and that of each vault with a copy; an unknown one may be any."""
        for selection, match, arn in self._selections.of(database):
            if match is Match.MAYBE:
                yield arn, Property(Absence.UNKNOWN, f"resources of {selection.name}")
                continue
            for vault in self._vaults_of(selection):
                yield arn, vault

    def _vaults_of(self, selection: Resource) -> Iterator[Property]:
        plans = [self._plans[urn] for urn in selection.dependencies if urn in self._plans]
        by_id = self._by_id.get(selection["planId"].text or "")
        if not plans and not by_id and selection["planId"].unknown:
            yield selection["planId"]
        for plan in [by_id] if by_id else plans:
            for rule in _listed(plan["rules"]):
                for action in _listed(rule["copyActions"]):
                    yield action["destinationVaultArn"]


def _listed(listing: Property) -> Iterator[Property]:
    """The elements of a list, or itself if it is unknown."""
    yield from [listing] if listing.unknown else listing.elements()


def region_of(arn: Property) -> str:
    """The region that an ARN names; empty if it names none."""
    parts = (arn.text or "").split(":")
    return parts[3] if len(parts) > 3 and parts[3] != "*" else ""


def restores(test: Resource, named: Match, database: Resource) -> Match:
    """Whether a restore test that names a database so restores that kind."""
    names = DATABASES[database.type].named
    service = names.service if names else ""
    return min(named, same_text(test["protectedResourceType"], Property(service)))
