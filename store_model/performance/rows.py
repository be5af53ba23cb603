"""The rows of engine.scoring.sources as SELECTs over the store's tables, in the SQL of SQLite and PostgreSQL.

:entity and :store say whose rows; :risk, :handling, :scan and :answer are time limits in seconds. What stands in a row
is told by the columns of `engine.scoring.sources.ROWS`; what the tables do not say is NULL.
"""

from __future__ import annotations

from functools import lru_cache

from engine.scoring.sources import ROWS, TEXT

WITHDRAWN = "canceled_issue"
NULLS = {TEXT: "CAST(NULL AS {text})", "set": "CAST(NULL AS {text})"}
HERE = "{0}.entity_id = :entity AND {0}.store_id = :store"

DISPUTES_OF_ORDERS = f"""
SELECT order_platform_id, '|' || {{join}}(reason, '|') || '|' AS kinds, MIN({{seconds:opened_at}}) AS opened
FROM dispute WHERE {HERE.format("dispute")} AND state <> '{WITHDRAWN}' AND reason IS NOT NULL GROUP BY order_platform_id
"""
PARCELS_OF_ORDERS = f"""
SELECT order_id, MIN(carrier) AS carrier, MIN({{seconds:declared_at}}) AS declared
FROM shipment WHERE {HERE.format("shipment")} GROUP BY order_id
"""
FIRST_LINES = f"""
SELECT order_id, product_platform_id, handling_days FROM order_line WHERE {HERE.format("order_line")} AND position = 0
"""
PARCELS = f"""
SELECT CAST(id AS {{text}}) AS id, order_id, carrier, received_state AS received, {{seconds:declared_at}} AS declared,
COALESCE({{seconds:scan_by}}, {{seconds:declared_at}} + :scan) AS scan_due, {{seconds:scanned_at}} AS scanned
FROM shipment WHERE {HERE.format("shipment")}
UNION ALL
SELECT 'order ' || a.platform_id, a.id, NULL, NULL, {{seconds:a.sent_at}},
COALESCE({{seconds:a.online_by}}, {{seconds:a.sent_at}} + :scan,
COALESCE({{seconds:a.paid_at}}, {{seconds:a.placed_at}}) + :risk + :handling + :scan), CAST(NULL AS BIGINT)
FROM "order" a WHERE {HERE.format("a")} AND (a.is_false_shipment OR a.is_online_late)
AND NOT EXISTS (SELECT 1 FROM shipment p WHERE p.order_id = a.id)
"""
"""Declared parcels, and the orders without one that the platform names: by when they had to be scanned is what its page
said, else the latest that the dated limits allow.
"""

