"""The policy pack."""

import sys

from pulumi_policy import PolicyPack

import rules
from framework import exemptions, serving
from framework.levels import StacksError, configuration

RULES = rules.every()

try:
    exemptions.refuse_unknown([each.name for each in RULES])
    CONFIGURATION = configuration(RULES)
except (StacksError, exemptions.ExemptionsError) as error:
    sys.exit(str(error))
serving.install()
PolicyPack("slipway", [*RULES], initial_config=CONFIGURATION)
