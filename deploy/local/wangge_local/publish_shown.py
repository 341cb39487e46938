"""`wangge check-config` and `wangge publish`: a configuration looked over, and put in force."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from wangge_local import house_keys
from wangge_local.bundle import Bundle, load
from wangge_local.bundle_problems import BadBundle, shown
from wangge_local.calendars_ending import ending, uncounted, unheeded
from wangge_local.cli_options import kafka_of, postgres_of
from wangge_local.cli_screen import complain, say, say_json
from wangge_local.clock import ClockKeeper
from wangge_local.ground import GroundError
from wangge_local.house_books import HouseBooks
from wangge_local.house_folder import HouseFolder
from wangge_local.listening import Log
from wangge_local.publish import (
    make_topics,
    outsiders,
    publish,
    refuse_overtaken,
    refuse_removal,
    refuse_uncounted,
    removed,
    webhook_holders,
)
from wangge_local.publish_after import see_nothing_slipped
from wangge_local.standing import Standing, standing
from wangge_local.stories import read_all


def check(config: Path, *, as_json: bool) -> int:
    """Print what is wrong with the configuration; return 0 when it can be used. Raises BadStory."""
    try:
        bundle = load(config)
        told = len(list(read_all(config)))
    except BadBundle as bad:
        if as_json:
            say_json({"usable": False, "problems": [str(problem) for problem in bad.problems]})
        else:
            complain(*bad.args)
        return 1
    now = datetime.now(UTC)
    timely = [*uncounted(bundle, now), *ending(bundle, now)]
    warnings = [str(problem) for problem in bundle.warnings] + timely
    if as_json:
        say_json({"usable": True, "version": bundle.version, "warnings": warnings, "stories": told})
        return 0
    for warning in [*shown(bundle.warnings), *timely]:
        say(f"warning: {warning}", style="yellow")
    counts = ", ".join(f"{len(bundle.part(kind))} {kind}" for kind in ("places", "departments", "standard"))
    say(f"{config} can be used: version {bundle.version}, {counts} rows, {told} stories")
    return 0


def publish_to(folder: HouseFolder, config: Path, *, since: datetime | None = None, as_json: bool) -> None:
    """
    Put the configuration in force in the house that runs, at once or from *since* on (of the city's zone).

    Topics and tokens of new outsiders come first, then the parts, then the manifest. Raises GroundError for
    another district's, for calendars that do not know the year, or when a unit would go that still holds open
    tasks, or whose work is being checked; BadBundle, BadStory.
    """
    bundle = load(config)
    remembered = folder.remembered()
    district = bundle.part("district")
    if district["code"] != remembered.district:
        raise GroundError(f"{config} is {district['code']}'s, and the house is {remembered.district}'s")
    bootstrap, postgres = kafka_of(folder), postgres_of(folder)
    if since is not None and since.tzinfo is None:
        since = since.replace(tzinfo=ZoneInfo(district["time_zone"]))
    now = ClockKeeper(postgres).now()
    refuse_uncounted(bundle, at=since or now)
    stands, books = standing(bootstrap, at=max(now, since or now)), HouseBooks(postgres)
    gone = removed(stands, bundle)
    if gone and since is not None:
        raise GroundError(
            f"{sorted(gone)[0]} would go then, whatever it holds: publish on that day, without --from"
        )
    refuse_removal(bundle, before=stands, books=books)
    refuse_overtaken(bundle, before=stands)
    found = outsiders(bundle, config)
    made = make_topics(bootstrap, found)
    keys = house_keys.make(folder, found.owners, webhooks=webhook_holders(bundle))
    fresh = publish(bootstrap, bundle, at=now, effective_from=since)
    folder.remember(remembered.model_copy(update={"config": config, "time_zone": district["time_zone"]}))
    done = {
        "version": bundle.version,
        "published": fresh,
        "in_force_from": since,
        "topics": made,
        "tokens": {owner: keys.tokens[owner] for owner in keys.unshown},
        "warnings": [
            *ending(bundle, since or now),
            *unheeded(bundle, now, before=stands.parts),
            *_overtaking(bundle, stands),
        ],
    }
    if as_json:
        say_json(done)
    else:
        _tell(done)
    house_keys.mark_shown(folder, keys)
    if fresh and gone:
        see_nothing_slipped(gone, bundle.version, log=Log(bootstrap), books=books)


def _tell(done: Mapping[str, Any]) -> None:
    if done["topics"]:
        say(f"{len(done['topics'])} topics made")
    for owner, token in done["tokens"].items():
        say(f"token of {owner}, shown this once: {token}")
    since = done["in_force_from"]
    holds = f"in force from {since:%Y-%m-%d %H:%M} on" if since else "in force"
    told = f"published{f', {holds}' if since else ''}" if done["published"] else f"{holds} already"
    say(f"version {done['version']} is {told}")
    for warning in done["warnings"]:
        say(f"warning: {warning}", style="yellow")


def _overtaking(bundle: Bundle, stands: Standing) -> Iterator[str]:
    """Say what was published before for a later day, and takes over from *bundle* then."""
    for each in stands.coming:
        if each.version != bundle.version:
            yield (
                f"version {each.version}, published before, takes over from"
                f" {each.effective_from:%Y-%m-%d %H:%M} UTC on: what it lacks of this one ends then"
            )
