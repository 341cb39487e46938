"""Which configurations are loaded, what becomes of them, and what their author is told to mend."""

import json
import os
import subprocess
import sys
from collections import Counter
from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest

from tests.unit.local.cities import BOSTON, DONGCHENG
from tests.unit.router.test_routing import accepted
from wangge_contracts.pieces import gathered, joined, named
from wangge_contracts.topics import REFERENCE_PUBLISHED
from wangge_contracts.v1 import Area, ClassRef, IncidentPlace
from wangge_local.bundle import Bundle, canonical, load
from wangge_local.bundle_problems import BadBundle, Problem
from wangge_router.directory import Directory
from wangge_router.routing import route


@pytest.fixture(scope="module")
def dongcheng() -> Bundle:
    return load(DONGCHENG)


@pytest.fixture(scope="module")
def boston() -> Bundle:
    return load(BOSTON)


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def line(file: Path, text: str) -> int:
    return next(n for n, each in enumerate(file.read_text("utf-8").splitlines(), 1) if text in each)


def line_text(file: Path, text: str) -> str:
    return file.read_text("utf-8").splitlines()[line(file, text) - 1]


def canonical_ring(coordinates: object) -> str:
    return json.dumps(coordinates, separators=(",", ":"))


def problems(folder: Path) -> tuple[Problem, ...]:
    with pytest.raises(BadBundle) as refusal:
        load(folder)
    return refusal.value.problems


def test_a_bundle_is_its_pieces_under_their_hashes(dongcheng: Bundle) -> None:
    hashes = {name: sha256(canonical(piece)).hexdigest() for name, piece in dongcheng.pieces.items()}

    assert dongcheng.hashes == hashes


def test_a_city_is_spoken_to_in_its_own_language(dongcheng: Bundle, boston: Bundle) -> None:
    assert [city.part("district").get("language", "zh") for city in (dongcheng, boston)] == ["zh", "en"]


def test_the_same_files_make_the_same_version(folder: Path) -> None:
    assert load(folder).version == load(folder).version


def test_a_version_does_not_depend_on_the_process_that_makes_it(boston: Bundle) -> None:
    program = f"from wangge_local.bundle import Path, load; print(load(Path({str(BOSTON)!r})).version)"

    versions = {
        subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        for seed in ("0", "2")
    }

    assert versions == {boston.version}


def test_an_edited_file_makes_another_version(folder: Path) -> None:
    before = load(folder)
    edit(folder / "departments.toml", "Gas company", "Gas works")

    edited = load(folder)

    assert edited.version != before.version
    changed = {kind for kind in edited.hashes if edited.hashes[kind] != before.hashes[kind]}
    assert changed == {"departments"}


def test_nothing_of_dongcheng_is_warned_of(dongcheng: Bundle) -> None:
    assert not dongcheng.warnings


@pytest.mark.parametrize(
    ("under", "streets", "communities", "grids"), [("110101", 17, 187, 589), ("110101009", 1, 10, 34)]
)
def test_dongcheng_and_dongzhimen_have_their_streets_communities_and_grids(
    dongcheng: Bundle, under: str, streets: int, communities: int, grids: int
) -> None:
    found = [place["level"] for place in dongcheng.part("places") if place["code"].startswith(under)]

    assert [found.count(level) for level in ("street", "community", "grid")] == [streets, communities, grids]


def test_every_place_below_the_district_is_outlined(dongcheng: Bundle) -> None:
    outlined = {
        (feature["properties"]["level"], feature["properties"]["code"])
        for feature in dongcheng.part("boundaries")["features"]
    }

    places = {(place["level"], place["code"]) for place in dongcheng.part("places")}
    assert outlined == places - {("district", "110101")}


def test_a_city_may_lack_boundaries(boston: Bundle) -> None:
    assert "boundaries" not in boston.parts


def test_every_grid_has_its_seven_forces(dongcheng: Bundle) -> None:
    holders = {post["holder"] for post in dongcheng.part("rosters")["posts"]}
    forces = ("secretary", "manager", "assistant", "police", "inspector", "judicial", "fire")

    grids = [place["code"] for place in dongcheng.part("places") if place["level"] == "grid"]

    assert {f"officer:{grid}/{force}" for grid in grids for force in forces} <= holders


def test_every_limit_names_its_calendar_and_version(dongcheng: Bundle) -> None:
    (calendar,) = dongcheng.part("calendars")["calendars"]
    limits = [row["limit"] for row in dongcheng.part("standard")]
    limits += dongcheng.part("rulebook")["limits"].values()

    assert {(limit["calendar"], limit["calendar_version"]) for limit in limits} == {
        ("dongcheng", calendar["version"])
    }


