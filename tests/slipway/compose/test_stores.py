"""Data stores, and what their images and variables have beyond a server."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.compose.stores import ELSEWHERE, MORE_DATABASES, MOVES, OWN_STORAGE, TUNES, UNPUBLISHED, UNUSUAL
from tests.slipway.compose.translating import Result, service, translate


def beside(folder: Path, store: str) -> Result:
    """A service beside a data store `db`."""
    return translate(folder, f"services:\n  app: {{image: 'e.io/a:1', expose: [80]}}\n  db: {{{store}}}\n")


@pytest.mark.parametrize(
    ("image", "volume", "texts"),
    [
        ("postgres:17", "{external: true}", [ELSEWHERE.format(MOVES["postgres"])]),
        (
            "postgres:17",
            "{driver_opts: {type: nfs, o: addr=nfs, device: ':/data'}}",
            [OWN_STORAGE.format(MOVES["postgres"])],
        ),
        (
            "mongo:8",
            "{driver: rexray, external: true}",
            [each.format(MOVES["mongodb"]) for each in (ELSEWHERE, OWN_STORAGE)],
        ),
        ("rabbitmq:4", "{driver: rexray}", [OWN_STORAGE.format(MOVES["queue"])]),
        ("redis:8", "{external: true, name: prod-cache}", [ELSEWHERE.format(MOVES["cache"])]),
        ("postgres:17", "{driver: local, labels: {a: b}}", []),
        ("postgres:17", "", []),
    ],
)
def test_the_volume_of_a_data_store_is_more_than_a_disk(
    tmp_path: Path, image: str, volume: str, texts: list[str]
) -> None:
    """Its data is elsewhere, and the system's own server begins empty; a plain disk needs no word."""
    found = translate(
        tmp_path,
        "services:\n  app: {image: 'e.io/a:1', expose: [80]}\n"
        f"  db: {{image: '{image}', volumes: ['data:/var/lib/data']}}\nvolumes:\n  data: {volume}\n",
    )
    said = {each.text for each in found.translation.remarks if each.path.startswith("services.db.volumes")}
    assert said == set(texts)


@pytest.mark.parametrize(
    ("store", "path", "text"),
    [
        ("image: 'ghcr.io/example/postgres:16-vectors'", "image", UNUSUAL),
        ("image: 'example/postgres:15.1'", "image", UNUSUAL),
        ("image: 'redis/redis-stack-server:7.4.0'", "image", UNUSUAL),
        (
            "image: 'postgres:17', environment: {POSTGRES_INITDB_ARGS: --locale=C}",
            "environment.POSTGRES_INITDB_ARGS",
            TUNES,
        ),
        (
            "image: 'postgres:17', environment: {POSTGRES_MULTIPLE_DATABASES: 'a,b'}",
            "environment.POSTGRES_MULTIPLE_DATABASES",
            MORE_DATABASES,
        ),
        (
            "image: 'postgres:17', environment: {POSTGRES_HOST_AUTH_METHOD: trust}",
            "environment.POSTGRES_HOST_AUTH_METHOD",
            TUNES,
        ),
        ("image: 'postgres:17', volumes: ['./my.conf:/etc/postgresql/postgresql.conf']", "volumes.0", TUNES),
        ("image: 'redis:8', volumes: [{type: bind, source: ./a, target: /data/redis.conf}]", "volumes.0", TUNES),
        ("image: 'postgres:17', ports: ['5432:5432']", "ports.0", UNPUBLISHED),
        ("image: 'redis:8', ports: ['127.0.0.1:6379:6379']", "ports.0", UNPUBLISHED),
    ],
)
def test_what_a_store_has_beyond_a_server_is_named(tmp_path: Path, store: str, path: str, text: str) -> None:
    assert beside(tmp_path, store).remark(f"services.db.{path}").partition(": ")[2] == text


