"""Kinds of resources on which a cloud grants rights, and the checks that the clouds share."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from slipway.settings.finding import Finding, Found
from slipway.settings.grants import Grant
from slipway.settings.pointers import Path, dotted
from slipway.settings.stacks import DeployedSystem

NOWHERE = "this cloud grants no rights on resources of others"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of resource, the form of its id, and what each right on it is in the cloud's words."""

    name: str
    form: str
    example: str
    rights: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Actions, or names of roles, by right."""
    refused: str = ""
    """Why there is no right on it, and what to do."""
    accountless: bool = False
    """Whether the id leaves out the account of its owner."""


def kind_of(kinds: Sequence[Kind], resource: str) -> Kind | None:
    """Return the kind whose form an id has; paths of ids are the same in any case."""
    flags = re.IGNORECASE if resource.startswith("/") else 0
    return next((each for each in kinds if re.fullmatch(each.form, resource, flags)), None)


def findings(path: Path, system: DeployedSystem, kinds: Sequence[Kind], lacking: str | None) -> Found:
    """Yield the grants of a system at `path` that the cloud cannot give; `lacking` is why it gives none at all."""
    for service, declared in system.definition.services.items():
        first: dict[str, str] = {}
        for name, grant in declared.grants.items():
            key = ("services", service, "grants", name)
            for finding in _grant(key, grant, kinds, NOWHERE if not kinds and lacking is None else lacking):
                yield finding._replace(path=(*path, *finding.path), rule=f"has {dotted(key)} {finding.rule}")
            other = first.setdefault(_same(grant.resource or name), name)
            if other != name:
                rule = f"has {dotted(key)} on the resource of '{other}': name all rights on it there"
                yield Finding((*path, *key, "resource"), rule)


def _same(resource: str) -> str:
    return resource.lower() if resource.startswith("/") else resource


def _grant(key: Path, grant: Grant, kinds: Sequence[Kind], lacking: str | None) -> Found:
    if lacking is not None:
        if grant.resource is not None:
            yield Finding((*key, "resource"), f"with a resource, which is not available: {lacking}")
        return
    if grant.resource is None:
        yield Finding(key, f"without a 'resource' on this cluster: set it in the stack, for example {kinds[0].example}")
        return
    kind = kind_of(kinds, grant.resource)
    if kind is None:
        known = "; ".join(f"{each.name}: {each.example}" for each in kinds if each.rights)
        yield Finding((*key, "resource"), f"whose resource is not the id of one that this cloud can grant. {known}")
    elif kind.refused:
        yield Finding((*key, "resource"), f"on a {kind.name}, which cannot be granted: {kind.refused}")
    else:
        yield from _fits(key, grant, kind)


def _fits(key: Path, grant: Grant, kind: Kind) -> Found:
    for right in grant.may:
        if right not in kind.rights:
            yield Finding((*key, "may"), f"with '{right}' on a {kind.name}, whose rights are {', '.join(kind.rights)}")
    if grant.account is not None and not kind.accountless:
        yield Finding((*key, "account"), f"with an account, but the id of a {kind.name} names its owner: remove it")
