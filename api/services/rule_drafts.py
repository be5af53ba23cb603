"""A violation that no rule told of → the draft of a rule: its words, its source and its example come from the case.

What we know of a case is the offence and the listing. The draft looks for the rarest words of that listing's title, in
shadow mode; it loads, and its examples hold. What those words really are, and what harmless goods have them too, the
author says.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.duplicates.words import words_of
from engine.errors import StorewardenError
from engine.marks.common import commonness
from engine.model.offence import OffenceRule
from engine.pack import Pack
from store_model.product_content import listing_by_id
from store_model.products import Product
from store_model.violations import Violation

MOST_WORDS, SHORTEST = 3, 4
"""Words of the title that the draft looks for, and the letters that one has at least."""


_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")
"""What YAML 1.1 allows in no stream (chapter 5.1), and the mark of byte order, which it reads over."""


class DraftRefused(StorewardenError):
    """Nothing can be drafted from this case. `pointer`: what of the request would have to be other, "" for the case."""

    code = "draft_refused"

    def __init__(self, en: str, zh: str, pointer: str = "") -> None:
        super().__init__(en)
        self.en, self.zh, self.pointer = en, zh, pointer


@dataclass(frozen=True, slots=True)
class Draft:
    """Two files: the rule, and the word list that it looks for."""

    rule_file: str
    rule: str
    list_file: str
    words: str


def draft_of(
    session: Session, pack: Pack, violation: Violation, *, rule_id: str, name: str, code: str | None, day: date
) -> Draft:
    """The draft of a rule for a violation. Raises DraftRefused."""
    title = _title(session, violation)
    if not title:
        raise DraftRefused(
            f"the listing {violation.listing or '(none)'} of the case {violation.case_no} is not in the store; "
            "import it first",
            f"案件 {violation.case_no} 的商品 {violation.listing or '（无）'} 不在店铺中，请先导入",
        )
    offence = pack.offences.get(violation.offence)
    return draft(pack, offence, title, case_no=violation.case_no, rule_id=rule_id, name=name, code=code, day=day)


def _title(session: Session, violation: Violation) -> str | None:
    here = (Product.store_id == violation.store_id, Product.platform_id == violation.listing)
    number = session.scalar(select(Product.id).where(*here))
    found = listing_by_id(session, number) if number is not None else None
    return None if found is None else found.title


def draft(
    pack: Pack,
    offence: OffenceRule | None,
    title: str,
    *,
    case_no: str,
    rule_id: str,
    name: str,
    code: str | None,
    day: date,
) -> Draft:
    """The files of a rule that finds a title like this one. Raises DraftRefused."""
    words = rarest(title, str(pack.baseline["listing"].get("title", "")))
    if not words:
        raise DraftRefused(f'the title "{title}" has no word that tells it apart', f"标题“{title}”没有可区分的词")
    chosen = code or _code_of(pack, offence)
    if chosen not in pack.codes:
        raise DraftRefused(
            f"{chosen or 'no code'}: name a code of codes.yaml with --code (code in the service)",
            f"{chosen or '无代码'}：请用 --code（接口为 code）指定 codes.yaml 中的代码",
            "/code",
        )
    list_id = f"own_{name.replace('-', '_')}"
    source = offence.sources if offence is not None else ()
    shown = {"en": offence.title["en"], "zh": offence.title["zh"]} if offence is not None else {"en": name, "zh": name}
    rule = RULE.format(
        id=rule_id, name=name, code=chosen, marketplace=pack.marketplace, day=day, list=list_id,
        case=_plain(case_no), title_en=_text(shown["en"]), title_zh=_text(shown["zh"]),
        sources="\n".join(
            f"  - {{id: {_text(one.id)}, publisher: {_text(one.publisher)}, clause: {_text(one.clause)}, "
            f"url: {_text(one.url)}, grade: {one.grade}, retrieved: {one.retrieved}}}"
            for one in source
        ) or HOUSE.format(day=day),
        fires=_example(pack, title, day), bare=_example(pack, f"A {words[0]}", day),
        passes=_example(pack, _without(title, words), day),
    )  # fmt: skip
    listed = LIST.format(
        id=list_id, en=_text(f"Words of the case {case_no}"), zh=_text(f"案件 {case_no} 的词"),
        entries="\n".join(f"  - {_text(word)}" for word in words),
    )  # fmt: skip
    return Draft(f"{rule_id}_{name.replace('-', '_')}.yaml", rule, f"{list_id}.yaml", listed)


def rarest(title: str, ordinary: str) -> list[str]:
    """The words of a title that are written least, the rarest first; none of those of an ordinary title."""
    known = set(words_of(ordinary))
    words = dict.fromkeys(word for word in words_of(title) if word.isalpha() and word not in known)
    long = [word for word in words if len(word) >= SHORTEST or not word.isascii()]
    return sorted(long, key=lambda word: (commonness(word), -len(word), word))[:MOST_WORDS]


def _code_of(pack: Pack, offence: OffenceRule | None) -> str:
    """The first code of the offence that no rule reports yet; else its first."""
    codes = list(offence.codes) if offence is not None else []
    reported = {rule.code for rule in pack.rules.values()}
    return next((code for code in codes if code not in reported), codes[0] if codes else "")


def _without(title: str, words: Sequence[str]) -> str:
    left = " ".join(word for word in title.split() if not set(words_of(word)) & set(words))
    return left or "Goods"


def _example(pack: Pack, title: str, day: date) -> str:
    """An example with this title; `also` names the other rules that its words break."""
    report = pack.check({**pack.baseline["listing"], "title": title}, store=pack.baseline.get("store"), as_of=day)
    also = sorted({finding.rule for finding in report.bare_findings})
    return f"listing: {{title: {_text(title)}}}" + (f", also: [{', '.join(also)}]" if also else "")


def _text(value: str) -> str:
    """A text as YAML takes it on one line: JSON is such a text, but for characters that YAML wants escaped."""
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(value, ensure_ascii=False))


def _plain(value: str) -> str:
    """In a comment a line ends it."""
    return " ".join(_UNPRINTABLE.sub(" ", value).split())


HOUSE = """\
  - {{id: house, publisher: Storewarden, clause: our own choice, url: "https://example.com/why", grade: house,
     retrieved: {day}}}"""
RULE = """\
# Drafted from the case {case}. To do: read the policy; say in why what goes wrong; drop words of the list that harmless
# goods have, and take such goods out by a filter; add examples of both; then mode: warn.
id: {id}
name: {name}
kind: check
status: experimental
mode: shadow
revision: 1
section: products
code: {code}
applies_to: {{marketplace: {marketplace}, subject: listing}}
effective: {{from: {day}}}
severity: error
confidence: low
title: {{en: {title_en}, zh: {title_zh}}}
why: {{en: The platform penalised a listing with such a title., zh: 平台曾处罚含此类标题的商品。}}
source:
{sources}
each: text.terms_in_context[{list}] as hit
when:
  selection: {{hit.term|exists: true}}
  condition: selection
message:
  en: '"{{hit.text}}" stood in a listing that was penalised; look whether this one is alike.'
  zh: '“{{hit.text}}”曾出现在被处罚的商品中，请核对本商品是否相同。'
examples:
  must_fire:
    - {{name: the listing of the case, {fires}}}
    - {{name: its rarest word alone, {bare}}}
  must_pass:
    - {{name: an ordinary listing, listing: {{}}}}
    - {{name: the same title without the words, {passes}}}
"""
LIST = """\
id: {id}
title: {{en: {en}, zh: {zh}}}
source: house
boundary: word
scan: true
entries:
{entries}
"""
