"""Each controller that nobody runs, on each cloud: what needs it is refused, and without that the plan has nothing of it."""

from __future__ import annotations

import copy
import json
import re
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from slipway.cli.selection import select
from slipway.rehearsal import Step
from slipway.reports import existing
from slipway.settings.cluster_services import API_GROUPS, NAMESPACES, Controllers
from slipway.settings.load import load_stack
from slipway.settings.problems import InvalidSettings
from slipway.settings.project import find_project
from tests.components.system.test_programs import CLOUDS, STACK
from tests.forking import forked_workers
from tests.rehearsed import ROOT, Rehearsed
from tests.shared import shared
from tests.unwatched import unwatched

NAMES = tuple(Controllers.model_fields)
LISTED_BY_STACK = {"iam-trust", "image-pins", "image-registries"}
"""Rules that want accounts and registries of each stack by its name."""
WHOLE: dict[str, Any] = {
    "title": "Shop",
    "owner": {"team": "shop", "email": "shop@example.com"},
    "domains": {"web": "example.com"},
    "services": {
        "api": {
            "image": "api",
            "port": 3000,
            "metrics": {"path": "/metrics"},
            "routes": [{"domain": "web"}],
            "environment": {
                "KEY": {"secret": "KEY"},
                "ORDERS": {"database": "orders"},
                "PAPERS": {"database": "papers"},
                "JOBS": {"queue": "url"},
                "SESSIONS": {"cache": "sessions"},
            },
            "health": {"path": "/health"},
            "replicas": {"triggers": [{"queue": "jobs", "threshold": 5}]},
        }
    },
    "databases": {"orders": {}, "papers": {"engine": "mongodb"}},
    "queue": {"hosting": "cluster", "vhost": "shop", "queues": {"jobs": {}}},
    "caches": {"sessions": {}},
    "flags": {"fast": {}},
    "secrets": {"KEY": {"generated": 32}},
    "alerts": [{"name": "Jams", "summary": "Jams", "kind": "logs", "pattern": "jam", "above": 3}],
}
"""A system that needs every controller of a cluster of one's own."""
NEEDED = {
    "gateway": {*CLOUDS},
    "certificates": {*CLOUDS},
    "secrets": {"aws", "azure"},
    "queues": {*CLOUDS},
    "databases": {"local"},
    "mongodb": {"local"},
    "scaling": {*CLOUDS},
    "logs": {*CLOUDS},
}
"""Where that system needs a controller; databases and secrets of a public cloud are outside the cluster."""
OF_NODES = {"karpenter.sh", "eks.amazonaws.com"}
"""Groups that EKS in Auto Mode knows itself."""
PRESENT: dict[str, Any] = {
    "gateway": {"namespace": "entrance"},
    "certificates": {"namespace": "certificates"},
    "dns": {"namespace": "records"},
    "metrics": {"namespace": "observability", "labels": {}, "prober": "prober.observability.svc:9115"},
    "databases": {"namespace": "operators"},
    "scaling": {"namespace": "scalers"},
}
"""Where the owner's controllers run."""
REQUIRED = {"metrics": "monitoring.elsewhere", "logs": "logging.elsewhere"}
"""Keys that say who does what an absent controller would, in production."""


UNUSED = {("dns", "local"), ("secrets", "local")}
"""Controllers that no such cluster has, so that it does not matter who runs them."""


def definition(controller: str, cloud: str) -> dict[str, Any]:
    """The system without what needs the controller."""
    found = copy.deepcopy(WHOLE)
    found["domains"]["web"] = f"{controller}.{cloud}.example.com"
    if controller == "gateway":
        del found["domains"], found["services"]["api"]["routes"]
    read = found["services"]["api"]["environment"]
    if controller in ("certificates", "queues"):
        del found["queue"], read["JOBS"]
    if controller in ("certificates", "queues", "scaling"):
        del found["services"]["api"]["replicas"]
    if controller == "certificates" and cloud == "local":
        del found["caches"], read["SESSIONS"]
    if controller == "databases" and cloud == "local":
        del found["databases"]["orders"], read["ORDERS"]
    if controller == "mongodb" or cloud != "local":
        del found["databases"]["papers"], read["PAPERS"]
    if controller == "logs":
        del found["alerts"]
    return found


