"""Types that create pods, and the labels of their pods: from templates, or from an operator by the object's name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from framework import Property, Resource

Labels = Callable[[Resource], Property]


@dataclass(frozen=True)
class Pods:
    """The pods of one creator."""

    maker: Resource
    labels: Property


def _in(*path: str) -> Labels:
    def labels(maker: Resource) -> Property:
        found = maker.properties
        for key in (*path, "metadata", "labels"):
            found = found[key]
        return found

    return labels


def _named(label: str) -> Labels:
    def labels(maker: Resource) -> Property:
        name = maker["metadata"]["name"]
        return name if name.unknown else Property({label: name.value}, name.path)

    return labels


def _constant(**labels: str) -> Labels:
    named = {f"app.kubernetes.io/{name.replace('_', '-')}": value for name, value in labels.items()}
    return lambda _: Property(named)


LABELS: Mapping[str, Labels] = {
    "kubernetes:apps/v1:Deployment": _in("spec", "template"),
    "kubernetes:apps/v1:StatefulSet": _in("spec", "template"),
    "kubernetes:apps/v1:DaemonSet": _in("spec", "template"),
    "kubernetes:apps/v1:ReplicaSet": _in("spec", "template"),
    "kubernetes:core/v1:Pod": _in(),
    "kubernetes:rabbitmq.com/v1beta1:RabbitmqCluster": _named("app.kubernetes.io/name"),
    "kubernetes:postgresql.cnpg.io/v1:Cluster": _named("cnpg.io/cluster"),
    "kubernetes:postgresql.cnpg.io/v1:Pooler": _named("cnpg.io/poolerName"),
    "kubernetes:elasticsearch.k8s.elastic.co/v1:Elasticsearch": _named("elasticsearch.k8s.elastic.co/cluster-name"),
    "kubernetes:kibana.k8s.elastic.co/v1:Kibana": _named("kibana.k8s.elastic.co/name"),
    "kubernetes:gateway.envoyproxy.io/v1alpha1:EnvoyProxy": _constant(component="proxy", managed_by="envoy-gateway"),
}
"""Labels by the type that creates long-running pods."""


def pods_in(resources: Iterable[Resource]) -> Iterator[Pods]:
    """Return the pods of all resources that create some."""
    for each in resources:
        if each.type in LABELS:
            yield Pods(each, LABELS[each.type](each))
