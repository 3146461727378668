"""What is new in a changelog."""

from __future__ import annotations

from slipway.reports.changelog import news

BEFORE = "# Changelog\n\nAll.\n\n## 0.1.0\n\n- first\n  and more\n- second\n"
AFTER = "# Changelog\n\nAll.\n\n## 0.2.0\n\n- third,\n  on two lines\n\n- fourth\n\n## 0.1.0\n\n- first\n  and more\n- later\n- second\n"


def test_new_entries_below_their_versions() -> None:
    """Whole, and those of a version that was begun before too."""
    assert news(BEFORE, AFTER) == ["## 0.2.0", "- third,", "  on two lines", "- fourth", "", "## 0.1.0", "- later"]
    assert news(AFTER, AFTER) == []
    assert news(AFTER, BEFORE) == []