def cluster(controller: str, cloud: str, number: int) -> dict[str, Any]:
    """A cluster on which nobody runs the controller, where the stack says who does it instead."""
    found = copy.deepcopy(STACK[cloud])
    if cloud == "local":
        found["context"] = controller
    else:
        found["network"] = {"cidr": f"10.{20 + number}.0.0/16"}
        found |= {"monthlyBudget": 900, "billingContacts": ["billing@example.com"]}
    if cloud == "aws":
        found["imagePrefix"] = controller
    if cloud == "azure":
        found["budgetStart"] = "2026-11-01"
    found["controllers"] = {controller: "absent"}
    found["releases"] = {"image": f"registry.example.com/slipway:1.4.0@sha256:{'0' * 64}"}
    found |= {key: value for key, value in unwatched().items() if f"{key}.elsewhere" == REQUIRED.get(controller)}
    return found


def project(
    folder: Path, systems: Mapping[str, Any], clusters: Mapping[str, Any], environment: str = "production"
) -> Path:
    for room in ("components", "slipway", "__main__.py", "Pulumi.yaml", "policies"):
        (folder / room).symlink_to(ROOT / room)
    for name, content in systems.items():
        (folder / "systems" / name).mkdir(parents=True)
        (folder / "systems" / name / "system.yaml").write_text(json.dumps(content), "utf-8")
    config = {"slipway:environment": environment, "slipway:clusters": clusters}
    (folder / "Pulumi.test.yaml").write_text(json.dumps({"config": config}), "utf-8")
    return folder


def problems(controller: str, cloud: str, system: Mapping[str, Any], **settings: Any) -> list[str]:
    """What `slipway check` says of the system on such a cluster."""
    asked = {**cluster(controller, cloud, 0), "systems": {"shop": {"blue": {"version": "1.0.0"}}}, **settings}
    with tempfile.TemporaryDirectory() as made:
        folder = project(Path(made), {"shop": system}, {"main": asked})
        try:
            load_stack(find_project(folder), "test")
        except InvalidSettings as error:
            return [str(each) for each in error.problems]
    return []


def refused(found: list[str]) -> list[str]:
    """Those that are not of a controller which no cluster of one's own has."""
    return [each for each in found if "has no effect on a cluster of your own" not in each]


@shared
def planned(cloud: str) -> Rehearsed:
    """A cluster for each controller, without it and with all others, whose system is called like it."""
    clusters = {name: cluster(name, cloud, number) for number, name in enumerate(NAMES)}
    for name, settings in clusters.items():
        empty = name == "secrets" and cloud != "local"
        if name != "metrics" and not empty:
            settings["monitoring"] = {"alerting": {"slack": True, "escalation": False}}
        settings["systems"] = {} if empty else {f"of-{name}": {"blue": {"version": "1.0.0"}}}
    with tempfile.TemporaryDirectory() as made:
        systems = {f"of-{name}": definition(name, cloud) for name in NAMES}
        selection = select(project(Path(made), systems, clusters, "staging"), "test", None)
        with forked_workers():
            return Rehearsed(selection.rehearse(policies=True), selection.stack)


@cache
def objects(cloud: str) -> Mapping[str, list[Step]]:
    """The Kubernetes objects by cluster."""
    found: dict[str, list[Step]] = {name: [] for name in NAMES}
    for step in planned(cloud).plan.steps:
        if step.type.startswith("kubernetes:"):
            found[step.provider.split("::")[3].removesuffix("-systems")].append(step)
    return found


