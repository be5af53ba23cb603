"""`storewarden accounts …` and `storewarden audit verify`: the first owner, lost passwords, and the chain of records.

For whoever has the database; everything else is done over HTTP, signed in.
"""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from api.cli.common import BLOCKED, CLEAN, PACK, Lang, fail
from api.passwords import Passwords, password_faults
from api.settings import read_settings
from engine.errors import StorewardenError
from store_model.accounts import LegalEntity, Store, User
from store_model.audit import verify as verify_chains
from store_model.db import open_database, utc_now
from store_model.devices import end_devices
from store_model.people import add_store as new_store
from store_model.people import found_entity

ACTOR = "system:command-line"
WORDS = {
    "en": {
        "made": "{} owns the legal entity {} ({}).",
        "store": "Store {} ({}).",
        "password": "Password, shown this once: {}",
        "taken": "There is an account with the e-mail {} already; see: storewarden accounts list",
        "nobody": "There is no account with the e-mail {}; see: storewarden accounts list",
        "no_entity": "There is no legal entity {}; see: storewarden accounts list",
        "no_email": "{} is no e-mail address",
        "reset": "{} has a new password; second factor and devices are gone.",
        "none": "There is no account yet; make one with: storewarden accounts create-owner EMAIL --entity NAME",
        "intact": "legal entity {}: {} records, intact, head {}",
        "broken": "legal entity {}: record {} is the first that is broken: {}",
        "empty": "There are no records yet.",
    },
    "zh": {
        "made": "{} 是主体 {}（{}）的店主。",
        "store": "店铺 {}（{}）。",
        "password": "密码（仅显示这一次）：{}",
        "taken": "邮箱 {} 已有账号；请查看：storewarden accounts list",
        "nobody": "没有邮箱为 {} 的账号；请查看：storewarden accounts list",
        "no_entity": "没有主体 {}；请查看：storewarden accounts list",
        "no_email": "{} 不是邮箱地址",
        "reset": "{} 的密码已重置；二次验证与已登录设备均已清除。",
        "none": "还没有账号；请新建：storewarden accounts create-owner 邮箱 --entity 名称",
        "intact": "主体 {}：共 {} 条记录，完整，末端哈希 {}",
        "broken": "主体 {}：第 {} 条记录起不完整：{}",
        "empty": "还没有记录。",
    },
}


def create_owner(
    email: str,
    *,
    entity: str,
    name: str | None = None,
    store: str | None = None,
    platform: str = PACK,
    platform_id: str | None = None,
    password_stdin: bool = False,
    lang: Lang = "en",
) -> int:
    """Make a legal entity with its first owner, and a store. 新建主体及其店主，并可同时新建店铺。

    Parameters
    ----------
    email
        The owner signs in with it. 店主的登录邮箱。
    entity
        Name of the legal entity. 主体名称。
    name
        Name of the owner; the e-mail by default. 店主姓名，默认为邮箱。
    store
        Name of a first store. 首个店铺的名称。
    platform
        The marketplace of the store, as the rule pack is named. 店铺所在平台（规则包名称）。
    platform_id
        The platform's own number of the store. 平台店铺号。
    password_stdin
        Read the password from standard input; without it one is made and shown once. 从标准输入读取密码。
    lang
        Language of the answer. 回复语言。
    """
    words = WORDS[lang]
    if "@" not in email.strip("@") or any(char.isspace() for char in email):
        return fail(words["no_email"].format(email))
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else secrets.token_urlsafe(12)
    if faults := password_faults(password, email=email.lower()):
        return fail("\n".join(fault.detail[lang] for fault in faults))
    try:
        with _system() as session:
            owner = found_entity(
                session,
                entity=entity,
                email=email,
                name=name or email,
                password_hash=Passwords().hash_now(password),
            )
            print(words["made"].format(owner.email, entity, owner.entity_id))
            if store is not None:
                made = new_store(session, owner.entity_id, platform=platform, platform_id=platform_id, name=store)
                print(words["store"].format(store, made.id))
    except IntegrityError:
        return fail(words["taken"].format(email))
    except StorewardenError as error:
        return fail(f"storewarden accounts create-owner: {error}")
    if not password_stdin:
        print(words["password"].format(password))
    return CLEAN


