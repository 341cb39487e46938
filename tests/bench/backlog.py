"""What the bench lets outsiders say: reports of about a kilobyte, and answers of the units they lead to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import shapely

from tests.bench.skeleton import Note
from wangge_contracts.coordinates import to_gcj02
from wangge_contracts.message import derive_id
from wangge_contracts.v1 import Person, ReportSubmitted, TaskAnswered, Text
from wangge_contracts.v1.parts import Address, Area, Attribute, ClassRef, Point, ReportedPlace
from wangge_contracts.v1.reports import Device, Reporter
from wangge_local.bundle import Bundle

UNCLASSED = 10
"""One report in so many has words only, so that a desk must find out what it is."""
_WORDS = (
    "巡查时发现路面有积存垃圾和散落杂物,占用人行道约三米,行人绕行不便,已拍照,未见责任单位在场。",
    "居民反映楼前公共设施损坏已有数日,夜间经过有安全隐患,请尽快派人到现场核实并处理。",
    "网格员现场查看,情况属实,影响范围为整个单元门前区域,周边有老人和儿童活动,建议先行围挡。",
)


@dataclass(frozen=True, slots=True)
class Mix:
    """What reports are about, of one configuration: classes with the unit that gets them, and places."""

    classes: tuple[tuple[ClassRef, str], ...]
    """Each class with the slug of the department that its rule leads to; that one has a mailbox."""
    areas: tuple[tuple[Area, tuple[float, float]], ...]
    """Grids and streets, each with a point in it, in GCJ-02."""

    @classmethod
    def of(cls, bundle: Bundle, *, schemes: Sequence[str] = ()) -> "Mix":
        """Take every class that one rule leads to a mailbox wherever it happens, of *schemes* or of all."""
        reach = {unit["slug"]: unit["reach"] for unit in bundle.part("departments")}
        rulebook = bundle.part("rulebook")
        found: dict[tuple[str, str], str] = {}
        for rule in rulebook["rules"]:
            lead, asked = rule["then"].get("lead"), {name for name, value in rule["when"].items() if value}
            everywhere = asked == {"classes"} and reach.get(lead) == "mailbox"
            for classes in rule["when"].get("classes", ()):
                for code in classes.get("codes", ()):
                    # Another rule for the same class, of whichever layer, may send it elsewhere.
                    key = classes["scheme"], code
                    found[key] = lead if everywhere and key not in found else ""
        versions = rulebook["class_versions"]
        places = [place for place in bundle.part("places") if place["level"] in ("grid", "street")]
        points = _points(bundle)
        return cls(
            classes=tuple(
                (ClassRef(scheme=scheme, version=versions[scheme], code=code), lead)
                for (scheme, code), lead in found.items()
                if lead and (not schemes or scheme in schemes)
            ),
            areas=tuple(
                (Area(scheme=place["scheme"], code=place["code"]), points[place["code"]]) for place in places
            ),
        )

    def lead(self, number: int) -> str:
        """The slug of the department that gets the report of that number, if it has a class."""
        return self.classes[number % len(self.classes)][1]

    def report(self, number: int, *, always_classed: bool = False) -> ReportSubmitted:
        """The report of that number, as an officer's device would send it, always the same."""
        unclassed = not always_classed and number % UNCLASSED == 0
        captured_at = _BEGINS + timedelta(milliseconds=number)
        area, (lon, lat) = self.areas[number % len(self.areas)]
        return ReportSubmitted(
            report_id=report_id(number),
            source="officer",
            description=Text(text=f"第{number}号:{_WORDS[number % 3]}{_WORDS[number % 2]}", lang="zh"),
            class_ref=None if unclassed else self.classes[number % len(self.classes)][0],
            attributes=(Attribute(code="width-m", value="3"), Attribute(code="night", value="no")),
            captured_at=captured_at,
            sent_at=captured_at + timedelta(seconds=2),
            place=ReportedPlace(
                point=Point(
                    lon=lon, lat=lat, crs="GCJ02", accuracy_m=12.0, provider="gps", fix_age_s=1.0,
                ),
                address=Address(text=f"春秀路{number % 90}号院", building=str(number % 40), unit="2"),
                area=area,
            ),
            reporter=Reporter(role="grid-manager", staff_id=f"syn-{number % 600:04d}"),
            device=Device(kind="pda", serial=f"sn-{number % 600:04d}", software="4.2.1"),
        )  # fmt: skip


def _points(bundle: Bundle) -> dict[str, tuple[float, float]]:
    """A point well within each area of the map, which is in WGS-84, by the code of its place."""
    shapes = {
        feature["properties"]["code"]: shapely.geometry.shape(feature["geometry"]).representative_point()
        for feature in bundle.part("boundaries")["features"]
    }
    return {code: to_gcj02(at.x, at.y) for code, at in shapes.items()}


_BEGINS = datetime(2026, 1, 5, 1, tzinfo=UTC)


def report_id(number: int) -> str:
    """Eleven characters, whatever the number."""
    return f"r-{number:09d}"


def incident_id(terminal: str, number: int) -> str:
    """The incident that a terminal's report will be."""
    return derive_id("incident", terminal, report_id(number))


def acknowledgement(number: int, *, terminal: str, unit: str) -> TaskAnswered:
    """The first answer of the unit that the report of that number leads to: it signs for its task."""
    incident = incident_id(terminal, number)
    return TaskAnswered(
        answer_id=f"a-{number:09d}",
        task_id=derive_id(incident, "task", "accepted", "handle", f"department:{unit}"),
        incident_id=incident,
        based_on_revision=1,
        act="acknowledge",
        actor=Person(staff_id=f"syn-{unit}", role="dispatcher"),
        acted_at=_BEGINS + timedelta(hours=1, milliseconds=number),
        text=Text(text=f"已收到,安排人员前往现场处置。{_WORDS[2]}", lang="zh"),
        your_reference=f"WO-{number:07d}",
    )


def notes(count: int) -> Iterator[Note]:
    """What the skeleton passes on: a kilobyte each, every one about another key."""
    text = "".join(_WORDS) * 3
    for number in range(count):
        yield Note(
            id=derive_id("note", str(number)), key=derive_id("key", str(number)), hop=0, text=text[:320]
        )
