"""Every template is whole in both languages and asks for nothing that nobody can give."""

import pytest
from pydantic import ValidationError

from wangge_notifier.templates import Templates, Wording


def test_the_templates_of_this_version_are_sound() -> None:
    assert {"task-given", "attend", "task-call", "incident-closed"} <= Templates.load().root.keys()


@pytest.mark.parametrize("text", ["案件$caze", "案件$", "案件${case"])
def test_a_misspelt_word_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        Wording(subject="x", text=text)


def test_a_template_in_one_language_is_refused() -> None:
    with pytest.raises(ValidationError, match="must have zh and en"):
        Templates.model_validate({"t": {"zh": {"subject": "x", "text": "x"}}})


def test_what_is_not_known_leaves_nothing_behind() -> None:
    assert Wording(subject="x", text="案件$case $reason 完").filled({"case": "1"}) == "案件1 完"
