"""The help of every command, and what the command line says of words that it does not know."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from slipway.cli.command_examples import EXAMPLES
from slipway.cli.main import app
from tests.slipway.cli.conftest import Copy

PROGRAM: Any = typer.main.get_command(app)


def commands() -> dict[str, Any]:
    """Every command and group by its words after `slipway`."""

    def below(group: Any, path: str) -> Iterator[tuple[str, Any]]:
        for name, command in getattr(group, "commands", {}).items():
            yield f"{path} {name}".strip(), command
            yield from below(command, f"{path} {name}".strip())

    return dict(below(PROGRAM, ""))


def help_of(command: Any, width: int = 100) -> str:
    context = command.context_class(command, info_name="x", terminal_width=width)
    return command.get_help(context)


LEAVES = [path for path, command in commands().items() if not getattr(command, "commands", None)]


def test_every_command_shows_an_example() -> None:
    """Groups show those of their commands."""
    assert set(LEAVES) <= EXAMPLES.keys() <= commands().keys()
    for path in EXAMPLES:
        for each in EXAMPLES[path]:
            assert f"  {each}\n" in f"{help_of(commands()[path], 60)}\n"


@pytest.mark.parametrize("path", sorted(EXAMPLES))
def test_an_example_is_a_command(path: str) -> None:
    """All options that it needs, none that there is not, and values of the right type."""
    for each in EXAMPLES[path]:
        words = shlex.split(re.split(r" [<>] ", each)[0])
        assert words[0] == "slipway"
        assert " ".join(words[1:]).startswith(path)
        rest = words[1 + len(path.split()) :]
        command = commands()[path]
        command.make_context(path, rest)


@pytest.mark.parametrize("path", ["", *sorted(commands())])
def test_values_are_named_as_people_name_them(path: str) -> None:
    """STACK, FILE and SECONDS: no type of Python, and no braces."""
    text = help_of(commands()[path] if path else PROGRAM)
    assert not re.findall(r"<(?:str|path|int|float|list)\b[^>]*>|\{\w+\}|\bTEXT\.\.\.", text)


@pytest.mark.parametrize("path", sorted(commands()))
def test_help_fits_a_narrow_terminal(path: str) -> None:
    """Only examples, which are to be copied, and words that have no space are longer."""
    examples = {f"    {each}" for each in EXAMPLES.get(path, ())}
    for line in help_of(commands()[path], 50).splitlines():
        assert len(line) <= 52 or line in examples or len(max(line.split(), key=len)) > 20, line


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("previw", "No such command 'previw'. Did you mean 'preview'?"),
        ("release statu", "No such command 'statu'. Did you mean 'status'?"),
        ("preview --stak x", "No such option: --stak (Possible options: --scan, --stack)"),
        ("preview --format htm", "Invalid value for '--format': 'htm' is not one of 'text', 'json', 'markdown'"),
        ("rehearse --timeout soon", "Invalid value for '--timeout': should be a valid number"),
        ("rehearse --timeout 0", "Invalid value for '--timeout': should be greater than or equal to 1"),
        ("why", "Missing argument 'URN'."),
        ("hand-over", "'hand-over' is now 'set-version'."),
    ],
)
def test_a_command_line_that_is_wrong(project: Copy, arguments: str, message: str) -> None:
    """Bad input, in our words alone: what to type, or what is near."""
    run = project.slipway(*arguments.split())
    assert (run.status, run.out) == (2, "")
    assert f"Error: {message}" in run.err
    assert "Value error" not in run.err


@pytest.mark.parametrize("words", [["help"], ["help", "preview"], ["help", "release", "status"]])
def test_help_is_a_command_too(project: Copy, words: list[str]) -> None:
    """As strangers type it."""
    assert project.slipway(*words).out == project.slipway(*words[1:], "--help").out
