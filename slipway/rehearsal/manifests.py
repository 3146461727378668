"""Decodes Kubernetes manifests as Pulumi's Kubernetes provider does for `ConfigFile` and `ConfigGroup`.

Provider: pulumi/pulumi-kubernetes, provider/pkg/provider/invoke_decode_yaml.go; sigs.k8s.io/yaml converts YAML 1.1 to JSON.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml


class DecodeError(Exception):
    """A text is not YAML, or not that of Kubernetes objects."""


_ENDINGS = (".yaml", ".yml", ".json")
_PACKAGES = ("node_modules", "venv", "site-packages")


class _Loader(yaml.SafeLoader):
    """YAML as Go reads it: no dates and no numbers to the base of 60, and floats without a point."""


_TIMESTAMP, _FLOAT, _INT = (f"tag:yaml.org,2002:{name}" for name in ("timestamp", "float", "int"))
_Loader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in resolvers if tag not in (_TIMESTAMP, _FLOAT, _INT)]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    _INT, re.compile(r"[-+]?(?:0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|0|[1-9][0-9_]*)$"), list("-+0123456789")
)
_Loader.add_implicit_resolver(
    _FLOAT,
    re.compile(
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$|[-+]?\.(?:inf|Inf|INF)$|\.(?:nan|NaN|NAN)$"
    ),
    list("-+0123456789."),
)


def _whole_number(loader: _Loader, node: yaml.ScalarNode) -> int:
    text = str(loader.construct_scalar(node)).replace("_", "")
    sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text.removeprefix("+"))
    old_octal = len(digits) > 1 and digits[0] == "0" and digits[1].isdigit()
    return sign * int(digits, 8 if old_octal else 0)


_Loader.add_constructor(_INT, _whole_number)


def decoded(text: str) -> list[dict[str, Any]]:
    """Return the objects of all documents of a text; the items of a List are objects of their own. Raises DecodeError."""
    try:
        documents = [_as_json(each) for each in yaml.load_all(text, _Loader)]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise DecodeError(f"line {mark.line + 1} of the manifest is not YAML" if mark else "it is not YAML") from None
    return [each for document in documents if document is not None for each in _objects(document)]


def file_with(text: str, folder: Path) -> str | None:
    """Return the file below a folder that has this text, as a path from there; None if there is none, as of a text in a
    program. Folders with packages and hidden ones are left out."""
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(each for each in folders if not each.startswith(".") and each not in _PACKAGES)
        for name in sorted(each for each in files if each.endswith(_ENDINGS)):
            path = Path(place, name)
            with suppress(OSError, UnicodeDecodeError):
                if path.read_text(encoding="utf-8") == text:
                    return path.relative_to(folder).as_posix()
    return None


def _as_json(value: Any) -> Any:
    """Return the value with texts as keys, as JSON has them: YAML reads a bare `on` or `1` as another type."""
    if isinstance(value, dict):
        return {_key(key): _as_json(each) for key, each in value.items()}
    return [_as_json(each) for each in value] if isinstance(value, list) else value


def _key(key: Any) -> str:
    return str(key).lower() if isinstance(key, bool) else str(key)


def _objects(document: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(document, dict) or not isinstance(document.get("kind"), str) or "apiVersion" not in document:
        raise DecodeError("a document of the manifest has no apiVersion and kind")
    if document["kind"].endswith("List") and isinstance(document.get("items"), list):
        for item in document["items"]:
            yield from _objects(item)
    else:
        yield document
