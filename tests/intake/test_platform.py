"""The Open Platform's product JSON in all the shapes it travels in."""

# ruff: noqa: E501  (payloads read better in one line)

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from engine.errors import IntakeError
from engine.facts import Attribute, CountryPrice, Image, Listing, Package, Qualification, Sku, SkuProperty, Wholesale
from engine.intake import one_listing, one_record, read_json

PRODUCT: dict[str, Any] = {
    "product_id": 1005003033814656,
    "category_id": "200003482",
    "subject": "Midi dress",
    "aeop_ae_product_propertys": [{"attr_name_id": 10, "attr_value": "Cotton"}],
    "aeop_ae_product_s_k_us": [
        {
            "id": "14:193;200007763:201336100",
            "sku_price": "12.50",
            "ipm_sku_stock": 4,
            "aeop_s_k_u_property_list": [
                {"sku_property_id": 14, "property_value_id": 193, "property_value_definition_name": "Night"},
                {"sku_property_id": 200007763, "property_value_id": 201336100},
            ],
        }
    ],
}
LISTING = Listing(
    id="1005003033814656",
    marketplace="aliexpress",
    category_id="200003482",
    title="Midi dress",
    attributes=(Attribute(name="Material", value="Cotton", name_id="10"),),
    skus=(
        Sku(
            id="14:193;200007763:201336100",
            price=Decimal("12.50"),
            stock=4,
            ship_from="China",
            properties=(
                SkuProperty(name="Color", value="Black", label="Night", name_id="14", value_id="193"),
                SkuProperty(name="Ships From", value="China", name_id="200007763", value_id="201336100"),
            ),
        ),
    ),
)


def wrapped(value: Any, names: dict[str, str]) -> Any:
    """The same payload with its lists wrapped by type name."""
    if isinstance(value, list):
        return [wrapped(item, names) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: {names[key]: wrapped(item, names)} if key in names else wrapped(item, names) for key, item in value.items()
    }


TYPE_NAMES = {
    "aeop_ae_product_propertys": "aeop_ae_product_property",
    "aeop_ae_product_s_k_us": "aeop_ae_product_sku",
    "aeop_s_k_u_property_list": "aeop_sku_property",
}


@pytest.mark.parametrize(
    "document",
    [
        PRODUCT,
        {"result": PRODUCT},
        {"aliexpress_offer_product_query_response": {"result": PRODUCT, "request_id": "1"}},
        {"aliexpress_solution_product_info_get_response": {"result": wrapped(PRODUCT, TYPE_NAMES)}},
        wrapped(PRODUCT, {**TYPE_NAMES, "aeop_ae_product_s_k_us": "global_aeop_ae_product_sku"}),
        {"api": "mtop.x", "ret": ["SUCCESS::ok"], "data": {"result": json.dumps(PRODUCT)}},
        PRODUCT | {"aeop_ae_product_s_k_us": PRODUCT["aeop_ae_product_s_k_us"][0]},
        PRODUCT | {"product_id": "1005003033814656", "category_id": 200003482},
    ],
    ids=["bare", "result", "envelope", "wrapped", "global", "page", "single object", "ids the other way"],
)
def test_every_shape_of_one_product_is_the_same_listing(document: Any) -> None:
    assert one_listing(json.dumps(document).encode()) == LISTING
    assert one_listing(document) == LISTING


def test_the_older_field_names_are_the_same_fields() -> None:
    document = {"productId": 1, "subject": "Mug", "imageURLs": "https://a.example/1.jpg;https://a.example/2.jpg"}
    assert one_listing({**document, "aeopAeProductSKUs": [{"skuPrice": "3", "ipmSkuStock": 2}]}) == Listing(
        id="1",
        marketplace="aliexpress",
        title="Mug",
        images=(Image(url="https://a.example/1.jpg"), Image(url="https://a.example/2.jpg")),
        skus=(Sku(price=Decimal(3), stock=2),),
    )


def test_places_are_pointers_into_the_payload() -> None:
    document = {"aliexpress_offer_product_query_response": {"result": wrapped(PRODUCT, TYPE_NAMES)}}
    origin = one_record(document).origin
    base = "/aliexpress_offer_product_query_response/result"
    sku = f"{base}/aeop_ae_product_s_k_us/aeop_ae_product_sku/0"
    assert [
        origin.source(pointer)
        for pointer in ("/title", "/skus/0/price", "/skus/0/properties/1/name", "/attributes/0/value", "/description")
    ] == [
        f"{base}/subject",
        f"{sku}/sku_price",
        f"{sku}",
        f"{base}/aeop_ae_product_propertys/aeop_ae_product_property/0/attr_value",
        base,
    ]


