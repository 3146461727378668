"""Pods that an operator or a chart creates: the settings in their objects, at any depth."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from adapters.pod_security import Problem, context_loosened, must_be, without
from framework import Property, Resource

RELEASE = "kubernetes:helm.sh/v3:Release"
Templates = Callable[[Property], Iterator[Property]]


def _at(*path: str) -> Templates:
    def templates(spec: Property) -> Iterator[Property]:
        found = spec
        for key in path:
            found = found[key]
        yield found

    return templates


def _node_sets(spec: Property) -> Iterator[Property]:
    sets = spec["nodeSets"]
    yield from (each["podTemplate"] for each in ([sets] if sets.unknown else sets.elements()))


TEMPLATES: Mapping[str, Templates] = {
    "kubernetes:rabbitmq.com/v1beta1:RabbitmqCluster": _at("override", "statefulSet", "spec", "template"),
    "kubernetes:mongodbcommunity.mongodb.com/v1:MongoDBCommunity": _at("statefulSet", "spec", "template"),
    "kubernetes:elasticsearch.k8s.elastic.co/v1:Elasticsearch": _node_sets,
    "kubernetes:kibana.k8s.elastic.co/v1:Kibana": _at("podTemplate"),
}
"""Pods whose restricted settings come only from their object."""
CONFINING = (
    "kubernetes:barmancloud.cnpg.io/v1:ObjectStore",
    "kubernetes:gateway.envoyproxy.io/v1alpha1:EnvoyProxy",
    RELEASE,
    "kubernetes:monitoring.coreos.com/v1:Alertmanager",
    "kubernetes:monitoring.coreos.com/v1:Prometheus",
    "kubernetes:monitoring.coreos.com/v1:ThanosRuler",
    "kubernetes:monitoring.coreos.com/v1alpha1:PrometheusAgent",
    "kubernetes:postgresql.cnpg.io/v1:Cluster",
    "kubernetes:postgresql.cnpg.io/v1:Pooler",
)
"""Operators and charts that restrict their pods by default; an object must not loosen that."""
OPERATED = (*TEMPLATES, *CONFINING)


def templates_of(resource: Resource) -> Iterator[Property]:
    """Return the pod templates that must set the whole standard explicitly."""
    if resource.type in TEMPLATES:
        yield from TEMPLATES[resource.type](resource["spec"])


def taken_back(resource: Resource, agent_folders: Sequence[str]) -> Iterator[Problem]:
    """Return the settings that loosen the standard, in any part of an object that resembles a pod's. A chart may allow
    an agent to read some directories of its node, as root if necessary."""
    if resource.type != RELEASE:
        yield from _below(resource["spec"])
        return
    said = list(_below(resource["values"]))
    read = [each for each, _ in said if each.path.endswith(".hostPath") and _within(each["path"], agent_folders)]
    for where, text in said:
        as_root = bool(read) and where.path.endswith((".runAsUser", ".runAsNonRoot"))
        if not as_root and where.path not in {each.path for each in read}:
            yield where, text


def _within(folder: Property, folders: Sequence[str]) -> bool:
    path = f"{(folder.text or '').rstrip('/')}/"
    return ".." not in path and any(path.startswith(f"{each.rstrip('/')}/") for each in folders)


def drivers_in(resource: Resource) -> Iterator[Property]:
    """Return the drivers of a pod's inline volumes, wherever they are declared."""
    if resource.type != RELEASE:
        part = resource["template"] if resource.type == "kubernetes:core/v1:PodTemplate" else resource["spec"]
        yield from (each["csi"]["driver"] for each in _volumes(part))


def _volumes(part: Property) -> Iterator[Property]:
    for key in part.keys:
        if key == "volumes":
            yield from (each for each in part[key].elements() if each["csi"].present and not each.unknown)
        elif part[key].mapping or part[key].listing:
            yield from _volumes(part[key])
    for each in part.elements():
        yield from _volumes(each)


def _below(part: Property) -> Iterator[Problem]:
    for key in part.keys:
        found = part[key]
        yield from _violations(key, found)
        yield from _below(found)
    for each in part.elements():
        yield from _below(each)


def _violations(key: str, found: Property) -> Iterator[Problem]:
    """Return the violations of one key of a pod, a container or a security context."""
    if found.unknown:
        return
    if key in ("hostNetwork", "hostPID", "hostIPC", "privileged") and isinstance(found.value, bool | str):
        yield from must_be(found, (False,), "must be false")
    elif key.lower().endswith("securitycontext"):
        yield from ((where, text) for where, text in context_loosened(found) if not where.path.endswith(".privileged"))
    elif key in ("seccompProfile", "appArmorProfile") and "ecurityContext" not in found.path:
        yield from must_be(found["type"], ("RuntimeDefault", "Localhost"), "must be RuntimeDefault or Localhost")
    elif key == "hostPath" and found.mapping:
        yield found, "is a hostPath"
    elif key in ("postgresUID", "postgresGID") and found.value == 0:
        yield found, "must not be root's"
    elif key == "ports":
        yield from (
            (where, text) for where, text in without(found, "hostPort", "must not be set") if text != "is not a list"
        )
