"""The files of prices and assumptions."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.cost import load
from slipway.cost.prices import NAMES
from slipway.settings.problems import InvalidSettings

ROOT = Path(__file__).parents[3]
ITEM = """\
items:
  address:
    service: Addresses
    filter: {usageType: "*Address"}
    unit: hour
    page: https://example.com/pricing/
    regions:
      here: {usd: 0.5, day: "2026-01-02"}
      there: {usd: 0.7, day: "2026-03-04", entered: true}
"""
ASSUMED = "assumptions:\n  hours: {value: 730, unit: hours, why: a month}\n"


def written(folder: Path, **files: str) -> Path:
    (folder / "prices").mkdir(exist_ok=True)
    for name, text in {"cloud": ITEM, "assumptions": ASSUMED, **files}.items():
        (folder / "prices" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def test_a_price_is_found_by_cloud_item_and_region(tmp_path: Path) -> None:
    """Nothing is found elsewhere: another region's price is none."""
    prices = load(written(tmp_path))
    found = prices.find("cloud", "address", "there")
    assert found is not None
    assert (found.usd, found.day, found.page, found.unit, found.entered) == (
        0.7,
        "2026-03-04",
        "https://example.com/pricing/",
        "hour",
        True,
    )
    for wanted in (("cloud", "address", "nowhere"), ("cloud", "other", "here"), ("other", "address", "here")):
        assert prices.find(*wanted) is None


def test_what_costs_the_same_everywhere_is_found_everywhere(tmp_path: Path) -> None:
    """The region `global` is that of every region."""
    found = load(written(tmp_path, cloud=ITEM.replace("here:", "global:", 1))).find("cloud", "address", "any")
    assert found is not None
    assert found.region == "global"


def test_a_project_puts_its_own_rows_over_those_of_its_program(tmp_path: Path) -> None:
    """Rows by region and assumptions by name; what it does not name stays."""
    for place in ("program", "project"):
        (tmp_path / place / "prices").mkdir(parents=True)
    own = ITEM.replace('      there: {usd: 0.7, day: "2026-03-04", entered: true}\n', "").replace("0.5", "0.25")
    (tmp_path / "project" / "prices" / "cloud.yaml").write_text(own, encoding="utf-8")
    prices = load(written(tmp_path / "program"), tmp_path / "project")
    found = [prices.find("cloud", "address", region) for region in ("here", "there")]
    assert [each and each.usd for each in found] == [0.25, 0.7]
    assert prices.assumed("hours") == 730


def test_it_is_known_when_prices_were_read_and_by_whom(tmp_path: Path) -> None:
    prices = load(written(tmp_path))
    assert prices.days == ("2026-01-02", "2026-03-04")
    assert prices.entered == (1, 2)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "usd: 0.5",
            "usd: 0",
            "prices/cloud.yaml:8: items.address.regions.here.usd: 0 is not a number above zero, for example 0.045",
        ),
        ("usd: 0.5", "usd: -1", "items.address.regions.here.usd: -1 "),
        ("usd: 0.5", "usd: free", "prices/cloud.yaml:8: items.address.regions.here.usd: "),
        ('"2026-01-02"', "today", "items.address.regions.here.day: "),
        ("https://example.com/pricing/", "the page", "prices/cloud.yaml:6: items.address.page: "),
        ("    unit: hour\n", "", "unit"),
        ("unit: hour", "units: hour", "units"),
        ('filter: {usageType: "*Address"}', "filter: {}", "filter"),
    ],
)
def test_a_row_that_is_none_is_refused_where_it_stands(tmp_path: Path, old: str, new: str, message: str) -> None:
    """A price of zero is no price, and a row says its page and its day."""
    with pytest.raises(InvalidSettings) as refused:
        load(written(tmp_path, cloud=ITEM.replace(old, new)))
    assert message in str(refused.value)


def test_a_project_without_prices_is_refused(tmp_path: Path) -> None:
    """An estimate of nothing would be zero."""
    with pytest.raises(InvalidSettings, match="prices: needs a file a cloud"):
        load(tmp_path)
    written(tmp_path)
    (tmp_path / "prices" / "assumptions.yaml").unlink()
    with pytest.raises(InvalidSettings, match="prices: needs a file a cloud"):
        load(tmp_path)


def test_every_row_of_the_project_names_a_page_of_its_cloud() -> None:
    """That of prices, which anybody can read."""
    pages = {"aws": "https://aws.amazon.com/", "azure": "https://azure.microsoft.com/pricing/"}
    clouds = load(ROOT).clouds
    assert set(clouds) == set(pages)
    for cloud, items in clouds.items():
        assert {name for name, item in items.items() if not item.page.startswith(pages[cloud])} == set()


def test_an_assumption_that_no_estimate_reads_is_refused(tmp_path: Path) -> None:
    """It was to replace another, which the message names."""
    misspelt = ASSUMED + "  node-cpus: {value: 1, unit: cores, why: measured}\n"
    with pytest.raises(InvalidSettings) as caught:
        load(written(tmp_path, assumptions=misspelt))
    (problem,) = caught.value.problems
    assert str(problem) == (
        "prices/assumptions.yaml:3: assumptions.node-cpus: is not an assumption that an estimate reads; "
        "did you mean 'node-cpu'?"
    )


def test_the_assumptions_are_those_that_estimates_read() -> None:
    """Each name in the tool's own file, and no other; each is a word of its code."""
    assert set(load(ROOT).assumptions) == NAMES
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "slipway" / "cost").rglob("*.py"))
    assert {name for name in NAMES if f'"{name}"' not in code} == set()
