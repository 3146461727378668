"""Variables of Compose."""

from __future__ import annotations

import pytest

from slipway.compose.variables import Filled, Variables, parsed


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("plain", "plain"),
        ("$$HOME costs $$5", "$HOME costs $5"),
        ("$SET and ${SET}", "value and value"),
        ("${NONE:-x} ${NONE-x} ${EMPTY:-x} ${EMPTY-x}", "x x x "),
        ("${SET:-x} ${SET:+y} ${NONE:+y}", "value y "),
        ("${NONE:-${EMPTY:-deep}}/${NONE:-a$$b}", "deep/a$b"),
        ("${SET:?must be set}", "value"),
        ("${NONE} ${NONE:?why}", " "),
    ],
)
def test_a_variable_is_filled_in_as_compose_does(text: str, wanted: str) -> None:
    assert Variables({"SET": "value", "EMPTY": ""}).filled(text) == wanted


def test_what_has_no_value_and_what_is_a_secret_is_remembered() -> None:
    """By the names of the variables, whatever the text is called; also of those in defaults."""
    found = Variables({"DB_PASSWORD": "x"}).filled("${HOST}:${PORT:-80}")
    assert isinstance(found, Filled)
    assert (found.missing, found.secret) == (("HOST",), False)
    found = Variables({}).filled("${A:-${API_TOKEN:-abc}}")
    assert isinstance(found, Filled)
    assert (str(found), found.secret) == ("abc", True)


@pytest.mark.parametrize("text", ["${", "${}", "${NAME", "${1A}", "a $ b", "${NAME^^}", "${A:-" * 20 + "x" + "}" * 20])
def test_another_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="has "):
        Variables({}).filled(text)


def test_a_file_of_variables_is_read_as_compose_does() -> None:
    """Quotes, comments, `export`, names without value; each with its line."""
    text = "# comment\nA=1 # one\nexport B = 'x # y'\nC=\"two\\nlines\"\n\nD\nE=\nF='open\n"
    assert parsed(text) == {
        "A": ("1", 2),
        "B": ("x # y", 3),
        "C": ("two\nlines", 4),
        "D": (None, 6),
        "E": ("", 7),
        "F": ("'open", 8),
    }
