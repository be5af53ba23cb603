"""The columns that files of orders and of evaluations have, in English and Chinese."""

from __future__ import annotations

from engine.intake.columns import plain

ORDERS: dict[str, tuple[str, ...]] = {
    "order_id": ("order id", "order number", "order no", "订单号", "订单编号", "订单id"),
    "state": ("order status", "order state", "status", "订单状态", "状态"),
    "placed_at": (
        "order time",
        "order date",
        "order created",
        "payment created",
        "下单时间",
        "订单创建时间",
        "创建时间",
    ),
    "paid_at": ("payment time", "paid time", "payment date", "付款时间", "支付时间"),
    "sent_at": ("ship time", "shipping time", "shipped time", "发货时间", "实际发货时间"),
    "finished_at": ("completion time", "finish time", "end time", "完成时间", "交易结束时间", "订单结束时间"),
    "amount": ("order amount", "order total", "total amount", "total", "订单金额", "订单总金额", "实付金额"),
    "currency": ("currency", "currency code", "币种", "货币"),
    "country": ("country code", "buyer country code", "国家代码", "收货国家代码"),
    "cancel_reason": ("cancel reason", "取消原因"),
    "line_id": ("line id", "suborder id", "child order id", "子订单号", "子订单编号"),
    "product_id": ("product id", "item id", "商品id", "产品id", "商品编号"),
    "sku_code": ("sku code", "sku", "product code", "商家编码", "商品编码", "sku编码"),
    "title": ("product name", "product title", "title", "商品名称", "商品标题", "产品名称", "产品标题"),
    "quantity": ("quantity", "qty", "product quantity", "数量", "商品数量", "购买数量"),
    "unit_price": ("unit price", "product price", "price", "单价", "商品单价", "价格"),
    "handling_days": ("handling days", "handling time", "备货期", "发货期"),
    "tracking_number": ("tracking number", "waybill number", "logistics no", "运单号", "物流单号", "国际运单号"),
    "carrier": (
        "carrier",
        "shipping method",
        "logistics service",
        "物流方式",
        "物流公司",
        "买家选择物流",
        "实际发货物流",
    ),
}
ASSESSMENTS: dict[str, tuple[str, ...]] = {
    **{name: ORDERS[name] for name in ("order_id", "placed_at", "product_id", "title", "quantity", "currency")},
    "sku_code": (*ORDERS["sku_code"], "SKU属性"),
    "unit_price": (*ORDERS["unit_price"], "价格(CNY)", "单价(CNY)", "price (CNY)", "unit price (CNY)"),
    "is_false_shipment": ("false shipment", "false shipping", "fake shipment", "虚假发货"),
    "is_online_late": (
        "late online",
        "online late",
        "logistics online timeout",
        "online timeout",
        "物流上网超时",
        "上网超时",
    ),
    "left": ("time left", "remaining time", "剩余时间"),
}
"""The order sheet of the store-assessment page (reference §7.4)."""
EVALUATIONS: dict[str, tuple[str, ...]] = {
    "evaluation_id": ("evaluation id", "review id", "评价id", "评价编号"),
    "order_id": ("order id", "order number", "订单号", "订单编号"),
    "product_id": ("product id", "item id", "商品id", "产品id"),
    "buyer": ("buyer", "buyer name", "buyer id", "买家", "买家名称", "买家id"),
    "stars": ("stars", "rating", "buyer evaluation", "review rating", "星级", "评分", "评价星级", "买家评价"),
    "description": ("description score", "item as described", "dsr description", "描述评分", "商品描述", "描述相符"),
    "communication": ("communication score", "dsr communication", "沟通评分", "卖家服务", "服务评分"),
    "delivery": ("delivery score", "shipping speed", "dsr logistics", "物流评分", "物流服务"),
    "feedback": ("feedback", "review", "review content", "comment", "评价内容", "买家评论", "评论内容"),
    "reply": ("reply", "seller reply", "卖家回复", "回复内容"),
    "given_at": ("review time", "review date", "feedback date", "evaluation time", "评价时间", "评价日期"),
    "finished_at": ("completion time", "finish time", "交易结束时间", "完成时间"),
    "amount": ("order amount", "订单金额"),
    "currency": ("currency", "币种"),
    "dispute_kind": ("dispute kind", "dispute type", "纠纷类型"),
}
ANALYTICS: dict[str, tuple[str, ...]] = {
    "product_id": ("product id", "item id", "商品id", "产品id", "商品编号"),
    "day": ("timeframe (USA Time Zone)", "timeframe", "date", "statistic date", "统计日期", "日期", "统计时间"),
    "exposure": ("exposure", "search exposure", "impressions", "搜索曝光量", "曝光量", "商品曝光量"),
    "visitors": ("visitors", "product visitors", "unique visitors", "uv", "商品访客数", "访客数"),
    "new_visitors": ("new visitors", "new product visitors", "新访客数", "商品新访客数", "商品访客数(新)"),
    "page_views": ("page views", "pageviews", "pv", "views", "浏览量", "商品浏览量", "商品页浏览量"),
    "wishlisted": ("wishlist", "added to wishlist", "wishlist users", "收藏人数", "收藏次数", "商品收藏人数", "收藏"),
    "cart_buyers": ("add to cart users", "cart users", "users added to cart", "加购人数", "商品加购人数"),
    "cart_pieces": ("add to cart pieces", "items added to cart", "add to cart", "加购件数", "商品加购件数"),
    "ordered_pieces": ("ordered items", "ordered pieces", "下单件数", "下单商品件数"),
    "ordered_buyers": ("ordered buyers", "order buyers", "下单买家数"),
    "orders": ("orders", "orders placed", "下单订单数", "订单数"),
    "ordered_amount": ("ordered amount", "order amount", "下单金额"),
    "paid_pieces": ("paid items", "paid pieces", "支付件数", "支付商品件数"),
    "paid_orders": ("paid orders", "支付订单数", "支付主订单数"),
    "paid_buyers": ("paid buyers", "buyers", "支付买家数"),
    "paid_amount": ("paid amount", "payment amount", "gmv", "支付金额"),
    "refunded_orders": ("refunded orders", "退款订单数"),
    "refunded_amount": ("refunded amount", "refund amount", "退款金额", "成功退款金额"),
}
VIOLATIONS: dict[str, tuple[str, ...]] = {
    "case": (
        "case no",
        "case number",
        "case id",
        "violation id",
        "punish id",
        "违规编号",
        "违规单号",
        "案件编号",
        "处罚编号",
    ),
    "offence": ("violation type", "violation", "sub-category", "违规类型", "违规子类型", "违规名称"),
    "at": (
        "effective time",
        "penalty time",
        "punish time",
        "violation time",
        "处罚时间",
        "生效时间",
        "违规时间",
        "扣分时间",
    ),
    "points": ("points", "points deducted", "deducted points", "扣分", "违规扣分", "违规积分", "扣分/计次"),
    "listing": ("product id", "item id", "商品id", "产品id", "涉及商品"),
    "remark": ("reason", "violation reason", "remark", "违规原因", "备注"),
}
COLUMNS = {
    "orders": ORDERS, "assessments": ASSESSMENTS, "evaluations": EVALUATIONS, "analytics": ANALYTICS,
    "violations": VIOLATIONS,
}  # fmt: skip
NEEDED = {
    "orders": ("order_id", "state"),
    "assessments": ("order_id", "is_false_shipment", "is_online_late"),
    "evaluations": ("stars", "given_at"),
    "analytics": ("product_id", "day"),
    "violations": ("case", "offence", "at"),
}
"""Without these a table is not of the kind."""
FEWEST = {"analytics": 3}
"""A product and a day alone say nothing that was counted."""

DISPUTE_KINDS = {
    "未收到货": "not_received", "not received": "not_received", "nr": "not_received", "退货": "returned",
    "return": "returned", "货不对版": "not_as_described", "not as described": "not_as_described",
    "snad": "not_as_described",
}  # fmt: skip

BY_NAME = {
    kind: {plain(name): field for field, names in columns.items() for name in (field.replace("_", " "), *names)}
    for kind, columns in COLUMNS.items()
}


def fields_of(headers: list[str], kind: str) -> dict[str, int]:
    """Field → index of its column, the first of several."""
    known = BY_NAME[kind]
    found: dict[str, int] = {}
    for index, header in enumerate(headers):
        field = known.get(plain(header))
        if field is not None:
            found.setdefault(field, index)
    return found


def kind_of(headers: list[str]) -> str | None:
    """Which kind of table these are the headers of: the one with all it needs and most known columns."""
    best, most = None, 0
    for kind, needed in NEEDED.items():
        fields = fields_of(headers, kind)
        is_kind = all(field in fields for field in needed) and len(fields) >= FEWEST.get(kind, 0)
        if is_kind and len(fields) > most:
            best, most = kind, len(fields)
    return best
