"""The base of every typed value of a system or a stack."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    ModelWrapValidatorHandler,
    PrivateAttr,
    TypeAdapter,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema, core_schema

from slipway.settings.document import LocatedDict
from slipway.settings.pointers import Pointer

OVERRIDABLE: dict[str, Any] = {"x-overridable": True}
"""Marks a field that a stack may override (`json_schema_extra`): sizes, replicas, retention, addresses, budgets."""


def needs(capability: str) -> dict[str, Any]:
    """Mark a field that acts only on clouds with a capability (`json_schema_extra`); the reference says on which, and what
    the others do instead."""
    return {"x-capability": capability}


class Setting(BaseModel):
    """A frozen value read from YAML; keys there are camelCase, and an unknown key is an error.

    `source` points to its definition, as `systems/fleet/system.yaml:services.fleet-api`: a file and a path in it.
    Unlike a line number it remains valid when other parts of the file change, so resources can carry it.
    """

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", alias_generator=to_camel, populate_by_name=True, allow_inf_nan=False
    )
    _source: str = PrivateAttr(default="")

    @property
    def source(self) -> str:
        return self._source

    @model_validator(mode="wrap")
    @classmethod
    def _remember_source(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        setting = handler(data)
        if isinstance(data, LocatedDict):
            setting._source = str(Pointer(data.mark.file, data.mark.path))
        return setting


@dataclass(frozen=True)
class Choice:
    """Marks a union of settings: `kind` selects one of them for a mapping, so that errors refer to that one.

    A value that is not a mapping is checked by `word`, which returns it or raises ValueError with the rule.
    """

    kind: Callable[[dict[str, Any]], type[Setting]]
    word: Callable[[Any], Any]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_wrap_validator_function(self._chosen, handler(source))

    def _chosen(self, value: Any, _: Callable[[Any], Any]) -> Any:
        if isinstance(value, Setting):
            return value
        return self.word(value) if not isinstance(value, dict) else self._settled(value)

    def _settled(self, value: dict[str, Any]) -> Setting:
        return self.kind(value).model_validate(value, by_alias=True, by_name=False)


@dataclass(frozen=True)
class Shorthand:
    """Marks a setting in whose place a single value of the type `leaf` may stand: it becomes the setting's `key`."""

    key: str
    leaf: Any

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        either = core_schema.union_schema([handler.generate_schema(self.leaf), handler(source)])
        checked = TypeAdapter(self.leaf).validate_python

        def chosen(value: Any, _: Callable[[Any], Any]) -> Any:
            if isinstance(value, Setting):
                return value
            if isinstance(value, dict):
                return source.model_validate(value, by_alias=True, by_name=False)
            return source.model_validate({self.key: checked(value)})

        return core_schema.no_info_wrap_validator_function(chosen, either)
