"""What holds the rooms apart."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_imports_point_one_way() -> None:
    """The contracts in pyproject.toml hold."""
    linter = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([str(linter), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_component_registers_its_outputs_last() -> None:
    """The constructor of each component ends with `self.register_outputs(…)`, without which it never completes."""
    components = [found for path in (ROOT / "components").rglob("*.py") for found in _components(path)]
    assert len(components) > 15
    for name, constructor in components:
        assert ast.unparse(constructor.body[-1]).startswith("self.register_outputs("), name


def _components(path: Path) -> list[tuple[str, ast.FunctionDef]]:
    classes = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ClassDef)]
    mine = [each for each in classes if any("ComponentResource" in ast.unparse(base) for base in each.bases)]
    return [(f"{path}: {each.name}", _constructor(each)) for each in mine]


def _constructor(component: ast.ClassDef) -> ast.FunctionDef:
    return next(node for node in component.body if isinstance(node, ast.FunctionDef) and node.name == "__init__")


def test_systems_are_data() -> None:
    """No room imports `systems/`, and it holds no code."""
    assert list((ROOT / "systems").rglob("*.py")) == []
