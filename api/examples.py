"""The examples of the OpenAPI document. A test sends every one of them.

The draft and the platform's answer are the samples that ship with the project; a test holds that the copies beside
this file, which go with the package, are the same.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

SAMPLES = Path(__file__).parent / "samples"


def _sample(name: str) -> dict[str, Any]:
    return msgspec.json.decode((SAMPLES / name).read_bytes(), type=dict[str, Any])


DRAFT = _sample("draft.json")
PLATFORM = _sample("open-platform-product.json")
EXISTING: dict[str, Any] = {
    "id": "1005006000000003",
    "title": "Cotton tea towel with stripes",
    "attributes": [{"name": "Material", "value": "Cotton"}],
    "skus": [{"code": "TT-1", "price": "5.50", "stock": 40}],
}
ENVELOPE = {"listing": DRAFT, "store": {"id": "s-1", "type": "official"}, "as_of": "2026-08-22"}
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
BATCH = {"items": [DRAFT, {"titel": "a misspelt field"}, OVERLAY], "as_of": "2026-08-22"}

REQUESTS: dict[str, tuple[str, Any]] = {
    "draft": ("One draft, in our own form", DRAFT),
    "open_platform": ("A product as the Open Platform answers it", PLATFORM),
    "with_store": ("A draft with facts of the store, on a given day", ENVELOPE),
    "overlay": ("An edit of a published listing, as a merge patch", OVERLAY),
    "overlay_operations": ("An edit as JSON Patch operations", OVERLAY_OPERATIONS),
    "batch": ("A batch; the second item is faulty and does not stop the others", BATCH),
}
EXPLAIN_REQUESTS = {name: REQUESTS[name] for name in ("draft", "open_platform", "with_store", "overlay")}
