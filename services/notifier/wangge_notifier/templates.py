"""The words of every notice, and which fact tells whom by which of them: checked when they are loaded."""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Self

from jinja2 import TemplateError, TemplateSyntaxError, nodes
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import to_json

from wangge_contracts.message import derive_id
from wangge_contracts.v1 import TaskKind
from wangge_notifier.contacts import Lang
from wangge_notifier.tells import Audience, Tell

SHIPPED = "1"
"""The version of the templates that come with this room."""
WORDS: Mapping[str, str] = {
    "case": "the case number",
    "what": "the class of the matter",
    "where": "community, grid and address; of a restricted matter without the address",
    "description": "what was reported; of a restricted matter nothing",
    "instructions": "what the desk wants done; of a restricted matter nothing",
    "limit": "the time allowed",
    "unit": "who has the turn",
    "desk": "the desk that decides",
    "phone": "the duty phone of who has the turn",
    "reason": "why, in the words of who did it; of a restricted matter nothing",
    "deadline": "when the limit is over",
    "until": "when a suspension is over, or an answer is due",
    "board": "where the matter is listed (挂账)",
    "channel": "in `endpoint-gone` and `endpoint-doubtful`: the means, by its word in the contracts",
    "report": "the terminal's own number of a report",
    "instead_of": "for whom a deputy or a desk is told",
    "many": "in `gathered`: how many notices go as one",
    "list": "in `gathered`: case number and subject of the first of them",
    "more": "in `gathered`: how many the list leaves out, if any",
    "link": "in `to-confirm`: what the recipient opens to confirm",
    "message": "in `task-call` and `nobody-on-duty`: what they would have been told themselves",
}
"""What a text may ask for. Nothing of a reporter is among it: neither name nor number leaves intake."""
_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.If, nodes.CondExpr,
    nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Filter,
)  # fmt: skip
"""What a text may be made of; loops, calls and arithmetic could keep a courier busy and are not needed."""
_NEEDS: Mapping[str, str] = {"gathered": "many", "to-confirm": "link"}
"""What the text of a template must ask for, or it says nothing."""
_FILTERS = ("default", "lower", "truncate", "upper")


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    made = ImmutableSandboxedEnvironment(autoescape=False, extensions=())
    made.filters = {name: made.filters[name] for name in _FILTERS}
    made.tests = {}
    made.globals = {}
    return made


def _checked(source: str) -> str:
    """Return *source* if it can be filled in; raises ValueError and says what is wrong, on which line."""
    try:
        parsed = _environment().parse(source)
        _environment().from_string(source)
    except TemplateSyntaxError as error:
        raise ValueError(f"line {error.lineno} of the text: {error.message}") from None
    except TemplateError as error:
        raise ValueError(str(error)) from None
    for node in parsed.find_all(nodes.Node):
        if not isinstance(node, _ALLOWED):
            kind = type(node).__name__.lower()
            raise ValueError(f"line {node.lineno} of the text: {kind} is not allowed in a notice")
        if isinstance(node, nodes.Filter) and node.name not in _FILTERS:
            raise ValueError(f"no filter named {node.name!r}; there are {', '.join(_FILTERS)}")
    unknown = sorted(find_undeclared_variables(parsed) - WORDS.keys())
    if unknown:
        raise ValueError(f"unknown word {unknown[0]!r}; there are {', '.join(WORDS)}")
    return source


Source = Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(_checked)]
"""A Jinja text with `{{ words }}`, run in a sandbox."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Wording(_Strict):
    """A notice in one language: its subject, and its text."""

    subject: Annotated[str, Field(min_length=1, max_length=200)]
    text: Source

    def filled(self, words: Mapping[str, str]) -> str:
        """Return the text in one line; what is not among *words* leaves nothing behind."""
        given = {**dict.fromkeys(WORDS, ""), **words}
        return " ".join(_compiled(self.text).render(given).split())


class Wordings(_Strict):
    """A notice in every language."""

    zh: Wording
    en: Wording


class Own(_Strict):
    """A city's own texts and audiences; the content of the part `templates`."""

    templates: dict[Annotated[str, Field(pattern=r"^[a-z0-9](-?[a-z0-9])*$", max_length=48)], Wordings] = {}
    tells: tuple[Tell, ...] = ()

    @model_validator(mode="after")
    def _say_what_they_must(self) -> Self:
        for name, word in _NEEDS.items():
            of = self.templates.get(name)
            for text in (of.zh.text, of.en.text) if of is not None else ():
                if word not in find_undeclared_variables(_environment().parse(text)):
                    raise ValueError(f"{name} must ask for {word!r}: {WORDS[word]}")
        return self


class Templates(_Strict):
    """Every template by its name, the version of each, and who hears of what."""

    templates: dict[str, Wordings]
    versions: dict[str, str] = {}
    tells: tuple[Tell, ...] = ()

    @model_validator(mode="after")
    def _names_templates_that_exist(self) -> Self:
        for tell in self.tells:
            for name in tell.tells.values():
                if name not in self.templates:
                    raise ValueError(f"{tell.fact} names the template {name!r}, which does not exist")
        return self

    @staticmethod
    @cache
    def shipped() -> "Templates":
        """Return what comes with this version. Raises ValueError when something in it is wrong."""
        # The same as long as the program lives; to check all texts takes a third of loading a bundle.
        folder = files(__package__)
        texts = tomllib.loads((folder / "templates.toml").read_text("utf-8"))
        tells = tomllib.loads((folder / "tells.toml").read_text("utf-8"))
        return Templates.model_validate({"templates": texts, **tells})

    def with_own(self, part: Any) -> Self:
        """
        Return these with a city's *own* added: its texts replace those of their names, its tells go before.

        Raises ValueError for a part that is of no use.
        """
        own = Own.model_validate_json(to_json(part or {}))
        # By content, not by number: who looks a notice up sees whether its text is the one that stands now.
        versions = {
            name: derive_id("template", each.model_dump_json())[:12] for name, each in own.templates.items()
        }
        return type(self)(
            templates=self.templates | own.templates, versions=versions, tells=own.tells + self.tells
        )

    def told(self, fact: str, *, kind: TaskKind | None = None) -> Mapping[Audience, str] | None:
        """Return template by audience of the first entry that suits; None when nobody hears of it."""
        return next((tell.tells for tell in self._of(fact) if tell.suits(kind)), None)

    def _of(self, fact: str) -> Iterator[Tell]:
        return (tell for tell in self.tells if tell.fact == fact)

    def wording(self, name: str, lang: Lang) -> Wording:
        """Return one template in one language."""
        found: Wording = getattr(self.templates[name], lang)
        return found

    def version(self, name: str) -> str:
        """Return the version of one template: ours, or one made of the city's own text."""
        return self.versions.get(name, SHIPPED)


@cache
def _compiled(source: str) -> Any:
    return _environment().from_string(source)
