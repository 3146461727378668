"""Resolves resource options as the engine does: what a child inherits, its aliases, its timeouts.

Engine: pkg/resource/deploy/source_eval.go (RegisterResource), pkg/resource/deploy/step_generator.go (generateAliases,
inheritedChildAlias).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from slipway.rehearsal import urns
from slipway.rehearsal.wire import Alias, MonitorError, Options, RegisterRequest

HOOKS = {
    "before_create": "BeforeCreate",
    "after_create": "AfterCreate",
    "before_update": "BeforeUpdate",
    "after_update": "AfterUpdate",
    "before_delete": "BeforeDelete",
    "after_delete": "AfterDelete",
    "on_error": "OnError",
}
"""The fields of a hook binding and the engine's names for them."""

SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
DURATION = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)(ms|us|µs|ns|h|m|s)")


@dataclass(frozen=True, slots=True)
class Inheritance:
    """Options that the children of a registered resource inherit."""

    protect: bool | None = None
    retain_on_delete: bool | None = None
    deleted_with: str = ""
    provider: str = ""
    providers: Mapping[str, str] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    """Every earlier URN that the parent may have had."""


def inherit(request: RegisterRequest, parent: Inheritance) -> None:
    """Fill in the options that the request does not set. An explicit `protect=False` is set."""
    if not request.deletedWith:
        request.deletedWith = parent.deleted_with
    if not request.HasField("protect") and parent.protect is not None:
        request.protect = parent.protect
    if not request.HasField("retainOnDelete") and parent.retain_on_delete is not None:
        request.retainOnDelete = parent.retain_on_delete
    if not request.provider and parent.provider:
        package = urns.type_of(parent.provider).removeprefix(urns.PROVIDER_PREFIX)
        if package == urns.package_of(request.type):
            request.provider = parent.provider


def settle(request: RegisterRequest, provider: str) -> Options:
    """Return the options of a request in the form that transforms receive and return."""
    options = Options(
        depends_on=request.dependencies,
        ignore_changes=request.ignoreChanges,
        replace_on_changes=request.replaceOnChanges,
        version=request.version,
        aliases=[*(Alias(urn=urn) for urn in request.aliasURNs), *request.aliases],
        provider=provider,
        plugin_download_url=request.pluginDownloadURL,
        deleted_with=request.deletedWith,
        additional_secret_outputs=request.additionalSecretOutputs,
        providers=request.providers,
        hooks=request.hooks,
    )
    setattr(options, "import", request.importId)
    if request.HasField("protect"):
        options.protect = request.protect
    if request.HasField("retainOnDelete"):
        options.retain_on_delete = request.retainOnDelete
    if request.deleteBeforeReplaceDefined or request.deleteBeforeReplace:
        options.delete_before_replace = request.deleteBeforeReplace
    if request.HasField("customTimeouts"):
        options.custom_timeouts.CopyFrom(request.customTimeouts)
    _settle_recent(request, options)
    return options


def _settle_recent(request: Any, options: Any) -> None:
    """Add the options that older SDKs do not have."""
    if replace_with := getattr(request, "replace_with", None):
        options.replace_with.extend(replace_with)
    if getattr(request, "replacement_trigger", None) and request.HasField("replacement_trigger"):
        options.replacement_trigger.CopyFrom(request.replacement_trigger)


def protect_of(options: Options) -> bool | None:
    """Return True, False, or None if it is not set."""
    return options.protect if options.HasField("protect") else None


def retain_on_delete_of(options: Options) -> bool | None:
    """Return True, False, or None if it is not set."""
    return options.retain_on_delete if options.HasField("retain_on_delete") else None


def timeouts(options: Options) -> dict[str, float]:
    """Return custom timeouts in seconds, by operation; empty ones are left out."""
    if not options.HasField("custom_timeouts"):
        return {}
    durations = {key: getattr(options.custom_timeouts, key, "") for key in ("create", "update", "delete", "read")}
    return {key: seconds(text) for key, text in durations.items() if text}


def seconds(duration: str) -> float:
    """Parse one of Go's durations: "300s", "1h30m", "1.5h"."""
    parts = DURATION.findall(duration)
    if not parts or "".join(number + unit for number, unit in parts) != duration:
        raise MonitorError(f"custom timeout {duration!r} is not a duration, for example '5m' or '1h30m'")
    total = sum((float(number) * SECONDS[unit] for number, unit in parts), 0.0)
    return int(total) if total.is_integer() else total


def hook_names(options: Options) -> dict[str, list[str]]:
    """Return the names of the hooks bound to a resource, by the engine's name of the event."""
    bound: dict[str, list[str]] = {event: list(getattr(options.hooks, key, ())) for key, event in HOOKS.items()}
    return {event: names for event, names in bound.items() if names}


def old_urns(options: Options, urn: str, parent: str, parent_aliases: tuple[str, ...]) -> tuple[str, ...]:
    """Return every URN that a state may have for the resource: its own aliases, combined with those of its parents."""
    stack, project = urn.split("::", maxsplit=1)[0].removeprefix("urn:pulumi:"), urn.split("::")[1]
    own = [_collapse(alias, urn, parent, stack, project) for alias in options.aliases]
    inherited = [
        _below(parent_alias, child, parent, stack, project) for parent_alias in parent_aliases for child in (urn, *own)
    ]
    return tuple(dict.fromkeys([*own, *inherited]))


def matched(urn: str, candidates: tuple[str, ...], existing: Collection[str]) -> tuple[str, ...]:
    """Return the alias that the engine keeps: the first that a state has, unless the state has the resource's own
    URN."""
    if urn in existing:
        return ()
    return next(((each,) for each in candidates if each in existing), ())


def _collapse(alias: Alias, urn: str, parent: str, stack: str, project: str) -> str:
    if alias.urn:
        return alias.urn
    spec = alias.spec
    old_parent = "" if spec.noParent else spec.parentUrn or parent
    name, type_ = spec.name or urns.name_of(urn), spec.type or urns.type_of(urn)
    return urns.create_urn(spec.stack or stack, spec.project or project, old_parent, type_, name)


def _below(parent_alias: str, child: str, parent: str, stack: str, project: str) -> str:
    """Return a child's URN below an alias of its parent; a name that starts with the parent's name follows the parent's
    old name."""
    name, parent_name = urns.name_of(child), urns.name_of(parent)
    if name.startswith(parent_name):
        name = urns.name_of(parent_alias) + name.removeprefix(parent_name)
    return urns.create_urn(stack, project, parent_alias, urns.type_of(child), name)
