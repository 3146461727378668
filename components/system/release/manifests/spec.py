"""The spec of a Release: everything that its system declares about releases, in the controller's words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from components.cluster.monitoring.manifests.alerting import backup_alerts, slots
from components.manifests import names, service_images
from components.manifests.environment import bypass_secret
from components.manifests.versions import pins_of
from components.system.release.manifests import candidate_checks, identifier, validations
from slipway.release import objects
from slipway.release.objects import EdgeSite, ReleasedMigration, ReleaseSpec, SlotName
from slipway.settings import cluster_services, releases
from slipway.settings.databases import RestoreTest
from slipway.settings.environments import PRODUCTION
from slipway.settings.fields import seconds
from slipway.settings.images import ForeignImage
from slipway.settings.operations import Attestation
from slipway.settings.stacks import DeployedSystem

BACKUP_SECONDS = 26 * 3600
"""Maximum age of the newest backup before a release. Source: the alert on old backups, which are made each night."""
RESERVE_SECONDS = 1800
"""Seconds beyond the deadlines of Jobs within which pods start and the controller looks. Chosen: twice what images of
a system take to be pulled."""
LEAST_SECONDS = 3600
"""Seconds that a step or the checks may take at least beyond their holds. Chosen: an hour, in which people can look."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the spec is made of, besides routes and the Jobs of validations."""

    deployed: DeployedSystem
    stack: str
    environment: str
    registry: str
    services: cluster_services.ClusterServices
    migrations: Sequence[ReleasedMigration]
    migration_seconds: int
    """Sum of the deadlines of migrations and their backups."""
    dumped: Sequence[str]
    """Databases of which there are dumps."""
    routed: bool
    """Whether visitors come through the gateway."""
    sites: Sequence[EdgeSite]
    deployments: Mapping[SlotName, list[str]]
    workloads: Sequence[objects.Workload]


def _gateway(wanted: Wanted) -> str | None:
    """Returns the address of the gateway's proxies inside the cluster."""
    home = wanted.services.homes.gateway
    return f"{names.GATEWAY_SERVICE}.{home.namespace}.svc:443" if wanted.routed and home is not None else None


def release_spec(wanted: Wanted) -> ReleaseSpec:
    """Returns the spec, without routes and Jobs."""
    deployed = wanted.deployed
    definition, deployment = deployed.definition, deployed.deployment
    release, slot = definition.release, deployment.slot(deployment.active)
    return ReleaseSpec(
        id=identifier.of(deployed, wanted.migrations),
        system=deployed.name,
        stack=wanted.stack,
        attempt=deployment.attempt,
        target=objects.Target(slot=deployment.active, version=slot.version or ""),
        hotfix=objects.Hotfix(reason=deployment.hotfix.reason) if deployment.hotfix else None,
        owner=definition.owner.team,
        migrations=list(wanted.migrations),
        window=_window(release.window),
        expected_seconds=release.expected_seconds,
        maintenance=release.maintenance,
        steps=[objects.Step(weight=each.weight, hold_seconds=_whole(each.hold)) for each in release.steps],
        roles=roles(deployed),
        approvals=[
            objects.RequiredApproval(role=each.role, when=each.when, any_of=each.any_of) for each in release.approvals
        ],
        attestations=[_attestation(each) for each in definition.attestations],
        evidence=_evidence(wanted, slot.version or ""),
        checks=candidate_checks.checks(deployed),
        bypass=objects.SecretKey(secret=bypass_secret(deployed.name), key=names.BYPASS_KEY) if wanted.routed else None,
        gateway=_gateway(wanted),
        load=candidate_checks.loads(deployed),
        jobs=[
            validations.described(each, wanted.environment)
            for each in validations.declared(deployed, wanted.environment)
        ],
        analysis=_analysis(deployed, wanted.services.releases.minimum_requests),
        queries=slots.queries(deployed, routed=wanted.routed) if wanted.services.are_measured else objects.Queries(),
        progress_seconds=max(LEAST_SECONDS, wanted.migration_seconds + RESERVE_SECONDS),
        watch=objects.Watch(
            duration_seconds=_whole(release.watch.duration),
            verify_after_seconds=[_whole(each) for each in release.watch.verify_after],
        ),
        announcements=[_announcement(deployed, each) for each in release.announcements],
        reviews=[_review(each) for each in release.reviews],
        channels=objects.Channels(
            email=definition.owner.email,
            chat=definition.owner.chat,
            status_page=release.status_page,
            release=wanted.services.releases.documentation,
        ),
        deployments=dict(wanted.deployments),
        sites=list(wanted.sites),
        workloads=list(wanted.workloads),
    )


