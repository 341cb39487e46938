"""No version may break another inside a major."""

import json
import subprocess
import tarfile
import warnings
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from tests.unit.contracts.compatibility import Schema, breaks
from tests.unit.contracts.examples import load
from tests.unit.contracts.losses import losses, topic_changes
from wangge_contracts.cloudevents import from_headers
from wangge_contracts.schemas import ROOT
from wangge_contracts.shapes import SIDES, messages, schema_of

RELEASES = sorted(path for path in (ROOT / "released").glob("*") if path.is_dir())
every_release = pytest.mark.parametrize(
    "release",
    [pytest.param(path, id=path.name) for path in RELEASES]
    or [pytest.param(None, marks=pytest.mark.skip(reason="nothing is released yet"), id="none")],
)


def broken_since(old: dict[str, Schema]) -> Iterator[str]:
    """What the working tree breaks of *old*: schemas by `v1/Message.side`."""
    now = {f"{message.MAJOR}/{message.__name__}": message for message in messages()}
    for name in sorted({path.rpartition(".")[0] for path in old}):
        if name not in now:
            yield f"{name} is gone; it may go only with a new major"
            continue
        new = {of: schema_of(now[name], of) for of in SIDES}
        if all(old[f"{name}.{of}"] == schema for of, schema in new.items()):
            continue  # that it agrees with itself is `test_gate`'s to say
        found = breaks(
            old_writer=old[f"{name}.writer"],
            old_reader=old[f"{name}.reader"],
            new_writer=new["writer"],
            new_reader=new["reader"],
        )
        for direction in sorted(found):
            told = {
                "backward": "new readers refuse what old writers say",
                "forward": "old readers refuse what new writers say",
            }[direction]
            yield f"{name}: {told}"
        lost = {each for of in SIDES for each in losses(old=old[f"{name}.{of}"], new=new[of])}
        yield from (f"{name}{each}" for each in sorted(lost))


def today(name: str) -> dict[str, Schema]:
    every = schemas_under(ROOT / "schemas")
    return {f"{name}.{side}": every[f"{name}.{side}"] for side in SIDES}


def test_what_old_readers_need_and_new_writers_no_longer_say_is_named() -> None:
    old = today("v1/ReportReceipt")
    old["v1/ReportReceipt.reader"]["required"].append("colour")

    assert list(broken_since(old)) == ["v1/ReportReceipt: old readers refuse what new writers say"]


def test_what_new_readers_need_and_old_writers_never_said_is_named() -> None:
    old = today("v1/ReportReceipt")
    old["v1/ReportReceipt.writer"]["required"].remove("outcome")

    assert list(broken_since(old)) == ["v1/ReportReceipt: new readers refuse what old writers say"]


def test_what_no_schema_refuses_and_yet_is_lost_is_named_once_for_both_sides() -> None:
    old = today("v1/ReportReceipt")
    for side in SIDES:
        old[f"v1/ReportReceipt.{side}"]["properties"]["colour"] = {"type": "string"}

    assert list(broken_since(old)) == ["v1/ReportReceipt/colour is gone"]


def test_a_message_that_went_is_named() -> None:
    gone = {"v1/Gone.writer": {"type": "object"}, "v1/Gone.reader": {"type": "object"}}

    assert list(broken_since(gone)) == ["v1/Gone is gone; it may go only with a new major"]


def schemas_under(folder: Path) -> dict[str, Schema]:
    return {
        str(path.relative_to(folder)).removesuffix(".json"): json.loads(path.read_text(encoding="utf-8"))
        for path in folder.rglob("*.json")
    }


@every_release
def test_nothing_breaks_a_release(release: Path) -> None:
    assert list(broken_since(schemas_under(release / "schemas"))) == []


@every_release
def test_what_a_release_showed_is_still_read(release: Path) -> None:
    for example in load(release / "examples"):
        if example.topic.messages:
            message = example.topic.message(from_headers(example.kafka_headers).type)
            assert message is not None
            message.read(example.value)


@every_release
def test_topics_of_a_release_stay_as_they_were(release: Path) -> None:
    old = json.loads((release / "asyncapi.json").read_text(encoding="utf-8"))

    assert list(topic_changes(old=old, new=topics_of_today())) == []


def topics_of_today() -> Any:
    return json.loads((ROOT / "asyncapi.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("of_old", "told"),
    [
        ({"retention.ms": 1}, "retention.ms was 1 and is 2592000000"),
        ({"max.message.bytes": 1}, "max.message.bytes was 1 and is "),
        ({"x-max-bytes": 1}, "x-max-bytes was 1 and is 262144"),
        ({"x-key": "task_id"}, "x-key was 'task_id' and is ''"),
        ({"x-quota-bytes-per-s": 1}, "x-quota-bytes-per-s was 1 and is 8388608"),
        ({"messages": ["TaskAnswered", "Gone"]}, "no longer carries Gone"),
        ({"address": "departments.{slug}.gone.v1"}, "is gone; it may go only with a new major"),
    ],
    ids=lambda case: next(iter(case)) if isinstance(case, dict) else "",
)
def test_a_topic_that_is_otherwise_than_it_was_is_named(of_old: dict[str, Any], told: str) -> None:
    old = topics_of_today()
    channel = old["channels"]["departments-slug-answers-v1"]
    settings = channel["bindings"]["kafka"]["topicConfiguration"]
    for name, value in of_old.items():
        (settings if name in settings else channel)[name] = value

    [change] = topic_changes(old=old, new=topics_of_today())
    assert told in change


class BreaksBaseline(UserWarning):
    """A change that the gate will refuse once `contracts-v1.0` is released."""


def git(*arguments: str) -> bytes | None:
    """What git answers in the project's own repository; None where there is none."""
    try:
        done = subprocess.run(
            ["git", "-C", str(ROOT), *arguments], capture_output=True, check=True, timeout=20
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout


def committed() -> dict[str, Schema]:
    """The schemas of the last commit, by `v1/Message.side`; none without a repository."""
    packed = git("archive", "HEAD", "schemas/")
    if packed is None:
        return {}
    with tarfile.open(fileobj=BytesIO(packed)) as archive:
        return {
            member.name.removeprefix("schemas/").removesuffix(".json"): json.load(file)
            for member in archive
            if (file := archive.extractfile(member)) is not None
        }


def topics_otherwise_than_committed() -> Iterator[str]:
    shown = git("show", "HEAD:./asyncapi.json")
    return topic_changes(old=json.loads(shown), new=topics_of_today()) if shown else iter(())


@pytest.mark.filterwarnings("always::tests.unit.contracts.test_compatibility.BreaksBaseline")
@pytest.mark.skipif(bool(RELEASES), reason="releases are compared instead")
def test_before_the_first_release_a_break_of_what_is_committed_is_a_warning() -> None:
    old = committed()
    if not old:
        pytest.skip("no git repository or nothing committed yet: no baseline to compare with")

    try:
        for told in (*broken_since(old), *topics_otherwise_than_committed()):
            warnings.warn(told, BreaksBaseline, stacklevel=1)
    except NotImplementedError as unread:
        warnings.warn(f"the committed schemas cannot be compared: {unread}", BreaksBaseline, stacklevel=1)


def test_every_tagged_release_is_kept() -> None:
    tags = git("tag", "--list", "contracts-v*")
    if tags is None:
        pytest.skip("no git repository")

    assert set(tags.decode().split()) <= {path.name for path in RELEASES}, (
        "freeze it first: python -m wangge_contracts.schemas freeze TAG"
    )
