"""Every error code, once, with its text in two languages."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from wangge_contracts.message import Unreadable
from wangge_contracts.pointing import pointer_to
from wangge_contracts.v1.parts import Fault

CODES: dict[str, tuple[str, str, bool]] = {
    # Code: Chinese, English, whether sending the same again may help. Codes are never renamed or reused.
    "not-json": ("内容不是有效的JSON", "The value is not valid JSON", False),
    "empty": ("内容为空", "The value is empty", False),
    "tombstone": ("消息没有内容", "The record has no value", False),
    "wrong-shape": ("内容不符合消息格式", "The value has not the shape of its message", False),
    "not-utf8": ("键或消息头不是UTF-8编码", "A key or header is not UTF-8", False),
    "too-large": ("内容超过允许的大小", "The value is larger than allowed", False),
    "nul-character": ("文本含有U+0000字符", "A text holds the character U+0000", False),
    "missing": ("缺少必填字段", "A required field is missing", False),
    "invalid": ("字段的值不合规定", "The value of a field is not allowed", False),
    "unknown-word": ("不认识此词，按约定的词处理", "A word is not known here and is taken as agreed", False),
    "header-missing": ("缺少必需的消息头", "A required header is missing", False),
    "header-invalid": ("消息头的值无效", "A header has an invalid value", False),
    "header-not-utf8": ("消息头不是UTF-8编码", "A header is not UTF-8", False),
    "specversion-unknown": ("不支持的CloudEvents版本", "This CloudEvents version is not supported", False),
    "content-type-unknown": ("不支持的内容类型", "This content type is not supported", False),
    "unknown-type": ("该主题不接受此消息类型", "This topic does not take this type of message", False),
    "unknown-topic": ("没有该主题", "There is no such topic", False),
    "unsupported-version": ("不支持的消息版本", "This version of the message is not spoken", False),
    "replay-without-origin": ("重放缺少原始位置", "A replay lacks its origin", False),
    "not-handled": (
        "系统未能处理，已留存待处理",
        "It could not be handled here and is kept for mending",
        False,
    ),
    "not-yours": ("该任务不属于您", "The task is not yours", False),
    "unknown-task": ("没有该任务", "There is no such task", False),
    "unknown-incident": ("没有该案件", "There is no such incident", False),
    "unknown-act": ("不认识的答复动作", "The act is not known", False),
    "unknown-order": ("不认识的指令", "The order is not known", False),
    "not-allowed-now": ("任务当前状态不允许此动作", "The task does not allow this act now", False),
    "not-supported-yet": ("本版本尚不支持此动作", "This version does not carry that out yet", False),
    "stale": ("所依据的任务版本已过期", "The task has changed since the revision named", False),
    "closed": ("案件已结束", "The incident is over", False),
    "reason-required": ("需要说明理由", "A reason is required", False),
    "evidence-missing": ("缺少要求的证据材料", "Required evidence is missing", False),
    "own-work": ("处置单位不得核查自己的工作", "Who handles may not confirm", False),
    "too-late": ("期限已过", "The deadline has passed", False),
    "too-much": ("超出允许的范围", "It asks for more than may be granted", False),
    "used-up": ("次数已用完", "It was used as often as it may be", False),
    "request-refused": ("申请未获批准", "The request was refused by who decides about it", False),
    "request-withdrawn": ("申请已由申请人撤回", "The request was withdrawn by who made it", False),
    "request-lapsed": ("任务已变化，申请失效", "The task moved on before the request was decided", False),
    "unknown-holder": ("没有该承办单位", "There is no such holder", False),
    "token-unknown": ("令牌缺失或无效", "A bearer token is missing or unknown", False),
    "not-entitled": ("此令牌不能提交此类内容", "This token may not say that", False),
    "unknown-report": ("没有该上报", "There is no such report", False),
    "no-longer-kept": ("该位置之后的内容已不再保存", "What follows this place is not kept any more", False),
    "unknown-contact": ("没有该联系方式", "There is no such contact", False),
    "id-reused": ("同一编号的内容不同", "The same id came with other content", False),
    "quota": ("超过配额", "The quota is used up", True),
    "unavailable": ("系统暂不可用", "The system is not available at the moment", True),
}

_WRONG: dict[str, str] = {
    "string_type": "须为文本",
    "string_too_short": "至少{min_length}个字",
    "string_too_long": "最多{max_length}个字",
    "string_pattern_mismatch": "格式不符",
    "too_short": "至少{min_length}项",
    "too_long": "最多{max_length}项",
    "literal_error": "不是约定的词",
    "extra_forbidden": "没有该字段",
    "bool_type": "须为true或false",
    "int_type": "须为整数",
    "int_from_float": "须为整数",
    "float_type": "须为数值",
    "greater_than": "须大于{gt}",
    "greater_than_equal": "不得小于{ge}",
    "less_than": "须小于{lt}",
    "less_than_equal": "不得大于{le}",
    "instant": "须为带时区的日期时间，如2026-01-05T11:04:05+08:00",
    "dict_type": "须为对象",
    "model_type": "须为对象",
    "tuple_type": "须为列表",
}
"""What pydantic complains of, in Chinese; of the rest the pointer tells where."""


def fault(code: str, pointer: str = "", *, detail_zh: str = "", detail_en: str = "") -> Fault:
    """
    The fault *code* at *pointer*, details added to its text, each in its own language.

    Raises `KeyError` when the code is not listed.
    """
    text_zh, text_en, retryable = CODES[code]
    return Fault(
        code=code,
        pointer=pointer[:500],
        text_zh=f"{text_zh}：{detail_zh}"[:2000] if detail_zh else text_zh,
        text_en=f"{text_en}: {detail_en}"[:2000] if detail_en else text_en,
        retryable=retryable,
    )


def faults_of(error: ValidationError | Unreadable) -> tuple[Fault, ...]:
    """What `Message.read` complained of, the first 20; values that were sent are not repeated."""
    if isinstance(error, Unreadable):
        return (fault(error.code, detail_en=error.text),)
    return tuple(
        fault(
            {"missing": "missing", "json_invalid": "not-json"}.get(item["type"], "invalid"),
            pointer_to(item["loc"]),
            detail_zh=_wrong(item["type"], item.get("ctx", {})),
            detail_en=item["msg"],
        )
        for item in error.errors(include_url=False, include_input=False)[:20]
    )


def _wrong(kind: str, bounds: Mapping[str, Any]) -> str:
    """Say in Chinese what is wrong; nothing where we have no words for it."""
    said = {name: f"{bound:g}" if isinstance(bound, float) else bound for name, bound in bounds.items()}
    return _WRONG.get(kind, "").format_map(said)
