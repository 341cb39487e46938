"""What follows from an outcome, an answer, a loss or a lack: the next means, a desk, or nothing at all."""

from datetime import UTC, datetime, time, timedelta

import pytest

from tests.unit.notifier.posting import BAD, OK, House, answered, id_of, notice, waits
from tests.unit.notifier.telling import NOW, TEMPLATES
from wangge_contracts.v1 import NoticeComposed
from wangge_notifier.channels import Breaker, Channels, Quiet, Use
from wangge_notifier.delivering import Outcome
from wangge_notifier.linking import Links
from wangge_notifier.saying import Delivery

BY_TEXT = [{"channel": "sms", "endpoint_key": "sms-one"}]
PATIENT = Breaker(failures=100)


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> House:
    return House(monkeypatch)


async def test_what_the_provider_could_not_bring_goes_by_the_next_means(house: House) -> None:
    await house.hear(notice(1, fallbacks=BY_TEXT))
    await house.run(10)
    await house.hear(answered(1, "failed"))

    (following,) = house.composed()
    assert house.states(id_of(1))[-1][0] == "given-up"
    assert (following["channel"], following["fallback_of"]) == ("sms", id_of(1))


async def test_what_nobody_sends_by_goes_by_the_next_means(house: House) -> None:
    await house.hear(notice(1, channel="voice", fallbacks=BY_TEXT))
    await house.run(10)

    assert house.codes(id_of(1)) == ["no-channel"]
    assert [each["channel"] for each in house.composed()] == ["sms"]


async def test_the_desk_hears_of_whom_nothing_here_can_reach(house: House) -> None:
    await house.hear(notice(1, channel="voice"))
    await house.run(10)

    (desk,) = house.composed()
    assert (desk["recipient"]["ref"], desk["channel"]) == ("desk:110101", "console")
    assert desk["template"]["name"] == "no-channel"
    assert all(each in desk["text"]["text"] for each in ("语音电话", desk["case_number"]))


REPORTER = {"kind": "reporter", "ref": "0" * 32}
AWAY = Outcome("vault-away", untried=True)


async def test_a_reporter_is_sent_to_by_the_reference_to_his_contact(house: House) -> None:
    await house.hear(notice(1, channel="sms", recipient=REPORTER), notice(2, channel="sms"))
    await house.run(10)

    sent = {each.notice_id: (each.contact_ref, bool(each.address)) for each in house.parcels}
    assert sent == {id_of(1): (REPORTER["ref"], False), id_of(2): (None, True)}


async def test_what_cannot_even_be_tried_uses_up_neither_attempts_nor_patience(house: House) -> None:
    house.channels = Channels(breaker=PATIENT, patience_s={"normal": 3600})
    until = NOW + timedelta(hours=30)
    house.script = lambda _: AWAY if house.now < until else BAD
    await house.hear(notice(1, channel="sms", recipient=REPORTER))
    await house.run(40 * 3600)

    # However long our own house could not send, a gateway that fails afterwards has all its attempts.
    assert house.codes(id_of(1)).count("vault-away") > 6
    assert house.codes(id_of(1)).count("500") == 6
    assert house.states(id_of(1))[-1][0] == "given-up"


async def test_it_goes_as_soon_as_it_can_be_tried(house: House) -> None:
    until = NOW + timedelta(minutes=2)
    house.script = lambda _: AWAY if house.now < until else OK
    await house.hear(notice(1, channel="sms", recipient=REPORTER))
    await house.run(600)

    assert house.states(id_of(1))[-1][0] == "sent"
    assert house.composed() == []


@pytest.mark.parametrize(
    ("lang", "own", "told"),
    [
        ("zh", False, "地址已失效"),
        ("en-GB", False, "is gone and not used any more"),
        ("zh", True, "改用新码"),
    ],
)
async def test_the_desk_is_told_in_the_words_of_the_city(
    house: House, lang: str, own: bool, told: str
) -> None:
    if own:
        words = {"subject": "s", "text": "改用新码：{{ channel }}，{{ unit }}，{{ case }}"}
        house.templates = TEMPLATES.with_own({"templates": {"endpoint-gone": {"zh": words, "en": words}}})
    house.script = lambda _: Outcome("410", hopeless=True, gone=True)
    template = {"name": "attend", "version": "1", "lang": lang}
    await house.hear(notice(1, template=template))
    await house.run(10)

    (desk,) = house.composed()
    text = desk["text"]["text"]
    assert told in text
    assert all(each in text for each in ("系统接口" if lang == "zh" else "webhook", desk["case_number"]))
    assert "{" not in text
    assert (desk["template"]["version"] == "1") is not own


