"""Cluster services: gateway, certificates, metrics, alerts, logs."""

from __future__ import annotations

from typing import Literal as OneOf

from pydantic import Field

from slipway.settings.fields import (
    Channel,
    Copies,
    Count,
    Days,
    Duration,
    Email,
    Gibibytes,
    HostPort,
    ImageReference,
    LabelKey,
    LabelValue,
    MemoryGibibytes,
    Name,
    RegistryPath,
    Text,
    Url,
)
from slipway.settings.setting import Setting, needs

Presence = OneOf["installed", "present", "absent"]


class Controllers(Setting):
    """Who runs each controller: Slipway (`installed`), the cluster's owner (`present`), or nobody (`absent`). Nothing is
    created for one that is `absent`, and what needs it is refused."""

    gateway: Presence = "installed"
    """Envoy Gateway, which routes traffic into the cluster; `absent` only where no service or site has visitors.
    Installed by default, since nothing reaches a system without it."""
    certificates: Presence = "installed"
    """cert-manager, which issues and renews certificates. With `absent` the owner supplies a Secret `<key>-tls` for each
    domain. Installed by default, because domains are served over TLS alone."""
    dns: Presence = "installed"
    """external-dns, which writes DNS records of domains. Not used on a local cluster. Installed by default, so that a
    domain needs no ticket."""
    secrets: Presence = "installed"
    """External Secrets, which syncs secrets from the cloud's store. Not used on a local cluster. Installed by default,
    because pods of a public cloud get their secrets by it."""
    reloading: Presence = "installed"
    """Reloader, which restarts pods when a Secret that they use changes; with `absent` they read it at their next start.
    Installed by default, so that a rotated secret takes effect by itself."""
    queues: Presence = "installed"
    """RabbitMQ's Cluster Operator; only if a system has a broker in the cluster. Installed by default, where one is
    needed."""
    databases: Presence = "installed"
    """CloudNativePG; only if a system has a database in the cluster. Installed by default, where one is needed."""
    mongodb: Presence = "installed"
    """MongoDB's community operator; only if a system has a document database in the cluster. Installed by default,
    where one is needed."""
    scaling: Presence = "installed"
    """KEDA, which scales by queues, metrics and hours; only if a service has `replicas.triggers`. A cloud that runs it as part
    of its cluster does so. Installed by default, where it is needed."""
    metrics: Presence = "installed"
    """Prometheus Operator, with Alertmanager and Grafana; with `present` the owner runs all three, with `absent` there
    are no metrics, alerts and dashboards. Installed by default, because alerts and releases are judged by it."""
    logs: Presence = "installed"
    """Elastic's operator. Slipway creates Elasticsearch, Kibana and an agent on each node, unless it is `absent`. Installed
    by default, so that the logs of a deleted pod can be read."""
    releases: Presence = "absent"
    """Slipway's own controller of releases, which moves visitors from slot to slot. With `absent`, people release by
    hand: with the slots' `weight` and with `maintenance`. Absent by default, because the controller needs an image:
    see `releases.image`."""


API_GROUPS = {
    "gateway": ("gateway.networking.k8s.io", "gateway.envoyproxy.io"),
    "certificates": ("cert-manager.io",),
    "secrets": ("external-secrets.io",),
    "queues": ("rabbitmq.com",),
    "databases": ("postgresql.cnpg.io", "barmancloud.cnpg.io"),
    "mongodb": ("mongodbcommunity.mongodb.com",),
    "scaling": ("keda.sh",),
    "metrics": ("monitoring.coreos.com",),
    "logs": ("elasticsearch.k8s.elastic.co", "kibana.k8s.elastic.co"),
    "releases": ("slipway.dev",),
}
"""The API groups of each controller, of which Slipway creates objects."""


class Home(Setting):
    """Where a controller runs."""

    namespace: Name
    """Its namespace, which exists. Without a default, because objects in another one would have no effect."""


class HomeOfPods(Home):
    """Where a controller runs that network policies let in."""

    pods: dict[LabelKey, LabelValue] = Field(
        default_factory=dict, examples=[{"app.kubernetes.io/managed-by": "envoy-gateway"}]
    )
    """Labels of its pods, to which alone network policies open; by default they open to all pods of its namespace."""


