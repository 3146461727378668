"""Clusters and deployed systems of a stack: the values of `Pulumi.<stack>.yaml`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from typing import Literal as OneOf

from pydantic import Field

from slipway.settings import store_names
from slipway.settings.cluster_services import MESSAGES, RECEIVERS, REGISTRY_LOGIN
from slipway.settings.cluster_settings import ClusterSettings
from slipway.settings.fields import (
    Digest,
    MigrationName,
    Name,
    Percent,
    Positive,
    Sha256,
    Text,
    Url,
    Version,
)
from slipway.settings.inert import InertKey
from slipway.settings.kinds import KINDS
from slipway.settings.manifests import AllowedKind, Manifest, ManifestRights
from slipway.settings.services import SHARED, Supplied
from slipway.settings.setting import Setting
from slipway.settings.system import System


class Artefact(Setting):
    """The artefact of one version of a static site."""

    digest: Digest | None = None
    """Digest of its image; by default the tag of the slot's version is not verified."""
    archive: Url | None = None
    """A tar.gz instead of an image, for frontends that are built elsewhere."""
    sha256: Sha256 | None = None
    """SHA-256 of the archive."""


class Slot(Setting):
    """A slot: a whole copy of a system at one version."""

    version: Version | None = None
    """Image tag of every service. Without it the slot has only its Services."""
    versions: dict[Name, Version] = Field(default_factory=dict)
    """Image tags of single services in place of `version`, such as `{worker: 1.9.0}`; by default none, so that a slot is
    one version. Part of the release, as `version` is."""
    weight: Percent | None = None
    """Share of traffic in percent; by default 100 for the active slot and 0 for the other. Not allowed where the
    controller releases, which moves it by `release.steps`."""
    artefacts: dict[Name, Artefact] = Field(default_factory=dict)
    """Artefacts of static sites by site, unless they are the image with the slot's version."""

    def version_of(self, service: str) -> str | None:
        """Return the image tag of a service of the system; none if the slot runs nothing."""
        return None if self.version is None else self.versions.get(service, self.version)


class Hotfix(Setting):
    """A release that cannot wait for the window. It needs the approvals whose moment is `hotfix`."""

    reason: Text
    """Why it cannot wait, for the approvers and the report."""


class SystemDeployment(Setting):
    """The deployment of a system in a stack."""

    definition: Name | None = None
    """The system that this is an instance of, where it has another name: the folder of its definition. By default that
    of its own name."""
    active: OneOf["blue", "green"] = "blue"
    """The slot that visitors shall have. Without releases by the controller, the one that a rollback returns to. Blue
    by default, where a first version begins."""
    blue: Slot = Field(default_factory=Slot)
    """The blue slot."""
    green: Slot = Field(default_factory=Slot)
    """The green slot."""
    maintenance: bool = False
    """Whether users see the maintenance page. Not allowed where the controller releases, which closes by
    `release.maintenance`."""
    migrated: list[MigrationName] = Field(default_factory=list)
    """Applied migrations with `compatible: false`; versions that require one can then get traffic without
    maintenance."""
    attempt: Positive = 1
    """Increment this to recreate the backup and the Job of a failed migration, and to repeat a release. 1 by
    default."""
    hotfix: Hotfix | None = None
    """Releases outside the window; only where the controller releases."""
    existing_namespace: bool = False
    """Whether somebody else has made the system's namespace: its labels are added to theirs, and it stays when the system
    goes. Not so by default. Say it before the first `pulumi up`: afterwards it would delete the namespace."""

    manifests: ManifestRights = Field(default_factory=ManifestRights)
    """What its manifests may have beyond known kinds in its own namespace."""

    def slot(self, name: str) -> Slot:
        """Return a slot; what runs outside of both has the version of the active one."""
        return self.blue if (self.active if name == SHARED else name) == "blue" else self.green

    def weight(self, name: str) -> int:
        """Return the percentage of traffic for slot `name`."""
        declared = self.slot(name).weight
        return declared if declared is not None else (100 if name == self.active else 0)


@dataclass(frozen=True)
class DeployedSystem:
    """A system on one cluster of one stack, with the stack's overrides merged into the definition."""

    name: str
    definition: System
    deployment: SystemDeployment
    neighbours: Mapping[str, DeployedSystem] = field(default_factory=dict, repr=False)
    """The other systems of its cluster, each without its neighbours."""
    manifests: Sequence[Manifest] = ()
    """Its own Kubernetes objects."""
    contract: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """What of its definition resources of the cluster depend on, as it was written."""
    inert: Sequence[InertKey] = ()
    """The keys of its file that change nothing on the cluster."""

    @property
    def namespace(self) -> str:
        return self.definition.namespace or self.name

    @property
    def defined_as(self) -> str:
        """The system whose definition it has: an instance has another name."""
        return self.deployment.definition or self.name

    def allowed_kind(self, manifest: Manifest) -> AllowedKind | None:
        """Return the right by which the stack allows the kind of an object."""
        allowed = self.deployment.manifests.kinds
        return next((each for each in allowed if (each.api_version, each.kind) == manifest.identity), None)

    def is_namespaced(self, manifest: Manifest) -> bool:
        """Return whether an object is in a namespace; one of an unknown kind is where the stack says."""
        allowed = self.allowed_kind(manifest)
        return KINDS.get(manifest.identity, allowed.scope if allowed else "namespace") == "namespace"


