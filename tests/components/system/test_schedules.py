"""Schedules: CronJobs that run in the live slot only, with all that their service has."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import Any

import pytest

from slipway.cli.selection import select
from slipway.rehearsal import Plan, Step
from tests.forking import forked_workers
from tests.rehearsed import ROOT, Rehearsed
from tests.shared import shared

BY_HAND, RELEASED, CLOSED = "shop", "store", "stall"
"""The same system without the controller of releases, with it, and without it in maintenance."""
FILES = "    files: {/etc/api/rounding: half even, /etc/api/key: {secret: PAYMENTS_KEY}}\n"
"""Files of the service, beside what the page says of it."""
PODS = ("spec", "jobTemplate", "spec", "template")
RULES = {"workload-deadlines", "resource-options", "container-hardening", "network-isolation"}


@shared
def example() -> Rehearsed:
    """The system of docs/schedules.md, three times."""
    (text,) = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "schedules.md").read_text("utf-8"), re.DOTALL)
    text = text.replace("    calls: [users]\n", f"    calls: [users]\n{FILES}")
    system = {"active": "green", "blue": {"version": "1.0.0"}, "green": {"version": "1.1.0"}}
    cluster = {"cloud": "local", "registry": "registry.example.com"}
    released = {"controllers": {"releases": "installed"}, "releases": {"image": "registry.example.com/slipway:1.4.0"}}
    closed = {**system, "maintenance": True}
    clusters = {
        "one": {**cluster, "context": "one", "systems": {BY_HAND: system, CLOSED: closed}},
        "two": {**cluster, "context": "two", **released, "systems": {RELEASED: system}},
    }
    stack = {"config": {"slipway:environment": "local", "slipway:clusters": clusters}}
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for room in ("components", "slipway", "__main__.py", "Pulumi.yaml"):
            (folder / room).symlink_to(ROOT / room)
        for name in (BY_HAND, RELEASED, CLOSED):
            (folder / "systems" / name).mkdir(parents=True)
            (folder / "systems" / name / "system.yaml").write_text(text, "utf-8")
        (folder / "Pulumi.test.yaml").write_text(json.dumps(stack), "utf-8")
        selection = select(folder, "test", None)
        with forked_workers():
            return Rehearsed(selection.rehearse(policies=False), selection.stack)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return example().plan


def on(plan: Plan, system: str, kind: str, name: str) -> Step:
    (found,) = [each for each in plan.steps if each.type.endswith(f":{kind}") and each.name == f"{system}/{name}"]
    return found


def job_of(step: Step) -> dict[str, Any]:
    return step.inputs["spec"]["jobTemplate"]["spec"]


def container_of(step: Step) -> dict[str, Any]:
    (container,) = job_of(step)["template"]["spec"]["containers"]
    return container


def test_every_setting_reaches_the_cron_job(plan: Plan) -> None:
    """Its times, its deadlines in seconds, its history."""
    spec = on(plan, BY_HAND, "CronJob", "invoices-green").inputs["spec"]
    assert {key: value for key, value in spec.items() if key != "jobTemplate"} == {
        "schedule": "30 2 1 * *",
        "timeZone": "Europe/Berlin",
        "suspend": False,
        "concurrencyPolicy": "Forbid",
        "startingDeadlineSeconds": 1800,
        "successfulJobsHistoryLimit": 3,
        "failedJobsHistoryLimit": 3,
    }
    job = job_of(on(plan, BY_HAND, "CronJob", "invoices-green"))
    assert (job["backoffLimit"], job["activeDeadlineSeconds"]) == (1, 7200)
    cleanup = on(plan, BY_HAND, "CronJob", "cleanup-green").inputs["spec"]
    assert (cleanup["concurrencyPolicy"], cleanup["startingDeadlineSeconds"]) == ("Replace", 600)


def test_it_has_what_its_service_has(plan: Plan) -> None:
    """Image and settings of the slot's version, secrets by reference, its account and security; its own resources."""
    found, service = on(plan, BY_HAND, "CronJob", "invoices-blue"), on(plan, BY_HAND, "Deployment", "api-blue")
    (theirs,) = service.inputs["spec"]["template"]["spec"]["containers"]
    own = container_of(found)
    assert own["image"] == "registry.example.com/shop/api:1.0.0"
    for key in ("env", "envFrom", "securityContext", "volumeMounts"):
        assert own[key] == theirs[key]
    assert {"/etc/api/rounding", "/etc/api/key"} < {each["mountPath"] for each in own["volumeMounts"]}
    pod = job_of(found)["template"]["spec"]
    for key in ("serviceAccountName", "automountServiceAccountToken", "securityContext", "volumes"):
        assert pod[key] == service.inputs["spec"]["template"]["spec"][key]
    assert (own["command"], own["args"]) == (["bin/invoices"], ["--month", "last"])
    assert own["resources"]["limits"] == {"cpu": "1", "memory": "1Gi"}
    assert container_of(on(plan, BY_HAND, "CronJob", "cleanup-blue"))["resources"] == theirs["resources"]


