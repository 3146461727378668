"""Files of the containers of a pod: in a ConfigMap, but secrets in the Secrets where they are."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pulumi_kubernetes import core

from components.manifests import environment, names
from components.manifests.environment import BucketFacts
from components.manifests.scope import Scope
from slipway.settings import text_files
from slipway.settings.files import ComposedFile, CopiedFile, Files, SecretFile
from slipway.settings.pointers import Pointer
from slipway.settings.services import Service
from slipway.settings.stacks import DeployedSystem

VOLUME = "files"
"""Name of the volume of the ConfigMap."""


@dataclass(frozen=True)
class Mounted:
    """One file of one container."""

    container: str
    path: str
    mode: int
    key: str
    """Key in the ConfigMap, or in the Secret."""
    content: str | None = None
    """None for a secret."""
    secret: str | None = None
    """Secret that contains it."""

    @property
    def volume(self) -> str:
        return VOLUME if self.secret is None else f"file-{self.container}-{self.digest}"

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.path.encode()).hexdigest()[:8]

    @property
    def file(self) -> str:
        """Name in the volume."""
        return self.key if self.secret is None else "value"


@dataclass(frozen=True)
class PodFiles:
    """All files of a pod."""

    config_map: str
    files: Sequence[Mounted] = ()

    @property
    def data(self) -> dict[str, str]:
        """Returns the content of the ConfigMap, by key."""
        return {each.key: each.content for each in self.files if each.content is not None}

    @property
    def checksum(self) -> dict[str, str]:
        """Returns the annotation by which pods restart after any change of a file that is no secret; none without."""
        whole = [(each.container, each.path, each.mode, each.content) for each in self.files if each.secret is None]
        return {"slipway.dev/files": hashlib.sha256(json.dumps(whole).encode()).hexdigest()[:16]} if whole else {}

    @property
    def secrets(self) -> set[str]:
        return {each.secret for each in self.files if each.secret is not None}

    def volumes(self) -> list[core.v1.VolumeArgs]:
        written = [core.v1.KeyToPathArgs(key=each.key, path=each.key, mode=each.mode) for each in self._written]
        shared = core.v1.ConfigMapVolumeSourceArgs(name=self.config_map, items=written)
        return [
            *([core.v1.VolumeArgs(name=VOLUME, config_map=shared)] if written else []),
            *(_secret_volume(each) for each in self.files if each.secret is not None),
        ]

    def mounts(self, container: str) -> list[core.v1.VolumeMountArgs]:
        """Returns the mounts of one container: its own files alone."""
        return [
            core.v1.VolumeMountArgs(name=each.volume, mount_path=each.path, sub_path=each.file, read_only=True)
            for each in self.files
            if each.container == container
        ]

    @property
    def _written(self) -> list[Mounted]:
        return [each for each in self.files if each.secret is None]


def of_service(deployed: DeployedSystem, service: str, slot: str, buckets: Mapping[str, BucketFacts]) -> PodFiles:
    """Returns the files of all containers of a service's pods. Those of the system's folder are read, and placeholders are
    filled in; settings have validated both."""
    declared = deployed.definition.services[service]
    every: dict[str, Files] = {service: declared.files}
    every |= {name: each.files for name, each in declared.companions.items()}

    def content(file: object) -> str:
        if isinstance(file, ComposedFile):
            return environment.file_text(deployed, service, slot, file.composed, buckets)
        folder = Path(Pointer.parse(deployed.definition.source).file).parent
        return (
            text_files.read(folder / file.file) if isinstance(file, CopiedFile) else str(getattr(file, "content", file))
        )

    found = [
        _mounted(deployed, name, path, file, content) for name, files in every.items() for path, file in files.items()
    ]
    return PodFiles(f"{names.in_slot(service, slot)}-files", found)


def config_map(scope: Scope, *, name: str, slot: str, service: Service, files: PodFiles) -> core.v1.ConfigMapInitArgs:
    return core.v1.ConfigMapInitArgs(
        metadata=scope.metadata(files.config_map, service.source, service=name, slot=slot), data=files.data
    )


def _mounted(
    deployed: DeployedSystem, container: str, path: str, file: object, content: Callable[[object], str]
) -> Mounted:
    mode = int(getattr(file, "mode", "0444"), 8)
    if isinstance(file, SecretFile):
        key = environment.declared_secret(deployed, file.secret)
        return Mounted(container, path, mode, key.key, secret=key.secret)
    digest = hashlib.sha256(path.encode()).hexdigest()[:8]
    return Mounted(container, path, mode, f"{container}-{digest}", content=content(file))


def _secret_volume(file: Mounted) -> core.v1.VolumeArgs:
    item = core.v1.KeyToPathArgs(key=file.key, path=file.file, mode=file.mode)
    return core.v1.VolumeArgs(
        name=file.volume, secret=core.v1.SecretVolumeSourceArgs(secret_name=file.secret, items=[item])
    )
