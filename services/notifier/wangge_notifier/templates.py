"""The words of every notice, checked when they are loaded."""

import tomllib
from importlib.resources import files
from string import Template
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, RootModel, model_validator

Lang = Literal["zh", "en"]
VERSION = "1"
WORDS = frozenset(
    ("case", "what", "where", "description", "limit", "unit", "phone", "reason", "deadline", "report")
)
"""What a text may ask to have filled in."""


class Wording(BaseModel):
    """A notice in one language: its subject, and its text with `$names` to be filled in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    subject: str = Field(min_length=1, max_length=200)
    text: str = Field(min_length=1, max_length=2000)

    @model_validator(mode="after")
    def _asks_for_what_there_is(self) -> Self:
        template = Template(self.text)
        unknown = sorted(set(template.get_identifiers()) - WORDS)
        if unknown or not template.is_valid():
            raise ValueError(f"unknown or misspelt word: {', '.join(unknown) or self.text}")
        return self

    def filled(self, words: dict[str, str]) -> str:
        """Return the text; what is not among *words* leaves nothing behind."""
        return " ".join(Template(self.text).substitute(dict.fromkeys(WORDS, "") | words).split())


class Templates(RootModel[dict[str, dict[Lang, Wording]]]):
    """Every template by its name, in both languages."""

    model_config = ConfigDict(frozen=True)

    @model_validator(mode="after")
    def _in_both_languages(self) -> Self:
        for name, wordings in self.root.items():
            if set(wordings) != {"zh", "en"}:
                raise ValueError(f"template {name} must have zh and en")
        return self

    @classmethod
    def load(cls) -> Self:
        """Read the templates of this version. Raises ValueError when one of them is wrong."""
        return cls.model_validate(tomllib.loads((files(__package__) / "templates.toml").read_text("utf-8")))

    def wording(self, name: str, lang: Lang) -> Wording:
        """Return one template in one language."""
        return self.root[name][lang]
