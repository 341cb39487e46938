"""What is wrong with something that was read, in a few words for a person."""

from pydantic import ValidationError


def first_fault(error: ValidationError) -> str:
    """Return where the first fault lies, if not in the whole, and what it is: `place/area/code: ...`."""
    first = error.errors(include_url=False, include_input=False)[0]
    where = "/".join(map(str, first["loc"]))
    return f"{where}: {first['msg']}" if where else first["msg"]


def why_unread(error: Exception) -> str:
    """Return why a row could not be read as a report."""
    return first_fault(error) if isinstance(error, ValidationError) else f"{type(error).__name__}: {error}"