def test_holidays_are_published_as_dates(dongcheng: Bundle) -> None:
    (calendar,) = dongcheng.part("calendars")["calendars"]

    assert date(2026, 10, 10).isoformat() in calendar["opened"]


@pytest.mark.parametrize(
    ("scheme", "code", "place", "rule", "holder"),
    [
        ("gb-event", "0502", "110101009015004", "gas-leak", "desk:110101009015"),
        ("gb-event", "0502", "110101001", "gas-leak", "desk:110101001"),
        ("gb-event", "0405", "110101009015004", "street-order", "department:dongcheng-enforcement"),
        ("gb-event", "0496", "110101009015004", "fire-lane", "department:dongcheng-fire"),
        ("gb-component", "0405", "110101010", "greenery", "department:dongcheng-landscaping"),
        ("dc-social", "0101", "110101009010003", "ramp-dongzhimen", "department:dongzhimen-dpf"),
        ("dc-social", "0101", "110101010", "ramp-hepingli", "department:hepingli-dpf"),
        ("dc-social", "0101", "110101", "ramp", "department:dongcheng-dpf"),
        (
            "dc-social",
            "0201",
            "110101001011003",
            "dispute-donghuamen",
            "department:donghuamen-judicial-office",
        ),
        ("gb-event", "0126", "110101010020003", "river-pollution", "department:dongcheng-ecology"),
        ("gb-event", "0595", "110101010020003", "other-emergency", "desk:110101010"),
        ("gb-component", "0111", "110101010", "gas-supply", "department:beijing-gas"),
        ("gb-event", "0699", "110101010", "fallback", "desk:110101010"),
    ],
)
def test_dongcheng_routes(
    dongcheng: Bundle, scheme: str, code: str, place: str, rule: str, holder: str
) -> None:
    directory = Directory.of(dongcheng.version, dongcheng.parts)
    version = dongcheng.part("rulebook")["class_versions"][scheme]
    incident = accepted(
        class_ref=ClassRef(scheme=scheme, version=version, code=code),
        place=IncidentPlace(area=Area(scheme="bj15", code=place)),
    )

    routed = route(incident, directory.sorting)

    assert (routed.rule, routed.assignments[0].holder) == (rule, holder)


def test_every_condition_of_the_standard_has_a_rule(dongcheng: Bundle) -> None:
    directory = Directory.of(dongcheng.version, dongcheng.parts)
    place = IncidentPlace(area=Area(scheme="bj15", code="110101012003002"))

    rules = {
        (row["class_ref"]["scheme"], row["class_ref"]["code"]): route(
            accepted(class_ref=ClassRef.model_validate(row["class_ref"]), place=place), directory.sorting
        ).rule
        for row in dongcheng.part("standard")
    }

    assert [ref for ref, rule in rules.items() if rule == "fallback"] == []


def test_the_standard_has_all_519_conditions_with_their_limits(dongcheng: Bundle) -> None:
    counts = Counter(
        (row["class_ref"]["scheme"], row["limit"]["value"], row["limit"]["clock_kind"])
        for row in dongcheng.part("standard")
    )

    # The figures of the city standard that they come from.
    assert sum(n for (scheme, *_), n in counts.items() if scheme == "gb-event") == 144
    assert sum(n for (scheme, *_), n in counts.items() if scheme == "gb-component") == 375
    limits = Counter[tuple[float, str]]()
    for (scheme, value, clock_kind), n in counts.items():
        limits[value, clock_kind] += n if scheme.startswith("gb-") else 0
    assert {limit: n for limit, n in limits.items() if n} == {
        (1, "working-days"): 143,
        (5, "working-days"): 86,
        (3, "working-days"): 84,
        (2, "working-days"): 82,
        (4, "working-hours"): 39,
        (2, "urgent-hours"): 32,
        (2, "working-hours"): 22,
        (7, "working-days"): 9,
        (1, "urgent-hours"): 6,
        (15, "working-days"): 5,
        (4, "urgent-hours"): 4,
        (2, "natural-days"): 3,
        (10, "working-days"): 2,
        (1, "natural-days"): 1,
        (4, "working-days"): 1,
    }


