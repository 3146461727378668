"""URNs as the engine writes them: `urn:pulumi:<stack>::<project>::<parent types$type>::<name>`.

Engine: sdk/go/common/resource/urn/urn.go (New).
"""

from __future__ import annotations

STACK_TYPE = "pulumi:pulumi:Stack"
PROVIDER_PREFIX = "pulumi:providers:"


def create_urn(stack: str, project: str, parent: str, type_: str, name: str) -> str:
    """Return the URN of a resource; `parent` is a URN or empty. A parent that is the stack is not part of it."""
    parent_type = qualified_type(parent) if parent else ""
    if parent_type and parent_type != STACK_TYPE:
        type_ = f"{parent_type}${type_}"
    return f"urn:pulumi:{stack}::{project}::{type_}::{name}"


def qualified_type(urn: str) -> str:
    """Return the third part of a URN: the types of all ancestors and the resource's own, joined by `$`."""
    return urn.split("::", 3)[2]


def type_of(urn: str) -> str:
    """Return the resource's own type token."""
    return qualified_type(urn).rsplit("$", 1)[-1]


def name_of(urn: str) -> str:
    """Return the resource's logical name, which may itself contain `::`."""
    return urn.split("::", 3)[3]


def package_of(type_: str) -> str:
    """Return the package of a type or function token: `aws` of `aws:s3/bucket:Bucket`."""
    return type_.split(":", 1)[0]


def is_provider(type_: str) -> bool:
    """Return whether a type token is that of a provider resource."""
    return type_.startswith(PROVIDER_PREFIX)
