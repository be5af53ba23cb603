"""The examples of the OpenAPI document. A test sends every one of them."""

from __future__ import annotations

from typing import Any

STUFFED: dict[str, Any] = {
    "id": "1005006000000001",
    "title": "Phone case phone case silicone phone case for phone",
    "category_path": ["Phones & Telecommunications", "Phone Cases"],
    "attributes": [
        {"name": "Brand Name", "value": "NoEnName_Null"},
        {"name": "Material", "value": "Silicone"},
    ],
    "skus": [
        {"code": "A-RED", "price": "6.90", "stock": 120, "properties": [{"name": "Color", "value": "Red"}]},
        {"code": "A-BLUE", "price": "6.90", "stock": 80, "properties": [{"name": "Color", "value": "Blue"}]},
    ],
    "currency": "USD",
    "images": [{"url": "https://img.example/case-1.jpg", "width": 1000, "height": 1000, "format": "jpg"}],
    "description": "<p>Soft silicone case.</p>",
    "selling_unit": "piece",
    "handling_days": 5,
}
PLATFORM: dict[str, Any] = {
    "aliexpress_offer_product_query_response": {
        "result": {
            "product_id": 1005006000000002,
            "subject_list": {"subject": [{"locale": "en_US", "subject": "Cotton tea towel with stripes, set of 2"}]},
            "currency_code": "USD",
            "aeop_ae_product_propertys": {
                "global_aeop_ae_product_property": [
                    {"attr_name_id": 2, "attr_name": "Brand Name", "attr_value": "NoEnName_Null"}
                ]
            },
            "aeop_ae_product_s_k_us": {
                "global_aeop_ae_product_sku": [
                    {"id": "<none>", "sku_code": "TT-2", "sku_price": "9.50", "ipm_sku_stock": 40}
                ]
            },
            "image_u_r_ls": "https://img.example/towel-1.jpg;https://img.example/towel-2.jpg",
            "package_length": 20,
            "package_width": 15,
            "package_height": 3,
            "gross_weight": "0.250",
        }
    }
}
EXISTING: dict[str, Any] = {
    "id": "1005006000000003",
    "title": "Cotton tea towel with stripes",
    "attributes": [{"name": "Material", "value": "Cotton"}],
    "skus": [{"code": "TT-1", "price": "5.50", "stock": 40}],
}
ENVELOPE = {"listing": STUFFED, "store": {"id": "s-1", "type": "official"}, "as_of": "2026-08-22"}
OVERLAY = {
    "existing": EXISTING,
    "changes": {
        "title": "Ceramic tea pot with bamboo handle",
        "attributes": [{"name": "Material", "value": "Ceramic"}],
        "description": None,
    },
}
OVERLAY_OPERATIONS = {
    "existing": EXISTING,
    "changes": [
        {"op": "test", "path": "/title", "value": "Cotton tea towel with stripes"},
        {"op": "replace", "path": "/title", "value": "Cotton tea towel with blue stripes"},
    ],
}
BATCH = {"items": [STUFFED, {"titel": "a misspelt field"}, OVERLAY], "as_of": "2026-08-22"}

REQUESTS: dict[str, tuple[str, Any]] = {
    "draft": ("One draft, in our own form", STUFFED),
    "open_platform": ("A product as the Open Platform answers it", PLATFORM),
    "with_store": ("A draft with facts of the store, on a given day", ENVELOPE),
    "overlay": ("An edit of a published listing, as a merge patch", OVERLAY),
    "overlay_operations": ("An edit as JSON Patch operations", OVERLAY_OPERATIONS),
    "batch": ("A batch; the second item is faulty and does not stop the others", BATCH),
}
EXPLAIN_REQUESTS = {name: REQUESTS[name] for name in ("draft", "open_platform", "with_store", "overlay")}
