"""`slipway preview --record`: what a program asks providers for is asked once, with credentials, and written to
`rehearsal.yaml`."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from slipway.cli.lookup import refused
from slipway.cli.progress import steps
from slipway.cli.selection import Selection, select
from slipway.ops.failure import CloudFailure
from slipway.ops.provider_plugin import SECRET, SIGNATURE, Plugin, Provider, running
from slipway.rehearsal import Asked
from slipway.rehearsal.answers import given
from slipway.reports.words import many
from slipway.settings.answer_writing import with_answer
from slipway.settings.problems import InvalidSettings
from slipway.settings.rehearsal_answers import FILE, read_answers
from slipway.settings.secret_forms import is_secret

HEADER = "# What a preview answers in place of providers and of other stacks: docs/rehearsal.md\n"


def record(cwd: Path, name: str | None, file: Path | None) -> None:
    """Write the answer of every function that the program asks for and nobody answers, until it asks for nothing more.
    Raises InvalidSettings, RehearsalError, and CloudFailure if one of them could not be recorded."""
    selection = select(cwd, name, file)
    tried: set[tuple[str, str]] = set()
    failures: list[str] = []
    with steps(f"Recording {selection.stack.name}") as report, ExitStack() as opened:
        plugins: dict[str, Plugin | CloudFailure] = {}
        while True:
            asked = [each for each in selection.rehearse(policies=False).asked if _key(each) not in tried]
            for call in asked:
                report(call.token)
                tried.add(_key(call))
                try:
                    _write(selection, call, _result(call, plugins, opened, selection.project.root))
                except CloudFailure as failure:
                    failures.append(f"{call.token}: {failure}")
            if not asked:
                break
    print(f"slipway: {many(len(tried) - len(failures), 'answer')} recorded in {FILE}", file=sys.stderr)
    if failures:
        raise CloudFailure("not recorded:\n" + "\n".join(f"  {each}" for each in sorted(set(failures))))


def _key(call: Asked) -> tuple[str, str]:
    return call.token, repr((call.urn, sorted(call.arguments.items())))


def _result(call: Asked, plugins: dict[str, Plugin | CloudFailure], opened: ExitStack, root: Path) -> Mapping[str, Any]:
    """Return the result of a call by its provider, whose plugin is started once. Raises CloudFailure."""
    if call.obstacle:
        raise CloudFailure(call.obstacle)
    _refuse(_secrets(call.arguments), "an argument is, or looks like, a secret")
    provider = Provider(call.package, call.version, call.server, call.urn, call.inputs)
    plugin = plugins.get(repr(provider))
    if plugin is None:
        try:
            plugin = opened.enter_context(running(provider, root))
        except CloudFailure as failure:
            plugin = failure
        plugins[repr(provider)] = plugin
    if isinstance(plugin, CloudFailure):
        raise plugin
    result = plugin.invoke(call.token, call.arguments)
    _refuse(_secrets(result, plugin.secret_outputs(call.token)), "its result has what is, or looks like, a secret")
    return result


def _refuse(places: Iterator[str], what: str) -> None:
    if found := sorted(set(places)):
        raise CloudFailure(
            f"{what} ({', '.join(found)}), and {FILE} is no place for it: "
            "write an answer with a made-up value yourself, or let the program read it when it runs"
        )


def _secrets(value: Any, named: frozenset[str] = frozenset(), path: Sequence[str] = ()) -> Iterator[str]:
    """Yield the path of every value that is marked as secret, is by the schema, or looks like one."""
    name = path[-1] if path else ""
    if isinstance(value, Mapping):
        marked = value.get(SIGNATURE) == SECRET or (value.get("kind") == "Secret" and "apiVersion" in value)
        if marked or name in named:
            yield ".".join(path)
            return
        for key, each in value.items():
            yield from _secrets(each, named, (*path, key))
    elif isinstance(value, list):
        for each in value:
            yield from _secrets(each, named, path)
    elif value is not None and value != "" and (name in named or (isinstance(value, str) and is_secret(name, value))):
        yield ".".join(path)


def _write(selection: Selection, call: Asked, result: Mapping[str, Any]) -> None:
    """Add an answer to the project's file, at once or not at all. Raises InvalidSettings."""
    path = selection.project.root / FILE
    text = path.read_bytes().decode() if path.exists() else HEADER
    entry = {"arguments": given(call.arguments), "exact": True, "result": result}
    draft = path.with_name(f"{FILE}.new")
    try:
        draft.write_bytes(with_answer(text, call.token, entry).encode())
        _check(draft, call, entry)
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _check(draft: Path, call: Asked, entry: Mapping[str, Any]) -> None:
    """Refuse a file that would not give the answer. Raises InvalidSettings."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / FILE).write_bytes(draft.read_bytes())
        try:
            answers = read_answers(Path(folder))[0].functions.get(call.token, [])
        except InvalidSettings as error:
            raise refused(f"{call.token} cannot be recorded: {error.problems[0].rule}") from None
    if not any(each.model_dump() == dict(entry) for each in answers):
        raise refused(f"{call.token} cannot be recorded: {FILE} would not hold its result")
