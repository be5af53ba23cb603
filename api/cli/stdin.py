"""The name that a lone `-` gets before the words are parsed, for which it would be an option."""

from __future__ import annotations

STDIN = "<standard input>"
