"""What a new pack changed is told to each store, once."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import select, update

from store_model import rule_news
from store_model.accounts import Store
from store_model.outbox import Event
from tests.store_model.conftest import NOW, Shop

FIRST = {"LST101": {"revision": 1, "mode": "warn"}, "LST102": {"revision": 2, "mode": "shadow"}}
SECOND = {
    "LST101": {"revision": 2, "mode": "warn"},
    "LST102": {"revision": 2, "mode": "block"},
    "LST103": {"revision": 1, "mode": "shadow"},
}


def tell(shop: Shop, digest: str, rules: Any) -> None:
    with shop.database.system(actor="system:test") as session:
        session.execute(
            update(Store).where(Store.id == shop.place.store_id).values(platform=f"p{shop.place.store_id}"),
            execution_options={"unaudited": "test"},
        )
        rule_news.tell_rules(
            session, digest=f"{shop.place.store_id}:{digest}", pack="p", version=digest,
            platform=f"p{shop.place.store_id}", rules=rules, now=NOW,
        )  # fmt: skip


def told(shop: Shop) -> list[tuple[str, Any, Any]]:
    with shop.session() as session:
        rows = session.execute(select(Event.type, Event.body).order_by(Event.sequence)).all()
    return [(kind, data["current"], data["previous"]) for kind, data in ((k, json.loads(b)["data"]) for k, b in rows)]


def test_a_store_starts_silently_and_is_told_of_what_changed_once(shop: Shop) -> None:
    tell(shop, "1.0", FIRST)
    tell(shop, "1.0", FIRST)
    assert told(shop) == []
    tell(shop, "2.0", SECOND)
    tell(shop, "2.0", SECOND)
    assert told(shop) == [
        (
            "rule.published",
            {"rule": "LST101", "revision": 2, "mode": "warn", "pack_version": "2.0"},
            {"rule": "LST101", "revision": 1, "mode": "warn"},
        ),
        (
            "rule.mode_changed",
            {"rule": "LST102", "revision": 2, "mode": "block", "pack_version": "2.0"},
            {"rule": "LST102", "revision": 2, "mode": "shadow"},
        ),
        ("rule.published", {"rule": "LST103", "revision": 1, "mode": "shadow", "pack_version": "2.0"}, None),
    ]
