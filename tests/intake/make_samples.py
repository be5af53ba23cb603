"""Writes the files in samples/: invented products, some clean and some with the faults that sellers make.

    python tests/intake/make_samples.py [FOLDER]

The same bytes every time; a test holds the files in the repository to this script. All shops, brands, links and
numbers are invented (example domains, 555 numbers).
"""

# ruff: noqa: E501  (the samples hold long texts)

from __future__ import annotations

import csv
import io
import json
import sys
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[2] / "samples"
PICTURES = "https://ae01.alicdn.com/kf/"


def pictures(name: str, count: int, first: int = 1) -> list[str]:
    return [f"{PICTURES}{name}-{number}.jpg" for number in range(first, first + count)]


def main_images(name: str, count: int) -> list[dict[str, Any]]:
    return [
        {"url": url, "kind": "main", "width": 1000, "height": 1000, "format": "jpg", "size": 310000 + 4000 * index}
        for index, url in enumerate(pictures(name, count))
    ]


def colour_sku(colour: str, code: str, price: str, stock: int, image: str) -> dict[str, Any]:
    part = {"name": "Color", "value": colour, "label": colour, "image": f"{PICTURES}{image}.jpg"}
    return {"id": code.lower(), "code": code, "price": price, "stock": stock, "properties": [part]}


CLEAN_DRAFT: dict[str, Any] = {
    "id": "1005009000000101",
    "marketplace": "aliexpress",
    "status": "draft",
    "product_type": "POP",
    "locale": "en",
    "title": "Stainless Steel Insulated Water Bottle 500 ml with Carry Loop for Hiking",
    "category_id": "drinkware_bottles",
    "attributes": [
        {"name": "Brand Name", "value": "Norvella"},
        {"name": "Origin", "value": "Mainland China"},
        {"name": "Material", "value": "Stainless Steel"},
        {"name": "Capacity", "value": "500", "unit": "ml"},
        {"name": "BPA Free", "value": "Yes"},
        {"name": "Feature", "value": "Carry loop"},
        {"name": "Model Number", "value": "NV-500"},
    ],
    "price": "10.90",
    "currency": "USD",
    "skus": [
        colour_sku("Black", "NV500-BLK", "10.90", 140, "nv500-black"),
        colour_sku("White", "NV500-WHT", "10.90", 96, "nv500-white"),
        colour_sku("Green", "NV500-GRN", "11.50", 75, "nv500-green"),
    ],
    "images": [
        *main_images("nv500", 5),
        {
            "url": f"{PICTURES}nv500-plain.jpg",
            "kind": "white_background",
            "width": 1000,
            "height": 1000,
            "format": "jpg",
        },
        {"url": f"{PICTURES}nv500-long.jpg", "kind": "marketing_long", "width": 750, "height": 1000, "format": "jpg"},
        {
            "url": f"{PICTURES}nv500-square.jpg",
            "kind": "marketing_square",
            "width": 800,
            "height": 800,
            "format": "jpg",
        },
    ],
    "description": (
        "<p>Double-wall vacuum bottle made of 304 stainless steel. It keeps drinks cold for a full day and hot for ten "
        "hours.</p><p>The carry loop folds flat. The wide mouth takes ice cubes and is easy to clean by hand.</p>"
        "<ul><li>Volume: 500 ml</li><li>Height: 22 cm</li><li>Weight: 0.28 kg</li></ul>"
        "<p>In the box: one bottle and one cleaning brush.</p>"
        f'<img src="{PICTURES}nv500-detail.jpg" alt="insulated water bottle">'
    ),
    "mobile_description": "<p>Double-wall vacuum bottle made of 304 stainless steel, 500 ml, with a carry loop.</p>",
    "keywords": ["vacuum flask", "thermal drink bottle", "sports flask"],
    "groups": ["Drinkware"],
    "package": {"length": 25, "width": 8, "height": 8, "weight": "0.35"},
    "selling_unit": "piece",
    "pieces_per_lot": 1,
    "handling_days": 5,
    "valid_days": 7,
    "freight_template_id": "700100200",
    "freight": [
        {"country": "US", "amount": "2.90", "method": "standard"},
        {"country": "ES", "amount": "2.40", "method": "standard"},
    ],
    "deliverable_countries": ["US", "ES", "FR", "DE", "BR", "PL"],
    "qualifications": [{"key": "food_contact_report", "value": "FC-2026-0142.pdf"}],
    "stock_rule": "place_order_withhold",
}

