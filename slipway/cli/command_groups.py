"""How the help of a group lists its commands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from typer.core import TyperGroup

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


def _summary(command: Any) -> str:
    """Return the first sentence of a command's description."""
    return " ".join((command.help or "").split()).partition(". ")[0].rstrip(".")
