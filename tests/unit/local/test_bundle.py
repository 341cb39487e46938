"""Which configurations are loaded, what becomes of them, and what their author is told to mend."""

import shutil
from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest

from tests.unit.router.test_routing import accepted
from wangge_contracts.v1 import Area, ClassRef, IncidentPlace
from wangge_local.bundle import BadBundle, Bundle, Problem, canonical, load
from wangge_router.directory import Directory
from wangge_router.routing import route

CONFIG = Path(__file__).parents[3] / "deploy" / "config"
DONGCHENG, BOSTON = CONFIG / "dongcheng", CONFIG / "boston311"


@pytest.fixture(scope="module")
def dongcheng() -> Bundle:
    return load(DONGCHENG)


@pytest.fixture(scope="module")
def boston() -> Bundle:
    return load(BOSTON)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DONGCHENG, tmp_path / "dongcheng"))


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def line(file: Path, text: str) -> int:
    return next(n for n, each in enumerate(file.read_text("utf-8").splitlines(), 1) if text in each)


def problems(folder: Path) -> tuple[Problem, ...]:
    with pytest.raises(BadBundle) as refusal:
        load(folder)
    return refusal.value.problems


def test_a_bundle_is_its_parts_under_their_hashes(dongcheng: Bundle) -> None:
    hashes = {kind: sha256(canonical(content)).hexdigest() for kind, content in dongcheng.parts.items()}

    assert dongcheng.hashes == hashes


def test_the_same_files_make_the_same_version(dongcheng: Bundle, folder: Path) -> None:
    assert load(folder).version == dongcheng.version


def test_an_edited_file_makes_another_version(dongcheng: Bundle, folder: Path) -> None:
    edit(folder / "departments.toml", "Gas company", "Gas works")

    edited = load(folder)

    assert edited.version != dongcheng.version
    changed = {kind for kind in edited.hashes if edited.hashes[kind] != dongcheng.hashes[kind]}
    assert changed == {"departments"}


def test_the_unannounced_years_are_warned_of(dongcheng: Bundle) -> None:
    (warning,) = dongcheng.warnings

    assert "2027, 2028 are not announced" in str(warning)


def test_dongcheng_has_its_17_streets_and_dongzhimen_its_communities_and_grids(dongcheng: Bundle) -> None:
    def count(level: str, under: str) -> int:
        return sum(
            place["level"] == level and place["code"].startswith(under) for place in dongcheng.part("places")
        )

    assert count("street", "110101") == 17
    assert count("community", "110101009") == 10
    assert count("grid", "110101009") == 34


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
        ("dc-social", "0101", "110101010", "ramp", "department:dongcheng-dpf"),
        ("gb-event", "0602", "110101010", "fallback", "desk:110101010"),
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
        ("ladder.toml", "share = 0.8", "share = 1.8", "every rung must come later"),
        ("rosters.toml", '"110101017", #', '"110101018", #', "'110101018', which does not exist"),
        ("contacts.toml", '"department:beijing-gas"', '"department:gas"', "no unit, desk or filled post"),
        ("contacts.toml", ', address = "http://127.0.0.1:8900/wangge"', "", "needs an `address`"),
    ],
)
def test_a_mistake_is_named_with_file_and_line(
    folder: Path, file: str, old: str, new: str, told: str
) -> None:
    edit(folder / file, old, new)

    found = problems(folder)

    assert any(told in problem.text and problem.file == file and problem.line for problem in found), found


@pytest.mark.parametrize(
    ("file", "old", "marker"),
    [
        ("rulebook.toml", 'lead = "beijing-heating"', 'lead = "nobody"'),
        ("departments.toml", 'parent = "dongcheng-dpf"', 'parent = "nobody"'),
        ("standard.toml", '"department:bike-share"', '"department:nobody"'),
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
    ],
)
def test_a_file_of_nonsense_is_refused_without_a_crash(folder: Path, file: str, content: str) -> None:
    (folder / file).write_text(content)

    assert file in {problem.file for problem in problems(folder)}


def test_a_part_that_no_message_can_hold_is_refused(folder: Path) -> None:
    long = "\n".join(
        f'[[departments]]\nslug = "d{n}"\nname = {{ zh = "{"长" * 190}", en = "long" }}\n'
        'level = "city"\nreach = "console"\n'
        for n in range(1500)
    )
    with (folder / "departments.toml").open("a", encoding="utf-8") as file:
        file.write(long)

    assert "a message takes" in problems(folder)[0].text