def add_store(
    entity_id: int, name: str, *, platform: str = PACK, platform_id: str | None = None, lang: Lang = "en"
) -> int:
    """Add a store to a legal entity. 为主体新增店铺。

    Parameters
    ----------
    entity_id
        Number of the legal entity, as the list shows it. 主体编号（见列表）。
    name
        Name of the store. 店铺名称。
    platform
        The marketplace of the store, as the rule pack is named. 店铺所在平台（规则包名称）。
    platform_id
        The platform's own number of the store. 平台店铺号。
    lang
        Language of the answer. 回复语言。
    """
    try:
        with _system() as session:
            if session.get(LegalEntity, entity_id) is None:
                return fail(WORDS[lang]["no_entity"].format(entity_id))
            made = new_store(session, entity_id, platform=platform, platform_id=platform_id, name=name)
            print(WORDS[lang]["store"].format(name, made.id))
    except IntegrityError:
        return fail(WORDS[lang]["taken"].format(platform_id))
    except StorewardenError as error:
        return fail(f"storewarden accounts add-store: {error}")
    return CLEAN


def show(*, lang: Lang = "en") -> int:
    """List legal entities, their stores and users. 列出主体、店铺和用户。

    Parameters
    ----------
    lang
        Language of the answer. 回复语言。
    """
    try:
        with _system(read_only=True) as session:
            entities = list(session.scalars(select(LegalEntity).order_by(LegalEntity.id)))
            for entity in entities:
                print(f"{entity.id}  {entity.name}")
                for one in session.scalars(select(Store).where(Store.entity_id == entity.id).order_by(Store.id)):
                    print(f"    store {one.id}  {one.platform} {one.platform_id or '-'}  {one.name}")
                for user in session.scalars(select(User).where(User.entity_id == entity.id).order_by(User.id)):
                    print(f"    user {user.id}  {user.email}  {'-' if user.disabled_at else '+'}")
            if not entities:
                print(WORDS[lang]["none"])
    except StorewardenError as error:
        return fail(f"storewarden accounts list: {error}")
    return CLEAN


def reset(email: str, *, lang: Lang = "en") -> int:
    """Give a user a new password, for a lost one or a lost second factor. 重置用户密码。

    Parameters
    ----------
    email
        The user's e-mail. 用户邮箱。
    lang
        Language of the answer. 回复语言。
    """
    password = secrets.token_urlsafe(12)
    try:
        with _system() as session:
            user = session.scalars(select(User).where(User.email == email.strip().lower())).one_or_none()
            if user is None:
                return fail(WORDS[lang]["nobody"].format(email))
            now = utc_now()
            user.password_hash, user.password_changed_at = Passwords().hash_now(password), now
            user.totp_secret = user.totp_confirmed_at = user.recovery_hashes = None
            end_devices(session, now, "reset", user_id=user.id)
    except StorewardenError as error:
        return fail(f"storewarden accounts reset: {error}")
    print(WORDS[lang]["reset"].format(email))
    print(WORDS[lang]["password"].format(password))
    return CLEAN


def verify(*, entity: int | None = None, lang: Lang = "en") -> int:
    """Follow the audit's chain of every legal entity and name the first record that is broken. 校验审计记录。

    Exit code: 0 intact, 1 broken, 2 bad input. 退出码：0 完整，1 不完整，2 输入有误。

    Parameters
    ----------
    entity
        Number of one legal entity; all by default. 主体编号，默认全部。
    lang
        Language of the answer. 回复语言。
    """
    words, code = WORDS[lang], CLEAN
    try:
        with _system(read_only=True) as session:
            found = verify_chains(session, entity)
    except StorewardenError as error:
        return fail(f"storewarden audit verify: {error}")
    if not found:
        print(words["empty"])
    for one in found:
        if one.broken is None:
            print(words["intact"].format(one.entity_id, one.records, one.head))
        else:
            code = BLOCKED
            print(words["broken"].format(one.entity_id, one.broken.sequence, one.broken.reason))
    return code


@contextmanager
def _system(*, read_only: bool = False) -> Iterator[Session]:
    database = open_database(read_settings(os.environ).database_url)
    try:
        with database.system(actor=ACTOR, read_only=read_only) as session:
            yield session
    finally:
        database.close()