async def test_a_failure_after_which_it_would_be_too_late_is_the_last(house: House) -> None:
    house.channels = Channels(patience_s={"emergency": 30}, breaker=PATIENT)
    house.script = lambda _: BAD
    await house.hear(notice(1, urgency="emergency"))
    await house.run(600)

    assert set(house.codes(id_of(1))) == {"500"}
    assert house.states(id_of(1))[-1][0] == "given-up"


async def test_who_waits_behind_a_breaker_too_long_is_given_up_untried(house: House) -> None:
    rest = Breaker(failures=1, first_rest_s=600, longest_rest_s=600)
    house.channels = Channels(patience_s={"emergency": 30}, breaker=rest)
    house.script = lambda _: BAD
    await house.hear(notice(1))
    await house.run(1)
    await house.hear(notice(2, urgency="emergency", fallbacks=BY_TEXT))
    await house.run(60)

    assert (house.codes(id_of(2)), house.states(id_of(2))) == (["too-late"], [("given-up", 0)])
    assert id_of(2) not in [notice_id for _, notice_id, _ in house.sent]
    assert [each["fallback_of"] for each in house.composed()] == [id_of(2)]


async def test_a_person_hears_of_what_a_gone_courier_had_on_its_way(house: House) -> None:
    house.channels = Channels(use={"sms": Use(doubt="person")})
    house.script = lambda _: None
    await house.run(1)
    await house.hear(notice(1, channel="sms"))
    house.crash()
    house.script = lambda _: OK
    await house.run(3600)

    assert house.states(id_of(1)) == [("sending", 1), ("unknown", 1)]
    assert [each["template"]["name"] for each in house.composed()] == ["endpoint-doubtful"]


async def test_what_was_answered_before_the_next_courier_looks_is_not_in_doubt(house: House) -> None:
    house.script = lambda _: None
    await house.run(1)
    await house.hear(notice(1))
    house.crash()
    await house.courier.peek(*house.asks())
    await house.hear(answered(1, "confirmed"))
    await house.run(60)

    assert house.states(id_of(1)) == [("sending", 1), ("confirmed", 1)]


async def test_a_notice_that_is_heard_again_is_not_sent_again(house: House) -> None:
    await house.run(1)
    await house.hear(notice(1))
    await house.run(10)
    await house.hear(notice(1))
    await house.run(10)

    assert len(house.sent) == 1
    assert house.states(id_of(1)) == [("sending", 1), ("sent", 1)]


async def test_a_batch_that_is_rolled_back_sends_nothing_until_it_comes_again(house: House) -> None:
    await house.run(1)
    state = await house.loaded(notice(1))
    assert [said.topic for said in house.room.decide(state, notice(1))] == ["notices.changed.v1"]
    await house.run(1)
    assert house.sent == []

    await house.hear(notice(1))
    await house.run(1)
    assert [(notice_id, attempt) for _, notice_id, attempt in house.sent] == [(id_of(1), 1)]


async def test_nothing_begins_while_parts_are_let_go(house: House) -> None:
    house.channels = Channels(use={"webhook": Use(at_once=1)})
    house.script = lambda _: None
    await house.run(1)
    await house.hear(notice(1), notice(2))
    house.script = lambda _: OK
    house.goes_on.set()
    await house.courier.drain()
    house.now += timedelta(seconds=1)
    await house.turn()
    await house.settle()

    assert house.states(id_of(1))[-1] == ("sent", 1)
    assert house.states(id_of(2)) == []


async def test_a_gateway_is_asked_by_its_own_reference(house: House) -> None:
    call = {"url": "http://gateway.example/"}
    house.channels = Channels.model_validate(
        {"use": {"sms": {"doubt": "query"}}, "sms": {"send": call, "query": call}}
    )
    house.script = lambda _: Outcome("timeout", doubtful=True, reference="their-own")
    references: list[str | None] = []

    def tells(reference: str | None) -> Outcome:
        references.append(reference)
        return OK

    house.tells = lambda parcel: tells(parcel.reference)
    await house.hear(notice(1, channel="sms"))
    await house.run(3600)

    assert references == ["their-own"]
    assert house.books.rows[id_of(1)].reference == "their-own"


