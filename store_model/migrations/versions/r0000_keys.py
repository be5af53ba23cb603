"""The tables of the release that kept no revision: API keys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import store_model.columns

revision = "r0000"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("prefix", sa.String(length=16), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", store_model.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", store_model.columns.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("prefix", name=op.f("uq_api_key_prefix")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_api_key_secret_hash")),
    )


def downgrade() -> None:
    op.drop_table("api_key")
