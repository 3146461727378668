"""What the site adds to mkdocs: pages of the repository's root, folders in the navigation, and no request to other servers."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
DOCS = "docs"
ADDED = {"CHANGELOG.md": "changelog.md", "CONTRIBUTING.md": "contributing.md"}
"""Pages from the repository's root, by their path on the site."""
REPLACED = {"README.md": "index.md"}
"""Files of the repository whose place another page takes on the site."""
FIRST = ("README.md", "index.md")
LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!\w+:|#)([^)#\s]+)(#[^)]*)?\)")
FENCED = re.compile(r"(?ms)^```.*?^```")
FOREIGN = re.compile(
    r"""<(?:script|img|iframe|source)\b[^>]*\ssrc=["']?(?:https?:)?//|<link[^>]+rel=["']?(?:stylesheet|preload)[^>]+//"""
)
"""What a browser would fetch from another server."""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Write out folders of the navigation, and form anchors as GitHub does."""
    from pymdownx.slugs import slugify

    config.nav = list(expanded(config.nav or []))
    config.mdx_configs.setdefault("toc", {})["slugify"] = slugify(case="lower")
    return config


def expanded(nav: list[Any], docs: Path = ROOT / DOCS) -> Iterator[Any]:
    """Yield the entries of a navigation; a folder is all of its pages, its first one first."""
    for each in nav:
        if isinstance(each, dict):
            yield {
                title: list(expanded(below, docs)) if isinstance(below, list) else below
                for title, below in each.items()
            }
        elif each.endswith("/"):
            pages = sorted(docs.glob(f"{each}*.md"), key=lambda path: (path.name not in FIRST, path.name))
            yield from (path.relative_to(docs).as_posix() for path in pages)
        else:
            yield each


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages of the repository's root."""
    from mkdocs.structure.files import File

    for name, path in ADDED.items():
        files.append(File.generated(config, path, content=(ROOT / name).read_text("utf-8")))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Turn links into the repository into links of the site, or into code where the site has no such page."""
    path = page.file.src_uri
    source = next((name for name, added in ADDED.items() if added == path), f"{DOCS}/{path}")
    return outside_of_code(markdown, lambda text: LINK.sub(lambda found: _link(found, source, path), text))


def outside_of_code(markdown: str, change: Callable[[str], str]) -> str:
    """Return Markdown whose text is changed, and whose blocks of code are not."""
    parts, end = [], 0
    for found in FENCED.finditer(markdown):
        parts += [change(markdown[end : found.start()]), found[0]]
        end = found.end()
    return "".join([*parts, change(markdown[end:])])


def _link(found: re.Match[str], source: str, path: str) -> str:
    mark, text, target, fragment = found[1], found[2], found[3], found[4] or ""
    named = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
    if not (ROOT / named).exists():
        raise ValueError(f"{source}: {target} does not exist")
    there = ADDED.get(named, REPLACED.get(named))
    if there is None and named.startswith(f"{DOCS}/"):
        there = named.removeprefix(f"{DOCS}/")
    if there is None or (ROOT / named).is_dir():
        return f"{text} (`{named}`)"
    return f"{mark}[{text}]({posixpath.relpath(there, posixpath.dirname(path) or '.')}{fragment})"


def on_post_page(output: str, page: Page, **_: Any) -> str:
    """Refuse a page that a browser could not show without other servers."""
    if found := FOREIGN.search(output):
        raise ValueError(f"{page.file.src_uri}: loads from another server: {found[0]}")
    return output
