"""A courier under a clock that the test moves: each notice is tried when it should be, and ends once."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Any

import pytest
from pydantic_core import from_json

from tests.unit.ledger.telling import told
from tests.unit.notifier import posting
from tests.unit.notifier.posting import BAD, OK, House, id_of, notice, waits
from tests.unit.notifier.telling import NOW, PARTS
from wangge_chassis import Received
from wangge_notifier.channels import Breaker, Channels, Flood, Quiet, Use
from wangge_notifier.delivering import Outcome
from wangge_notifier.directory import Directory

LOST = Outcome("timeout", doubtful=True, sick=True)
GONE = Outcome("410", hopeless=True, gone=True)
PATIENT = Breaker(failures=100)


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> House:
    return House(monkeypatch)


async def test_attempts_follow_the_schedule_exactly(house: House) -> None:
    house.channels = Channels(breaker=PATIENT)
    house.script = lambda parcel: OK if parcel.attempt == 5 else BAD
    await house.hear(notice(1))
    await house.run(3600)

    assert [at - NOW for at, _, _ in house.sent] == list(waits(1, 5))
    assert house.states(id_of(1))[-1] == ("sent", 5)
    assert house.books.rows[id_of(1)].due_at is None


async def test_a_notice_goes_in_the_batch_that_brings_it(house: House) -> None:
    await house.run(1)
    await house.hear(notice(1))

    assert house.sent == [(house.now, id_of(1), 1)]


async def test_what_never_succeeds_is_given_up_after_the_last_attempt(house: House) -> None:
    house.channels = Channels(breaker=PATIENT)
    house.script = lambda _: BAD
    await house.hear(notice(1))
    await house.run(24 * 3600)

    assert len(house.sent) == 6
    assert house.states(id_of(1))[-1] == ("given-up", 6)


async def test_a_receiver_that_wants_to_be_left_alone_is(house: House) -> None:
    busy = Outcome("429", sick=True, retry_after=timedelta(seconds=120))
    house.script = lambda _: busy if house.now == NOW else OK
    await house.hear(notice(1))
    await house.run(1)
    await house.hear(notice(2))
    await house.run(600)

    assert [at for at, _, _ in house.sent][1:] == [NOW + timedelta(seconds=120)] * 2


async def test_an_endpoint_that_is_gone_is_left_and_the_desk_told_once(house: House) -> None:
    house.script = lambda _: GONE
    other = [{"channel": "sms", "endpoint_key": "sms-one"}]
    await house.hear(notice(1, fallbacks=other), notice(2))
    await house.run(10)
    await house.hear(notice(3, fallbacks=other))
    await house.run(10)

    assert {house.states(id_of(number))[-1][0] for number in (1, 2, 3)} == {"given-up"}
    assert id_of(3) not in [notice_id for _, notice_id, _ in house.sent]
    by = [(each["recipient"]["ref"], each["channel"], each["template"]["name"]) for each in house.composed()]
    assert by.count(("desk:110101", "console", "endpoint-gone")) == 1
    assert sum(channel == "sms" for _, channel, _ in by) == 2


async def test_who_has_the_address_mended_may_send_again(house: House) -> None:
    house.script = lambda _: GONE
    await house.hear(notice(1))
    await house.run(10)
    house.script = lambda _: OK
    key = "webhook-one"
    wish = told(
        "notices.answered.v1/resend", message_id="w", notice_id=id_of(1), endpoint_key=key, incident_id="i"
    )
    await house.hear(wish)

    (again,) = [each for each in house.composed() if each.get("resend_of") == id_of(1)]
    assert again["notice_id"] != id_of(1)
    assert house.books.lanes[key].disabled is False


POST = "officer:110101009015004/police"
_WEEK = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
ROSTERS = {
    "posts": [{"holder": POST, "name": {"zh": "警员", "en": "Police"}}],
    "shifts": {
        "night": [{"days": _WEEK, "hours": "20:00-08:00"}],
        "day": [{"days": _WEEK, "hours": "08:00-20:00"}],
    },
}
PEOPLE: list[dict[str, Any]] = [
    {
        "staff_id": who,
        "at": [POST],
        "shift": who.partition("-")[0],
        "endpoints": [{"channel": "console"}, {"channel": "webhook", "address": f"http://{who}.example"}],
    }
    for who in ("night", "night-2", "day")
]
EVENING = datetime(2026, 1, 6, 15, 30, tzinfo=UTC)
"""23:30 by the district's clocks."""


