"""How limits, instants and means are put into words, and a text into one clean line. Pure."""

import re
from collections.abc import Mapping
from datetime import datetime
from unicodedata import category

from wangge_contracts.signs import Signs
from wangge_contracts.v1 import Limit, Names
from wangge_notifier.contacts import Lang

_UNITS: dict[str, Names] = {
    "urgent-hours": Names(zh="小时", en=" hours"),
    "natural-days": Names(zh="天", en=" days"),
    "working-hours": Names(zh="个工作时", en=" working hours"),
    "working-days": Names(zh="个工作日", en=" working days"),
}
_MINUTES: dict[str, Names] = {
    "urgent-hours": Names(zh="分钟", en=" minutes"),
    "working-hours": Names(zh="分钟（工作时间）", en=" working minutes"),
}
CHANNELS: Mapping[str, Names] = {
    "console": Names(zh="工作台", en="console"),
    "webhook": Names(zh="系统接口", en="webhook"),
    "sms": Names(zh="短信", en="SMS"),
    "voice": Names(zh="语音电话", en="voice"),
    "email": Names(zh="电子邮件", en="e-mail"),
    "app": Names(zh="手机应用", en="app"),
    "wechat": Names(zh="微信", en="WeChat"),
}
"""What people call each means."""
_BESIDE_MARKS = re.compile(r"\s*([，。、；：！？（）【】])\s*")
_SIGNATURE = re.compile(r"^(?:【[^】]*】|\[[^\]]*\] )")
_STOPPED_TWICE = re.compile(r"[，、；：]*([。！？])[，。、；：]*")


_PLAIN = Signs(lambda sign: "" if category(sign) == "Cf" else " ")


def in_one_line(text: str) -> str:
    """
    Return *text* without breaks and by the rules of Chinese marks (，。；：).

    No space stands beside one, and one stop where a word that is empty, or brings its own, would leave two.
    Nor does it hold what a screen would obey or nobody sees: an outsider's words could turn a deadline round,
    and some gateways refuse a message for one such sign.
    """
    plain = " ".join(text.translate(_PLAIN).split())
    return _STOPPED_TWICE.sub(r"\1", _BESIDE_MARKS.sub(r"\1", plain))


def unsigned(text: str) -> str:
    """Return *text* without the 【signature】 at its head, for one that is told inside another."""
    return _SIGNATURE.sub("", text)


def limit_in_words(limit: Limit, lang: Lang) -> str:
    """Return a limit as people say it: what is less than an hour in minutes."""
    minutes = _MINUTES.get(limit.clock_kind) if limit.value < 1 else None
    if minutes is not None:
        return f"{round(limit.value * 60)}{getattr(minutes, lang)}"
    return f"{limit.value:g}{getattr(_UNITS.get(limit.clock_kind, _UNITS['urgent-hours']), lang)}"


def instant_in_words(at: datetime, lang: Lang, *, now: datetime) -> str:
    """Return an instant by the clocks of its zone; in Chinese with its year only if *now* is in another."""
    if lang != "zh":
        return f"{at:%Y-%m-%d %H:%M}"
    year = "" if at.year == now.astimezone(at.tzinfo).year else f"{at.year}年"
    return f"{year}{at.month}月{at.day}日{at:%H:%M}"


def channel_in_words(channel: str, lang: Lang) -> str:
    """Return what people call a means; one that this version does not know by its own word."""
    names = CHANNELS.get(channel)
    return getattr(names, lang) if names else channel
