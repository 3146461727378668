"""A stack on AWS as it would be once created: every name, id and ARN known, and so every policy as text.

A plan holds a policy over ARNs of things to come as unknown. Here Pulumi's mocks answer in the provider's place, in a
process of their own, since they stay in force in the process that sets them.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.shared import shared

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Resource:
    """One resource on AWS. `name` is the logical name; `inputs` are those of policies, of IAM, and any called `policy`."""

    type: str
    name: str
    id: str
    arn: str | None
    account: str
    inputs: Mapping[str, Any]
    unknown: Sequence[str]
    """Inputs made of outputs that are not known; `inputs` lacks them."""

    def text(self, key: str) -> str:
        """A policy or a name in an input. Raises ValueError where it depends on what the mocks do not answer."""
        text = self.inputs.get(key)
        if not isinstance(text, str):
            rule = "depends on an output that is not known; give it in ARNS or `_outputs` of resolved_program.py"
            raise ValueError(f"{self.type} {self.name}: {key}: {rule}")
        return text


@dataclass(frozen=True)
class Resolved:
    """What a stack has on AWS."""

    resources: tuple[Resource, ...]

    def of(self, *types: str) -> Iterator[Resource]:
        """Those of some types, such as `iam/role:Role`."""
        return (each for each in self.resources if each.type.removeprefix("aws:") in types)

    def one(self, type_: str, name: str) -> Resource:
        """The one with a type and a logical name."""
        found = [each for each in self.of(type_) if each.name == name]
        assert len(found) == 1, f"{len(found)} of {type_} {name}; there are {[each.name for each in self.of(type_)]}"
        return found[0]

    def arn(self, type_: str, name: str) -> str:
        arn = self.one(type_, name).arn
        assert arn is not None, f"{type_}: its ARN stands not in ARNS of resolved_program.py"
        return arn


@shared
def resolved(stack: str) -> Resolved:
    """A stack of the project. Raises CalledProcessError, with the program's traceback on stderr."""
    program = [sys.executable, "-m", "tests.components.clouds.resolved_program", stack]
    done = subprocess.run(program, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return Resolved(tuple(Resource(**each) for each in json.loads(done.stdout)))