def kept_back(number: int, who: str, *, until: str) -> Received:
    """A notice of the evening to somebody at the post."""
    return notice(
        number,
        endpoint=who,
        recipient={"kind": "officer", "ref": POST, "staff_id": who},
        why={"recipient": "holder", "channel": "usual"},
        at=EVENING.isoformat(),
        not_before=until,
    )


@pytest.fixture
def over_night(house: House, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Awaitable[None]]:
    """Say notices in the evening, where *people* have these shifts and means, and let the night go by."""

    async def passed(*notices: Received, people: Sequence[dict[str, Any]]) -> None:
        directory = Directory.of("1", PARTS | {"rosters": ROSTERS, "contacts": {"people": people}})
        monkeypatch.setattr(posting, "DIRECTORY", directory)
        house.crash()
        house.now = EVENING
        await house.hear(*notices)
        await house.run(12 * 3600)

    return passed


@pytest.mark.parametrize(
    ("until", "told_next"), [("2026-01-06T23:30:00Z", []), ("2026-01-07T00:30:00Z", ["console", "webhook"])]
)
async def test_who_went_off_duty_while_a_notice_waited_is_followed_by_who_is_on_duty_when_it_is_due(
    house: House, over_night: Callable[..., Awaitable[None]], until: str, told_next: list[str]
) -> None:
    notices = kept_back(0, "night", until=until), kept_back(1, "night-2", until=until)
    await over_night(*notices, people=PEOPLE)

    composed = house.composed()
    assert [each["channel"] for each in composed] == told_next * 2
    assert {each["recipient"]["staff_id"] for each in composed} == ({"day"} if told_next else set())
    # He hears once of what two before him were to hear.
    assert len({each["notice_id"] for each in composed}) == len(told_next)
    end = ("given-up", 0) if told_next else ("sent", 1)
    assert [house.states(id_of(number))[-1] for number in range(2)] == [end, end]
    if told_next:
        assert (house.codes(id_of(0)), composed[-1]["text"]) == (["off-duty"], composed[0]["text"])


async def test_who_was_told_with_him_is_not_told_again_when_he_goes_off_duty(
    house: House, over_night: Callable[..., Awaitable[None]]
) -> None:
    always = [each | {"shift": None} if each["staff_id"] == "day" else each for each in PEOPLE]
    await over_night(kept_back(1, "night", until="2026-01-07T00:30:00Z"), people=always)

    assert (house.composed(), house.states(id_of(1))[-1]) == ([], ("sent", 1))


async def test_who_follows_by_more_means_than_a_notice_holds_is_told_by_the_first(
    house: House, over_night: Callable[..., Awaitable[None]]
) -> None:
    means = [{"channel": "webhook", "address": f"http://day-{number}.example"} for number in range(13)]
    people = [each | {"endpoints": means} for each in PEOPLE]
    await over_night(kept_back(0, "night", until="2026-01-07T00:30:00Z"), people=people)

    (composed,) = house.composed()
    assert len(composed["fallbacks"]) == 10


async def test_a_breaker_opens_probes_once_and_closes(house: House) -> None:
    house.channels = Channels(breaker=Breaker(failures=3, first_rest_s=60, longest_rest_s=600))
    house.script = lambda _: BAD if house.now < NOW + timedelta(seconds=150) else OK
    await house.hear(*(notice(number) for number in range(3)))
    await house.run(1)
    await house.hear(*(notice(number) for number in range(3, 10)))
    await house.run(1000)

    at = [round((when - NOW).total_seconds()) for when, _, _ in house.sent]
    assert at[:3] == [0, 0, 0]
    # After 3 failures it rests 60 s, probes once, rests 120 s, and then the rest comes after one that works.
    assert [at.count(instant) for instant in (60, 180)] == [1, 10]
    assert {house.states(id_of(number))[-1][0] for number in range(10)} == {"sent"}