def test_no_visitor_comes_to_its_pods(plan: Plan) -> None:
    """Neither the Service nor the Deployment of its service selects them."""
    labels = job_of(on(plan, BY_HAND, "CronJob", "invoices-green"))["template"]["metadata"]["labels"]
    selector = on(plan, BY_HAND, "Service", "api-green").inputs["spec"]["selector"]
    assert selector == on(plan, BY_HAND, "Deployment", "api-green").inputs["spec"]["selector"]["matchLabels"]
    assert not selector.items() <= labels.items()


def test_it_may_call_what_its_service_may_call(plan: Plan) -> None:
    """Its policy selects its pods and has the service's egress; what the service needs lets it in, in its slot alone."""
    policy = on(plan, BY_HAND, "NetworkPolicy", "invoices-green").inputs["spec"]
    labels = job_of(on(plan, BY_HAND, "CronJob", "invoices-green"))["template"]["metadata"]["labels"]
    own = policy["podSelector"]["matchLabels"]
    assert own.items() <= labels.items()
    assert policy["ingress"] == []
    assert policy["egress"] == on(plan, BY_HAND, "NetworkPolicy", "api-green").inputs["spec"]["egress"] != []
    callers = [
        peer["podSelector"]["matchLabels"]
        for rule in on(plan, BY_HAND, "NetworkPolicy", "users-green").inputs["spec"]["ingress"]
        for peer in rule["from"]
    ]
    assert own in callers
    assert (
        on(plan, BY_HAND, "NetworkPolicy", "invoices-blue").inputs["spec"]["podSelector"]["matchLabels"] not in callers
    )


@pytest.mark.parametrize(
    ("system", "blue", "green"), [(BY_HAND, True, False), (CLOSED, True, True), (RELEASED, True, True)]
)
def test_the_plan_runs_those_of_the_active_slot(plan: Plan, system: str, blue: bool, green: bool) -> None:
    """None in maintenance, and none before the controller of releases says so."""
    suspended = {
        slot: on(plan, system, "CronJob", f"{name}-{slot}").inputs["spec"]["suspend"]
        for slot in ("blue", "green")
        for name in ("invoices", "cleanup")
    }
    assert suspended == {"blue": blue, "green": green}


def test_the_other_slot_is_suspended_first(plan: Plan) -> None:
    """A change of `active` never has both run."""
    before = set(on(plan, BY_HAND, "CronJob", "invoices-green").dependencies)
    assert on(plan, BY_HAND, "CronJob", "invoices-blue").urn in before
    assert on(plan, BY_HAND, "Deployment", "api-green").urn in before


def test_the_controller_of_releases_alone_moves_them(plan: Plan) -> None:
    """The Release names those of both slots, an update leaves them as they are, and promotion waits for them."""
    workloads = on_release(plan)["workloads"]
    assert workloads == [
        {"kind": "CronJob", "names": {"blue": f"{name}-blue", "green": f"{name}-green"}}
        for name in ("cleanup", "invoices")
    ]
    candidate = on(plan, RELEASED, "CronJob", "invoices-green")
    assert candidate.state["ignoreChanges"] == ["spec.suspend"]
    assert "ignoreChanges" not in on(plan, BY_HAND, "CronJob", "invoices-green").state
    assert on(plan, RELEASED, "Job", "admit").urn in candidate.dependencies
    assert candidate.urn in on(plan, RELEASED, "Job", "promote").dependencies


def on_release(plan: Plan) -> dict[str, Any]:
    (found,) = [each for each in plan.steps if each.type.endswith("dev/v1:Release") and each.name == RELEASED]
    return {"workloads": sorted(found.inputs["spec"]["workloads"], key=lambda each: each["names"]["blue"])}
