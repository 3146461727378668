"""`slipway prices update`, against recorded answers of both clouds."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from slipway.cli.prices import update
from slipway.cost import load
from slipway.cost.lists.writing import with_prices
from slipway.ops.failure import CloudFailure
from slipway.settings.problems import InvalidSettings
from tests.slipway.cost.lists import OFFERS, RETAIL, Lists, offer, page, regions, serving_lists

AWS = """\
# Of AWS.
items:
  # By the hour.
  address:
    service: AmazonVPC
    filter: {usageType: "*PublicIPv4:InUseAddress"}
    unit: hour
    page: https://aws.amazon.com/vpc/pricing/
    regions:
      us-east-1: {usd: 0.005, day: "2026-01-02", entered: true}  # as on the page
      us-west-2:
        usd: 0.005
        day: "2026-01-02"
  dns queries:
    service: AmazonRoute53
    filter: {usageType: DNS-Queries}
    unit: million
    per: 1000000
    page: https://aws.amazon.com/route53/pricing/
    regions:
      global: {usd: 0.4, day: "2026-01-02"}
"""
AZURE = """\
items:
  address:
    service: Virtual Network
    filter: {meterName: Standard IPv4 Static Public IP}
    unit: hour
    page: https://azure.microsoft.com/pricing/details/ip-addresses/
    regions:
      eastus2: {usd: 0.005, day: "2026-01-02"}