async def test_a_breaker_survives_its_courier(house: House) -> None:
    house.channels = Channels(breaker=Breaker(failures=2, first_rest_s=300, longest_rest_s=600))
    house.script = lambda _: BAD
    await house.hear(notice(1), notice(2))
    await house.run(1)
    house.crash()
    before = len(house.sent)
    await house.hear(notice(3))
    await house.run(200)

    assert len(house.sent) == before


async def test_what_a_gone_courier_had_on_its_way_is_in_doubt_and_goes_under_the_same_id(
    house: House,
) -> None:
    house.script = lambda _: None
    await house.run(1)
    await house.hear(notice(1))
    house.crash()
    house.script = lambda _: OK
    await house.run(1)

    assert house.states(id_of(1)) == [("sending", 1), ("unknown", 1), ("sending", 2), ("sent", 2)]
    assert {notice_id for _, notice_id, _ in house.sent} == {id_of(1)}


async def test_doubt_goes_to_a_person_where_the_channel_says_so(house: House) -> None:
    house.channels = Channels(use={"sms": Use(doubt="person")})
    house.script = lambda _: LOST
    await house.hear(notice(1, channel="sms"))
    await house.run(3600)

    assert house.states(id_of(1)) == [("sending", 1), ("unknown", 1)]
    assert [each["template"]["name"] for each in house.composed()] == ["endpoint-doubtful"]


async def test_doubt_is_asked_about_where_the_gateway_can_be(house: House) -> None:
    call = {"url": "http://gateway.example/"}
    house.channels = Channels.model_validate(
        {"use": {"sms": {"doubt": "query"}}, "sms": {"send": call, "query": call}}
    )
    house.script = lambda _: LOST
    unclear = Outcome("?", doubtful=True)
    house.tells = lambda _: OK if len(house.asked) > 2 else unclear
    await house.hear(notice(1, channel="sms"))
    await house.run(3600)

    assert len(house.sent) == 1
    assert len(house.asked) == 3
    assert house.states(id_of(1))[-1] == ("sent", 1)


async def test_a_turn_that_is_rolled_back_sends_nothing(house: House) -> None:
    await house.hear(notice(1))
    before = len(house.sent)
    house.books.rows[id_of(1)].state, house.books.rows[id_of(1)].due_at = "failed", NOW
    house.crash()
    await house.turn(commits=False)
    await house.settle()
    assert len(house.sent) == before

    await house.run(1)
    assert len(house.sent) == before + 1


async def test_a_turn_of_which_we_never_learn_that_it_was_committed_sends_once(house: House) -> None:
    house.channels = Channels()
    await house.hear()
    house.courier._stale = True
    await house.hear(notice(1))
    assert house.sent == []
    await house.turn(learns=False)
    assert house.sent == []

    await house.run(1)
    assert len(house.sent) == 1
    assert house.states(id_of(1)) == [("sending", 1), ("sent", 1)]


async def test_what_a_lost_turn_made_of_a_notice_is_not_believed(house: House) -> None:
    house.channels = Channels(breaker=PATIENT)
    house.script = lambda _: BAD
    await house.run(1)
    await house.hear(notice(1))
    # The outcome is recorded in a turn that is rolled back, and has to be recorded again.
    await house.turn(commits=False)
    await house.run(1)

    assert house.states(id_of(1)) == [("sending", 1), ("failed", 1)]
    assert house.books.rows[id_of(1)].state == "failed"


async def test_no_endpoint_is_sent_more_at_once_than_it_bears(house: House) -> None:
    house.channels = Channels(use={"webhook": Use(at_once=4)})
    house.script = lambda _: None
    await house.hear(*(notice(number) for number in range(20)))
    await house.run(5)
    assert len(house.sent) == 4

    house.script = lambda _: OK
    house.goes_on.set()
    await house.settle()
    await house.run(30)
    assert len({notice_id for _, notice_id, _ in house.sent}) == len(house.sent) == 20


