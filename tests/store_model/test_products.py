"""Products: what is stored is what was given; search, counts and groups find what they should."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import select

from engine import Pack
from engine.facts import Attribute, Image, Listing, Sku
from store_model import bulk, product_content
from store_model.product_groups import BadParent, LimitReached, check_place, groups_by_root, set_members
from store_model.product_lifecycle import IllegalMove, take
from store_model.product_queries import counts_by_status, search_groups, search_sku, search_words
from store_model.products import Product, ProductGroup, ProductSku
from tests.engine.arbitrary import Arbitrary
from tests.store_model.conftest import NOW, Shop

CAP = Listing(
    id="1005001",
    title="Cotton Cap for Men",
    titles={"es": "Gorra de algodón"},
    category_id="200000",
    status="onSelling",
    currency="USD",
    attributes=(Attribute(name="Material", value="Cotton"),),
    images=(Image(url="https://img.example/1.jpg"),),
    skus=(
        Sku(id="14:1", code="CAP-R", price=Decimal("9.99"), stock=3),
        Sku(id="14:2", code="CAP-B", price=Decimal("12.50"), discount_price=Decimal("11.00"), stock=5),
    ),
)
HAT = Listing(
    id="1005002", title="Wool hat_50% off", status="offline", offline_reason="expire_offline", price=Decimal(20)
)
DRAFT = Listing(title="A draft without id")


def fill(shop: Shop, *items: Listing) -> None:
    with shop.session() as session:
        bulk.upsert_products(session, shop.place, items, status="draft", now=NOW)


def found(
    shop: Shop, words: str | None = None, sku_code: str | None = None, group_id: int | None = None, **equal: object
) -> list[str]:
    """The titles that a search finds, the newest first."""
    query = select(Product).filter_by(**equal).order_by(Product.id.desc())
    for search, wanted in ((search_words, words), (search_sku, sku_code), (search_groups, group_id)):
        if wanted is not None:
            query = search(query, wanted)
    with shop.session() as session:
        return [product.title for product in session.scalars(query)]


def test_a_listing_comes_back_as_it_was_given(shop: Shop) -> None:
    fill(shop, CAP)
    with shop.session() as session:
        product_id = session.scalars(select(Product.id)).one()
        back = product_content.listing_by_id(session, product_id)
        assert back == msgspec.structs.replace(CAP, store_id=str(shop.place.store_id))
        product = session.get_one(Product, product_id)
        assert (product.price_min, product.price_max, product.sku_count, product.stock_total) == (
            Decimal("9.99"),
            Decimal("11.00"),
            2,
            8,
        )
        codes = session.scalars(select(ProductSku.code).order_by(ProductSku.position)).all()
        assert codes == ["CAP-R", "CAP-B"]


def test_any_listing_can_be_stored_and_read_back(shipped: Pack) -> None:
    """Whatever a listing holds: the document is JSON, its columns fit, and the facts come back from it."""

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(Arbitrary(shipped).listings)
    def hold(listing: Listing) -> None:
        stored = product_content.document(listing)
        assert len(product_content.digest(stored)) == 64
        columns = product_content.product_columns(listing)
        assert all(price is None or abs(price) < 10**14 for price in (columns["price_min"], columns["price_max"]))
        assert "\0" not in columns["title"]
        back = msgspec.convert(stored, Listing)
        assert repr(product_content.document(back)) == repr(stored)

    hold()


def test_odd_listings_fit_into_the_database(shop: Shop) -> None:
    odd = Listing(
        id="7",
        title="nul \x00 and half \ud800 pair",
        price=Decimal("1E+30"),
        skus=(Sku(price=Decimal("NaN"), stock=2**70), Sku(price=Decimal("0.00001"), stock=-5)),
    )
    fill(shop, odd)
    with shop.session() as session:
        product = session.scalars(select(Product)).one()
        assert product.title == "nul \ufffd and half \ufffd pair"
        assert (product.price_min, product.price_max) == (Decimal(0), Decimal(0))
        assert session.scalars(select(ProductSku.stock).order_by(ProductSku.position)).all() == [None, -5]


def test_the_same_listing_again_changes_nothing_and_another_one_does(shop: Shop) -> None:
    fill(shop, CAP, DRAFT)
    changed = msgspec.structs.replace(CAP, title="Cotton Cap for Women")
    with shop.session() as session:
        again = bulk.upsert_products(session, shop.place, [CAP, DRAFT], status="draft", now=NOW)
        other = bulk.upsert_products(session, shop.place, [changed, HAT], status="draft", now=NOW)
    assert (again, other) == (["unchanged", "unchanged"], ["updated", "inserted"])
    assert found(shop, platform_id="1005001") == ["Cotton Cap for Women"]


@pytest.mark.parametrize(
    ("wanted", "titles"),
    [
        ({}, ["A draft without id", "Wool hat_50% off", "Cotton Cap for Men"]),
        ({"words": "CAP cotton"}, ["Cotton Cap for Men"]),
        ({"words": "50%"}, ["Wool hat_50% off"]),
        ({"words": "hat_5"}, ["Wool hat_50% off"]),
        ({"words": "hat%off"}, []),
        ({"sku_code": "CAP-B"}, ["Cotton Cap for Men"]),
        ({"status": "offline", "offline_reason": "expire_offline"}, ["Wool hat_50% off"]),
        ({"category_id": "200000"}, ["Cotton Cap for Men"]),
    ],
)
def test_search_finds_by_each_of_its_fields(shop: Shop, wanted: dict[str, object], titles: list[str]) -> None:
    fill(shop, CAP, HAT, DRAFT)
    assert found(shop, **wanted) == titles


@pytest.mark.parametrize(
    ("title", "words", "is_found"),
    [
        ("ÉCOLE de Straße", "école STRASSE", True),
        ("Ｎｉｋｅ 跑步鞋 男士", "nike 跑步", True),
        ("plain title", "TITLE plai", True),
        ("100% cotton", "100%", True),
        ("100 cotton", "100%", False),
        ("a_b", "A_B", True),
        ("axb", "a_b", False),
        ("x" * 3000 + " tail", "xxx", True),
        ("一" * 3000, "一一", True),
        ("dress", "", True),
    ],
)
def test_words_are_found_in_any_case_and_width_and_as_parts_of_words(
    shop: Shop, title: str, words: str, is_found: bool
) -> None:
    fill(shop, Listing(id="1", title=title))
    assert found(shop, words=words) == ([title] if is_found else [])


def test_a_title_that_changes_is_found_by_its_new_words_alone(shop: Shop) -> None:
    fill(shop, Listing(id="1", title="Old words"))
    fill(shop, Listing(id="1", title="NEW WORDS"))
    assert (found(shop, words="old"), found(shop, words="new")) == ([], ["NEW WORDS"])


def test_counts_name_every_status_and_the_reasons_of_what_is_offline(shop: Shop) -> None:
    fill(shop, CAP, HAT, DRAFT)
    with shop.session() as session:
        assert counts_by_status(session, shop.place.store_id) == {
            "on_selling": 1,
            "offline": 1,
            "offline_reasons": {"expire_offline": 1},
            "auditing": 0,
            "editing_required": 0,
            "draft": 1,
            "all": 3,
        }


def test_groups_stay_within_ten_and_ten_and_two_levels(shop: Shop) -> None:
    tenant = shop.place.columns()
    with shop.session() as session:
        roots = [ProductGroup(**tenant, name=f"root {number}", position=number) for number in range(10)]
        session.add_all(roots)
        session.flush()
        with pytest.raises(LimitReached):
            check_place(session, shop.place.store_id, None, roots=10, children=10, moved=None)
        below = ProductGroup(**tenant, name="below", parent_id=roots[0].id, position=0)
        session.add(below)
        session.flush()
        check_place(session, shop.place.store_id, roots[0].id, roots=10, children=10, moved=None)
        for parent in (below.id, 10**9):
            with pytest.raises(BadParent):
                check_place(session, shop.place.store_id, parent, roots=10, children=10, moved=None)
        with pytest.raises(BadParent):  # what holds groups itself cannot go below another
            check_place(session, shop.place.store_id, roots[1].id, roots=10, children=10, moved=roots[0])
        assert groups_by_root(session, shop.place.store_id)["root 0"] == 1


def test_a_group_finds_what_stands_in_it_and_below_it(shop: Shop) -> None:
    fill(shop, CAP, HAT)
    with shop.session() as session:
        root = ProductGroup(**shop.place.columns(), name="Head", position=0)
        session.add(root)
        session.flush()
        below = ProductGroup(**shop.place.columns(), name="Caps", parent_id=root.id, position=0)
        session.add(below)
        session.flush()
        cap = session.scalars(select(Product.id).where(Product.platform_id == "1005001")).one()
        assert set_members(session, below, [cap, 10**9]) == [10**9]
        assert set_members(session, below, [cap]) == []
        ids = (root.id, below.id)
        assert product_content.listing_by_id(session, cap).groups == ("Caps",)
    assert [found(shop, group_id=group) for group in ids] == [["Cotton Cap for Men"], ["Cotton Cap for Men"]]


def test_every_move_of_the_table_leads_where_it_says_and_no_other_is_allowed(backoffice) -> None:
    moves = backoffice.moves
    shown = {
        (status, reason): [(one.move, one.to) for one in moves.allowed(status, reason)]
        for status, reason in (
            ("draft", None), ("auditing", None), ("editingRequired", None), ("onSelling", None),
            ("offline", "user_offline"), ("offline", "punish_offline"), ("deleted", None), ("service_delete", None),
        )
    }  # fmt: skip
    assert shown == {
        ("draft", None): [("release", "auditing"), ("edit", "draft"), ("delete", "deleted")],
        ("auditing", None): [
            ("approve", "onSelling"), ("refuse", "editingRequired"), ("withdraw", "draft"), ("punish", "offline"),
        ],
        ("editingRequired", None): [
            ("release", "auditing"), ("edit", "editingRequired"), ("delete", "deleted"),
        ],
        ("onSelling", None): [
            ("offline", "offline"), ("expire", "offline"), ("punish", "offline"), ("edit", "onSelling"),
        ],
        ("offline", "user_offline"): [("release", "onSelling"), ("edit", "offline"), ("delete", "deleted")],
        ("offline", "punish_offline"): [("edit", "offline"), ("delete", "deleted")],
        ("deleted", None): [],
        ("service_delete", None): [],
    }  # fmt: skip
    with pytest.raises(IllegalMove) as refused:
        moves.find("release", "onSelling", None)
    assert [one.move for one in refused.value.allowed] == ["offline", "expire", "punish", "edit"]


def test_a_move_sets_status_and_reason(backoffice) -> None:
    product = Product(status="onSelling", offline_reason=None)
    take(product, backoffice.moves.find("offline", "onSelling", None))
    assert (product.status, product.offline_reason) == ("offline", "user_offline")
    take(product, backoffice.moves.find("release", "offline", "user_offline"))
    assert (product.status, product.offline_reason) == ("onSelling", None)
