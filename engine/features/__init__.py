"""Everything that is measured: the only home of spaCy and RapidFuzz."""

from __future__ import annotations

from collections.abc import Mapping

SUBJECT_ARGUMENTS: Mapping[str, frozenset[str]] = {}
"""Closed sets of `[arguments]` that features take besides lists and attributes: kind → names."""
