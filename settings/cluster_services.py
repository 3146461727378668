"""What a cluster runs besides its systems: gateway, certificates, metrics, alerts, logs."""

from __future__ import annotations

from typing import Literal as OneOf

from pydantic import Field

from settings.fields import Count, Days, Duration, Email, Gibibytes, HostPort, Positive, RegistryPath, Text, Url
from settings.setting import Setting

Presence = OneOf["installed", "present", "absent"]


class Controllers(Setting):
    """Who runs each controller: Slipway (`installed`), the cluster's owner (`present`), or nobody (`absent`): then its
    objects are made and nothing waits for what would come of them."""

    gateway: Presence = "installed"
    """Envoy Gateway, which brings visitors in."""
    certificates: Presence = "installed"
    """cert-manager, which gets and renews certificates."""
    dns: Presence = "installed"
    """external-dns, which writes the records of domains. A cluster without a cloud has none."""
    secrets: Presence = "installed"
    """External Secrets, which brings in what the cloud's store keeps. A cluster without a cloud needs none."""
    reloading: Presence = "installed"
    """Reloader, which rolls pods when a Secret that they read has changed."""
    queues: Presence = "installed"
    """RabbitMQ's Cluster Operator; only where a system has a queue in the cluster."""
    databases: Presence = "installed"
    """CloudNativePG; only where databases stand in the cluster."""
    documents: Presence = "installed"
    """MongoDB's community operator; only where document databases stand in the cluster."""
    metrics: Presence = "installed"
    """Prometheus' operator, with Alertmanager and Grafana."""
    logs: Presence = "installed"
    """Elastic's operator, with Elasticsearch, Kibana and an agent on each node."""


API_GROUPS = {
    "gateway": ("gateway.networking.k8s.io", "gateway.envoyproxy.io"),
    "certificates": ("cert-manager.io",),
    "secrets": ("external-secrets.io",),
    "queues": ("rabbitmq.com",),
    "databases": ("postgresql.cnpg.io", "barmancloud.cnpg.io"),
    "documents": ("mongodbcommunity.mongodb.com",),
    "metrics": ("monitoring.coreos.com",),
    "logs": ("elasticsearch.k8s.elastic.co", "kibana.k8s.elastic.co"),
}
"""What each controller looks after, by API group."""


class Mirrors(Setting):
    """Where charts and images of other projects come from, for clusters without a way to the internet."""

    charts: RegistryPath | None = None
    """An OCI registry that holds every chart by its name."""
    images: dict[Text, RegistryPath] = Field(default_factory=dict)
    """What takes the place of a registry's host, such as `docker.io: registry.example.com/dockerhub`."""
    digests: bool = True
    """Whether images are named by digest too. A mirror that packs images anew changes their digests."""


class Gateway(Setting):
    """The way in for visitors."""

    service: OneOf["LoadBalancer", "ClusterIP", "NodePort"] = "LoadBalancer"
    """The kind of Service that visitors reach; not LoadBalancer only where the cluster has none to give."""
    minimum: Count = 2
    """Fewest copies of the proxy. Two by default, so that one may be lost or moved."""
    maximum: Count = 10
    """Most copies."""
    trusted_hops: Count = 0
    """Proxies before the gateway whose X-Forwarded-For is believed; none by default, for visitors can write that too."""


class Certificates(Setting):
    """Who signs the certificates of domains."""

    issuer: OneOf["production", "staging", "self-signed"] = "production"
    """Let's Encrypt, its staging environment (for stacks that nobody visits: no limits, no trust), or the cluster."""
    email: Email | None = None
    """Who hears of certificates that are about to expire."""


class Alerting(Setting):
    """Who hears of alerts. Webhooks and keys are secrets: `slipway secrets set SLACK_URL --system monitoring-main`."""

    slack: bool = False
    """Whether alerts reach Slack, each in the channel of its system's owner (`owner.chat`)."""
    slack_channel: Text = "#alerts"
    """The channel of systems whose owner names none, and of the cluster's own alerts."""
    email: Email | None = None
    """Who hears of warnings of systems whose owner has no address, and of the cluster's own."""
    smtp: HostPort | None = None
    """The server that sends the mail; without one none is sent."""
    sender: Email = "alerts@example.com"
    """The sender of that mail."""
    pagerduty: bool = False
    """Whether critical alerts page somebody, by the contacts' levels of escalation."""
    dead_man_switch: bool = False
    """Whether a service outside is told every minute that alerting works, and raises the alarm when it is not."""
    runbooks: Url = "https://docs.example.com/slipway/alerts"
    """Where the pages of `docs/alerts/` are published: alerts link there."""
    repeat: Duration = "4h"
    """Time after which an alert that goes on is told again."""


RECEIVERS = {
    "SLACK_URL": ("slack", "Slack, incoming webhook of the workspace"),
    "PAGERDUTY_KEY": ("pagerduty", "PagerDuty, integration key of the service (Events API v2)"),
    "SMTP_PASSWORD": ("smtp", "The owner of the mail server"),
    "DEAD_MAN_URL": ("dead_man_switch", "The service that watches from outside, address of the check"),
}
"""Secrets of receivers: the setting that asks for each, and who issues it."""


class Monitoring(Setting):
    """Metrics and the alerts that come from them."""

    retention_days: Days = 15
    """Days that metrics are kept: two weekly cycles to compare with."""
    storage: Gibibytes = 50
    """GiB of each of Prometheus' two copies."""
    alerting: Alerting = Field(default_factory=Alerting)
    """Who hears of alerts."""


class Logging(Setting):
    """Where the logs of pods are kept; for how long stands in each system."""

    nodes: Count = 3
    """Nodes of Elasticsearch, over zones. Three by default, so that one may be lost."""
    storage: Gibibytes = 100
    """GiB a node."""
    memory: Positive = 4
    """GiB a node, half of it for Java's heap."""


class People(Setting):
    """Groups of the cluster's login (Entra object ids on Azure, Kubernetes groups of access entries on AWS) and what
    they may do in every system, besides the groups of each."""

    operators: list[Text] = Field(default_factory=list)
    """May see everything but secrets, restart and scale, and run jobs anew."""
    developers: list[Text] = Field(default_factory=list)
    """May see workloads and read their logs."""
    auditors: list[Text] = Field(default_factory=list)
    """May see who may do what and which rules hold; no logs."""


class ClusterServices(Setting):
    """What every cluster runs besides its systems."""

    controllers: Controllers = Field(default_factory=Controllers)
    """Who runs each controller."""
    mirrors: Mirrors = Field(default_factory=Mirrors)
    """Where charts and images of other projects come from."""
    gateway: Gateway = Field(default_factory=Gateway)
    """The way in for visitors."""
    certificates: Certificates = Field(default_factory=Certificates)
    """Who signs the certificates of domains."""
    monitoring: Monitoring = Field(default_factory=Monitoring)
    """Metrics and alerts."""
    logging: Logging = Field(default_factory=Logging)
    """Where logs are kept."""
    people: People = Field(default_factory=People)
    """Who may do what in every system."""
