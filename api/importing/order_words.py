"""How files, pages and interfaces write the states of an order → the state of the store model."""

from __future__ import annotations

from store_model.orders import ORDER_STATES

WORDS: dict[str, tuple[str, ...]] = {
    "PLACE_ORDER_SUCCESS": ("等待买家付款", "待付款", "awaiting payment", "unpaid"),
    "IN_CANCEL": ("买家申请取消", "申请取消中", "cancel requested", "in cancel"),
    "WAIT_SELLER_SEND_GOODS": ("等待您发货", "等待卖家发货", "待发货", "awaiting shipment", "to ship"),
    "SELLER_PART_SEND_GOODS": ("部分发货", "partial shipment", "partly shipped"),
    "WAIT_BUYER_ACCEPT_GOODS": ("等待买家收货", "已发货", "shipped", "awaiting delivery"),
    "FUND_PROCESSING": ("资金处理中", "等待放款", "payment_processing", "fund processing"),
    "IN_ISSUE": ("含纠纷的订单", "纠纷中", "in dispute"),
    "IN_FROZEN": ("冻结中的订单", "已冻结", "frozen"),
    "WAIT_SELLER_EXAMINE_MONEY": ("等待您确认金额", "awaiting your confirmation of the amount"),
    "RISK_CONTROL": ("资金未到账", "风控中", "risk control"),
    "RISK_CONTROL_HOLD": ("风控暂缓", "risk control hold"),
    "FINISH": ("已结束的订单", "已结束", "已完成", "交易完成", "已关闭", "completed", "finished", "closed"),
    "ARCHIVE": ("已归档", "archived"),
}
_STATE_OF = {state.lower(): state for state in ORDER_STATES} | {
    word.lower(): state for state, words in WORDS.items() for word in words
}


def state_of(word: str) -> str | None:
    """The state that a word means; None for one that is not known."""
    text = " ".join(word.split()).lower()
    return _STATE_OF.get(text) or _STATE_OF.get(text.replace(" ", "_"))
