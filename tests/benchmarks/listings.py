"""Invented listings of about 4 KB for measurements: the same ones on every machine.

Three in four are clean; the fourth has one or two ordinary faults (a stuffed title, a missing attribute, a contact in
the description, a price outlier), as a real catalogue does.
"""

from __future__ import annotations

import json
import random
from typing import Any

MAKERS = ("Norvella", "Kestrano", "Ombrelo", "Tavinor", "Quillane", "Brindle Oak", "Savarro", "Mirelune")
LOOKS = ("Insulated", "Lightweight", "Leakproof", "Wide Mouth", "Double Wall", "Slim", "Reusable", "Vacuum")
USES = ("Hiking", "Office", "Gym", "Travel", "School", "Camping", "Commuting", "Picnics")
COLOURS = ("Black", "White", "Green", "Blue", "Grey", "Pink", "Orange", "Beige")
SIZES = (350, 500, 600, 750, 1000)
SENTENCES = (
    "The inner wall is made of 304 stainless steel and leaves no taste of metal.",
    "A silicone ring in the lid keeps bags dry even when the bottle lies on its side.",
    "The powder coating gives a firm grip with wet hands and does not peel.",
    "Drinks stay cold for a full day and warm for twelve hours at room temperature.",
    "The wide mouth takes ice cubes and a common cleaning brush.",
    "It fits the cup holder of most cars and the side pocket of a backpack.",
    "Wash by hand with warm water before the first use; do not put it into a microwave.",
    "The base has a soft pad, so that it stands quietly on a desk.",
    "Each bottle is checked for leaks before it is packed.",
    "The handle folds flat and carries the full bottle with one finger.",
)


def listing(number: int) -> dict[str, Any]:
    """Listing `number`, as our own JSON draft."""
    rng = random.Random(number)
    size = rng.choice(SIZES)
    maker = rng.choice(MAKERS)
    looks = rng.sample(LOOKS, 2)
    uses = rng.sample(USES, 2)
    title = f"{maker} {looks[0]} {looks[1]} Stainless Steel Water Bottle {size} ml for {uses[0]} and {uses[1]}"
    price = rng.randrange(600, 2900) / 100
    paragraphs = [
        "<p>"
        + " ".join(rng.sample(SENTENCES, 3))
        + f'</p><p><img src="https://ae01.alicdn.com/kf/d{number}-{part}.jpg"></p>'
        for part in range(4)
    ]
    draft: dict[str, Any] = {
        "id": str(1005000000000000 + number),
        "store_id": "1100000001",
        "title": title,
        "category_id": "drinkware_bottles",
        "status": "onSelling",
        "attributes": [
            {"name": "Brand Name", "value": maker},
            {"name": "Origin", "value": "Mainland China"},
            {"name": "Material", "value": "Stainless Steel"},
            {"name": "Capacity", "value": str(size), "unit": "ml"},
            {"name": "Model Number", "value": f"{maker[:2].upper()}-{size}"},
            {"name": "Certification", "value": "LFGB"},
            {"name": "BPA Free", "value": "Yes"},
            {"name": "Feature", "value": "Leakproof"},
        ],
        "price": price,
        "currency": "USD",
        "skus": [
            {
                "id": f"14:{index}",
                "code": f"{maker[:2].upper()}{size}-{index}",
                "price": round(price + index / 10, 2),
                "stock": rng.randrange(5, 400),
                "ship_from": "CN",
                "properties": [
                    {
                        "name": "Color",
                        "value": colour,
                        "label": colour,
                        "image": f"https://ae01.alicdn.com/kf/s{number}-{index}.jpg",
                    }
                ],
            }
            for index, colour in enumerate(rng.sample(COLOURS, 6))
        ],
        "images": [
            {
                "url": f"https://ae01.alicdn.com/kf/m{number}-{part}.jpg",
                "width": 1000,
                "height": 1000,
                "format": "jpg",
                "size": 300000,
            }
            for part in range(5)
        ],
        "description": "".join(paragraphs) + "<ul><li>One bottle</li><li>One lid</li><li>One brush</li></ul>",
        "qualifications": [{"key": "food_contact_report", "value": f"https://ae01.alicdn.com/kf/r{number}.jpg"}],
        "eu_responsible_id": "9001",
        "keywords": ["vacuum flask", "thermal drink bottle"],
        "package": {"length": 28, "width": 9, "height": 9, "weight": 0.42},
        "selling_unit": "piece",
        "pieces_per_lot": 1,
        "handling_days": 5,
        "freight_template_id": "700100200",
        "deliverable_countries": ["US", "ES", "FR", "DE", "BR"],
    }
    if number % 4 == 3:
        _spoil(draft, rng)
    return draft


def _spoil(draft: dict[str, Any], rng: random.Random) -> None:
    match rng.randrange(4):
        case 0:
            draft["title"] = f"bottle water bottle steel bottle sport bottle {draft['title'][:60]}"
        case 1:
            draft["attributes"] = [a for a in draft["attributes"] if a["name"] != "Origin"]
        case 2:
            draft["description"] += "<p>Ask us on WhatsApp +1 555 010 4477 for a lower price.</p>"
        case _:
            draft["skus"][0]["price"] = 0.5


def encoded(count: int) -> list[bytes]:
    """The first `count` listings as JSON bytes."""
    return [json.dumps(listing(number), separators=(",", ":")).encode() for number in range(count)]
