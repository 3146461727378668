"""The images of the rehearsal stack: named as their projects name them, made here from Debian's packages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from slipway.rehearsal import Plan
from tests.e2e.rig import IMAGES, Rig

POSTGRES = "docker.io/library/postgres:"
RCLONE = "docker.io/rclone/"
NGINX = "docker.io/nginxinc/"
ENVOY = "docker.io/envoyproxy/envoy:"
RUN_BY_CONTROLLERS = ("docker.elastic.co/", "docker.io/library/rabbitmq:")
"""Pods of controllers that do not run here."""
PROGRAMS = ("createdb", "initdb", "pg_ctl", "pg_dump", "pg_restore", "psql")


def make(rig: Rig, names: Iterable[str]) -> None:
    """One of each kind; the others of its kind are the same by other names."""
    kinds: dict[str, list[str]] = {}
    for name in sorted(set(names)):
        if not name.startswith(RUN_BY_CONTROLLERS):
            kinds.setdefault(_kind(name), []).append(name)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda alike: _make_all(rig, *alike), kinds.values()))


def app(plan: Plan) -> str:
    """The name of one that is `app.py`, for systems of tests."""
    return next(
        name for name in sorted(named(plan)) if _kind(name) == "app" and not name.startswith(RUN_BY_CONTROLLERS)
    )


def _make_all(rig: Rig, first: str, *others: str) -> None:
    _make(rig, first)
    rig.tag(first, others)


def _kind(name: str) -> str:
    return next((kind for kind in (POSTGRES, RCLONE, NGINX, ENVOY, "smartwallet-web") if kind in name), "app")


def _make(rig: Rig, name: str) -> None:
    match _kind(name):
        case "docker.io/library/postgres:":
            script = f"{IMAGES / 'postgres.sh'}:/usr/local/bin/docker-entrypoint.sh"
            # initdb wants a name for the user that it runs as.
            programs = [f"{IMAGES / 'program.sh'}:/usr/local/bin/{program}" for program in PROGRAMS]
            files = [script, f"{IMAGES / 'passwd'}:/etc/passwd", *programs]
            rig.image(name, packages="postgresql", files=files, entrypoint="sh /usr/local/bin/docker-entrypoint.sh")
        case "docker.io/rclone/":
            rig.image(name, packages="rclone", files=[], entrypoint="rclone")
        case "docker.io/nginxinc/":
            config = f"{IMAGES / 'nginx.conf'}:/e2e/nginx.conf"
            rig.image(
                name, packages="nginx-light", files=[config], entrypoint="nginx -c /e2e/nginx.conf -g daemon\\ off;"
            )
        case "docker.io/envoyproxy/envoy:":
            # The rig's own Envoy, under the name that the plan gives it: its version may differ from the pinned one.
            rig.image(name, packages="coreutils", files=[f"{rig.envoy}:/usr/local/bin/envoy"], entrypoint="envoy")
        case "smartwallet-web":
            page = f"{IMAGES / 'index.html'}:/site/index.html"
            rig.image(name, packages="coreutils", files=[page], entrypoint="cp")
        case _:
            app = f"{IMAGES / 'app.py'}:/app/app.py"
            rig.image(name, packages="python3", files=[app], entrypoint="python3 /app/app.py")


def named(plan: Plan) -> Iterator[str]:
    """By the plan's pods."""
    for step in plan.steps:
        if step.package == "kubernetes":
            yield from _images(step.inputs)


def _images(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        if isinstance(value.get("image"), str):
            yield value["image"]
        for item in value.values():
            yield from _images(item)
    elif isinstance(value, list):
        for item in value:
            yield from _images(item)
