"""When the next turn of an endpoint with a rate is free"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import store_model.columns

revision = "r0012"
down_revision = "r0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("webhook_endpoint", schema=None) as batch_op:
        batch_op.add_column(sa.Column("paced_until", store_model.columns.UtcDateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("webhook_endpoint", schema=None) as batch_op:
        batch_op.drop_column("paced_until")
