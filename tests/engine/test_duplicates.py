"""Lookalikes within one call."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.facts import Listing
from engine.features.duplicates import Peers, card, compare
from tests.engine.commerce import listing, members, view

TITLE = "Stainless Steel Insulated Water Bottle 750 ml with Lid"


def bottle(number: str, title: str = TITLE, picture: str = "a", price: str = "10", **fields: Any) -> Listing:
    images = [{"url": f"https://ae01.alicdn.com/kf/{picture}.jpg"}]
    return listing(id=number, title=title, images=images, price=price, **fields)


def seen_among(own: Listing, *others: Listing) -> Any:
    seen = view(peers=Peers([own, *others]))
    seen.listing = own
    return members("duplicates", seen)


def test_without_other_listings_nothing_is_known() -> None:
    assert members("duplicates", view(title=TITLE)) is None


def test_a_listing_is_no_duplicate_of_itself_or_of_its_own_id() -> None:
    own = bottle("1")
    assert seen_among(own, bottle("1", "Stainless Steel Insulated Water Bottle")) == []


def test_every_field_of_a_lookalike_is_compared() -> None:
    own = bottle("1", attributes=[{"name": "Material", "value": "Steel"}, {"name": "Color", "value": "Red"}])
    twin = bottle(
        "2",
        f"{TITLE} Blue",
        price="8",
        attributes=[{"name": "material", "value": "steel"}, {"name": "Color", "value": "Blue"}],
    )
    (item,) = seen_among(own, twin)
    assert (item.other, item.title_similarity, item.shared_words, item.models_differ) == ("2", 96, 9, False)
    assert (item.same_price, item.price_difference, item.attribute_overlap, item.shared_images) == (
        False,
        Decimal("0.2"),
        Decimal("0.333333333333"),
        1,
    )


def test_another_number_in_the_title_is_another_model() -> None:
    (item,) = seen_among(bottle("1"), bottle("2", TITLE.replace("750", "500")))
    assert item.models_differ


def test_unlike_titles_are_candidates_only_by_a_shared_picture() -> None:
    found = seen_among(bottle("1"), bottle("2", "Cotton Socks"), bottle("3", "Wool Hat", picture="z"))
    assert [(item.other, item.shared_images) for item in found] == [("2", 1)]


def test_the_comparison_is_the_same_from_both_sides() -> None:
    one, other = card(bottle("1", price="3")), card(bottle("2", f"{TITLE} for Hiking", price="4"))
    there, back = compare(one, other), compare(other, one)
    assert there[2:-1] == back[2:-1]


def test_plain_sequences_of_listings_do_as_well() -> None:
    seen = view(peers=[bottle("2")])
    seen.listing = bottle("1")
    assert [item.other for item in members("duplicates", seen)] == ["2"]


def test_peers_are_a_sequence_of_listings() -> None:
    rows = [bottle("1"), bottle("2")]
    peers = Peers(rows)
    assert (len(peers), list(peers), peers[1], peers[0:1]) == (2, rows, rows[1], rows[:1])


def test_in_a_large_call_each_listing_is_compared_with_a_bounded_number() -> None:
    rows = [bottle(str(n), f"{TITLE} Model X{n} Number {n % 97}", f"p{n}") for n in range(2000)]
    peers = Peers(rows)
    for own in rows[:100]:
        seen = view(peers=peers)
        seen.listing = own
        assert len(members("duplicates", seen)) <= 50


def test_a_no_break_space_parts_words_as_any_space_does() -> None:
    (item,) = seen_among(bottle("1"), bottle("2", TITLE.replace(" ", "\u00a0")))
    assert item.title_similarity == 100


def test_words_in_another_order_make_the_same_title() -> None:
    (item,) = seen_among(bottle("1"), bottle("2", " ".join(reversed(TITLE.split()))))
    assert item.title_similarity == 100


def test_of_many_lookalikes_those_that_share_the_rarest_words_are_compared() -> None:
    rows = [bottle(str(n), f"{TITLE} Series {n // 2}", f"p{n}") for n in range(400)]
    seen = view(peers=Peers(rows))
    seen.listing = rows[301]
    assert [item.other for item in members("duplicates", seen)][:1] == ["300"]
