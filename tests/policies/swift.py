"""Many edits of a plan, each judged by the rules that can see it: the pack without a server, in a process of its own.

    python -m tests.policies.swift < QUESTION > ANSWER

What is asked and what is answered are pickled. A rule that does not cover the type of what an edit changes says the same as
before, so only those that do are run again; `test_mutations.py` asks the real server about whole plans.
"""

from __future__ import annotations

import gc
import json
import os
import pickle
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from slipway.rehearsal import exported
from slipway.rehearsal.exported import Exported
from tests.conftest import COLLECT_AFTER
from tests.policies.pack_under_test import PACK
from tests.policies.plan_under_test import DROPPED, SYSTEMS, Edit, configured, owner, recorded, requests_for
from tests.rehearsed import ROOT

Findings = set[tuple[str, str, str]]
"""Rule, resource and message."""


@dataclass(frozen=True)
class Addition:
    """A resource that was not there, with the provider and the parent of one that was."""

    type: str
    name: str
    inputs: Mapping[str, Any]
    like: tuple[str, str]
    """Type, of which the last part is enough, and name."""
    depends: tuple[tuple[str, str], ...] = ()
    """What it was made from, in the same form."""
    protect: bool = False
    """Whether Pulumi refuses to delete it."""

    def __str__(self) -> str:
        return f"{self.type} {self.name}: {dict(self.inputs)!r}"


Change = Edit | Addition | tuple[Edit | Addition, ...]
"""Several are one pull request."""


def broken(stack: str, changes: Sequence[Change]) -> list[set[str]]:
    """The rules that each change makes speak."""
    environment = {
        "PULUMI_STACK": stack,
        "PULUMI_PROJECT": "slipway",
        "PULUMI_CONFIG": json.dumps(dict(configured(stack))),
        "PULUMI_DRY_RUN": "true",
        "PYTHONPATH": os.pathsep.join([str(PACK), str(ROOT)]),
    }
    asked = pickle.dumps((recorded(stack), list(changes)))
    command = [sys.executable, "-m", "tests.policies.swift"]
    run = subprocess.run(command, input=asked, stdout=subprocess.PIPE, env={**os.environ, **environment}, cwd=ROOT)
    assert run.returncode == 0, f"the pack failed on an edit of {stack}"
    return pickle.loads(run.stdout)