def group(step: Step) -> str:
    return step.type.removeprefix("kubernetes:").partition("/")[0]


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("controller", NAMES)
def test_a_system_that_needs_it_is_refused(controller: str, cloud: str) -> None:
    """With the key of the stack, and what the system has; by nothing else."""
    found = problems(controller, cloud, WHOLE)
    if cloud in NEEDED.get(controller, ()):
        assert found
        assert all(f"'controllers.{controller}' is absent: set installed or present" in each for each in found), found
    else:
        assert found == []
    present = {controller: PRESENT[controller]} if controller in PRESENT else {}
    owned = {"controllers": {controller: "present"}, "present": present, "monitoring": {}, "logging": {}}
    if (controller, cloud) in (("databases", "aws"), ("databases", "azure")):
        del owned["present"]
    found = problems(controller, cloud, WHOLE, **owned)
    assert refused(found) == []
    assert bool(found) == ((controller, cloud) in UNUSED)


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("controller", PRESENT)
def test_where_the_owners_controller_runs_must_be_said(controller: str, cloud: str) -> None:
    """And of no other: nothing would refer to it."""
    found = problems(controller, cloud, WHOLE, controllers={controller: "present"}, monitoring={}, logging={})
    if (controller, cloud == "local") in (("databases", False), ("dns", True)):
        assert refused(found) == []
    else:
        (said,) = found
        assert (
            f"must say where the owner's controller runs, since 'controllers.{controller}' is present: set 'present.{controller}'"
            in said
        )
    section = {controller: PRESENT[controller]}
    (found,) = refused(problems(controller, cloud, WHOLE, controllers={}, present=section, monitoring={}, logging={}))
    assert f"but 'controllers.{controller}' is installed: set that to present, or remove this" in found


def test_a_prometheus_that_probes_nothing_is_refused() -> None:
    """Alerts on pages would have no data, nor those by labels that the program sets itself."""
    home = {"namespace": "observability", "labels": {"app.kubernetes.io/part-of": "metrics"}}
    found = problems(
        "metrics", "aws", WHOLE, controllers={"metrics": "present"}, present={"metrics": home}, monitoring={}
    )
    assert [each.split(": ")[1].removeprefix("clusters.main.") for each in found] == [
        'present.metrics.labels["app.kubernetes.io/part-of"]',
        "present.metrics",
    ]
    assert "for example blackbox-exporter.observability.svc:9115" in found[1]


def test_no_system_is_where_the_owners_controllers_run() -> None:
    home = {"namespace": "shop", "labels": {}, "prober": "prober.shop.svc:9115"}
    (found,) = problems(
        "metrics", "aws", WHOLE, controllers={"metrics": "present"}, present={"metrics": home}, monitoring={}
    )
    assert "uses namespace 'shop', which is reserved for cluster services" in found


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize(("controller", "key"), REQUIRED.items())
def test_production_says_who_does_it_instead(controller: str, key: str, cloud: str) -> None:
    section = key.partition(".")[0]
    (found,) = problems(controller, cloud, definition(controller, cloud), **{section: {}})
    assert f"is absent: set '{key}', for example" in found
    elsewhere = {section: {"elsewhere": "Datadog"}, "controllers": {}}
    (found,) = problems(controller, cloud, WHOLE, **elsewhere)
    assert "set that to absent, or remove 'elsewhere'" in found


def test_alerts_that_nobody_sends_have_no_receiver() -> None:
    alerting = {"slack": True, "deadManSwitch": True, "escalation": False}
    monitoring = {"elsewhere": "Datadog", "alerting": alerting}
    found = problems("metrics", "aws", WHOLE, monitoring=monitoring)
    assert {each.split(": ")[1].rpartition(".")[2] for each in found} == {"slack", "deadManSwitch"}
    assert all("is for alerts, which nobody sends" in each for each in found)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_receivers_of_alerts_need_the_store_of_secrets(cloud: str) -> None:
    """Their addresses are supplied secrets of the cluster itself."""
    alerting = {"slack": True, "escalation": False}
    found = problems("secrets", cloud, WHOLE, monitoring={"alerting": alerting}, systems={})
    assert [each for each in found if "the cluster has secrets in the cloud's store" not in each] == []
    assert bool(found) is (cloud != "local")


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_page_shows_a_cluster_that_others_watch(cloud: str) -> None:
    """docs/adopt.md: its example, with a controller of releases."""
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "adopt.md").read_text("utf-8"), re.DOTALL)
    (example,) = (yaml.safe_load(each) for each in blocks if each.startswith("# monitoring and logs of others"))
    example["controllers"]["releases"] = "installed"
    example["releases"] |= cluster("metrics", cloud, 0)["releases"]
    assert problems("metrics", cloud, definition("logs", cloud), **example) == []


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_page_shows_controllers_of_the_owner(cloud: str) -> None:
    """docs/adopt.md: its example, with a system that needs everything."""
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "adopt.md").read_text("utf-8"), re.DOTALL)
    (example,) = (yaml.safe_load(each) for each in blocks if each.startswith("# controllers of the owner"))
    found = problems("metrics", cloud, WHOLE, monitoring={}, **example)
    assert refused(found) == []
    unused = ["controllers.dns", "controllers.secrets", "present.certificates.account", "present.dns"]
    assert [each.split(": ")[1].removeprefix("clusters.main.") for each in found] == (
        unused if cloud == "local" else []
    )


