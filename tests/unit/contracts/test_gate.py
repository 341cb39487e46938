"""Small seeded changes show that the compatibility gate notices what it has to."""

from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, create_model

from tests.unit.contracts.compatibility import Break, Disagreement, admits, breaks
from tests.unit.contracts.losses import losses
from wangge_contracts.message import Instant, Message, Open, Part
from wangge_contracts.shapes import SIDES, messages, schema_of

BOTH: set[Break] = {"backward", "forward"}


class Inner(Part):
    """A part before it was changed."""

    a: int
    b: str | None = None


class InnerWithOptional(Inner):
    """The part with one more optional field."""

    c: str | None = None


class InnerWithRequired(Inner):
    """The part with one more required field."""

    c: str


OpenWord = Annotated[Literal["red", "green"], Open(otherwise="red")]
WiderOpenWord = Annotated[Literal["red", "green", "blue"], Open(otherwise="red")]
BEFORE: dict[str, Any] = {
    "must": Annotated[str, Field(max_length=10)],
    "may": (Annotated[str, Field(max_length=10)] | None, None),
    "word": OpenWord,
    "closed": (Literal["x", "y"] | None, None),
    "count": Annotated[int, Field(ge=0, le=100)],
    "slug": Annotated[str, Field(pattern="^[a-z]+$")],
    "at": Instant,
    "inner": Inner,
    "inners": Annotated[tuple[Inner, ...], Field(max_length=5)],
    "versions": Annotated[dict[str, str], Field(max_length=5)],
}
GONE = object()


def changed(changes: dict[str, Any]) -> type[Message]:
    fields = {name: field for name, field in (BEFORE | changes).items() if field is not GONE}
    told: dict[str, Any] = {
        name: field if isinstance(field, tuple) else (field, ...) for name, field in fields.items()
    }
    return create_model("Thing", __base__=Message, **told)


@pytest.mark.parametrize(
    ("changes", "broken"),
    [
        pytest.param({}, set(), id="nothing changed"),
        pytest.param({"new": (str | None, None)}, set(), id="optional added"),
        pytest.param({"new": str}, {"backward"}, id="required added"),
        pytest.param({"may": GONE}, set(), id="optional removed"),
        pytest.param({"must": GONE}, {"forward"}, id="required removed"),
        pytest.param({"must": GONE, "shall": str}, BOTH, id="required renamed"),
        pytest.param({"may": Annotated[str, Field(max_length=10)]}, {"backward"}, id="optional now required"),
        pytest.param(
            {"must": (Annotated[str, Field(max_length=10)] | None, None)},
            {"forward"},
            id="required now optional",
        ),
        pytest.param({"word": WiderOpenWord}, set(), id="open enum widened"),
        pytest.param(
            {"word": Annotated[Literal["red"], Open(otherwise="red")]}, set(), id="open enum narrowed"
        ),
        pytest.param({"word": Literal["red", "green"]}, set(), id="open enum closed with the same words"),
        pytest.param({"closed": (Literal["x", "y", "z"] | None, None)}, {"forward"}, id="closed widened"),
        pytest.param({"closed": (Literal["x"] | None, None)}, {"backward"}, id="closed narrowed"),
        pytest.param({"must": Annotated[str, Field(max_length=9)]}, {"backward"}, id="length narrowed"),
        pytest.param({"must": Annotated[str, Field(max_length=11)]}, {"forward"}, id="length widened"),
        pytest.param(
            {"must": Annotated[str, Field(min_length=1, max_length=10)]},
            {"backward"},
            id="empty refused",
        ),
        pytest.param({"count": Annotated[int, Field(ge=0, le=99)]}, {"backward"}, id="range narrowed"),
        pytest.param({"count": Annotated[int, Field(ge=0, le=101)]}, {"forward"}, id="range widened"),
        pytest.param({"count": Annotated[float, Field(ge=0, le=100)]}, {"forward"}, id="integer to number"),
        pytest.param({"count": str}, BOTH, id="integer to text"),
        pytest.param({"slug": Annotated[str, Field(pattern="^[a-z0-9]+$")]}, BOTH, id="wider pattern"),
        pytest.param({"slug": Annotated[str, Field(pattern="^[a-y]+$")]}, BOTH, id="finer pattern"),
        pytest.param({"at": str}, BOTH, id="instant to text"),
        pytest.param({"inner": InnerWithOptional}, set(), id="optional added inside"),
        pytest.param({"inner": InnerWithRequired}, {"backward"}, id="required added inside"),
        pytest.param({"inners": tuple[Inner, ...]}, {"forward"}, id="list lengthened"),
        pytest.param(
            {"inners": Annotated[tuple[InnerWithRequired, ...], Field(max_length=5)]},
            {"backward"},
            id="required added inside a list",
        ),
        pytest.param({"inner": Annotated[tuple[Inner, ...], Field(max_length=5)]}, BOTH, id="one to many"),
        pytest.param({"inner": Inner | str}, {"forward"}, id="alternative added"),
        pytest.param(
            {"versions": Annotated[dict[str, int], Field(max_length=5)]}, BOTH, id="map of something else"
        ),
        pytest.param(
            {"versions": Annotated[dict[str, str], Field(max_length=6)]}, {"forward"}, id="map enlarged"
        ),
    ],
)
def test_the_gate_notices(changes: dict[str, Any], broken: set[Break]) -> None:
    old, new = changed({}), changed(changes)

    assert (
        breaks(
            old_writer=schema_of(old, "writer"),
            old_reader=schema_of(old, "reader"),
            new_writer=schema_of(new, "writer"),
            new_reader=schema_of(new, "reader"),
        )
        == broken
    )


