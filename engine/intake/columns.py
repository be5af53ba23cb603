"""The columns that tables of products are known to have, in English and Chinese, and how each is read.

A *field* is what a column means: `title`, `sku_price`, `package_weight` … The Chinese names begin
with those of the 店小秘 export (reference §7.4); the others are what sellers, shop systems and feeds call them.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.intake.envelope import squash


@dataclass(frozen=True, slots=True)
class Field:
    """One meaning of a column: `names` are known headers; `many` columns may share it."""

    id: str
    zh: str
    names: tuple[str, ...]
    many: bool = False


FIELDS: tuple[Field, ...] = (
    Field("id", "商品ID", ("product id", "item id", "listing id", "handle", "产品id", "商品id", "商品编号")),
    Field("erp_id", "店小秘产品ID", ("店小秘产品ID", "erp id")),
    Field("store", "店铺", ("所属店铺", "店铺", "店铺账号", "shop", "store", "store name", "shop name")),
    Field(
        "title",
        "标题",
        (
            "title",
            "product title",
            "product name",
            "item name",
            "name",
            "subject",
            "产品名称",
            "商品名称",
            "标题",
            "产品标题",
        ),
    ),
    Field(
        "category_id",
        "类目ID",
        ("category id", "产品类型", "类目id", "类目", "category", "leaf category", "产品类型(类目ID)"),
    ),
    Field(
        "category_path",
        "类目名称",
        ("category path", "category name", "类目名称", "product type", "类目路径"),
    ),
    Field("category_top", "一级类目", ("一级类目", "一级目录", "top category")),
    Field(
        "groups", "产品分组", ("产品分组", "分组", "product group", "groups", "collection", "collections"), many=True
    ),
    Field(
        "images",
        "产品图片",
        (
            "产品图片",
            "主图",
            "图片",
            "images",
            "image",
            "image url",
            "image urls",
            "image src",
            "main image",
            "pictures",
            "picture",
        ),
        many=True,
    ),
    Field("marketing_long", "营销图（长图）", ("营销图(长图)", "营销长图", "marketing image long")),
    Field("marketing_square", "营销图（方图）", ("营销图(方图)", "营销方图", "marketing image square")),
    Field("white_background", "白底图", ("白底图", "white background image", "white image")),
    Field("videos", "产品视频", ("产品视频", "视频", "video", "videos", "video url"), many=True),
    Field("brief", "产品简述", ("产品简述", "short description", "summary", "brief")),
    Field(
        "description",
        "详细描述",
        (
            "产品详细描述1",
            "产品详细描述2",
            "产品详细描述",
            "详细描述",
            "描述",
            "description",
            "body html",
            "body (html)",
            "detail",
        ),
        many=True,
    ),
    Field("mobile_description", "无线端描述", ("无线端描述", "手机端描述", "mobile description")),
    Field("attributes", "系统属性", ("系统属性", "产品属性", "属性", "attributes", "product attributes", "specifics")),
    Field("custom_attributes", "自定义属性", ("自定义属性", "custom attributes")),
    Field("price_info", "价格信息", ("价格信息", "sku信息", "sku info", "skus", "variants")),
    Field("currency", "币种", ("币种", "货币", "currency", "currency code")),
    Field("selling_unit", "最小计量单位", ("最小计量单位", "计量单位", "单位", "unit", "selling unit")),
    Field("pieces_per_lot", "每包件数", ("每包件数", "pieces per lot", "lot size", "lot num")),
    Field("wholesale_minimum", "批发起批量", ("批发起批量", "起批量", "bulk order", "wholesale minimum")),
    Field("wholesale_discount", "批发折扣", ("批发折扣", "批发折扣(%)", "bulk discount", "wholesale discount")),
    Field("stock_rule", "库存扣减方式", ("库存扣减方式", "stock rule", "reduce strategy")),
    Field(
        "handling_days",
        "发货期",
        ("发货期", "发货期(天)", "备货期", "handling days", "handling time", "delivery time", "lead time"),
    ),
    Field("valid_days", "产品有效期", ("产品有效期", "有效期", "valid days")),
    Field(
        "package_weight",
        "产品包装后的重量",
        (
            "产品包装后的重量",
            "包装重量",
            "毛重",
            "重量",
            "重量(kg)",
            "package weight",
            "gross weight",
            "weight",
            "weight kg",
        ),
    ),
    Field(
        "package_length",
        "包装长",
        ("产品包装后的尺寸(长)", "包装长", "包装长度", "长", "长(cm)", "package length", "length", "length cm"),
    ),
    Field(
        "package_width",
        "包装宽",
        ("产品包装后的尺寸(宽)", "包装宽", "包装宽度", "宽", "宽(cm)", "package width", "width", "width cm"),
    ),
    Field(
        "package_height",
        "包装高",
        ("产品包装后的尺寸(高)", "包装高", "包装高度", "高", "高(cm)", "package height", "height", "height cm"),
    ),
    Field("freight_template_id", "运费模板", ("运费模板", "运费模版", "freight template", "shipping template")),
    Field("eu_responsible_id", "欧盟责任人", ("欧盟责任人", "欧盟责任人id", "eu responsible person", "gpsr")),
    Field("status", "产品状态", ("产品状态", "商品状态", "状态", "status", "product status")),
    Field("offline_reason", "下架原因", ("下架原因", "offline reason")),
    Field("keywords", "关键词", ("关键词", "关键字", "keywords", "keyword", "tags", "search terms"), many=True),
    Field("created", "创建时间", ("创建时间", "创建日期", "created", "created at", "create time")),
    Field("modified", "更新时间", ("更新时间", "修改时间", "updated", "updated at", "modified")),
    Field("last_sold", "最近销售时间", ("最近销售时间", "最后出单时间", "last sold", "last sale")),
    Field("orders_30d", "30天销量", ("30天销量", "近30天销量", "30天订单数", "orders 30d", "sales 30 days")),
    Field("brand", "品牌", ("品牌", "brand", "brand name", "vendor", "manufacturer")),
    Field("material", "材质", ("材质", "材料", "material")),
    Field("sku_id", "SKU ID", ("sku id", "variant id", "skuid")),
    Field("sku_code", "商品编码", ("sku", "sku code", "seller sku", "variant sku", "商品编码", "商家编码", "货号")),
    Field(
        "sku_price",
        "价格",
        ("价格", "零售价", "售价", "售价(usd)", "price", "variant price", "sale price", "unit price", "sku price"),
    ),
    Field("sku_discount_price", "折扣价", ("折扣价", "促销价", "discount price", "promo price")),
    Field(
        "sku_stock",
        "库存",
        ("库存", "库存数量", "stock", "quantity", "qty", "inventory", "variant inventory qty", "available"),
    ),
    Field("sku_barcode", "条码", ("条码", "barcode", "ean", "upc", "gtin", "variant barcode")),
    Field("sku_color", "颜色", ("颜色", "color", "colour")),
    Field("sku_size", "尺码", ("尺码", "尺寸", "规格", "size")),
    Field("sku_ship_from", "发货地", ("发货地", "发货国", "ships from", "ship from")),
    Field("sku_image", "SKU图片", ("sku图片", "sku image", "variant image")),
)

TARGETS = {
    "erp_id": "id",
    "category_top": "category_path",
    "custom_attributes": "attributes",
    "brand": "attributes",
    "material": "attributes",
    "marketing_long": "images",
    "marketing_square": "images",
    "white_background": "images",
    "price_info": "skus",
    "wholesale_minimum": "wholesale",
    "wholesale_discount": "wholesale",
}
"""Field of a table → field of a listing, where the names differ and no rule (`package_`, `sku_`) says it."""


def target(field: str) -> str:
    """The listing's field that a table's field goes into; "" for one that no listing holds."""
    if field in {"store", "brief"}:
        return ""
    head = field.partition("_")[0]
    return TARGETS.get(field, {"package": "package", "sku": "skus"}.get(head, field))


BY_ID = {field.id: field for field in FIELDS}
REQUIRED = ("title",)
# Columns of the 店小秘 export that have no place in a listing.
IGNORED_HEADERS = (
    *(
        "来源url",
        "服务模板",
        "尺码模板",
        "自定义计重",
        "销售方式",
        "备注",
        "负责人",
        "标签",
        "资质信息",
        "采集时间",
        "创建人",
    ),
    *("source url", "note", "notes", "remark", "remarks"),
)

DIANXIAOMI_MARKS = ("店小秘产品id", "产品详细描述1", "系统属性", "价格信息", "产品包装后的重量", "产品名称")


def plain(header: str) -> str:
    """A header for comparison: one case, no blanks, underscores, dashes, brackets or stars."""
    text = squash(header.strip())
    for sign in ("（", "）", "(", ")", "*", " ", "-", "/", ":", "：", "\n", "\u00a0", "."):
        text = text.replace(sign, "")
    return text


BY_NAME = {plain(name): field.id for field in FIELDS for name in (*field.names, field.id, field.zh)}
IGNORED = frozenset(plain(name) for name in IGNORED_HEADERS)