def test_a_preview_says_what_others_do() -> None:
    said = list(existing.lines(planned("local").stack))
    assert said == [
        "logs: logs of its systems: Loki, by the platform team",
        "metrics: alerts and dashboards of its systems: Datadog, by the platform team",
    ]


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_pack_is_pleased(cloud: str) -> None:
    found = [each for each in planned(cloud).findings if each.level == "mandatory"]
    assert [each.message for each in found if each.policy not in LISTED_BY_STACK] == []


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("controller", NAMES)
def test_nothing_of_it_is_in_the_plan(controller: str, cloud: str) -> None:
    """No object of its kinds, no namespace, no chart, and nobody who refers to its namespace."""
    steps = objects(cloud)[controller]
    assert steps
    assert not [step.urn for step in steps if group(step) in API_GROUPS.get(controller, ())]
    home = NAMESPACES.get(controller)
    if home is not None:
        reported = re.compile(
            rf'"(namespace|kubernetes.io/metadata.name)": "{home}"|\.{home}\.svc|metadata.name={home}\b'
        )
        texts = {step.urn: json.dumps(step.inputs, default=str) for step in steps}
        assert [urn for urn, text in texts.items() if reported.search(text)] == []
        spaces = {step.inputs["metadata"]["name"] for step in steps if step.type == "kubernetes:core/v1:Namespace"}
        assert home not in spaces


@pytest.mark.parametrize("cloud", CLOUDS)
def test_kinds_belong_to_a_controller_that_is_there(cloud: str) -> None:
    """Every custom resource is of a group whose controller the table names."""
    known = {each for groups in API_GROUPS.values() for each in groups}
    for controller, steps in objects(cloud).items():
        custom = {group(step) for step in steps if step.type.startswith("kubernetes:") and "." in group(step)}
        custom = {each for each in custom if not each.endswith(".k8s.io") or each.startswith("gateway.")}
        assert custom - OF_NODES - {"helm.sh"} <= known - set(API_GROUPS.get(controller, ()))


@pytest.mark.parametrize("cloud", CLOUDS)
def test_nobody_asks_for_what_an_absent_operator_would_read(cloud: str) -> None:
    """Charts have no monitors, alerts read no series that nobody exports, no exporter runs, and the dashboards are gone."""
    for step in objects(cloud)["metrics"]:
        values = json.dumps(step.inputs.get("values", {}))
        assert not re.search(r'"(service|pod)[mM]onitor": \{"enabled": true', values), step.urn
        assert (
            "grafana_dashboard" not in step.inputs["metadata"].get("labels", {}) if "metadata" in step.inputs else True
        )
        assert not step.name.endswith("-exporter")
    for controller, series in (("certificates", "certmanager_"), ("logs", "slipway_log_lines_total")):
        rules = [step for step in objects(cloud)[controller] if step.type.endswith(":PrometheusRule")]
        assert rules
        assert not [step.urn for step in rules if series in json.dumps(step.inputs)]


@pytest.mark.parametrize("cloud", ["aws", "azure"])
def test_nobody_has_rights_on_records_that_nobody_writes(cloud: str) -> None:
    types = ("aws:iam/role:Role", "azure-native:managedidentity:UserAssignedIdentity")
    roles = {step.name for step in planned(cloud).plan.steps if step.type in types}
    writers = ("external-dns", "cert-manager")
    found = {name: {each for each in writers if f"{name}-{each}" in roles} for name in NAMES}
    gone = {"dns": {"external-dns"}, "gateway": {"external-dns"}, "certificates": {"cert-manager"}}
    assert found == {name: {*writers} - gone.get(name, set()) for name in NAMES}


@pytest.mark.parametrize("cloud", CLOUDS)
def test_autoscalers_have_a_metrics_server_without_prometheus(cloud: str) -> None:
    charts = {step.inputs["name"] for step in objects(cloud)["metrics"] if step.type == "kubernetes:helm.sh/v3:Release"}
    assert ("metrics-server" in charts) is (cloud == "aws")
    assert "prometheus-operator-crds" not in charts
