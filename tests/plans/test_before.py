"""The plans are those that they were before the code was reorganized, resource by resource.

`before.txt.gz` has a line for each resource of that day: the stack, a digest of the inputs of what is in a cloud (`-` for all
else, which has changed on purpose since), and the URN without its stack. Nothing may be gone but what has another name.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from pathlib import Path

import pytest

from tests.rehearsed import rehearsed

BEFORE = Path(__file__).parent / "before.txt.gz"
STACKS = ("local", "prod", "staging")
RENAMED = {
    "slipway:aws:BucketCopy": "slipway:aws:BucketReplica",
    "slipway:aws:ClosedBucket": "slipway:aws:PrivateBucket",
    "slipway:azure:Kept": "slipway:azure:BackupInstance",
    "slipway:cluster:Entrance": "slipway:cluster:Gateway",
    "slipway:system:Watching": "slipway:system:Observability",
}
"""Types of components that have another name since."""
MOVED = {
    "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute": lambda release: release["spec"].get("routes", []),
    "aws:cloudfront/keyvaluestoreKey:KeyvaluestoreKey": lambda release: release["spec"].get("sites", []),
}
"""Types of resources that the controller of releases writes since, and where the Release of their system names them."""
RELEASE = "kubernetes:slipway.dev/v1:Release"
CHANGED = {
    "aws:budgets/budget:Budget": "the marketplace's is what its plan costs, not what its runbook says (docs/cost.md)",
    "aws:cloudfront/function:Function": "the header of smoke tests has the field's word",
    "slipway:azure:BackupInstance$azure-native:authorization:RoleAssignment": "the vault's principal was an empty text",
}
"""Types of resources in a cloud, with those of their parents where it is about these, whose inputs are others since, and
why."""
_CONTENT = re.compile(r"-[0-9a-f]{8}$")
"""The end of a name that follows from what its resource does."""


def recorded(stack: str) -> dict[str, str]:
    """Digests by URN, under the names of today."""
    return {_renamed(urn): digest for digest, urn in _lines(stack)}


def _renamed(urn: str) -> str:
    types, _, name = urn.partition("::")
    return f"{'$'.join(RENAMED.get(each, each) for each in types.split('$'))}::{_CONTENT.sub('', name)}"


def planned(stack: str) -> dict[str, str]:
    return {
        _renamed(step.urn.split("::", 2)[2]): _digest(step.inputs)
        if step.type.startswith(("aws:", "azure-native:"))
        else "-"
        for step in rehearsed(stack).plan.steps
    }


def _digest(inputs: object) -> str:
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()[:12]


@pytest.mark.parametrize("stack", STACKS)
def test_nothing_is_gone_or_called_otherwise(stack: str) -> None:
    """By URN: what has another one is replaced, with what it holds. What visitors are led by is in Releases."""
    before = recorded(stack)
    assert len(before) > 700
    aliased = {urn for each in rehearsed(stack).rehearsal.old_urns.values() for urn in each}
    gone = before.keys() - planned(stack).keys() - {_renamed(urn.split("::", 2)[2]) for urn in aliased}
    assert {urn for urn in gone if _name(urn) not in led(stack).get(_type(urn), ())} == set()


def led(stack: str) -> dict[str, set[str]]:
    """Names of what the Releases of a stack lead visitors by, by type, as they were in a plan."""
    releases = [step for step in rehearsed(stack).plan.steps if step.type == RELEASE]
    return {
        type_: {f"{step.name}/{each['name']}" for step in releases for each in named(step.inputs)}
        for type_, named in MOVED.items()
    }


@pytest.mark.parametrize("stack", STACKS)
def test_what_is_in_a_cloud_has_the_inputs_that_it_had(stack: str) -> None:
    """But for the types that say why."""
    now = planned(stack)
    other = {urn for urn, digest in recorded(stack).items() if digest not in ("-", now.get(urn)) and urn in now}
    assert [urn for urn in sorted(other) if not urn.partition("::")[0].endswith(tuple(CHANGED))] == []


def test_every_rename_is_one() -> None:
    """No entry for a type that was not there, or is there still."""
    types = {each for stack in STACKS for _, urn in _lines(stack) for each in urn.partition("::")[0].split("$")}
    assert types >= RENAMED.keys()
    now = {step.type for stack in STACKS for step in rehearsed(stack).plan.steps}
    assert not now & RENAMED.keys()


def _lines(stack: str) -> list[tuple[str, str]]:
    """Digest and URN of each resource, as they were."""
    lines = [line.split(" ", 2) for line in gzip.decompress(BEFORE.read_bytes()).decode().splitlines()]
    return [(digest, urn) for of, digest, urn in lines if of == stack]


def _name(urn: str) -> str:
    return urn.partition("::")[2]


def _type(urn: str) -> str:
    return urn.partition("::")[0].rpartition("$")[2]