@pytest.mark.parametrize(
    "store",
    [
        "image: 'postgres:17-alpine', environment: {POSTGRES_USER: a, POSTGRES_PASSWORD: canary, POSTGRES_DB: x, PGDATA: /data, TZ: UTC}",
        "image: 'docker.io/library/postgres:17'",
        "image: 'pgvector/pgvector:pg17'",
        "image: 'valkey/valkey:8'",
        "image: 'mongo:8', environment: {MONGO_INITDB_ROOT_USERNAME: a, MONGO_INITDB_ROOT_PASSWORD: canary}",
        "image: 'rabbitmq:4', environment: {RABBITMQ_DEFAULT_USER: a, RABBITMQ_DEFAULT_PASS: canary, RABBITMQ_DEFAULT_VHOST: /x}",
    ],
)
def test_nothing_is_said_of_a_server_alone(tmp_path: Path, store: str) -> None:
    assert not [each for each in beside(tmp_path, store).remarks if "services.db." in each]


def test_images_of_others_are_named_once_with_the_keys_that_they_may_need(tmp_path: Path) -> None:
    found = service(
        tmp_path, "    expose: [80]\n  b: {image: 'e.io/b:1', expose: [80]}\n  c: {build: ., expose: [80]}\n"
    )
    said = found.remark("services")
    assert said.startswith("1: images of others may need another user or more folders: programs run as user 10001")
    assert said.endswith("look at 'user' and 'writable' of app, b")


def test_a_group_of_its_own_is_named(tmp_path: Path) -> None:
    found = service(
        tmp_path, "    expose: [80]\n    user: '1000:2000'\n  b: {image: 'e.io/b:1', expose: [80], user: '1000:1000'}\n"
    )
    assert found.definition["services"]["app"]["user"] == 1000
    assert "has the group 2000" in found.remark("services.app.user")
    assert not [each for each in found.remarks if "services.b.user" in each]


@pytest.mark.parametrize(
    ("image", "version"),
    [
        ("timescale/timescaledb:2.14.2-pg16", "16"),
        ("tensorchord/pgvecto-rs:pg15-v0.2.0", "15"),
        ("supabase/postgres:15.8.1.060", "15"),
    ],
)
def test_a_server_with_extensions_of_its_own_is_a_database_with_a_remark(
    tmp_path: Path, image: str, version: str
) -> None:
    found = beside(tmp_path, f"image: '{image}'")
    assert found.definition["databases"] == {"db": {"version": version}}
    assert UNUSUAL in found.remark("services.db.image")


def test_the_variables_of_bitnami_name_the_database_too(tmp_path: Path) -> None:
    found = beside(
        tmp_path, "image: 'bitnami/postgresql:16', environment: {POSTGRESQL_DATABASE: x, POSTGRESQL_USERNAME: u}"
    )
    assert list(found.definition["databases"]) == ["x"]


@pytest.mark.parametrize("image", ["postgres:17", "docker.io/postgres:17", "index.docker.io/library/postgres:17"])
def test_all_names_of_an_image_of_docker_hub_are_one(tmp_path: Path, image: str) -> None:
    """So that the usual server is not taken for one with additions, and a service has the name that registries know."""
    text = f"services:\n  app: {{image: '{image.replace('postgres', 'nginx')}', expose: [80]}}\n  db: {{image: '{image}'}}\n"
    found = translate(tmp_path, text)
    assert found.definition["services"]["app"]["image"]["repository"] == "docker.io/library/nginx"
    assert not [each for each in found.remarks if "is not the server alone" in each]


@pytest.mark.parametrize(
    "image",
    ["sj26/mailcatcher", "mysql/mysql-server:8.0", "confluentinc/cp-kafka:7.0.0", "certbot/certbot", "mongo-express"],
)
def test_programs_that_a_system_does_not_run_are_known_by_all_their_images(tmp_path: Path, image: str) -> None:
    """Run as several pods without a word, they would not do what they do alone."""
    found = translate(tmp_path, f"services:\n  app: {{image: 'e.io/a:1', expose: [80]}}\n  it: {{image: '{image}'}}\n")
    assert list(found.definition["services"]) == ["app"]
    assert "was not translated" in found.remark("services.it")
