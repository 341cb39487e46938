"""What every message is: frozen, closed when written, open when read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from hashlib import blake2b
from typing import Any, ClassVar, Self, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from wangge_contracts.instants import LATEST as LATEST, Instant as Instant, instant_text as instant_text
from wangge_contracts.pointing import unknown_in
from wangge_contracts.spellings import respelt, whole_characters

MAX_WORD = 64
"""Longest word of an open enum, in characters, and longest id."""

_ESCAPED_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class Unreadable(ValueError):
    """These bytes or headers can never be read; *code* is stable and listed in `v1.faults`."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text


class Open:
    """
    Marks an enum that may grow: readers admit any word, writers only those they know.

    *otherwise* is the word a reader acts on when it meets one it does not know; `known` applies it.
    *then* says in the schema what a reader does instead, where no word will do.
    """

    def __init__(self, *, otherwise: str, then: str = "") -> None:
        self.otherwise = otherwise
        self.then = then or f"as {otherwise}"

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.json_or_python_schema(
            json_schema=core_schema.str_schema(min_length=1, max_length=MAX_WORD),
            python_schema=handler(source),
        )

    def __get_pydantic_json_schema__(
        self, schema: core_schema.JsonOrPythonSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        if handler.mode == "serialization":
            return handler(schema["python_schema"])
        closed = handler(schema["python_schema"])
        return handler(schema["json_schema"]) | {
            "description": f"Any other word: {self.then}.",
            "examples": closed.get("enum") or [closed["const"]],
        }


@cache
def words(kind: Any) -> tuple[str, ...]:
    """The words of an open enum that this version knows, in the order of its definition."""
    literal, *_ = get_args(kind)
    return get_args(literal)


def known(kind: Any, word: str) -> Any:
    """
    *word* if this version knows it, else the fallback of its enum.

    A room calls it before it copies a word that somebody else wrote into a message of its own:
    construction refuses unknown words.
    """
    if word in words(kind):
        return word
    return next(mark.otherwise for mark in get_args(kind) if isinstance(mark, Open))


class Part(BaseModel):
    """A piece of a message: frozen, and refused when written with a field that nobody knows."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """
        Return a copy with *update*, unchecked: what pydantic's own does, in half the time.

        A part holds its fields and nothing else, so there is nothing private or extra to look for.
        """
        if deep:
            return super().model_copy(update=update, deep=True)
        changes, told = update or {}, self.__pydantic_fields_set__
        # Nobody changes the set of a frozen part, so copies may share it.
        return _filled(
            self.__class__,
            {**self.__dict__, **changes},
            told if told.issuperset(changes) else told | changes.keys(),
        )

    @classmethod
    def of_checked(cls, fields: Mapping[str, Any]) -> Self:
        """
        Return a part of *fields*, unchecked, with the defaults of the rest in the order of the contract.

        It takes a fifth of the time, for who hands on what was checked when it was read. That every field of
        a caller's is bound as tightly where it comes from is for tests to hold; in their process it is
        checked all the same. Raises TypeError when a required one is missing.
        """
        blank, required = _blank(cls)
        if not required <= fields.keys():
            raise TypeError(f"{cls.__name__} lacks {', '.join(sorted(required - fields.keys()))}")
        return _filled(cls, {**blank, **fields}, set(fields))


P = TypeVar("P", bound=Part)
_put_fields, _put_told, _put_extra, _put_private = (
    BaseModel.__dict__[slot].__set__
    for slot in ("__dict__", "__pydantic_fields_set__", "__pydantic_extra__", "__pydantic_private__")
)
"""The slots of a model, each by itself: to look for it by name takes longer than to fill it."""


def _filled(kind: type[P], fields: dict[str, Any], told: set[str]) -> P:
    """Return a part of *kind* with all of *fields*, of which *told* were given, unchecked."""
    part = object.__new__(kind)
    _put_fields(part, fields)
    _put_told(part, told)
    _put_extra(part, None)
    _put_private(part, None)
    return part


def most(kind: type[Part], name: str) -> int:
    """
    How many the field *name* of a *kind* holds. Raises `LookupError` for one without a bound.

    Who collects what a message is to tell asks here, and refuses, divides or cuts before it is made.
    """
    bounds = (getattr(mark, "max_length", None) for mark in kind.model_fields[name].metadata)
    found: int | None = next((bound for bound in bounds if bound is not None), None)
    if found is None:
        raise LookupError(f"{kind.__name__}.{name} has no bound")
    return found


@cache
def _blank(kind: type[Part]) -> tuple[dict[str, Any], frozenset[str]]:
    """Return every field of *kind* with its default, which nobody changes, and which are required."""
    fields = kind.model_fields
    return (
        {name: None if field.is_required() else field.get_default() for name, field in fields.items()},
        frozenset(name for name, field in fields.items() if field.is_required()),
    )


class Message(Part):
    """One thing said. Its class docstring says who vouches for it."""

    MAJOR: ClassVar[str]
    """The package it lives in: `v1`."""
    TYPE: ClassVar[str]
    """The CloudEvents type: `wangge.<ClassName>.v<major>`."""
    SCHEMA: ClassVar[str]
    """The CloudEvents dataschema."""

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        match cls.__module__.split("."):
            case ["wangge_contracts", major, *_]:
                cls.MAJOR = major
            case _:  # A test's own message.
                cls.MAJOR = "v1"
        cls.TYPE = f"wangge.{cls.__name__}.{cls.MAJOR}"
        cls.SCHEMA = f"urn:wangge:{cls.MAJOR}:{cls.__name__}"

    @classmethod
    def read(cls, data: bytes) -> Self:
        """
        The message in *data*; fields and words that this version does not know are tolerated, and so are
        other languages' spellings (`spellings`).

        Raises `Unreadable` for a NUL character and pydantic's `ValidationError` for the rest; both are
        `ValueError`.
        """
        refuse_nul(data)
        message: Self
        try:
            message = cls.__pydantic_validator__.validate_json(data, extra="ignore")
        except ValidationError:
            if (ours := respelt(data)) is None:
                raise
            message = cls.__pydantic_validator__.validate_json(ours, extra="ignore")
        return message

    @classmethod
    def read_closely(cls, data: bytes) -> tuple[Self, tuple[str, ...]]:
        """
        The message in *data*, as `read` has it, and pointers to the fields that it passed over, the first 20.

        Only what holds such a field is read twice: for everybody else it costs nothing to look.
        """
        refuse_nul(data := whole_characters(data))
        try:
            return cls.__pydantic_validator__.validate_json(data), ()
        except ValidationError as error:
            return cls.read(data), unknown_in(error)

    def write(self) -> bytes:
        """
        The message as JSON; what is absent is left out.

        Raises `Unreadable` when a text holds a NUL character, which PostgreSQL cannot keep.
        """
        data: bytes = self.__pydantic_serializer__.to_json(self, exclude_none=True)
        refuse_nul(data)
        return data


def refuse_nul(data: bytes) -> None:
    """Raise `Unreadable` when a text in the JSON *data* holds the NUL character."""
    # One byte is looked for much faster than six.
    if b"\\" in data and b"\\u0000" in data and _ESCAPED_NUL.search(data):
        raise Unreadable("nul-character", "a text holds the character U+0000")


def derive_id(*parts: str) -> str:
    """
    The id that follows from *parts*: 32 hexadecimal digits of BLAKE2b-128.

    The same cause gives the same id, so that doing a thing twice says the same thing twice.
    """
    return blake2b("\x1f".join(parts).encode(), digest_size=16).hexdigest()
