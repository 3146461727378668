"""The site of the documentation, without building it: CI's workflow does that with `make docs`."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
SITE = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
HOOKS = runpy.run_path(str(DOCS / "site" / "hooks.py"))
PAGES = sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))


def leaves(nav: Any) -> list[str]:
    """The pages of a navigation, in order."""
    if isinstance(nav, str):
        return [nav]
    below = nav.values() if isinstance(nav, dict) else nav
    return [page for each in below for page in leaves(each)]


def anchors(text: str) -> set[str]:
    """The anchors of a page's headings, as GitHub forms them."""
    prose = HOOKS["FENCED"].sub("", text)
    headings = re.findall(r"(?m)^#+ (.*)$", prose)
    plain = (re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", each) for each in headings)
    return {re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", each).strip().lower()) for each in plain}


def test_the_navigation_has_every_page_once() -> None:
    """A new page gets a line in `mkdocs.yml`; a folder has all of its pages."""
    found = leaves(list(HOOKS["expanded"](SITE["nav"])))
    assert sorted(found) == sorted([*PAGES, *HOOKS["ADDED"].values()])
    assert found[0] == "index.md"
    assert found.index("reference/system/README.md") < found.index("reference/system/alerts.md")


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_headings(page: str) -> None:
    """Of pages, those with a fragment: the build is strict, and GitHub would scroll to the top."""
    text = HOOKS["FENCED"].sub("", (DOCS / page).read_text(encoding="utf-8"))
    for target in re.findall(r"\]\((?!\w+:)([^)\s]+)\)", text):
        file, _, fragment = target.partition("#")
        other = (DOCS / page).parent / file if file else DOCS / page
        assert other.exists(), f"{page}: {target}"
        if fragment and other.suffix == ".md":
            assert fragment in anchors(other.read_text(encoding="utf-8")), f"{page}: {target}"


@pytest.mark.parametrize(
    ("page", "link", "shown"),
    [
        ("adopt.md", "[changelog](../CHANGELOG.md)", "[changelog](changelog.md)"),
        (
            "adr/0001-runtime-dependencies.md",
            "[log](../../CHANGELOG.md#unreleased)",
            "[log](../changelog.md#unreleased)",
        ),
        ("changelog.md", "[page](docs/leave.md)", "[page](leave.md)"),
        ("contributing.md", "[log](CHANGELOG.md)", "[log](changelog.md)"),
        ("index.md", "[pages](README.md)", None),
        ("adopt.md", "[licence](../LICENSE)", "licence (`LICENSE`)"),
        (
            "adopt.md",
            "[above](#start) and [site](https://example.com)",
            "[above](#start) and [site](https://example.com)",
        ),
        ("adopt.md", "```\n[x](nowhere.md)\n```", "```\n[x](nowhere.md)\n```"),
    ],
)
def test_links_into_the_repository(page: str, link: str, shown: str | None) -> None:
    """What is a page of the site is linked there, and what is not becomes code. What does not exist fails."""

    class File:
        src_uri = page

    class Page:
        file = File

    if shown is None:
        with pytest.raises(ValueError, match="does not exist"):
            HOOKS["on_page_markdown"](link, page=Page)
    else:
        assert HOOKS["on_page_markdown"](link, page=Page) == shown


@pytest.mark.parametrize(
    ("html", "passes"),
    [
        ('<script src="assets/bundle.js"></script><a href="https://example.com">x</a>', True),
        ('<link rel="canonical" href="https://example.com">', True),
        ('<script src="https://cdn.example.com/x.js"></script>', False),
        ("<img alt=x src=//example.com/x.png>", False),
        ('<link rel="stylesheet" href="https://fonts.example.com/x.css">', False),
    ],
)
def test_pages_load_nothing_from_other_servers(html: str, passes: bool) -> None:
    """The build fails otherwise; links that a person follows are fine."""

    class Page:
        class file:
            src_uri = "x.md"

    if passes:
        assert HOOKS["on_post_page"](html, page=Page) == html
    else:
        with pytest.raises(ValueError, match="loads from another server"):
            HOOKS["on_post_page"](html, page=Page)


def test_the_build_is_strict_and_local() -> None:
    """Broken links, pages outside the navigation and missing anchors are errors; fonts and scripts are local."""
    assert SITE["strict"] is True
    assert {each for kind in SITE["validation"].values() for each in kind.values()} == {"warn"}
    assert SITE["theme"]["font"] is False
    assert all((DOCS / script).is_file() for script in SITE["extra"]["polyfills"])
    assert any("iframe-worker" in script for script in SITE["extra"]["polyfills"]), "`offline` would add its own"


def test_its_packages_are_pinned_and_apart() -> None:
    """With hashes, and none of them for the sake of the site in the environment of a preview."""
    lines = (ROOT / "requirements-docs.txt").read_text(encoding="utf-8")
    assert len(re.findall(r"(?m)^mkdocs-material==\S+ \\$", lines)) == 1
    assert lines.count("==") <= lines.count("--hash=sha256:")
    assert "mkdocs" not in (ROOT / "requirements.txt").read_text(encoding="utf-8")
