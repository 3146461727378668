"""Masking of secrets in text."""

from __future__ import annotations

import base64
import json
import os
import urllib.parse

import pytest

from slipway.rehearsal.plan import UNKNOWN
from slipway.rehearsal.redaction import RedactedStream, Redactor


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


DOCUMENT = """\
route:
  receiver: team
receivers:
  - name: team
    agent:
      secret: swordfish
      write
    url: https://bot:hunter2hunter2@chat.example.com/
    token = 4f0c9a4f0c9a4f0c9a4f0c9a4f0c9a4f
"""


def test_words_of_a_secret_document_are_left_alone():
    """Only what gives a value away is masked: keys and words of its structure stand in other texts too."""
    redactor = Redactor()
    redactor.add(DOCUMENT)
    message = "the route is read by no agent: what its pods write to the receivers of this team is gone"
    assert redactor.masked(message) == message


@pytest.mark.parametrize("value", ["swordfish", "hunter2hunter2", "4f0c9a4f0c9a4f0c9a4f0c9a4f0c9a4f"])
def test_values_of_a_secret_document_are_masked_alone(value: str):
    """A password by its key or in an address, and what looks random."""
    redactor = Redactor()
    redactor.add(DOCUMENT)
    assert redactor.masked(f"it is {value}.") == "it is [secret]."
    assert value not in redactor.masked(DOCUMENT)


def test_a_private_key_is_masked_line_by_line():
    """Down to its short last line."""
    key = (
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA"
        + "aB3/" * 12
        + "\nabcdefgh"
        + "ijkl" * 10
        + "\nQx+=\n-----END RSA PRIVATE KEY-----\n"
    )
    redactor = Redactor()
    redactor.add(key)
    assert [redactor.masked(line) for line in key.splitlines()] == ["[secret]"] * 5


@pytest.mark.parametrize(
    "write",
    [
        json.dumps,
        repr,
        lambda text: urllib.parse.quote(text, safe=""),
        lambda text: base64.b64encode(text.encode()).decode(),
        lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
        lambda text: json.dumps({"login": json.dumps({"password": text})}),
    ],
)
def test_a_secret_is_masked_however_it_is_written(write):
    """In JSON, in a traceback, in an address, in the data of a Secret."""
    secret = 'can"ary/ü?>~\\ 9001\nsecond-9002'
    redactor = Redactor()
    redactor.add(secret)
    shown = redactor.masked(write(secret))
    assert "9001" not in shown
    assert "9002" not in shown
    assert base64.b64encode(secret.encode()).decode()[:12] not in shown


def test_a_word_that_is_a_secret_is_masked_as_a_word():
    """A login called `admin` leaves the administrator alone."""
    redactor = Redactor()
    redactor.add("admin")
    assert redactor.masked("admin, http://admin:x@db, administrator") == "[secret], http://[secret]:x@db, administrator"


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
