"""What the written pages show: fenced blocks, commands with their exit code and output, links, headings."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^```(\w*)[ ]?([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
EXIT_CODE = re.compile(r"\s+# exit code (\d)\s*$")


@dataclass(frozen=True)
class Block:
    """One fenced block: ```json file=store.json → kind json, file store.json."""

    kind: str
    file: str | None
    text: str


@dataclass(frozen=True)
class Command:
    """One line after `$ ` with the exit code it states (0 when it states none) and the lines shown below it."""

    words: tuple[str, ...]
    code: int
    shown: tuple[str, ...]


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    return [
        Block(kind, info.removeprefix("file=") or None, text)
        for kind, info, text in FENCE.findall(page.read_text(encoding="utf-8"))
    ]


def commands(block: Block) -> list[Command]:
    """The commands of a console block."""
    found: list[tuple[str, list[str]]] = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif line.strip():
            found[-1][1].append(line)
    return [
        Command(
            tuple(shlex.split(EXIT_CODE.sub("", line))),
            int(stated.group(1)) if (stated := EXIT_CODE.search(line)) else 0,
            tuple(shown),
        )
        for line, shown in found
    ]


def missing_lines(shown: tuple[str, ...], printed: str) -> list[str]:
    """The lines a page shows that were not printed in that order. `…` in a shown line stands for anything."""
    lines = iter(printed.splitlines())
    missing = []
    for wanted in shown:
        pattern = re.compile(".*".join(re.escape(part.strip()) for part in wanted.split("…")))
        if not any(pattern.search(line) for line in lines):
            missing.append(wanted)
            lines = iter(printed.splitlines())
    return missing


def anchors(page: Path) -> set[str]:
    """The anchors that the headings of a page make."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(page: Path) -> list[str]:
    """The links of a page that lead into the repository."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    return [link for link in LINK.findall(text) if "://" not in link]
