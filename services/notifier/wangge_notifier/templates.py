"""The words of every notice, and which fact tells whom by which of them: checked when they are loaded."""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Self

from jinja2 import TemplateError, TemplateSyntaxError, nodes
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PrivateAttr, model_validator
from pydantic_core import to_json

from wangge_contracts.message import derive_id
from wangge_contracts.v1 import TaskKind
from wangge_notifier.contacts import Lang
from wangge_notifier.spelling import in_one_line
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
    "turn": "what that one has to do: handle it, attend, check it ...",
    "desk": "the desk that decides",
    "asks": "in `approve-given`: who asks for it, where the fact says so",
    "phone": "the duty phone of who has the turn",
    "reason": "why, in the words of who did it; of a restricted matter nothing",
    "deadline": "when the limit is over; of a task, where that lies ahead and no suspension came between",
    "until": "when a suspension is over, or an answer is due",
    "other": "where it was merged: the number of the case that it goes on under, unless one is restricted",
    "board": "where the matter is listed (挂账)",
    "channel": "in `endpoint-gone`, `endpoint-doubtful`, `no-channel`: the means",
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
NEEDS: Mapping[str, str] = {"gathered": "many", "to-confirm": "link"}
"""What the text of a template must ask for, or it says nothing; it is always given."""
_LONGEST = 2000
"""Most characters of a text with its words in it."""
_FILTERS = ("default", "lower", "truncate", "upper")


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    made = ImmutableSandboxedEnvironment(autoescape=False, extensions=())
    made.filters = {name: made.filters[name] for name in _FILTERS}
    made.tests = {}
    made.globals = {}
    return made


def parsed(source: str) -> nodes.Template:
    """Return the tree of a text; raises TemplateError for what is none."""
    return _environment().parse(source)


def _checked(source: str) -> str:
    """Return *source* if it can be filled in; raises ValueError and says what is wrong, on which line."""
    try:
        tree = parsed(source)
        _environment().from_string(source)
    except TemplateSyntaxError as error:
        raise ValueError(f"line {error.lineno} of the text: {error.message}") from None
    except TemplateError as error:
        raise ValueError(str(error)) from None
    except (RecursionError, SyntaxError):  # of Python, which compiles what Jinja makes of it
        raise ValueError("conditions, brackets or filters nest too deep: write it flatter") from None
    for node in tree.find_all(nodes.Node):
        if not isinstance(node, _ALLOWED):
            kind = type(node).__name__.lower()
            raise ValueError(f"line {node.lineno} of the text: {kind} is not allowed in a notice")
        if isinstance(node, nodes.Filter) and node.name not in _FILTERS:
            raise ValueError(f"no filter named {node.name!r}; there are {', '.join(_FILTERS)}")
    unknown = sorted(find_undeclared_variables(tree) - WORDS.keys())
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
        """
        Return the text in one line; what is not among *words* leaves nothing behind.

        Raises whatever the text makes of them: to compare a word with a number is a TypeError.
        """
        given = {**dict.fromkeys(WORDS, ""), **words}
        return in_one_line(_compiled(self.text).render(given))


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
        for name, word in NEEDS.items():
            of = self.templates.get(name)
            for text in (of.zh.text, of.en.text) if of is not None else ():
                if word not in find_undeclared_variables(parsed(text)):
                    raise ValueError(f"{name} must ask for {word!r}: {WORDS[word]}")
        return self


@dataclass(frozen=True, slots=True)
class Filled:
    """What a template says, neither empty nor endless, and the version of the text that says it."""

    text: str
    version: str
    lang: Lang

    def in_mode(self, mode: str) -> Self:
        """Return it as it is said in *mode*: of a drill it says so first."""
        if mode != "exercise":
            return self
        return replace(self, text=f"{'【演练】' if self.lang == 'zh' else '[Exercise] '}{self.text}")


Failed = Callable[[str, Lang, str], None]
"""Hears of a city's text that could not be filled in: template, language, and what went wrong."""


class Templates(_Strict):
    """Every template by its name, the version of each, and who hears of what."""

    templates: dict[str, Wordings]
    versions: dict[str, str] = {}
    tells: tuple[Tell, ...] = ()
    _failed: Failed | None = PrivateAttr(default=None)

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

    def with_own(self, part: Any, *, failed: Failed | None = None) -> Self:
        """
        Return these with a city's *own* added: its texts replace those of their names, its tells go before.

        *failed* hears of each time that a text is of no use. Raises ValueError for a part that is.
        """
        own = Own.model_validate_json(to_json(part or {}))
        # By content, not by number: who looks a notice up sees whether its text is the one that stands now.
        versions = {
            name: derive_id("template", each.model_dump_json())[:12] for name, each in own.templates.items()
        }
        made = type(self)(
            templates=self.templates | own.templates, versions=versions, tells=own.tells + self.tells
        )
        made._failed = failed
        return made

    def told(self, fact: str, *, kind: TaskKind | None = None) -> Mapping[Audience, str] | None:
        """Return template by audience of the first entry that suits; None when nobody hears of it."""
        return next((tell.tells for tell in self._of(fact) if tell.suits(kind)), None)

    def _of(self, fact: str) -> Iterator[Tell]:
        return (tell for tell in self.tells if tell.fact == fact)

    def wording(self, name: str, lang: Lang) -> Wording:
        """Return one template in one language."""
        found: Wording = getattr(self.templates[name], lang)
        return found

    def filled(self, name: str, lang: Lang, words: Mapping[str, str]) -> Filled:
        """
        Return what a template says with these *words*.

        Raises nothing: where a city's text does, or says nothing, ours goes instead; where we have none of
        that name, the subject and the case number.
        """
        wording = self.wording(name, lang)
        try:
            text, why = wording.filled(words), "it comes out empty"
        except Exception as error:  # a text is a program of the city's: what it may raise is not ours to list
            text, why = "", f"{type(error).__name__}: {error}"
        if text:
            return Filled(text[:_LONGEST], self.version(name), lang)
        if self._failed is not None:
            self._failed(name, lang, why)
        ours = Templates.shipped()
        if self is not ours and name in ours.templates:
            return ours.filled(name, lang, words)
        told = f"{wording.subject} {words.get('case', '')}"
        return Filled(" ".join(told.split()) or name, self.version(name), lang)

    def version(self, name: str) -> str:
        """Return the version of one template: ours, or one made of the city's own text."""
        return self.versions.get(name, SHIPPED)


@cache
def _compiled(source: str) -> Any:
    return _environment().from_string(source)
