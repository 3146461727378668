"""A system: everything that its owners say of it, wherever it runs."""

from __future__ import annotations

from pydantic import Field

from settings.databases import Bucket, Database, Queue
from settings.fields import DatabaseName, Domain, Literal, Name, Text, Variable
from settings.operations import (
    Alert,
    Attestation,
    Budget,
    BusinessMetric,
    Check,
    Compliance,
    Contact,
    Flag,
    GatewayRules,
    Logs,
    Maintenance,
    Nodes,
    Objectives,
    Owner,
    RateLimit,
    Recovery,
    Trouble,
    Validation,
)
from settings.releases import Migration, Release
from settings.services import Environment, Secret, Service, Site
from settings.setting import OVERRIDABLE, Setting


class System(Setting):
    """`systems/<name>/system.yaml`. The folder's name is the system's name."""

    title: Text = Field(examples=["Fleet management"])
    """What people call it."""
    description: Text | None = None
    """What it does, in a sentence or two."""
    owner: Owner = Field(examples=[{"team": "fleet"}])
    """Who answers for it; no default, since an alert must reach somebody."""
    contacts: list[Contact] = Field(default_factory=list)
    """Whom to turn to, by level of escalation."""
    namespace: Name | None = None
    """Kubernetes namespace; by default the system's name."""
    domains: dict[Name, Domain] = Field(default_factory=dict, json_schema_extra=OVERRIDABLE)
    """Public host names, by what they serve, such as `web` and `api`."""
    services: dict[Name, Service] = Field(min_length=1)
    """Its programs by name, at least one."""
    sites: dict[Name, Site] = Field(default_factory=dict)
    """Its static frontends by name."""
    databases: dict[DatabaseName, Database] = Field(default_factory=dict)
    """Its databases by name, each with an instance of its own."""
    buckets: dict[Name, Bucket] = Field(default_factory=dict)
    """Its buckets by name."""
    queue: Queue | None = None
    """Its message broker; none by default."""
    environment: Environment = Field(default_factory=dict, json_schema_extra=OVERRIDABLE)
    """Variables of every service."""
    secrets: dict[Variable, Secret] = Field(default_factory=dict)
    """Its secrets by name: who makes each, never its value."""
    flags: dict[Name, Flag] = Field(default_factory=dict)
    """Its feature flags by name."""
    migrations: list[Migration] = Field(default_factory=list)
    """In the order in which they are made."""
    objectives: Objectives = Field(default_factory=Objectives)
    """What users are promised; alerts and releases are judged by it."""
    alerts: list[Alert] = Field(default_factory=list)
    """Alerts besides those that follow from its objectives."""
    metrics: list[BusinessMetric] = Field(default_factory=list)
    """Business metrics for the dashboard that is watched after a release."""
    logs: Logs = Field(default_factory=Logs)
    """How long its logs are kept and what must not occur in them."""
    checks: list[Check] = Field(default_factory=list)
    """Smoke tests, run on a version before users reach it."""
    validations: list[Validation] = Field(default_factory=list)
    """Its own programs that check its data around a release."""
    attestations: list[Attestation] = Field(default_factory=list)
    """What people look at, with a link to the evidence."""
    release: Release = Field(default_factory=Release)
    """How a version reaches its users."""
    maintenance_page: Maintenance = Field(default_factory=Maintenance)
    """What users see while it is closed."""
    rate_limit: RateLimit | None = None
    """Requests that one client may make; unlimited without it."""
    gateway: GatewayRules = Field(default_factory=GatewayRules, json_schema_extra=OVERRIDABLE)
    """How the gateway treats requests to it."""
    recovery: Recovery | None = None
    """What is promised after a disaster; nothing without it."""
    compliance: Compliance = Field(default_factory=Compliance)
    """Rules that bind its data."""
    nodes: Nodes | None = None
    """The least that a cluster must have for it."""
    budget: Budget | None = Field(default=None, json_schema_extra=OVERRIDABLE)
    """What it may cost; no limit without it."""
    troubles: list[Trouble] = Field(default_factory=list)
    """Symptoms seen before, for the pages that alerts link to."""
    documents: dict[str, Literal] = Field(default_factory=dict)
    """Where its other papers are: API reference, user guide."""
