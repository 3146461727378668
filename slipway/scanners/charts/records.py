"""Records of a chart below `tests/charts/`: its keys, the objects that it renders with the values of the plans, and its
kinds. They are checked without Helm and without a network."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from slipway.rehearsal.plan import SECRET, UNKNOWN, Plan, Step
from slipway.scanners.charts import pod_security

FOLDER = Path(__file__).parents[3] / "tests" / "charts"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
RELEASE = "kubernetes:helm.sh/v3:Release"
NAMESPACES = ("kubernetes:core/v1:Namespace", "kubernetes:core/v1:NamespacePatch")

_AMOUNTS = frozenset(
    [
        "annotations",
        "customConfig",
        "data",
        "domainFilters",
        "externalLabels",
        "labels",
        "maxUnavailable",
        "minAvailable",
        "modules",
        "podLabels",
        "replicaCount",
        "replicas",
        "resources",
        "retention",
        "retentionSize",
        "storage",
        "storageSpec",
        "txtOwnerId",
        "value",
    ]
)
"""Keys of values for amounts, owners and names: they change neither the rights of a pod nor the kinds of objects, so a
change of them needs no new record."""
_POD = ("hostNetwork", "hostPID", "hostIPC", "securityContext")
_CONTAINER = ("name", "image", "securityContext")


def reduced(values: Any) -> Any:
    """Return values without `_AMOUNTS`; values that are secret or not known yet become `unknown`."""
    if isinstance(values, Mapping):
        return {key: reduced(value) for key, value in sorted(values.items()) if key not in _AMOUNTS}
    if isinstance(values, Sequence) and not isinstance(values, str):
        return [reduced(value) for value in values]
    return "unknown" if isinstance(values, str) and (SECRET in values or UNKNOWN in values) else values


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """The rendered output of one set of values."""

    values: Mapping[str, Any]
    """As `reduced` returns them."""
    objects: Mapping[str, int]
    """The number of objects of each kind."""
    pods: Mapping[str, Any]
    """The parts that the pod security standards check, by the workload's kind and name."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """The record of one chart."""

    version: str
    read_at: str
    """The version whose sources were available: at most the patch differs."""
    rendered: Sequence[Rendered]

    def of(self, values: Mapping[str, Any]) -> Rendered | None:
        """Return the output of the chart for the values of a plan; None if it is not recorded."""
        wanted = reduced(values)
        return next((each for each in self.rendered if each.values == wanted), None)


@cache
def read(chart: str) -> Record:
    """Return the record of a chart, which must not be changed."""
    content = yaml.load((FOLDER / "rendered" / f"{chart}.yaml").read_text(), _LOADER)
    version = str(content["version"])
    rendered = [Rendered(**each) for each in content["rendered"]]
    return Record(version=version, read_at=str(content.get("read_at", version)), rendered=rendered)


def text(record: Record) -> str:
    """Return the text of the file for `read`."""
    read_at = {} if record.read_at == record.version else {"read_at": record.read_at}
    content = {"version": record.version, **read_at, "rendered": [vars(each) for each in record.rendered]}
    return yaml.dump(content, Dumper=_Plain, sort_keys=False, width=120)


class _Plain(yaml.SafeDumper):
    """Writes repeated values in full: an anchor would hide them from a reader."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def releases(plan: Plan) -> Iterator[Step]:
    return (step for step in plan.steps if step.type == RELEASE)


def levels(plan: Plan) -> dict[tuple[str, str], str]:
    """Return the pod security standard of each namespace, by its cluster (the provider) and name. None allows
    everything."""
    spaces = [step for step in plan.steps if step.type in NAMESPACES]
    return {
        (cluster(step), step.inputs["metadata"]["name"]): step.inputs["metadata"]
        .get("labels", {})
        .get(pod_security.LABEL, pod_security.PRIVILEGED)
        for step in spaces
    }


def cluster(step: Step) -> str:
    """Return the cluster of an object: providers of systems have its name with a suffix."""
    return step.provider.rpartition("::")[0].rsplit("::", 1)[-1].removesuffix("-systems")


def templates(found: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the pods of a workload, or those that an operator creates from a template in its custom resource.
    CloudNativePG, its Barman plugin and Envoy Gateway add the fields that the standard `restricted` requires."""
    spec = found.get("spec") or {}
    match found["kind"]:
        case "Pod":
            return [found]
        case "Deployment" | "DaemonSet" | "StatefulSet" | "Job" | "ReplicaSet":
            return [spec["template"]]
        case "CronJob":
            return [spec["jobTemplate"]["spec"]["template"]]
        case "ScaledJob":
            return [spec["jobTargetRef"]["template"]]
        case "RabbitmqCluster":
            return [spec["override"]["statefulSet"]["spec"]["template"]]
        case "MongoDBCommunity":
            return [spec["statefulSet"]["spec"]["template"]]
        case "Elasticsearch":
            return [nodes["podTemplate"] for nodes in spec["nodeSets"]]
        case "Kibana":
            return [spec["podTemplate"]]
    return []


def relevant(pod: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parts of a template that the pod security standards check, and its images."""
    spec = pod["spec"]
    kept = {key: spec[key] for key in _POD if spec.get(key)}
    for kind in ("initContainers", "containers"):
        if spec.get(kind):
            kept[kind] = [_container(each) for each in spec[kind]]
    if spec.get("volumes"):
        kept["volumes"] = [{key: val if key == "name" else {} for key, val in each.items()} for each in spec["volumes"]]
    return {"spec": kept}


def _container(container: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: container[key] for key in _CONTAINER if container.get(key)}
    if ports := [{"hostPort": port["hostPort"]} for port in container.get("ports") or () if port.get("hostPort")]:
        kept["ports"] = ports
    for handler in ("livenessProbe", "readinessProbe", "startupProbe", "lifecycle"):
        if '"host":' in json.dumps(container.get(handler)):
            kept[handler] = container[handler]
    return kept
