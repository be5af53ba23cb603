"""`storewarden keys create | list | revoke`: API keys of the HTTP service, for whoever has its database."""

from __future__ import annotations

import os
from datetime import datetime
from typing import Annotated, Literal

from cyclopts import Parameter, validators

from api import keys
from api.cli.common import CLEAN, Lang, fail
from api.settings import Settings, read_settings
from engine.errors import StorewardenError
from store_model.access import PERMISSIONS, SCOPES, Key

ScopeName = Literal[(*SCOPES, *PERMISSIONS)]  # type: ignore[valid-type]
WORDS = {
    "en": {
        "prefix": "Prefix", "state": "State", "scopes": "Scopes", "ends": "Ends", "name": "Name", "never": "never",
        "valid": "valid", "revoked": "revoked", "expired": "expired", "none": "There is no key yet.",
        "unknown": "There is no key {} that still holds; see: storewarden keys list",
        "ended": "{} is revoked. A running service may take it for some seconds more (STOREWARDEN_KEY_CACHE_SECONDS).",
    },
    "zh": {
        "prefix": "前缀", "state": "状态", "scopes": "权限", "ends": "到期", "name": "名称", "never": "永久",
        "valid": "有效", "revoked": "已吊销", "expired": "已过期", "none": "还没有密钥。",
        "unknown": "没有仍然有效的密钥 {}；请查看：storewarden keys list",
        "ended": "{} 已吊销。运行中的服务可能在数秒内仍接受该密钥（STOREWARDEN_KEY_CACHE_SECONDS）。",
    },
}  # fmt: skip


def create(
    name: str,
    *,
    days: Annotated[int | None, Parameter(validator=validators.Number(gte=1, lte=36_500))] = None,
    scope: tuple[ScopeName, ...] = (),
    store: tuple[int, ...] = (),
) -> int:
    """Make a key and print it, this once. 新建密钥，仅显示这一次。

    Parameters
    ----------
    name
        What the key is for, as lists and people will see it. 密钥用途。
    days
        Days until it ends; never by default. 有效天数，默认永久。
    scope
        What it may do; the whole service by default, and with --store nothing else either: name permissions such as
        products:read. 权限，默认全部服务接口；店铺数据需另行指定，例如 products:read。
    store
        Number of a store whose data it may reach. 可访问数据的店铺编号。
    """
    try:
        print(keys.create(_settings(), name, days=days, scopes=scope or tuple(SCOPES), stores=store))
    except (StorewardenError, ValueError) as error:
        return fail(f"storewarden keys create: {error}")
    return CLEAN


def show(*, lang: Lang = "en") -> int:
    """List the keys there are; the secrets are nowhere. 列出密钥（不含密钥本身）。

    Parameters
    ----------
    lang
        Language of the table. 表格语言。
    """
    try:
        found = keys.listed(_settings())
    except StorewardenError as error:
        return fail(f"storewarden keys list: {error}")
    words = WORDS[lang]
    if not found:
        print(words["none"])
        return CLEAN
    rows = [tuple(words[column] for column in ("prefix", "state", "ends", "scopes", "name"))]
    rows += [_row(key, words, keys.utc_now()) for key in found]
    widths = [max(len(row[index]) for row in rows) for index in range(4)]
    for row in rows:
        print("  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]))
    return CLEAN


def revoke(prefix: str, *, lang: Lang = "en") -> int:
    """End a key at once. 立即吊销密钥。

    Parameters
    ----------
    prefix
        The first part of the key, as the list shows it. 列表中显示的密钥前缀。
    lang
        Language of the answer. 回复语言。
    """
    try:
        is_ended = keys.revoke(_settings(), prefix)
    except StorewardenError as error:
        return fail(f"storewarden keys revoke: {error}")
    if not is_ended:
        return fail(WORDS[lang]["unknown"].format(prefix))
    print(WORDS[lang]["ended"].format(prefix))
    return CLEAN


def _settings() -> Settings:
    return read_settings(os.environ)


def _row(key: Key, words: dict[str, str], now: datetime) -> tuple[str, ...]:
    state = "revoked" if key.revoked_at is not None else "valid" if key.is_valid(now) else "expired"
    ends = key.expires_at.date().isoformat() if key.expires_at is not None else words["never"]
    return key.prefix, words[state], ends, ",".join(sorted(key.scopes)), key.name
