"""For every test."""

from __future__ import annotations

import os

# An Output in a string is a bug: with this the SDK raises where it would print a placeholder.
os.environ["PULUMI_ERROR_OUTPUT_STRING"] = "1"
