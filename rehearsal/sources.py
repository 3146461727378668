"""Which files are a program's own, and how the engine writes a place in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

HERE = Path(__file__).resolve().parent


def in_program(file_name: str, root: Path) -> bool:
    """Whether a frame's file belongs to the program at `root`.

    Generated code does not, nor what merely lies there: this package, and packages in a virtualenv.
    """
    if file_name.startswith("<"):
        return False
    path = Path(file_name).absolute()
    return path.is_relative_to(root) and "site-packages" not in path.parts and not path.is_relative_to(HERE)


def source_position(request: Any, root: Path) -> str:
    """Where in the program a resource is made, as `project:///<path below the program>#<line>`, or empty."""
    if not request.HasField("sourcePosition"):
        return ""
    file = Path(unquote(urlsplit(request.sourcePosition.uri).path))
    if not file.is_relative_to(root):
        return ""
    return f"project:///{file.relative_to(root).as_posix()}#{request.sourcePosition.line}"
