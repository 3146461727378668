"""The rules of a policy pack, as listed by the pack itself (`policies/catalogue.py`)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slipway.settings.problems import InvalidSettings, Place, Problem

TYPES_NAMED = 6
"""Types listed by name; more are counted. Chosen: a cell of a table."""
CLOUDS = {"aws": "AWS", "azure-native": "Azure", "kubernetes": ""}


@dataclass(frozen=True)
class Rule:
    """One rule; see `frame.Declaration` of the pack."""

    name: str
    description: str
    why: str
    clauses: Sequence[str]
    severity: str
    types: Sequence[str]
    of: str
    """Either `resource` or `stack`."""
    remedies: bool
    thresholds: Mapping[str, Mapping[str, Any]]
    """JSON Schemas by threshold."""
    levels: Mapping[str, str]
    """Levels by stack."""

    @property
    def applies(self) -> str:
        """Return the kinds of resources that it checks, in words."""
        if not self.types:
            return "every resource"
        kinds: dict[str, dict[str, None]] = defaultdict(dict)
        for each in self.types:
            package, module, kind = each.split(":")
            name = kind if package == "kubernetes" else f"{module.split('/')[0]} {kind}"
            kinds[CLOUDS.get(package, package)][name] = None
        few = len(self.types) <= TYPES_NAMED
        return ", ".join(_named(cloud, list(found), few=few) for cloud, found in kinds.items())


def _named(cloud: str, kinds: Sequence[str], *, few: bool) -> str:
    if few or len(kinds) == 1:
        return ", ".join(f"{cloud} {kind}".strip() for kind in kinds)
    return f"{len(kinds)} types of {cloud or 'Kubernetes'}"


@dataclass(frozen=True)
class Concern:
    """The rules of one file."""

    name: str
    about: str
    rules: Sequence[Rule]


DATA = "SLIPWAY_POLICY_DATA"
PROGRAM = "catalogue.py"


def has_one(pack: Path) -> bool:
    """Return whether the pack lists its rules: one that is not Slipway's need not."""
    return (pack / PROGRAM).is_file()


def read(pack: Path, stacks: Mapping[str, str], *, data: Path | None = None) -> list[Concern]:
    """Return all rules of the pack with their levels in these stacks, each with its environment; `data` is the folder
    of levels, if it is not the pack's own. Raises InvalidSettings."""
    program = subprocess.run(
        [sys.executable, PROGRAM, *map("=".join, stacks.items())],
        cwd=pack,
        env={**os.environ, **({DATA: str(data.resolve())} if data is not None else {})},
        capture_output=True,
        text=True,
        check=False,
    )
    if program.returncode:
        rule = program.stderr.strip().splitlines()[-1] if program.stderr.strip() else "does not list its rules"
        raise InvalidSettings([Problem(Place(pack.name), rule.removeprefix(f"{pack.name}/"))])
    document = json.loads(program.stdout)
    return [Concern(name, each["about"], [Rule(**rule) for rule in each["rules"]]) for name, each in document.items()]
