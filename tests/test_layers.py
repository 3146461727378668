"""What holds the rooms apart."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable
from graphlib import TopologicalSorter
from pathlib import Path, PurePosixPath

import grimp
import pulumi
import pytest

ROOT = Path(__file__).parents[1]


def test_imports_point_one_way() -> None:
    """The contracts in pyproject.toml hold."""
    linter = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([str(linter), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_component_is_made_as_those_of_pulumi_are() -> None:
    """`Component(name, args, opts)`: typed arguments of its own, and options that are passed on."""
    for name, component in components():
        constructor = _constructor(component)
        assert ast.unparse(constructor.args).replace("contract.", "") == (
            f"self, name: str, args: {_arguments(constructor)}, opts: pulumi.ResourceOptions | None=None"
        ), name
        calls = [node for node in ast.walk(constructor) if isinstance(node, ast.Call)]
        (made,) = [call for call in calls if ast.unparse(call.func) == "super().__init__"]
        token, own_name = made.args[:2]
        assert ast.unparse(token).startswith("'slipway:"), name
        assert ast.unparse(own_name) == "name", name
        assert "opts" in {node.id for node in ast.walk(made.keywords[0].value) if isinstance(node, ast.Name)}, name


def test_every_component_registers_its_outputs_last() -> None:
    """The constructor of each component ends with `self.register_outputs(…)`, without which it never completes."""
    for name, component in components():
        assert ast.unparse(_constructor(component).body[-1]).startswith("self.register_outputs("), name


def test_no_component_takes_an_attribute_that_pulumi_keeps_for_itself() -> None:
    """`self._protect = …` on a component would protect all of its children. `_name` is the name that both mean."""
    source = inspect.getsource(pulumi.Resource) + inspect.getsource(pulumi.ComponentResource)
    private = {*re.findall(r"self\.(_\w+)\s*[:=][^=]", source), *re.findall(r"(?m)^    (_\w+):", source)}
    assert {"_protect", "_providers", "_aliases"} <= private
    for name, component in components():
        own = {
            node.attr
            for node in ast.walk(component)
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and ast.unparse(node.value) == "self"
        }
        assert own & private <= {"_name"}, name


PRIVATE = {
    "slipway/rehearsal/sdk.py": "the tool's, with its self-test",
    "policies/framework/serving.py": "the pack's, which refuses another version of the SDK",
}


def test_private_parts_of_pulumi_are_used_in_one_module() -> None:
    """One of the tool and one of the pack, which is a program of its own; nothing else breaks with a release of the SDK."""
    files = [path for room in ("components", "policies", "slipway") for path in (ROOT / room).rglob("*.py")]
    using = {path.relative_to(ROOT).as_posix() for path in files if private_parts(path.read_text(encoding="utf-8"))}
    assert using == set(PRIVATE)


@pytest.mark.parametrize(
    "text",
    [
        "import pulumi\npulumi.runtime.stack._sync()",
        "from pulumi.runtime import _callbacks",
        "import pulumi.runtime._callbacks",
        "import pulumi_policy.policy as sdk\nclass A(sdk._Server): ...",
        'load("pulumi.runtime._callbacks")',
    ],
)
def test_each_way_to_a_private_part_is_seen(text: str) -> None:
    """What is public, or private to the code itself, is not."""
    assert private_parts(text)
    assert not private_parts("import pulumi\npulumi.runtime.invoke()\nself._x = pulumi.__name__\nother._x")


def private_parts(text: str) -> list[str]:
    """What a module uses of Pulumi's SDKs whose name begins with an underscore."""
    if "pulumi" not in text:
        return []
    nodes, names = list(ast.walk(ast.parse(text))), dict[str, str]()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {each.asname or each.name.partition(".")[0]: each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {each.asname or each.name: f"{node.module}.{each.name}" for each in node.names}
    used = [
        *names.values(),
        *(each.value for each in nodes if isinstance(each, ast.Constant) and isinstance(each.value, str)),
    ]
    for node in nodes:
        if isinstance(node, ast.Attribute):
            first, _, rest = ast.unparse(node).partition(".")
            used += [f"{names[first]}.{rest}"] if first in names else []
    return [each for each in used if re.fullmatch(r"pulumi[\w.]*\._(?!_)\w+", each)]


def components() -> list[tuple[str, ast.ClassDef]]:
    found = [found for path in (ROOT / "components").rglob("*.py") for found in _components(path)]
    assert len(found) > 60
    return found


def _arguments(constructor: ast.FunctionDef) -> str:
    """The name of the class of `args`, which ends so."""
    annotation = constructor.args.args[2].annotation
    text = ast.unparse(annotation).replace("contract.", "") if annotation is not None else ""
    return text if text.endswith("Args") else "…Args"


def _components(path: Path) -> list[tuple[str, ast.ClassDef]]:
    classes = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ClassDef)]
    mine = [each for each in classes if any("ComponentResource" in ast.unparse(base) for base in each.bases)]
    return [(f"{path}: {each.name}", each) for each in mine]


def _constructor(component: ast.ClassDef) -> ast.FunctionDef:
    return next(node for node in component.body if isinstance(node, ast.FunctionDef) and node.name == "__init__")


def test_systems_are_data() -> None:
    """No room imports `systems/`, and it holds no code."""
    assert list((ROOT / "systems").rglob("*.py")) == []


def test_no_module_imports_itself_by_others() -> None:
    """Modules of the blueprint and of the tool form no circle."""
    sorter: TopologicalSorter[str] = TopologicalSorter()
    graph = grimp.build_graph("components", "slipway", cache_dir=None)
    for module in graph.modules:
        sorter.add(module, *graph.find_modules_directly_imported_by(module))
    sorter.prepare()


CLOUDS = {"aws", "azure", "local", "kubernetes"}
"""Folders that answer the same questions each, by modules of the same names: one room."""
STRUCTURAL = {"__init__", "__main__", "conftest", "component", "manifests", *CLOUDS}
"""Names that say what a module is in its room."""
ROOMS_OF_A_NAME = 3
"""A command, a rule and a section of the settings may be about one thing, each in the room that says which it is."""


def test_a_module_is_told_from_others_by_its_name() -> None:
    """No name of a module is in more than three rooms, of the code or of the tests."""
    listed = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert shared_names(listed.splitlines()) == {}


def test_each_name_in_too_many_rooms_is_found() -> None:
    """Folders of the clouds are one room, and the tests have a count of their own."""
    rooms = ("policies/rules", "slipway/cli", "slipway/ops/aws", "slipway/ops/azure", "tests/policies", "tests/cli")
    files = [f"{room}/backups.py" for room in rooms]
    assert shared_names(files) == {}
    assert shared_names([*files, "slipway/ops/backups.py"]) == {
        "backups": ["policies/rules", "slipway/cli", "slipway/ops", "slipway/ops/<cloud>"]
    }


def shared_names(files: Iterable[str]) -> dict[str, list[str]]:
    """The rooms of each name that is in too many."""
    rooms: dict[tuple[bool, str], set[str]] = defaultdict(set)
    for path in map(PurePosixPath, files):
        if path.stem not in STRUCTURAL:
            room = "/".join("<cloud>" if part in CLOUDS else part for part in path.parent.parts)
            rooms[path.parts[0] == "tests", path.stem].add(room)
    return {name: sorted(found) for (_, name), found in sorted(rooms.items()) if len(found) > ROOMS_OF_A_NAME}
