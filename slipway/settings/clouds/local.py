"""A cluster of your own: its keys, and what it cannot do."""

from __future__ import annotations

from typing import Literal as OneOf

from pydantic import Field

from slipway.settings.clouds.base import CloudSettings
from slipway.settings.cluster_services import Certificates
from slipway.settings.cluster_settings import ClusterSettings
from slipway.settings.fields import StorageClass, Text, Url
from slipway.settings.inert import Inert


class LocalCluster(ClusterSettings):
    """An existing Kubernetes cluster from the kubeconfig."""

    cloud: OneOf["local"]  # pyright: ignore[reportIncompatibleVariableOverride]
    """Always `local`."""
    certificates: Certificates = Field(default_factory=lambda: Certificates(issuer="self-signed"))
    """Who signs the certificates of domains: by default the cluster itself, because no public CA could validate a domain."""
    context: Text | None = None
    """Context of the kubeconfig; by default the current one."""
    registry: Text = "localhost:5000"
    """Registry of the systems' images. By default the one that local clusters such as kind are usually given."""
    storage_class: StorageClass | None = None
    """Storage class of volumes; by default the cluster's own default."""
    postgres: OneOf["operator", "pod"] = "operator"
    """CloudNativePG, or, for tests, one plain pod without a standby and with dumps as its only backups. By default
    `operator`, which has backups and a standby."""
    object_store: Url | None = None
    """Address of the S3-compatible store for buckets and backups; network policies allow traffic to it. Address and
    keys are supplied in the Secret `object-store` of each namespace."""


def inside(settings: LocalCluster) -> frozenset[str]:
    """Return the stores that run in the cluster by an operator, or need its controllers; a plain pod needs none."""
    return frozenset({"mongodb", "cache"} | ({"postgres"} if settings.postgres == "operator" else set()))


_BILLS = "there is no bill"
_ONE_REGION = "there is one region only"
_BUCKETS = "the cluster's owner provides the bucket: ask them to set it up so in the store"
_POD = {"clusters.NAME.postgres": "pod"}
_MONGODB = {"databases.NAME.engine": "mongodb"}
_NO_DNS = "the cluster's owner manages DNS"
_CLASSES = "the cluster's owner decides where data is and who reads it"
CLOUD = CloudSettings(
    title="a cluster of your own",
    cluster=LocalCluster,
    inside=inside,
    lacks={
        "broker": "local has no managed RabbitMQ: set 'cluster'",
        "budgets": _BILLS,
        "buckets": "the cluster's owner provides them, in a store that speaks S3",
        "dns": "the cluster's owner manages DNS",
        "edge": "the gateway splits traffic",
        "fail-over": _ONE_REGION,
        "grants": "pods have no identity of a cloud here: name the resource in the stacks of clouds alone, not in the "
        "system, and supply what a program needs here as a secret",
        "identities": "pods get keys of the object store as variables",
        "queues": "no cloud runs them here: declare 'queue', which is RabbitMQ in the cluster",
        "second region": _ONE_REGION,
        "secrets": "they are in Kubernetes Secrets",
    },
    own_inert=(
        Inert("budget", _BILLS),
        Inert("buckets.NAME.copyToSecondRegion", _ONE_REGION),
        Inert("buckets.NAME.dataClass", _CLASSES),
        Inert("buckets.NAME.expireDays", _BUCKETS),
        Inert("buckets.NAME.versioned", _BUCKETS),
        Inert("caches.NAME.highAvailability", "a cache is one pod here"),
        Inert("compliance.regions", _CLASSES),
        Inert("databases.NAME.backup.copyToSecondRegion", _ONE_REGION),
        Inert("databases.NAME.dataClass", _CLASSES),
        Inert("databases.NAME.maximumStorage", "disks do not grow by themselves here: set 'storage'"),
        Inert("databases.NAME.replicaInSecondRegion", _ONE_REGION),
        Inert("nodes", "the cluster's owner adds nodes: ask them for as many and as large ones"),
        Inert("queue.size", "brokers run in the cluster here, with requests of their own"),
        Inert("recovery", _ONE_REGION),
        Inert("services.NAME.volumes.NAME.backup.copyToSecondRegion", _ONE_REGION),
        Inert("services.NAME.volumes.NAME.dataClass", _CLASSES),
        Inert("databases.NAME.backup.retentionDays", "dumps of a plain pod are kept as long as its bucket does", _POD),
        Inert("databases.NAME.deletionProtection", "a plain pod is for tests, and goes with its system", _POD),
        Inert("databases.NAME.highAvailability", "a plain pod has no standby", _POD),
        Inert("databases.NAME.pooling", "a plain pod has no pooler", _POD),
        Inert("databases.NAME.size", "a plain pod has fixed requests", _POD),
        Inert("databases.NAME.version", "a plain pod has one version", _POD),
        Inert("databases.NAME.restoreTest", "Slipway tests dumps of PostgreSQL alone", _MONGODB),
        Inert("clusters.NAME.controllers.dns", _NO_DNS),
        Inert("clusters.NAME.controllers.secrets", "secrets are in Kubernetes Secrets"),
        Inert("clusters.NAME.present.certificates.account", _NO_DNS),
        Inert("clusters.NAME.present.dns", _NO_DNS),
        Inert("clusters.NAME.present.scaling.account", "no cloud has queues that KEDA could ask with it"),
    ),
)