async def test_one_that_hangs_keeps_nobody_else_waiting(house: House) -> None:
    house.script = lambda parcel: None if "hangs" in parcel.address else OK
    await house.hear(*(notice(number, endpoint="hangs") for number in range(50)))
    await house.run(1)
    await house.hear(*(notice(number, endpoint=f"e{number}") for number in range(50, 60)))

    assert {house.states(id_of(number))[-1][0] for number in range(50, 60)} <= {"sending", "sent"}
    await house.run(1)
    assert {house.states(id_of(number))[-1][0] for number in range(50, 60)} == {"sent"}


async def test_a_rate_is_kept(house: House) -> None:
    house.channels = Channels(use={"webhook": Use(per_s=2, burst=1)})
    await house.hear(*(notice(number) for number in range(6)))
    await house.run(20)

    at = [when for when, _, _ in house.sent]
    assert len(at) == 6
    assert all(later - earlier >= timedelta(seconds=0.5) for earlier, later in pairwise(at))
    assert at[-1] - at[0] <= timedelta(seconds=3.5)


async def test_the_gravest_goes_first(house: House) -> None:
    house.channels = Channels(use={"webhook": Use(per_s=1, burst=1)})
    await house.hear(
        *(
            notice(number, urgency=urgency)
            for number, urgency in enumerate(["normal", "normal", "urgent", "emergency"])
        )
    )
    await house.run(20)

    assert [notice_id for _, notice_id, _ in house.sent][:2] == [id_of(3), id_of(2)]


async def test_patience_ends_and_the_next_means_is_tried(house: House) -> None:
    house.channels = Channels(
        patience_s={"emergency": 30}, breaker=Breaker(failures=1, first_rest_s=600, longest_rest_s=600)
    )
    house.script = lambda _: BAD
    other = [{"channel": "sms", "endpoint_key": "sms-one"}, {"channel": "console", "endpoint_key": "c"}]
    await house.hear(notice(1, urgency="emergency", fallbacks=other))
    await house.run(60)

    assert house.states(id_of(1))[-1][0] == "given-up"
    (following,) = house.composed()
    assert (following["channel"], following["fallback_of"]) == ("sms", id_of(1))
    assert [each["channel"] for each in following["fallbacks"]] == ["console"]


NIGHT = datetime(2026, 1, 6, 15, 0, tzinfo=UTC)  # 23:00 in Beijing
QUIET = Channels(use={"sms": Use(rests=True)}, quiet=Quiet(since=time(22), until=time(7)))


@pytest.mark.parametrize(
    ("urgency", "channel", "hours"), [("normal", "sms", 8), ("urgent", "sms", 0), ("normal", "webhook", 0)]
)
async def test_quiet_hours_defer_what_can_wait(house: House, urgency: str, channel: str, hours: int) -> None:
    house.channels, house.now = QUIET, NIGHT
    await house.hear(notice(1, urgency=urgency, channel=channel))
    await house.run(12 * 3600)

    assert [at - NIGHT for at, _, _ in house.sent] == [timedelta(hours=hours)]
    assert house.states(id_of(1))[-1][0] == "sent"


async def test_what_quiet_hours_kept_goes_as_one_but_for_what_must_be_confirmed(house: House) -> None:
    house.channels, house.now = QUIET, NIGHT
    by = (NIGHT + timedelta(days=1)).isoformat()
    await house.hear(*(notice(number, channel="sms") for number in range(3)))
    await house.hear(notice(3, channel="sms", confirm_by=by))
    await house.run(12 * 3600)

    texts = {parcel.notice_id: parcel.text for parcel in house.parcels}
    assert len(house.sent) == len(texts) == 2
    assert "共" not in texts.pop(id_of(3))
    assert "共3条" in texts.popitem()[1]


