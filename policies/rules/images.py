"""Every image and chart is the very one that was tested, from where it is known, and was looked into."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence

from pulumi_policy import Severity

from frame import Absence, Declaration, Property, Resource, Settings, Verdict, resource_rule, stack_rule
from kinds.images import AZURE_REGISTRY, REPOSITORY, RUNNING, Image, image, images_of

_PLACES = {"type": "array", "items": {"type": "string"}}


@stack_rule(
    Declaration(
        name="image-pins",
        description="Every image is named by its digest, or by a full version where tags never move.",
        why="A tag that moves makes tomorrow's pod another program than today's, which nobody tested or can go back to",
        clauses=(
            "runbook: marketplace, 3.1: tag images with version",
            "NSA Kubernetes Hardening: image provenance",
            "kube-score: container-image-tag",
        ),
        types=(*RUNNING, REPOSITORY, AZURE_REGISTRY),
        schema={
            "immutableRegistries": {
                **_PLACES,
                # Its releases have tags of their own, none is published again.
                "default": ["docker.io/envoyproxy/envoy"],
                "description": "Registries, or parts of them, whose tags are kept from moving though nothing in the "
                "stack says so: registry.example.com, docker.io/envoyproxy. Repositories of the stack on ECR say it; on its "
                "own Azure registry, which has no setting for it, whoever may push keeps them.",
            }
        },
    )
)
def image_pins(resources: Sequence[Resource], settings: Settings, verdict: Verdict) -> None:
    """Judge every image together with the repositories of the stack."""
    registries = [each["registryName"].text for each in resources if each.type == AZURE_REGISTRY]
    own = [f"{name}.azurecr.io" for name in registries if name]
    trusted = [*settings["immutableRegistries"], *own]
    repositories: dict[str, list[Resource]] = defaultdict(list)
    for repository in (each for each in resources if each.type == REPOSITORY):
        repositories[repository["name"].text or ""].append(repository)
    for resource in (each for each in resources if each.type not in (REPOSITORY, AZURE_REGISTRY)):
        for named in images_of(resource):
            if named.unknown:
                verdict.undecided(resource, named, "image")
            elif named.text is None:
                verdict.violated(resource, f"names no image: {named.path} is no text", "image")
            else:
                _judge_pin(resource, named, trusted, repositories, verdict)


def _judge_pin(
    resource: Resource,
    named: Property,
    trusted: Sequence[str],
    repositories: Mapping[str, list[Resource]],
    verdict: Verdict,
) -> None:
    found = image(named.text or "")
    tags = _mutability(found, repositories)
    if found.pinned:
        return
    if found.digest:
        verdict.violated(resource, f"{named.path} has a digest that is none", "image")
    elif not found.tag:
        verdict.violated(resource, f"{named.path} has neither tag nor digest, which means whatever is latest", "image")
    elif found.moving:
        verdict.violated(resource, f"{named.path} has a tag that moves on to the next image", "version")
    elif found.within(trusted) or tags.text == "IMMUTABLE":
        return
    elif tags.unknown:
        verdict.undecided(resource, tags)
    else:
        problem = f"{named.path} has no digest, and nothing keeps the tags of its registry from moving"
        verdict.violated(resource, problem, "digest")


def _mutability(found: Image, repositories: Mapping[str, list[Resource]]) -> Property:
    """What the repository of that name says of its tags, the weakest if there are several."""
    own = repositories.get(found.path, ()) if found.on_ecr else ()
    said = [each["imageTagMutability"] for each in own]
    return next((each for each in said if each.text != "IMMUTABLE"), said[0] if said else Property(Absence.MISSING))


@resource_rule(
    Declaration(
        name="image-registries",
        description="Images come from registries that the stack allows.",
        why="Whoever can push to a registry that nobody chose can run programs in the cluster",
        clauses=("CIS Kubernetes 5.5.1", "NSA Kubernetes Hardening: image provenance"),
        types=RUNNING,
        schema={
            "allowedRegistries": {
                **_PLACES,
                "default": [],
                "description": "Registries, or parts of them, that images may come from, such as quay.io or "
                "docker.io/library; none means any.",
            }
        },
    )
)
def image_registries(resource: Resource, settings: Settings, verdict: Verdict) -> None:
    """Judge the images of one workload."""
    allowed = settings["allowedRegistries"]
    for named in images_of(resource) if allowed else ():
        if named.unknown:
            verdict.undecided(resource, named, "image")
        elif not image(named.text or "").within(allowed):
            verdict.violated(resource, f"{named.path} comes from a registry that the stack does not allow", "image")


@resource_rule(
    Declaration(
        name="image-scanning",
        description="Registries look into what is pushed, keep its tags, and serve nobody unknown.",
        why="A known hole in an image is found by somebody: better by the registry than in production",
        clauses=(
            "runbook: marketplace, 3.2: image security scanning",
            "runbook: fleet, checklist: security scan completed",
            "AWS Foundational Security Best Practices: ECR.1, ECR.2",
        ),
        types=(REPOSITORY, AZURE_REGISTRY),
    )
)
def image_scanning(registry: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Judge one registry. Azure's are scanned by a plan of the subscription and have no setting for it."""
    if registry.type == AZURE_REGISTRY:
        anonymous = registry["anonymousPullEnabled"]
        if anonymous.present:
            _must_be(registry, anonymous, False, "lets anybody pull", verdict)
        return
    scans = registry["imageScanningConfiguration"]["scanOnPush"]
    _must_be(registry, scans, True, "does not scan what is pushed", verdict)
    _must_be(registry, registry["imageTagMutability"], "IMMUTABLE", "lets tags move", verdict)


def _must_be(registry: Resource, setting: Property, wanted: object, otherwise: str, verdict: Verdict) -> None:
    if setting.unknown:
        verdict.undecided(registry, setting)
    elif not isinstance(setting.value, type(wanted)) or setting.value != wanted:
        verdict.violated(registry, f"{otherwise}: {setting.path} is not {str(wanted).lower()}")


_EXACT = re.compile(r"v?\d+\.\d+\.\d+([-+][\w.+-]+)?")
_ARCHIVE = re.compile(r".+[-_]v?\d+\.\d+\.\d+[\w.+-]*\.tgz")


@resource_rule(
    Declaration(
        name="chart-pins",
        description="Every Helm chart has one exact version.",
        why="A chart without its version, or with a range, is upgraded by whoever publishes it next",
        clauses=("Helm: chart best practices, versions", "NSA Kubernetes Hardening: supply chain"),
        types=("kubernetes:helm.sh/v3:Release",),
        severity=Severity.MEDIUM,
    )
)
def chart_pins(release: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Judge one release; an archive may have its version in its name."""
    version, chart = release["version"], release["chart"]
    if version.unknown:
        verdict.undecided(release, version)
    elif version.missing and chart.unknown:
        verdict.undecided(release, chart)
    elif version.missing and not _ARCHIVE.fullmatch(chart.text or ""):
        verdict.violated(release, "takes whatever version of its chart is the newest: version is not set")
    elif version.present and not _EXACT.fullmatch(version.text or ""):
        verdict.violated(release, "takes another version of its chart by itself: version is no exact one")