FAULTY_DRAFT: dict[str, Any] = {
    "id": "1005009000000102",
    "marketplace": "aliexpress",
    "status": "draft",
    "locale": "en",
    "title": "Phone Case, Silicone Phone Case, Soft Phone Case, Shockproof phone cases for Norvella X12 手机壳 Free Shipping",
    "category_id": "phone_cases",
    "attributes": [
        {"name": "Brand Name", "value": "Norvella"},
        {"name": "Origin", "value": "Mainland China"},
        {"name": "Material", "value": "PU Leather"},
        {"name": "Color", "value": "Black"},
    ],
    "currency": "USD",
    "skus": [
        colour_sku("Black", "NC12 BLK", "3.20", 400, "nc12-black"),
        colour_sku("Red", "NC12-RED", "3.20", 220, "nc12-red"),
        colour_sku("Clear", "NC12-CLR", "0.10", 0, "nc12-clear"),
        {
            "id": "freight",
            "code": "NC12-FRT",
            "price": "59.00",
            "stock": 999,
            "properties": [{"name": "Color", "label": "Freight"}],
        },
    ],
    "images": [
        {"url": f"{PICTURES}nc12-1.jpg", "kind": "main", "width": 600, "height": 420, "format": "jpg", "size": 210000},
        {"url": f"{PICTURES}nc12-2.bmp", "kind": "main", "width": 900, "height": 900, "format": "bmp", "size": 6400000},
    ],
    "description": (
        "<p>Soft silicone phone case for the Norvella X12. The raised edge protects screen and camera.</p>"
        '<p>Order at <a href="https://shop.example.com/nc12">our own shop</a> and save 10%.</p>'
        '<span style="display:none">WhatsApp +1 212 555 0147, or write to sales@example.com</span>'
        f'<img src="{PICTURES}nc12-detail.jpg">'
    ),
    "keywords": ["phone case", "silicone case"],
    "package": {"length": 18, "width": 10, "height": 2, "weight": "0.06"},
    "selling_unit": "piece",
    "pieces_per_lot": 1,
    "wholesale": {"minimum": 20},
    "handling_days": 45,
    "valid_days": 7,
    "freight_template_id": "700100200",
    "freight": [{"country": "US", "amount": "9.80", "method": "standard"}],
    "deliverable_countries": ["US", "ES"],
}


def platform_sku(colour: tuple[int, str], size: tuple[int, str], price: str, stock: int) -> dict[str, Any]:
    colour_id, colour_name = colour
    size_id, size_name = size
    return {
        "id": f"14:{colour_id};5:{size_id}",
        "sku_code": f"MD-{colour_name[:3].upper()}-{size_name}",
        "sku_price": price,
        "sku_stock": stock > 0,
        "ipm_sku_stock": stock,
        "currency_code": "USD",
        "aeop_s_k_u_property_list": {
            "aeop_sku_property": [
                {
                    "sku_property_id": 14,
                    "property_value_id": colour_id,
                    "property_value_definition_name": colour_name,
                    "sku_image": f"{PICTURES}midi-{colour_name.lower()}.jpg",
                },
                {"sku_property_id": 5, "property_value_id": size_id},
            ]
        },
    }


RED, BLUE, BLACK = (10, "Red"), (173, "Blue"), (193, "Black")
SMALL, MEDIUM, LARGE = (100014064, "S"), (361386, "M"), (361385, "L")

