"""What a plan needs that no login of a cluster shows: images, and DNS zones that are delegated."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from slipway.ops.clouds import image_problem
from slipway.rehearsal import UNKNOWN, Plan


@dataclass(frozen=True)
class Check:
    """One thing that a release needs. `good` is None if it could not be checked."""

    what: str
    good: bool | None
    detail: str = ""
    remedy: str = ""


def images(plan: Plan, cluster: str, *, ask: bool) -> Iterator[Check]:
    """Yield whether the images are there that the plan takes from a cluster's registry. Only a cloud's own registry can be
    asked, and only with its login."""
    registry = _outputs(plan, cluster).get("registry")
    if not isinstance(registry, str) or registry == UNKNOWN:
        return
    needed = sorted(
        {image for step in plan.steps for image in _images(step.inputs) if image.startswith(f"{registry}/")}
    )
    if not needed:
        return
    host = registry.partition("/")[0]
    what, problem = f"images of {cluster}", image_problem(host) if ask else None
    if problem is None:
        yield Check(what, None, f"{_short(needed, registry)} must be there: docker manifest inspect {needed[0]}")
        return
    try:
        missing = [image for image in needed if problem(host, *_parts(image, host), None)]
    except Exception as error:  # of the cloud's SDK, which names none in common
        yield Check(what, None, f"{type(error).__name__}: docker manifest inspect {needed[0]}")
        return
    detail = f"{_short(missing, registry)} missing" if missing else f"{len(needed)} in {registry}"
    yield Check(what, not missing, detail, f"build and push {missing[0]}" if missing else "")


def zones(plan: Plan, cluster: str) -> Iterator[Check]:
    """Yield the domains whose zones the plan creates: who has the domain above delegates them, which only DNS shows."""
    systems = _outputs(plan, cluster).get("systems") or {}
    domains = sorted({domain for each in systems.values() for domain in each.get("nameServers") or {}})
    if domains:
        yield Check(
            f"DNS of {cluster}",
            None,
            f"once they exist, delegate {', '.join(domains)} to the output `nameServers`; to see it: "
            f"dig +short NS {domains[0]}",
        )


def _outputs(plan: Plan, cluster: str) -> Mapping[str, Any]:
    found = plan.outputs.get(cluster)
    return found if isinstance(found, Mapping) else {}


def _images(value: Any) -> Iterator[str]:
    """Yield every `image` within inputs, such as those of containers."""
    if isinstance(value, Mapping):
        if isinstance(image := value.get("image"), str):
            yield image
        for each in value.values():
            yield from _images(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _images(each)


def _parts(image: str, registry: str) -> tuple[str, str]:
    """Return the repository of an image, and its digest or else its tag."""
    name, _, digest = image.removeprefix(f"{registry}/").partition("@")
    repository, _, tag = name.partition(":")
    return repository, digest or tag or "latest"


def _short(images: Collection[str], registry: str) -> str:
    return ", ".join(each.removeprefix(f"{registry}/") for each in images)
