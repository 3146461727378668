"""Files of a container: content of the definition, files of the system's folder, and secrets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from slipway.settings.fields import FileMode, FilePath, RelativeFile, Variable, printable
from slipway.settings.problems import nearest_word
from slipway.settings.references import Composed, Template
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


class ComposedFile(_File):
    """A file in which placeholders are filled in."""

    text: Template
    """Its content, with `{service.NAME.address}`, `{domain.NAME}`, `{bucket.NAME.name}`, `{flag.NAME}` or `{slot.version}`;
    `{{` and `}}` are braces."""

    @property
    def composed(self) -> Composed:
        return Composed(text=self.text)


_KINDS: dict[str, type[_File]] = {
    "content": WrittenFile,
    "text": ComposedFile,
    "file": CopiedFile,
    "secret": SecretFile,
}


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
    Content | WrittenFile | ComposedFile | CopiedFile | SecretFile,
    Choice(_kind, _written),
    Field(examples=[{"file": "files/app.toml"}]),
]
"""Content, `{text: …}` with references in it, or what it is read from: `{file: files/app.toml}`, `{secret: TLS_KEY}`; each
may have a `mode`."""

Files = dict[FilePath, File]
"""Files by their whole path in the container."""


def composed_references(files: Files) -> Iterator[Any]:
    """Yield the references in files with placeholders."""
    for file in files.values():
        if isinstance(file, ComposedFile):
            yield from file.composed.references
