"""An operator's file of secrets -> what it says, or why not; nothing that stands in it is told."""

import tomllib
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

M = TypeVar("M", bound=BaseModel)


class Unusable(ValueError):
    """The file cannot be read or is not of its form; the text is for the operator, on one line."""


def read_private(kind: type[M], file: Path | None) -> M:
    """Read the TOML *file*; without one it is as if it were empty. Raises Unusable."""
    try:
        return kind.model_validate(tomllib.loads(file.read_text("utf-8")) if file else {})
    except OSError as error:
        raise Unusable(f"{file}: {error.strerror}") from None
    except ValidationError as error:
        raise Unusable(f"{file}: {'; '.join(map(_fault, error.errors()))}") from None
    except ValueError as error:
        raise Unusable(f"{file}: {error}") from None


def _fault(error: ErrorDetails) -> str:
    """Say where and what, and not what stands there: a token, when it was put where its hash belongs."""
    what = error["msg"].removeprefix("Value error, ")
    return ": ".join(filter(None, (".".join(map(str, error["loc"])), what)))
