"""Small packs for the engine's tests: a few files in a folder of the test's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine import Pack, load_pack

MANIFEST = """\
id: mini
version: 1.0.0
title: {en: A small pack, zh: 小规则包}
marketplace: testmarket
currency: USD
language: en
examples_as_of: 2026-06-01
"""
CODES = """\
codes:
  - {code: TITLE_TOO_SHORT, since: 2026-01-01, title: {en: Title too short, zh: 标题过短}}
  - {code: SKU_PRICE, since: 2026-01-01, title: {en: SKU price, zh: SKU 价格}}
"""
BASELINE = """\
listing:
  id: "1"
  title: A steel bottle with a lid
store:
  id: "9"
"""
RULE = """\
id: LST104
name: title-too-short
kind: check
status: stable
mode: warn
revision: 1
section: products
code: TITLE_TOO_SHORT
applies_to: {marketplace: testmarket, subject: listing}
effective: {from: 2026-01-01}
severity: warning
confidence: high
title: {en: Title too short, zh: 标题过短}
why: {en: Buyers need words., zh: 买家需要文字。}
source:
  - {id: T1, publisher: Test, clause: "1", url: "https://example.com", grade: primary, retrieved: 2026-01-01}
params:
  least: {origin: platform, source: T1, unit: characters, values: {2026-01-01: 5, 2026-05-01: 10}}
when:
  selection: {title.length|lt: $least}
  filter_code: {title.top_term|re: '^[A-Z]{1,3}$'}
  condition: selection and not 1 of filter_*
message:
  en: 'The title has {title.length} characters, fewer than {least}.'
  zh: '标题有 {title.length} 个字符，少于 {least} 个。'
examples:
  must_fire:
    - {name: one word, listing: {title: Bottle}}
    - {name: one below, listing: {title: Bottle xl}}
  must_pass:
    - {name: on the line, listing: {title: Bottle xxl}}
    - {name: the older limit, listing: {title: Bottle}, as_of: 2026-04-30}
"""

MakePack = Callable[..., Path]


@pytest.fixture
def write_pack(tmp_path: Path) -> MakePack:
    """Write a pack: `rule` is the text of the one rule, `files` maps more names to texts. Returns its folder."""

    def write(rule: str | None = RULE, *, files: dict[str, str] | None = None) -> Path:
        contents = {
            "mini/pack.yaml": MANIFEST,
            "mini/codes.yaml": CODES,
            "baseline.yaml": BASELINE,
            **({"mini/title/LST104_title_too_short.yaml": rule} if rule is not None else {}),
            **(files or {}),
        }
        for name, text in contents.items():
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return tmp_path / "mini"

    return write


@pytest.fixture
def mini_pack(write_pack: MakePack) -> Pack:
    """The small pack as it stands above."""
    return load_pack(write_pack(), use_cache=False)


@pytest.fixture
def rule_text() -> str:
    """The one rule of the small pack."""
    return RULE
