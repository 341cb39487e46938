"""What two gateways report of a text becomes a fact, and each reads the answer that it wants."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.gateway import Gateway, gateway
from tests.ground import fresh_database, renew_topics
from tests.service.chassis.running import read_all
from tests.service.ledger.running import Reply, RoomProcess, running, say
from tests.service.notifier.test_notifier import FAST, PUBLIC, given, publication, states
from tests.unit.notifier.telling import PARTS
from tests.waiting import wait_for
from wangge_local.kafka import Kafka
from wangge_local.postgres import Postgres

PROOF, PHONE = "only-the-gateway-knows", "13800002468"


@dataclass(frozen=True)
class Shape:
    """A gateway as its documentation has it: how it is configured, what it answers, and what it reports."""

    answer: dict[str, Any]
    """What it answers to a text; `#` is its own number of it."""
    reads: dict[str, Any]
    """`sms.send.answer`."""
    report: dict[str, Any]
    """`sms.report`."""
    delivered: dict[str, Any]
    undelivered: dict[str, Any]

    def answers(self, number: int) -> bytes:
        """What it answers to the text of that number."""
        return json.dumps(self.of(self.answer, str(number))).encode()

    def of(self, shape: dict[str, Any], number: str) -> Any:
        """One of its messages, about the text of that number."""
        return json.loads(json.dumps(shape).replace("#", number))


# help.aliyun.com, short message service: SendSms (BizId), SmsReport by HTTP batch push (JSON array).
ALIYUN = Shape(
    answer={
        "Message": "OK",
        "RequestId": "F655A8D5-B967-440B-8683-DAD6FF8D****",
        "BizId": "#^0",
        "Code": "OK",
    },
    reads={"status": "/Code", "accepted": ["OK"], "reference": "/BizId"},
    report={
        "reference": "/biz_id",
        "status": "/success",
        "delivered": ["true"],
        "failed": ["false"],
        "reply": {"code": 0, "msg": "接收成功"},
    },
    delivered={
        "phone_number": PHONE,
        "send_time": "2017-01-01 00:00:00",
        "report_time": "2017-01-01 00:00:00",
        "success": True,
        "err_code": "DELIVERED",
        "err_msg": "用户接收成功",
        "sms_size": "1",
        "biz_id": "#^0",
        "out_id": "67890",
    },
    undelivered={
        "phone_number": PHONE,
        "send_time": "2017-01-01 00:00:00",
        "report_time": "2017-01-01 00:00:00",
        "success": False,
        "err_code": "MOBILE_NOT_ON_SERVICE",
        "err_msg": "停机",
        "sms_size": "1",
        "biz_id": "#^0",
        "out_id": "67890",
    },
)
# cloud.tencent.com 382/55981 (SendSms) and 382/43547 (SMS Sending Status Notification, JSON array).
TENCENT = Shape(
    answer={
        "Response": {
            "SendStatusSet": [
                {
                    "SerialNo": "5000:#",
                    "PhoneNumber": f"+86{PHONE}",
                    "Fee": 1,
                    "SessionContext": "test",
                    "Code": "Ok",
                    "Message": "send success",
                    "IsoCode": "CN",
                }
            ],
            "RequestId": "a0aabda6-cf91-4f3e-a81f-9198114a2279",
        }
    },
    reads={
        "status": "/Response/SendStatusSet/0/Code",
        "accepted": ["Ok"],
        "reference": "/Response/SendStatusSet/0/SerialNo",
    },
    report={
        "reference": "/sid",
        "status": "/report_status",
        "delivered": ["SUCCESS"],
        "failed": ["FAIL"],
        "reply": {"result": 0, "errmsg": "OK"},
    },
    delivered={
        "user_receive_time": "2015-10-17 08:03:04",
        "nationcode": "86",
        "mobile": PHONE,
        "report_status": "SUCCESS",
        "errmsg": "DELIVRD",
        "description": "用户短信送达成功",
        "sid": "5000:#",
    },
    undelivered={
        "user_receive_time": "2015-10-17 08:03:04",
        "nationcode": "86",
        "mobile": PHONE,
        "report_status": "FAIL",
        "errmsg": "MK:1008",
        "description": "空号",
        "sid": "5000:#",
    },
)


@dataclass
class House:
    """A notifier and the gateway that it sends by."""

    room: RoomProcess
    gateway: Gateway
    shape: Shape
    kafka: Kafka
    numbers: Iterator[int] = field(default_factory=lambda: iter(range(1000, 2000)))

    def sent(self) -> tuple[str, str]:
        """Send a text; return its incident and the gateway's number of it."""
        incident_id, fact = given(next(self.numbers))
        before = len(self.gateway.texts)
        say(self.kafka, [fact])
        wait_for("it is sent", lambda: ("sent", 1) in states(self.kafka, incident_id, "sms"))
        assert len(self.gateway.texts) == before + 1
        return incident_id, str(before + 1)

    def reports(self, *said: Any, proof: str = PROOF) -> Reply:
        """What the notifier answers to these reports."""
        return self.room.ask("POST", f"/v1/callbacks/sms/{proof}", body=list(said))


