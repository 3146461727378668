"""Files of containers: what is refused before anything is planned, and that nothing secret is told."""

from __future__ import annotations

import pytest

from slipway.settings.limit_checks import ROOM
from slipway.settings.limits import most
from tests.slipway.settings.conftest import Workshop

FLEET = "systems/fleet/system.yaml"
CANARY = "ghp_" + "a1B2" * 9
FITS = most("kubernetes config map") - ROOM


def declare(workshop: Workshop, files: str) -> None:
    workshop.edit(FLEET, "    port: 4000", f"    port: 4000\n    files: {files}")


@pytest.mark.parametrize("much", [FITS, FITS + 1024])
def test_what_no_config_map_could_contain_is_refused(workshop: Workshop, much: int) -> None:
    """Content and copied files of all containers together; secrets do not count."""
    declare(
        workshop,
        "{/etc/a: {file: big.txt}, /etc/b: bb, /etc/key: {secret: SIGNING_KEY}}\n"
        "    init: {one: {files: {/etc/a: {content: c}}}}",
    )
    workshop.write("systems/fleet/big.txt", "a" * (much - 3))
    if much == FITS:
        assert set(workshop.system().services["worker"].files) == {"/etc/a", "/etc/b", "/etc/key"}
        return
    assert workshop.problems() == [
        f"{FLEET}:18: services.worker.files: are 897 KiB, more than the 896 KiB that fit into a ConfigMap: put them into "
        "the image"
    ]


def test_a_copied_file_with_a_secret_is_refused_and_not_shown(workshop: Workshop) -> None:
    declare(workshop, "{/etc/a: {file: files/app.toml}}")
    workshop.write("systems/fleet/files/app.toml", f"[github]\nx = '{CANARY}'\n")
    (problem,) = workshop.problems()
    assert problem.startswith(
        f"{FLEET}:18: services.worker.files./etc/a.file: files/app.toml names a file that looks like"
    )
    assert CANARY not in problem


@pytest.mark.parametrize(
    "files",
    [
        f"{{/etc/a: 'x {CANARY}'}}",
        f"{{/etc/a: {{content: 'x {CANARY}'}}}}",
        f"{{/etc/a: {{content: ['x {CANARY}']}}}}",
        f"{{/etc/a: ['x {CANARY}']}}",
        f"{{/etc/a: {{secret: {CANARY}}}}}",
        f'{{/etc/a: "{CANARY}\\x01"}}',
    ],
)
def test_no_error_shows_a_secret(workshop: Workshop, files: str) -> None:
    """Wherever somebody pasted it."""
    declare(workshop, files)
    problems = workshop.problems()
    assert problems
    assert CANARY not in "\n".join(problems)


@pytest.mark.parametrize("files", ["{/etc/a: [hush]}", '{/etc/a: "hush\\x01"}', '{/etc/a: {content: "hush\\x01"}}'])
def test_no_error_shows_content(workshop: Workshop, files: str) -> None:
    """Even what has no form of a secret."""
    declare(workshop, files)
    (problem,) = workshop.problems()
    assert "hush" not in problem


@pytest.mark.parametrize(
    ("content", "rule"),
    [(b"a\n\xff", "2: is not in UTF-8: byte 0xff is invalid; save it as UTF-8"), (b"\0", "1: contains a NUL byte")],
)
def test_a_copied_file_that_is_no_text_is_named(workshop: Workshop, content: bytes, rule: str) -> None:
    """A ConfigMap's data are text."""
    declare(workshop, "{/etc/a: {file: files/logo.png}}")
    workshop.write("systems/fleet/files/logo.png", content)
    (problem,) = workshop.problems()
    assert problem.startswith(f"systems/fleet/files/logo.png:{rule}")


def test_a_login_of_nodes_is_no_file(workshop: Workshop) -> None:
    """Its Secret has the form that nodes read."""
    digest = "sha256:" + "0" * 64
    declare(workshop, "{/etc/a: {secret: LOGIN}}")
    workshop.edit(FLEET, "secrets:\n", "secrets:\n  LOGIN: {supplied: The vendor}\n")
    foreign = f"{{repository: quay.example.com/a/b, tag: '1', digest: '{digest}', pullSecret: LOGIN}}"
    workshop.edit(FLEET, "    port: 4000", f"    port: 4000\n    init: {{one: {{image: {foreign}}}}}")
    (problem,) = workshop.problems()
    assert problem.endswith("is a login of nodes, which is in another form: declare it twice")
