"""What the documents show is true."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import yaml

from settings.load import load_stack, load_systems
from settings.project import find_project

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
    assert stack.clusters["main"].systems["expenses"].placement.weight("green") == 10


def test_the_example_of_a_site_is_well_formed(tmp_path: Path) -> None:
    """docs/sites.md, as the slots of the system that has a site."""
    stack = yaml.safe_load((ROOT / "Pulumi.local.yaml").read_text(encoding="utf-8"))
    stack["config"]["slipway:clusters"]["main"]["systems"] = {"smartwallet": yaml.safe_load(example("docs/sites.md"))}
    file = tmp_path / "Pulumi.example.yaml"
    file.write_text(yaml.safe_dump(stack), encoding="utf-8")
    placed = load_stack(find_project(ROOT), "example", file).clusters["main"].systems["smartwallet"]
    assert placed.placement.green.artefacts["web"].archive == "https://builds.example.com/web-2.4.0.tar.gz"


def test_the_example_of_a_ledger_is_of_a_real_one() -> None:
    """docs/ledger.md shows an entry of prod as it is."""
    ledger = yaml.safe_load((ROOT / "ledger" / "prod.yaml").read_text(encoding="utf-8"))
    assert yaml.safe_load(example("docs/ledger.md")).items() <= ledger.items()


def test_every_cloud_has_its_page() -> None:
    """What it makes, what it costs, and what a first update needs."""
    clouds = {path.parent.name for path in (ROOT / "components" / "cloud").glob("*/cloud.py")}
    assert {path.stem for path in (ROOT / "docs" / "clouds").glob("*.md")} == clouds
    for page in (ROOT / "docs" / "clouds").glob("*.md"):
        text = page.read_text(encoding="utf-8")
        assert "## What drives its cost" in text
        assert "## What a first `pulumi up` needs" in text


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
