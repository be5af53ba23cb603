"""Verdicts of officers on findings"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import store_model.columns

revision = "r0008"
down_revision = "r0009"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "finding_verdict",
        sa.Column("id", ID, nullable=False),
        sa.Column("finding_id", ID, nullable=False),
        sa.Column("rule", sa.String(length=16), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("officer", sa.String(length=120), nullable=False),
        sa.Column("entity_id", ID, nullable=False),
        sa.Column("store_id", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["entity_id", "store_id"],
            ["store.entity_id", "store.id"],
            name=op.f("fk_finding_verdict_entity_id_store_id_store"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["finding_id"], ["finding.id"], name=op.f("fk_finding_verdict_finding_id_finding"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding_verdict")),
    )
    with op.batch_alter_table("finding_verdict", schema=None) as batch_op:
        batch_op.create_index("ix_finding_verdict_finding", ["entity_id", "finding_id", "id"], unique=False)
        batch_op.create_index("ix_finding_verdict_rule", ["entity_id", "rule"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("finding_verdict", schema=None) as batch_op:
        batch_op.drop_index("ix_finding_verdict_rule")
        batch_op.drop_index("ix_finding_verdict_finding")

    op.drop_table("finding_verdict")
