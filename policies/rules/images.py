"""Images and charts are pinned, scanned, and come from known registries."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from pulumi_policy import Severity

from adapters import clouds, referenced_clusters
from adapters.image_names import RUNNING, Image, image, images_of
from adapters.operated_pods import RELEASE
from framework import Absence, Declaration, Property, Resource, Settings, Verdict, resource_rule, stack_rule

REGISTRIES = clouds.table(lambda cloud: cloud.registries)
SCANNED = clouds.alone("image-scanning")
Repositories = dict[tuple[str, str], list[Resource]]
"""Repositories by type and name."""
STACK = "pulumi:pulumi:Stack"
NO_REGISTRY = (
    "No registry is named, so images may come from any: set `image-registries.allowedRegistries`, for example [quay.io/prometheus], "
    "under `default`, an environment or the stack"
)
_PLACES = {"type": "array", "items": {"type": "string"}}


@stack_rule(
    Declaration(
        name="image-pins",
        description="Every image is pinned by digest, or by a full version where tags are immutable.",
        why="A mutable tag changes the program that a pod runs, untested and without a way back",
        clauses=(
            "runbook: marketplace, 3.1: tag images with version",
            "NSA Kubernetes Hardening: image provenance",
            "kube-score: container-image-tag",
        ),
        types=(*RUNNING, *REGISTRIES, referenced_clusters.TYPE),
        schema={
            "immutableRegistries": {
                **_PLACES,
                # Its releases have unique tags, and none is published twice.
                "default": ["docker.io/envoyproxy/envoy"],
                "description": "Registries, or paths in them, whose tags are immutable although nothing in the stack "
                "declares it: registry.example.com, docker.io/envoyproxy. Registries of the stack declare it themselves.",
            }
        },
    )
)
def image_pins(resources: Sequence[Resource], settings: Settings, verdict: Verdict) -> None:
    """Check every image against the repositories of the stack."""
    trusted = [*settings["immutableRegistries"], *referenced_clusters.immutable(resources)]
    repositories: Repositories = defaultdict(list)
    for registry in (each for each in resources if each.type in REGISTRIES):
        if name := REGISTRIES[registry.type].name(registry):
            repositories[registry.type, name].append(registry)
    for resource in (each for each in resources if each.type not in REGISTRIES):
        for named in images_of(resource):
            if named.unknown:
                verdict.undecided(resource, named, "image")
            elif named.text is None:
                verdict.violated(resource, f"names no image: {named.path} is not a string", "image")
            else:
                _evaluate_pin(resource, named, trusted, repositories, verdict)


def _evaluate_pin(
    resource: Resource,
    named: Property,
    trusted: Sequence[str],
    repositories: Repositories,
    verdict: Verdict,
) -> None:
    found = image(named.text or "")
    tags = _mutability(found, repositories)
    if found.pinned:
        return
    if found.digest:
        verdict.violated(resource, f"{named.path} has an invalid digest", "image")
    elif not found.tag:
        verdict.violated(resource, f"{named.path} has neither tag nor digest, which means latest", "image")
    elif found.moving:
        key = "image.tag" if tags.missing and _is_of_service(resource) else "version"
        verdict.violated(resource, f"{named.path} has a mutable tag", key)
    elif found.within(trusted) or tags.text == "IMMUTABLE":
        return
    elif tags.unknown:
        verdict.undecided(resource, tags)
    else:
        problem = f"{named.path} has no digest, and the tags of its registry are mutable"
        verdict.violated(resource, problem, "image.digest" if _is_of_service(resource) else "digest")


def _is_of_service(resource: Resource) -> bool:
    """Return whether the resource comes from a service, whose image may be that of others."""
    return ":services." in resource.source


def _mutability(found: Image, repositories: Repositories) -> Property:
    """Return the tag mutability of the repository with that name, the weakest if there are several."""
    said = [
        kind.mutability(each)
        for type_, kind in REGISTRIES.items()
        for each in repositories.get((type_, kind.name_of(found)), ())
    ]
    return next((each for each in said if each.text != "IMMUTABLE"), said[0] if said else Property(Absence.MISSING))


@resource_rule(
    Declaration(
        name="image-registries",
        description="Images come from allowed registries.",
        why="Anyone who can push to the registry can run programs in the cluster",
        clauses=("CIS Kubernetes 5.5.1", "NSA Kubernetes Hardening: image provenance"),
        types=(*RUNNING, RELEASE, STACK),
        schema={
            "allowedRegistries": {
                **_PLACES,
                "default": [],
                "description": "Allowed registries, or paths in them, such as quay.io or docker.io/library; with an "
                "empty list the rule judges nothing, which it reports.",
            }
        },
    )
)
def image_registries(resource: Resource, settings: Settings, verdict: Verdict) -> None:
    """Check the images of one workload, and that the stack names registries at all."""
    allowed = settings["allowedRegistries"]
    if resource.type == STACK:
        if not allowed:
            verdict.without_threshold(resource.urn, NO_REGISTRY)
        return
    for named in images_of(resource) if allowed else ():
        if named.unknown:
            verdict.undecided(resource, named, "image")
        elif not image(named.text or "").within(allowed):
            verdict.violated(resource, f"{named.path} comes from a registry that the stack does not allow", "image")


@resource_rule(
    Declaration(
        name="image-scanning",
        description="Registries scan on push, have immutable tags and refuse anonymous pulls.",
        why="A scan finds known vulnerabilities before they run in production",
        clauses=(
            "runbook: marketplace, 3.2: image security scanning",
            "runbook: fleet, checklist: security scan completed",
            *clouds.clauses("image-scanning"),
        ),
        types=SCANNED,
    )
)
def image_scanning(registry: Resource, settings: Settings, verdict: Verdict) -> None:
    """Check one registry."""
    SCANNED[registry.type](registry, settings, verdict)


_EXACT = re.compile(r"v?\d+\.\d+\.\d+([-+][\w.+-]+)?")
_ARCHIVE = re.compile(r".+[-_]v?\d+\.\d+\.\d+[\w.+-]*\.tgz")


@resource_rule(
    Declaration(
        name="chart-pins",
        description="Every Helm chart has one exact version, comes over TLS, and is not changed by a program.",
        why="A chart without a version, or with a range, is upgraded whenever a new one is published",
        clauses=("Helm: chart best practices, versions", "NSA Kubernetes Hardening: supply chain"),
        types=(RELEASE,),
        severity=Severity.MEDIUM,
    )
)
def chart_pins(release: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Check one release; an archive may have its version in its name."""
    version, chart = release["version"], release["chart"]
    for source in (chart, release["repositoryOpts"]["repo"]):
        if (source.text or "").lower().startswith("http://"):
            verdict.violated(release, f"downloads its chart without TLS: {source.path}")
    if release["postrender"].present:
        verdict.violated(release, "is not its chart: a program changes the objects, which postrender names")
    if version.unknown:
        verdict.undecided(release, version)
    elif version.missing and chart.unknown:
        verdict.undecided(release, chart)
    elif version.missing and not _ARCHIVE.fullmatch(chart.text or ""):
        verdict.violated(release, "installs the newest version of its chart: version is not set")
    elif version.present and not _EXACT.fullmatch(version.text or ""):
        verdict.violated(release, "may install another version of its chart: version is not exact")
