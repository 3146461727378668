"""Options and exit statuses of the command line: each is declared once."""

from __future__ import annotations

import ast
import inspect
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from typer.testing import CliRunner

import slipway.cli
from slipway.cli.options import StackOptions, TargetOptions, grouped

FOLDER = Path(slipway.cli.__file__).parent


def modules() -> dict[str, ast.Module]:
    found = {path.name: ast.parse(path.read_text(encoding="utf-8")) for path in FOLDER.rglob("*.py")}
    assert {"main.py", "commands.py", "options.py", "exits.py"} <= found.keys()
    return found


def test_an_option_is_declared_once() -> None:
    """An option with the same name and meaning has one declaration, in `options.py` where several commands have it."""
    declared = Counter(
        ast.unparse(node)
        for module in modules().values()
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("typer.Option", "typer.Argument")
    )
    assert sum(declared.values()) > 50
    # One is required and one is not, which a declaration cannot say.
    assert {each for each, count in declared.items() if count > 1} <= {REASON}


REASON = "typer.Option('--reason', metavar='TEXT', help='Why, for everybody who reads the history.')"


def test_no_command_takes_a_group_one_by_one() -> None:
    """A command that takes the name of a stack and its file takes `StackOptions`."""
    for name, module in modules().items():
        for node in ast.walk(module):
            if isinstance(node, ast.FunctionDef) and node.decorator_list:
                types = {ast.unparse(each.annotation) for each in node.args.args if each.annotation is not None}
                assert not {"StackName", "StackFile"} <= types, f"{name}: {node.name}"


def test_an_exit_status_has_a_name() -> None:
    """Commands return those of `exits.py`, and no number."""
    numbers = [
        f"{name}:{node.lineno}"
        for name, module in modules().items()
        for node in ast.walk(module)
        if (isinstance(node, ast.Return) and _is_number(node.value))
        or (
            isinstance(node, ast.Call)
            and ast.unparse(node.func) in ("sys.exit", "SystemExit", "typer.Exit")
            and any(map(_is_number, node.args))
        )
    ]
    assert numbers == []


def _is_number(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is int


@dataclass(frozen=True, kw_only=True)
class Compared(TargetOptions):
    context: Annotated[str | None, typer.Option("--context", help="Compare with it.")] = None


def test_a_group_becomes_its_options() -> None:
    """Each option of the group, with its own default; one that a command's own group declares again has its meaning."""
    app = typer.Typer()
    seen: list[tuple[TargetOptions, str]] = []

    @app.command()
    @grouped
    def show(on: Compared, name: Annotated[str, typer.Option("--name")] = "shop") -> None:
        """Show it."""
        seen.append((on, name))

    assert CliRunner().invoke(app, ["-s", "prod", "-C", "x", "--context", "kind", "--name", "a"]).exit_code == 0
    assert CliRunner().invoke(app, []).exit_code == 0
    assert seen == [(Compared(stack="prod", cwd=Path("x"), context="kind"), "a"), (Compared(), "shop")]
    assert seen[0][0].place == (Path("x"), "prod", None)
    assert seen[0][0].target.context == "kind"
    help_ = CliRunner().invoke(app, ["--help"]).output
    assert "Show it." in help_
    assert "Compare with it." in help_
    assert "Stack file, instead of --stack." in help_


def test_a_command_without_a_group_stays_as_it_is() -> None:
    def check(cwd: Path = Path()) -> None:
        """Check it."""

    assert list(inspect.signature(grouped(check)).parameters) == ["cwd"]
    assert list(inspect.signature(grouped(_on_stack)).parameters) == ["stack", "config", "cwd"]


def _on_stack(on: StackOptions) -> None:
    """Take a group alone."""
