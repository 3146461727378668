"""Recorded answers of the clouds' price lists, small ones, served from here. Fields are those of the real ones."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.loopback import serving

COLUMNS = (
    *(
        "SKU",
        "OfferTermCode",
        "RateCode",
        "TermType",
        "PriceDescription",
        "EffectiveDate",
        "StartingRange",
        "EndingRange",
    ),
    *("Unit", "PricePerUnit", "Currency", "Product Family", "serviceCode", "Location", "usageType", "operation"),
)
OFFERS = "/offers/v1.0/aws"
RETAIL = "/api/retail/prices"


def offer(*rows: Mapping[str, str], head: int = 5) -> bytes:
    """A file of offers as CSV: five lines about it, the columns, and a line a price."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    for name in ("FormatVersion", "Disclaimer", "Publication Date", "Version", "OfferCode")[:head]:
        writer.writerow([name, "v1.0"])
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([{**USUAL, **row}[name] for name in COLUMNS])
    return text.getvalue().encode()


USUAL = {
    **dict.fromkeys(COLUMNS, ""),
    **{
        "SKU": "ABC",
        "TermType": "OnDemand",
        "StartingRange": "0",
        "EndingRange": "Inf",
        "Unit": "Hrs",
        "Currency": "USD",
    },
}


def regions(service: str, *names: str) -> bytes:
    """The index of a service's regions."""
    found = {
        name: {"regionCode": name, "currentVersionUrl": f"{OFFERS}/{service}/20260101/{name}/index.json"}
        for name in names
    }
    return json.dumps({"formatVersion": "v1.0", "publicationDate": "2026-01-01T00:00:00Z", "regions": found}).encode()


def page(*items: Mapping[str, Any], following: str | None = None, **other: Any) -> bytes:
    """A page of retail prices."""
    usual = {"currencyCode": "USD", "tierMinimumUnits": 0.0, "type": "Consumption", "unitOfMeasure": "1 Hour"}
    body = {
        "BillingCurrency": "USD",
        "Items": [{**usual, **each} for each in items],
        "NextPageLink": following,
        "Count": len(items),
    }
    return json.dumps({**body, **other}).encode()


class Lists:
    """What is served, by path and, where that is the same for all, by the page that is asked for."""

    def __init__(self) -> None:
        self.answers: dict[str, bytes] = {}
        self.longer = 0
        """Bytes that a body is said to have more than it has."""
        self.asked: list[str] = []
        self.address = ""

    def put(self, path: str, body: bytes) -> None:
        self.answers[path] = body

    def answer(self, target: str) -> bytes | None:
        self.asked.append(target)
        parts = urlsplit(target)
        (page_number,) = parse_qs(parts.query).get("$skip", [""])
        return self.answers.get(f"{parts.path}?{page_number}" if page_number else parts.path)

    def query(self, index: int = 0) -> Mapping[str, list[str]]:
        """What the request of this number asked for."""
        return parse_qs(urlsplit(self.asked[index]).query)


@contextmanager
def serving_lists() -> Iterator[Lists]:
    lists = Lists()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = lists.answer(self.path)
            self.send_response(200 if body is not None else 404)
            self.send_header("Content-Length", str(len(body or b"") + lists.longer))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with serving(Handler) as port:
        lists.address = f"http://127.0.0.1:{port}"
        yield lists
