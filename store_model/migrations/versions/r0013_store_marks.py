"""The store's own marks"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import store_model.columns

revision = "r0013"
down_revision = "r0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "store_mark",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("folded", sa.String(length=200), nullable=False),
        sa.Column("aliases", sa.JSON(), nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("classes", sa.JSON(), nullable=False),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("territories", sa.JSON(), nullable=False),
        sa.Column("tier", sa.String(length=12), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("risk", sa.String(length=8), nullable=True),
        sa.Column("patterns", sa.Text(), nullable=True),
        sa.Column("source", sa.String(length=300), nullable=True),
        sa.Column("violation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("entity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["entity_id", "store_id"],
            ["store.entity_id", "store.id"],
            name=op.f("fk_store_mark_entity_id_store_id_store"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_store_mark")),
        sa.UniqueConstraint("entity_id", "store_id", "folded", name="uq_store_mark_folded"),
    )
    with op.batch_alter_table("store_mark", schema=None) as batch_op:
        batch_op.create_index("ix_store_mark_name", ["entity_id", "store_id", "name", "id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("store_mark", schema=None) as batch_op:
        batch_op.drop_index("ix_store_mark_name")

    op.drop_table("store_mark")
