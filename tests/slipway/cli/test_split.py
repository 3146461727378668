"""`slipway split`: both files, the proof that they plan the same, and the moves of the state."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from slipway.cli.selection import select
from slipway.cli.split import proposed, split
from slipway.reports.ledger import HEADER
from slipway.settings.exit_statuses import OK, VIOLATED
from slipway.settings.load import load_stack
from slipway.settings.problems import InvalidSettings
from tests.components.test_foundations import OF, apart, whole
from tests.forking import forked_workers
from tests.rehearsed import ROOT


def project(folder: Path, files: Mapping[str, str]) -> Path:
    for room in ("components", "slipway", "__main__.py", "Pulumi.yaml"):
        (folder / room).symlink_to(ROOT / room)
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_it_shows_files_equality_and_moves(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The commands name the systems, whose children Pulumi takes along; nothing is written."""
    folder = project(tmp_path, whole("local"))
    with forked_workers():
        assert split(folder, "base", None, ["shop"], "apps", "acme") == OK
    said = capsys.readouterr().out
    assert re.search(r"Both stacks together plan what base does: \d{3} resources of 1 system can move\.", said)
    assert "slipway:foundation: acme/slipway/base" in said
    assert "pulumi state move --source acme/slipway/base --dest acme/slipway/apps" in said
    assert "'urn:pulumi:base::slipway::slipway:system:System::shop'" in said
    assert sorted(each.name for each in folder.glob("Pulumi*.yaml")) == ["Pulumi.base.yaml", "Pulumi.yaml"]


def test_thresholds_of_the_stack_go_along(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The pack finds them by the stack's name, so the new stack needs them as well."""
    folder = project(tmp_path, whole("local"))
    (folder / "policies").mkdir()
    levels = "stacks:\n  base:\n    cost-tags: {own: [team]}\n  other:\n    cost-tags: {own: [x]}\n"
    (folder / "policies" / "stacks.yaml").write_text(levels)
    with forked_workers():
        assert split(folder, "base", None, ["shop"], "apps", "acme") == OK
    said = capsys.readouterr().out
    assert "# policies/stacks.yaml, below `stacks`\n  apps:\n    cost-tags:\n      own:\n      - team\n" in said
    assert "4. Write both files as they are above, and what policies/stacks.yaml has of base for apps too.\n" in said


def test_entries_of_the_ledger_move_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Those of resources that move, with the new stack in their URNs, and the lines where they are now."""
    folder = project(tmp_path, whole("local"))
    with forked_workers():
        plan = select(folder, "base", None).rehearse(policies=False).plan
        below = next(urn for urn in plan.by_urn if "slipway:system:System$" in urn and urn.endswith("::shop"))
        other = next(urn for urn in plan.by_urn if "slipway:system:System$" in urn and urn.endswith("::bank"))
        (folder / "ledger").mkdir()
        text = f"# Never lose.\n{other}:\n  provider: main\n{below}:\n  named:\n    name: s\n  provider: main\n"
        (folder / "ledger" / "base.yaml").write_text(text)
        assert split(folder, "base", None, ["shop"], "apps", "acme") == OK
    said = capsys.readouterr().out
    moved = below.replace(":base::", ":apps::", 1)
    assert f"# ledger/apps.yaml\n{HEADER}{moved}:\n  named:\n    name: s\n  provider: main\n" in said
    assert f"Remove from ledger/base.yaml:\n  lines 4-7: {below}\n" in said
    assert other not in said
    assert "4. Write both files as they are above, and ledger/apps.yaml; remove its entries" in said
    assert (folder / "ledger" / "base.yaml").read_text() == text


def test_what_differs_is_said_and_nothing_moved(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With exit status 1 and without commands."""
    folder = project(tmp_path, whole("local"))

    def without_version(*arguments: object) -> object:
        found = proposed(*arguments)  # type: ignore[arg-type]
        return type(found)(found.base, found.new.replace("1.0.0", "1.0.1"))

    monkeypatch.setattr("slipway.cli.split.proposed", without_version)
    with forked_workers():
        assert split(folder, "base", None, ["shop"], "apps", "organization") == VIOLATED
    said = capsys.readouterr().out
    assert "with other inputs: slipway:system:System$" in said
    assert "state move" not in said


def test_the_files_of_the_first_step_are_valid(tmp_path: Path) -> None:
    """The new stack without systems, beside the old one as it was: it has the clusters, and the old one exports them."""
    folder = project(tmp_path, whole("local"))
    files = proposed(select(folder, "base", None), ["shop"], OF)
    document = yaml.safe_load(files.new)
    for cluster in document["config"]["slipway:clusters"].values():
        del cluster["systems"]
    (folder / "Pulumi.apps.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    found = select(folder, "base", None)
    assert (found.stack.shared, list(found.stack.clusters["main"].systems)) == (True, ["bank", "shop"])
    apps = load_stack(found.project, "apps")
    assert (list(apps.clusters), dict(apps.clusters["main"].systems)) == (["main"], {})


@pytest.mark.parametrize(
    ("stack", "system", "name", "message"),
    [
        ("apps", "shop", "more", "--stack apps is a stack of systems: split its foundation, base"),
        ("base", "bank", "apps", "--name apps is a stack already"),
        ("base", "shop", "more", "--system shop is not a system of stack base"),
    ],
)
def test_what_cannot_be_split_is_refused(tmp_path: Path, stack: str, system: str, name: str, message: str) -> None:
    """Before anything is rehearsed."""
    folder = project(tmp_path, apart("local"))
    with pytest.raises(InvalidSettings, match=message):
        split(folder, stack, None, [system], name, "organization")