async def test_the_patience_with_a_notice_begins_when_quiet_hours_are_over(house: House) -> None:
    house.channels = QUIET.model_copy(update={"patience_s": {"normal": 3600}})
    house.now = NIGHT
    await house.hear(notice(1, channel="sms"))
    await house.run(12 * 3600)

    assert house.states(id_of(1))[-1][0] == "sent"


async def test_a_digest_goes_as_one_and_says_how_many(house: House) -> None:
    later = NOW + timedelta(hours=5)
    digest: dict[str, Any] = {"digest": True, "not_before": later.isoformat(), "channel": "email"}
    await house.hear(*(notice(number, **digest) for number in range(5)))
    await house.run(6 * 3600)

    ((at, carrier, _),) = house.sent
    assert at == later
    assert "共5条" in house.parcels[0].text
    ends = [house.states(id_of(number))[-1][0] for number in range(5)]
    assert sorted(ends) == ["folded"] * 4 + ["sent"]
    assert house.books.rows[carrier].notice["folds"] == 4
    assert house.books.rows[carrier].notice["text"]["lang"] == "zh"


async def test_a_flood_becomes_one_that_says_how_many(house: House) -> None:
    house.channels = Channels(use={"sms": Use(flood=Flood(most=3, within_s=600))})
    await house.hear(*(notice(number, channel="sms", urgency="urgent") for number in range(40)))
    await house.run(1)
    await house.hear(notice(40, channel="sms", urgency="emergency"))
    await house.run(1300)

    texts = [parcel.text for parcel in house.parcels]
    assert len(texts) == 5
    assert "共37条" in texts[-1]
    assert house.sent[3][1] == id_of(40)  # the emergency did not wait for the others
    assert {house.states(id_of(number))[-1][0] for number in range(41)} == {"sent", "folded"}


DIGEST: dict[str, Any] = {"digest": True, "not_before": (NOW + timedelta(hours=5)).isoformat()}
DRILL: dict[str, Any] = {
    "mode": "exercise",
    "cap": {"severity": "minor", "urgency": "future", "certainty": "likely", "status": "exercise"},
}


@pytest.mark.parametrize(
    ("lang", "says"), [("zh", "【演练】【网格】共3条"), ("en", "[Exercise] [Grid] 3 notices")]
)
async def test_a_digest_of_drills_says_that_it_is_one(house: House, lang: str, says: str) -> None:
    template = {"name": "attend", "version": "1", "lang": lang}
    await house.hear(*(notice(number, template=template, **DIGEST, **DRILL) for number in range(3)))
    await house.run(6 * 3600)

    (parcel,) = house.parcels
    assert parcel.text.startswith(says)


@pytest.mark.parametrize("pace", [{}, {"at_once": 1}])
async def test_a_drill_and_what_is_real_never_go_as_one(house: House, pace: dict[str, Any]) -> None:
    house.channels = Channels(use={"webhook": Use(**pace)})
    drills = [notice(number, **DIGEST, **DRILL) for number in range(3)]
    await house.hear(*drills, *(notice(number, **DIGEST) for number in range(3, 7)))
    await house.run(6 * 3600)

    told = {from_json(parcel.body)["data"]["mode"]: parcel.text for parcel in house.parcels}
    assert len(house.parcels) == 2
    assert told["exercise"].startswith("【演练】【网格】共3条")
    assert told["actual"].startswith("【网格】共4条")


BOB, ANN = ({"kind": "officer", "ref": "officer:1/police", "staff_id": name} for name in ("bob", "ann"))


async def test_a_flood_to_one_person_is_folded_and_others_at_his_endpoint_are_told(house: House) -> None:
    house.channels = Channels(person=Flood(most=3, within_s=600))
    flood = [notice(number, channel="sms", urgency="urgent", recipient=BOB) for number in range(10)]
    await house.hear(*flood, *(notice(number, channel="sms", recipient=ANN) for number in (20, 21)))
    await house.run(1)
    assert len(house.sent) == 5
    assert {id_of(20), id_of(21)} <= {notice_id for _, notice_id, _ in house.sent}

    await house.hear(notice(30, channel="sms", urgency="emergency", recipient=BOB))
    assert house.sent[-1][1] == id_of(30)
    await house.run(1300)
    assert "共7条" in house.parcels[-1].text
    assert {house.states(id_of(number))[-1][0] for number in range(10)} == {"sent", "folded"}