PLATFORM_PRODUCT: dict[str, Any] = {
    "aliexpress_offer_product_query_response": {
        "request_id": "16q2f0ab5mzz",
        "result": {
            "product_id": 1005009000000201,
            "category_id": 200003482,
            "locale": "en_US",
            "subject_list": {
                "single_language_title_dto": [
                    {
                        "locale": "en_US",
                        "value": "Women Floral Midi Dress Summer Dress Beach Dress Party Dress Women's Dresses Boho Dress 2026 Vestidos",
                    },
                    {"locale": "es_ES", "value": "Vestido midi floral de verano para mujer"},
                ]
            },
            "detail_source_list": {
                "detail_source": [
                    {
                        "locale": "en_US",
                        "web_detail": (
                            "<p>Light floral midi dress with short sleeves and an elastic waist. The viscose fabric is "
                            "soft and falls well.</p><table><tr><td>Size</td><td>Bust</td><td>Length</td></tr>"
                            "<tr><td>S</td><td>88 cm</td><td>112 cm</td></tr><tr><td>M</td><td>92 cm</td><td>113 cm</td>"
                            "</tr><tr><td>L</td><td>96 cm</td><td>114 cm</td></tr></table>"
                            '<div style="display:none">dress dresses cheap dress whatsapp +1 212 555 0163</div>'
                            '<p>More styles: <a href="http://dresses.example.net/sale?from=ae">dresses.example.net</a></p>'
                            f'<img src="{PICTURES}midi-detail-1.jpg"><img src="https://img.example.net/midi-2.jpg">'
                        ),
                        "mobile_detail": json.dumps(
                            {
                                "version": "1.0",
                                "mobileDetail": [
                                    {"type": "text", "content": "Light floral midi dress with short sleeves."}
                                ],
                            }
                        ),
                    }
                ]
            },
            "aeop_ae_product_propertys": {
                "aeop_ae_product_property": [
                    {"attr_name_id": 2, "attr_name": "Brand Name", "attr_value_id": -1, "attr_value": "MERIVELLE"},
                    {
                        "attr_name_id": 219,
                        "attr_name": "Origin",
                        "attr_value_id": 9441741844,
                        "attr_value": "Mainland China",
                    },
                    {
                        "attr_name_id": 200000329,
                        "attr_name": "Neckline",
                        "attr_value_id": 200001128,
                        "attr_value": "V-Neck",
                    },
                    {"attr_name_id": 200000333, "attr_name": "Sleeve Length(cm)", "attr_value": "Full"},
                    {"attr_name": "Fabric note", "attr_value": "Wash cold, 主要材质 viscose"},
                ]
            },
            "aeop_ae_product_s_k_us": {
                "aeop_ae_product_sku": [
                    platform_sku(RED, SMALL, "18.90", 35),
                    platform_sku(RED, MEDIUM, "18.90", 41),
                    platform_sku(RED, LARGE, "18.90", 28),
                    platform_sku(BLUE, SMALL, "18.90", 12),
                    platform_sku(BLUE, MEDIUM, "1890.00", 12),
                    platform_sku(BLACK, SMALL, "1.99", 0),
                ]
            },
            "image_u_r_ls": ";".join(pictures("midi", 2)),
            "market_images": {"market_image": [{"image_type": 1, "url": f"{PICTURES}midi-long.jpg"}]},
            "aeop_a_e_multimedia": {
                "aeop_a_e_videos": {"aeop_ae_video": [{"media_id": 7002100000001, "media_type": "video"}]}
            },
            "product_price": "18.90",
            "currency_code": "USD",
            "product_unit": 100000015,
            "package_type": False,
            "lot_num": 1,
            "bulk_order": 10,
            "bulk_discount": 5,
            "gross_weight": "0.320",
            "package_length": 30,
            "package_width": 25,
            "package_height": 3,
            "delivery_time": 7,
            "ws_valid_num": 7,
            "freight_template_id": 700100200,
            "promise_template_id": 0,
            "group_ids": {"number": [512345678, 512345679]},
            "keyword": "floral dress",
            "reduce_strategy": "place_order_withhold",
            "product_status_type": "onSelling",
            "product_type": "POP",
            "msr_eu_id": "",
            "aeop_qualification_struct_list": {
                "aeop_qualification_struct": [{"key": "manufacturer_label", "value": "none"}]
            },
            "aeop_national_quote_configuration": {
                "configuration_type": "absolute",
                "configuration_data": json.dumps(
                    [{"shiptoCountry": "FR", "absoluteQuoteMap": {"14:10;5:100014064": 6.5, "14:10;5:361386": 19.5}}]
                ),
            },
            "gmt_create": "2026-05-04 19:22:10",
            "gmt_modified": "2026-10-30 02:11:48",
            "owner_member_seq": 228000001,
            "success": True,
        },
    }
}


