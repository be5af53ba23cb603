"""Everything else of the sample store: storefront, marketing, account, messages, and what was measured."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from store_model import analytics_queries, messages
from store_model.account_profile import (
    AccountProfile,
    BrandAuthorisation,
    Invoice,
    TaxRegistration,
    Verification,
    WithholdingAccount,
)
from store_model.analytics import WHOLE_STORE
from store_model.marketing import (
    Activity,
    ActivityProduct,
    AdCampaign,
    AffiliateOffer,
    Campaign,
    CampaignRegistration,
    CustomerReach,
)
from store_model.performance.kept import PlatformNumber
from store_model.product_groups import set_members
from store_model.product_offers import (
    CatalogueProposal,
    ProductTemplate,
    ShowcaseSlot,
    SourcingLink,
    StockLevel,
    Supplier,
)
from store_model.products import Product, ProductGroup, ProductSku
from store_model.store_marks import StoreMark
from store_model.storefront import CollaborationTask, PlanMembership, StoreAsset, StorePage, StoreSetting

MEASURED_DAYS = 120
SOURCES = (("search", 0.55), ("recommendation", 0.2), ("affiliate", 0.12), ("advertising", 0.08), ("direct", 0.05))
PLATFORM_NUMBERS = (
    ("store", "SVC501", Decimal("81.20")),
    ("store", "SVC104", Decimal("4.3")),
    ("industry_average", "SVC104", Decimal("4.6")),
    ("excellent_stores", "SVC104", Decimal("4.8")),
)
"""What the platform's page of this store would show, of the store itself and of others."""

BENCHMARKS = (("industry_average", "0.018"), ("excellent_stores", "0.031"), ("market", "0.015"))


def products(session: Session, store_id: int, goods: Sequence[Product], now: datetime) -> None:
    """Groups, templates, showcase, a proposal, and the supply chain."""
    top = ProductGroup(store_id=store_id, name="Drinkware", position=0)
    session.add(top)
    session.flush()
    small = ProductGroup(store_id=store_id, name="Up to 500 ml", parent_id=top.id, position=0)
    large = ProductGroup(store_id=store_id, name="750 ml and more", parent_id=top.id, position=1)
    supplier = Supplier(store_id=store_id, name="Sample Steelworks", contact="sales@example.com", lead_days=12)
    session.add_all([small, large, supplier])
    session.flush()
    half = len(goods) // 2
    for group, members in ((small, goods[:half]), (large, goods[half:])):
        set_members(session, group, [product.id for product in members])
    contents: dict[str, dict[str, Any]] = {
        "logistics": {"carriers": [{"name": "standard", "countries": {"US": "2.90", "ES": "2.40"}}]},
        "product_information": {"html": "<p>Wash by hand before the first use.</p>"},
        "size": {"unit": "cm", "rows": [{"size": "750 ml", "height": "26", "width": "7.5"}]},
        "service": {"returns": "15 days", "warranty": "1 year"},
    }
    for kind, content in contents.items():
        name = f"Standard {kind.replace('_', ' ')}"
        session.add(ProductTemplate(store_id=store_id, kind=kind, name=name, is_default=True, content=content))
    for product in goods[:3]:
        session.add(
            ShowcaseSlot(store_id=store_id, product_id=product.id, starts_at=now, ends_at=now + timedelta(days=7))
        )
    session.add(
        CatalogueProposal(
            store_id=store_id, product_id=goods[0].id, catalogue_ref="drinkware_bottles", field="material",
            current="Steel", proposed="Stainless Steel 304", reason="the report says so", proposed_by="sample",
        )
    )  # fmt: skip
    for product in goods[:10]:
        session.add(
            SourcingLink(
                store_id=store_id, product_id=product.id, supplier_id=supplier.id, cost=Decimal("4.20"),
                currency="USD", minimum_pieces=100,
            )
        )  # fmt: skip
    codes = [sku.code for sku in session.query(ProductSku).filter(ProductSku.product_id == goods[0].id) if sku.code]
    for number, code in enumerate(codes):
        session.add(
            StockLevel(store_id=store_id, sku_code=code, warehouse="Yiwu", on_hand=60 + 20 * number, reorder_at=30)
        )


