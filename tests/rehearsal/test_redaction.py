"""Masking of secrets in text."""

from __future__ import annotations

import os

from rehearsal.plan import UNKNOWN
from rehearsal.redaction import RedactedStream, Redactor


def test_the_longest_secret_is_masked_first():
    redactor = Redactor()
    redactor.add("pass")
    redactor.add("password")
    assert redactor.masked("my password, my pass") == "my [secret], my [secret]"


def test_each_line_of_a_secret_is_masked_on_its_own():
    redactor = Redactor()
    redactor.add("first line\nsecond line\n")
    assert redactor.masked("only the second line here") == "only the [secret] here"


def test_short_texts_and_the_placeholder_of_unknowns_are_left_alone():
    redactor = Redactor()
    for text in ("on", "", "   \n", UNKNOWN):
        redactor.add(text)
    assert redactor.masked(f"on {UNKNOWN}") == f"on {UNKNOWN}"


def test_a_stream_masks_a_secret_that_was_written_in_pieces():
    redactor = Redactor()
    redactor.add("canary-9001")
    read, write = os.pipe()
    stream = RedactedStream(write, redactor)
    stream.write("it is canary-")
    stream.write("9001\nand ")
    stream.write("no more")
    stream.flush()
    os.close(write)
    with os.fdopen(read) as text:
        assert text.read() == "it is [secret]\nand no more"
