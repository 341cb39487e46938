"""What somebody typed, held against the contract."""

from pydantic_core import ValidationError

from wangge_contracts.v1 import faults_of
from wangge_local.doors import fault_text


def first_fault(error: ValidationError) -> str:
    """Return what is wrong first with what was typed, in the words in which a door would say it."""
    first, *_ = faults_of(error)
    return fault_text(first.model_dump())