class HomeOfWriter(Home):
    """Where a controller runs that writes DNS records."""

    account: Name | None = Field(default=None, json_schema_extra=needs("dns"))
    """Its service account, which gets the right to write records of the systems' domains; by default named as its chart
    does, `cert-manager` or `external-dns`."""


class HomeOfScaler(HomeOfPods):
    """Where KEDA's operator runs."""

    account: Name | None = Field(default=None, json_schema_extra=needs("queues"))
    """Its service account, which gets the right to count messages in the queues that services scale by; by default named as
    its chart does, `keda-operator`."""


class HomeOfMetrics(HomeOfPods):
    """Where Prometheus runs, and what it selects."""

    labels: dict[LabelKey, LabelValue] = Field(examples=[{"release": "kube-prometheus-stack"}])
    """Labels by which Prometheus selects monitors, probes and rules; `{}` if it selects all of them. Without a default,
    because alerts have no data where it selects none."""
    prober: HostPort | None = Field(default=None, examples=["blackbox-exporter.observability.svc:9115"])
    """The blackbox exporter with the modules `page` and `answer`, as Prometheus reaches it; required where a system has
    domains, whose pages it loads."""


class Homes(Setting):
    """Where controllers run to which Slipway's objects refer. In a stack: those that the cluster's owner runs
    (`present`). Nothing refers to where the others run."""

    gateway: HomeOfPods | None = None
    """Envoy Gateway and its proxies; required where `controllers.gateway` is `present`."""
    certificates: HomeOfWriter | None = None
    """cert-manager, which reads the authority of internal certificates there; required where `controllers.certificates`
    is `present`."""
    dns: HomeOfWriter | None = Field(default=None, json_schema_extra=needs("dns"))
    """external-dns; required where `controllers.dns` is `present`. Not used on a local cluster."""
    metrics: HomeOfMetrics | None = None
    """Prometheus and its operator; required where `controllers.metrics` is `present`."""
    databases: HomeOfPods | None = None
    """CloudNativePG's operator; required where `controllers.databases` is `present` and a database is in the
    cluster."""
    scaling: HomeOfScaler | None = None
    """KEDA's operator; required where `controllers.scaling` is `present` and a service scales by a queue."""


NAMESPACES = {
    "gateway": "envoy-gateway-system",
    "certificates": "cert-manager",
    "dns": "external-dns",
    "metrics": "monitoring",
    "databases": "cnpg-system",
    "scaling": "keda",
}
"""Namespaces of the controllers that Slipway installs and to which objects refer."""
HOMES = Homes(
    gateway=HomeOfPods(namespace=NAMESPACES["gateway"]),
    certificates=HomeOfWriter(namespace=NAMESPACES["certificates"]),
    dns=HomeOfWriter(namespace=NAMESPACES["dns"]),
    metrics=HomeOfMetrics(
        namespace=NAMESPACES["metrics"], labels={}, prober=f"blackbox-exporter.{NAMESPACES['metrics']}.svc:9115"
    ),
    databases=HomeOfPods(namespace=NAMESPACES["databases"]),
    scaling=HomeOfScaler(namespace=NAMESPACES["scaling"], pods={"app": "keda-operator"}),
)
"""Where the controllers run that Slipway installs."""


class Mirrors(Setting):
    """Mirrors of third-party charts and images, for clusters without internet access."""

    charts: RegistryPath | None = None
    """An OCI registry that contains every chart by its name."""
    images: dict[Text, RegistryPath] = Field(default_factory=dict)
    """Replacement for each registry host, such as `docker.io: registry.example.com/dockerhub`."""
    digests: bool = True
    """Whether images are pinned by digest too. A mirror that repacks images changes their digests. On by default, so
    that nobody can exchange an image behind its tag."""


class Gateway(Setting):
    """The gateway for traffic from outside."""

    service: OneOf["LoadBalancer", "ClusterIP", "NodePort"] = "LoadBalancer"
    """Type of the gateway's Service; LoadBalancer unless the cluster does not provide load balancers. By default the
    type that public clouds answer with an address."""
    minimum: Copies = 2
    """Minimum replicas of the proxy. Two by default, so that one can fail or be evicted."""
    maximum: Copies = 10
    """Maximum replicas of the proxy: a limit for the bill. Ten by default."""
    trusted_hops: Count = 0
    """Trusted proxies in front of the gateway that set X-Forwarded-For; none by default, because clients can set it too."""


