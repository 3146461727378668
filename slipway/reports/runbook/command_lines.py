"""The commands that a runbook names."""

from __future__ import annotations

import shlex

from slipway.reports.runbook.release_facts import Facts


def release(facts: Facts, verb: str, **options: str) -> str:
    """Return a command of `slipway release` for the system; values of options are quoted for a shell."""
    return _slipway(f"release {verb}", facts, options)


def rollback(facts: Facts, migration: str) -> str:
    """Return the command that rolls a migration back."""
    return _slipway("rollback", facts, {"migration": migration})


def restore(facts: Facts, database: str) -> str:
    """Return the command that restores a dump next to the live database."""
    return _slipway("restore", facts, {"database": database})


def stack(facts: Facts, command: str) -> str:
    """Return a command that is about the whole stack, such as `slipway backups`."""
    return f"{command} --stack {shlex.quote(facts.stack.name)}"


def kubectl(facts: Facts, words: str) -> str:
    """Return a command in the system's namespace."""
    return f"kubectl -n {shlex.quote(facts.namespace)} {words}"


def _slipway(command: str, facts: Facts, options: dict[str, str]) -> str:
    target = {"stack": facts.stack.name, "system": facts.system}
    words = [f"--{name} {shlex.quote(value)}" for name, value in (target | options).items()]
    return " ".join(["slipway", command, *words])
