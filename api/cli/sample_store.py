"""`storewarden sample-store`: an invented store, complete in every section, to try things with."""

from __future__ import annotations

import os
import sys

from api.cli.common import CLEAN, Lang, fail, open_pack
from api.settings import read_settings
from engine.errors import StorewardenError

WORDS = {
    "en": {
        "making": "Making the sample store: products, four months of orders, campaigns, messages, violations …",
        "made": "Made legal entity {} with {} products and {} findings.",
        "store": "  store {}  {}",
        "users": "Users, with passwords shown this once:",
        "next": "Now: storewarden serve, then sign in at POST /v1/oauth/token; docs/sections.md shows how.",
    },
    "zh": {
        "making": "正在生成示例店铺：商品、四个月的订单、营销活动、消息、违规……",
        "made": "已生成主体 {}：{} 个商品，{} 个问题。",
        "store": "  店铺 {}  {}",
        "users": "账号及密码（仅显示这一次）：",
        "next": "接下来：storewarden serve，然后通过 POST /v1/oauth/token 登录；见 docs/sections.md。",
    },
}


def make(*, domain: str = "sample.example.com", lang: Lang = "en") -> int:
    """Make the sample store in the database of the settings. 在当前数据库中生成示例店铺。

    Parameters
    ----------
    domain
        E-mail domain of its users; another one makes another sample store. 账号邮箱的域名，换一个可再生成一套。
    lang
        Language of the answer. 回复语言。
    """
    from api.sample_store import make as build
    from api.services.backoffice import load_backoffice
    from api.services.penalties import Penalties
    from store_model.db import open_database, utc_now

    words = WORDS[lang]
    print(words["making"], file=sys.stderr)
    try:
        pack = open_pack(None)
        database = open_database(read_settings(os.environ).database_url)
        penalties = Penalties(pack)
        try:
            made = build(
                database,
                pack,
                load_backoffice(pack.path),
                penalties,
                now=utc_now().replace(microsecond=0),
                domain=domain,
            )
        finally:
            penalties.close()
            database.close()
    except StorewardenError as error:
        return fail(f"storewarden sample-store: {error}")
    print(words["made"].format(made.entity_id, made.products, made.findings))
    for name, number in made.stores.items():
        print(words["store"].format(number, name))
    print(words["users"])
    for email, password in made.passwords.items():
        print(f"  {email}  {password}")
    print(words["next"])
    return CLEAN