def test_a_street_and_the_district_have_units_of_the_same_kind(dongcheng: Bundle) -> None:
    units = {unit["slug"]: unit for unit in dongcheng.part("departments")}

    assert units["dongzhimen-dpf"]["kind"] == units["dongcheng-dpf"]["kind"]
    assert units["dongzhimen-dpf"]["parent"] == "dongcheng-dpf"
    offices = [unit["territory"] for unit in units.values() if unit["kind"] == "street-office"]
    assert sorted(offices) == [[f"110101{n:03}"] for n in range(1, 18)]


def test_the_mailboxes_leave_intake_room_for_others(dongcheng: Bundle) -> None:
    reaches = Counter(unit["reach"] for unit in dongcheng.part("departments"))

    assert reaches["mailbox"] <= 60


def test_who_is_only_called_has_a_number(dongcheng: Bundle) -> None:
    phones = {each["holder"] for each in dongcheng.part("contacts")["contacts"] if each.get("duty_phone")}
    called = {
        f"department:{unit['slug']}"
        for unit in dongcheng.part("departments")
        if unit["reach"] == "contact-only"
    }

    assert called <= phones


@pytest.mark.parametrize(
    ("kind", "holder", "value", "clock_kind"),
    [
        ("Street Light Outages", "department:pwdx", 10, "working-days"),
        ("Rodent Activity", "department:isd", 30, "natural-days"),
        ("Fire Hydrant", "department:bwsc", 10, "working-days"),
        ("Something Never Seen", "desk:boston", 1, "working-hours"),
    ],
)
def test_boston_routes(boston: Bundle, kind: str, holder: str, value: float, clock_kind: str) -> None:
    directory = Directory.of(boston.version, boston.parts)
    incident = accepted(
        class_ref=ClassRef(scheme="boston311", version="2015", code=kind), place=IncidentPlace(unknown=True)
    )

    task = route(incident, directory.sorting).assignments[0]

    assert (task.holder, task.limit.value, task.limit.clock_kind) == (holder, value, clock_kind)


@pytest.mark.parametrize("named", ["parent", "successor"])
def test_departments_in_a_circle_are_named(folder: Path, named: str) -> None:
    file = folder / "departments.toml"
    edit(file, 'slug = "beijing-gas"', f'slug = "beijing-gas"\n{named} = "beijing-heating"')
    edit(file, 'slug = "beijing-heating"', f'slug = "beijing-heating"\n{named} = "beijing-gas"')

    (problem,) = problems(folder)

    assert f"{named} goes round in a circle: beijing-" in problem.text
    assert problem.line == line(file, f'{named} = "beijing-')


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "ladder.toml").unlink()

    assert [str(problem) for problem in problems(folder)] == [
        "ladder.toml: the file is missing; a configuration needs it"
    ]


