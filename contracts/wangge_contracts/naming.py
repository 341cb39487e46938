"""Names by which what is published refers to each other: each is there once."""

from collections import Counter
from collections.abc import Iterable

from pydantic_core import PydanticCustomError

NAMED_TWICE = "named_twice"
"""The type of the error, for who can say where the names stand."""


def refuse_twice(what: str, names: Iterable[str]) -> None:
    """Raise PydanticCustomError, of type `NAMED_TWICE`, when two of *what* have one name."""
    repeated = sorted(name for name, times in Counter(names).items() if times > 1)
    if repeated:
        told = {"what": what, "names": ", ".join(repeated)}
        raise PydanticCustomError(NAMED_TWICE, "{what} names used twice: {names}", told)
