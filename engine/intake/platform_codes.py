"""Codes of the AliExpress Open Platform that stand in payloads without their names.

Only those that the interface's own field comments list (units) or that are the same in every category (a few
attribute and value ids). An unknown id keeps its number as its name.
"""

from __future__ import annotations

UNITS = {
    "100000000": "bag",
    "100000001": "barrel",
    "100000002": "bushel",
    "100078580": "carton",
    "100078581": "centimeter",
    "100000003": "cubic meter",
    "100000004": "dozen",
    "100078584": "feet",
    "100000005": "gallon",
    "100000006": "gram",
    "100078587": "inch",
    "100000007": "kilogram",
    "100078589": "kiloliter",
    "100000008": "kilometer",
    "100078559": "liter",
    "100000009": "long ton",
    "100000010": "meter",
    "100000011": "metric ton",
    "100078560": "milligram",
    "100078596": "milliliter",
    "100078597": "millimeter",
    "100000012": "ounce",
    "100000014": "pack",
    "100000013": "pair",
    "100000015": "piece",
    "100000016": "pound",
    "100078603": "quart",
    "100000017": "set",
    "100000018": "short ton",
    "100078606": "square feet",
    "100078607": "square inch",
    "100000019": "square meter",
    "100078609": "square yard",
    "100000020": "ton",
    "100078558": "yard",
}

ATTRIBUTES = {
    "2": "Brand Name",
    "3": "Model Number",
    "5": "Size",
    "10": "Material",
    "14": "Color",
    "219": "Origin",
    "200007763": "Ships From",
}

SHIPS_FROM = "200007763"

VALUES = {
    "14:10": "Red",
    "14:173": "Blue",
    "14:175": "Green",
    "14:193": "Black",
    "14:29": "White",
    "14:366": "Yellow",
    "14:496": "Purple",
    "14:691": "Gray",
    "14:1052": "Pink",
    "5:100014064": "S",
    "5:361386": "M",
    "5:361385": "L",
    "5:100014065": "XL",
    "5:4182": "XXL",
    "5:4183": "XXXL",
    "200007763:201336100": "China",
    "200007763:201336103": "Russian Federation",
    "200007763:201336104": "Spain",
    "200007763:201336106": "United States",
}

IMAGE_KINDS = {"1": "marketing_long", "2": "marketing_square"}

STATUSES = {status.lower(): status for status in ("onSelling", "offline", "auditing", "editingRequired")}
