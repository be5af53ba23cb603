"""The Account section: profile, verification, withholding account, tax, invoices, brand authorisations."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from msgspec import Meta, field
from sqlalchemy import select

from api import wire
from api.problems import ProblemError
from api.resources import Change, Filter, Resource
from api.wire import Currency, Input, Line, Money, Output
from store_model.account_profile import (
    AUTHORISATION_STATES,
    INVOICE_STATES,
    VERIFICATION_KINDS,
    VERIFICATION_STATES,
    AccountProfile,
    BrandAuthorisation,
    Invoice,
    TaxRegistration,
    Verification,
    WithholdingAccount,
)

Country = Annotated[str, Meta(pattern=r"^[A-Z]{2}$", description="ISO 3166-1 alpha-2")]
Note = Annotated[str, Meta(max_length=2000)]
MOMENT = "2026-11-23T12:00:00Z"


class ProfileIn(Input, kw_only=True):
    legal_name: Line
    business_type: Literal["enterprise", "individual_business"]
    registration_number: Annotated[str, Meta(min_length=1, max_length=60)] | None = None
    country: Country
    address: Note | None = None
    contact_name: Annotated[str, Meta(min_length=1, max_length=100)] | None = None
    contact_email: Annotated[str, Meta(pattern=r"^[^@\s]{1,64}@[^@\s]{1,189}$")] | None = None
    contact_phone: Annotated[str, Meta(pattern=r"^[+0-9 ()\-]{3,40}$")] | None = None


class ProfileOut(Output, kw_only=True):
    id: str
    legal_name: str
    business_type: str
    registration_number: str | None
    country: str
    address: str | None
    contact_name: str | None
    contact_email: str | None
    contact_phone: str | None
    version: int
    updated_at: datetime


PROFILES = Resource(
    path="account/profiles",
    one="profile",
    title=("account profile; one for each store", "账户资料（每店一份）"),
    section="account",
    model=AccountProfile,
    answer=ProfileOut,
    body=ProfileIn,
    operations=("list", "get", "create", "update"),
    example={
        "id": "1", "legal_name": "First Trading Ltd", "business_type": "enterprise", "registration_number": "91330000X",
        "country": "CN", "address": None, "contact_name": "Lin", "contact_email": "lin@example.com",
        "contact_phone": None, "version": 1, "updated_at": MOMENT,
    },
)  # fmt: skip


class DocumentIn(Input, kw_only=True):
    """What is known of a paper: never the paper itself."""

    name: Line
    kind: Annotated[str, Meta(max_length=60)] | None = None
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")] | None = None
    issued_by: Annotated[str, Meta(max_length=200)] | None = None
    issued_on: date | None = None


class VerificationIn(Input, kw_only=True):
    kind: Literal["real_name", "business_licence", "bank_account", "address", "trademark"]
    subject: Line
    state: Literal["submitted", "verified", "refused", "expired"] = "submitted"
    documents: Annotated[list[DocumentIn], Meta(max_length=20)] = field(default_factory=list)
    valid_until: date | None = None
    reason: Note | None = None


class VerificationOut(Output, kw_only=True):
    id: str
    kind: str
    subject: str
    state: str
    documents: list[dict[str, Any]]
    submitted_at: datetime
    decided_at: datetime | None
    valid_until: date | None
    reason: str | None
    version: int
    updated_at: datetime


NEXT = {
    "submitted": ("verified", "refused"),
    "verified": ("expired",),
    "refused": ("submitted",),
    "expired": ("submitted",),
}
"""Which state may follow which."""


def check_verification(change: Change) -> None:
    """A verification begins as submitted and goes on as NEXT says; a refusal says why."""
    if change.action == "delete":
        return
    row = change.row
    if change.action == "create" and row.state != "submitted":
        raise wire.refuse("/state", "not_allowed", "must be submitted at first", "新建时必须为 submitted")
    before = change.previous.get("state")
    if before is not None and row.state not in NEXT[before]:
        shown = ", ".join(NEXT[before])
        raise wire.refuse("/state", "not_allowed", f"may now become {shown}", f"当前只能变为 {shown}")
    if row.state == "refused" and not row.reason:
        raise wire.refuse("/reason", "required", "is required for a refusal", "拒绝时必须填写")
    if "state" in change.values:
        row.decided_at = change.now if row.state in ("verified", "refused") else None


VERIFICATIONS = Resource(
    path="account/verifications",
    one="verification",
    title=("verifications", "认证"),
    section="account",
    model=Verification,
    answer=VerificationOut,
    body=VerificationIn,
    filters={
        "kind": Filter(Verification.kind, choices=VERIFICATION_KINDS),
        "state": Filter(Verification.state, choices=VERIFICATION_STATES),
    },
    sorts={"submitted_at": Verification.submitted_at},
    operations=("list", "get", "create", "update"),
    editable=frozenset({"state", "documents", "valid_until", "reason"}),
    defaults=lambda caller: {"submitted_at": caller.now(), "decided_at": None},
    before_change=check_verification,
    example={
        "id": "2", "kind": "real_name", "subject": "Lin", "state": "submitted", "documents": [], "submitted_at": MOMENT,
        "decided_at": None, "valid_until": None, "reason": None, "version": 1, "updated_at": MOMENT,
    },
)  # fmt: skip


class WithholdingIn(Input, kw_only=True):
    provider: Annotated[str, Meta(min_length=1, max_length=60, pattern=r"\S")]
    holder: Line
    last_four: Annotated[str, Meta(pattern=r"^[0-9A-Za-z]{4}$", description="Of the number, no more is kept")]
    currency: Currency
    is_default: bool = False
    signed_at: datetime | None = None


class WithholdingOut(Output, kw_only=True):
    id: str
    provider: str
    holder: str
    last_four: str
    currency: str
    is_default: bool
    signed_at: datetime | None
    version: int
    updated_at: datetime


def keep_one_default(change: Change) -> None:
    """A new default takes the place of the old one; the default itself is not deleted while there are others."""
    row = change.row
    others = change.session.scalars(select(WithholdingAccount).where(WithholdingAccount.id != (row.id or 0))).all()
    if change.action == "delete":
        if row.is_default and others:
            raise ProblemError("conflict")
        return
    if row.is_default:
        for other in others:
            other.is_default = False
    elif not any(other.is_default for other in others):
        row.is_default = True


WITHHOLDING = Resource(
    path="account/withholding-accounts",
    one="withholding_account",
    title=("withholding accounts", "代扣账户"),
    section="account",
    model=WithholdingAccount,
    answer=WithholdingOut,
    body=WithholdingIn,
    before_change=keep_one_default,
    example={
        "id": "1", "provider": "Alipay", "holder": "First Trading Ltd", "last_four": "0042", "currency": "USD",
        "is_default": True, "signed_at": None, "version": 1, "updated_at": MOMENT,
    },
)  # fmt: skip


class TaxIn(Input, kw_only=True):
    scheme: Literal["VAT", "IOSS", "OSS", "GST", "EIN", "EORI", "TIN", "OTHER"]
    number: Annotated[str, Meta(pattern=r"^[0-9A-Za-z .\-/]{2,60}$")]
    country: Country
    valid_from: date | None = None
    valid_until: date | None = None


class TaxOut(Output, kw_only=True):
    id: str
    scheme: str
    number: str
    country: str
    valid_from: date | None
    valid_until: date | None
    version: int
    updated_at: datetime


def check_days(change: Change) -> None:
    """It does not end before it begins."""
    row = change.row
    if change.action != "delete" and row.valid_from and row.valid_until and row.valid_until < row.valid_from:
        raise wire.refuse("/valid_until", "out_of_range", "is before valid_from", "早于 valid_from")


TAXES = Resource(
    path="account/tax-registrations",
    one="tax_registration",
    title=("tax information", "税务信息"),
    section="account",
    model=TaxRegistration,
    answer=TaxOut,
    body=TaxIn,
    filters={"scheme": Filter(TaxRegistration.scheme), "country": Filter(TaxRegistration.country)},
    before_change=check_days,
    example={
        "id": "1", "scheme": "IOSS", "number": "IM0000000000", "country": "IE", "valid_from": "2024-01-01",
        "valid_until": None, "version": 1, "updated_at": MOMENT,
    },
)  # fmt: skip


class InvoiceIn(Input, kw_only=True):
    number: Annotated[str, Meta(min_length=1, max_length=60, pattern=r"\S")]
    purpose: Annotated[str, Meta(min_length=1, max_length=40, pattern=r"\S")]
    issued_on: date
    amount: Money
    tax: Money = Decimal(0)
    currency: Currency
    state: Literal["issued", "paid", "void"] = "issued"
    url: Annotated[str, Meta(pattern=r"^https://\S{1,1990}$")] | None = None


class InvoiceOut(Output, kw_only=True):
    id: str
    number: str
    purpose: str
    issued_on: date
    amount: Money
    tax: Money
    currency: str
    state: str
    url: str | None
    version: int
    updated_at: datetime


def check_invoice(change: Change) -> None:
    """What was paid or void stays so."""
    if change.previous.get("state") in ("paid", "void"):
        raise wire.refuse("/state", "not_allowed", "is final", "已为最终状态")


INVOICES = Resource(
    path="account/invoices",
    one="invoice",
    title=("invoices", "发票"),
    section="account",
    model=Invoice,
    answer=InvoiceOut,
    body=InvoiceIn,
    filters={
        "state": Filter(Invoice.state, choices=INVOICE_STATES),
        "issued_from": Filter(Invoice.issued_on, op="ge"),
        "issued_before": Filter(Invoice.issued_on, op="lt"),
    },
    sorts={"issued_on": Invoice.issued_on},
    operations=("list", "get", "create", "update"),
    editable=frozenset({"state", "url"}),
    before_change=check_invoice,
    example={
        "id": "8", "number": "INV-2026-0042", "purpose": "commission", "issued_on": "2026-11-01", "amount": "120.00",
        "tax": "7.20", "currency": "USD", "state": "issued", "url": None, "version": 1, "updated_at": MOMENT,
    },
)  # fmt: skip


class AuthorisationIn(Input, kw_only=True):
    mark: Line
    owner: Annotated[str, Meta(max_length=200)] | None = None
    state: Literal["submitted", "approved", "refused", "revoked"] = "submitted"
    territories: Annotated[list[Country], Meta(max_length=250)] = field(default_factory=list)
    categories: Annotated[list[Annotated[str, Meta(max_length=64)]], Meta(max_length=500)] = field(default_factory=list)
    valid_from: date
    valid_until: date | None = None
    document: DocumentIn


class AuthorisationOut(Output, kw_only=True):
    id: str
    mark: str
    owner: str | None
    state: str
    territories: list[str]
    categories: list[str]
    valid_from: date
    valid_until: date | None
    document: dict[str, Any]
    version: int
    updated_at: datetime


AUTHORISATIONS = Resource(
    path="account/brand-authorisations",
    one="brand_authorisation",
    title=("brand authorisations", "品牌授权"),
    section="account",
    model=BrandAuthorisation,
    answer=AuthorisationOut,
    body=AuthorisationIn,
    filters={
        "mark": Filter(BrandAuthorisation.mark),
        "state": Filter(BrandAuthorisation.state, choices=AUTHORISATION_STATES),
        "ends_before": Filter(BrandAuthorisation.valid_until, op="lt"),
    },
    sorts={"mark": BrandAuthorisation.mark, "valid_from": BrandAuthorisation.valid_from},
    before_change=check_days,
    example={
        "id": "6", "mark": "Norvella", "owner": "Norvella AG", "state": "approved", "territories": [], "categories": [],
        "valid_from": "2026-01-01", "valid_until": "2026-12-31", "document": {"name": "authorisation-2026.pdf"},
        "version": 1, "updated_at": MOMENT,
    },
)  # fmt: skip

RESOURCES = (PROFILES, VERIFICATIONS, WITHHOLDING, TAXES, INVOICES, AUTHORISATIONS)
