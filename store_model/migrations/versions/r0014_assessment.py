"""What the platform's store assessment says of orders"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import store_model.columns

revision = "r0014"
down_revision = "r0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("order", schema=None) as batch_op:
        batch_op.add_column(sa.Column("is_false_shipment", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("is_online_late", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("online_by", store_model.columns.UtcDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("assessment_digest", sa.String(length=64), nullable=True))


def downgrade() -> None:
    for name in ("assessment_digest", "online_by", "is_online_late", "is_false_shipment"):
        op.drop_column("order", name)  # in place: made anew, the table would take its lines and parcels with it