def test_what_is_not_toml_is_named_with_its_line(folder: Path) -> None:
    edit(folder / "departments.toml", 'kind = "gas"', 'kind = "gas')

    (problem,) = problems(folder)

    assert (problem.file, problem.line) == (
        "departments.toml",
        line(folder / "departments.toml", 'kind = "gas'),
    )


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [("district.toml", "\n", "\nyears = {}\n"), ("boundaries.geojson", '"features"', '"n":{},\n"features"')],
)
def test_a_number_without_end_is_named_with_its_line(folder: Path, file: str, old: str, new: str) -> None:
    edit(folder / file, old, new.format("9" * 6000))

    (problem,) = problems(folder)
    assert str(problem).endswith(": a number has too many digits; write a shorter one")
    assert (problem.file, problem.line) == (file, line(folder / file, "9" * 6000))


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("rulebook.toml", 'lead = "beijing-heating"', 'lead = "beijing-heat"', "which does not exist"),
        ("rulebook.toml", 'fallback = "street"', 'fallback = "nobody"', "'workstation', 'street' or"),
        ("rulebook.toml", 'when.texts = ["', 'when.words = ["', "Extra inputs are not permitted"),
        (
            "standard.toml",
            'value = 15, clock_kind = "working-days"',
            'value = 15, clock_kind = "天"',
            "'urgent-",
        ),
        (
            "standard.toml",
            'value = 15, clock_kind = "working-days"',
            'value = "15天", clock_kind = "working-days"',
            "valid number",
        ),
        ("standard.toml", "value = 15, clock_kind", 'value = 15, calendar = "lunar", clock_kind', "'lunar'"),
        ("standard.toml", '"department:bike-share"', '"department:bikes"', "which does not exist"),
        ("departments.toml", 'reach = "contact-only"', 'reach = "telephone"', "'mailbox', 'console' or"),
        ("departments.toml", 'parent = "dongcheng-dpf"', 'parent = "dpf"', "which is no other department"),
        ("departments.toml", 'slug = "dongcheng-fire"', 'slug = "dongcheng-police"', "named twice"),
        ("departments.toml", '"110101009015"', '"110101009099"', "which is no place"),
        ("places.toml", 'code = "110101017"', 'code = "110101016"', "registered twice"),
        (
            "places.toml",
            'code = "110101009015", level',
            'code = "110101009055", level',
            "lies in 110101009015",
        ),
        ("district.toml", 'calendar = "dongcheng"', 'calendar = "lunar"', "'lunar' does not exist"),
        ("district.toml", '"Asia/Shanghai"', '"Asia/Dongcheng"', "no such time zone"),
        ("calendars.toml", '"18:00"', '"13:00"', "must end after they begin"),
        ("addresses.toml", 'place = "110101009015004"', 'place = "110101009015099"', "which does not exist"),
        ("addresses.toml", "buildings = [37, 48]", "buildings = [48, 37]", "go from 48 down to 37"),
        ("addresses.toml", "buildings = [37, 48]", 'names = ["（楼）"]', "is no name once"),
        ("terminals.toml", 'sources = ["resident"]', "sources = []", "at least 1 item"),
        ("terminals.toml", 'sources = ["resident"]', 'sources = ["pigeon"]', "'officer', 'volunteer'"),
        ("terminals.toml", 'slug = "sensor"', 'slug = "pda"', "named twice"),
        ("rosters.toml", 'terminal = "pda"', 'terminal = "sensor"', "is not entrusted with officers"),
        ("rosters.toml", 'terminal = "pda"', 'terminal = "pdas"', "'pdas', which does not exist"),
        (
            "rulebook.toml",
            'when.texts = ["',
            'when.terminals = ["kiosk"]\nwhen.texts = ["',
            "'kiosk', which does",
        ),
        ("ladder.toml", "share = 0.8", "share = 1.8", "every rung must come later"),
        (
            "rosters.toml",
            'level = "street"',
            'level = "street"\nplaces = ["110101018"]',
            "'110101018', which does not exist",
        ),
        ("contacts.toml", '"department:beijing-gas"', '"department:gas"', "no unit, desk or filled post"),
        ("contacts.toml", '[{ channel = "console" }]', '[{ channel = "webhook" }]', "needs an `address`"),
    ],
)
def test_a_mistake_is_named_with_file_and_line(
    folder: Path, file: str, old: str, new: str, told: str
) -> None:
    edit(folder / file, old, new)

    found = problems(folder)

    assert any(told in problem.text and problem.file == file and problem.line for problem in found), found


@pytest.mark.parametrize(
    ("classes", "told"),
    [
        ('{ scheme = "gb-event", codes = ["9999"] }', "class '9999', of which the standard has no row"),
        ('{ scheme = "gb-nothing" }', "classes of 'gb-nothing', which the standard has not"),
    ],
)
def test_a_ladder_for_classes_that_there_are_not_is_named_with_its_line(
    folder: Path, classes: str, told: str
) -> None:
    file = folder / "ladder.toml"
    edit(file, 'kinds = ["handle"]\nurgencies', f'kinds = ["handle"]\nclasses = [{classes}]\nurgencies')

    (problem,) = problems(folder)
    assert (problem.file, problem.line) == ("ladder.toml", line(file, "classes = ["))
    assert told in problem.text


def test_a_ladder_that_nobody_climbs_is_warned_of(folder: Path) -> None:
    edit(
        folder / "ladder.toml",
        'kinds = ["handle"]\nurgencies = ["urgent", "emergency"]',
        'kinds = ["handle"]',
    )

    warned = [each.text for each in load(folder).warnings if each.file == "ladder.toml"]
    assert warned == ["ladder handling is never climbed: urgent before it suits all its tasks"]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"code":"110101017"}', '"code":"110101018"}', "which is no place"),
        (
            '"level":"community","code":"110101009015"',
            '"level":"grid","code":"110101009015"',
            "but is a community",
        ),
        ('"code":"110101009015004"', '"code":"110101009015003"', "outlined twice"),
        ('"type":"Polygon"', '"type":"Point"', "expected tags: 'Polygon', 'MultiPolygon'"),
    ],
)
def test_a_wrong_outline_is_named_with_its_line(folder: Path, old: str, new: str, told: str) -> None:
    file = folder / "boundaries.geojson"
    at = line(file, old)
    edit(file, old, new)

    found = [(problem.file, problem.line) for problem in problems(folder) if told in problem.text]

    assert (file.name, at) in found


