"""The page behind a link: what it is about, and one button that says that it was read; no script."""

from collections.abc import Mapping
from html import escape
from typing import Any, Literal

from wangge_notifier.contacts import Lang

Shows = Literal["ask", "done", "expired", "unknown", "later"]

_WORDS: Mapping[Lang, Mapping[str, str]] = {
    "zh": {
        "title": "网格通知确认",
        "ask": "请确认您已收到并知悉此通知。",
        "button": "确认收到",
        "done": "已确认，谢谢。您可以关闭本页。",
        "expired": "此链接已过期。请电话联系指挥中心。",
        "unknown": "此链接无效。请使用通知中的完整链接。",
        "later": "系统暂时不可用，请稍后再试。",
        "case": "案件",
        "by": "请于{}前确认",
    },
    "en": {
        "title": "Confirm a notice",
        "ask": "Please confirm that you have this notice and have read it.",
        "button": "Confirm",
        "done": "Confirmed, thank you. You may close this page.",
        "expired": "The time of this link is over. Please call the command centre.",
        "unknown": "This is no link of ours. Please use the whole link from the notice.",
        "later": "Not available at the moment, please try again later.",
        "case": "Case",
        "by": "Please confirm by {}",
    },
}
_STYLE = """
:root{color-scheme:light dark;--ink:#1c2330;--paper:#f4f5f7;--card:#fff;--act:#0b5cad;--line:#d9dde3}
@media(prefers-color-scheme:dark){:root{--ink:#e8eaee;--paper:#14171c;--card:#1d2128;--act:#4c9bea;--line:#333a45}}
*{box-sizing:border-box}
body{margin:0;padding:1.25rem;min-height:100vh;display:grid;place-items:center;background:var(--paper);
color:var(--ink);font:1.0625rem/1.6 system-ui,"PingFang SC","Noto Sans SC","Microsoft YaHei",sans-serif}
main{width:100%;max-width:30rem;background:var(--card);border:1px solid var(--line);border-radius:.75rem;
padding:1.5rem}
h1{font-size:1.25rem;margin:0 0 .25rem}
.case,.by{color:inherit;opacity:.7;margin:0;font-size:.9375rem}
.text{margin:1rem 0;padding:1rem;border-left:.25rem solid var(--act);background:var(--paper);
overflow-wrap:anywhere}
button{width:100%;padding:.9rem;border:0;border-radius:.5rem;background:var(--act);color:#fff;font:inherit;
font-weight:600;cursor:pointer}
button:focus-visible{outline:3px solid var(--ink);outline-offset:2px}
.said{font-weight:600;margin:1rem 0 0}
"""
HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex",
}


def page(shows: Shows, *, lang: Lang, notice: Mapping[str, Any] | None = None, by: str | None = None) -> str:
    """Return the page as HTML; *by* is the instant until which to confirm, as people there read it."""
    words = _WORDS[lang]
    body = [f"<h1>{escape((notice or {}).get('subject') or words['title'])}</h1>"]
    if notice is not None:
        if notice.get("case_number"):
            body.append(f'<p class="case">{words["case"]} {escape(notice["case_number"])}</p>')
        if by and shows == "ask":
            body.append(f'<p class="by">{escape(words["by"].format(by))}</p>')
        body.append(f'<div class="text">{escape(notice["text"]["text"])}</div>')
    if shows == "ask":
        body.append(f"<p>{words['ask']}</p>")
        body.append(f'<form method="post"><button type="submit">{words["button"]}</button></form>')
    else:
        body.append(f'<p class="said" role="status">{words[shows]}</p>')
    language = "zh-CN" if lang == "zh" else "en"
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{words['title']}</title><style>{_STYLE}</style></head>"
        f"<body><main>{''.join(body)}</main></body></html>"
    )


def lang_of(text: str) -> Lang:
    """Return the page's language for a notice's, or for what a browser asks for."""
    return "en" if text.lower().startswith("en") else "zh"
