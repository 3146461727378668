"""Files that containers read from ConfigMaps of the same plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from adapters.cluster_objects import Match, refers
from adapters.containers import Container
from framework import Property, Resource

CONFIG_MAP = "kubernetes:core/v1:ConfigMap"


class MountedFiles:
    """The ConfigMaps of a plan as files of its pods."""

    def __init__(self, resources: Sequence[Resource]) -> None:
        self._maps = [each for each in resources if each.type == CONFIG_MAP]

    def at(self, workload: Resource, container: Container, path: str) -> Property | None:
        """Return what a container finds at an absolute path; None if nobody can tell from the plan, as of a Secret."""
        mounts = sorted(container["volumeMounts"].elements(), key=lambda each: -len(each["mountPath"].text or ""))
        for mount in mounts:
            inner = _inside(mount, path)
            if inner is not None:
                volumes = container.pod["volumes"].elements()
                found = (each for each in volumes if each["name"].text == mount["name"].text)
                return next((file for volume in found for file in self._in_volume(workload, volume, inner)), None)
        return None

    def _in_volume(self, workload: Resource, volume: Property, inner: str) -> Iterator[Property]:
        projected = (each["configMap"] for each in volume["projected"]["sources"].elements())
        for source in (volume["configMap"], *projected):
            key = _key(source, inner)
            for each in self._maps if source.mapping and key is not None else ():
                file = each["data"][key or ""]
                if file.present and refers(workload, source["name"], each) is Match.YES:
                    yield file


def _inside(mount: Property, path: str) -> str | None:
    """Return the path in the volume of a file of the container; None if it is elsewhere."""
    folder, part = (mount["mountPath"].text or "").rstrip("/"), (mount["subPath"].text or "").strip("/")
    if path == folder:
        return part or None
    if not path.startswith(f"{folder}/"):
        return None
    return "/".join(filter(None, (part, path.removeprefix(f"{folder}/"))))


def _key(source: Property, inner: str) -> str | None:
    """Return the key of a file in a ConfigMap: its own name, unless the volume gives names to some keys."""
    items: Iterable[Property] = list(source["items"].elements())
    if not items:
        return inner
    return next((each["key"].text for each in items if each["path"].text == inner), None)
