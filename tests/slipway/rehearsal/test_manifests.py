"""Manifests as Pulumi's Kubernetes provider decodes them."""

from __future__ import annotations

from typing import Any

import pytest

from slipway.rehearsal.manifests import DecodeError, decoded


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("yes", True),
        ("0644", 420),
        ("0o644", 420),
        ("0x1F", 31),
        ("-010", -8),
        ("1_000", 1000),
        ("1e3", 1000.0),
        ("1.5", 1.5),
        ("089", 89.0),
        ("1:30", "1:30"),
        ("2001-01-01", "2001-01-01"),
        ("1.2.3", "1.2.3"),
        ("~", None),
        ("'010'", "010"),
    ],
)
def test_scalars_are_what_go_reads(written: str, value: Any) -> None:
    """Neither dates nor numbers to the base of 60; octal numbers of both versions of YAML."""
    (found,) = decoded(f"apiVersion: v1\nkind: ConfigMap\nvalue: {written}\n")
    assert (found["value"], type(found["value"])) == (value, type(value))


def test_keys_are_texts() -> None:
    (found,) = decoded("apiVersion: v1\nkind: ConfigMap\ndata: {on: a, 2: b}\n")
    assert found["data"] == {"true": "a", "2": "b"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "line 2 of the manifest is not YAML"),
        ("a: 1", "has no apiVersion and kind"),
        ("- a", "has no apiVersion"),
    ],
)
def test_what_is_no_manifest_is_refused(text: str, message: str) -> None:
    with pytest.raises(DecodeError, match=message):
        decoded(f"{text}\n")


def test_a_text_without_objects_has_none() -> None:
    assert decoded("# nothing\n---\n") == []
