"""Placeholders of a wording: {feature}, {item.field}, {parameter}, each with an optional number format {name:.1f}."""

from __future__ import annotations

import re

PLACEHOLDER = re.compile(r"\{([^{}:]{1,80})(?::([^{}]{1,10}))?\}")
FORMATS = frozenset({".0f", ".1f", ".2f", ".0%", ".1%", ","})


def placeholders(text: str) -> list[str]:
    """The names between braces, in order, without repeats."""
    return list(dict.fromkeys(match.group(1) for match in PLACEHOLDER.finditer(text)))


def formats(text: str) -> list[str]:
    """The number formats a text uses."""
    return [match.group(2) for match in PLACEHOLDER.finditer(text) if match.group(2)]


def stray_braces(text: str) -> bool:
    """Whether braces stand outside of placeholders."""
    rest = PLACEHOLDER.sub("", text)
    return "{" in rest or "}" in rest
