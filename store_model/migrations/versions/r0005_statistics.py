"""Planner statistics of tenants' tables"""

from __future__ import annotations

from alembic import op

revision = "r0005"
down_revision = "r0004"
branch_labels = None
depends_on = None

TABLES = ("product", "sku", "order", "order_line", "finding", "precheck", "evaluation")


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table in TABLES:
            op.execute(
                f'CREATE STATISTICS tenant_of_{table} (dependencies, ndistinct) ON entity_id, store_id FROM "{table}"'
            )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table in TABLES:
            op.execute(f"DROP STATISTICS IF EXISTS tenant_of_{table}")
