"""Whether the parts of a configuration fit one another; each for itself is sound already."""

from collections.abc import Iterator, Mapping
from typing import Any

from wangge_local.bundle_boundaries import faults, overlaps
from wangge_local.bundle_people import faults_of_people
from wangge_local.bundle_terminals import faults_of_terminals
from wangge_local.bundle_times import faults_of_times
from wangge_local.bundle_whole import Finding, Parts, repeated
from wangge_router.addresses import normalised
from wangge_router.directory import Directory
from wangge_router.places import Registry
from wangge_router.results import in_order
from wangge_router.soundness import check


def findings(parts: Parts) -> Iterator[Finding]:
    """Everything in which *parts* do not fit one another."""
    yield from _places(parts)
    yield from _departments(parts)
    yield from _standard(parts)
    yield from _holders(parts)
    yield from faults_of_terminals(parts)
    yield from faults_of_times(parts)
    yield from _ladders(parts)
    yield from _boundaries(parts)
    yield from _addresses(parts)
    slugs = [terminal.slug for terminal in parts.terminals]
    for problem in check(parts.rulebook, parts.departments, parts.places, parts.standard, slugs):
        yield Finding("rulebook", problem.path, problem.text, problem.remedy, warning=problem.warning)


def unusable(contents: Mapping[str, Any]) -> str | None:
    """Say why the router could not work with the parts as they are published; None: it can."""
    try:
        Directory.of("checked", contents)
    except ValueError as error:
        return f"the router cannot work with it: {error}"
    return None


def _places(parts: Parts) -> Iterator[Finding]:
    for number, code in repeated(place.code for place in parts.places):
        at = ("places", number, "code")
        yield Finding("places", at, f"place {code} is registered twice", "remove one of the two")
    try:
        registry = Registry(parts.places)
    except ValueError as error:
        yield Finding("places", ("places",), str(error), "correct `parent` and `level`")
        return
    if registry.district.code != parts.district.code:
        yield Finding(
            "district",
            ("code",),
            f"the district is {parts.district.code}, but the registry's is {registry.district.code}",
            "write the same code in district.toml and places.toml",
        )


def _departments(parts: Parts) -> Iterator[Finding]:
    slugs = {department.slug for department in parts.departments}
    codes = {place.code for place in parts.places}
    for number, slug in repeated(department.slug for department in parts.departments):
        at = ("departments", number, "slug")
        yield Finding("departments", at, f"department {slug} is named twice", "a slug is one unit's for good")
    for number, department in enumerate(parts.departments):
        for named in ("parent", "successor"):
            other = getattr(department, named)
            if other is not None and (other not in slugs or other == department.slug):
                at = ("departments", number, named)
                text = f"{named} of {department.slug} is {other!r}, which is no other department"
                yield Finding("departments", at, text, "name a department of this file, or leave it out")
        for code in department.territory:
            if code not in codes:
                at = ("departments", number, "territory")
                text = f"the territory of {department.slug} holds {code!r}, which is no place"
                yield Finding("departments", at, text, "add it to places.toml or correct the code")
    for named in ("parent", "successor"):
        above = {each.slug: getattr(each, named) for each in parts.departments}
        for circle in _circles(above):
            at = ("departments", list(above).index(circle[0]), named)
            text = f"{named} goes round in a circle: {' -> '.join((*circle, circle[0]))}"
            yield Finding("departments", at, text, f"leave out one `{named}`")


def _circles(above: Mapping[str, str | None]) -> Iterator[list[str]]:
    """Yield each circle of two or more that *above* holds, once, from whichever is named first."""
    seen: set[str] = set()
    for first in above:
        way: list[str] = []
        name: str | None = first
        while name is not None and name in above and name not in seen:
            seen.add(name)
            way.append(name)
            name = above[name]
        if name in way and len(circle := way[way.index(name) :]) > 1:
            yield circle


