"""What is said beside a brand: signs of a copy, claims of leave; and marks that buyers do not see."""

from __future__ import annotations

from datetime import date

import pytest

import rules
from engine import Pack, Store, load_pack

STORE = Store(approved_brands=("Norvella",))
URL = "https://ae01.alicdn.com/kf/"


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack(rules.path("aliexpress"))


def fired(pack: Pack, rule: str, **draft: object) -> list[list[str | None]]:
    """The spans that each finding of a rule shows."""
    report = pack.check(draft, store=STORE, as_of=date(2026, 11, 27), fixes=False)
    return [[place.text for place in found.locations] for found in report.findings if found.rule == rule]


@pytest.mark.parametrize(
    ("title", "brand", "sign"),
    [
        ("1:1 Gucci bag for women", "Gucci", "1:1"),
        ("Gucci bag AAA leather", "Gucci", "AAA"),
        ("Gucci mirror bag", "Gucci", "mirror"),
        ("Gucci包包 1:1 专柜品质", "Gucci", "1:1"),
        ("Сумка Gucci люкс копия", "Gucci", "люкс копия"),
        ("Bolso Gucci copia", "Gucci", "copia"),
        ("Gucci çanta çakma", "Gucci", "çakma"),
        ("Gucci 가방 미러급", "Gucci", "미러급"),
    ],
)
def test_a_sign_of_a_copy_near_a_brand_is_named_with_it(pack: Pack, title: str, brand: str, sign: str) -> None:
    assert fired(pack, "IPR110", title=title) == [[brand, sign]]


@pytest.mark.parametrize(
    "title",
    [
        "AAA battery charger",
        "Panasonic AAA rechargeable batteries 4 pcs",
        "Ferrari 1:18 model car",
        "Lego Ferrari 1:1 scale",
        "Epson copy paper A4",
        "Bag 1:1 for iPhone 15",
        "Toyota Corolla rearview mirror",
        "1:1",
    ],
)
def test_the_same_words_of_honest_goods_are_no_sign(pack: Pack, title: str) -> None:
    assert fired(pack, "IPR110", title=title) == []


@pytest.mark.parametrize(
    "text",
    [
        "Dyson authorised reseller",
        "Authorized dealer of Samsung",
        "Apple authorised reseller",
        "Nike official store",
        "Nike官方旗舰店",
        "Официальный дилер Bosch",
        "Distribuidor autorizado Bosch",
        "Revendeur agréé Dyson",
        "Autorisierter Händler für Bosch",
        "Rivenditore autorizzato Gucci",
        "Samsung yetkili satıcı",
        "Samsung 공식 판매점",
        "موزع معتمد Samsung",
        "100% original Nike",
    ],
)
def test_a_claim_of_leave_needs_the_authorisation(pack: Pack, text: str) -> None:
    assert len(fired(pack, "IPR111", title=text)) == 1


@pytest.mark.parametrize("text", ["Norvella official store", "Original charger for iPhone 15", "Genuine leather bag"])
def test_a_claim_about_no_brand_or_what_the_goods_fit_needs_none(pack: Pack, text: str) -> None:
    assert fired(pack, "IPR111", title=text) == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("gucci-bag.jpg", [["gucci"]]),
        ("new_adidas_shoes.png?w=3", [["adidas"]]),
        ("%E9%98%BF%E8%BF%AA%E8%BE%BE%E6%96%AF.jpg", [["%E9%98%BF%E8%BF%AA%E8%BE%BE%E6%96%AF"]]),
        ("Sb3f1e0adidasx9.jpg", []),
        ("S1234.jpg", []),
        ("gucci/a.jpg", []),
    ],
)
def test_a_mark_in_the_name_of_a_picture_is_found(pack: Pack, name: str, expected: list[list[str]]) -> None:
    assert fired(pack, "IPR112", images=[{"url": URL + name}]) == expected


def test_a_disguised_mark_in_hidden_text_is_found(pack: Pack) -> None:
    html = "<p>Steel bottle</p><p style='font-size:0'>Ad1das</p><p>Ad1das</p>"
    assert fired(pack, "IPR112", description=html) == [["Ad1das"]]
