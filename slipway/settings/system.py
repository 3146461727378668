"""A system: everything that its owners declare, independent of where it runs."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from slipway.settings.caches import Cache
from slipway.settings.databases import Bucket, Database, Queue
from slipway.settings.fields import DatabaseName, Host, Literal, Name, ScheduleName, Text, Variable
from slipway.settings.files import composed_references
from slipway.settings.images import ForeignImage
from slipway.settings.manifests import Manifests
from slipway.settings.operations import (
    Alert,
    Attestation,
    Budget,
    BusinessMetric,
    Check,
    Compliance,
    Contact,
    Flag,
    GatewayRules,
    KnownIssue,
    Logs,
    Maintenance,
    Nodes,
    Objectives,
    Owner,
    Recovery,
    Validation,
)
from slipway.settings.queues import CloudQueue, Topic
from slipway.settings.references import EnvironmentValue, references
from slipway.settings.releases import Migration, Release
from slipway.settings.routes import RateLimit, Redirect
from slipway.settings.schedules import Schedule
from slipway.settings.services import Environment, Secret, Service, Site
from slipway.settings.setting import OVERRIDABLE, Setting, needs


class System(Setting):
    """`systems/<name>/system.yaml`. The folder's name is the system's name."""

    title: Text = Field(examples=["Fleet management"])
    """Display name."""
    description: Text | None = None
    """For people: description in one or two sentences."""
    owner: Owner = Field(examples=[{"team": "fleet"}])
    """Its owner; required, because alerts need a receiver."""
    contacts: list[Contact] = Field(default_factory=list)
    """Contacts by level of escalation."""
    namespace: Name | None = None
    """Kubernetes namespace; by default the system's name."""
    domains: dict[Name, Host] = Field(default_factory=dict, json_schema_extra=OVERRIDABLE | needs("dns"))
    """Public host names by purpose, such as `web` and `api`. `*.shop.example.com` is every host directly below
    `shop.example.com`, such as one for each tenant."""
    services: dict[Name, Service] = Field(min_length=1)
    """Its services by name, at least one."""
    sites: dict[Name, Site] = Field(default_factory=dict, json_schema_extra=needs("edge"))
    """Its static sites by name."""
    schedules: dict[ScheduleName, Schedule] = Field(default_factory=dict)
    """Programs that run at times, by name; none by default."""
    redirects: list[Redirect] = Field(default_factory=list)
    """Redirects from domains and paths, such as from the bare domain to `www`; none by default."""
    databases: dict[DatabaseName, Database] = Field(default_factory=dict)
    """Its databases by name, each with its own instance."""
    buckets: dict[Name, Bucket] = Field(default_factory=dict, json_schema_extra=needs("buckets"))
    """Its buckets by name."""
    queue: Queue | None = None
    """Its message broker; none by default."""
    queues: dict[Name, CloudQueue] = Field(default_factory=dict, json_schema_extra=needs("queues"))
    """Its queues in the cloud by name, each with a dead-letter queue; none by default."""
    topics: dict[Name, Topic] = Field(default_factory=dict, json_schema_extra=needs("queues"))
    """Its topics in the cloud by name; none by default."""
    caches: dict[Name, Cache] = Field(default_factory=dict)
    """Its caches by name, each with its own server; none by default."""
    environment: Environment = Field(default_factory=dict, json_schema_extra=OVERRIDABLE)
    """Variables of every service."""
    secrets: dict[Variable, Secret] = Field(default_factory=dict, json_schema_extra=needs("secrets"))
    """Its secrets by name: who issues each, never the value."""
    flags: dict[Name, Flag] = Field(default_factory=dict)
    """Its feature flags by name."""
    migrations: list[Migration] = Field(default_factory=list)
    """Migrations in the order in which they are applied."""
    manifests: Manifests = Field(default_factory=list, examples=[["manifests"]])
    """Kubernetes objects of its own: YAML files, or folders of them, below the system's folder; by default none. They
    are outside slots and releases."""
    objectives: Objectives = Field(default_factory=Objectives)
    """Service level objectives, for alerts and releases."""
    alerts: list[Alert] = Field(default_factory=list, max_length=100)
    """Alerts in addition to those generated from its objectives."""
    metrics: list[BusinessMetric] = Field(default_factory=list)
    """Business metrics for the dashboard that is watched after a release."""
    logs: Logs = Field(default_factory=Logs)
    """Retention of its logs, and patterns that must not appear."""
    checks: list[Check] = Field(default_factory=list)
    """Smoke tests, run on a version before it gets traffic."""
    validations: list[Validation] = Field(default_factory=list)
    """Programs that check its data around a release."""
    attestations: list[Attestation] = Field(default_factory=list)
    """Manual checks, with a link to the evidence."""
    release: Release = Field(default_factory=Release)
    """Release process."""
    maintenance_page: Maintenance = Field(default_factory=Maintenance)
    """Maintenance page."""
    rate_limit: RateLimit | None = None
    """Rate limit per client; unlimited without it."""
    gateway: GatewayRules = Field(default_factory=GatewayRules, json_schema_extra=OVERRIDABLE)
    """How the gateway treats requests to it."""
    recovery: Recovery | None = Field(default=None, json_schema_extra=needs("fail-over"))
    """Recovery objectives; none without it."""
    compliance: Compliance = Field(default_factory=Compliance)
    """Compliance of its data."""
    nodes: Nodes | None = None
    """Minimum requirements for a cluster."""
    budget: Budget | None = Field(default=None, json_schema_extra=OVERRIDABLE | needs("budgets"))
    """Budget; no limit without it."""
    known_issues: list[KnownIssue] = Field(default_factory=list)
    """Known issues, for the pages that alerts link to."""
    links: dict[str, Literal] = Field(default_factory=dict)
    """For people: links to further documents, API reference, user guide."""

    @property
    def pull_secrets(self) -> list[str]:
        """Return the secrets with which nodes pull images."""
        images = [image for service in self.services.values() for image in service.images]
        used = [image.pull_secret for image in images if isinstance(image, ForeignImage) and image.pull_secret]
        return list(dict.fromkeys(used))

    @property
    def client_secrets(self) -> list[str]:
        """Return the secrets with which the gateway logs visitors in."""
        routes = [route for service in self.services.values() for route in service.routes]
        return list(dict.fromkeys(route.login.client_secret.secret for route in routes if route.login is not None))

    @property
    def has_visitors(self) -> bool:
        """Return whether it answers requests of HTTP from outside, in which a smoke test can show its token: connections of
        `tlsRoutes` and `tcpRoutes` have none."""
        return bool(self.sites) or any(service.routes for service in self.services.values())

    def uses(self, service: Service) -> Iterator[EnvironmentValue]:
        """Yield what the containers of a service's pods refer to."""
        yield from references({**self.environment, **service.environment}.values())
        yield from composed_references(service.files)
        for companion in service.companions.values():
            yield from references(companion.environment.values())
            yield from composed_references(companion.files)