class Certificates(Setting):
    """Issuer of the domains' certificates."""

    issuer: OneOf["production", "staging", "self-signed"] = "production"
    """Let's Encrypt, its staging environment (for stacks without users: no rate limits, not trusted), or the cluster
    itself. By default `production`, the only one that visitors' browsers trust."""
    email: Email | None = None
    """Address that gets notices of expiring certificates."""


class Alerting(Setting):
    """Receivers of alerts. Webhooks and keys are secrets: `slipway secrets set SLACK_URL --system monitoring-main`."""

    slack: bool = False
    """Whether alerts are sent to Slack, each to the channel of its system's owner (`owner.chat`)."""
    slack_channel: Channel = "#alerts"
    """The default channel, also for the cluster's own alerts."""
    email: Email | None = None
    """Default address for warnings, also for the cluster's own."""
    smtp: HostPort | None = None
    """SMTP server; without it no mail is sent."""
    smtp_user: Text | None = None
    """User name at that server; by default the sender."""
    sender: Email = "alerts@example.com"
    """Sender address. By default a placeholder, to be set with `smtp`."""
    escalation: bool = True
    """Whether an unanswered critical alert is escalated to the contacts by their level. On by default, because a page
    that one person misses must reach another."""
    pagerduty: bool = False
    """Whether critical alerts are sent to PagerDuty, by the contacts' levels of escalation."""
    dead_man_switch: bool = False
    """Whether a heartbeat is sent to an outside service every minute, which raises an alarm when it stops."""
    runbooks: Url = "https://docs.example.com/slipway/alerts"
    """Base URL of the published pages of `docs/alerts/`, to which alerts link. By default a place that does not exist:
    set it to where the pages are published."""
    repeat: Duration = "4h"
    """Time after which the notification of a firing alert is repeated. Four hours by default, about half a shift, so
    that none ends without a reminder."""


RECEIVERS = {
    "SLACK_URL": ("slack", "Slack, incoming webhook of the workspace"),
    "PAGERDUTY_KEY": ("pagerduty", "PagerDuty, integration key of the service (Events API v2)"),
    "SMTP_PASSWORD": ("smtp", "The owner of the mail server"),
    "DEAD_MAN_URL": ("dead_man_switch", "The outside heartbeat service, address of the check"),
}
"""Secrets of receivers: the setting that requires each, and who issues it."""


class Monitoring(Setting):
    """Metrics and the alerts that come from them."""

    retention_days: Days = 15
    """Retention of metrics in days; by default two weekly cycles to compare with."""
    storage: Gibibytes = 50
    """GiB of storage for each of Prometheus' two replicas. 50 by default, for a start: measure what the pods report."""
    alerting: Alerting = Field(default_factory=Alerting)
    """Receivers of alerts."""
    elsewhere: Text | None = Field(default=None, examples=["Datadog, by the agent of the platform team"])
    """Who watches the systems where `controllers.metrics` is `absent`; required then outside local environments, because
    no rule can see their alerts."""


class Logging(Setting):
    """Storage of pod logs; the retention is set in each system."""

    nodes: Copies = 3
    """Elasticsearch nodes, spread over zones. Three by default, so that one can fail."""
    storage: Gibibytes = 100
    """GiB of storage per node. 100 by default, for a start: measure what the systems write."""
    memory: MemoryGibibytes = 4
    """GiB of memory per node, half of it for the Java heap. 4 by default, for a heap of 2 GiB."""
    elsewhere: Text | None = Field(default=None, examples=["Loki, by the agent of the platform team"])
    """Who collects the logs of pods where `controllers.logs` is `absent`; required then outside local environments,
    because no rule can see who does."""