def storefront(session: Session, store_id: int, now: datetime) -> None:
    """Settings, assets, a published page and a draft, a task, a plan."""
    assets = [
        StoreAsset(store_id=store_id, kind=kind, name=name, url=f"https://img.example.com/{name.lower()}.png")
        for kind, name in (("logo", "Logo"), ("banner", "Winter"), ("picture", "Kitchen"))
    ]
    session.add_all(assets)
    session.flush()
    modules = [{"kind": "banner", "asset_ids": [str(assets[1].id)], "group_ids": [], "settings": {}}]
    for device in ("app", "desktop"):
        for state, title in (("published", "Home"), ("draft", "Home in spring")):
            session.add(
                StorePage(
                    store_id=store_id, device=device, name="home", title=title, modules=modules, state=state,
                    published_at=now - timedelta(days=20) if state == "published" else None,
                )
            )  # fmt: skip
    session.add_all(
        [
            StoreSetting(store_id=store_id, name="holiday_mode", value=False),
            StoreSetting(store_id=store_id, name="storefront_language", value="en"),
            CollaborationTask(
                store_id=store_id, title="Confirm the stock for the year-end sale", from_party="platform",
                state="open", due_at=now + timedelta(days=3),
            ),
            PlanMembership(
                store_id=store_id, plan="worry_free_shipping", state="joined", joined_at=now - timedelta(days=90),
                facts={"verified_account": 1, "logistics_templates": 1},
            ),
        ]
    )  # fmt: skip


def marketing(session: Session, store_id: int, goods: Sequence[Product], now: datetime) -> None:
    """An activity of each kind, a campaign with registrations, commissions, an advertisement, a message."""
    day = timedelta(days=1)
    terms: dict[str, dict[str, Any]] = {
        "single_discount": {"terminal": "all", "followers_discount": None},
        "coupon": {"amount": "2.00", "currency": "USD", "minimum": "20.00", "total": 500, "per_buyer": 1,
                   "given_to": "anyone"},
        "full_discount": {"currency": "USD", "free_shipping": False,
                          "levels": [{"from_amount": "30.00", "from_pieces": None, "off_amount": "3.00",
                                      "off_percent": None}]},
        "interactive": {"game": "check_in", "prizes": ["Coupon of 1 USD"], "per_buyer": 1},
    }  # fmt: skip
    for kind, of_kind in terms.items():
        activity = Activity(
            store_id=store_id, kind=kind, name=f"Winter: {kind.replace('_', ' ')}", decided="published",
            starts_at=now - 5 * day, ends_at=now + 25 * day, exclusive=kind == "single_discount", terms=of_kind,
            published_at=now - 6 * day,
        )  # fmt: skip
        session.add(activity)
        session.flush()
        for product in goods[:5]:
            discount = 15 if kind == "single_discount" else None
            session.add(
                ActivityProduct(store_id=store_id, activity_id=activity.id, product_id=product.id, discount=discount)
            )
    campaign = Campaign(
        store_id=store_id, platform_id="880042", name="Year-end sale", registration_from=now - 7 * day,
        registration_until=now + 7 * day, starts_at=now + 14 * day, ends_at=now + 21 * day, least_discount=10,
    )  # fmt: skip
    session.add(campaign)
    session.flush()
    for product, state in zip(goods[5:8], ("registered", "approved", "refused"), strict=False):
        session.add(
            CampaignRegistration(
                store_id=store_id, campaign_id=campaign.id, product_id=product.id, discount=20, stock=200,
                state=state, reason="stock too small" if state == "refused" else None,
            )
        )  # fmt: skip
    session.add_all(
        [
            AffiliateOffer(store_id=store_id, rate=Decimal("8.00"), starts_at=now - 60 * day),
            AdCampaign(
                store_id=store_id, name="Bottles", state="running", daily_budget=Decimal("20"), currency="USD",
                bids=[{"word": "steel bottle", "bid": "0.20"}], product_ids=[str(goods[0].id)],
            ),
            CustomerReach(
                store_id=store_id, name="Thank you", audience="bought_before", state="draft",
                message={"en": "Two dollars off your next bottle."},
            ),
        ]
    )  # fmt: skip


def account(session: Session, store_id: int, now: datetime) -> None:
    """Who runs the store, verified, with tax, invoices and authorisations, one of which is about to end."""
    today = now.date()
    session.add_all(
        [
            AccountProfile(
                store_id=store_id, legal_name="Norvella Trading Ltd", business_type="enterprise", country="CN",
                registration_number="91330000SAMPLE", contact_name="Lin", contact_email="owner@example.com",
            ),
            Verification(
                store_id=store_id, kind="real_name", state="verified", subject="Lin", documents=[],
                submitted_at=now - timedelta(days=200), decided_at=now - timedelta(days=198),
            ),
            WithholdingAccount(
                store_id=store_id, provider="Alipay", holder="Norvella Trading Ltd", last_four="0042",
                currency="USD", is_default=True, signed_at=now - timedelta(days=198),
            ),
            TaxRegistration(store_id=store_id, scheme="IOSS", number="IM0000000000", country="IE"),
            *(
                Invoice(
                    store_id=store_id, number=f"INV-{month:02d}", purpose="commission",
                    issued_on=today - timedelta(days=30 * month), amount=Decimal(90 + month), tax=Decimal(0),
                    currency="USD", state="paid" if month > 1 else "issued",
                )
                for month in range(1, 4)
            ),
            *(
                BrandAuthorisation(
                    store_id=store_id, mark=mark, owner=f"{mark} AG", state="approved", territories=[],
                    categories=[], valid_from=today - timedelta(days=300),
                    valid_until=today + timedelta(days=days), document={"name": f"{mark.lower()}.pdf"},
                )
                for mark, days in (("Norvella", 400), ("Tarkin", 21))
            ),
            StoreMark(
                store_id=store_id, name="Zorvik", folded="zorvik", aliases=["左维克"], owner="Zorvik AG", classes=[21],
                categories=[], territories=[], tier="protected", status="registered", risk="high",
                source="a letter of its owner",
            ),
        ]
    )  # fmt: skip


