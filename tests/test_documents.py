"""What the documents show is true."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from slipway.cli.init import CLOUDS, init
from slipway.cli.main import app
from slipway.cli.selection import select
from slipway.settings.load import load_stack, load_systems
from slipway.settings.project import find_project
from tests import screens
from tests.forking import forked_workers

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def example(document: str) -> str:
    """The one YAML block of a page."""
    (block,) = re.findall(r"```yaml\n(.*?)```", (ROOT / document).read_text(encoding="utf-8"), re.DOTALL)
    return block


def test_the_example_of_a_system_is_well_formed(tmp_path: Path) -> None:
    """docs/systems.md, loaded as a system."""
    shutil.copy(ROOT / "Pulumi.yaml", tmp_path)
    (tmp_path / "systems" / "shop").mkdir(parents=True)
    (tmp_path / "systems" / "shop" / "system.yaml").write_text(example("docs/systems.md"), encoding="utf-8")
    assert load_systems(find_project(tmp_path))["shop"].services["shop-api"].port == 3000


def test_the_example_of_a_stack_is_well_formed(tmp_path: Path) -> None:
    """docs/stacks.md, loaded as a stack of this project."""
    file = tmp_path / "Pulumi.example.yaml"
    file.write_text(example("docs/stacks.md"), encoding="utf-8")
    stack = load_stack(find_project(ROOT), "example", file)
    assert stack.clusters["main"].settings.controllers.releases == "installed"
    assert stack.clusters["main"].systems["expenses"].deployment.active == "green"


def test_the_example_of_a_site_is_well_formed(tmp_path: Path) -> None:
    """docs/sites.md, as the slots of the system that has a site."""
    stack = yaml.safe_load((ROOT / "Pulumi.local.yaml").read_text(encoding="utf-8"))
    stack["config"]["slipway:clusters"]["main"]["systems"] = {"smartwallet": yaml.safe_load(example("docs/sites.md"))}
    file = tmp_path / "Pulumi.example.yaml"
    file.write_text(yaml.safe_dump(stack), encoding="utf-8")
    deployed = load_stack(find_project(ROOT), "example", file).clusters["main"].systems["smartwallet"]
    assert deployed.deployment.green.artefacts["web"].archive == "https://builds.example.com/web-2.4.0.tar.gz"


def test_the_example_of_a_ledger_is_of_a_real_one() -> None:
    """docs/ledger.md shows an entry of prod as it is."""
    ledger = yaml.safe_load((ROOT / "ledger" / "prod.yaml").read_text(encoding="utf-8"))
    assert yaml.safe_load(example("docs/ledger.md")).items() <= ledger.items()


def test_the_readme_shows_the_preview_as_it_is() -> None:
    """`make screens` rewrites it."""
    assert screens.written() == screens.true()


def test_the_example_of_a_first_deployment_is_well_formed(tmp_path: Path) -> None:
    """docs/first-deployment.md, in which nothing runs yet."""
    file = tmp_path / "Pulumi.first.yaml"
    file.write_text(example("docs/first-deployment.md"), encoding="utf-8")
    deployed = load_stack(find_project(ROOT), "first", file).clusters["main"].systems["expenses"]
    assert (deployed.deployment.blue.version, deployed.deployment.green.version) == (None, None)


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize(
    ("document", "said", "deployment", "advice"),
    [
        ("docs/first-deployment.md", "expenses: {maintenance: true}", "maintenance: true", set()),
        ("docs/adopt.md", "`pulumi up` without a version", "domains: {web: hello.example.org}", {"service-endpoints"}),
        (
            "docs/adopt.md",
            "existingNamespace: true",
            "{existingNamespace: true, blue: {version: 1.0.0}}",
            set(),
        ),
    ],
    ids=["closed", "without a version", "existing namespace"],
)
def test_what_a_document_begins_with_is_not_refused(
    tmp_path: Path, cloud: str, document: str, said: str, deployment: str, advice: set[str]
) -> None:
    """In a project that `slipway init` has written: closed, without a version, and in a namespace of others."""
    assert said in (ROOT / document).read_text(encoding="utf-8")
    (tmp_path / "slipway").symlink_to(ROOT)
    init(tmp_path, cloud, name="slipway", keep=False)
    (file,) = tmp_path.glob("Pulumi.*.yaml")
    stack = yaml.safe_load(file.read_text(encoding="utf-8"))
    stack["config"]["slipway:clusters"]["main"]["systems"]["hello"] = yaml.safe_load(deployment)
    file.write_text(yaml.safe_dump(stack), encoding="utf-8")
    with forked_workers():
        rehearsal = select(tmp_path, None, file).rehearse(policies=True)
    assert rehearsal.failure is None
    assert {each.policy for each in rehearsal.findings} == advice


def test_every_command_of_slipway_that_documents_name_exists() -> None:
    """Command and options, wherever they are written as code."""
    commands = known_commands()
    commands |= {"help": set()}  # stands for --help of the command that follows
    for document in DOCUMENTS:
        code = re.findall(r"```[a-z]*\n(.*?)```|`([^`\n]+)`", document.read_text(encoding="utf-8"), re.DOTALL)
        for line in "\n".join(block or span for block, span in code).replace("\\\n", " ").splitlines():
            for words in re.findall(r"(?:^|[\s(|/$])slipway ((?:[a-z][a-z-]*)(?: [^|<>#]*)?)", line):
                name, options = named(words.split(), commands)
                assert name in commands, f"{document.name}: slipway {words}"
                assert set(options) <= commands[name], f"{document.name}: slipway {words}"


def known_commands() -> dict[str, set[str]]:
    """The options of each command; of one below another by both names."""
    found: dict[str, set[str]] = {}

    def take(command: Any, name: str) -> None:
        found[name] = {each for param in command.params for each in param.opts} | {"-h", "--help", "--version"}
        for below, inner in getattr(command, "commands", {}).items():
            take(inner, f"{name} {below}".strip())

    take(typer.main.get_command(app), "")
    return found


def named(words: list[str], commands: dict[str, set[str]]) -> tuple[str, list[str]]:
    """The command that the words name, and their options."""
    both = " ".join(words[:2])
    options = [word.partition("=")[0].rstrip(",.;:)") for word in words if re.match(r"--?[a-z]", word)]
    return both if both in commands else words[0].rstrip(",.;:)"), options


def test_every_cloud_has_its_page() -> None:
    """What it makes, what it costs, and what a first update needs."""
    clouds = {path.parent.name for path in (ROOT / "components" / "clouds").glob("*/cloud.py")}
    assert {path.stem for path in (ROOT / "docs" / "clouds").glob("*.md")} == clouds
    for page in (ROOT / "docs" / "clouds").glob("*.md"):
        text = page.read_text(encoding="utf-8")
        assert "## Cost drivers" in text
        assert "## Prerequisites of the first `pulumi up`" in text


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(document: Path) -> None:
    """Every relative link names a file that exists."""
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text(encoding="utf-8")):
        assert (document.parent / target).exists(), target


def test_every_target_of_the_makefile_that_documents_name_exists() -> None:
    """`make <target>`, wherever it is written."""
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for document in DOCUMENTS:
        named = re.findall(r"`make ([a-z0-9-]+)", document.read_text(encoding="utf-8"))
        assert set(named) <= targets, document


def test_the_commands_of_the_stock_cli_find_what_they_need() -> None:
    """The README's commands, and the environment of the program that the pack runs in too."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = [
        "pulumi login",
        "pulumi stack init",
        "pulumi preview",
        "pulumi preview --policy-pack policies",
        "pulumi up",
    ]
    assert all(re.search(rf"^{command}\b", readme, re.MULTILINE) for command in commands)
    program = yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))["runtime"]["options"]
    pack = yaml.safe_load((ROOT / "policies" / "PulumiPolicy.yaml").read_text(encoding="utf-8"))["runtime"]["options"]
    assert (ROOT / "policies" / pack["virtualenv"]).resolve() == (ROOT / program["virtualenv"]).resolve()
