"""How the help of a group lists its commands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from typer.core import TyperArgument, TyperGroup

from slipway.cli.command_examples import EXAMPLES

SECTIONS: Mapping[str, Sequence[str]] = {
    "Begin a project": ("init", "new", "upgrade", "split", "member", "operator"),
    "Review a change, without a cloud account": (
        "preview", "check", "explain", "why", "cost", "prices", "ledger", "policies", "runbook",
    ),
    "Deploy and release": ("doctor", "set-version", "rehearse", "release", "weights", "rollback"),
    "Operate": ("secrets", "backups", "restore", "import-dump", "run", "destroy"),
}  # fmt: skip
"""The commands of `slipway` by what they are for, in the order in which most people need them."""


class Commands(TyperGroup):
    """Shows the whole first sentence of each command: Typer cuts it off at the end of the line."""

    sections: Mapping[str, Sequence[str]] = {}

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name, command in self.commands.items():
            path = f"{self.name} {name}" if self.name else name
            command.epilog = _examples(EXAMPLES.get(path, ()))
            for argument in command.params:
                if isinstance(argument, TyperArgument):
                    _name_only(argument)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        for title, names in self._sections(ctx):
            with formatter.section(title):
                formatter.write_dl([(name, _summary(self.get_command(ctx, name))) for name in names])

    def _sections(self, ctx: Any) -> Iterator[tuple[str, Sequence[str]]]:
        """Yield every command once; those that no section names come last."""
        left = list(self.list_commands(ctx))
        for title, names in self.sections.items():
            yield title, [name for name in names if name in left]
            left = [name for name in left if name not in names]
        if left:
            yield "Commands", left


def _examples(commands: Sequence[str]) -> str | None:
    """Return the end of a command's help; its lines are not wrapped, so that they can be copied."""
    if not commands:
        return None
    title = "Example:" if len(commands) == 1 else "Examples:"
    return "\n".join(["\b", title, *(f"  {each}" for each in commands)])


def _name_only(argument: TyperArgument) -> None:
    """Show an argument by its name, as options are: Typer adds the Python type, such as `<list[str]>`, and braces."""
    name = f"{argument.display_name_raw}{'...' if argument.nargs != 1 else ''}"
    argument.display_type_rich = lambda ctx: None  # type: ignore[method-assign]
    argument._usage_display_name = lambda: name if argument.required else f"[{name}]"  # type: ignore[method-assign]


def _summary(command: Any) -> str:
    """Return the first sentence of a command's description."""
    return " ".join((command.help or "").split()).partition(". ")[0].rstrip(".")
