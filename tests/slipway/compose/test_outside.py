"""Hosts of others in variables."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.compose.outside import IPV6, NO_PORT, PRIVATE, TO_INTERNET
from tests.slipway.compose.translating import service

PG = {"host": "pg.example.com", "port": 5432}


@pytest.mark.parametrize(
    ("variables", "egress", "remarks"),
    [
        ("SMTP_HOST: smtp.example.com, SMTP_PORT: '587'", [{"host": "smtp.example.com", "port": 587}], []),
        ("SMTP_SERVER: smtp.example.com, SMTP_PORT: 465", [{"host": "smtp.example.com", "port": 465}], []),
        ("DB_HOST: pg.example.com", [], [NO_PORT]),
        ("DB_HOST: pg.example.com, DB_PORT: '5432'", [PG], [TO_INTERNET]),
        ("S3_ENDPOINT: s3.example.com", [], [NO_PORT]),
        ("S3_ENDPOINT: 'https://s3.example.com'", [{"host": "s3.example.com"}], []),
        ("API_URL: s3.example.com/v1", [], [NO_PORT]),
        (
            "BROKERS: 'a.example.com:9000, b.example.com:9001'",
            [{"host": "a.example.com", "port": 9000}, {"host": "b.example.com", "port": 9001}],
            [],
        ),
        ("KAFKA_BROKERS: 'a.example.com,b.example.com'", [], [NO_PORT]),
        (
            "URLS: 'https://a.example.com/x,https://b.example.com'",
            [{"host": "a.example.com"}, {"host": "b.example.com"}],
            [],
        ),
        ("URL: 'jdbc:postgresql://pg.example.com:5432/x'", [PG], [TO_INTERNET]),
        ("URL: 'jdbc:postgresql://pg.example.com/x'", [PG], [TO_INTERNET]),
        ("URL: 'postgresql+asyncpg://u:canary-1@pg.example.com/x'", [PG], [TO_INTERNET]),
        (
            "URL: 'postgres://pg.example.com,pg2.example.com:5433/x'",
            [PG, {"host": "pg2.example.com", "port": 5433}],
            [TO_INTERNET],
        ),
        ("URL: 'mongodb+srv://u:canary-1@m.example.com/x'", [{"host": "m.example.com", "port": 27017}], [TO_INTERNET]),
        ("BUS: 'Endpoint=amqps://bus.example.com/;Name=x'", [{"host": "bus.example.com", "port": 5671}], [TO_INTERNET]),
        ("OTHER: 'thrift://t.example.com/x'", [], [NO_PORT]),
        ("DB: '10.1.2.3:5432'", [{"network": "10.1.2.3/32", "port": 5432}], []),
        ("DB_HOST: 10.1.2.3, DB_PORT: '5432'", [{"network": "10.1.2.3/32", "port": 5432}], []),
        ("DNS: '1.1.1.1:53'", [{"host": "1.1.1.1", "port": 53}], []),
        ("DB: 'db.corp.internal:5432'", [], [PRIVATE]),
        ("DB: '[fd00::1]:5432'", [], [IPV6]),
        ("URL: 'postgres://u:canary-1@[2606:4700::1111]:5432/x'", [], [IPV6]),
        ("BROKERS: 'a.example.com:9000,[2606:4700::1111]:9000'", [{"host": "a.example.com", "port": 9000}], [IPV6]),
        ("SMTP_HOST: '2606:4700::1111', SMTP_PORT: '25'", [], [IPV6]),
        ("LISTEN: '[::]:8080', TIME: '10:30:00'", [], []),
        (
            "BIND: '0.0.0.0:80', FILE: app.conf, MAIL_FROM: me@example.com, CLASS: 'app.main:create', LANG: en_US.UTF-8",
            [],
            [],
        ),
        ("ALLOWED_HOSTS: 'a.example.com,b.example.com', VERSION: 1.2.3.4, DOMAIN: shop.example.com", [], []),
    ],
)
def test_hosts_of_others_are_let_out_or_named(tmp_path: Path, variables: str, egress: list, remarks: list) -> None:  # type: ignore[type-arg]
    """Where host and port are known there is an entry of `egress`, otherwise a remark."""
    found = service(tmp_path, f"    expose: [80]\n    environment: {{{variables}}}\n")
    assert found.definition["services"]["app"].get("egress", []) == egress
    assert [each.text for each in found.translation.remarks if ".environment." in each.path] == remarks
    assert found.problems == []
    assert "canary" not in found.everything


@pytest.mark.parametrize(
    "variables",
    [
        "DB_HOST: host.docker.internal",
        "API: 'host.docker.internal:90'",
        "REDIS_HOST: localhost",
        "REDIS_HOST: '::1'",
        "API_URL: 'http://[::1]:90/x'",
    ],
)
def test_a_host_of_the_own_machine_is_named(tmp_path: Path, variables: str) -> None:
    found = service(tmp_path, f"    expose: [80]\n    environment: {{{variables}, HOST: localhost}}\n")
    (said,) = [each.text for each in found.translation.remarks if ".environment." in each.path]
    assert said.startswith("has an address of the own machine")


def test_no_part_of_a_secret_is_written_for_a_host(tmp_path: Path) -> None:
    found = service(tmp_path, "    expose: [80]\n    environment: {API_TOKEN: 'x,canary.example.com:443'}\n")
    assert "canary" not in found.everything


def test_hosts_of_others_in_a_command_are_let_out(tmp_path: Path) -> None:
    """As those in variables are."""
    found = service(
        tmp_path, "    expose: [80]\n    command: [serve, '--smtp=smtp.example.com:587', 'https://a.example.com/x']\n"
    )
    assert found.definition["services"]["app"]["egress"] == [
        {"host": "smtp.example.com", "port": 587},
        {"host": "a.example.com"},
    ]
    assert found.problems == []


def test_a_health_check_of_another_service_is_named(tmp_path: Path) -> None:
    """Its name is another one here."""
    found = service(
        tmp_path,
        "    expose: [80]\n    healthcheck: {test: [CMD, curl, 'http://other:81/x']}\n  other: {image: 'e.io/b:1', expose: [81]}\n",
    )
    assert "asks 'other', whose address differs here" in found.remark("services.app.healthcheck")
