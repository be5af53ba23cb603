"""Damaged text: HTML entities or tags where plain text belongs, wrong decoding, unreadable and invisible characters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

from engine.features.registry import Field, collection
from engine.features.texts import TextField, corpus, span, texts
from engine.features.value_words import TEXT_KINDS
from engine.features.view import View, derived
from engine.findings import Location

ENTITY = re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});")
TAG = re.compile(r"</?(?:b|i|u|p|br|em|font|span|strong|div|sup|sub|h[1-6]|img|a)\b[^<>]{0,200}>", re.IGNORECASE)
UTF8_AS_CP1252 = re.compile(
    "(?:[\u00c2\u00c3\u00e2\u00d0\u00d1\u00f0]"
    "[\u0080-\u00bf\u20ac\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u2039\u0152\u2018\u2019\u201c\u201d\u2022\u2013\u2014"
    "\u02dc\u2122\u203a\u0153\u0178\u0160\u0161\u017d\u017e]{1,3})+"
)
"""Â, Ã, â, Ð, Ñ or ð before a character that no word has there: UTF-8 bytes read as Windows-1252."""
UTF8_AS_GBK = re.compile("锟斤拷|烫烫烫|屯屯屯|鈥[檚測]|脙|茂驴陆")
CP1252_BEGINS, GBK_BEGINS = "ÂÃâÐÑð", "锟烫屯鈥脙茂"
"""The first characters of the two: to look for them one by one is far quicker than the patterns on long texts."""
ANY_UNREADABLE = re.compile("[\ufffd\u0000-\u0008\u000e-\u001f\u007f-\u009f\ue000-\uf8ff\ud800-\udfff]")
UNREADABLE = re.compile("\ufffd+|[\u0000-\u0008\u000e-\u001f\u007f-\u009f]+|[\ue000-\uf8ff]+|[\ud800-\udfff]+")
INVISIBLE = re.compile("[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]+")
"""Soft hyphen, zero-width space and marks that turn the writing direction. The joiners U+200C/D are left out: emoji,
Persian and Indian scripts need them."""
CONTROL = re.compile("[\u0000-\u0008\u000e-\u001f\u007f]")
MAX_PLACES = 50
"""Places shown of one kind in one text."""
HTML = frozenset({"description", "mobile_description", "localized_description"})


class Damage(NamedTuple):
    """A damaged place. `kind`: entity, markup, encoding, unreadable or invisible."""

    kind: str
    text: str
    field: str
    locations: tuple[Location]


@collection(
    "text.damage",
    item={
        "kind": Field(
            "str",
            "entity (&amp;), markup (<b>), encoding (Ã©), unreadable (replacement or control character) or invisible",
            "entity（&amp;）、markup（<b>）、encoding（Ã©）、unreadable（替换符或控制符）或 invisible（不可见字符）",
        ),
        "text": Field("str", "The damaged characters", "异常字符"),
        "field": Field("str", "The kind of text it stands in", "所在文本类型", words=TEXT_KINDS),
    },
    reads=("title", "titles", "description", "mobile_description", "descriptions", "attributes", "skus", "keywords"),
    en="Places where the text is damaged: wrong encoding, entities in plain text, invisible characters",
    zh="文本异常之处：乱码、纯文本中的 HTML 实体、不可见字符",
)
def text_damage(view: View) -> Sequence[Damage]:
    """Every damaged place, in the order of the texts."""
    return _damage(view)


@derived
def _damage(view: View) -> Sequence[Damage]:
    whole = corpus(view)
    plain = whole.plain
    if whole.is_ascii and plain.isprintable() and "&" not in plain and "<" not in plain:
        return ()
    found: list[Damage] = []
    for field in texts(view):
        text = field.text
        is_html = field.kind in HTML
        if not is_html:
            if "&" in text:
                _add(found, field, "entity", ENTITY)
            if "<" in text:
                _add(found, field, "markup", TAG)
        if not text.isascii():
            if any(character in text for character in CP1252_BEGINS):
                _add(found, field, "encoding", UTF8_AS_CP1252)
            if any(character in text for character in GBK_BEGINS):
                _add(found, field, "encoding", UTF8_AS_GBK)
            if ANY_UNREADABLE.search(text):
                _add(found, field, "unreadable", UNREADABLE)
            _add(found, field, "invisible", INVISIBLE)
        elif not is_html and not text.isprintable():
            _add(found, field, "unreadable", CONTROL)
    return found


def _add(found: list[Damage], field: TextField, kind: str, pattern: re.Pattern[str]) -> None:
    places = islice(pattern.finditer(field.text), MAX_PLACES)
    found.extend(Damage(kind, match.group(), field.kind, (span(field, *match.span()),)) for match in places)
