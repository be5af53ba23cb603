"""Orders, disputes, shipments and evaluations of many invented stores, written as Parquet by DuckDB from a hash."""

from __future__ import annotations

from pathlib import Path

import duckdb

END = "TIMESTAMP '2026-11-23 12:00:00'"
DAYS = 180


def write(folder: Path, *, orders: int, stores: int) -> None:
    """Write the files. The same numbers give the same files; orders spread over `DAYS` days."""
    folder.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect()
    connection.execute("SET threads = 2")
    connection.execute("SET memory_limit = '2GB'")
    connection.execute("SET preserve_insertion_order = false")
    connection.execute(
        f"""CREATE VIEW drawn AS SELECT i, hash(i) % {stores} AS s, hash(i + 1000000007) % 1000 AS a,
        hash(i + 2000000011) % 1000 AS b, hash(i + 3000000019) % {DAYS * 86400} AS t,
        hash(i + 4000000007) % 1000 AS c, hash(i + 5000000029) % 48 AS h FROM range({orders}) r(i)"""
    )
    connection.execute(
        f"""CREATE VIEW sold AS SELECT CAST(8190000000000000 + i AS VARCHAR) AS order_id,
        CAST(s AS VARCHAR) AS store_id,
        CAST(1005000000000000 + s * 100 + a % 30 AS VARCHAR) AS listing_id, CAST(s % 40 AS VARCHAR) AS category_id,
        'FINISH' AS state, CAST(5 + b / 10.0 AS DECIMAL(10, 2)) AS amount, 'USD' AS currency,
        'B' || CAST(hash(i + 7) % 5000 AS VARCHAR) AS buyer, 'OTHER_LINE' AS carrier, placed_at,
        placed_at + INTERVAL 10 MINUTE AS paid_at, placed_at + INTERVAL 5 DAY AS ship_by,
        CASE WHEN a < 15 + s % 20 OR t < 3 * 86400 THEN NULL
             ELSE placed_at + to_hours(CAST(12 + h AS BIGINT)) END AS sent_at,
        CASE WHEN t > 20 * 86400 THEN placed_at + INTERVAL 20 DAY END AS finished_at, i, a, b, c, s, t
        FROM (SELECT *, {END} - to_seconds(CAST(t AS BIGINT)) AS placed_at FROM drawn)"""
    )
    kinds = {
        "orders": """SELECT * EXCLUDE (i, a, b, c, s, t) FROM sold""",
        "disputes": """SELECT CAST(7000000000 + i AS VARCHAR) AS dispute_id, order_id, store_id, listing_id,
            CASE WHEN c % 2 = 0 THEN 'not_received' ELSE 'not_as_described' END AS reason, 'processing' AS state,
            placed_at + INTERVAL 15 DAY AS opened_at, NULL::TIMESTAMP AS answered_at FROM sold
            WHERE c < 30 + s % 30 AND t > 15 * 86400""",
        "shipments": """SELECT 'LP' || CAST(i AS VARCHAR) AS tracking_number, order_id, store_id, listing_id, carrier,
            sent_at AS declared_at, CASE WHEN b < 40 THEN NULL ELSE sent_at + INTERVAL 1 DAY END AS scanned_at FROM sold
            WHERE sent_at IS NOT NULL AND sent_at < """ + END + " - INTERVAL 2 DAY",
        "evaluations": """SELECT 'E' || CAST(i AS VARCHAR) AS evaluation_id, order_id, store_id, listing_id, buyer,
            1 + least(4, b % 20) AS stars, 1 + least(4, a % 15) AS description, 1 + least(4, b % 12) AS communication,
            1 + least(4, c % 14) AS delivery, finished_at + INTERVAL 2 DAY AS given_at, finished_at,
            amount AS order_amount, currency AS order_currency FROM sold
            WHERE finished_at IS NOT NULL AND b % 2 = 0 AND t > 23 * 86400""",
    }  # fmt: skip
    for kind, query in kinds.items():
        target = folder / f"{kind}.parquet"
        connection.execute(f"COPY ({query}) TO '{target}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 500000)")
    connection.close()