class ReleaseController(Setting):
    """The controller of releases, and where it finds what it reads."""

    image: ImageReference | None = None
    """Image of the controller and of the gates that wait for it, with registry and tag; required unless
    `controllers.releases` is `absent`."""
    registry: OneOf["identity", "login", "unchecked"] = "identity"
    """How images are looked up before a release: with the controller's identity in the cloud or anonymously, with the
    login in REGISTRY_LOGIN, or not at all, for clusters whose nodes get images otherwise. By default the identity,
    which no secret has to be kept for."""
    prometheus: Url | None = None
    """Prometheus, as the controller reaches it; by default the operator's, `prometheus-operated` in its namespace, and none
    where `controllers.metrics` is `absent`."""
    documentation: Url = "https://docs.example.com/slipway"
    """Base URL of the published pages of `docs/`, to which messages link. By default a place that does not exist: set
    it to where the pages are published."""
    hold: Duration | None = None
    """Hold of every step, in place of the declared ones, for stacks without visitors; by default as declared."""
    minimum_requests: Count = 300
    """Requests to the candidate without which no step passes; 0 for stacks without visitors. 300 by default, of which an
    error rate of one percent shows three."""


MESSAGES = {
    "EMAIL_URL": ("email", "The owner of the mail server: an address of Apprise, such as mailtos://…?to={email}"),
    "CHAT_URL": ("chat", "The chat's workspace: an address of Apprise, such as slack://…/{chat}"),
    "PAGER_URL": ("pager", "The paging service: an address of Apprise, such as pagerduty://…"),
    "STATUS_PAGE_URL": ("status-page", "The status page: an address of Apprise, such as jsons://…"),
}
"""Secrets of the controller's messages: the channel of each, and who issues it."""
REGISTRY_LOGIN = "REGISTRY_LOGIN"
"""Secret with the logins of registries, in the form of Docker's config.json."""


class RbacGroups(Setting):
    """Groups (Entra object ids on Azure, Kubernetes groups of access entries on AWS) and their permissions in every
    system, in addition to the groups of each system."""

    operators: list[Text] = Field(default_factory=list)
    """May read everything except secrets, restart and scale workloads, rerun jobs, and steer releases."""
    developers: list[Text] = Field(default_factory=list)
    """May read workloads and their logs."""
    auditors: list[Text] = Field(default_factory=list)
    """May read RBAC and policies, but no logs."""
    testers: list[Text] = Field(default_factory=list)
    """May read the bypass token for smoke tests, and no other Secret."""


class ClusterServices(Setting):
    """Cluster services and access."""

    controllers: Controllers = Field(default_factory=Controllers)
    """Who runs each controller."""
    present: Homes = Field(default_factory=Homes)
    """Where the controllers run that the cluster's owner runs."""
    mirrors: Mirrors = Field(default_factory=Mirrors)
    """Mirrors of third-party charts and images."""
    gateway: Gateway = Field(default_factory=Gateway)
    """The gateway for traffic from outside."""
    certificates: Certificates = Field(default_factory=Certificates)
    """Issuer of the domains' certificates."""
    monitoring: Monitoring = Field(default_factory=Monitoring)
    """Metrics and alerts."""
    logging: Logging = Field(default_factory=Logging)
    """Storage of logs."""
    releases: ReleaseController = Field(default_factory=ReleaseController)
    """The controller of releases."""
    rbac: RbacGroups = Field(default_factory=RbacGroups)
    """Groups with permissions in every system."""

    @property
    def are_measured(self) -> bool:
        """Return whether there is a Prometheus by which releases are judged."""
        return self.prometheus is not None

    @property
    def prometheus(self) -> str | None:
        """Return the address of the Prometheus that the controller of releases asks."""
        home = self.homes.metrics
        return self.releases.prometheus or (f"http://prometheus-operated.{home.namespace}.svc:9090" if home else None)

    @property
    def homes(self) -> Homes:
        """Return where the controllers run that somebody runs."""
        by_presence = {"installed": HOMES, "present": self.present, "absent": Homes()}
        chosen = {name: by_presence[getattr(self.controllers, name)] for name in Homes.model_fields}
        return Homes(**{name: getattr(homes, name) for name, homes in chosen.items()})

    @property
    def not_evaluated(self) -> list[str]:
        """Return what a cluster uses and somebody else created, which no rule can judge."""
        does = {"metrics": "alerts and dashboards of its systems", "logs": "logs of its systems"}
        return [f"{does[name]}: {who}" for name, who in self.elsewhere.items()]

    @property
    def elsewhere(self) -> dict[str, str]:
        """Return who watches systems, and who collects their logs, where no controller does."""
        found = {"metrics": self.monitoring.elsewhere, "logs": self.logging.elsewhere}
        return {name: who for name, who in found.items() if who is not None}