WATER, GAS = ({"kind": "department", "ref": f"department:{unit}"} for unit in ("water", "gas"))


async def test_each_of_two_units_at_one_address_is_told_of_its_own_and_by_its_own_secret(
    house: House,
) -> None:
    later = NOW + timedelta(hours=1)
    digest: dict[str, Any] = {"digest": True, "not_before": later.isoformat()}
    of_water = [notice(number, recipient=WATER, **digest) for number in range(3)]
    of_gas = [notice(number, recipient=GAS, **digest) for number in range(3, 5)]
    await house.hear(*of_water, *of_gas, notice(5, recipient=GAS))
    await house.run(1)
    assert [parcel.holder for parcel in house.parcels] == ["department:gas"]

    await house.run(2 * 3600)

    told = {parcel.holder: parcel.text for parcel in house.parcels[1:]}
    assert len(house.parcels) == 3
    assert "共3条" in told["department:water"]
    assert "共2条" in told["department:gas"]


async def test_those_who_share_an_endpoint_share_its_limits_too(house: House) -> None:
    house.channels = Channels(use={"webhook": Use(at_once=1)})
    house.script = lambda _: None
    later = NOW + timedelta(hours=1)
    digest: dict[str, Any] = {"digest": True, "not_before": later.isoformat()}
    await house.hear(*(notice(number, recipient=who, **digest) for number, who in enumerate([WATER, GAS])))
    await house.run(3700)
    assert len(house.sent) == 1

    house.script = lambda _: OK
    house.goes_on.set()
    await house.settle()
    await house.run(60)
    assert {parcel.holder for parcel in house.parcels} == {"department:water", "department:gas"}


async def test_by_what_comes_after_a_failed_means_nobody_is_counted_twice(house: House) -> None:
    house.channels = Channels(person=Flood(most=1, within_s=600))
    again: dict[str, Any] = {"channel": "sms", "recipient": BOB, "fallback_of": id_of(99)}
    await house.hear(*(notice(number, **again) for number in range(3)))
    await house.run(1)

    assert len(house.sent) == 3


@pytest.mark.parametrize(("shares", "most", "sent"), [(1, 4, 4), (2, 4, 2), (3, 4, 1), (2, 1, 1), (0, 4, 4)])
async def test_each_first_endpoint_of_a_person_bears_its_share(
    house: House, monkeypatch: pytest.MonkeyPatch, shares: int, most: int, sent: int
) -> None:
    monkeypatch.setattr(Directory, "means", lambda *_: shares)
    house.channels = Channels(person=Flood(most=most, within_s=600))
    await house.hear(*(notice(number, channel="sms", recipient=BOB) for number in range(10)))
    await house.run(1)

    assert len(house.sent) == sent


async def test_what_came_back_while_it_was_on_its_way_says_more(house: House) -> None:
    house.script = lambda _: None
    await house.run(1)
    await house.hear(notice(1))
    answered = told(
        "notices.answered.v1/confirmed", message_id="a", notice_id=id_of(1), endpoint_key="webhook-one"
    )
    await house.hear(answered)
    house.script = lambda _: OK
    house.goes_on.set()
    await house.settle()
    await house.run(60)

    assert house.states(id_of(1)) == [("sending", 1), ("confirmed", 1)]
    assert house.books.rows[id_of(1)].state == "confirmed"


async def test_parts_are_let_go_when_what_is_under_way_has_landed(house: House) -> None:
    house.script = lambda _: None
    await house.run(1)
    await house.hear(notice(1), notice(2, endpoint="two"))
    house.script = lambda _: OK
    house.goes_on.set()
    await house.courier.drain()
    await house.turn()

    assert {house.states(id_of(number))[-1][0] for number in (1, 2)} == {"sent"}
