"""What a brand is named for, told by the words around it in each language."""

from __future__ import annotations

from datetime import date

import pytest

import rules
from engine import Pack, Store, load_pack

STORE = Store(approved_brands=("Norvella",))
LAWFUL = [
    ("en", "Silicone case for iPhone 15"),
    ("en", "Filter compatible with Dyson V8"),
    ("en", "Floor mat fits Toyota Corolla"),
    ("en", "Replacement for Bosch"),
    ("en", "Case for the new Samsung Galaxy S24 and Xiaomi 14"),
    ("en", "Dyson V8 compatible filter"),
    ("zh", "适用于iPhone 15 手机壳"),
    ("zh", "iPhone15适用手机壳"),
    ("ru", "Чехол для iPhone 15"),
    ("es", "Funda para iPhone 15"),
    ("pt", "Filtro compatível com Dyson V8"),
    ("fr", "Coque pour iPhone 14"),
    ("de", "Hülle für iPhone 15"),
    ("de", "Filter kompatibel mit Dyson V8"),
    ("it", "Custodia per iPhone 15"),
    ("tr", "iPhone 15 için kılıf"),
    ("ko", "iPhone 15용 케이스"),
    ("ko", "iPhone용 케이스"),
    ("en", "Case for iPhone15"),
    ("ar", "غطاء متوافق مع iPhone 15"),
]
IMITATIONS = [
    ("en", "Dyson style vacuum cleaner"),
    ("en", "Bag inspired by Gucci"),
    ("zh", "高仿Gucci包"),
    ("zh", "Gucci同款包"),
    ("ru", "Сумка в стиле Gucci"),
    ("es", "Bolso inspirado en Gucci"),
    ("fr", "Sac imitation Gucci"),
    ("de", "Tasche im Stil von Gucci"),
    ("tr", "Gucci tarzı çanta"),
    ("ko", "Gucci 스타일 가방"),
]
PLAIN = ["iPhone case", "Gucci bag", "New Gucci bag for women", "Чехол iPhone", "Handtasche Gucci für Damen"]


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack(rules.path("aliexpress"))


def fired(pack: Pack, title: str) -> set[str]:
    """The brand rules that fire for a store whose approvals are known and hold none of these brands."""
    draft = {"title": title}
    report = pack.check(draft, store=STORE, as_of=date(2026, 11, 27), fixes=False)
    return {finding.rule for finding in report.findings if finding.rule in ("IPR101", "IPR103", "IPR104")}


@pytest.mark.parametrize(("language", "title"), LAWFUL)
def test_naming_what_the_goods_fit_is_told_from_selling_the_brand(pack: Pack, language: str, title: str) -> None:
    assert fired(pack, title) == {"IPR103"}


@pytest.mark.parametrize(("language", "title"), IMITATIONS)
def test_naming_what_the_goods_imitate_is_worse(pack: Pack, language: str, title: str) -> None:
    assert fired(pack, title) == {"IPR104"}


@pytest.mark.parametrize("title", PLAIN)
def test_a_brand_that_nothing_excuses_is_sold(pack: Pack, title: str) -> None:
    assert fired(pack, title) == {"IPR101"}


def test_a_brand_attribute_is_never_excused(pack: Pack) -> None:
    draft = {"title": "Phone case", "attributes": [{"name": "Brand Name", "value": "for iPhone"}]}
    report = pack.check(draft, store=STORE, as_of=date(2026, 11, 27), fixes=False)
    assert "IPR102" in {finding.rule for finding in report.findings}