def display(number: int, title: str, price: tuple[str, str], images: int, **more: Any) -> dict[str, Any]:
    return {
        "product_id": 1005009000000300 + number,
        "subject": title,
        "image_u_r_ls": ";".join(pictures(f"list{number}", images)),
        "product_min_price": price[0],
        "product_max_price": price[1],
        "currency_code": "USD",
        "freight_template_id": 700100200,
        "gmt_create": "2026-06-11 08:00:00",
        "gmt_modified": "2026-11-02 08:00:00",
        "owner_member_id": "cn1500000001abcd",
        "owner_member_seq": 228000001,
        "src": "isv",
        **more,
    }


PLATFORM_LIST: dict[str, Any] = {
    "aliexpress_solution_product_list_get_response": {
        "request_id": "16q2f0ab5n00",
        "result": {
            "success": True,
            "current_page": 1,
            "total_page": 1,
            "product_count": 5,
            "aeop_a_e_product_display_d_t_o_list": {
                "item_display_dto": [
                    display(1, "Bamboo Cutting Board with Juice Groove for Kitchen", ("12.40", "19.90"), 5),
                    display(2, "Bamboo Cutting Board with Juice Groove for Kitchens", ("12.40", "19.90"), 5),
                    display(3, "Toy toy toys car toy truck toy for kids toys", ("4.10", "4.10"), 1),
                    display(4, "男士休闲鞋 Casual Shoes", ("0.01", "38.00"), 3, ws_display="expire_offline"),
                    display(5, "Garden Hose Nozzle with Eight Spray Patterns", ("7.80", "7.80"), 4),
                ]
            },
        },
    }
}

HEADERS = (
    *(
        "店小秘产品ID",
        "产品ID",
        "所属店铺",
        "来源url",
        "产品名称",
        "产品类型(类目ID)",
        "类目名称",
        "产品分组",
        "产品图片",
    ),
    *(
        "营销图(长图)",
        "营销图(方图)",
        "产品视频",
        "产品简述",
        "产品详细描述1",
        "产品详细描述2",
        "系统属性",
        "自定义属性",
        "价格信息",
    ),
    *(
        "币种",
        "最小计量单位",
        "销售方式",
        "每包件数",
        "批发起批量",
        "批发折扣",
        "库存扣减方式",
        "发货期(天)",
        "产品有效期",
    ),
    *("产品包装后的重量", "包装长", "包装宽", "包装高", "自定义计重", "运费模板", "服务模板", "白底图", "欧盟责任人"),
    *("产品状态", "下架原因", "创建时间", "更新时间", "30天销量", "备注", "一级类目"),
)


def price_info(*skus: tuple[str, str, int]) -> str:
    listed = [
        {"属性": {"Color": name}, "商品编码": f"{name[:4].upper()}-{index}", "价格": price, "库存": stock}
        for index, (name, price, stock) in enumerate(skus, start=1)
    ]
    return json.dumps({"skuArray": listed}, ensure_ascii=False)


def export_row(number: int, title: str, path: str, **given: Any) -> dict[str, Any]:
    name = f"dxm{number}"
    row: dict[str, Any] = {
        "店小秘产品ID": f"16000000000{number:04d}",
        "产品ID": f"1005009000{number:06d}",
        "所属店铺": "示例店铺A",
        "来源url": f"https://source.example.com/offer/{number}.html",
        "产品名称": title,
        "类目名称": path,
        "产品分组": "新品;热卖",
        "产品图片": ";".join(pictures(name, 5)),
        "营销图(长图)": f"{PICTURES}{name}-long.jpg",
        "营销图(方图)": f"{PICTURES}{name}-square.jpg",
        "白底图": f"{PICTURES}{name}-white.jpg",
        "产品简述": "",
        "产品详细描述1": f'<p>{title}. Made with care and packed safely.</p><img src="{PICTURES}{name}-detail.jpg">',
        "系统属性": "Brand Name: Norvella; Origin: Mainland China",
        "价格信息": price_info(("Black", "9.90", 120), ("White", "9.90", 80)),
        "币种": "USD",
        "最小计量单位": "件/个 (piece/pieces)",
        "销售方式": "按件出售",
        "每包件数": 1,
        "库存扣减方式": "下单减库存",
        "发货期(天)": 5,
        "产品有效期": 7,
        "产品包装后的重量": 0.35,
        "包装长": 20,
        "包装宽": 15,
        "包装高": 8,
        "自定义计重": "否",
        "运费模板": "标准运费模板",
        "服务模板": "新手服务模板",
        "欧盟责任人": "900001",
        "产品状态": "正在销售",
        "创建时间": datetime(2026, 4, number, 10, 30),
        "更新时间": datetime(2026, 10, number, 9, 15),
        "30天销量": 3 * number,
        "一级类目": path.partition(" > ")[0],
    }
    return {**row, **given}


