"""Check expressions with the engines that will compile them at run time.

Vector uses the regular expressions of Rust's crate `regex`, which pydantic includes. Prometheus uses those of Go,
whose syntax is RE2's except `\\C`. Texts of alerts are templates of Go.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from pydantic_core import SchemaError, SchemaValidator, core_schema

_ANY_BYTE = re.compile(r"(?<!\\)(?:\\\\)*\\C")
_FIELD = r"\$labels\.[A-Za-z_][A-Za-z0-9_]*|\$value(?:\s*\|\s*(?:humanize|humanize1024|humanizeDuration|humanizePercentage))?"
_FILLED = re.compile(rf"{{{{-?\s*(?:{_FIELD})\s*-?}}}}")


@cache
def fault_in_rust(pattern: str) -> str | None:
    """Return why Vector rejects the pattern, or None."""
    try:
        SchemaValidator(core_schema.str_schema(pattern=pattern, regex_engine="rust-regex"))
    except SchemaError as error:
        lines = str(error).strip().splitlines()
        said = next((line for line in lines if line.startswith("error: ")), lines[-1].strip())
        return said.removeprefix("error: ").removeprefix("SchemaError: ")
    return None


@cache
def fault_in_re2(pattern: str) -> str | None:
    """Return why Prometheus rejects the pattern, or None."""
    if _ANY_BYTE.search(pattern):
        return "\\C is not supported"
    re2, options = _re2()
    try:
        re2.compile(pattern, options)
    except re2.error as error:
        return error.args[0].decode() if isinstance(error.args[0], bytes) else str(error)
    return None


@cache
def _re2() -> tuple[Any, Any]:
    """Import RE2 only if there is a pattern, because it is a C++ library, and without its error output."""
    import re2

    options = re2.Options()
    options.log_errors = False
    return re2, options


def any_of(patterns: Sequence[str]) -> str:
    """Return one pattern that matches any of them."""
    return "|".join(f"({pattern})" for pattern in patterns)


def fault_in_template(text: str) -> str | None:
    """Return why Prometheus would not expand an alert's text as written, or None."""
    return "has braces that hold neither $value nor a label" if "{{" in _FILLED.sub("", text) else None
