"""What the closed values of measures are called in a sentence: value → (English, Chinese).

A measure compares by its value ("display_none"); a seller reads words. A value that is not listed stands for itself.
"""

from __future__ import annotations

from collections.abc import Mapping

Words = Mapping[str, tuple[str, str]]

TEXT_KINDS: Words = {
    "title": ("title", "标题"),
    "localized_title": ("translated title", "多语言标题"),
    "description": ("description", "详情描述"),
    "mobile_description": ("mobile description", "移动端详情描述"),
    "localized_description": ("translated description", "多语言详情描述"),
    "attribute_name": ("attribute name", "属性名"),
    "attribute_value": ("attribute value", "属性值"),
    "sku": ("SKU", "SKU"),
    "keyword": ("keyword", "关键词"),
    "group": ("product group", "商品分组"),
}

PICTURE_KINDS: Words = {
    "main": ("Main picture", "主图"), "sku": ("SKU picture", "SKU图"), "description": ("Description picture", "详情图"),
    "marketing_long": ("Tall marketing picture", "营销长图"),
    "white_background": ("White-background picture", "白底图"),
    "marketing_square": ("Square marketing picture", "营销方图"),
}  # fmt: skip

LANGUAGES: Words = {
    "ar": ("Arabic", "阿拉伯语"), "de": ("German", "德语"), "en": ("English", "英语"), "es": ("Spanish", "西班牙语"),
    "fr": ("French", "法语"), "he": ("Hebrew", "希伯来语"), "id": ("Indonesian", "印尼语"),
    "it": ("Italian", "意大利语"),
    "ja": ("Japanese", "日语"), "ko": ("Korean", "韩语"), "nl": ("Dutch", "荷兰语"), "pl": ("Polish", "波兰语"),
    "pt": ("Portuguese", "葡萄牙语"), "ru": ("Russian", "俄语"), "th": ("Thai", "泰语"), "tr": ("Turkish", "土耳其语"),
    "uk": ("Ukrainian", "乌克兰语"), "vi": ("Vietnamese", "越南语"), "zh": ("Chinese", "中文"),
}  # fmt: skip

AUDIENCES: Words = {
    "men": ("men", "男士"), "women": ("women", "女士"), "boys": ("boys", "男童"), "girls": ("girls", "女童"),
    "kids": ("children", "儿童"),
}  # fmt: skip

SELLING_UNITS: Words = {
    "piece": ("piece", "件"), "pair": ("pair", "双"), "set": ("set", "套"), "lot": ("lot", "批"),
    "pack": ("pack", "包"), "box": ("box", "盒"), "bag": ("bag", "袋"), "roll": ("roll", "卷"),
    "bottle": ("bottle", "瓶"), "meter": ("metre", "米"), "square_meter": ("square metre", "平方米"),
    "kilogram": ("kilogram", "千克"), "gram": ("gram", "克"), "dozen": ("dozen", "打"),
}  # fmt: skip

PACKAGE: Words = {
    "length": ("length", "长"), "width": ("width", "宽"), "height": ("height", "高"), "weight": ("weight", "重量"),
}  # fmt: skip

HIDING: Words = {
    "display_none": ("display: none", "display:none 样式"),
    "visibility_hidden": ("visibility: hidden", "visibility:hidden 样式"),
    "zero_size": ("a size of zero", "零字号或零尺寸"),
    "transparent": ("made transparent", "透明文字"),
    "off_screen": ("placed off the screen", "移出可见区域"),
    "hidden_attribute": ("the attribute hidden", "hidden 属性"),
    "white_text": ("white text", "白色文字"),
}

CLAIMS: Words = {
    "seller": ("to be a seller of the brand", "授权经销商"),
    "store": ("to be a store of the brand", "官方店铺"),
    "genuine": ("to sell the brand's own goods", "正品"),
}