EXPORT: tuple[dict[str, Any], ...] = (
    export_row(
        1,
        "Women's Chiffon Midi Dress with Long Sleeves and V-Neck",
        "女装 > 连衣裙",
        系统属性="Brand Name: Norvella; Origin: Mainland China; Material: Polyester; Dresses Length: Mid-Calf; "
        "Sleeve Length: Full; Neckline: V-Neck; Silhouette: A-Line; Waistline: High; Color: Blue",
        价格信息=price_info(("Blue", "21.90", 60), ("Pink", "21.90", 45)),
    ),
    export_row(
        2,
        "dress, dresses, summer dress, women dress, long dress, dress for women",
        "女装 > 连衣裙",
        价格信息=price_info(("Red", "16.50", 30), ("Black", "165.00", 30), ("Other", "0.50", 0)),
    ),
    export_row(
        3,
        "Women's Cotton T-shirt with Round Neck",
        "女装 > 连衣裙",
        系统属性="Brand Name: Norvella; Material: Cotton; Neckline: V-Neck",
    ),
    export_row(
        4,
        "Canvas Tote Bag with Zipper and Inner Pocket",
        "箱包 > 手提包/托特包",
        产品图片=";".join(pictures("dxm4", 1)),
        **{"营销图(长图)": "", "营销图(方图)": "", "白底图": ""},
    ),
    export_row(5, "男士休闲运动鞋 Men's Casual Sneakers", "鞋 > 男式休闲鞋", 最小计量单位="件/个 (piece/pieces)"),
    export_row(
        6,
        "Men's Leather Belt with Pin Buckle",
        "服饰配件 > 腰带",
        产品详细描述2='<p style="font-size:0">Contact us on Telegram, phone 555-0128, belts@example.org</p>',
    ),
    export_row(
        7,
        "Women's Knitted Beanie Hat for Winter",
        "服饰配件 > 针织帽/冬帽",
        产品包装后的重量="abc",
        价格信息='{"skuArray": [{"价格": "6.90", ',
    ),
    export_row(
        8,
        "Socks 10 Pairs Cotton Ankle Socks for Men",
        "男装 > 袜子",
        价格信息=price_info(("1 pair", "0.99", 500), ("5 pairs", "4.20", 200), ("10 pairs", "7.90", 200)),
        **{"每包件数": 1},
    ),
    export_row(9, "Travel Backpack 40 L with Laptop Sleeve", "箱包 > 双肩包", 产品包装后的重量="1,2", 包装长=900),
    export_row(10, "", "女装 > 半身裙", **{"店小秘产品ID": "", "产品ID": "", "备注": "标题待补"}),
    export_row(
        11,
        "Women's Pleated Skirt with Elastic Waist",
        "女装 > 半身裙",
        系统属性="Brand Name: Norvella; Origin: Mainland China; Material: Polyester; Dresses Length: Knee-Length; "
        "Silhouette: Pleated; Waistline: High; Color: Black",
        价格信息=price_info(("Black", "14.90", 60), ("Khaki", "14.90", 70)),
        **{"批发起批量": 10, "批发折扣": 5},
    ),
    export_row(
        12,
        "Women's Pleated Skirt with Elastic Waist Black",
        "女装 > 半身裙",
        产品状态="已下架",
        下架原因="expire_offline",
        产品图片=";".join(pictures("dxm11", 5)),
    ),
)

CATALOGUE_HEADERS = (
    *(
        "Product ID",
        "Title",
        "Category",
        "SKU",
        "Color",
        "Price",
        "Qty",
        "Image URL",
        "Description",
        "Weight (kg)",
        "Brand",
    ),
    *("Lead time", "Warehouse note"),
)

