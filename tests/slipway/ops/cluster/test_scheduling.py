"""Order, waits and failures, with a worker that is told what to answer."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest

from slipway.ops.cluster.api import ApiUnavailable
from slipway.ops.cluster.applying import Change
from slipway.ops.cluster.objects import Object
from slipway.ops.cluster.scheduling import Outcome, Schedule
from slipway.ops.cluster.verdict import READY, Verdict, failed, waiting
from slipway.ops.failure import CloudFailure
from tests.processes import TIMEOUT
from tests.slipway.ops.cluster.conftest import thing


@dataclass
class Script:
    """`broken` objects cannot be applied; the others are looked at until their verdicts are used up."""

    broken: Mapping[str, Exception] = field(default_factory=dict)
    verdicts: Mapping[str, list[Verdict]] = field(default_factory=dict)
    seconds: float = 60
    during: Callable[[str], object] = lambda urn: None
    events: list[str] = field(default_factory=list)

    def apply(self, target: Object) -> Change:
        self.events.append(f"apply {target.urn}")
        self.during(target.urn)
        if target.urn in self.broken:
            raise self.broken[target.urn]
        return Change.CREATED

    def check(self, target: Object) -> Verdict:
        left = self.verdicts[target.urn]
        verdict = left.pop(0) if len(left) > 1 else left[0]
        if verdict is READY:
            self.events.append(f"ready {target.urn}")
        return verdict

    def is_awaited(self, target: Object, change: Change) -> bool:
        return target.urn in self.verdicts

    def timeout(self, target: Object, change: Change) -> float:
        return self.seconds

    def explain(self, target: Object) -> tuple[str, ...]:
        return (f"last words of {target.urn}",)


def run(script: Script, **needs: str) -> tuple[Outcome, dict[str, list[str]]]:
    """Objects by name with what they need, separated by blanks."""
    events: defaultdict[str, list[str]] = defaultdict(list)
    objects = [thing(name, needs=words.split()) for name, words in needs.items()]
    return Schedule(objects, script, lambda target, line: events[target.urn].append(line)).run(), events


def test_each_object_comes_after_all_that_it_needs():
    script = Script()
    outcome, _ = run(script, d="b c", c="a", b="a", a="")
    assert script.events[0] == "apply a"
    assert script.events[-1] == "apply d"
    assert outcome.is_good
    assert set(outcome.changes) == {"a", "b", "c", "d"}


def test_independent_objects_are_applied_at_once():
    together = threading.Barrier(3, timeout=TIMEOUT)
    outcome, _ = run(Script(during=lambda urn: together.wait()), a="", b="", c="")
    assert outcome.is_good


def test_what_is_waited_for_holds_up_what_needs_it():
    script = Script(verdicts={"a": [waiting("0 of 1"), waiting("0 of 1"), READY]})
    outcome, output = run(script, a="", b="a")
    assert script.events == ["apply a", "ready a", "apply b"]
    assert output["a"] == ["created", "0 of 1", "ready"]
    assert outcome.is_good


def test_nothing_is_applied_after_what_failed_and_all_else_is():
    script = Script(broken={"a": CloudFailure("no")})
    outcome, output = run(script, a="", b="a", c="b", d="", e="c d")
    assert outcome.failures == {"a": "no"}
    assert outcome.skipped == {"b": "ConfigMap shop/a", "c": "ConfigMap shop/b", "e": "ConfigMap shop/c"}
    assert set(outcome.changes) == {"d"}
    assert output["a"] == ["failed: no"]
    assert not outcome.is_good


def test_an_object_that_fails_while_it_is_waited_for():
    outcome, _ = run(Script(verdicts={"a": [waiting("x"), failed("crashed")]}), a="", b="a")
    assert outcome.failures == {"a": "crashed"}
    assert set(outcome.skipped) == {"b"}


def test_no_wait_is_unbounded():
    outcome, _ = run(Script(verdicts={"a": [waiting("0 of 1 pods: ImagePullBackOff")]}, seconds=0.3), a="")
    assert outcome.failures == {"a": "not ready in time: 0 of 1 pods: ImagePullBackOff"}


def test_an_unreachable_cluster_ends_the_run_with_its_results():
    outcome, _ = run(Script(broken={"b": ApiUnavailable("gone")}), a="", b="a", c="b")
    assert (set(outcome.changes), outcome.away, outcome.is_good) == ({"a"}, "gone", False)


def test_what_was_waited_for_and_failed_is_explained():
    outcome, _ = run(Script(broken={"b": CloudFailure("no")}, verdicts={"a": [failed("crashed")]}), a="", b="")
    assert outcome.evidence == {"a": ("last words of a",)}


def test_an_error_of_ours_is_no_failure_of_the_cluster():
    with pytest.raises(ZeroDivisionError):
        run(Script(broken={"a": ZeroDivisionError()}), a="")


def test_objects_that_need_each_other_are_named():
    outcome, _ = run(Script(), a="b", b="a", c="")
    assert outcome.skipped == dict.fromkeys("ab", "a dependency cycle")
    assert set(outcome.changes) == {"c"}


def test_a_need_outside_the_cluster_binds_nothing():
    assert run(Script(), a="elsewhere")[0].is_good