class _Plan:
    def __init__(self, state: Exported) -> None:
        from pulumi_policy import EnforcementLevel

        import rules
        from framework import serving
        from framework.levels import configuration

        self._state = state
        self._config = configuration(rules.every())
        self._rules = [
            each
            for each in rules.every()
            if self._config[each.name]["enforcementLevel"] is not EnforcementLevel.DISABLED  # type: ignore[index]
        ]
        self._server = serving.SharedReading(
            "slipway", "0.1.0", [*self._rules], EnforcementLevel.MANDATORY, self._config
        )
        asked = exported.requests(state)
        self._requests = {each.urn: each for each in asked.together}
        # What a resource contains has its URN.
        self._together: dict[str, list[Any]] = defaultdict(list)
        for each in self._server._related(asked.together):
            self._together[each.urn].append(each)
        self._known: dict[tuple[str, str], Findings] = {}
        self._nearby: dict[str, list[Any]] = {}
        self._covered: dict[tuple[str, str], list[Any]] = {}

    def broken(self, change: Change) -> set[str]:
        """The rules that say of a changed plan what they do not say of the plan."""
        before: dict[str, Mapping[str, Any]] = {}
        after: dict[str, Mapping[str, Any] | None] = {}
        for each in change if isinstance(change, tuple) else (change,):
            if isinstance(each, Addition):
                added = self._added(each)
                after[added["urn"]] = added
            else:
                was = self._of(each.type, each.name)
                before[was["urn"]] = was
                after[was["urn"]] = each.applied(after.get(was["urn"]) or was)
        assert after != before, f"{change} changes nothing"
        return self._evaluated(list(before.values()), [each for each in after.values() if each is not None])

    def _evaluated(self, before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> set[str]:
        asked = requests_for(self._state, after)
        alone = {rule for each in asked.alone[-len(after) :] for rule, *_ in self._alone(each)} if after else set()
        together = [part for each in asked.together[-len(after) :] for part in self._whole(each)] if after else []
        return alone | self._news({each["urn"] for each in before}, together, before)

    def _of(self, type_: str, name: str) -> Mapping[str, Any]:
        found = [
            each
            for each in self._state.resources
            if each["type"].endswith(type_) and each["urn"].rpartition("::")[2] == name
        ]
        assert len(found) == 1, f"{len(found)} resources are {type_} {name}"
        return found[0]

    def _added(self, addition: Addition) -> dict[str, Any]:
        like = self._of(*addition.like)
        return {
            "urn": f"urn:pulumi:{self._state.stack}::{self._state.project}::{addition.type}::{addition.name}",
            "type": addition.type,
            "custom": True,
            "protect": addition.protect,
            "parent": like.get("parent"),
            "provider": like.get("provider", ""),
            "dependencies": [self._of(*each)["urn"] for each in addition.depends],
            "inputs": {key: value for key, value in addition.inputs.items() if value is not DROPPED},
        }

    def _whole(self, request: Any) -> list[Any]:
        """The resource, and what it contains."""
        found = self._server._related([request])
        return [replace(each, parent=request.parent, dependencies=frozenset(request.dependencies)) for each in found]

    def _alone(self, request: Any) -> Findings:
        found: Findings = set()
        for rule, resource in self._server._evaluated(request):
            found |= self._findings(rule, resource)
        return found

    def _news(self, gone: set[str], new: Sequence[Any], before: Sequence[Mapping[str, Any]]) -> set[str]:
        from framework.declaring import StackRule
        from framework.resources import unversioned

        types = {each.type for each in new} | {unversioned(each["type"]) for each in before}
        urns = {each.urn for each in new} | gone
        (system,) = {owner(each) if owner(each) in SYSTEMS else "" for each in urns} or {""}
        found = set[str]()
        for rule in (each for each in self._rules if isinstance(each, StackRule)):
            if any(rule.declaration.covers(each) for each in types):
                near = self._near(rule, system)
                if (rule.name, system) not in self._known:
                    self._known[rule.name, system] = self._findings(rule, near)
                resources = [each for each in near if each.urn not in gone]
                found |= (
                    {rule.name} if self._findings(rule, [*resources, *new]) - self._known[rule.name, system] else set()
                )
        return found

    def _near(self, rule: Any, system: str) -> list[Any]:
        """What the rule looks at of what is near to the system."""
        if (rule.name, system) not in self._covered:
            near = self._near_to(system)
            self._covered[rule.name, system] = [each for each in near if rule.declaration.covers(each.type)]
        return self._covered[rule.name, system]

    def _near_to(self, system: str) -> list[Any]:
        """What a rule may see a system's resources with: those of no system, and its own."""
        if system not in self._nearby:
            away = SYSTEMS - {system} if system else ()
            together = self._together.items()
            self._nearby[system] = [each for urn, found in together if owner(urn) not in away for each in found]
        return self._nearby[system]

    def _findings(self, rule: Any, subject: Any) -> Findings:
        from framework.verdicts import Advice

        found: Findings = set()
        settings = {key: each for key, each in self._config[rule.name].items() if key != "enforcementLevel"}  # type: ignore[union-attr]
        try:
            rule.evaluate(subject, settings, lambda message, urn=None: found.add((rule.name, urn or "", message)))
        except Advice as advice:
            found |= {(rule.name, urn, message) for urn, message in advice.reports}
        return found


def _main() -> None:
    gc.set_threshold(*COLLECT_AFTER)
    state, changes = pickle.load(sys.stdin.buffer)
    plan = _Plan(state)
    answer = pickle.dumps([plan.broken(each) for each in changes])
    sys.stdout.buffer.write(answer)


if __name__ == "__main__":
    from tests.policies import swift

    swift._main()