"""
EAST, WEST, EVERYWHERE = (
    f"{OFFERS}/{name}/index.csv"
    for name in ("AmazonVPC/20260101/us-east-1", "AmazonVPC/20260101/us-west-2", "AmazonRoute53/current")
)
INDEX = f"{OFFERS}/AmazonVPC/current/region_index.json"
USED, PRICED = {"usageType": "USE1-PublicIPv4:InUseAddress"}, {"meterName": "Standard IPv4 Static Public IP"}
TODAY = date(2026, 5, 6)


@pytest.fixture
def lists() -> Iterator[Lists]:
    """Both lists, whole and with other prices than the files."""
    with serving_lists() as found:
        found.put(INDEX, regions("AmazonVPC", "us-east-1", "us-west-2"))
        found.put(
            EAST, offer({**USED, "PricePerUnit": "0.0060000000"}, {"usageType": "USE1-Other", "PricePerUnit": "9"})
        )
        found.put(WEST, offer({"usageType": "USW2-PublicIPv4:InUseAddress", "PricePerUnit": "0.0050000000"}))
        tiers = (
            {"PricePerUnit": "0.0000004", "StartingRange": "0"},
            {"PricePerUnit": "0.0000002", "StartingRange": "1000000000"},
        )
        found.put(EVERYWHERE, offer(*({"usageType": "DNS-Queries", **each} for each in tiers)))
        found.put(RETAIL, page({**PRICED, "retailPrice": 0.007}))
        yield found


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "prices"
    folder.mkdir()
    (tmp_path / "Pulumi.yaml").write_text("name: slipway\nruntime: python\n", encoding="utf-8")
    (folder / "aws.yaml").write_text(AWS, encoding="utf-8")
    (folder / "azure.yaml").write_text(AZURE, encoding="utf-8")
    (folder / "assumptions.yaml").write_text("assumptions: {hours: {value: 730, unit: h, why: x}}\n", encoding="utf-8")
    return tmp_path


def run(project: Path, lists: Lists, *only: str) -> int:
    return update(project, only, addresses={"aws": lists.address, "azure": lists.address}, today=TODAY)


def texts(project: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in (project / "prices").iterdir()}


def test_prices_are_written_and_all_else_stays(project: Path, lists: Lists, capsys: pytest.CaptureFixture[str]) -> None:
    """Comments and order too; a row that was fetched is no longer one that somebody entered."""
    assert run(project, lists) == 0
    written = texts(project)
    east = '      us-east-1: {usd: 0.006, day: "2026-05-06"}  # as on the page\n'
    west = '      us-west-2:\n        {usd: 0.005, day: "2026-05-06"}\n'
    expected = AWS.replace('      us-east-1: {usd: 0.005, day: "2026-01-02", entered: true}  # as on the page\n', east)
    expected = expected.replace('      us-west-2:\n        usd: 0.005\n        day: "2026-01-02"\n', west)
    assert written["aws.yaml"] == expected.replace('usd: 0.4, day: "2026-01-02"', 'usd: 0.4, day: "2026-05-06"')
    assert written["azure.yaml"] == AZURE.replace('usd: 0.005, day: "2026-01-02"', 'usd: 0.007, day: "2026-05-06"')
    assert set(written) == {"aws.yaml", "azure.yaml", "assumptions.yaml"}
    prices = load(project)
    assert prices.days == ("2026-05-06", "2026-05-06")
    assert prices.entered == (0, 4)
    printed = capsys.readouterr()
    assert "aws: address in us-east-1: 0.005 → 0.006\nprices/aws.yaml: 3 prices fetched, 1 changed\n" in printed.out
    assert "Fetching prices of aws: AmazonVPC in us-east-1 …" in printed.err


def test_one_cloud_can_be_fetched_alone(project: Path, lists: Lists) -> None:
    run(project, lists, "azure")
    assert texts(project)["aws.yaml"] == AWS
    assert all(each.startswith(RETAIL) for each in lists.asked)


def test_a_query_asks_for_one_row_in_dollars(project: Path, lists: Lists) -> None:
    """On demand, where the row is, of meters that are billed there."""
    run(project, lists, "azure")
    asked = lists.query()
    assert asked["$filter"] == [
        "serviceName eq 'Virtual Network' and priceType eq 'Consumption' and armRegionName eq 'eastus2'"
        " and meterName eq 'Standard IPv4 Static Public IP'"
    ]
    assert (asked["currencyCode"], asked["meterRegion"]) == (["'USD'"], ["'primary'"])


def test_pages_are_followed_to_the_last(project: Path, lists: Lists) -> None:
    lists.put(RETAIL, page({"meterName": "Other", "retailPrice": 9}, following=f"{lists.address}{RETAIL}?$skip=2"))
    lists.put(f"{RETAIL}?2", page({**PRICED, "retailPrice": 0.008}))
    run(project, lists, "azure")
    found = load(project).find("azure", "address", "eastus2")
    assert found is not None
    assert found.usd == 0.008


Edit = Callable[[Lists], None]


def puts(path: str, body: bytes) -> Edit:
    return lambda lists: lists.put(path, body)


def gone(lists: Lists) -> None:
    del lists.answers[EAST]


def longer(lists: Lists) -> None:
    lists.longer = 100


BAD: dict[str, tuple[Edit, str]] = {
    "no list": (gone, "answers 404"),
    "an index that is no JSON": (puts(INDEX, b"<html>"), "region_index.json: is not a JSON object"),
    "an index without regions": (puts(INDEX, b'{"regions": []}'), "lists no regions"),
    "a region that is not listed": (
        puts(INDEX, regions("AmazonVPC", "us-east-1")),
        "AmazonVPC: has no list for us-west-2",
    ),
    "an index that leads elsewhere": (
        puts(INDEX, regions("AmazonVPC", "us-west-2").replace(b"/offers", b"//example.com/offers")),
        "AmazonVPC: has no list for us-east-1",
    ),
    "a file that is no list": (puts(EAST, b"<html>\n<body>\n"), "is no price list: line 6 does not name its columns"),
    "a file without its head": (puts(EAST, offer(USED, head=4)), "is no price list"),
    "a file that is cut within a line": (
        puts(EAST, offer({**USED, "PricePerUnit": "0.006"})[:-40]),
        "columns; try again",
    ),
    "a body that ends early": (longer, "ended early, with 100 bytes missing"),
    "bytes that are no text": (puts(EAST, offer() + b'"\xff\xfe"\n'), "is no CSV"),
    "a missing SKU": (
        puts(EAST, offer({"usageType": "USE1-Other"})),
        "'address' in us-east-1: the list has no entry for it",
    ),
    "a reserved price alone": (
        puts(EAST, offer({**USED, "PricePerUnit": "0.006", "TermType": "Reserved"})),
        "'address' in us-east-1: the list has no entry for it",
    ),
    "a price of zero": (puts(EAST, offer({**USED, "PricePerUnit": "0.0000000000"})), "costs nothing by the list"),
    "another currency": (
        puts(EAST, offer({**USED, "PricePerUnit": "0.006", "Currency": "CNY"})),
        "'address' in us-east-1: the list has its price in CNY, not in USD",
    ),
    "a price that is no number": (puts(EAST, offer({**USED, "PricePerUnit": "free"})), "no amount of money"),
    "a price below zero": (puts(EAST, offer({**USED, "PricePerUnit": "-1"})), "no amount of money"),
    "two prices": (
        puts(EAST, offer({**USED, "PricePerUnit": "0.006"}, {**USED, "PricePerUnit": "0.007"})),
        r"several prices fit (0.006, 0.007); make its filter narrower",
    ),
    "another unit": (puts(EAST, offer({**USED, "PricePerUnit": "5"})), "5 by the list and 0.005 in the file"),
    "pages that are no JSON": (puts(RETAIL, b"["), "is not a JSON object"),
    "a page of an error": (puts(RETAIL, b'{"Error": {"Code": "BadRequest"}}'), "is no page of prices"),
    "a page with fewer prices than it says": (
        puts(RETAIL, page({**PRICED, "retailPrice": 0.007}, Count=2)),
        "a page has 1 of 2 prices",
    ),
    "a page that does not say whether it is the last": (
        puts(RETAIL, json.dumps({"Items": [], "Count": 0}).encode()),
        "is no page of prices",
    ),
    "a next page on another host": (
        puts(RETAIL, page(following="https://example.com/api/retail/prices?$skip=1")),
        "the next page is on another host",
    ),
    "a next page that is missing": (
        lambda lists: lists.put(RETAIL, page(following=f"{lists.address}{RETAIL}?$skip=9")),
        "answers 404",
    ),
    "no retail price": (puts(RETAIL, page()), "'address' in eastus2: the list has no entry for it"),
    "a retail price of zero": (puts(RETAIL, page({**PRICED, "retailPrice": 0})), "costs nothing by the list"),
    "a retail price in another currency": (
        puts(RETAIL, page({**PRICED, "retailPrice": 0.007, "currencyCode": "EUR"})),
        "has its price in EUR, not in USD",
    ),
}


@pytest.mark.parametrize(("edit", "message"), BAD.values(), ids=BAD)
def test_a_bad_answer_changes_nothing(project: Path, lists: Lists, edit: Edit, message: str) -> None:
    """One error says what, and no file is touched, be it of the other cloud."""
    before = texts(project)
    edit(lists)
    with pytest.raises(CloudFailure) as failed:
        run(project, lists)
    assert message in str(failed.value)
    assert str(failed.value).endswith("; nothing was changed")
    assert "\n" not in str(failed.value)
    assert texts(project) == before


def test_no_network_is_one_error(project: Path, lists: Lists) -> None:
    """It names the address, and what to look at."""
    with pytest.raises(
        CloudFailure, match=r"http://127\.0\.0\.1:1/\S+: cannot be read .*; check the network and the proxy"
    ):
        update(project, addresses={"aws": "http://127.0.0.1:1", "azure": lists.address}, today=TODAY)


def test_an_offer_without_a_column_that_a_filter_names_is_refused(project: Path, lists: Lists) -> None:
    """The filter is wrong, or the list has changed its form."""
    (project / "prices" / "aws.yaml").write_text(AWS.replace("{usageType:", "{usage:", 1), encoding="utf-8")
    with pytest.raises(CloudFailure, match=r"'address' in us-east-1: .* has no column 'usage'"):
        run(project, lists)


def test_what_may_stand_for_each_other_is_parted(project: Path, lists: Lists) -> None:
    """One filter for names that differ by region; a star is any text, and nothing else means more than itself."""
    either = '"USE1-PublicIPv4:InUseAddress|USW2-PublicIPv4:InUse*"'
    (project / "prices" / "aws.yaml").write_text(AWS.replace('"*PublicIPv4:InUseAddress"', either), encoding="utf-8")
    assert run(project, lists) == 0
    (project / "prices" / "aws.yaml").write_text(AWS.replace('"*PublicIPv4:InUseAddress"', '"..*"'), encoding="utf-8")
    with pytest.raises(CloudFailure, match="no entry"):
        run(project, lists)


@pytest.mark.parametrize("name", ["gcp", "azur"])
def test_a_cloud_without_a_file_is_refused(project: Path, lists: Lists, name: str) -> None:
    with pytest.raises(InvalidSettings, match=f"--cloud {name} has no file in prices/"):
        run(project, lists, name)


def test_prices_of_the_project_can_be_written(tmp_path: Path) -> None:
    """Every row of its files is found in its text, and only rows change."""
    root = Path(__file__).parents[3]
    for cloud, items in load(root).clouds.items():
        text = (root / "prices" / f"{cloud}.yaml").read_text(encoding="utf-8")
        rows = {(name, region): row.usd for name, item in items.items() for region, row in item.regions.items()}
        written = with_prices(text, rows, "2026-11-29")
        dated = re.sub(r'day: "[\d-]+"', 'day: "2026-11-29"', text)
        assert written == dated.replace(", entered: true", "")