def _standard(parts: Parts) -> Iterator[Finding]:
    slugs = {department.slug for department in parts.departments}
    refs = [row.class_ref for row in parts.standard]
    for number, name in repeated(f"{ref.scheme}:{ref.code}/{ref.condition}" for ref in refs):
        yield Finding(
            "standard", ("rows", number), f"two rows for {name}", "keep one, or tell conditions apart"
        )
    for number, row in enumerate(parts.standard):
        try:
            if row.stages:
                in_order(row.stages)
        except ValueError as error:
            yield Finding("standard", ("rows", number, "stages"), str(error), "correct them")
        for holder in row.candidates:
            kind, _, slug = holder.partition(":")
            if kind == "department" and slug not in slugs:
                at = ("rows", number, "candidates")
                text = f"{row.class_ref.code} names the department {slug!r}, which does not exist"
                yield Finding("standard", at, text, "add it to departments.toml or correct the slug")


def _holders(parts: Parts) -> Iterator[Finding]:
    codes = {place.code for place in parts.places}
    units = {f"department:{department.slug}" for department in parts.departments}
    posts = {post.holder for post in parts.rosters.posts}
    for _, holder in repeated(post.holder for post in parts.rosters.posts):
        text = f"the post {holder} is filled twice"
        yield Finding("rosters", (), text, "name its place in one roster only", quoted=_place(holder))
    for code in sorted({_place(holder) for holder in posts} - codes):
        text = f"a roster names the place {code!r}, which does not exist"
        yield Finding("rosters", (), text, "add it to places.toml or correct the code", quoted=code)
    yield from faults_of_people(parts, units | posts | {f"desk:{code}" for code in codes})


def _ladders(parts: Parts) -> Iterator[Finding]:
    known: dict[str, set[str]] = {}
    for row in parts.standard:
        known.setdefault(row.class_ref.scheme, set()).add(row.class_ref.code)
    ladders = parts.ladder.ladders
    for number, ladder in enumerate(ladders):
        at = ("ladders", number)
        for step, rung in enumerate(ladder.rungs):
            for which, effect in repeated(rung.effects):
                text = f"rung {rung.name} does {effect} twice"
                yield Finding("ladder", (*at, "rungs", step, "effects", which), text, "write it once")
        for which, classes in enumerate(ladder.classes):
            if classes.scheme not in known:
                text = (
                    f"ladder {ladder.name} is for classes of {classes.scheme!r}, which the standard has not"
                )
                yield Finding(
                    "ladder", (*at, "classes", which), text, f"use one of {', '.join(sorted(known))}"
                )
                continue
            for code in sorted(set(classes.codes) - known[classes.scheme]):
                text = f"ladder {ladder.name} is for class {code!r}, of which the standard has no row"
                yield Finding("ladder", (*at, "classes", which), text, "correct the code or add the row")
        earlier = next((each for each in ladders[:number] if each.covers(ladder)), None)
        if earlier is not None:
            text = f"ladder {ladder.name} is never climbed: {earlier.name} before it suits all its tasks"
            yield Finding("ladder", at, text, "move it up or remove it", warning=True)


def _addresses(parts: Parts) -> Iterator[Finding]:
    codes = {place.code for place in parts.places}
    for number, entry in enumerate(parts.addresses):
        at = ("addresses", number)
        if entry.place not in codes:
            text = f"addresses are given for the place {entry.place!r}, which does not exist"
            yield Finding("addresses", (*at, "place"), text, "add it to places.toml or correct the code")
        if entry.buildings and entry.buildings[0] > entry.buildings[1]:
            text = f"the buildings of {entry.place} go from {entry.buildings[0]} down to {entry.buildings[1]}"
            yield Finding("addresses", (*at, "buildings"), text, "write the lower number first")
        for name in entry.names:
            if len(normalised(name)) < 2:
                text = f"{name!r} of {entry.place} is no name once blanks and marks are left out"
                yield Finding("addresses", (*at, "names"), text, "write it out, or remove it")


def _boundaries(parts: Parts) -> Iterator[Finding]:
    if parts.boundaries is not None:
        found = [*faults(parts.boundaries, parts.places)]
        for number, text, remedy in found:
            yield Finding("boundaries", ("features", number), text, remedy)
        for number, text, remedy in () if found else overlaps(parts.boundaries):
            yield Finding("boundaries", ("features", number), text, remedy, warning=True)


def _place(holder: str) -> str:
    return holder.partition(":")[2].partition("/")[0]