@pytest.mark.parametrize(
    ("ring", "told"),
    [
        ("[[[0,0],[1,0],[1,1],[0,1]]]", "begins at [0.0, 0.0] and does not end there"),
        ("[[[0,0],[1,1],[1,0],[0,1],[0,0]]]", "is no area: Self-intersection"),
        ("[[[0,0],[1,1],[0,0]]]", "at least 4 items"),
        ("[[[0,0],[100,91],[1,1],[0,0]]]", "less than or equal to 90"),
        (
            "[[[179.9,-17.0],[-179.9,-17.0],[-179.9,-16.0],[179.9,-16.0],[179.9,-17.0]]]",
            "more than half round the earth",
        ),
    ],
)
def test_an_outline_that_is_no_polygon_is_refused(folder: Path, ring: str, told: str) -> None:
    file = folder / "boundaries.geojson"
    feature = json.loads(line_text(file, '"code":"110101009015004"').rstrip(","))
    old = canonical_ring(feature["geometry"]["coordinates"])
    edit(file, old, ring)

    problem = problems(folder)[0]

    assert told in problem.text
    assert problem.line == line(file, ring)


@pytest.mark.parametrize("features", ['"features":[]', '"pieces":[]'])
def test_a_map_without_an_outline_is_refused(folder: Path, features: str) -> None:
    text = f'{{"type":"FeatureCollection","crs":"WGS84",{features}}}'
    (folder / "boundaries.geojson").write_text(text, "utf-8")

    (problem,) = problems(folder)

    assert (problem.file, problem.text.partition(":")[0]) == ("boundaries.geojson", "features")


def test_what_the_router_cannot_work_with_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ValueError("no such thing")

    monkeypatch.setattr(Directory, "of", fail)

    assert "the router cannot work with it: no such thing" in str(problems(folder)[0])


def test_areas_of_one_level_that_lie_over_one_another_are_warned_of(folder: Path) -> None:
    file = folder / "boundaries.geojson"
    grids = [json.loads(line_text(file, f'"code":"11010100901500{number}"').rstrip(",")) for number in (3, 4)]
    here, there = (canonical_ring(each["geometry"]["coordinates"]) for each in grids)
    at = line(file, there)
    edit(file, there, here)

    [warning] = [each for each in load(folder).warnings if each.file == file.name]

    assert warning.line == at
    assert "110101009015003 and 110101009015004 lie over one another: 100% of the smaller" in warning.text
    assert "what lies in both is 110101009015003's" in warning.remedy


def test_boundaries_name_their_coordinate_system(folder: Path) -> None:
    edit(folder / "boundaries.geojson", '"crs":"WGS84",', "")

    assert "crs: Field required" in problems(folder)[0].text


def test_boundaries_that_are_not_json_are_named_with_their_line(folder: Path) -> None:
    edit(folder / "boundaries.geojson", '"code":"110101017"', '"code":110101017"')

    (problem,) = problems(folder)

    assert problem.line == line(folder / "boundaries.geojson", '"code":110101017"')


def test_a_roster_without_places_leaves_those_that_have_one_of_their_own(folder: Path) -> None:
    own = 'places = ["110101009015004"]\nvacant = ["police"]\n\n[[rosters]]\nlevel = "grid"\n'
    edit(folder / "rosters.toml", '[[rosters]]\nlevel = "grid"\n', f'[[rosters]]\nlevel = "grid"\n{own}')

    holders = [post["holder"] for post in load(folder).part("rosters")["posts"]]

    assert "officer:110101009015004/police" not in holders
    assert holders.count("officer:110101009015004/manager") == 1
    assert holders.count("officer:110101009015003/police") == 1


def test_conditions_are_rows_of_their_class_numbered_as_listed(dongcheng: Bundle) -> None:
    rows = [
        row
        for row in dongcheng.part("standard")
        if (row["class_ref"]["scheme"], row["class_ref"]["code"]) == ("gb-event", "0502")
    ]

    assert [row["class_ref"]["condition"] for row in rows] == ["1", "2"]
    assert [row["closing_condition"] for row in rows] == [
        "险情消除，恢复供气",
        "修复完好",
    ]
    assert rows[0]["candidates"] == rows[1]["candidates"] == ["department:beijing-gas"]


