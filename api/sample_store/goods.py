"""The goods of the sample store: the pack's clean listing in many variants, and some with faults to be found."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

KINDS = (
    ("Insulated", "Leakproof Lid", "Hiking and Office", 12),
    ("Sports", "Straw Lid", "Gym and Running", 15),
    ("Wide Mouth", "Bamboo Lid", "Camping and Travel", 17),
    ("Slim", "Press Button Lid", "Car and Commute", 11),
    ("Vacuum", "Carry Loop", "School and Work", 14),
    ("Matte", "Spout Lid", "Cycling and Yoga", 16),
)
SIZES = (350, 500, 750, 1000)
COLOURS = (("14:193", "Black", "BLK"), ("14:350", "White", "WHT"), ("14:175", "Green", "GRN"))
STATUSES = {5: "offline", 11: "auditing", 17: "editingRequired", 23: "draft"}
"""Which of the products is not on sale."""

FAULTS: Mapping[int, Mapping[str, Any]] = {
    2: {"title": "Water Bottle, Bottle, Steel Water Bottle, Sports Water Bottle, Bottle 750 ml"},
    7: {"description": "<p>Double-wall bottle. For wholesale write to WhatsApp +1 202 555 0142.</p>"},
    13: {"title": "不锈钢保温杯 Stainless Steel Bottle 500 ml with Spout Lid"},
    19: {"images": []},
}
"""What is wrong with some of them; every number, name and address is invented."""


def listings(baseline: Mapping[str, Any], count: int = 24) -> list[dict[str, Any]]:
    """The listings of the store, as drafts of our own JSON."""
    return [_listing(baseline, number) for number in range(count)]


def _listing(baseline: Mapping[str, Any], number: int) -> dict[str, Any]:
    kind, lid, use, price = KINDS[number % len(KINDS)]
    size = SIZES[number // len(KINDS) % len(SIZES)]
    draft = copy.deepcopy(dict(baseline))
    model = f"NV-{number % len(KINDS) + 1}{size}"
    draft |= {
        "id": str(1005000000100000 + number),
        "title": f"Stainless Steel {kind} Water Bottle {size} ml with {lid} for {use}",
        "price": f"{price + size // 250}.90",
        "status": STATUSES.get(number, "onSelling"),
    }
    if draft["status"] == "offline":
        draft["offline_reason"] = "user_offline"
    draft["attributes"] = [
        {**item, "value": {"Capacity": str(size), "Model Number": model}.get(item["name"], item["value"])}
        for item in draft["attributes"]
    ]
    draft["images"] = [
        {**image, "url": image["url"].replace("/bottle-", f"/sample-{number:02d}-")} for image in draft["images"]
    ]
    draft["skus"] = [
        {
            "id": sku_id,
            "code": f"{model}-{short}",
            "price": draft["price"],
            "stock": 40 + (number * 7 + position * 13) % 90,
            "ship_from": "CN",
            "properties": [
                {"name": "Color", "value": name, "label": name,
                 "image": f"https://ae01.alicdn.com/kf/sample-{number:02d}-{short.lower()}.jpg"}
            ],
        }
        for position, (sku_id, name, short) in enumerate(COLOURS)
    ]  # fmt: skip
    for name in ("description", "mobile_description"):
        draft[name] = draft[name].replace("750", str(size))
    return draft | dict(FAULTS.get(number, {}))