SELECTS: dict[str, tuple[dict[str, str], str]] = {
    "orders": (
        {
            "id": "o.platform_id", "listing": "l.product_platform_id", "state": "o.state",
            "end_reason": "o.end_reason", "currency": "o.currency", "amount": "o.amount",
            "country": "o.buyer_country", "carrier": "p.carrier", "placed": "{seconds:o.placed_at}",
            "paid": "{seconds:o.paid_at}",
            "due": "COALESCE({seconds:o.ship_by}, {seconds:o.paid_at} + :risk"
                   " + COALESCE(l.handling_days * 86400, :handling))",
            "sent": "COALESCE({seconds:o.sent_at}, p.declared)", "finished": "{seconds:o.finished_at}",
            "disputed": "d.opened", "disputes": "d.kinds",
            "assessed": "CASE WHEN d.opened IS NULL THEN {seconds:o.finished_at} WHEN o.finished_at IS NULL "
                        "OR d.opened < {seconds:o.finished_at} THEN d.opened ELSE {seconds:o.finished_at} END",
        },
        f"""FROM "order" o LEFT JOIN ({FIRST_LINES}) l ON l.order_id = o.id
        LEFT JOIN ({PARCELS_OF_ORDERS}) p ON p.order_id = o.id
        LEFT JOIN ({DISPUTES_OF_ORDERS}) d ON d.order_platform_id = o.platform_id WHERE {HERE.format("o")}""",
    ),
    "parcels": (
        {
            "id": "s.id", "listing": "l.product_platform_id", "order": "o.platform_id", "carrier": "s.carrier",
            "received": "s.received", "declared": "s.declared", "scan_due": "s.scan_due", "scanned": "s.scanned",
            "false_shipment": "CASE WHEN o.is_false_shipment THEN 'yes' END",
            "late_online": "CASE WHEN o.is_online_late THEN 'yes' END",
        },
        f"""FROM ({PARCELS}) s JOIN "order" o ON o.id = s.order_id
        LEFT JOIN ({FIRST_LINES}) l ON l.order_id = s.order_id""",
    ),
    "disputes": (
        {
            "id": "d.platform_id", "listing": "l.product_platform_id", "order": "d.order_platform_id",
            "kind": "d.reason", "state": "d.state", "opened": "{seconds:d.opened_at}",
            "answer_due": "COALESCE({seconds:d.timeout_at}, {seconds:d.opened_at} + :answer)",
            "answered": "{seconds:d.answered_at}",
        },
        f"""FROM dispute d LEFT JOIN "order" o ON {HERE.format("o")} AND o.platform_id = d.order_platform_id
        LEFT JOIN ({FIRST_LINES}) l ON l.order_id = o.id WHERE {HERE.format("d")}""",
    ),
    "evaluations": (
        {
            "id": "e.platform_id", "listing": "e.product_platform_id", "order": "e.order_platform_id",
            "buyer": "e.buyer", "carrier": "p.carrier", "stars": "e.stars", "description": "e.description",
            "communication": "e.communication", "delivery": "e.delivery", "given": "{seconds:e.given_at}",
            "finished": "COALESCE({seconds:e.finished_at}, {seconds:o.finished_at})",
            "amount": "COALESCE(e.order_amount, o.amount)",
            "currency": "CASE WHEN e.order_amount IS NOT NULL THEN e.order_currency ELSE o.currency END",
            "dispute": "e.dispute_kind",
        },
        f"""FROM evaluation e LEFT JOIN "order" o ON {HERE.format("o")} AND o.platform_id = e.order_platform_id
        LEFT JOIN ({PARCELS_OF_ORDERS}) p ON p.order_id = o.id WHERE {HERE.format("e")}""",
    ),
    "messages": (
        {
            "id": "CAST(t.id AS {text})", "listing": "t.product_platform_id",
            "conversation": "CAST(t.conversation_id AS {text})", "buyer": "t.buyer", "asked": "t.at",
            "answered": "t.answered", "hours": "(t.answered - t.at) / 3600",
        },
        f"""FROM (SELECT m.id, m.conversation_id, c.product_platform_id, c.buyer, m.from_party,
        {{seconds:m.at}} AS at, LAG(m.from_party) OVER talk AS before,
        MIN(CASE WHEN m.from_party = 'seller' THEN {{seconds:m.at}} END) OVER (PARTITION BY m.conversation_id
        ORDER BY m.at, m.id ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS answered
        FROM buyer_message m JOIN conversation c ON c.id = m.conversation_id WHERE {HERE.format("m")}
        WINDOW talk AS (PARTITION BY m.conversation_id ORDER BY m.at, m.id)) t
        WHERE t.from_party = 'buyer' AND COALESCE(t.before, 'seller') = 'seller'""",
    ),
    "traffic": (
        {
            "id": "CAST(t.id AS {text})", "date": "{days:t.day}",
            **{name: f"t.{name}" for name in (
                "exposure", "visitors", "new_visitors", "page_views", "wishlisted", "cart_buyers", "paid_orders",
                "paid_buyers", "refunded_orders", "paid_amount")},
        },
        f"""FROM daily_metric t WHERE {HERE.format("t")} AND t.product_platform_id = ''""",
    ),
}  # fmt: skip
"""Kind of row → (column → expression, the tables)."""


@lru_cache(maxsize=32)
def rows_sql(over: str, dialect: str) -> str:
    """The SELECT of a kind of row."""
    expressions, tables = SELECTS[over]
    expressions = {"store": "CAST(:store AS {text})", **expressions}
    kinds = ROWS[over].columns
    shown = ", ".join(
        f'{expressions.get(name) or NULLS.get(kind, "CAST(NULL AS BIGINT)")} AS "{name}"'
        for name, kind in kinds.items()
    )
    return _worded(f"SELECT {shown} {tables}", dialect)


def _worded(text: str, dialect: str) -> str:
    """The text in the words of a dialect: {seconds:column}, {days:column}, {join} and {text}."""
    is_sqlite = dialect == "sqlite"
    found = text.replace("{text}", "TEXT").replace("{join}", "group_concat" if is_sqlite else "string_agg")
    seconds = "CAST(strftime('%s', {}) AS INTEGER)" if is_sqlite else "CAST(FLOOR(EXTRACT(EPOCH FROM {})) AS BIGINT)"
    days = "CAST(julianday({}) - 2440587.5 AS INTEGER)" if is_sqlite else "({} - DATE '1970-01-01')"
    for name, form in (("seconds", seconds), ("days", days)):
        while (start := found.find("{" + name + ":")) >= 0:
            end = found.index("}", start)
            found = found[:start] + form.format(found[start + len(name) + 2 : end]) + found[end + 1 :]
    return found