UNSEEN: Words = {
    "hidden_text": ("hidden text", "隐藏文字"),
    "alt_text": ("the alt text of a picture", "图片替代文字"),
    "image_name": ("the file name of a picture", "图片文件名"),
}

IDENTITY: Words = {
    "brand": ("the brand", "品牌"), "category": ("the category", "类目"), "material": ("the material", "材质"),
    "model": ("the model", "型号"), "function": ("the function", "功能"),
    "configuration": ("the configuration", "配置"),
}  # fmt: skip

OFFLINE_REASONS: Words = {
    "expire_offline": ("the end of its term", "到期"),
    "user_offline": ("the seller's own wish", "卖家自行操作"),
    "punish_offline": ("a penalty (punish_offline)", "平台处罚（punish_offline）"),
    "violate_offline": ("a violation (violate_offline)", "违规（violate_offline）"),
    "degrade_offline": ("a degraded store (degrade_offline)", "店铺降级（degrade_offline）"),
    "industry_offline": ("a rule of its industry (industry_offline)", "行业规则（industry_offline）"),
}

TRANSFORMS: Words = {
    "invisible": ("invisible characters", "不可见字符"),
    "diacritics": ("accents", "变音符号"),
    "letter_form": ("another letter form", "特殊字形"),
    "homoglyph": ("look-alike letters", "形近字符"),
    "leet": ("digits or signs for letters", "数字或符号代替字母"),
    "separators": ("letters set apart", "字母间插入分隔"),
    "emoji": ("emoji between letters", "字母间插入表情"),
    "repeated": ("repeated letters", "重复字母"),
    "wildcard": ("letters starred out", "以星号遮挡字母"),
    "reversed": ("written backwards", "倒写"),
    "transliteration": ("another script", "其他文字音译"),
    "split_over_fields": ("split over fields", "拆分在多个字段"),
    "split": ("split in two", "拆开书写"),
    "misspelling": ("one slip of the pen", "拼写相差一处"),
    "glued": ("joined to another word", "与其他词连写"),
    "markup": ("HTML codes or tags", "HTML 代码或标签"),
}

FACTS_ZH: Mapping[str, str] = {
    "id": "商品ID", "store_id": "店铺ID", "marketplace": "平台", "status": "商品状态", "offline_reason": "下架原因",
    "product_type": "商品类型", "locale": "语言", "title": "标题", "titles": "多语言标题", "category_id": "类目",
    "category_path": "类目路径", "attributes": "属性", "skus": "SKU", "price": "价格", "currency": "币种",
    "images": "图片", "videos": "视频", "description": "详情描述", "mobile_description": "移动端详情描述",
    "descriptions": "多语言详情描述", "keywords": "关键词", "groups": "商品分组", "package": "包装信息",
    "selling_unit": "计量单位", "pieces_per_lot": "每批件数", "wholesale": "批发设置", "handling_days": "备货期",
    "valid_days": "有效期", "freight_template_id": "运费模板", "freight": "运费", "deliverable_countries": "可送达国家",
    "country_prices": "分国家定价", "qualifications": "资质", "eu_responsible_id": "欧盟责任人",
    "stock_rule": "库存扣减方式",
    "created": "创建时间", "modified": "修改时间", "last_sold": "最近销售时间", "previous": "修改前的商品",
    "orders_30d": "近30天订单数", "store.approved_brands": "店铺获授权品牌", "store.authorisations": "品牌授权",
    "store.marks": "店铺自有商标库", "store.protected_pictures": "受保护图片库",
    "store.level": "店铺等级", "store.product_limit": "店铺商品数上限", "store.online_products": "在线商品数",
    "store.frozen_until": "店铺冻结截止日", "store.groups": "店铺商品分组", "store.category_counts": "各类目在线商品数",
    "store.type": "店铺类型", "store.auditing_products": "审核中商品数",
}  # fmt: skip
"""Facts of a listing and a store as a Chinese reader calls them."""
