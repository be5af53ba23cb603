"""The Account section, apart from signing in: profile, verification, payouts, tax, invoices, brand authorisations."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from store_model.columns import Base, UtcDateTime
from store_model.products import MONEY
from store_model.tenancy import Id, StoreRow, Versioned

VERIFICATION_KINDS = ("real_name", "business_licence", "bank_account", "address", "trademark")
VERIFICATION_STATES = ("submitted", "verified", "refused", "expired")
INVOICE_STATES = ("issued", "paid", "void")
AUTHORISATION_STATES = ("submitted", "approved", "refused", "revoked")


class AccountProfile(StoreRow, Versioned, Base):
    """Who runs the store, as the platform knows it. One for each store."""

    __tablename__ = "account_profile"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    legal_name: Mapped[str] = mapped_column(String(200))
    business_type: Mapped[str] = mapped_column(String(20))  # enterprise, individual_business
    registration_number: Mapped[str | None] = mapped_column(String(60))
    country: Mapped[str] = mapped_column(String(2))
    address: Mapped[str | None] = mapped_column(Text)
    contact_name: Mapped[str | None] = mapped_column(String(100))
    contact_email: Mapped[str | None] = mapped_column(String(254))
    contact_phone: Mapped[str | None] = mapped_column(String(40))

    __table_args__ = (UniqueConstraint("entity_id", "store_id", name="uq_account_profile_store"),)


class Verification(StoreRow, Versioned, Base):
    """One verification of the account; `documents` are metadata, never the papers themselves."""

    __tablename__ = "verification"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(12))
    subject: Mapped[str] = mapped_column(String(200))
    documents: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    submitted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    valid_until: Mapped[date | None]
    reason: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (Index("ix_verification_kind", "entity_id", "store_id", "kind", "state", "id"),)


class WithholdingAccount(StoreRow, Versioned, Base):
    """The account from which the platform takes fees and fines. Of the number the last four signs are kept."""

    __tablename__ = "withholding_account"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    provider: Mapped[str] = mapped_column(String(60))
    holder: Mapped[str] = mapped_column(String(200))
    last_four: Mapped[str] = mapped_column(String(4))
    currency: Mapped[str] = mapped_column(String(3))
    is_default: Mapped[bool]
    signed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (Index("ix_withholding_account_store", "entity_id", "store_id", "is_default"),)


class TaxRegistration(StoreRow, Versioned, Base):
    """A tax number of the store: VAT, IOSS, GST, EIN …"""

    __tablename__ = "tax_registration"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    scheme: Mapped[str] = mapped_column(String(20))
    number: Mapped[str] = mapped_column(String(60))
    country: Mapped[str] = mapped_column(String(2))
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]

    __table_args__ = (
        UniqueConstraint("entity_id", "store_id", "scheme", "country", "number", name="uq_tax_registration_number"),
    )


class Invoice(StoreRow, Versioned, Base):
    """An invoice of the platform to the store, for fees or advertising."""

    __tablename__ = "invoice"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    number: Mapped[str] = mapped_column(String(60))
    purpose: Mapped[str] = mapped_column(String(40))
    issued_on: Mapped[date]
    amount: Mapped[Decimal] = mapped_column(MONEY)
    tax: Mapped[Decimal] = mapped_column(MONEY)
    currency: Mapped[str] = mapped_column(String(3))
    state: Mapped[str] = mapped_column(String(10))
    url: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        UniqueConstraint("entity_id", "store_id", "number", name="uq_invoice_number"),
        Index("ix_invoice_issued", "entity_id", "store_id", "issued_on", "id"),
    )


class BrandAuthorisation(StoreRow, Versioned, Base):
    """The store may sell goods of a mark: where, of which categories, from when until when, by which document.

    `territories`: ISO 3166-1 alpha-2 codes, and `categories`: our category ids; an empty list means all. `valid_until`
    is the last day. In force: approved, and the day lies within.
    """

    __tablename__ = "brand_authorisation"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    mark: Mapped[str] = mapped_column(String(200))
    owner: Mapped[str | None] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(12))
    territories: Mapped[list[str]] = mapped_column(JSON)
    categories: Mapped[list[str]] = mapped_column(JSON)
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    document: Mapped[dict[str, Any]] = mapped_column(JSON)  # name, sha256, issued_by, kind

    __table_args__ = (
        Index("ix_brand_authorisation_mark", "entity_id", "store_id", "mark", "valid_from"),
        Index("ix_brand_authorisation_until", "entity_id", "store_id", "valid_until", "id"),
    )

    def in_force(self, day: date) -> bool:
        """Whether it holds on a day."""
        return (
            self.state == "approved"
            and self.valid_from <= day
            and (self.valid_until is None or day <= self.valid_until)
        )