MONITORING = "monitoring"
"""Namespace of the components that evaluate and send alerts."""
RELEASES, RELEASES_NAMESPACE = "releases", "slipway-releases"
"""The controller of releases, and its namespace."""


@dataclass(frozen=True)
class StackCluster:
    """A cluster of a stack and its systems."""

    name: str
    settings: ClusterSettings
    systems: Mapping[str, DeployedSystem]
    """The systems of the stack."""
    elsewhere: Mapping[str, DeployedSystem] = field(default_factory=dict)
    """The systems that other stacks have on the cluster."""

    referenced: bool = False
    """Whether another stack has the cluster and its services."""
    settings_digest: str = ""
    """Tells the written settings from others."""

    @property
    def served(self) -> Mapping[str, DeployedSystem]:
        """Return all systems on the cluster, which share its registry, controllers, dashboards and alerts."""
        return dict(sorted({**self.systems, **self.elsewhere}.items()))

    @property
    def repositories(self) -> list[str]:
        """Return the image repositories of all services and sites on the cluster, without duplicates and sorted; images of
        others are in registries of theirs."""
        systems = [system.definition for system in self.served.values()]
        images = [image for system in systems for service in system.services.values() for image in service.images]
        services = [image for image in images if isinstance(image, str)]
        return sorted({*services, *(site.artefact for system in systems for site in system.sites.values())})

    @cached_property
    def monitoring(self) -> DeployedSystem:
        """Return a pseudo-system `monitoring-main` for the secrets of alert receivers: it has no services, but the
        secrets of all enabled receivers, if Slipway runs Alertmanager."""
        alerting = self.settings.monitoring.alerting
        secrets = {
            name: Supplied(supplied=issuer, rotate_every="365d")
            for name, (setting, issuer) in RECEIVERS.items()
            if getattr(alerting, setting) and self.settings.controllers.metrics == "installed"
        }
        definition = System.model_construct(title="Monitoring", namespace=MONITORING, secrets=secrets)
        return DeployedSystem(f"{MONITORING}-{self.name}", definition, SystemDeployment())

    @property
    def services(self) -> list[DeployedSystem]:
        """Return the pseudo-systems of the cluster's own secrets, which are those of the stack that has it."""
        if self.referenced:
            return []
        installed = self.settings.controllers.releases == "installed"
        return [self.monitoring, *([self.releases] if installed else [])]

    @cached_property
    def releases(self) -> DeployedSystem:
        """Return a pseudo-system `releases-main` for the secrets of the controller of releases: the addresses of the
        channels that the systems use, and the login of registries."""
        settings, definitions = self.settings, [each.definition for each in self.served.values()]
        channels = {"email", "chat"} | {
            channel for each in definitions for message in each.release.announcements for channel in message.channels
        }
        wanted = {name: issuer for name, (channel, issuer) in MESSAGES.items() if channel in channels}
        if settings.releases.registry == "login":
            wanted[REGISTRY_LOGIN] = "The registry: config.json of Docker, with a login that may only read"
        definition = System.model_construct(
            title="Releases",
            namespace=RELEASES_NAMESPACE,
            secrets={name: Supplied(supplied=issuer, rotate_every="365d") for name, issuer in wanted.items()},
        )
        return DeployedSystem(f"{RELEASES}-{self.name}", definition, SystemDeployment())


@dataclass(frozen=True)
class ExtensionModule:
    """A module of the stack's own, which adds resources."""

    name: str
    """From the project's folder."""
    file: Path


@dataclass(frozen=True)
class Stack:
    """The validated content of a stack."""

    name: str
    environment: str
    """The environment whose rules hold."""
    clusters: Mapping[str, StackCluster]
    extensions: ExtensionModule | None = None
    own_environment: str = ""
    """Name of the environment, if it has one of its own."""
    foundation: str | None = None
    """The stack that has its clusters, as a StackReference names it; None if it has its own."""
    shared: bool = False
    """Whether other stacks have systems on its clusters."""
    prefix: str = "slipway"
    """What begins the names of its clusters in the cloud."""

    @property
    def base(self) -> str:
        """Return the name of the stack that has the clusters, which begins the names of resources."""
        return self.name if self.foundation is None else self.foundation.rpartition("/")[2]

    def cluster_name(self, cluster: str) -> str:
        """Return the cloud's name of a cluster, which begins the names of everything that belongs to it."""
        return store_names.cluster_name(self.prefix, self.base, cluster)