def roles(deployed: DeployedSystem) -> dict[str, list[str]]:
    """Returns the groups of each role; those of the release take the place of those of contacts."""
    contacts = {each.role: each.groups for each in deployed.definition.contacts if each.groups}
    return {**contacts, **deployed.definition.release.roles}


def hold_seconds(spec: ReleaseSpec) -> int:
    """Returns the time that all steps are held."""
    return sum(each.hold_seconds for each in spec.steps)


def _window(window: releases.Window | None) -> objects.Window | None:
    if window is None:
        return None
    return objects.Window(
        days=list(window.days),
        start=window.start,
        duration_seconds=_whole(window.duration),
        time_zone=window.time_zone,
    )


def _attestation(attestation: Attestation) -> objects.RequiredAttestation:
    return objects.RequiredAttestation(
        name=attestation.name,
        role=attestation.role,
        when=attestation.when,
        maximum_age_seconds=_whole(attestation.maximum_age),
        steps=attestation.steps,
    )


def _evidence(wanted: Wanted, version: str) -> objects.Evidence:
    definition, release = wanted.deployed.definition, wanted.deployed.definition.release
    asked = wanted.services.releases.registry != "unchecked"
    tests = [definition.databases[name].restore_test for name in wanted.dumped]
    ages = [_whole(backup_alerts.OVERDUE[each.every]) for each in tests if isinstance(each, RestoreTest)]
    asked_for = list(dict.fromkeys(_images(wanted, version))) if asked else []
    if wanted.environment != PRODUCTION:
        return objects.Evidence(images=asked_for, scan=release.scan if asked else None, quiet=False)
    return objects.Evidence(
        backup_seconds=BACKUP_SECONDS if wanted.dumped else None,
        restore_seconds=max(ages) if ages and len(ages) == len(tests) else None,
        databases=list(wanted.dumped),
        images=asked_for,
        scan=release.scan if asked else None,
        after=release.released_on if release.released_on != wanted.stack else None,
    )


def _images(wanted: Wanted, version: str) -> Iterator[str]:
    """Yields the images that the registries are asked for. One that needs a login of its own is left to the nodes, since
    the controller has that login only where it has all of them."""
    deployed, pins = wanted.deployed, pins_of(wanted.services.mirrors)
    slot, has_logins = deployed.deployment.active, wanted.services.releases.registry == "login"
    for name, each in deployed.definition.services.items():
        for image in each.images:
            if has_logins or not (isinstance(image, ForeignImage) and image.pull_secret):
                own = deployed.deployment.slot(slot).version_of(name)
                yield service_images.reference(image, registry=wanted.registry, version=own, pins=pins)
    for name, each in deployed.definition.sites.items():
        if not _archived(deployed, name):
            yield f"{wanted.registry}/{each.artefact}:{version}"


def _archived(deployed: DeployedSystem, site: str) -> bool:
    """Returns whether the site comes from an archive, which is in no registry."""
    artefact = deployed.deployment.slot(deployed.deployment.active).artefacts.get(site)
    return artefact is not None and artefact.archive is not None


def _analysis(deployed: DeployedSystem, minimum_requests: int) -> objects.Analysis:
    definition = deployed.definition
    return objects.Analysis(
        error_percent=definition.objectives.error_percent,
        p95_seconds=seconds(definition.objectives.p95),
        rollback_error_percent=definition.release.rollback.error_percent,
        regression_percent=definition.objectives.latency_regression_percent,
        minimum_requests=minimum_requests,
        forbidden_logs=bool(definition.logs.forbidden),
    )


def _announcement(deployed: DeployedSystem, announcement: releases.Announcement) -> objects.Announcement:
    release, owner = deployed.definition.release, deployed.definition.owner
    return objects.Announcement(
        when=announcement.when,
        ahead_seconds=_whole(announcement.ahead) if announcement.ahead else None,
        audience=announcement.audience,
        channels=list(announcement.channels),
        email=release.audiences.get(announcement.audience, owner.email) if "email" in announcement.channels else None,
        subject=announcement.subject,
        text=announcement.text,
    )


def _review(review: releases.Review) -> objects.Review:
    return objects.Review(
        name=review.name,
        role=review.role,
        after_seconds=_whole(review.after) if review.after else 0,
        every_seconds=_whole(review.every) if review.every else None,
        until_seconds=_whole(review.until) if review.until else None,
        agenda=review.agenda,
    )


def _whole(duration: str) -> int:
    return round(seconds(duration))