def header(session: Session, store_id: int, owner: str, now: datetime) -> None:
    """A conversation that waits, one that is answered, an announcement, and two links."""
    for number, texts in enumerate((("When will it ship?",), ("Is the lid steel?", "It is bamboo."))):
        talk = messages.Conversation(
            store_id=store_id, buyer=f"Buyer {number:02d}", last_at=now - timedelta(hours=5), last_from="buyer",
            unread=0,
        )  # fmt: skip
        session.add(talk)
        session.flush()
        for place, text in enumerate(texts):
            at = now - timedelta(hours=4 - place)
            messages.add_message(session, talk, from_party=("buyer", "seller")[place], text=text, at=at)
    session.add(
        messages.Notification(
            store_id=store_id, kind="announcement", at=now - timedelta(days=1),
            title={"en": "Year-end sale", "zh": "年终大促"},
            body={"en": "Register your products by Friday.", "zh": "请于周五前完成报名。"},
        )
    )  # fmt: skip
    for position, (title, path) in enumerate((("Orders", "orders"), ("Violations", "violations"))):
        url = f"/v1/stores/{store_id}/{path}"
        session.add(messages.QuickLink(store_id=store_id, reader=owner, title=title, url=url, position=position))


def analytics(session: Session, store_id: int, goods: Sequence[Product], now: datetime) -> None:
    """Four months of days for the store and its first products, today's hours, sources and what others reach."""
    chance = random.Random(11)
    today = now.date()
    days, of_sources = [], []
    for back in range(1, MEASURED_DAYS + 1):
        day = today - timedelta(days=back)
        visitors = round(400 + 80 * math.sin(back / 7) - back + chance.randrange(60))
        days.append({"day": day, "product_platform_id": WHOLE_STORE, **_measured(visitors, chance)})
        for product in goods[:6]:
            part = {"day": day, "product_platform_id": product.platform_id, **_measured(visitors // 9, chance)}
            days.append(part)
        of_sources += [
            {
                "day": day,
                "source": source,
                "visitors": round(visitors * share),
                "page_views": round(visitors * share * 3),
            }
            for source, share in SOURCES
        ]
    analytics_queries.upsert_daily(session, store_id, days)
    analytics_queries.upsert_sources(session, store_id, of_sources)
    start = now.replace(minute=0, second=0, microsecond=0)
    hours = [{"hour": start - timedelta(hours=back), **_measured(20, chance)} for back in range(6)]
    analytics_queries.upsert_hourly(session, store_id, hours)
    session.add_all(
        PlatformNumber(store_id=store_id, day=today - timedelta(days=1), group=group, measure=measure, value=value)
        for group, measure, value in PLATFORM_NUMBERS
    )
    analytics_queries.upsert_benchmarks(
        session,
        store_id,
        [
            {"day": today - timedelta(days=1), "group": group, "metric": "conversion", "value": Decimal(value)}
            for group, value in BENCHMARKS
        ],
    )


def _measured(visitors: int, chance: random.Random) -> dict[str, Any]:
    buyers = max(0, round(visitors * 0.02) + chance.randrange(-2, 3))
    orders = buyers + (buyers > 5)
    return {
        "exposure": visitors * 25, "visitors": visitors, "new_visitors": visitors * 7 // 10,
        "page_views": visitors * 3, "wishlisted": visitors // 20, "cart_buyers": visitors // 12,
        "cart_pieces": visitors // 9, "ordered_pieces": orders + 1, "ordered_buyers": buyers, "orders": orders,
        "paid_pieces": orders, "paid_orders": orders, "paid_buyers": buyers, "refunded_orders": orders // 20,
        "ordered_amount": Decimal(orders + 1) * 14, "paid_amount": Decimal(orders) * 14,
        "refunded_amount": Decimal(orders // 20) * 14,
    }  # fmt: skip
