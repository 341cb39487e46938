"""Whether one rule takes everything that another would."""

from collections.abc import Collection, Mapping, Sequence

from wangge_contracts.hours import week
from wangge_contracts.message import words
from wangge_contracts.v1 import Nature, Source, Urgency
from wangge_router.rulebook import Classes, Codes, Rule, When
from wangge_router.terms import are_among

Above = Mapping[str, str | None]
"""Every place code with the one it lies in."""
Zones = Mapping[str, Collection[str]]


def takes_all(first: Rule, second: Rule, zones: Zones, above: Above) -> bool:
    """Whether whatever fulfils *second* fulfils *first*, so that behind it *second* is never reached."""
    one, other = first.when, second.when
    return (
        _any_of(one.terminals, other.terminals)
        and _any_of(one.sources, other.sources, of=words(Source))
        and _any_of(one.natures, other.natures, of=words(Nature))
        and _any_of(one.urgencies, other.urgencies, of=words(Urgency))
        and _codes(one.classes, other.classes)
        and _codes(one.components, other.components)
        and _attributes(one, other)
        and _texts(one, other)
        and _places(one, other, zones, above)
        and _times(one, other)
        and one.guard.strip() in ("", "true", other.guard.strip())
    )


def lies_in(code: str, places: Collection[str], above: Above) -> bool:
    """Whether the place *code* is one of *places* or lies in one."""
    while code in above:
        if code in places:
            return True
        code = above[code] or ""
    return False


def _any_of(one: Collection[str], other: Collection[str], *, of: Collection[str] = ()) -> bool:
    """*of*: every word there is; who names them all asks nothing."""
    return bool(of and set(of) <= set(one)) or are_among(other, one)


def _codes(one: Sequence[Codes], other: Sequence[Codes]) -> bool:
    return not one or (bool(other) and all(_covered(each, by=one) for each in other))


def _covered(codes: Codes, *, by: Sequence[Codes]) -> bool:
    wide = [
        each for each in by if each.scheme == codes.scheme and _condition(each) in (None, _condition(codes))
    ]
    if any(not each.codes and not each.prefixes for each in wide):
        return True
    prefixes = tuple(prefix for each in wide for prefix in each.prefixes)
    named = {code for each in wide for code in each.codes}
    return bool(codes.codes or codes.prefixes) and (
        all(code in named or code.startswith(prefixes) for code in codes.codes)
        and all(prefix.startswith(prefixes) for prefix in codes.prefixes)
    )


def _condition(codes: Codes) -> str | None:
    return codes.condition if isinstance(codes, Classes) else None


def _attributes(one: When, other: When) -> bool:
    return all(
        code in other.attributes and set(other.attributes[code]) <= set(values)
        for code, values in one.attributes.items()
    )


def _texts(one: When, other: When) -> bool:
    return not one.texts or (
        bool(other.texts) and all(any(text in longer for text in one.texts) for longer in other.texts)
    )


def _places(one: When, other: When, zones: Zones, above: Above) -> bool:
    """Whether the areas of *one* hold those of *other*; it lies in its places and in its zones at once."""
    # Whatever is reported lies in the district at least.
    whole = tuple(code for code, parent in above.items() if parent is None)
    areas = [whole, *(codes for codes in (other.places, _inside(other, zones)) if codes)]
    return all(
        any(all(lies_in(code, wide, above) for code in codes) for codes in areas)
        for wide, asked in ((one.places, one.places), (_inside(one, zones), one.zones))
        if asked
    )


def _inside(when: When, zones: Zones) -> tuple[str, ...]:
    return tuple(code for zone in when.zones for code in zones.get(zone, ()))


def _times(one: When, other: When) -> bool:
    if not one.times or all(week(one.times)):
        return True
    if set(other.times) <= set(one.times):
        return bool(other.times)
    ever = week(other.times, at_most=True)
    return bool(other.times) and all(
        wide >= narrow for wide, narrow in zip(week(one.times), ever, strict=True)
    )
