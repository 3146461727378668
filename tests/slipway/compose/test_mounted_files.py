"""Files that Compose mounts, as files of a service."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.compose.mounted_files import LONGEST
from tests.slipway.compose.translating import service

HIDDEN = "was not copied, as it is no short text without secrets: set it under 'files', or copy it into the image"
MOUNTED = "mounts files of the own machine at /etc/app/app.conf: copy them into the image; what it writes there, put into a bucket"


def test_a_secret_is_the_file_that_the_program_reads(tmp_path: Path) -> None:
    """At the usual path, or at its own; its value is supplied."""
    found = service(
        tmp_path,
        "    ports: ['3000']\n    secrets: [signing-key, {source: tls, target: /etc/app/tls.pem}, {source: login, target: in}]\n"
        "secrets: {signing-key: {file: ./key.pem}, tls: {external: true}, login: {environment: LOGIN}}\n",
        key_pem="correct horse battery staple",
    )
    app = found.definition["services"]["app"]
    assert app["files"] == {
        "/run/secrets/signing-key": {"secret": "SIGNING_KEY"},
        "/etc/app/tls.pem": {"secret": "TLS"},
        "/run/secrets/in": {"secret": "LOGIN"},
    }
    assert set(found.definition["secrets"]) == {"SIGNING_KEY", "TLS", "LOGIN"}
    assert "environment" not in app
    assert found.problems == []
    assert "horse" not in found.everything


def test_a_secret_in_a_writable_folder_becomes_a_variable(tmp_path: Path) -> None:
    """An empty folder would hide it."""
    found = service(
        tmp_path,
        "    ports: ['3000']\n    tmpfs: [/run]\n    secrets: [key]\nsecrets: {key: {file: ./key.pem}}\n",
    )
    app = found.definition["services"]["app"]
    assert app["environment"] == {"KEY": {"secret": "KEY"}}
    assert "files" not in app
    assert (
        found.remark("services.app.secrets.0")
        == "6: is a file there and the variable KEY here: let the program read that"
    )
    assert found.problems == []


def test_configuration_is_copied(tmp_path: Path) -> None:
    """Of the file itself, of another, and of one that is mounted."""
    found = service(
        tmp_path,
        "    ports: ['3000']\n    configs: [motd, {source: conf, target: /etc/app/app.conf}]\n"
        "    volumes: ['./words.txt:/usr/share/words.txt:ro']\n"
        "configs:\n  motd: {content: Welcome}\n  conf: {file: ./app.conf}\n",
        app_conf="level = info\nport = 3000\n",
        words_txt="umbrella\n",
    )
    assert found.definition["services"]["app"]["files"] == {
        "/motd": "Welcome",
        "/etc/app/app.conf": "level = info\nport = 3000\n",
        "/usr/share/words.txt": "umbrella\n",
    }
    assert found.problems == []
    assert not [each for each in found.remarks if ".configs" in each or ".volumes" in each]


@pytest.mark.parametrize(
    "text",
    [
        "password = correct-horse-7\n",
        "login:\n  token: 'correct-horse-7'\n",
        '{"api_key": "correct-horse-7",\n "level": 1}\n',
        '{"a": {"b": 1, "secret-key":"correct-horse-7"}}',
        "url = https://shop:correct-horse-7@example.com/\n",
        "correct-horse-7\0",
        "correct-horse-7\n" * (LONGEST // 16 + 1),
    ],
)
def test_a_file_with_a_secret_is_neither_copied_nor_shown(tmp_path: Path, text: str) -> None:
    """As configuration and as a mounted file; nor one that is no text, or long."""
    found = service(
        tmp_path,
        "    ports: ['3000']\n    configs: [{source: conf, target: /etc/other}]\n"
        "    volumes: ['./app.conf:/etc/app/app.conf']\nconfigs: {conf: {file: ./app.conf}}\n",
        app_conf=text,
    )
    assert "files" not in found.definition["services"]["app"]
    assert found.remark("services.app.configs.0") == f"5: {HIDDEN}"
    assert found.remark("services.app.volumes.0") == f"6: {MOUNTED}"
    assert "correct-horse-7" not in found.everything


def test_content_with_a_secret_is_not_copied(tmp_path: Path) -> None:
    found = service(
        tmp_path,
        "    ports: ['3000']\n    configs: [conf]\nconfigs: {conf: {content: 'db_password: correct-horse-7'}}\n",
    )
    assert found.remark("services.app.configs.0") == f"5: {HIDDEN}"
    assert "correct-horse-7" not in found.everything


def test_a_mode_is_left_to_people(tmp_path: Path) -> None:
    """Compose's may let somebody write."""
    found = service(
        tmp_path,
        "    ports: ['3000']\n    secrets: [{source: key, mode: 0440}]\nsecrets: {key: {file: ./key.pem}}\n",
    )
    assert (
        found.remark("services.app.secrets.0")
        == "5: has a mode: set 'mode' of the file, in quotes, for example \"0440\""
    )


@pytest.mark.parametrize("mount", ["./words.txt:/etc/app/db_password", "./db_password.txt:/etc/app/words"])
def test_a_file_with_the_name_of_a_secret_is_not_copied(tmp_path: Path, mount: str) -> None:
    """What is in it has no form that would betray it."""
    for name in ("words.txt", "db_password.txt"):
        (tmp_path / name).write_text("correct-horse-7\n", encoding="utf-8")
    found = service(tmp_path, f"    ports: ['3000']\n    volumes: ['{mount}']\n")
    assert "files" not in found.definition["services"]["app"]
    assert "correct-horse-7" not in found.everything


def test_a_file_of_the_machine_is_not_copied(tmp_path: Path) -> None:
    (tmp_path / "zone").write_text("UTC\n", encoding="utf-8")
    found = service(tmp_path, f"    ports: ['3000']\n    volumes: ['{tmp_path}/zone:/etc/timezone:ro']\n")
    assert "files" not in found.definition["services"]["app"]
    assert found.remark("services.app.volumes.0").startswith("5: mounts files of the own machine")


def test_an_owner_is_left_to_people(tmp_path: Path) -> None:
    """Kubernetes gives all files one owner and the group of the pod."""
    found = service(
        tmp_path,
        "    ports: ['3000']\n    secrets: [{source: key, uid: '1000'}]\nsecrets: {key: {file: ./key.pem}}\n",
    )
    assert found.remark("services.app.secrets.0").startswith("5: has an owner there")
