"""Every refusal is said in two languages, each for itself: nobody reads English in a Chinese sentence."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from wangge_contracts.v1 import ReportSubmitted, fault
from wangge_contracts.v1.faults import CODES, faults_of

ROOT = Path(__file__).parents[2]
FOR_PEOPLE = ("router", "ledger")
"""The rooms whose refusals a desk, a unit or an officer reads; those of the others an integrator does."""
CHINESE = re.compile(r"[\u4e00-\u9fff]")
NOT_CHINESE = {
    "a half-width mark": re.compile(r"(?<=[\u4e00-\u9fff])[,;:!?()]|[,;:!?()](?=[\u4e00-\u9fff])"),
    "English": re.compile(r"[A-Za-z]+ [A-Za-z]+"),
}


def told_in_chinese(text: str) -> bool:
    """Whether a text is Chinese, and no more of it English than a term of the trade."""
    return bool(CHINESE.search(text)) and not any(mark.search(text) for mark in NOT_CHINESE.values())


def constant(node: ast.expr) -> str | None:
    """What stands in a text, with a number where something is put in; None: it is made elsewhere."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(str(each.value) if isinstance(each, ast.Constant) else "1" for each in parts)
    return None


def calls(*names: str) -> Iterator[tuple[str, dict[str, ast.expr]]]:
    """Every call of these, by where it stands: its named arguments."""
    for file in sorted(ROOT.glob("services/*/wangge_*/*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
                where = f"{file.parent.parent.name}/{file.name}:{node.lineno}"
                yield where, {each.arg: each.value for each in node.keywords if each.arg}


@pytest.mark.parametrize("code", CODES)
def test_every_code_is_told_in_chinese(code: str) -> None:
    assert told_in_chinese(CODES[code][0])


def test_a_detail_in_english_stays_out_of_the_chinese() -> None:
    told = fault("too-late", detail_zh="已过申诉期限", detail_en="appeal sooner")

    assert (told.text_zh, told.text_en) == (
        "期限已过：已过申诉期限",
        "The deadline has passed: appeal sooner",
    )
    assert fault("too-late", detail_en="appeal sooner").text_zh == "期限已过"


def test_what_a_person_is_refused_has_its_reason_in_chinese() -> None:
    said = calls("fault")
    silent = [
        where
        for where, given in said
        if where.startswith(FOR_PEOPLE)
        and "detail_en" in given
        and "detail_zh" not in given
        and ast.unparse(given["detail_en"]) not in ("str(error)", "holder")
    ]

    assert silent == []


def test_every_reason_in_chinese_is_written_as_chinese_is() -> None:
    texts = {
        where: text
        for where, given in calls("fault", "Refusal")
        for name in ("detail_zh", "zh")
        if name in given and (text := constant(given[name]))
    }

    assert len(texts) > 50
    assert {where: text for where, text in texts.items() if not told_in_chinese(text)} == {}


@pytest.mark.parametrize(
    ("wrong", "pointer", "told"),
    [
        ({"report_id": ""}, "/report_id", "字段的值不合规定：至少1个字"),
        ({"report_id": "x" * 65}, "/report_id", "字段的值不合规定：最多64个字"),
        ({"captured_at": "yesterday"}, "/captured_at", "字段的值不合规定：须为带时区的日期时间，如"),
        ({"place": {"point": {"lon": 500, "lat": 1}}}, "/place/point/lon", "字段的值不合规定：不得大于180"),
        ({"source": 7}, "/source", "字段的值不合规定：须为文本"),
        ({}, "/report_id", "缺少必填字段"),
    ],
)
def test_what_cannot_be_read_is_told_in_chinese(wrong: dict[str, object], pointer: str, told: str) -> None:
    with pytest.raises(ValidationError) as refused:
        ReportSubmitted.model_validate_json(json.dumps(wrong))
    found = {each.pointer: each.text_zh for each in faults_of(refused.value)}

    assert found[pointer].startswith(told)
    assert "180.0" not in found[pointer]
    assert all(told_in_chinese(text) for text in found.values())
