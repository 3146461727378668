"""`slipway preview --record`, with a plugin that speaks the protocol of a provider."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import yaml

from tests.slipway.cli.conftest import Copy, Run

PLUGIN = Path(__file__).with_name("provider_plugin.py")
ASKS = """
import pulumi
from pulumi.runtime import invoke, invoke_output

version = pulumi.InvokeOptions(version="1.2.0")


def ask(function, **arguments):
    return invoke(f"cloud:index:{function}", arguments, version).value


"""
ANSWERED = """\
# Ours.
functions:
  cloud:index:getOther:  # by hand
    - result: {id: 1}
    # the end of them
stacks: {acme/net/prod: {vpc: vpc-1}}  # the network's
"""


@pytest.fixture
def shop(tmp_path: Path) -> Copy:
    root = tmp_path / "shop"
    root.mkdir()
    (root / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (root / "Pulumi.dev.yaml").write_text("config:\n  cloud:region: eu\n")
    return Copy(root)


def installed(shop: Copy) -> None:
    """As `pulumi plugin install` does."""
    folder = shop.root.parent / "pulumi" / "plugins" / "resource-cloud-v1.2.0"
    folder.mkdir(parents=True)
    program = folder / "pulumi-resource-cloud"
    program.write_text(f"#!/bin/sh\nexec '{sys.executable}' '{PLUGIN}' \"$@\"\n")
    program.chmod(0o755)


def preview(shop: Copy, program: str, *arguments: str) -> Run:
    (shop.root / "__main__.py").write_text(ASKS + program)
    home = str(shop.root.parent / "pulumi")
    return shop.slipway("preview", "--stack", "dev", *arguments, PULUMI_HOME=home, NO_COLOR="1")


def recorded(shop: Copy) -> dict[str, list[dict[str, object]]]:
    return yaml.safe_load((shop.root / "rehearsal.yaml").read_text())["functions"]


PLACED = """
zones = ask("getZones")["names"]
image = ask("getImage", name=zones[0])
pulumi.export("placed", [image["id"], *zones])
pulumi.export("later", invoke_output("cloud:index:getImage", {"name": "c", "size": 2}, version))
"""


def test_what_a_program_asks_for_is_asked_once_and_written(shop: Copy) -> None:
    """Also what it asks for because of an earlier answer; then the preview needs no plugin. Comments stay."""
    installed(shop)
    (shop.root / "rehearsal.yaml").write_text(ANSWERED)
    run = preview(shop, PLACED, "--record", "--format", "json")
    assert run.status == 0, run.everything
    assert "slipway: 3 answers recorded in rehearsal.yaml" in run.err
    assert '"image-eua",\n      "eua",\n      "eub"' in run.out
    text = (shop.root / "rehearsal.yaml").read_text()
    assert [line for line in ANSWERED.splitlines() if line not in text] == []
    found = recorded(shop)
    assert found["cloud:index:getOther"] == [{"result": {"id": 1}}]
    assert found["cloud:index:getZones"] == [
        {"arguments": {}, "exact": True, "result": {"names": ["eua", "eub"], "asked": 1}}
    ]
    assert {
        "arguments": {"name": "c", "size": 2},
        "exact": True,
        "result": {"id": "image-c", "size": 2.5, "given": ["name", "size"]},
    } in found["cloud:index:getImage"]
    (shop.root.parent / "pulumi").rename(shop.root.parent / "elsewhere")
    again = preview(shop, PLACED, "--record", "--format", "json")
    assert (again.status, (shop.root / "rehearsal.yaml").read_text()) == (0, text)
    assert again.out == run.out


def test_a_recorded_answer_is_for_that_very_call(shop: Copy) -> None:
    """A call with more arguments is asked for itself."""
    installed(shop)
    program = (
        'pulumi.export("sizes", [len(ask("getImage", name="a", **more)["given"]) for more in ({}, {"kind": "b"})])'
    )
    run = preview(shop, program, "--record", "--format", "json")
    assert run.status == 0, run.everything
    assert len(recorded(shop)["cloud:index:getImage"]) == 2
    assert '"sizes": [\n      1,\n      2\n    ]' in run.out


@pytest.mark.parametrize(
    ("call", "place"),
    [
        ('ask("getLogin")', "its result has what is, or looks like, a secret (login.phrase)"),
        ('ask("getKey")', "its result has what is, or looks like, a secret (value)"),
        ('ask("getSettings")', "its result has what is, or looks like, a secret (password)"),
        ('ask("getImage", password="correct-horse-9")', "an argument is, or looks like, a secret (password)"),
    ],
)
def test_what_is_secret_is_not_written(shop: Copy, call: str, place: str) -> None:
    """By the provider's mark, by its schema, by its name; the rest is."""
    installed(shop)
    run = preview(shop, f'ask("getZones")\n{call}\n', "--record")
    assert run.status == 3
    assert place in run.err
    assert "write an answer with a made-up value yourself" in run.err
    assert list(recorded(shop)) == ["cloud:index:getZones"]
    for value in ("open sesame", "zebra", "correct-horse-9"):
        assert value not in run.err + (shop.root / "rehearsal.yaml").read_text()


def test_an_encrypted_configuration_cannot_be_given(shop: Copy) -> None:
    installed(shop)
    (shop.root / "Pulumi.dev.yaml").write_text("config:\n  cloud:region: {secure: v1:abc}\n")
    run = preview(shop, 'ask("getZones")', "--record")
    assert run.status == 3
    assert "its provider is configured with a secret: give it by the environment" in run.err
    assert not (shop.root / "rehearsal.yaml").exists()


def test_a_provider_s_refusal_is_said(shop: Copy) -> None:
    """Of a call, and of its configuration."""
    installed(shop)
    run = preview(shop, 'ask("getNothing")', "--record")
    assert (run.status, run.out) == (3, "")
    assert "the provider cloud refuses cloud:index:getNothing: name: no such thing" in run.err
    (shop.root / "Pulumi.dev.yaml").write_text("config: {}\n")
    assert "refuses its configuration: region: is missing" in preview(shop, 'ask("getZones")', "--record").err


def test_a_plugin_that_is_not_installed_is_one_line_with_the_command(shop: Copy) -> None:
    """And a preview without the option says that there is one."""
    run = preview(shop, 'ask("getZones")', "--record")
    assert run.status == 3
    assert (
        "the plugin of cloud 1.2.0 is not installed: install it with `pulumi plugin install resource cloud v1.2.0`"
        in run.err
    )
    assert "`slipway preview --record` asks the provider" in preview(shop, 'ask("getZones")').out