CATALOGUE: tuple[tuple[str, ...], ...] = (
    ("2001", "Silicone Baking Mat Set, 2 Pieces", "bakeware", "BM-2", "Red", "$8.90", "140", "bake-1 bake-2 bake-3", "<p>Two mats.</p>", "0.25", "Norvella", "5", "A1"),
    ("2002", "Women's Linen Summer Dress with Pockets", "womens_dresses", "LD-S", "Beige", "$24.00", "18", "linen-1 linen-2 linen-3 linen-4", "<p>Linen dress, mid-calf.</p>", "0.30", "Norvella", "5", "A2"),
    ("2002", "", "", "LD-M", "Olive", "$24.00", "22", "", "", "", "", "", "A2"),
    ("2002", "", "", "LD-L", "White", "$2.40", "0", "", "", "", "", "", "A2"),
    ("2003", "LED Desk Lamp LED Lamp LED Light LED Table Lamp", "table_floor_lamps", "LL-1", "White", "$15.50", "75", "lamp-1", "<p>Call 555-0171 for a discount.</p>", "0.80", "Norvella", "5", "B1"),
    ("2004", "Ceramic Coffee Mug 350 ml with Lid", "mugs_cups", "CM-1", "Blue", '7,90', "60", "mug-1 mug-2 mug-3", "<p>Ceramic mug with a lid.</p>", "0.45", "Norvella", "5", "B1"),
    ("2005", "Dog Leash 2 m with Padded Handle", "Home & Garden > Collars, Leashes & Training", "DL-2", "Black", "$6.20", "many", "leash-1 leash-2 leash-3", "<p>Nylon leash.</p>", "0.15", "Norvella", "5", "B2"),
    ("2006", "Yoga Mat 6 mm Non-Slip with Strap", "yoga_mats", "YM-6", "Purple", "$18.00", "33", "yoga-1 yoga-2 yoga-3 yoga-4", "<p>TPE mat,\n183 x 61 cm.</p>", "0.95", "Norvella", "65", "B2"),
    ("2007", "Women's High Waist Jeans", "womens_jeans", "HJ-28", "Blue", "$-3.00", "40", "jeans-1 jeans-2 jeans-3", "<p>Denim jeans.</p>", "0.60", "Norvella", "5", "C1"),
    ("2008", "Kids Raincoat with Hood", "mens_jeans", "KR-1", "Yellow", "$11.90", "25", "rain-1 rain-2 rain-3", '<p>Buy at <a href="https://kids.example.com">our site</a>.</p>', "0.28", "Norvella", "5", "C1"),
)  # fmt: skip


def to_json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()


def to_csv() -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(CATALOGUE_HEADERS)
    for row in CATALOGUE:
        cells = list(row)
        cells[7] = " ".join(f"{PICTURES}{name}.jpg" for name in cells[7].split())
        writer.writerow(cells)
    return out.getvalue().encode()


def to_xlsx() -> bytes:
    """The export as a workbook, with every date in the file fixed."""
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "产品导出"
    sheet.append(list(HEADERS))
    for row in EXPORT:
        sheet.append([row.get(header, "") or None for header in HEADERS])
    sheet.freeze_panes = "A2"
    book.properties.creator = "storewarden"
    book.properties.created = book.properties.modified = datetime(2026, 1, 1)
    raw = io.BytesIO()
    book.save(raw)
    fixed = io.BytesIO()
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(fixed, "w") as target:
        for name in source.namelist():
            info = zipfile.ZipInfo(name, date_time=(2026, 1, 1, 0, 0, 0))
            info.compress_type, info.create_system, info.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
            data = source.read(name)
            if name == "docProps/core.xml":
                data = _with_fixed_date(data)
            target.writestr(info, data)
    return fixed.getvalue()


def _with_fixed_date(core: bytes) -> bytes:
    """openpyxl stamps the time of saving into `modified`."""
    head, tag, rest = core.partition(b"<dcterms:modified")
    start, stop = rest.index(b">") + 1, rest.index(b"</dcterms:modified>")
    return head + tag + rest[:start] + b"2026-01-01T00:00:00Z" + rest[stop:]


def samples() -> dict[str, bytes]:
    """File name → content."""
    return {
        "draft.json": to_json(FAULTY_DRAFT),
        "draft-clean.json": to_json(CLEAN_DRAFT),
        "open-platform-product.json": to_json(PLATFORM_PRODUCT),
        "open-platform-list.json": to_json(PLATFORM_LIST),
        "dianxiaomi-export.xlsx": to_xlsx(),
        "catalogue.csv": to_csv(),
    }


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in samples().items():
        (folder / name).write_bytes(content)
        print(f"{name}  {len(content)} bytes")
