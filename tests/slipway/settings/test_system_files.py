"""Files that a system names: what cannot be used is a problem of the settings, with file and line."""

from __future__ import annotations

import pytest

from slipway.settings.problems import InvalidSettings
from tests.slipway.settings.conftest import Workshop

MIGRATIONS = """
migrations:
  - {name: 001-first, database: fleet_db, sql: migrations/001.sql, rollback: migrations/001-down.sql}
"""
GOOD = "CREATE TABLE trips (id integer);\n"


@pytest.fixture
def with_files(workshop: Workshop) -> Workshop:
    workshop.edit("systems/fleet/system.yaml", "secrets:\n", f"{MIGRATIONS.lstrip()}secrets:\n")
    workshop.write("systems/fleet/migrations/001.sql", GOOD)
    workshop.write("systems/fleet/migrations/001-down.sql", "DROP TABLE trips;\n")
    return workshop


def problems(workshop: Workshop) -> list[str]:
    with pytest.raises(InvalidSettings) as caught:
        workshop.systems()
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("content", "line", "rule"),
    [
        (GOOD.encode("utf-16"), 1, "is in UTF-16: save it as UTF-8"),
        (GOOD.encode("utf-16-be"), 1, "contains a NUL byte"),
        (b"\xef\xbb\xbf" + GOOD.encode(), 1, "begins with a byte order mark"),
        ("SELECT 1;\r\nSELECT 'café';".encode("latin-1"), 2, "is not in UTF-8: byte 0xe9 is invalid"),
        (b"SELECT 1;\n\n\0COMMIT;", 3, "contains a NUL byte"),
        (b"", 1, "contains no statement"),
        (b"SELECT 1;\r\n\\i other.sql\r\n", 2, "is a command of psql's, not SQL"),
        (b"SELECT 1;\rCOMMIT;", 2, "COMMIT controls the transaction"),
    ],
)
@pytest.mark.parametrize("file", ["001.sql", "001-down.sql"])
def test_a_file_that_cannot_be_run_is_named(
    file: str, content: bytes, line: int, rule: str, with_files: Workshop
) -> None:
    """Before anything is built, the way back too."""
    with_files.write(f"systems/fleet/migrations/{file}", content)
    (problem,) = problems(with_files)
    assert problem.startswith(f"systems/fleet/migrations/{file}:{line}: {rule}")
    assert with_files.problems() == [problem]


def test_all_of_them_are_reported_at_once(with_files: Workshop) -> None:
    """Those of the settings too."""
    with_files.edit("systems/fleet/system.yaml", "port: 3000", "port: 70000")
    with_files.write("systems/fleet/migrations/001.sql", "BEGIN;\nCOMMIT;")
    with_files.write("systems/fleet/migrations/001-down.sql", b"\xff\xfe\0")
    places = [each.split(": ")[0] for each in problems(with_files)]
    assert places == [
        "systems/fleet/migrations/001-down.sql:1",
        "systems/fleet/migrations/001.sql:1",
        "systems/fleet/migrations/001.sql:2",
        "systems/fleet/system.yaml:7",
    ]


def test_a_maintenance_page_is_text(workshop: Workshop) -> None:
    workshop.edit("systems/fleet/system.yaml", "secrets:\n", "maintenancePage: {page: closed.html}\nsecrets:\n")
    workshop.write("systems/fleet/closed.html", "<p>fermé</p>".encode("latin-1"))
    assert problems(workshop) == [
        "systems/fleet/closed.html:1: is not in UTF-8: byte 0xe9 is invalid; save it as UTF-8"
    ]


def test_line_ends_of_other_machines_change_nothing(with_files: Workshop) -> None:
    """A checkout with CRLF is the same migration."""
    with_files.write("systems/fleet/migrations/001.sql", GOOD.replace("\n", "\r\n"))
    assert with_files.systems()["fleet"].migrations[0].name == "001-first"
