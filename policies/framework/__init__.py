"""The base of every rule. Rules import from here."""

from framework.declaring import Additions, Declaration, PublicError, Settings, resource_rule, stack_rule
from framework.reading import Absence, Property
from framework.resources import Resource
from framework.verdicts import Verdict

__all__ = [
    "Absence",
    "Additions",
    "Declaration",
    "Property",
    "PublicError",
    "Resource",
    "Settings",
    "Verdict",
    "resource_rule",
    "stack_rule",
]
