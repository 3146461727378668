"""Files of a container: content of the definition, files of the system's folder, and secrets."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from slipway.settings.fields import FileMode, FilePath, RelativeFile, Variable, printable
from slipway.settings.problems import nearest_word
from slipway.settings.setting import Choice, Setting


class _File(Setting):
    """What every file has."""

    mode: FileMode = "0444"
    """Its mode, in quotes; by default everybody in the container may read it. Nobody may write it."""


Content = Annotated[str, AfterValidator(printable)]


class WrittenFile(_File):
    """A file whose content is in the definition."""

    content: Content
    """Its content."""


class CopiedFile(_File):
    """A file of the system's folder."""

    file: RelativeFile
    """Its path below the system's folder, in UTF-8."""


class SecretFile(_File):
    """A file with the value of a secret."""

    secret: Variable
    """A key of the system's `secrets`."""


_KINDS: dict[str, type[_File]] = {"content": WrittenFile, "file": CopiedFile, "secret": SecretFile}


def _kind(value: dict[str, Any]) -> type[Setting]:
    for key, kind in _KINDS.items():
        if key in value:
            return kind
    near = next((word for key in value if (word := nearest_word(key, _KINDS))), None)
    hint = f"; did you mean '{near}'?" if near else ""
    raise ValueError(f"is not a file: use one of {', '.join(_KINDS)}{hint}")


def _written(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("is neither content nor one of {file: files/app.toml}, {secret: TLS_KEY}")
    return printable(value)


File = Annotated[
    Content | WrittenFile | CopiedFile | SecretFile,
    Choice(_kind, _written),
    Field(examples=[{"file": "files/app.toml"}]),
]
"""Content, or what it is read from: `{file: files/app.toml}`, `{secret: TLS_KEY}`, each with a `mode`."""

Files = dict[FilePath, File]
"""Files by their whole path in the container."""
