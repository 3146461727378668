"""What laws and standards require of a system that names them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as OneOf
from typing import get_args

RegulationName = OneOf["GDPR", "UK GDPR", "HIPAA", "PCI DSS", "SOC 2", "ISO 27001"]


@dataclass(frozen=True, kw_only=True)
class Regulation:
    """Requirements that settings can meet, each with its clause."""

    residence: str | None = None
    """Why personal data must stay in declared regions; none if it may be anywhere."""
    audit: str | None = None
    """Why an audit log is required; none if it is not."""
    audit_days: int = 1
    """Least retention of the audit log, in days."""


_GDPR = Regulation(residence="Art. 44: no transfer to other countries without a legal basis")
REGULATIONS: dict[RegulationName, Regulation] = {
    "GDPR": _GDPR,
    "UK GDPR": _GDPR,
    "HIPAA": Regulation(audit="45 CFR 164.312(b), 164.316(b)(2)(i): six years", audit_days=6 * 365),
    "PCI DSS": Regulation(audit="10.5.1: twelve months", audit_days=365),
    "SOC 2": Regulation(audit="CC7.2"),
    "ISO 27001": Regulation(audit="A.8.15"),
}
"""Requirements by name. Source: the texts of the laws and standards, at the clauses that they name."""
assert tuple(REGULATIONS) == get_args(RegulationName)
