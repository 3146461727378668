"""`rehearsal.yaml`, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.settings.answer_writing import with_answer
from slipway.settings.problems import InvalidSettings
from slipway.settings.rehearsal_answers import read_answers


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("function: {}\n", "rehearsal.yaml:1: function: is not a known key; did you mean 'functions'?"),
        ("functions:\n  aws:ec2/getAmi:getAmi:\n    - {results: {id: a}}\n", "rehearsal.yaml:3: "),
        ("functions:\n  aws:ec2/getAmi:getAmi: {result: {}}\n", "is not a list"),
        ("functions:\n  get_ami: [{result: {}}]\n", "rehearsal.yaml:2: functions.get_ami: "),
        (
            "functions:\n  get_ami: [{result: {}}]\n",
            "is not the token of a function, for example package:module/getThing:getThing",
        ),
        ("stacks: {a/b/c: [x]}\n", "is not a mapping of keys"),
    ],
)
def test_one_clear_line_for_each_mistake(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "rehearsal.yaml").write_text(text)
    with pytest.raises(InvalidSettings) as refused:
        read_answers(tmp_path)
    assert message in str(refused.value)


def test_no_file_has_no_answers(tmp_path: Path) -> None:
    assert read_answers(tmp_path)[0].functions == {}


TOKEN = "package:module/getThing:getThing"
ENTRY = {
    "arguments": {"name": "a: #b"},
    "exact": True,
    "result": {"names": ["x"], "text": "two\nlines 'q'", "no": None},
}


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("", ""),
        ("# only a comment", "# only a comment\n"),
        ("stacks: {a/b/c: {d: 1}}  # network\n", "stacks: {a/b/c: {d: 1}}  # network\n"),
        ("functions: {}  # none\n", "  # none\n"),
        (f"functions:\n  {TOKEN}: [{{result: {{a: 1}}}}, ]  # c\n", "]  # c\n"),
        ("{stacks: {}}\n", "{stacks: {}, functions: "),
        (
            f"functions:\n  {TOKEN}:\n  - result:\n      a: 1  # one\n    # of it\nstacks: {{}}\n",
            f"functions:\n  {TOKEN}:\n  - result:\n      a: 1  # one\n    # of it\n  - arguments:",
        ),
        ("functions:\r\n  a:b:c:\r\n    - {result: {}}\r\nstacks: {}\r\n", "result: {}}\r\n  package:module/"),
    ],
)
def test_an_answer_is_added_and_all_else_stays(text: str, kept: str, tmp_path: Path) -> None:
    """As the last one of its function, in the file's own way of writing and line ends."""
    written = with_answer(text, TOKEN, ENTRY)
    assert kept in written
    assert written.count("\n") == written.count("\r\n") or "\r" not in text
    (tmp_path / "rehearsal.yaml").write_bytes(written.encode())
    found = read_answers(tmp_path)[0]
    # A file without an entry is refused; `--record` begins one with a comment.
    (tmp_path / "rehearsal.yaml").write_bytes((text if ":" in text else "functions: {}\n").encode())
    before = read_answers(tmp_path)[0]
    assert found.functions[TOKEN][-1].model_dump() == ENTRY
    assert found.functions[TOKEN][:-1] == before.functions.get(TOKEN, [])
    assert found.stacks == before.stacks


@pytest.mark.parametrize("text", ["", "\n", "# functions: {}\n", "---\n# nothing yet\n"])
def test_comments_alone_are_no_answers(tmp_path: Path, text: str) -> None:
    """As without the file; `--record` adds to it."""
    (tmp_path / "rehearsal.yaml").write_text(text)
    found, document = read_answers(tmp_path)
    assert (found.functions, found.stacks, document) == ({}, {}, None)
