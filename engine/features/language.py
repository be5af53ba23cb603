"""Which language a text is in: Chinese in an English listing, a title in another language than the listing's.

Most titles are settled without a model: by script, or by one common English word. The statistical model (py3langid,
restricted to the languages sellers write) is loaded when the first title needs it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from threading import Lock
from typing import Any, NamedTuple

from engine.features.registry import Field, collection, feature
from engine.features.texts import corpus, escape, span, texts
from engine.features.tokens import title_tokens, title_words
from engine.features.value_words import LANGUAGES, TEXT_KINDS
from engine.features.view import LONGEST_TITLE, View, derived
from engine.findings import Location

LIKELY = ("en", "es", "pt", "fr", "de", "it", "nl", "pl", "tr", "ru", "zh")
"""The languages the model chooses from: those of the platform's sites in Latin script, and the two most used others."""
HAN = re.compile(
    "[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+(?:[\u3000-\u303f\uff00-\uff5e]*[\u3400-\u4dbf\u4e00-\u9fff]+)*"
)
KANA = re.compile("[\u3040-\u30ff]")
SCRIPTS = (
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("ko", re.compile("[\u1100-\u11ff\uac00-\ud7af]")),
    ("zh", re.compile("[\u3400-\u9fff]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("he", re.compile("[\u0590-\u05ff]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
    ("el", re.compile("[\u0370-\u03ff]")),
)
LATIN = re.compile("[A-Za-z\u00c0-\u024f]")
OWN_SCRIPT = {"uk": "ru", "bg": "ru", "iw": "he"}
ENGLISH_WORDS, FOREIGN_WORDS = "english_title_words", "foreign_function_words"


def language_of_locale(locale: str | None) -> str:
    """ "pt_BR" → "pt"; without a locale the platform takes a listing to be English."""
    if not locale:
        return "en"
    return locale.replace("-", "_").split("_")[0].lower()


class ChineseText(NamedTuple):
    """The Chinese in one text. `text`: its first run."""

    text: str
    field: str
    locations: tuple[Location, ...]


@collection(
    "text.chinese",
    item={
        "text": Field("str", "The first run of Chinese characters", "第一段中文"),
        "field": Field("str", "The kind of text it stands in", "所在文本类型", words=TEXT_KINDS),
    },
    reads=("title", "titles", "description", "mobile_description", "descriptions", "attributes", "skus", "keywords"),
    en="Texts that hold Chinese characters although they are not declared Chinese (Japanese is left out)",
    zh="含有中文字符且未声明为中文的文本（日文除外）",
)
def text_chinese(view: View) -> Sequence[ChineseText]:
    """One item for each text with Chinese in it, with every run as a location."""
    return _chinese(view)


@derived
def _chinese(view: View) -> Sequence[ChineseText]:
    if corpus(view).is_ascii:
        return ()
    own = language_of_locale(view.listing.locale)
    found: list[ChineseText] = []
    for field in texts(view):
        if field.text.isascii() or field.kind == "group":
            continue
        language = own
        if field.kind.startswith("localized"):
            language = language_of_locale(field.pointer.rsplit("/", 1)[1])
        if language in ("zh", "ja"):
            continue
        runs = [match.span() for match in HAN.finditer(field.text)]
        if runs and not KANA.search(field.text):
            places = tuple(span(field, start, end) for start, end in runs)
            found.append(ChineseText(places[0].text or "", field.kind, places))
    return found


class Guess(NamedTuple):
    """A language (ISO 639-1) and how sure, 0 to 1. Script alone is 1."""

    language: str
    confidence: Decimal


ENGLISH = Guess("en", Decimal(1))
_LOADING = Lock()


@lru_cache(maxsize=1)
def _identifier() -> Any:
    with _LOADING:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier

        identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
        identifier.set_languages(list(LIKELY))
        return identifier


def guess(text: str) -> Guess:
    """The language of a text that is not empty, by script where a script settles it, else by the model.

    A script counts when at least as many of its letters stand there as Latin ones: brand names stay Latin everywhere.
    """
    text = text[:LONGEST_TITLE]  # more says no more
    if not text.isascii():
        latin = len(LATIN.findall(text))
        for language, pattern in SCRIPTS:
            count = len(pattern.findall(text))
            if count and count * (3 if language in ("zh", "ja", "ko") else 1) >= latin:
                return Guess(language, Decimal(1))
    language, confidence = _identifier().classify(text)
    return Guess(language, round(Decimal(repr(float(confidence))), 3))


@derived
def _title_language(view: View) -> Guess | None:
    title = view.title
    if not title or title.isspace():
        return None
    english = view.resources.lists.get(ENGLISH_WORDS)
    words = title_words(view).words
    if english is not None and title.isascii() and not english.members.isdisjoint(words):
        return ENGLISH
    if sum(len(word) for word in words if word.isalpha()) == 0:
        return None
    return guess(title)


@feature(
    "title.language",
    type="str",
    reads=("title",),
    nullable=True,
    locate=lambda view, value: [Location("/title", 0, len(view.listing.title or ""), view.listing.title or "")],
    en="Language of the title (ISO 639-1), by script, common words or a statistical model",
    zh="标题语言（ISO 639-1），依文字、常用词或统计模型判断",
    words=LANGUAGES,
)
def title_language(view: View) -> str | None:
    """None when the title is missing or has no words."""
    found = _title_language(view)
    return found.language if found else None


@feature(
    "title.language_confidence",
    type="decimal",
    unit="probability",
    reads=("title",),
    nullable=True,
    en="How sure the language of the title is, 0 to 1",
    zh="标题语言判断的置信度（0 到 1）",
)
def title_language_confidence(view: View) -> Decimal | None:
    """1 for a language told by its script or a common word."""
    found = _title_language(view)
    return found.confidence if found else None


@derived
def _foreign(view: View) -> list[Location]:
    title = view.listing.title
    known = view.resources.lists.get(FOREIGN_WORDS)
    if not title or known is None:
        return []
    return [
        Location("/title", token.start, token.end, title[token.start : token.end])
        for token in title_tokens(view)
        if token.lower in known.members or not (token.lower.isascii() or LATIN.search(token.lower))
    ]


@feature(
    "title.foreign_words",
    type="list[str]",
    reads=("title",),
    nullable=True,
    locate=lambda view, value: list(_foreign(view)),
    en="Function words of other languages (para, pour, für, для): what tells a sentence from a foreign brand name",
    zh="其他语言的虚词（para、pour、für、для），用于区分外语句子与外语品牌名",
)
def title_foreign_words(view: View) -> list[str] | None:
    """Such words as written; every letter run counts in a title that is not in Latin script. None without a title."""
    return [place.text or "" for place in _foreign(view)] if view.listing.title else None


@feature(
    "title.expected_language",
    type="str",
    reads=("locale",),
    en="The listing's language: that of its locale, English when none is given",
    zh="商品语言：取自 locale，未填写时为英语",
    words=LANGUAGES,
)
def title_expected_language(view: View) -> str:
    """ISO 639-1."""
    return language_of_locale(view.listing.locale)


class ForeignScript(NamedTuple):
    """A localized title that is not written in the script of its language."""

    locale: str
    text: str
    locations: tuple[Location]


@collection(
    "localized_titles.wrong_script",
    item={
        "locale": Field("str", "The language the title is given for", "标题所属语言"),
        "text": Field("str", "The title", "标题"),
    },
    reads=("titles",),
    en="Titles for Russian, Arabic, Korean, Japanese and the like without one letter of that script",
    zh="俄语、阿拉伯语、韩语、日语等语言的标题中没有一个该语言文字",
)
def localized_titles_wrong_script(view: View) -> Sequence[ForeignScript]:
    """One item for each such title."""
    if not view.listing.titles:
        return ()
    scripts = dict(SCRIPTS)
    found = []
    for locale, title in view.listing.titles.items():
        language = language_of_locale(locale)
        script = scripts.get(OWN_SCRIPT.get(language, language))
        if language == "ja":
            script = re.compile("[\u3040-\u30ff\u3400-\u9fff]")
        if title and script is not None and not script.search(title):
            place = Location(f"/titles/{escape(locale)}", 0, len(title), title)
            found.append(ForeignScript(locale, title, (place,)))
    return found