@pytest.fixture(scope="module", params=[ALIYUN, TENCENT], ids=["aliyun", "tencent"])
def house(
    request: pytest.FixtureRequest,
    kafka: Kafka,
    postgres: Postgres,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[House]:
    shape: Shape = request.param
    folder = tmp_path_factory.mktemp("reports")
    (folder / "secrets.toml").write_text(f'[gateway]\nsms-report = "{PROOF}"\n', "utf-8")
    renew_topics(kafka.bootstrap)
    with gateway(shape.answers) as sms, fresh_database(postgres) as database:
        send = {
            "url": f"http://127.0.0.1:{sms.server_port}/",
            "body": {"phone": "{to}", "text": "{text}"},
            "answer": shape.reads,
        }
        water = {
            "holder": "department:water",
            "endpoints": [{"channel": "sms", "address": PHONE}, {"channel": "console"}],
        }
        contacts = {"defaults": [{"channel": "console"}], "contacts": [water]}
        say(
            kafka,
            publication(
                {**PARTS, "contacts": contacts, "channels": {"sms": {"send": send, "report": shape.report}}}
            ),
        )
        with running(
            "notifier",
            kafka,
            database,
            folder,
            secrets=folder / "secrets.toml",
            admitted="127.0.0.0/8",
            public_url=PUBLIC,
            **FAST,
        ) as room:
            yield House(room, sms, shape, kafka)


def test_what_a_gateway_reports_becomes_a_fact(house: House) -> None:
    shape = house.shape
    good, good_number = house.sent()
    bad, bad_number = house.sent()

    answer = house.reports(shape.of(shape.delivered, good_number), shape.of(shape.undelivered, bad_number))

    assert (answer.status, answer.content) == (200, shape.report["reply"])
    wait_for("it is delivered", lambda: ("delivered", 1) in states(house.kafka, good, "sms"))
    wait_for("it is given up", lambda: ("given-up", 1) in states(house.kafka, bad, "sms"))
    # The same report again changes nothing.
    again = house.reports(shape.of(shape.delivered, good_number))
    other, other_number = house.sent()
    house.reports(shape.of(shape.delivered, other_number))
    wait_for("the next is delivered", lambda: ("delivered", 1) in states(house.kafka, other, "sms"))
    assert again.status == 200
    assert [each[0] for each in states(house.kafka, good, "sms")].count("delivered") == 1
    said = b"".join(record.value() for record in read_all(house.kafka.bootstrap, "notices.answered.v1"))
    assert PHONE.encode() not in said


def test_what_is_understood_counts_beside_what_is_not(house: House) -> None:
    shape = house.shape
    incident_id, number = house.sent()
    status = shape.report["status"].removeprefix("/")
    strange = {**shape.of(shape.delivered, number), status: "who-knows"}

    answer = house.reports(strange, shape.of(shape.delivered, number))

    assert answer.status == 422
    assert [each["pointer"] for each in answer.content["errors"]] == [f"/0/{status}"]
    wait_for("it is delivered", lambda: ("delivered", 1) in states(house.kafka, incident_id, "sms"))


def test_who_does_not_prove_that_he_is_the_gateway_is_not_believed(house: House) -> None:
    shape = house.shape
    incident_id, number = house.sent()
    stranger = house.reports(shape.of(shape.delivered, number), proof="guessed")
    nobody = house.room.ask("POST", "/v1/callbacks/sms", body=[shape.of(shape.delivered, number)])

    assert (stranger.status, nobody.status) == (403, 403)
    assert "delivered" not in dict(states(house.kafka, incident_id, "sms"))


def test_a_report_that_is_faster_than_our_own_record_is_asked_for_again(house: House) -> None:
    shape = house.shape
    unknown = house.reports(shape.of(shape.delivered, "987654"))

    assert unknown.status == 503
    assert int(unknown.headers["retry-after"]) > 0
    assert unknown.content != shape.report["reply"]
