"""The family of a type: what it has in common with its relatives, as a rule can ask for it. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator

_LONGEST = 50
"""So long may a text be that a rule looks for."""


@dataclass(frozen=True, slots=True)
class Mark:
    """By what a rule knows the members of a family."""

    by: Literal["text", "prefix"]
    value: str


class Family(BaseModel):
    """
    By which a type's relatives are known: what stands in a column, or its name up to a separator.

    A column must stand in the description's template, so that the report itself shows it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: str | None = None
    separator: str | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if bool(self.column) == bool(self.separator):
            raise ValueError("[family] takes either a `column` or a `separator` in the type's name")
        return self

    def shown_in(self, template: str) -> bool:
        """Whether a report whose description follows *template* shows its family."""
        return self.column is None or f"{{{self.column}}}" in template

    def mark(self, row: Mapping[str, str], *, code: str | None, template: str) -> Mark | None:
        """The family of what *row* tells, of the class *code*; None where it has none."""
        if self.separator:
            head, found, _ = (code or "").partition(self.separator)
            return Mark("prefix", head + found) if head and found else None
        value = (row.get(self.column or "") or "").strip()
        if not value:
            return None
        text = _around(self.column or "", template).replace(f"{{{self.column}}}", value)
        return Mark("text", text.casefold()[:_LONGEST]) if len(text) > 1 else None


def _around(column: str, template: str) -> str:
    """The column in *template* with the signs that touch it: in `{type} ({reason})`, `({reason})`."""
    name = re.escape(f"{{{column}}}")
    found = re.search(rf"[^\s{{}}]*{name}[^\s{{}}]*", template)
    return found[0] if found else f"{{{column}}}"
