"""Whether images are in their registries, and what the registry's scan found in them."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import urllib3

from slipway.ops import clouds
from slipway.ops.clouds import ImageProblem

TIMEOUT = 5.0
"""Seconds for a request to a registry. Chosen: as a query of figures."""
HUB = "registry-1.docker.io"
"""Where images without a registry in their name are. Source: Docker, reference format."""
MANIFESTS = ", ".join(
    [
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    ]
)
"""Media types of manifests. Source: OCI distribution specification, image manifest specification."""
CHALLENGE = re.compile(r'(\w+)="([^"]*)"')


@dataclass(frozen=True)
class Image:
    """The parts of an image's name."""

    registry: str
    repository: str
    reference: str
    """Digest or tag."""


def parsed(name: str) -> Image:
    """Return the parts of a complete name; without tag or digest it is `latest`, as everywhere."""
    rest, _, digest = name.partition("@")
    head, _, tail = rest.partition("/")
    is_host = bool(tail) and ("." in head or ":" in head or head == "localhost")
    registry, path = (head, tail) if is_host else (HUB, rest)
    repository, colon, tag = path.rpartition(":") if ":" in path.rpartition("/")[2] else (path, "", "latest")
    if registry in ("docker.io", HUB):
        registry = HUB
        repository = repository if "/" in repository else f"library/{repository}"
    return Image(registry, repository, digest or (tag if colon else "latest"))


class Registries:
    """Asks registries. `docker_config` has logins by registry; `cloud` returns what asks a cloud's registry by the pod's
    identity."""

    def __init__(
        self,
        docker_config: Path | None = None,
        *,
        cloud: Callable[[str], ImageProblem | None] = clouds.image_problem,
        scheme: str = "https",
    ) -> None:
        self._docker_config, self._scheme = docker_config, scheme
        self._cloud = cloud
        self._pool = urllib3.PoolManager(maxsize=8)

    def problems(self, names: Sequence[str], scan: str | None) -> dict[str, str]:
        """Return what is wrong with each image that is not well. What cannot be found out is wrong, too. `scan` is the
        lowest severity that is refused."""
        found = {name: self._problem(name, scan) for name in names}
        return {name: problem for name, problem in found.items() if problem is not None}

    def _problem(self, name: str, scan: str | None) -> str | None:
        image = parsed(name)
        try:
            if (asked := self._cloud(image.registry)) is not None:
                return asked(image.registry, image.repository, image.reference, scan)
            return self._of_distribution(image)
        except Exception as error:
            return f"cannot be looked up ({type(error).__name__})"

    def _of_distribution(self, image: Image) -> str | None:
        url = f"{self._scheme}://{image.registry}/v2/{image.repository}/manifests/{image.reference}"
        login = self._login(image.registry)
        answer = self._send("HEAD", url, login and {"Authorization": f"Basic {login}"})
        if answer.status == 401 and (token := self._token(answer.headers.get("WWW-Authenticate", ""), image, login)):
            answer = self._send("HEAD", url, {"Authorization": f"Bearer {token}"})
        if answer.status == 200:
            return None
        if answer.status == 404:
            return "is not in its registry"
        if answer.status in (401, 403):
            return f"cannot be looked up: the registry asks for a login (HTTP status {answer.status})"
        return f"cannot be looked up (HTTP status {answer.status})"

    def _token(self, challenge: str, image: Image, login: str | None) -> str | None:
        """Return a token for reading, from the server that the registry names. It must be HTTPS, as the registry is."""
        words = dict(CHALLENGE.findall(challenge))
        if not challenge.lower().startswith("bearer") or urlsplit(words.get("realm", "")).scheme != self._scheme:
            return None
        query = {"service": words.get("service", ""), "scope": f"repository:{image.repository}:pull"}
        answer = self._send(
            "GET", f"{words['realm']}?{urlencode(query)}", login and {"Authorization": f"Basic {login}"}
        )
        if answer.status != 200:
            return None
        said = answer.json()
        return said.get("token") or said.get("access_token")

    def _send(self, method: str, url: str, headers: Mapping[str, str] | str | None) -> Any:
        given = headers if isinstance(headers, Mapping) else {}
        timeout = urllib3.Timeout(total=TIMEOUT)
        return self._pool.request(
            method, url, headers={"Accept": MANIFESTS, **given}, timeout=timeout, retries=False, redirect=False
        )

    def _login(self, registry: str) -> str | None:
        """Return user and password in base64 from the file, which may change while the controller runs."""
        if self._docker_config is None:
            return None
        held = json.loads(self._docker_config.read_text(encoding="utf-8")).get("auths") or {}
        entry = held.get(registry) or held.get(f"https://{registry}") or {}
        if "auth" not in entry and "username" in entry:
            return base64.b64encode(f"{entry['username']}:{entry.get('password', '')}".encode()).decode()
        return entry.get("auth")