def test_a_condition_in_two_languages_is_read_in_the_citys(folder: Path) -> None:
    edit(folder / "district.toml", 'calendar = "dongcheng"', 'calendar = "dongcheng"\nlanguage = "en"')
    edit(folder / "standard.toml", "正在搭建 / being built", "built now / without leave")
    row = load(folder).part("standard")[0]

    assert (row["filing_condition"], row["closing_condition"]) == (
        "built now / without leave",
        "stopped and put right",
    )


def test_conditions_that_are_no_tables_are_named_with_their_line(folder: Path) -> None:
    edit(folder / "standard.toml", "conditions = [\n  {", "conditions = [3]\nothers = [\n  {")

    assert ("standard.toml", line(folder / "standard.toml", "conditions = [3]")) in {
        (problem.file, problem.line) for problem in problems(folder)
    }


@pytest.mark.parametrize(
    ("file", "old", "marker"),
    [
        ("rulebook.toml", 'lead = "beijing-heating"', 'lead = "nobody"'),
        ("departments.toml", 'parent = "dongcheng-dpf"', 'parent = "nobody"'),
        ("standard.toml", '"department:bike-share"', '"department:nobody"'),
        (
            "standard.toml",
            '点位规划不当 / badly placed stand", limit = { value = 1',
            'nobody", limit = { value = 0',
        ),
        ("contacts.toml", '"department:beijing-gas"', '"department:nobody"'),
        ("places.toml", 'code = "110101017"', 'code = "110101016", nobody = 1'),
    ],
)
def test_the_line_is_the_very_line(folder: Path, file: str, old: str, marker: str) -> None:
    edit(folder / file, old, marker)

    assert line(folder / file, "nobody") in [problem.line for problem in problems(folder)]


def test_everything_that_is_wrong_is_said_at_once(folder: Path) -> None:
    edit(folder / "ladder.toml", "share = 0.8", "share = 0")
    edit(folder / "departments.toml", 'reach = "console"', 'reach = "pigeon"')

    assert {problem.file for problem in problems(folder)} == {"ladder.toml", "departments.toml"}


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("standard.toml", "rows = 3"),
        ("places.toml", ""),
        ("calendars.toml", "calendars = [1]"),
        ("ladder.toml", ""),
        ("standard.toml", 'versions = "text"\nrows = []'),
        ("standard.toml", '[[rows]]\nclass_ref = "0101"'),
        ("standard.toml", '[[rows]]\nclass_ref = { scheme = ["gb-event"], code = "0101" }'),
        ("ladder.toml", f"ladders = {'[' * 5000}{']' * 5000}"),
        ("boundaries.geojson", f"{'[' * 200_000}{']' * 200_000}"),
    ],
)
def test_a_file_of_nonsense_is_refused_without_a_crash(folder: Path, file: str, content: str) -> None:
    (folder / file).write_text(content)

    assert file in {problem.file for problem in problems(folder)}


def test_a_country_whose_holidays_nobody_knows_is_refused(folder: Path) -> None:
    edit(folder / "calendars.toml", 'country = "CN"', 'country = "ZZ"')

    assert "no holidays are known" in problems(folder)[0].text


def test_a_folder_in_the_place_of_a_file_is_refused(folder: Path) -> None:
    (folder / "ladder.toml").unlink()
    (folder / "ladder.toml").mkdir()

    assert [problem.file for problem in problems(folder)] == ["ladder.toml"]


def test_a_mark_of_the_byte_order_is_passed_over(folder: Path) -> None:
    before = load(folder)
    for name in ("places.toml", "boundaries.geojson"):
        (folder / name).write_bytes(b"\xef\xbb\xbf" + (folder / name).read_bytes())

    assert load(folder).version == before.version


def test_a_part_that_no_message_can_hold_is_refused(folder: Path) -> None:
    zone = ", ".join(f'"{n:015}"' for n in range(60_000))
    edit(folder / "rulebook.toml", "[limits]", f"zones = {{ everywhere = [{zone}] }}\n\n[limits]")

    assert "a message takes" in problems(folder)[0].text


def test_a_part_that_fills_half_a_message_is_published_in_pieces(dongcheng: Bundle) -> None:
    most = REFERENCE_PUBLISHED.max_bytes / 2

    assert {"rosters", "rosters.2"} <= dongcheng.pieces.keys()
    assert max(len(canonical(piece)) for piece in dongcheng.pieces.values()) <= most
    for kind, names in gathered(dongcheng.hashes).items():
        pieces = [dongcheng.pieces[named(kind, number)] for number, _ in enumerate(names, 1)]
        assert joined(pieces) == dongcheng.part(kind)
