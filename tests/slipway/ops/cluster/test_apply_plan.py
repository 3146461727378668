"""A whole run: what is asked of the cluster, whose objects are left alone, and what stays of a failure."""

from __future__ import annotations

import base64
from typing import Any, cast

import pytest

from slipway.ops.cluster.api import Api
from slipway.ops.cluster.apply_plan import ApplyResult, Cluster, DesiredState
from slipway.ops.cluster.differing import CHANGED, CREATED, PRUNED, REFUSED
from slipway.ops.cluster.marks import ANNOTATION, Mark
from slipway.ops.cluster.objects import Object
from tests.slipway.ops.cluster.conftest import thing
from tests.slipway.ops.cluster.memory import Memory

MARK = Mark("test", "main")
SHOP = "/api/v1/namespaces/shop"
NUMBER = 40


class Run:
    """Runs against one cluster in memory."""

    def __init__(self) -> None:
        self.memory, self.printed = Memory(), list[str]()
        self.cluster = Cluster(cast(Api, self.memory), self.printed.append)

    def apply(self, *objects: Object, mark: Mark = MARK, **more: Any) -> ApplyResult:
        self.memory.asked.clear()
        return self.cluster.apply(DesiredState(mark, objects, timeout=1, **more), "seed")

    def differences(self, *objects: Object, **more: Any) -> dict[str, tuple[str, tuple[str, ...]]]:
        self.memory.asked.clear()
        found = self.cluster.differences(DesiredState(MARK, objects, **more))
        assert not any(self.memory.asked[verb] for verb in ("apply", "create", "delete"))
        return {each.title: (each.sign, each.lines) for each in found}


@pytest.fixture
def run() -> Run:
    return Run()


def config(number: int, value: str = "1") -> Object:
    return thing(f"c{number}", data={"a": value})


def test_only_what_changed_is_read_and_applied(run: Run) -> None:
    """A second run lists kinds, and asks about no object that is as it was sent."""
    objects = [config(number) for number in range(NUMBER)]
    assert len(run.apply(*objects).outcome.changes) == NUMBER
    result = run.apply(*objects[1:], config(0, "2"))
    changed = [urn for urn, change in result.outcome.changes.items() if change.value == "changed"]
    assert changed == ["c0"]
    assert run.memory.objects[f"{SHOP}/configmaps/c0"]["data"] == {"a": "2"}
    assert run.memory.asked["apply"] == 1
    assert run.memory.asked["get"] < NUMBER / 2


@pytest.mark.parametrize("edit", [{"data": {"a": "by hand"}}, {"data": {}}])
def test_what_somebody_changed_is_restored(run: Run, edit: dict[str, Any]) -> None:
    run.apply(config(0))
    run.memory.put(f"{SHOP}/configmaps/c0", **edit)
    assert run.apply(config(0)).outcome.changes["c0"].value == "changed"
    assert run.memory.objects[f"{SHOP}/configmaps/c0"]["data"] == {"a": "1"}


def test_what_the_plan_no_longer_has_goes(run: Run) -> None:
    run.apply(config(0), config(1))
    result = run.apply(config(1))
    assert result.pruned is not None
    assert result.pruned.deleted == ["ConfigMap shop/c0"]


@pytest.mark.parametrize("kind", ["ConfigMap", "Secret"])
def test_what_others_manage_is_left_alone(run: Run, kind: str) -> None:
    """Another manager's value stays, unless it is said that it may be taken over."""
    path, value = f"{SHOP}/{kind.lower()}s/a", {"a": base64.b64encode(b"theirs").decode()}
    run.memory.put(path, data=dict(value), owners={"data.a": "pulumi"})
    wanted = thing("a", kind, data={"a": base64.b64encode(b"ours").decode()})
    refused = run.apply(wanted).outcome.failures["a"]
    assert refused == "another manager owns data.a from pulumi: pass --take-over to manage it with this stack"
    assert run.memory.objects[path]["data"] == value
    assert run.apply(wanted, take_over=True).is_good
    assert run.memory.objects[path]["data"] == wanted.body["data"]


@pytest.mark.parametrize(("annotations", "good"), [({}, False), ({"pulumi.com/patchForce": "true"}, True)])
def test_a_patch_forces_only_where_it_says_so(run: Run, annotations: dict[str, str], good: bool) -> None:
    """As Pulumi's provider does. It leaves no mark on the object, which stays when the patch goes."""
    path = f"{SHOP}/configmaps/a"
    run.memory.put(path, data={"a": "theirs"}, owners={"data.a": "kubectl"})
    assert run.apply(thing("a", patch=True, annotations=annotations, data={"a": "ours"})).is_good is good
    assert run.memory.objects[path]["data"]["a"] == ("ours" if good else "theirs")
    run.apply()
    assert path in run.memory.objects


def test_what_another_stack_applied_is_left_alone(run: Run) -> None:
    """It has our field manager, so the API server sees no conflict."""
    run.apply(config(0), mark=Mark("other", "main"))
    assert run.apply(config(0, "2")).outcome.failures["c0"].startswith("it belongs to the rehearsal of other/main")
    assert run.memory.objects[f"{SHOP}/configmaps/c0"]["data"] == {"a": "1"}


def test_a_field_of_ours_is_taken_back_but_for_a_secret_s(run: Run) -> None:
    for kind, good in (("ConfigMap", True), ("Secret", False)):
        first, path = thing("a", kind, data={"a": "MQ=="}), f"{SHOP}/{kind.lower()}s/a"
        assert run.apply(first).is_good
        run.memory.put(path, data={"a": "Mg=="}, owners={"data.a": "kubectl"})
        assert run.apply(thing("a", kind, data={"a": "Mw=="})).is_good is good
        del run.memory.objects[path]


