"""docs/adopt.md: every example is one of a project that `slipway init` writes, and its commands run as they are typed."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from slipway.cli import blueprint
from slipway.cli.init import init
from slipway.settings.load import load_stack
from slipway.settings.project import find_project
from tests import installed
from tests.slipway.cli.test_help import commands

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([ROOT / "README.md", *ROOT.glob("docs/**/*.md")])
PAGE = (ROOT / "docs" / "adopt.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"```yaml\n# ([^\n]+)\n(.*?)```", PAGE, re.DOTALL))
CLOUDS = {"on AWS": "aws", "on Azure": "azure", "controllers of the owner": "aws", "": "local"}
OF_NEW = {"network": ("cidr", "nat", "zones"), "kubernetes": ("version", "nodes", "logRetentionDays")}
"""Keys of a new network or cluster, which the page says are refused of one that exists."""


def project(folder: Path, cloud: str) -> Path:
    """A new project on a cloud, with a second system `shop`; its program is this checkout."""
    (folder / "slipway").symlink_to(ROOT)
    init(folder, cloud, name="shop", keep=False)
    shutil.copytree(folder / "systems" / "hello", folder / "systems" / "shop")
    return folder


def written(stack: Path, keys: dict[str, Any], title: str) -> None:
    """Set the keys of an example in the one cluster of a stack's file; what exists has nothing of a new one."""
    document = yaml.safe_load(stack.read_text(encoding="utf-8"))
    (cluster,) = document["config"]["shop:clusters"].values()
    for key, value in keys.items():
        if key == "systems":
            domains = {"web": "shop.example.com"}
            value = {name: {"blue": {"version": "1.0.0"}, "domains": domains, **each} for name, each in value.items()}
        before = {each: found for each, found in (cluster.get(key) or {}).items() if each not in OF_NEW.get(key, ())}
        cluster[key] = {**before, **value}
    if title == "controllers of the owner":
        cluster.pop("monitoring")  # has receivers, which are set in the owner's Alertmanager then
    if title.startswith("existing cluster"):
        cluster["network"] = yaml.safe_load(EXAMPLES[title.replace("cluster", "network")])["network"]
        for key in ("nodes", "outbound", "outboundType"):
            cluster["network"]["existing"].pop(key, None)
        if title.endswith("AWS"):
            cluster.pop("deployers")
            cluster["kubernetes"].pop("authorizedNetworks")
    stack.write_text(yaml.safe_dump(document), encoding="utf-8")


def test_every_example_has_a_title() -> None:
    """By which tests find it; none is left out here."""
    assert len(EXAMPLES) == len(re.findall(r"```yaml\n", PAGE)) > 5


@pytest.mark.parametrize("title", EXAMPLES)
def test_an_example_is_of_a_new_project(tmp_path: Path, title: str) -> None:
    """Its keys, beside those that `slipway init` has written for the cloud, are a stack; a key that is misspelt is none."""
    cloud = next(cloud for words, cloud in CLOUDS.items() if title.endswith(words))
    root, keys = project(tmp_path, cloud), yaml.safe_load(EXAMPLES[title])
    (stack,) = root.glob("Pulumi.*.yaml")
    written(stack, keys, title)
    name = stack.name.split(".")[1]
    settings = load_stack(find_project(root), name).clusters["main"]
    for key in keys:
        assert settings.systems if key == "systems" else getattr(settings.settings, key)


def test_the_pin_as_a_submodule(tmp_path: Path) -> None:
    """The commands of the page make a project whose program is the submodule, and copies nothing."""
    released = tmp_path / "released"
    for name, file in blueprint.released().items():
        (released / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, released / name)
    named = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    for words in (["init", "--quiet", "-b", "main"], ["add", "--all"], [*named, "commit", "--quiet", "-m", "x"]):
        subprocess.run(["git", *words], cwd=released, check=True)
    shims = tmp_path / "shims"
    shims.mkdir()
    # What `make` would install is there already.
    tool = shlex.quote(str(installed.command()))
    (shims / "make").write_text(f'#!/bin/sh\nmkdir -p "$2/.venv/bin" && ln -s {tool} "$2/.venv/bin/slipway"\n')
    (shims / "make").chmod(0o755)
    (block,) = re.findall(r"## The pin as a submodule\n.*?```sh\n(.*?)```", PAGE, re.DOTALL)
    work = tmp_path / "work"
    work.mkdir()
    more = {"SLIPWAY_REPOSITORY": str(released), "GIT_CONFIG_COUNT": "1"}
    more |= {"GIT_CONFIG_KEY_0": "protocol.file.allow", "GIT_CONFIG_VALUE_0": "always"}
    environment = {**os.environ, **more, "PATH": f"{shims}:{os.environ['PATH']}"}
    done = subprocess.run(["sh", "-ec", block], cwd=work, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "The program is slipway/" in done.stdout
    assert yaml.safe_load((work / "shop" / "Pulumi.yaml").read_text())["main"] == "slipway"
    assert (work / "shop" / ".gitmodules").is_file()
    assert load_stack(find_project(work / "shop"), "staging").clusters["main"].systems["hello"]


def command_lines() -> list[tuple[str, str]]:
    """Each `slipway …` of a block of commands, with its page."""
    found: list[tuple[str, str]] = []
    for document in DOCUMENTS:
        for block in re.findall(r"```(?:sh|console|bash)\n(.*?)```", document.read_text(encoding="utf-8"), re.DOTALL):
            plain = re.sub(r"<([a-z ]+)>", lambda words: words[1].replace(" ", "-"), block).replace("\\\n", " ")
            plain = re.sub(r'"\$\(.*?\)"', "text", plain)
            for line in plain.splitlines():
                words = re.match(r"(?:\$ )?(?:cd \S+ && )?(?:\S*/)?slipway ([a-z].*)", line.strip())
                if words:
                    found.append((document.name, re.split(r" [<>|&]+ ?", words[1])[0]))
    return found


def test_every_command_line_of_the_documents_is_one_that_runs() -> None:
    """With every option that its command needs, none that it has not, and values of the right type."""
    lines, known = command_lines(), commands()
    assert len({page for page, _ in lines}) > 20
    for page, line in lines:
        words = shlex.split(line, comments=True)
        count = 2 if " ".join(words[:2]) in known else 1
        try:
            known[" ".join(words[:count])].make_context("slipway", words[count:])
        except (Exception, SystemExit) as error:
            pytest.fail(f"{page}: slipway {line}: {getattr(error, 'message', error)}")
