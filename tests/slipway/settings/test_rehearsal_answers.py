"""`rehearsal.yaml`, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

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
