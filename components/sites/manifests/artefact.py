"""How the built files of a static site get into a pod: copied from an image, or from an archive with a checked digest."""

from __future__ import annotations

from pulumi_kubernetes import core

from components.manifests import pod
from components.manifests.versions import Pins
from slipway.settings.services import Resources, Site
from slipway.settings.stacks import Artefact, SystemDeployment

FOLDER = "/artefact"
USER = 10001
"""User id of the publisher. Chosen: above the ids that images reserve."""
HASHED = r"[.-][0-9a-f]{8,}(\.[a-z0-9]+)+$"
"""Patterns of file names that contain a digest, such as `main.8f3b2c1d.js`: their content never changes."""
SMALL = Resources(cpu="50m", memory="64Mi", cpu_limit="500m", memory_limit="256Mi")

UNPACK = """\
set -eu
curl --fail --location --silent --show-error --proto =https --retry 3 --output /tmp/artefact.tar.gz "$ARCHIVE"
echo "$SHA256  /tmp/artefact.tar.gz" | sha256sum -c -
tar -xzf /tmp/artefact.tar.gz -C /artefact
"""


def volume() -> core.v1.VolumeArgs:
    return core.v1.VolumeArgs(name="artefact", empty_dir=core.v1.EmptyDirVolumeSourceArgs(size_limit="1Gi"))


def mount(folder: str = FOLDER, *, read_only: bool = True) -> core.v1.VolumeMountArgs:
    return core.v1.VolumeMountArgs(name="artefact", mount_path=folder, read_only=read_only)


def fetch(
    pins: Pins, site: Site, name: str, deployment: SystemDeployment, slot: str, registry: str
) -> core.v1.ContainerArgs:
    """Returns an init container that fills the artefact's volume with the files of the version in `slot`; it needs a
    scratch volume at /tmp."""
    deployed = deployment.slot(slot)
    artefact = deployed.artefacts.get(name, Artefact())
    if artefact.archive is not None:
        return _container(
            image=pins.image("curl"),
            command=["sh", "-c", UNPACK],
            env=[
                core.v1.EnvVarArgs(name="ARCHIVE", value=artefact.archive),
                core.v1.EnvVarArgs(name="SHA256", value=artefact.sha256),
            ],
        )
    image = f"{registry}/{site.artefact}:{deployed.version}"
    return _container(
        image=f"{image}@{artefact.digest}" if artefact.digest else image,
        command=["cp", "-R", f"{site.folder}/.", FOLDER],
        env=[],
    )


def is_downloaded(name: str, deployment: SystemDeployment, slot: str) -> bool:
    """Returns whether the files come from outside the cluster's registry, which a network policy must allow."""
    artefact = deployment.slot(slot).artefacts.get(name)
    return artefact is not None and artefact.archive is not None


def _container(*, image: str, command: list[str], env: list[core.v1.EnvVarArgs]) -> core.v1.ContainerArgs:
    return core.v1.ContainerArgs(
        name="fetch",
        image=image,
        command=command,
        env=env,
        resources=pod.resources(SMALL),
        security_context=pod.container_security(),
        volume_mounts=[mount(read_only=False), *pod.scratch_mounts(["/tmp"])],
    )
