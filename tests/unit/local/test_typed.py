"""What is wrong with what somebody typed is said in words."""

import pytest
from pydantic import ValidationError

from wangge_contracts.v1 import ReportSubmitted
from wangge_local.typed import first_fault


def test_of_what_was_typed_wrong_a_person_reads_where_and_how() -> None:
    with pytest.raises(ValidationError) as wrong:
        ReportSubmitted.model_validate({"report_id": "r", "mode": "foo"})

    said = first_fault(wrong.value)
    assert said.startswith("/mode: ")
    assert "Input should be 'actual'" in said
    assert "type=" not in said
