"""What holds the rooms apart."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import grimp
import pulumi

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
