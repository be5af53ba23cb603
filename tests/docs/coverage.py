"""docs/coverage.yaml → docs/coverage.md: what the back office has, with table, endpoint and test of each item.

`python -m tests.docs.coverage` writes the page.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
DATA, PAGE = ROOT / "docs" / "coverage.yaml", ROOT / "docs" / "coverage.md"
PREFIX = "/v1/stores/{store_id}"
HEAD = """# What the back office has

Made from [coverage.yaml](coverage.yaml) by `python -m tests.docs.coverage`; a test holds that every table, endpoint and
test is there. Endpoints stand below `/v1/stores/{store_id}` unless they begin with `/v1`.
"""


def sections() -> list[dict[str, Any]]:
    """The data."""
    found: list[dict[str, Any]] = yaml.safe_load(DATA.read_text("utf-8"))["sections"]
    return found


def endpoint(written: str) -> tuple[str, str]:
    """Method and whole path."""
    method, _, path = written.partition(" ")
    path = path.strip('"')
    return method.lower(), path if path.startswith("/v1") else PREFIX + path


def page() -> str:
    """The page."""
    lines = [HEAD]
    for section in sections():
        lines += [
            f"## {section['title']['en']} ({section['title']['zh']})",
            "",
            "| item | tables | endpoints | tests |",
        ]
        lines.append("| --- | --- | --- | --- |")
        for item in section["items"]:
            tests = "<br>".join(f"`{test}`" for test in item["tests"])
            calls = "<br>".join(f"`{call.replace(chr(34), '').strip()}`" for call in item["endpoints"])
            tables = ", ".join(f"`{table}`" for table in item["tables"])
            lines.append(f"| {item['item']} | {tables} | {calls} | {tests} |")
        lines.append("")
    return "\n".join(lines)


@cache
def names_of_tests(file: str) -> frozenset[str]:
    """The names of the tests of a file."""
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
