"""Violations: notices, the ledger, enforcement, complaints, appeals"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import store_model.columns

revision = "r0003"
down_revision = "r0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "entity_enforcement",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("from_store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ladder", sa.String(length=6), nullable=False),
        sa.Column("step", sa.String(length=60), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("start_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("until_at", store_model.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("known_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", store_model.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("entity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["entity_id"], ["legal_entity.id"], name=op.f("fk_entity_enforcement_entity_id_legal_entity")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entity_enforcement")),
    )
    with op.batch_alter_table("entity_enforcement", schema=None) as batch_op:
        batch_op.create_index("ix_entity_enforcement_start", ["entity_id", "from_store_id", "start_at"], unique=False)

    op.create_table(
        "appeal",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_no", sa.String(length=100), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("deadline_at", store_model.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("submitted_at", store_model.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("decided_at", store_model.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("root_causes", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("history", sa.JSON(), nullable=False),
        sa.Column("entity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["entity_id", "store_id"],
            ["store.entity_id", "store.id"],
            name=op.f("fk_appeal_entity_id_store_id_store"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeal")),
        sa.UniqueConstraint("entity_id", "store_id", "case_no", "attempt", name="uq_appeal_attempt"),
    )
    with op.batch_alter_table("appeal", schema=None) as batch_op:
        batch_op.create_index("ix_appeal_deadline", ["entity_id", "store_id", "state", "deadline_at"], unique=False)

    op.create_table(
        "complaint",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("platform_id", sa.String(length=100), nullable=False),
        sa.Column("complainant", sa.String(length=16), nullable=False),
        sa.Column("offence", sa.String(length=6), nullable=True),
        sa.Column("listing", sa.String(length=40), nullable=True),
        sa.Column("case_no", sa.String(length=100), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("received_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("evidence_due_at", store_model.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("decided_at", store_model.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("history", sa.JSON(), nullable=False),
        sa.Column("entity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["entity_id", "store_id"],
            ["store.entity_id", "store.id"],
            name=op.f("fk_complaint_entity_id_store_id_store"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint")),
        sa.UniqueConstraint("entity_id", "store_id", "platform_id", name="uq_complaint_platform_id"),
    )
    with op.batch_alter_table("complaint", schema=None) as batch_op:
        batch_op.create_index("ix_complaint_due", ["entity_id", "store_id", "state", "evidence_due_at"], unique=False)

    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("case_no", sa.String(length=100), nullable=False),
        sa.Column("ladder", sa.String(length=6), nullable=False),
        sa.Column("offence", sa.String(length=6), nullable=False),
        sa.Column("points", sa.Numeric(precision=10, scale=3), nullable=False),
        sa.Column("original", sa.Numeric(precision=10, scale=3), nullable=False),
        sa.Column("at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("lapses_at", store_model.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("known_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("pack", sa.String(length=80), nullable=False),
        sa.Column("reverses", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("entry", sa.JSON(), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("entity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["entity_id", "store_id"],
            ["store.entity_id", "store.id"],
            name=op.f("fk_ledger_entry_entity_id_store_id_store"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
        info={"rights": "SELECT, INSERT"},
    )
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.create_index("ix_ledger_entry_case", ["entity_id", "store_id", "case_no"], unique=False)
        batch_op.create_index("ix_ledger_entry_sequence", ["entity_id", "store_id", "sequence"], unique=True)

    op.create_table(
        "ledger_head",
        sa.Column(
            "entity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column(
            "store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["entity_id", "store_id"],
            ["store.entity_id", "store.id"],
            name=op.f("fk_ledger_head_entity_id_store_id_store"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("entity_id", "store_id", name=op.f("pk_ledger_head")),
    )
    op.create_table(
        "platform_notice",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_no", sa.String(length=100), nullable=False),
        sa.Column("type", sa.String(length=10), nullable=False),
        sa.Column("content", sa.String(length=64), nullable=False),
        sa.Column("at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("received_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("offence", sa.String(length=60), nullable=True),
        sa.Column("listing", sa.String(length=40), nullable=True),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.Column("hold", sa.String(length=30), nullable=True),
        sa.Column("accepted_at", store_model.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("accepted_by", sa.String(length=120), nullable=True),
        sa.Column("parked", sa.String(length=30), nullable=True),
        sa.Column("entity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["entity_id", "store_id"],
            ["store.entity_id", "store.id"],
            name=op.f("fk_platform_notice_entity_id_store_id_store"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_platform_notice")),
        sa.UniqueConstraint("entity_id", "store_id", "case_no", "content", name="uq_platform_notice_content"),
    )
    with op.batch_alter_table("platform_notice", schema=None) as batch_op:
        batch_op.create_index("ix_platform_notice_time", ["entity_id", "store_id", "received_at", "id"], unique=False)

    op.create_table(
        "store_enforcement",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ladder", sa.String(length=6), nullable=False),
        sa.Column("step", sa.String(length=60), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("start_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("until_at", store_model.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("known_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", store_model.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("entity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["entity_id", "store_id"],
            ["store.entity_id", "store.id"],
            name=op.f("fk_store_enforcement_entity_id_store_id_store"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_store_enforcement")),
    )
    with op.batch_alter_table("store_enforcement", schema=None) as batch_op:
        batch_op.create_index("ix_store_enforcement_start", ["entity_id", "store_id", "start_at"], unique=False)

    op.create_table(
        "violation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_no", sa.String(length=100), nullable=False),
        sa.Column("offence", sa.String(length=60), nullable=False),
        sa.Column("ladder", sa.String(length=6), nullable=True),
        sa.Column("grade", sa.String(length=40), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("points", sa.Numeric(precision=10, scale=3), nullable=True),
        sa.Column("original", sa.Numeric(precision=10, scale=3), nullable=True),
        sa.Column("at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("lapses_at", store_model.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("listing", sa.String(length=40), nullable=True),
        sa.Column("parked", sa.String(length=30), nullable=True),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.Column("updated_at", store_model.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("entity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["entity_id", "store_id"],
            ["store.entity_id", "store.id"],
            name=op.f("fk_violation_entity_id_store_id_store"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_violation")),
        sa.UniqueConstraint("entity_id", "store_id", "case_no", name="uq_violation_case_no"),
    )
    with op.batch_alter_table("violation", schema=None) as batch_op:
        batch_op.create_index("ix_violation_time", ["entity_id", "store_id", "at", "id"], unique=False)

    _append_only()


def _append_only() -> None:
    """Rows of the ledger are appended, whoever writes."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER ledger_entry_no_{verb.lower()} BEFORE {verb} ON ledger_entry "
                "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
            )
        return
    op.execute(
        "CREATE OR REPLACE FUNCTION ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER ledger_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entry "
        "FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only()"
    )


def downgrade() -> None:
    with op.batch_alter_table("violation", schema=None) as batch_op:
        batch_op.drop_index("ix_violation_time")

    op.drop_table("violation")
    with op.batch_alter_table("store_enforcement", schema=None) as batch_op:
        batch_op.drop_index("ix_store_enforcement_start")

    op.drop_table("store_enforcement")
    with op.batch_alter_table("platform_notice", schema=None) as batch_op:
        batch_op.drop_index("ix_platform_notice_time")

    op.drop_table("platform_notice")
    op.drop_table("ledger_head")
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.drop_index("ix_ledger_entry_sequence")
        batch_op.drop_index("ix_ledger_entry_case")

    op.drop_table("ledger_entry")
    with op.batch_alter_table("complaint", schema=None) as batch_op:
        batch_op.drop_index("ix_complaint_due")

    op.drop_table("complaint")
    with op.batch_alter_table("appeal", schema=None) as batch_op:
        batch_op.drop_index("ix_appeal_deadline")

    op.drop_table("appeal")
    with op.batch_alter_table("entity_enforcement", schema=None) as batch_op:
        batch_op.drop_index("ix_entity_enforcement_start")

    op.drop_table("entity_enforcement")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION IF EXISTS ledger_is_append_only()")
