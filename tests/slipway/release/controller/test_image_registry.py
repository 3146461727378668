"""Images looked up by the distribution API over HTTP."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from slipway.release.controller.image_registry import HUB, Image, Registries, parsed
from tests.slipway.release.controller.web import Answer, Request, Web, web

LOGIN = base64.b64encode(b"robot:pass").decode()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("postgres:17", Image(HUB, "library/postgres", "17")),
        ("docker.io/rclone/rclone:1", Image(HUB, "rclone/rclone", "1")),
        ("registry.example.com/shop/api:2.0.0", Image("registry.example.com", "shop/api", "2.0.0")),
        ("localhost:5000/api@sha256:00", Image("localhost:5000", "api", "sha256:00")),
        ("registry.example.com/api:2@sha256:00", Image("registry.example.com", "api", "sha256:00")),
        ("registry.example.com:5000/api", Image("registry.example.com:5000", "api", "latest")),
    ],
)
def test_the_parts_of_a_name(name: str, expected: Image) -> None:
    assert parsed(name) == expected


class Registry:
    """Has `shop/api:2.0.0`; asks for a token if `is_private`, and then for a login."""

    def __init__(self) -> None:
        self.port, self.is_private, self.status = 0, False, 0

    def __call__(self, request: Request) -> Answer:
        if request.path.startswith("/token"):
            assert "scope=repository%3Ashop%2Fapi%3Apull" in request.path
            known = not self.is_private or request.headers.get("authorization") == f"Basic {LOGIN}"
            return (200, {}, json.dumps({"token": "t0ken"}).encode()) if known else (401, {}, b"")
        if self.status:
            return self.status, {}, b""
        if request.headers.get("authorization") != "Bearer t0ken":
            realm = f'Bearer realm="http://127.0.0.1:{self.port}/token",service="registry",scope="x"'
            return 401, {"WWW-Authenticate": realm}, b""
        assert request.method == "HEAD"
        return (200 if request.path == "/v2/shop/api/manifests/2.0.0" else 404), {}, b""


@pytest.fixture
def registry() -> Iterator[tuple[Web, Registry]]:
    served = Registry()
    with web(served) as started:
        served.port = started.port
        yield started, served


def problem(served: Web, name: str = "shop/api:2.0.0", config: Path | None = None) -> str | None:
    full = f"{served.address}/{name}"
    return Registries(config, scheme="http").problems([full], None).get(full)


def test_an_image_that_is_there(registry: tuple[Web, Registry]) -> None:
    assert problem(registry[0]) is None


def test_an_image_that_is_missing(registry: tuple[Web, Registry]) -> None:
    assert problem(registry[0], "shop/api:2.0.1") == "is not in its registry"


def test_a_private_registry_takes_the_mounted_login(registry: tuple[Web, Registry], tmp_path: Path) -> None:
    """Without one it is unknown whether the image is there, and that is said."""
    served, private = registry
    private.is_private = True
    assert problem(served) == "cannot be looked up: the registry asks for a login (HTTP status 401)"
    config = tmp_path / ".dockerconfigjson"
    config.write_text(json.dumps({"auths": {served.address: {"username": "robot", "password": "pass"}}}))
    assert problem(served, config=config) is None


def test_what_cannot_be_found_out_is_reported(registry: tuple[Web, Registry], tmp_path: Path) -> None:
    served, broken = registry
    broken.status = 500
    assert problem(served) == "cannot be looked up (HTTP status 500)"
    assert problem(served, config=tmp_path / "missing") == "cannot be looked up (FileNotFoundError)"


def test_a_token_is_not_asked_for_elsewhere_in_plain_text(registry: tuple[Web, Registry]) -> None:
    """A login is not sent to a realm without TLS, if the registry has it."""
    found = Registries(scheme="https")._token(
        f'Bearer realm="http://{registry[0].address}/token"', parsed("shop/api"), LOGIN
    )
    assert (found, registry[0].asked) == (None, [])


def test_a_cloud_s_registry_is_asked_by_its_own_module() -> None:
    def asked(registry: str, repository: str, reference: str, scan: str | None) -> str | None:
        return f"{repository}:{reference} has findings of {scan}"

    registries = Registries(cloud=lambda registry: asked if registry == "own.example.com" else None)
    name = "own.example.com/shop/api:2"
    assert registries.problems([name], "high") == {name: "shop/api:2 has findings of high"}
