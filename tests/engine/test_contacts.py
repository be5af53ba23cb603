"""Contact details: written plainly, disguised, hidden, and what only looks like them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.features.contacts import text_contacts
from tests.engine.text_views import view_of


def found(**fields: object) -> list[tuple[str, str]]:
    return [(item.kind, item.text) for item in text_contacts(view_of(**fields))]


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("mail shop.norvel@gmail.com now", ("email", "shop.norvel@gmail.com")),
        ("write to norvel at gmail dot com", ("email", "gmail dot com")),
        ("WhatsApp +86 138 0013 8000", ("phone", "+86 138 0013 8000")),
        ("Tel: 0755-88886666", ("phone", "Tel: 0755-88886666")),
        ("WhatsApp: 8613800138000", ("messenger", "WhatsApp: 8613800138000")),
        ("Contact us on WhatsApp", ("messenger", "WhatsApp")),
        ("skype: live.norvel_88", ("messenger", "skype: live.norvel_88")),
        ("add me, line id: norvel88", ("messenger", "line id: norvel88")),
        ("QQ: 123456789", ("messenger", "QQ: 123456789")),
        ("w h a t s a p p", ("messenger", "w h a t s a p p")),
        ("加微信", ("messenger", "加微信")),
        ("ｗｈａｔｓａｐｐ：8613800138000", ("messenger", "ｗｈａｔｓａｐｐ：8613800138000")),
        ("what\u200bsapp: 8613800138000", ("messenger", "what\u200bsapp: 8613800138000")),
        ("follow us on instagram", ("social", "instagram")),
        ("see www.norvel-shop.com", ("url", "www.norvel-shop.com")),
        ("norvelshop.com bottle", ("domain", "norvelshop.com")),
        ("pay by Western Union", ("payment", "Western Union")),
    ],
)
def test_a_contact_is_found_with_its_words(title: str, expected: tuple[str, str]) -> None:
    assert found(title=title) == [expected]


@pytest.mark.parametrize(
    "title",
    [
        "3M cable 2A@5V 5V/2A charger",
        "Smart watch with WhatsApp Facebook notification",
        "Line: 100m braided fishing line",
        "Telegram style poster",
        "4G signal booster: 1800 MHz",
        "QQ penguin plush doll",
        "EAN 4006381333931 model 13800138000",
        "Phone case for phone 5.5 6.1 6.7 inch",
        "Wi-Fi antenna +5dBi +12V -12V 2.4G",
        "Node.js sticker, Dr.Who style, cable 1.5m.In black",
        "Norvel.com Inc bottle",
        "Instagram photo frame prop",
        "Call bell for restaurants 433 MHz 10 pcs",
    ],
)
def test_what_only_looks_like_a_contact_is_left_alone(title: str) -> None:
    assert found(title=title) == []


@pytest.mark.parametrize(
    ("html", "kind", "text", "disguised", "hidden"),
    [
        ("<p>wh<b></b>atsapp: 8613800138000</p>", "messenger", "wh<b></b>atsapp: 8613800138000", True, False),
        ("<p>&#119;&#101;chat: abc12345</p>", "messenger", "&#119;&#101;chat: abc12345", True, False),
        ("<p>norvel<span>@</span>gmail.com</p>", "email", "norvel<span>@</span>gmail.com", True, False),
        ("<!-- wechat: abc12345 -->", "messenger", "wechat: abc12345", False, True),
        ("<div style='display:none'>skype: live.abc1</div>", "messenger", "skype: live.abc1", False, True),
        ("<img alt='wechat: abc12345'>", "messenger", "wechat: abc12345", False, True),
        ("<p>see norvelshop.com/x</p>", "url", "norvelshop.com/x", False, False),
    ],
)
def test_a_description_is_read_as_written_as_seen_and_where_it_hides(
    html: str, kind: str, text: str, disguised: bool, hidden: bool
) -> None:
    items = text_contacts(view_of(description=html))
    assert [(i.kind, i.text, i.disguised, i.hidden) for i in items] == [(kind, text, disguised, hidden)]
    place = items[0].locations[0]
    assert html[place.start : place.end] == text


def test_every_text_of_a_listing_is_read() -> None:
    mail = "a.norvel@qq.com"
    fields = {
        "attributes": [{"name": "Style", "value": mail}],
        "skus": [{"properties": [{"name": "Color", "value": "Red", "label": mail}]}],
        "keywords": [mail],
        "titles": {"ru_RU": mail},
        "mobile_description": mail,
    }
    places = [item.locations[0].pointer for item in text_contacts(view_of(**fields))]
    assert sorted(places) == [
        "/attributes/0/value",
        "/keywords/0",
        "/mobile_description",
        "/skus/0/properties/0/label",
        "/titles/ru_RU",
    ]


def test_addresses_of_pictures_are_no_contacts() -> None:
    assert found(description='<img src="https://ae01.alicdn.com/kf/a@2x.jpg"><p>Steel bottle.</p>') == []


@given(st.text(alphabet="whatsap:@+0123456789.com <>/b&#;-\u200b微信", max_size=120))
@settings(max_examples=200, deadline=None)
def test_any_description_gives_places_inside_the_source(html: str) -> None:
    for item in text_contacts(view_of(description=html, title=html)):
        place = item.locations[0]
        assert place.start is not None
        assert place.end is not None
        assert 0 <= place.start < place.end <= len(html)
        assert html[place.start : place.end] == item.text
