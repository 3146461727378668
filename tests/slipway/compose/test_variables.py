"""Variables of Compose."""

from __future__ import annotations

import pytest

from slipway.compose.variables import UNREADABLE, Filled, Variables, parsed, parsed_raw
from slipway.settings.problems import InvalidSettings


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
        ("Host(`^.+$`) $ $1 ${SET}", "Host(`^.+$`) $ $1 value"),
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


@pytest.mark.parametrize("text", ["${", "${}", "${NAME", "${1A}", "${NAME^^}", "${A:-" * 20 + "x" + "}" * 20])
def test_another_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="has "):
        Variables({}).filled(text)


def read(text: str, **others: str) -> dict[str, str | None]:
    return {name: value for name, (value, _) in parsed(text, "file.env", Variables(others)).items()}


def test_a_file_of_variables_is_read_as_compose_does() -> None:
    """Quotes, comments, `export`, names without value; each with its line."""
    text = "# comment\nA=1 # one\r\nexport B = 'x # y' # z\nC=\"two\\nlines\"\n\nD\nE= # none\nF:#f\n"
    assert parsed(text, "file.env", Variables({})) == {
        "A": ("1", 2),
        "B": ("x # y", 3),
        "C": ("two\nlines", 4),
        "D": (None, 6),
        "E": ("", 7),
        "F": ("#f", 8),
    }


def test_a_value_in_quotes_may_have_several_lines() -> None:
    """Escapes and variables count in double quotes only, and the next variable has its own line."""
    text = "KEY=\"-----BEGIN\nMIIE\\\"x\\$y$$z${A}\n-----END\"\nRAW='a\n\\n${A}it\\'s'\nNEXT=1\n"
    found = parsed(text, "file.env", Variables({"A": "1"}))
    assert found == {
        "KEY": ('-----BEGIN\nMIIE"x$y$z1\n-----END', 1),
        "RAW": ("a\n\\n${A}it's", 4),
        "NEXT": ("1", 6),
    }


def test_values_may_have_others_in_them() -> None:
    """Those of the file itself, above, before those of others; what is missing or secret remains known."""
    found = read("HOST=db\nURL=http://${HOST}:${PORT:-80}/${USER}\nB=$$5 ${\n", HOST="other", USER="me")
    assert found == {"HOST": "db", "URL": "http://db:80/me", "B": "$$5 ${"}
    both = Variables({name: value or "" for name, value in read("A=x${NONE}${API_TOKEN}\n", API_TOKEN="t").items()})
    through = both.filled("${A}")
    assert isinstance(through, Filled)
    assert (str(through), through.missing, through.secret) == ("xt", ("NONE",), True)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("A=1\nKEY=-----BEGIN KEY-----\nMIIEabcd\nab/cd+ef==\n-----END KEY-----\n", 4),
        ("A=1\nKEY='MIIEabcd\n", 2),
        ('KEY="MIIEabcd\nB=2\n', 1),
        ("KEY='MIIE'abcd\n", 1),
        ("-----BEGIN MIIEabcd\n", 1),
        ("MIIE=abcd\n=MIIEabcd\n", 2),
    ],
)
def test_a_line_that_compose_cannot_read_is_refused_and_never_shown(text: str, line: int) -> None:
    """It may be one of a key, as are the lines beside it that look like names."""
    with pytest.raises(InvalidSettings) as raised:
        read(text)
    assert str(raised.value) == f"file.env:{line}: {UNREADABLE}"


def test_a_raw_file_means_what_it_says() -> None:
    """Quotes and dollar signs too."""
    with pytest.raises(InvalidSettings, match=r"^file.env:2: is not NAME=value"):
        parsed_raw("A=1\n-----BEGIN KEY-----\nMIIE\n", "file.env")
    assert parsed_raw("# no\nA='x' # $B\nC\n", "file.env") == {"A": ("'x' # $B", 2), "C": (None, 3)}