async def test_who_is_to_confirm_is_sent_the_link(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House(monkeypatch, links=Links(b"k" * 32, "https://grid.example"))
    due = (NOW + timedelta(minutes=5)).isoformat()
    await house.hear(notice(1, confirm_by=due), notice(2))
    await house.run(10)

    links = {parcel.notice_id: "https://grid.example/c/" in parcel.text for parcel in house.parcels}
    assert links == {id_of(1): True, id_of(2): False}


async def test_what_goes_as_one_and_what_is_to_be_confirmed_are_said_in_the_words_of_the_city(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    house = House(monkeypatch, links=Links(b"k" * 32, "https://grid.example"))
    many = {"subject": "汇总", "text": "{{ many }}件：{{ list }}"}
    link = {"subject": "s", "text": "回执 {{ link }}"}
    own = {"gathered": {"zh": many, "en": many}, "to-confirm": {"zh": link, "en": link}}
    house.templates = TEMPLATES.with_own({"templates": own})
    later = (NOW + timedelta(hours=5)).isoformat()
    await house.hear(*(notice(each, digest=True, not_before=later) for each in range(3)))
    await house.hear(notice(3, confirm_by=(NOW + timedelta(minutes=5)).isoformat()))
    await house.run(6 * 3600)

    texts = [(parcel.subject, parcel.text) for parcel in house.parcels]
    assert "回执 https://grid.example/c/" in texts[0][1]
    assert texts[1][0] == "汇总"
    assert texts[1][1].startswith("3件：")


async def test_a_gathered_notice_says_how_many_it_does_not_name(house: House) -> None:
    later = (NOW + timedelta(hours=5)).isoformat()
    english = {"name": "attend", "version": "1", "lang": "en"}
    few = [notice(each, digest=True, not_before=later) for each in range(20)]
    many = [
        notice(each, digest=True, not_before=later, endpoint="two", template=english)
        for each in range(20, 43)
    ]
    await house.hear(*few, *many)
    await house.run(6 * 3600)

    zh, en = sorted((parcel.text for parcel in house.parcels), key=lambda text: text.startswith("[Grid]"))
    assert ("共20条通知" in zh, "另有" in zh) == (True, False)
    assert en.startswith("[Grid] 23 notices: ")
    assert en.endswith("; and 3 more")


@pytest.mark.parametrize(("urgency", "together"), [("normal", True), ("emergency", False)])
async def test_an_emergency_is_in_no_digest(house: House, urgency: str, *, together: bool) -> None:
    later = (NOW + timedelta(hours=5)).isoformat()
    await house.hear(*(notice(each, digest=True, not_before=later, urgency=urgency) for each in range(3)))
    await house.run(6 * 3600)

    assert len(house.sent) == (1 if together else 3)


async def test_the_desk_hears_once_of_an_endpoint_that_is_gone_however_many_were_on_their_way(
    house: House,
) -> None:
    house.script = lambda _: None
    await house.hear(notice(1))
    await house.run(1)
    await house.hear(notice(2))
    await house.run(1)
    assert len(house.sent) == 2
    house.script = lambda _: Outcome("410", hopeless=True, gone=True)
    house.goes_on.set()
    await house.settle()
    await house.run(1)

    assert [each["template"]["name"] for each in house.composed()] == ["endpoint-gone"]


async def test_what_was_tried_before_the_quiet_hours_is_tried_on_in_them(house: House) -> None:
    house.channels = Channels(
        use={"sms": Use(rests=True)}, quiet=Quiet(since=time(22), until=time(7)), breaker=PATIENT
    )
    house.now = began = datetime(2026, 1, 6, 13, 59, 58, tzinfo=UTC)  # 21:59:58 in Beijing
    house.script = lambda parcel: OK if parcel.attempt == 2 else BAD
    await house.hear(notice(1, channel="sms"))
    await house.run(60)

    assert [at - began for at, _, _ in house.sent] == list(waits(1, 2))


def written_by_another(house: House, number: int) -> None:
    """A courier elsewhere has taken in a notice that is due now."""
    heard = notice(number)
    assert isinstance(heard.message, NoticeComposed)
    house.books.rows[id_of(number)] = Delivery(
        id_of(number),
        "webhook-one",
        "deferred",
        channel="webhook",
        due_at=house.now,
        document=heard.message.write().decode(),
    )


async def test_parts_that_come_are_looked_at_afresh(house: House) -> None:
    connection, parts, partitions, _ = house.asks()
    await house.courier.peek(connection, parts - {7}, partitions, house.now)
    written_by_another(house, 1)

    assert await house.courier.peek(connection, parts - {7}, partitions, house.now) is None
    assert await house.courier.peek(connection, parts, partitions, house.now) is True


async def test_parts_that_were_let_go_and_come_back_are_looked_at_afresh(house: House) -> None:
    await house.turn()
    await house.courier.drain()
    await house.turn()
    written_by_another(house, 1)

    assert await house.courier.peek(*house.asks()) is True


async def test_what_waits_long_is_not_kept_in_mind_and_found_when_house_time_leaps(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.turn()
    real_s = house.now.timestamp()
    monkeypatch.setattr(house.courier, "_steady", lambda: real_s)
    later = house.now + timedelta(hours=30)
    await house.hear(notice(1, not_before=later.isoformat()))
    assert len(house.courier.agenda) == 0

    house.now = later
    assert await house.courier.peek(*house.asks()) is True