Mode = Annotated[Literal["actual", "exercise", "test"], Open(otherwise="test")]


class InnerWithout(Part):
    """The part without its optional field."""

    a: int


@pytest.mark.parametrize(
    ("before", "after", "lost"),
    [
        pytest.param({}, {}, [], id="nothing changed"),
        pytest.param({}, {"new": (Mode, "actual")}, [], id="optional added"),
        pytest.param({}, {"word": WiderOpenWord}, [], id="open enum widened"),
        pytest.param({}, {"may": GONE}, ["/may is gone"], id="optional removed"),
        pytest.param({}, {"may": GONE, "might": (str | None, None)}, ["/may is gone"], id="optional renamed"),
        pytest.param({}, {"inner": InnerWithout}, ["/inner/b is gone"], id="optional removed inside"),
        pytest.param(
            {},
            {"inners": Annotated[tuple[InnerWithout, ...], Field(max_length=5)]},
            ["/inners/*/b is gone"],
            id="optional removed inside a list",
        ),
        pytest.param(
            {"mode": (Mode, "actual")},
            {"mode": (Mode, "test")},
            ["/mode: left out it was 'actual' and is 'test'"],
            id="default changed",
        ),
        pytest.param(
            {"flag": (bool, False)},
            {"flag": (bool, True)},
            ["/flag: left out it was False and is True"],
            id="flag turned",
        ),
        pytest.param(
            {"flag": (bool | None, None)},
            {"flag": (bool, True)},
            ["/flag: left out it was absent and is True"],
            id="default given",
        ),
        pytest.param(
            {},
            {"word": Annotated[Literal["red", "green"], Open(otherwise="green")]},
            ["/word: any other word was 'as red' and is 'as green'"],
            id="fallback changed",
        ),
        pytest.param(
            {},
            {"word": Annotated[Literal["red"], Open(otherwise="red")]},
            ["/word no longer has the word 'green'"],
            id="open enum narrowed",
        ),
        pytest.param(
            {},
            {"word": Literal["red", "green"]},
            ["/word: any other word was 'as red' and is 'refused'"],
            id="open enum closed with the same words",
        ),
        pytest.param(
            {"words": tuple[Mode, ...]},
            {"words": tuple[Annotated[Literal["actual", "test"], Open(otherwise="test")], ...]},
            ["/words/* no longer has the word 'exercise'"],
            id="open enum narrowed in a list",
        ),
    ],
)
def test_what_both_schemas_admit_and_yet_is_lost_is_named(
    before: dict[str, Any], after: dict[str, Any], lost: list[str]
) -> None:
    old, new = changed(before), changed(before | after)

    found = {told for side in SIDES for told in losses(old=schema_of(old, side), new=schema_of(new, side))}

    assert sorted(found) == lost


def test_a_keyword_that_no_checker_reads_stops_the_gate() -> None:
    with pytest.raises(NotImplementedError, match="exclusiveMinimum"):
        admits({"type": "integer", "exclusiveMinimum": 0}, {"type": "integer"})


def test_checkers_that_differ_stop_the_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jsoncompat.check_compat", lambda *_: False)

    with pytest.raises(Disagreement):
        admits({"type": "string", "maxLength": 77}, {"type": "string", "maxLength": 77})


@pytest.mark.parametrize("message", messages(), ids=lambda message: message.__name__)
def test_a_message_agrees_with_itself(message: type[Message]) -> None:
    assert admits(schema_of(message, "reader"), schema_of(message, "writer"))