def test_all_the_other_fields_find_their_place() -> None:
    document = {
        "product_id": 1,
        "subject_list": [{"locale": "ru_RU", "value": "Платье"}, {"locale": "en_US", "value": "Dress"}],
        "detail_source_list": [{"locale": "en_US", "web_detail": "<p>x</p>", "mobile_detail": "y"}],
        "market_images": [{"image_type": "2", "url": "https://a.example/s.jpg"}],
        "gross_weight": "0.320",
        "package_length": 30,
        "product_unit": 100000013,
        "lot_num": 2,
        "bulk_order": 10,
        "bulk_discount": 5,
        "delivery_time": 7,
        "ws_valid_num": 30,
        "ws_display": "punish_offline",
        "freight_template_id": -1719201133,
        "group_ids": {"number": [5, 6]},
        "keyword": "dress",
        "product_more_keywords1": "gown",
        "aeop_qualification_struct_list": [{"key": "k", "value": "v"}],
        "msr_eu_id": 77,
        "product_status_type": "onSelling",
        "product_type": "POP_CHOICE",
        "currency_code": "USD",
        "product_price": "9.9",
        "aeop_ae_product_s_k_us": [
            {"id": "14:193#Night", "sku_stock": False, "aeop_s_k_u_national_discount_price_list": [{"shipto_country": "FR", "discount_price": "8"}]}
        ],
        "aeop_national_quote_configuration": {
            "configuration_type": "percentage",
            "configuration_data": '[{"shiptoCountry": "US", "percentage": "-10"}]',
        },
        "mystery": 1,
    }  # fmt: skip
    record = one_record(document)
    assert record.problems == ()
    assert record.origin.ignored == ("mystery",)
    assert record.listing == Listing(
        id="1",
        marketplace="aliexpress",
        title="Dress",
        titles={"ru": "Платье"},
        description="<p>x</p>",
        mobile_description="y",
        images=(Image(url="https://a.example/s.jpg", kind="marketing_square"),),
        package=Package(weight=Decimal("0.320"), length=Decimal(30)),
        selling_unit="pair",
        pieces_per_lot=2,
        wholesale=Wholesale(minimum=10, discount=5),
        handling_days=7,
        valid_days=30,
        offline_reason="punish_offline",
        freight_template_id="-1719201133",
        groups=("5", "6"),
        keywords=("dress", "gown"),
        qualifications=(Qualification(key="k", value="v"),),
        eu_responsible_id="77",
        status="onSelling",
        product_type="POP_CHOICE",
        currency="USD",
        price=Decimal("9.9"),
        skus=(
            Sku(
                id="14:193#Night",
                stock=0,
                properties=(SkuProperty(name="Color", value="Black", label="Night", name_id="14", value_id="193"),),
            ),
        ),
        country_prices=(
            CountryPrice(country="FR", value=Decimal(8), sku_id="14:193#Night"),
            CountryPrice(country="US", value=Decimal(-10), kind="percentage"),
        ),
    )


def test_the_list_call_gives_one_listing_an_item() -> None:
    entries = [{"product_id": 1, "subject": "a", "product_min_price": "2.0"}, {"product_id": 2, "subject": "b"}, 7]
    for inner in (entries, {"item_display_dto": entries}):
        document = {"x_list_get_response": {"result": {"aeop_a_e_product_display_d_t_o_list": inner, "success": True}}}
        found = read_json(document)
        assert found.form == "open_platform"
        assert [record.listing and (record.listing.id, record.listing.price) for record in found] == [
            ("1", Decimal("2.0")),
            ("2", None),
            None,
        ]
        assert found.tally.refused == 1


def test_a_module_description_gives_its_contents() -> None:
    detail = json.dumps(
        {
            "moduleList": [
                {"type": "html", "html": {"content": "<p>a</p>"}},
                {"type": "text", "texts": [{"content": "b"}]},
            ]
        }
    )
    assert one_listing({"product_id": 1, "subject": "x", "detail": detail}).description == "<p>a</p>\nb"


@pytest.mark.parametrize(
    ("document", "code", "words"),
    [
        (
            {"error_response": {"code": 27, "msg": "Invalid session", "sub_code": "isv.x", "sub_msg": "session expired"}},
            "platform_error",
            "error 27 isv.x: session expired",
        ),
        ({"a_response": {"result": {"success": False, "error_code": 13, "error_message": "no right"}}}, "platform_error", "error 13: no right"),
        ({"api": "mtop.x", "data": {}, "ret": ["FAIL_SYS_TOKEN_EXPIRED::令牌过期"]}, "platform_error", "FAIL_SYS_TOKEN_EXPIRED: 令牌过期"),
        ({"api": "mtop.x", "data": {"a": 1}, "ret": ["SUCCESS::调用成功"]}, "no_product", "holds no product"),
        ({"aliexpress_x_response": {"result": {}}}, "no_product", "holds no product"),
    ],
)  # fmt: skip
def test_answers_without_a_product_say_what_they_are(document: Any, code: str, words: str) -> None:
    with pytest.raises(IntakeError) as error:
        read_json(document)
    assert (error.value.code, words in error.value.en, bool(error.value.zh)) == (code, True, True)


def test_bad_values_are_problems_at_their_place() -> None:
    record = one_record(
        {"product_id": 1, "subject": "a", "lot_num": "x", "aeop_ae_product_s_k_us": [{"sku_price": "?"}, 3]}
    )
    assert record.listing == Listing(id="1", marketplace="aliexpress", title="a", skus=(Sku(), Sku()))
    assert [str(problem) for problem in record.problems] == [
        "/lot_num: expected a whole number, got 'x'",
        "/aeop_ae_product_s_k_us/1: expected an object, got 3",
        "/aeop_ae_product_s_k_us/0/sku_price: expected a number, got '?'",
    ]


def test_what_an_answer_has_no_place_for_is_told_from_what_it_left_out() -> None:
    item = one_record({"product_id": 1, "subject": "a", "product_min_price": "2"}).origin.not_carried
    detail = one_record(PRODUCT).origin.not_carried
    assert [name in item for name in ("title", "images", "description", "skus", "package")] == [
        False,
        False,
        True,
        True,
        True,
    ]
    assert [name in detail for name in ("description", "skus", "freight", "orders_30d")] == [False, False, True, True]