def test_a_dry_run_reports_and_changes_nothing(run: Run) -> None:
    run.apply(config(0), config(1), config(2))
    run.memory.put(f"{SHOP}/configmaps/c4", data={"a": "theirs"}, owners={"data.a": "helm"})
    before = dict(run.memory.objects)
    found = run.differences(config(0), config(1, "2"), config(3), config(4))
    assert run.memory.objects == before
    assert found["ConfigMap shop/c0"] == (" ", ())
    assert found["ConfigMap shop/c1"] == (CHANGED, ("data.a: 1 → 2",))
    assert found["ConfigMap shop/c2"] == (PRUNED, ())
    assert found["ConfigMap shop/c3"] == (CREATED, ())
    assert found["ConfigMap shop/c4"][0] == REFUSED
    assert "data.a from helm" in found["ConfigMap shop/c4"][1][0]


def test_a_dry_run_shows_no_secret(run: Run) -> None:
    """Not in the Secret, and not where else it stands."""
    old, new = (base64.b64encode(text.encode()).decode() for text in ("open-sesame", "swordfish-1"))
    run.apply(thing("s", "Secret", data={"a": old}), thing("c", data={"url": "x:open-sesame@"}))
    found = run.differences(thing("s", "Secret", data={"a": new}), thing("c", data={"url": "x:swordfish-1@"}))
    assert found["Secret shop/s"] == (CHANGED, ("data.a: [secret] → [secret]",))
    assert found["ConfigMap shop/c"] == (CHANGED, ("data.url: x:[secret]@ → x:[secret]@",))


def failed_job(run: Run, name: str) -> None:
    label = {"batch.kubernetes.io/controller-uid": "u"}
    run.memory.put(
        f"/apis/batch/v1/namespaces/shop/jobs/{name}",
        spec={"selector": {"matchLabels": label}},
        status={"conditions": [{"type": "Failed", "status": "True", "message": "backoff limit"}]},
    )
    ended = {"exitCode": 1, "reason": "Error", "message": "cannot write"}
    run.memory.put(
        f"{SHOP}/pods/{name}-x",
        metadata={"labels": label},
        status={"phase": "Failed", "containerStatuses": [{"name": "main", "state": {"terminated": ended}}]},
    )
    run.memory.logs[f"{name}-x", "main"] = "connecting with hunter2hunter2\nno space left on device\n"


def job(name: str) -> Object:
    return thing(
        name, "Job", "batch/v1", spec={"selector": {"matchLabels": {"batch.kubernetes.io/controller-uid": "u"}}}
    )


def test_a_failure_says_why_and_its_words_are_kept(run: Run) -> None:
    """The log's last lines and the state's message, without values of Secrets; the words outlive the objects."""
    run.memory.put(f"{SHOP}/secrets/login", data={"p": base64.b64encode(b"hunter2hunter2").decode()})
    failed_job(run, "j1")
    result = run.apply(job("j1"), thing("after", needs=["j1"]))
    assert result.outcome.failures == {"j1": "the Job failed: backoff limit: main ended with status 1"}
    assert result.outcome.evidence["j1"] == (
        "j1-x/main: ended with status 1: cannot write",
        "  | connecting with [secret]",
        "  | no space left on device",
    )
    (words,) = run.memory.objects["/api/v1/namespaces/slipway-rehearsal/configmaps/slipway-rehearsal-failures"][
        "data"
    ].values()
    assert "no space left on device" in words
    assert "hunter2" not in words


def test_a_failed_job_stays_through_the_run_that_fixes_it(run: Run) -> None:
    failed_job(run, "j1")
    run.apply(job("j1"))
    result = run.apply(config(0))
    assert result.pruned is not None
    assert result.pruned.kept == {"Job shop/j1": "it failed: find out why; the next successful run deletes it"}
    result = run.apply(config(0))
    assert result.pruned is not None
    assert result.pruned.deleted == ["Job shop/j1"]


def test_a_route_is_awaited_for_its_own_generation_before_anything_goes(run: Run) -> None:
    """With its controller away the run fails, and what the plan no longer has stays."""
    path = "/apis/gateway.networking.k8s.io/v1/namespaces/shop/httproutes/web"
    parent = {"name": "shop", "sectionName": "web"}
    route = thing("web", "HTTPRoute", "gateway.networking.k8s.io/v1", spec={"parentRefs": [parent]})

    def seen(generation: int) -> None:
        conditions = [
            {"type": type_, "status": "True", "observedGeneration": generation}
            for type_ in ("Accepted", "ResolvedRefs")
        ]
        run.memory.put(
            path, status={"parents": [{"parentRef": parent, "conditions": conditions}]}, metadata={"generation": 4}
        )

    seen(4)
    assert run.apply(route, config(0)).is_good
    seen(1)
    result = run.apply(route)
    assert result.outcome.failures == {
        "web": "not ready in time: at shop/web: its controller has seen generation 1 of 4"
    }
    assert result.pruned is None
    assert f"{SHOP}/configmaps/c0" in run.memory.objects


def test_every_object_carries_its_mark(run: Run) -> None:
    run.apply(config(0))
    assert run.memory.objects[f"{SHOP}/configmaps/c0"]["metadata"]["annotations"][ANNOTATION] == "test/main"
