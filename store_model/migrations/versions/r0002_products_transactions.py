"""Products, transactions, findings, imports"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import store_model.columns

revision = "r0002"
down_revision = "r0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dispute",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("platform_id", sa.String(length=40), nullable=False),
        sa.Column("order_platform_id", sa.String(length=40), nullable=True),
        sa.Column("line_platform_id", sa.String(length=40), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("detail_state", sa.String(length=64), nullable=True),
        sa.Column("opened_at", store_model.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("changed_at", store_model.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("timeout_kind", sa.String(length=64), nullable=True),
        sa.Column("timeout_at", store_model.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("refund", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("solutions", sa.JSON(), nullable=False),
        sa.Column("answer", sa.String(length=20), nullable=True),
        sa.Column("answered_at", store_model.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("entity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["entity_id", "store_id"],
            ["store.entity_id", "store.id"],
            name=op.f("fk_dispute_entity_id_store_id_store"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute")),
        sa.UniqueConstraint("entity_id", "store_id", "platform_id", name="uq_dispute_platform_id"),
    )
    with op.batch_alter_table("dispute", schema=None) as batch_op:
        batch_op.create_index("ix_dispute_order", ["entity_id", "store_id", "order_platform_id"], unique=False)
        batch_op.create_index("ix_dispute_timeout", ["entity_id", "store_id", "state", "timeout_at"], unique=False)

    op.create_table(
        "evaluation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("platform_id", sa.String(length=64), nullable=False),
        sa.Column("order_platform_id", sa.String(length=40), nullable=True),
        sa.Column("product_platform_id", sa.String(length=40), nullable=True),
        sa.Column("buyer", sa.String(length=100), nullable=True),
        sa.Column("stars", sa.Integer(), nullable=False),
        sa.Column("description", sa.Integer(), nullable=True),
        sa.Column("communication", sa.Integer(), nullable=True),
        sa.Column("delivery", sa.Integer(), nullable=True),
        sa.Column("feedback", sa.Text(), nullable=True),
        sa.Column("reply", sa.Text(), nullable=True),
        sa.Column("given_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("finished_at", store_model.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("order_amount", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("order_currency", sa.String(length=3), nullable=True),
        sa.Column("dispute_kind", sa.String(length=32), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("entity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["entity_id", "store_id"],
            ["store.entity_id", "store.id"],
            name=op.f("fk_evaluation_entity_id_store_id_store"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation")),
        sa.UniqueConstraint("entity_id", "store_id", "platform_id", name="uq_evaluation_platform_id"),
    )
    with op.batch_alter_table("evaluation", schema=None) as batch_op:
        batch_op.create_index("ix_evaluation_given", ["entity_id", "store_id", "given_at", "id"], unique=False)
        batch_op.create_index("ix_evaluation_order", ["entity_id", "store_id", "order_platform_id"], unique=False)
        batch_op.create_index("ix_evaluation_product", ["entity_id", "store_id", "product_platform_id"], unique=False)

    op.create_table(
        "fund_account",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("entity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["entity_id", "store_id"],
            ["store.entity_id", "store.id"],
            name=op.f("fk_fund_account_entity_id_store_id_store"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_account")),
        sa.UniqueConstraint("entity_id", "store_id", "kind", "name", "currency", name="uq_fund_account"),
    )
    op.create_table(
        "fund_movement",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("happened_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("reference", sa.String(length=100), nullable=False),
        sa.Column("order_platform_id", sa.String(length=40), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("reverses_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("entity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["entity_id", "store_id"],
            ["store.entity_id", "store.id"],
            name=op.f("fk_fund_movement_entity_id_store_id_store"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["reverses_id"], ["fund_movement.id"], name=op.f("fk_fund_movement_reverses_id_fund_movement")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_movement")),
        sa.UniqueConstraint("entity_id", "reverses_id", name="uq_fund_movement_reverses"),
        sa.UniqueConstraint("entity_id", "store_id", "reference", name="uq_fund_movement_reference"),
        info={"rights": "SELECT, INSERT"},
    )
    with op.batch_alter_table("fund_movement", schema=None) as batch_op:
        batch_op.create_index("ix_fund_movement_time", ["entity_id", "store_id", "happened_at", "id"], unique=False)

    op.create_table(
        "import_run",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("file", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("inserted", sa.Integer(), nullable=False),
        sa.Column("updated", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.Column("failure", sa.JSON(), nullable=True),
        sa.Column("started_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", store_model.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("started_by", sa.String(length=100), nullable=False),
        sa.Column("entity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["entity_id", "store_id"],
            ["store.entity_id", "store.id"],
            name=op.f("fk_import_run_entity_id_store_id_store"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_run")),
    )
    with op.batch_alter_table("import_run", schema=None) as batch_op:
        batch_op.create_index("ix_import_run_file", ["entity_id", "store_id", "sha256", "kind"], unique=False)

    op.create_table(
        "logistics_setting",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("carrier", sa.String(length=64), nullable=False),
        sa.Column("ship_from", sa.String(length=2), nullable=False),
        sa.Column("handling_days", sa.Integer(), nullable=False),
        sa.Column("countries", sa.JSON(), nullable=True),
        sa.Column("return_address", sa.Text(), nullable=True),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("entity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("handling_days >= 0", name=op.f("ck_logistics_setting_handling_days")),
        sa.ForeignKeyConstraint(
            ["entity_id", "store_id"],
            ["store.entity_id", "store.id"],
            name=op.f("fk_logistics_setting_entity_id_store_id_store"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_logistics_setting")),
        sa.UniqueConstraint("entity_id", "store_id", "name", name="uq_logistics_setting_name"),
    )
    op.create_table(
        "order",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("platform_id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("end_reason", sa.String(length=64), nullable=True),
        sa.Column("placed_at", store_model.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("paid_at", store_model.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("sent_at", store_model.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("finished_at", store_model.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("changed_at", store_model.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("ship_by", store_model.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("amount", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("issue_status", sa.String(length=32), nullable=True),
        sa.Column("frozen_status", sa.String(length=32), nullable=True),
        sa.Column("fund_status", sa.String(length=32), nullable=True),
        sa.Column("logistics_status", sa.String(length=40), nullable=True),
        sa.Column("buyer_country", sa.String(length=2), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("entity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["entity_id", "store_id"],
            ["store.entity_id", "store.id"],
            name=op.f("fk_order_entity_id_store_id_store"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order")),
        sa.UniqueConstraint("entity_id", "store_id", "platform_id", name="uq_order_platform_id"),
    )
    with op.batch_alter_table("order", schema=None) as batch_op:
        batch_op.create_index("ix_order_placed", ["entity_id", "store_id", "placed_at", "id"], unique=False)
        batch_op.create_index("ix_order_ship_by", ["entity_id", "store_id", "ship_by", "id"], unique=False)
        batch_op.create_index("ix_order_state", ["entity_id", "store_id", "state", "id"], unique=False)

    op.create_table(
        "precheck",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("listing_id", sa.String(length=64), nullable=True),
        sa.Column("listing_digest", sa.String(length=64), nullable=False),
        sa.Column("verdict", sa.String(length=8), nullable=False),
        sa.Column("pack", sa.String(length=64), nullable=False),
        sa.Column("pack_version", sa.String(length=32), nullable=False),
        sa.Column("pack_digest", sa.String(length=80), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("checked_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("caller", sa.String(length=100), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column("entity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["entity_id", "store_id"],
            ["store.entity_id", "store.id"],
            name=op.f("fk_precheck_entity_id_store_id_store"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_precheck")),
        info={"rights": "SELECT, INSERT"},
    )
    with op.batch_alter_table("precheck", schema=None) as batch_op:
        batch_op.create_index("ix_precheck_listing", ["entity_id", "store_id", "listing_id"], unique=False)
        batch_op.create_index("ix_precheck_time", ["entity_id", "store_id", "checked_at", "id"], unique=False)

    op.create_table(
        "product",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("platform_id", sa.String(length=40), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("offline_reason", sa.String(length=40), nullable=True),
        sa.Column("product_type", sa.String(length=20), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("category_id", sa.String(length=64), nullable=True),
        sa.Column("price_min", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("price_max", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("sku_count", sa.Integer(), nullable=False),
        sa.Column("stock_total", sa.BigInteger(), nullable=False),
        sa.Column("logistics_template", sa.String(length=40), nullable=True),
        sa.Column("listed_on", sa.Date(), nullable=True),
        sa.Column("changed_on", sa.Date(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("open_findings", sa.Integer(), nullable=False),
        sa.Column("blocking_findings", sa.Integer(), nullable=False),
        sa.Column("entity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["entity_id", "store_id"],
            ["store.entity_id", "store.id"],
            name=op.f("fk_product_entity_id_store_id_store"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product")),
        sa.UniqueConstraint("entity_id", "store_id", "platform_id", name="uq_product_platform_id"),
    )
    with op.batch_alter_table("product", schema=None) as batch_op:
        batch_op.create_index("ix_product_category", ["entity_id", "store_id", "category_id", "id"], unique=False)
        batch_op.create_index("ix_product_digest", ["entity_id", "store_id", "digest"], unique=False)
        batch_op.create_index("ix_product_findings", ["entity_id", "store_id", "open_findings", "id"], unique=False)
        batch_op.create_index("ix_product_price", ["entity_id", "store_id", "price_min", "id"], unique=False)
        batch_op.create_index(
            "ix_product_status", ["entity_id", "store_id", "status", "offline_reason", "id"], unique=False
        )
        batch_op.create_index("ix_product_store", ["entity_id", "store_id", "id"], unique=False)

    op.create_table(
        "product_group",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("platform_id", sa.String(length=40), nullable=True),
        sa.Column("parent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("entity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["entity_id", "store_id"],
            ["store.entity_id", "store.id"],
            name=op.f("fk_product_group_entity_id_store_id_store"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"],
            ["product_group.id"],
            name=op.f("fk_product_group_parent_id_product_group"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_group")),
        sa.UniqueConstraint("entity_id", "store_id", "parent_id", "name", name="uq_product_group_name"),
    )
    with op.batch_alter_table("product_group", schema=None) as batch_op:
        batch_op.create_index(
            "ix_product_group_parent", ["entity_id", "store_id", "parent_id", "position"], unique=False
        )

    op.create_table(
        "product_template",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("platform_id", sa.String(length=40), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("entity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["entity_id", "store_id"],
            ["store.entity_id", "store.id"],
            name=op.f("fk_product_template_entity_id_store_id_store"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_template")),
        sa.UniqueConstraint("entity_id", "store_id", "kind", "name", name="uq_product_template_name"),
    )
    with op.batch_alter_table("product_template", schema=None) as batch_op:
        batch_op.create_index("ix_product_template_kind", ["entity_id", "store_id", "kind", "id"], unique=False)

    op.create_table(
        "stock_level",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sku_code", sa.String(length=64), nullable=False),
        sa.Column("warehouse", sa.String(length=64), nullable=False),
        sa.Column("on_hand", sa.Integer(), nullable=False),
        sa.Column("reserved", sa.Integer(), nullable=False),
        sa.Column("reorder_at", sa.Integer(), nullable=True),
        sa.Column("entity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["entity_id", "store_id"],
            ["store.entity_id", "store.id"],
            name=op.f("fk_stock_level_entity_id_store_id_store"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_level")),
        sa.UniqueConstraint("entity_id", "store_id", "sku_code", "warehouse", name="uq_stock_level_place"),
    )
    op.create_table(
        "supplier",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("contact", sa.String(length=200), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("lead_days", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("entity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["entity_id", "store_id"],
            ["store.entity_id", "store.id"],
            name=op.f("fk_supplier_entity_id_store_id_store"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplier")),
        sa.UniqueConstraint("entity_id", "store_id", "name", name="uq_supplier_name"),
    )
    op.create_table(
        "cancellation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("requested_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("answer_by", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("answered_at", store_model.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("entity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["entity_id", "store_id"],
            ["store.entity_id", "store.id"],
            name=op.f("fk_cancellation_entity_id_store_id_store"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["order.id"], name=op.f("fk_cancellation_order_id_order"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cancellation")),
    )
    with op.batch_alter_table("cancellation", schema=None) as batch_op:
        batch_op.create_index("ix_cancellation_answer", ["entity_id", "store_id", "state", "answer_by"], unique=False)
        batch_op.create_index("ix_cancellation_order", ["entity_id", "order_id"], unique=False)

    op.create_table(
        "catalogue_proposal",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("catalogue_ref", sa.String(length=64), nullable=False),
        sa.Column("field", sa.String(length=64), nullable=False),
        sa.Column("current", sa.Text(), nullable=True),
        sa.Column("proposed", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("proposed_by", sa.String(length=100), nullable=False),
        sa.Column("reviewed_by", sa.String(length=100), nullable=True),
        sa.Column("reviewed_at", store_model.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("review_note", sa.Text(), nullable=True),
        sa.Column("entity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["entity_id", "store_id"],
            ["store.entity_id", "store.id"],
            name=op.f("fk_catalogue_proposal_entity_id_store_id_store"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_catalogue_proposal_product_id_product"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogue_proposal")),
    )
    with op.batch_alter_table("catalogue_proposal", schema=None) as batch_op:
        batch_op.create_index("ix_catalogue_proposal_product", ["entity_id", "product_id"], unique=False)
        batch_op.create_index("ix_catalogue_proposal_state", ["entity_id", "store_id", "state", "id"], unique=False)

    op.create_table(
        "finding",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("fingerprint", sa.String(length=40), nullable=False),
        sa.Column("rule", sa.String(length=16), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("severity", sa.String(length=8), nullable=False),
        sa.Column("mode", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("subject", sa.String(length=12), nullable=False),
        sa.Column("listing_id", sa.String(length=64), nullable=True),
        sa.Column("product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("message", sa.JSON(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("first_seen", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("last_seen", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("entity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["entity_id", "store_id"],
            ["store.entity_id", "store.id"],
            name=op.f("fk_finding_entity_id_store_id_store"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_finding_product_id_product"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding")),
        sa.UniqueConstraint("entity_id", "store_id", "fingerprint", name="uq_finding_fingerprint"),
    )
    with op.batch_alter_table("finding", schema=None) as batch_op:
        batch_op.create_index("ix_finding_product", ["entity_id", "product_id", "state"], unique=False)
        batch_op.create_index("ix_finding_state", ["entity_id", "store_id", "state", "rule"], unique=False)

    op.create_table(
        "fund_posting",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("movement_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("amount", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("entity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["fund_account.id"], name=op.f("fk_fund_posting_account_id_fund_account")
        ),
        sa.ForeignKeyConstraint(
            ["entity_id", "store_id"],
            ["store.entity_id", "store.id"],
            name=op.f("fk_fund_posting_entity_id_store_id_store"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["movement_id"], ["fund_movement.id"], name=op.f("fk_fund_posting_movement_id_fund_movement")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund_posting")),
        info={"rights": "SELECT, INSERT"},
    )
    with op.batch_alter_table("fund_posting", schema=None) as batch_op:
        batch_op.create_index("ix_fund_posting_account", ["entity_id", "account_id", "movement_id"], unique=False)
        batch_op.create_index("ix_fund_posting_movement", ["entity_id", "movement_id"], unique=False)

    op.create_table(
        "import_refusal",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("record", sa.Integer(), nullable=False),
        sa.Column("sheet", sa.String(length=200), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("column", sa.Text(), nullable=False),
        sa.Column("place", sa.JSON(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.JSON(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("is_whole_record", sa.Boolean(), nullable=False),
        sa.Column("entity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["entity_id", "store_id"],
            ["store.entity_id", "store.id"],
            name=op.f("fk_import_refusal_entity_id_store_id_store"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["import_run.id"], name=op.f("fk_import_refusal_run_id_import_run"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_refusal")),
    )
    with op.batch_alter_table("import_refusal", schema=None) as batch_op:
        batch_op.create_index("ix_import_refusal_run", ["entity_id", "run_id", "id"], unique=False)

    op.create_table(
        "order_line",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("platform_id", sa.String(length=40), nullable=True),
        sa.Column("product_platform_id", sa.String(length=40), nullable=True),
        sa.Column("sku_code", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_price", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("handling_days", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=32), nullable=True),
        sa.Column("entity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["entity_id", "store_id"],
            ["store.entity_id", "store.id"],
            name=op.f("fk_order_line_entity_id_store_id_store"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["order.id"], name=op.f("fk_order_line_order_id_order"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_line")),
        sa.UniqueConstraint("entity_id", "order_id", "position", name="uq_order_line_position"),
    )
    with op.batch_alter_table("order_line", schema=None) as batch_op:
        batch_op.create_index("ix_order_line_product", ["entity_id", "store_id", "product_platform_id"], unique=False)

    op.create_table(
        "product_content",
        sa.Column("product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("listing", sa.JSON(), nullable=False),
        sa.Column("entity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["entity_id", "store_id"],
            ["store.entity_id", "store.id"],
            name=op.f("fk_product_content_entity_id_store_id_store"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_product_content_product_id_product"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("product_id", name=op.f("pk_product_content")),
    )
    with op.batch_alter_table("product_content", schema=None) as batch_op:
        batch_op.create_index("ix_product_content_store", ["entity_id", "store_id", "product_id"], unique=False)

    op.create_table(
        "product_group_member",
        sa.Column("group_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("entity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["entity_id", "store_id"],
            ["store.entity_id", "store.id"],
            name=op.f("fk_product_group_member_entity_id_store_id_store"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["product_group.id"],
            name=op.f("fk_product_group_member_group_id_product_group"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_product_group_member_product_id_product"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("group_id", "product_id", name=op.f("pk_product_group_member")),
    )
    with op.batch_alter_table("product_group_member", schema=None) as batch_op:
        batch_op.create_index(
            "ix_product_group_member_group", ["entity_id", "store_id", "group_id", "product_id"], unique=False
        )
        batch_op.create_index("ix_product_group_member_product", ["entity_id", "product_id", "group_id"], unique=False)

    op.create_table(
        "shipment",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("carrier", sa.String(length=64), nullable=False),
        sa.Column("tracking_number", sa.String(length=64), nullable=False),
        sa.Column("is_whole_order", sa.Boolean(), nullable=False),
        sa.Column("declared_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("scan_by", store_model.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("scanned_at", store_model.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("received_state", sa.String(length=20), nullable=False),
        sa.Column("entity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["entity_id", "store_id"],
            ["store.entity_id", "store.id"],
            name=op.f("fk_shipment_entity_id_store_id_store"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["order.id"], name=op.f("fk_shipment_order_id_order"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipment")),
        sa.UniqueConstraint("entity_id", "order_id", "tracking_number", name="uq_shipment_number"),
    )
    with op.batch_alter_table("shipment", schema=None) as batch_op:
        batch_op.create_index("ix_shipment_scan", ["entity_id", "store_id", "scan_by", "id"], unique=False)

    op.create_table(
        "showcase_slot",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("starts_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ends_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("entity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["entity_id", "store_id"],
            ["store.entity_id", "store.id"],
            name=op.f("fk_showcase_slot_entity_id_store_id_store"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_showcase_slot_product_id_product"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_showcase_slot")),
    )
    with op.batch_alter_table("showcase_slot", schema=None) as batch_op:
        batch_op.create_index("ix_showcase_slot_product", ["entity_id", "product_id"], unique=False)
        batch_op.create_index("ix_showcase_slot_time", ["entity_id", "store_id", "ends_at", "starts_at"], unique=False)

    op.create_table(
        "sku",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("platform_id", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("price", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("stock", sa.BigInteger(), nullable=True),
        sa.Column("entity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["entity_id", "store_id"],
            ["store.entity_id", "store.id"],
            name=op.f("fk_sku_entity_id_store_id_store"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_sku_product_id_product"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sku")),
        sa.UniqueConstraint("entity_id", "product_id", "position", name="uq_sku_position"),
    )
    with op.batch_alter_table("sku", schema=None) as batch_op:
        batch_op.create_index("ix_sku_code", ["entity_id", "store_id", "code", "product_id"], unique=False)

    op.create_table(
        "sourcing_link",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("supplier_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sku_code", sa.String(length=64), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("cost", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("minimum_pieces", sa.Integer(), nullable=True),
        sa.Column("entity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["entity_id", "store_id"],
            ["store.entity_id", "store.id"],
            name=op.f("fk_sourcing_link_entity_id_store_id_store"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_sourcing_link_product_id_product"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["supplier.id"], name=op.f("fk_sourcing_link_supplier_id_supplier"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sourcing_link")),
    )
    with op.batch_alter_table("sourcing_link", schema=None) as batch_op:
        batch_op.create_index("ix_sourcing_link_product", ["entity_id", "store_id", "product_id", "id"], unique=False)
        batch_op.create_index("ix_sourcing_link_supplier", ["entity_id", "supplier_id"], unique=False)

    _keep_funds()


def _keep_funds() -> None:
    """Movements of money are appended and balanced, whoever writes."""
    tables = ("fund_movement", "fund_posting")
    if op.get_bind().dialect.name == "sqlite":
        for table in tables:
            for verb in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )
        return
    op.execute(
        "CREATE OR REPLACE FUNCTION funds_are_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'funds are append-only'; END $$"
    )
    for table in tables:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION funds_are_append_only()"
        )
    op.execute(
        "CREATE OR REPLACE FUNCTION funds_balance() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF EXISTS (SELECT 1 FROM fund_posting WHERE entity_id = NEW.entity_id AND movement_id = NEW.movement_id "
        "GROUP BY currency HAVING sum(amount) <> 0) THEN RAISE EXCEPTION 'a movement does not balance'; END IF; "
        "RETURN NULL; END $$"
    )
    op.execute(
        "CREATE CONSTRAINT TRIGGER fund_posting_balance AFTER INSERT ON fund_posting "
        "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION funds_balance()"
    )


def downgrade() -> None:
    with op.batch_alter_table("sourcing_link", schema=None) as batch_op:
        batch_op.drop_index("ix_sourcing_link_supplier")
        batch_op.drop_index("ix_sourcing_link_product")

    op.drop_table("sourcing_link")
    with op.batch_alter_table("sku", schema=None) as batch_op:
        batch_op.drop_index("ix_sku_code")

    op.drop_table("sku")
    with op.batch_alter_table("showcase_slot", schema=None) as batch_op:
        batch_op.drop_index("ix_showcase_slot_time")
        batch_op.drop_index("ix_showcase_slot_product")

    op.drop_table("showcase_slot")
    with op.batch_alter_table("shipment", schema=None) as batch_op:
        batch_op.drop_index("ix_shipment_scan")

    op.drop_table("shipment")
    with op.batch_alter_table("product_group_member", schema=None) as batch_op:
        batch_op.drop_index("ix_product_group_member_product")
        batch_op.drop_index("ix_product_group_member_group")

    op.drop_table("product_group_member")
    with op.batch_alter_table("product_content", schema=None) as batch_op:
        batch_op.drop_index("ix_product_content_store")

    op.drop_table("product_content")
    with op.batch_alter_table("order_line", schema=None) as batch_op:
        batch_op.drop_index("ix_order_line_product")

    op.drop_table("order_line")
    with op.batch_alter_table("import_refusal", schema=None) as batch_op:
        batch_op.drop_index("ix_import_refusal_run")

    op.drop_table("import_refusal")
    with op.batch_alter_table("fund_posting", schema=None) as batch_op:
        batch_op.drop_index("ix_fund_posting_movement")
        batch_op.drop_index("ix_fund_posting_account")

    op.drop_table("fund_posting")
    with op.batch_alter_table("finding", schema=None) as batch_op:
        batch_op.drop_index("ix_finding_state")
        batch_op.drop_index("ix_finding_product")

    op.drop_table("finding")
    with op.batch_alter_table("catalogue_proposal", schema=None) as batch_op:
        batch_op.drop_index("ix_catalogue_proposal_state")
        batch_op.drop_index("ix_catalogue_proposal_product")

    op.drop_table("catalogue_proposal")
    with op.batch_alter_table("cancellation", schema=None) as batch_op:
        batch_op.drop_index("ix_cancellation_order")
        batch_op.drop_index("ix_cancellation_answer")

    op.drop_table("cancellation")
    op.drop_table("supplier")
    op.drop_table("stock_level")
    with op.batch_alter_table("product_template", schema=None) as batch_op:
        batch_op.drop_index("ix_product_template_kind")

    op.drop_table("product_template")
    with op.batch_alter_table("product_group", schema=None) as batch_op:
        batch_op.drop_index("ix_product_group_parent")

    op.drop_table("product_group")
    with op.batch_alter_table("product", schema=None) as batch_op:
        batch_op.drop_index("ix_product_store")
        batch_op.drop_index("ix_product_status")
        batch_op.drop_index("ix_product_price")
        batch_op.drop_index("ix_product_findings")
        batch_op.drop_index("ix_product_digest")
        batch_op.drop_index("ix_product_category")

    op.drop_table("product")
    with op.batch_alter_table("precheck", schema=None) as batch_op:
        batch_op.drop_index("ix_precheck_time")
        batch_op.drop_index("ix_precheck_listing")

    op.drop_table("precheck")
    with op.batch_alter_table("order", schema=None) as batch_op:
        batch_op.drop_index("ix_order_state")
        batch_op.drop_index("ix_order_ship_by")
        batch_op.drop_index("ix_order_placed")

    op.drop_table("order")
    op.drop_table("logistics_setting")
    with op.batch_alter_table("import_run", schema=None) as batch_op:
        batch_op.drop_index("ix_import_run_file")

    op.drop_table("import_run")
    with op.batch_alter_table("fund_movement", schema=None) as batch_op:
        batch_op.drop_index("ix_fund_movement_time")

    op.drop_table("fund_movement")
    op.drop_table("fund_account")
    with op.batch_alter_table("evaluation", schema=None) as batch_op:
        batch_op.drop_index("ix_evaluation_product")
        batch_op.drop_index("ix_evaluation_order")
        batch_op.drop_index("ix_evaluation_given")

    op.drop_table("evaluation")
    with op.batch_alter_table("dispute", schema=None) as batch_op:
        batch_op.drop_index("ix_dispute_timeout")
        batch_op.drop_index("ix_dispute_order")

    op.drop_table("dispute")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION IF EXISTS funds_balance()")
        op.execute("DROP FUNCTION IF EXISTS funds_are_append_only()")
