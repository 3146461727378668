"""Whether what a plan sends to a provider is what the provider's SDK says that it takes.

Each resource of an SDK has a class of arguments whose annotations name its inputs; so has each nested object.
"""

from __future__ import annotations

import collections.abc
import enum
import functools
import importlib
import inspect
import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any

import pulumi
from pulumi._types import input_type_py_to_pulumi_names, input_type_types, is_input_type

from slipway.rehearsal import SECRET, UNKNOWN, Step

OPAQUE = (UNKNOWN, SECRET)
"""What a plan shows of values that are not known, or not to be shown."""
PACKAGES = {"aws": "pulumi_aws", "azure-native": "pulumi_azure_native", "random": "pulumi_random"}
ASSETS = (pulumi.Asset, pulumi.Archive)


def disagreements(step: Step) -> list[str]:
    """What of the inputs of `step` its SDK does not take, each with its path; nothing for a custom object of
    Kubernetes, whose schema is the cluster's."""
    arguments = arguments_of(step.type)
    if arguments is None:
        return []
    return [f"{step.type} {step.name}: {found}" for found in _object(step.inputs, arguments, "")]


@functools.cache
def arguments_of(type_: str) -> type | None:
    """The SDK's class of arguments for a type such as `aws:s3/bucket:Bucket`; None for a custom object. Where a nested
    object has the resource's name, the class has another: `NetworkSecurityGroupInitArgs`."""
    package, module, name = type_.split(":")
    if package == "kubernetes":
        group, _, version = module.partition("/")
        path = f"pulumi_kubernetes.{group.split('.')[0]}.{version}"
        try:
            found = importlib.import_module(path)
            return getattr(found, f"{name}InitArgs", None) or getattr(found, f"{name}Args", None)
        except ModuleNotFoundError:
            return None
    folder = module.split("/")[0].split("-")[0]
    path = PACKAGES[package] + ("" if folder == "index" else f".{folder}")
    found = importlib.import_module(path)
    return getattr(found, f"{name}InitArgs", None) or getattr(found, f"{name}Args")


def _object(value: Mapping[str, Any], arguments: type, path: str) -> Iterator[str]:
    known = _inputs(arguments)
    for name in value:
        if name not in known:
            yield f"{path}{name} is no input; there are {', '.join(sorted(known))}"
    for name in _required(arguments) - set(value):
        yield f"{path}{name} is required"
    for name in set(value) & set(known):
        yield from _value(value[name], known[name], f"{path}{name}")


@functools.cache
def _inputs(arguments: type) -> Mapping[str, Any]:
    """Types by name. Kubernetes' extensions of schemas have hyphens, for which the SDK writes underscores."""
    return {
        name.replace("_", "-") if name.startswith("x_kubernetes_") else name: wanted
        for name, wanted in input_type_types(arguments).items()
    }


@functools.cache
def _required(arguments: type) -> frozenset[str]:
    names = input_type_py_to_pulumi_names(arguments)
    parameters = inspect.signature(arguments.__init__).parameters
    needed = (name for name, each in parameters.items() if each.default is inspect.Parameter.empty)
    return frozenset(names[name] for name in needed if name in names)


def _value(value: Any, wanted: Any, path: str) -> Iterator[str]:
    if value is None or (isinstance(value, str) and value in OPAQUE):
        return
    choices = [each for each in _choices(wanted) if not _deferred(each)]
    problems = [list(_one(value, choice, path)) for choice in choices]
    if choices and all(problems):
        yield from min(problems, key=len)


def _choices(wanted: Any) -> list[Any]:
    origin = typing.get_origin(wanted)
    if origin in (typing.Union, types.UnionType):
        return [choice for each in typing.get_args(wanted) for choice in _choices(each)]
    return [wanted]


def _deferred(wanted: Any) -> bool:
    """Outputs and awaitables, which a plan has resolved, and the dictionaries that mirror classes of arguments."""
    origin = typing.get_origin(wanted) or wanted
    return (
        wanted in (type(None), Any)
        or origin in (collections.abc.Awaitable, pulumi.Output)
        or isinstance(wanted, str | typing.ForwardRef)
        or typing.is_typeddict(wanted)
    )


def _one(value: Any, wanted: Any, path: str) -> Iterator[str]:
    origin = typing.get_origin(wanted)
    if origin is typing.Literal:
        if value not in typing.get_args(wanted):
            yield f"{path}: {value!r} is not {' or '.join(map(repr, typing.get_args(wanted)))}"
    elif origin in (collections.abc.Sequence, list):
        yield from _sequence(value, typing.get_args(wanted)[0], path)
    elif origin in (collections.abc.Mapping, dict):
        yield from _mapping(value, typing.get_args(wanted)[1], path)
    elif isinstance(wanted, type) and is_input_type(wanted):
        if isinstance(value, Mapping):
            yield from _object(value, wanted, f"{path}.")
        else:
            yield f"{path}: {value!r} is no {wanted.__name__}"
    elif isinstance(wanted, type) and not _is_a(value, wanted):
        yield f"{path}: {value!r} is not {_name(wanted)}"


def _sequence(value: Any, item: Any, path: str) -> Iterator[str]:
    if not isinstance(value, list | tuple):
        yield f"{path}: {value!r} is not a list"
        return
    for index, each in enumerate(value):
        yield from _value(each, item, f"{path}[{index}]")


def _mapping(value: Any, item: Any, path: str) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield f"{path}: {value!r} is not a mapping"
        return
    for key, each in value.items():
        yield from _value(each, item, f"{path}.{key}")


def _is_a(value: Any, wanted: type) -> bool:
    if issubclass(wanted, enum.Enum):
        return value in [each.value for each in wanted]
    if wanted in (int, float):
        whole = isinstance(value, int) or (isinstance(value, float) and (wanted is float or value.is_integer()))
        return whole and not isinstance(value, bool)
    return isinstance(value, wanted) or (wanted in ASSETS and isinstance(value, Mapping))


def _name(wanted: type) -> str:
    if issubclass(wanted, enum.Enum):
        return " or ".join(repr(each.value) for each in wanted)
    return f"a {wanted.__name__}"
