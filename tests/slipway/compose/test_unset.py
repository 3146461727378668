"""Variables without a value, in other places than `environment`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.slipway.compose.translating import service


@pytest.mark.parametrize(
    ("lines", "path"),
    [
        ("    command: serve --to ${TARGET}\n", "services.app.command"),
        ("    entrypoint: [serve, '${TARGET}']\n", "services.app.entrypoint"),
        ("    healthcheck: {test: 'curl http://localhost:${TARGET}/x'}\n", "services.app.healthcheck.test"),
        ("    healthcheck: {test: [CMD, curl, 'http://localhost/${TARGET}']}\n", "services.app.healthcheck.test"),
        ("    healthcheck: {test: [NONE], interval: '${TARGET}'}\n", "services.app.healthcheck.interval"),
        ("    build: {context: ., target: '${TARGET}'}\n", "services.app.build.target"),
        ("    user: '${TARGET}'\n", "services.app.user"),
        ("    deploy: {resources: {limits: {memory: '${TARGET}'}}}\n", "services.app.deploy.resources.limits.memory"),
        ("    configs: [c]\nconfigs: {c: {content: 'url = ${TARGET}'}}\n", "configs.c.content"),
        ("    env_file: [{path: '${TARGET}.env', required: false}]\n", "services.app.env_file.0.path"),
    ],
)
def test_a_variable_without_a_value_is_named_wherever_it_is(tmp_path: Path, lines: str, path: str) -> None:
    """And what has it is not copied with nothing in its place."""
    found = service(tmp_path, f"    expose: [3000]\n{lines}")
    assert "TARGET" in found.remark(path)
    app = found.definition["services"]["app"]
    assert not {"args", "command", "files", "user", "resources"} & app.keys()
    assert (path == "services.app.healthcheck.test") == bool(found.problems)


@pytest.mark.parametrize("image", ["e.io/a:${TAG}", "${REGISTRY}a:1", "e.io/${NAME}a@sha256:" + "0" * 64])
def test_an_image_without_a_part_of_its_name_is_refused_until_somebody_writes_it(tmp_path: Path, image: str) -> None:
    """No tag could be right for another image."""
    found = service(tmp_path, f"    expose: [3000]\n  other: {{image: '{image}', expose: [80]}}\n")
    assert "which has no value here" in "".join(each for each in found.remarks if "other.image: comes from" in each)
    assert any("services.other.image: has neither" in each for each in found.problems)


def test_a_mount_without_a_source_is_no_empty_folder(tmp_path: Path) -> None:
    found = service(tmp_path, "    expose: [3000]\n    volumes: ['${DATA}:/data']\n")
    assert "writable" not in found.definition["services"]["app"]
    assert any("volumes.0: comes from DATA" in each for each in found.remarks)


@pytest.mark.parametrize(
    "lines",
    [
        "    command: serve -x ${DB_PW}\n",
        "    command: [serve, '-x', 'a${DB_PW}b']\n",
        "    healthcheck: {test: [CMD, ask, '${DB_PW}']}\n",
        "    configs: [c]\nconfigs: {c: {content: 'login me ${DB_PW}'}}\n",
        "    configs: [c]\nconfigs: {c: {content: 'login me ${X:-${DB_PW}}'}}\n",
        "    build: {context: ., args: {NEXT_PUBLIC_X: '${DB_PW}'}}\n",
        "    command: serve ${DB_PW:+canary-77} canary-77\n",
    ],
)
def test_a_secret_of_dotenv_is_copied_to_no_other_place(tmp_path: Path, lines: str) -> None:
    """By the name of the variable alone."""
    found = service(tmp_path, f"    expose: [3000]\n{lines}", _env="DB_PW=canary-77\n")
    assert "canary" not in found.everything
