"""Audience: whom an answer is for, and how people say that they are one of them."""

from __future__ import annotations

import re
from enum import StrEnum


class Audience(StrEnum):
    """Whom an answer is for. Everybody but STAFF may read each of them: it only says whom it concerns."""

    ALL = ""
    LANDLORDS = "landlords"
    TENANTS = "tenants"
    NEWCOMERS = "newcomers"  #: From another place.
    ELDERS = "elders"
    PARENTS = "parents"
    DISABLED = "disabled"
    SHOPS = "shops"
    STAFF = "staff"  #: Those in the directory alone, and only when they write to the bot alone.


#: What a sheet may say instead.
NAMES: dict[str, Audience] = {
    "all": Audience.ALL,
    "所有人": Audience.ALL,
    "全体": Audience.ALL,
    "房东": Audience.LANDLORDS,
    "租客": Audience.TENANTS,
    "新居民": Audience.NEWCOMERS,
    "老年人": Audience.ELDERS,
    "家长": Audience.PARENTS,
    "残疾人": Audience.DISABLED,
    "商户": Audience.SHOPS,
    "工作人员": Audience.STAFF,
}

_SAID: tuple[tuple[Audience, re.Pattern[str]], ...] = (
    (Audience.LANDLORDS, re.compile(r"房东|出租(?!车)|我.{0,4}租客|租给|landlord")),
    (Audience.TENANTS, re.compile(r"(?<!登记)(?<!我的)(?<!我家)租客|租房|租的|租户|租住|tenant")),
    (Audience.NEWCOMERS, re.compile(r"新居民|外地|外来|外省|刚来|刚搬|务工|暂住|newcomer")),
    (Audience.ELDERS, re.compile(r"老人|老年|[六七八九]十多?岁|[6-9]\d岁|退休|高龄|爷爷|奶奶|外公|外婆|elderly")),
    (Audience.PARENTS, re.compile(r"孩子|小孩|儿子|女儿|宝宝|娃|上学|入学|幼儿园|parent|child")),
    (Audience.DISABLED, re.compile(r"残疾|残联|轮椅|盲|聋|disab")),
    (Audience.SHOPS, re.compile(r"开店|店里|店铺|商户|营业|个体户|摊|shop")),
)


def audience_of(word: str) -> Audience:
    """Returns the audience of that name. Raises ValueError for an unknown one."""
    word = word.strip().lower()
    return NAMES[word] if word in NAMES else Audience(word)


def audiences(text: str) -> frozenset[Audience]:
    """Returns who the writer of normalised `text` is or speaks for, as far as the words say so."""
    return frozenset(audience for audience, said in _SAID if said.search(text))
