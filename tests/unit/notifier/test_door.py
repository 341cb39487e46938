"""Only who proves that it is the gateway is heard at the notifier's door."""

import json
from gzip import compress
from hashlib import sha256
from hmac import new as hmac
from typing import Any, cast

import pytest

from wangge_chassis import Database
from wangge_chassis.producing import Producer
from wangge_notifier.channels import Policy
from wangge_notifier.door import Door, make_door
from wangge_notifier.secrecy import Secrets

GATEWAY = {
    "send": {"url": "http://127.0.0.1:1/"},
    "report": {"status": "/s", "notice": "/n", "delivered": ["OK"], "signature_header": "x-signature"},
}
NO_REPORTS = b"[]"
PROOF = hmac(b"proof", NO_REPORTS, sha256).hexdigest()


async def answered(signature: str, callback: bytes = NO_REPORTS, encoding: str = "") -> tuple[int, bytes]:
    """Return status and body of what a *callback* signed so is answered."""
    door = Door(
        cast("Database", None),
        cast("Producer", None),
        lambda: Secrets.model_validate({"gateway": {"sms-report": "proof"}}),
        lambda: Policy.of({"channels": {"sms": GATEWAY}}),
        links=lambda: None,
        connections=1,
    )
    said: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": callback, "more_body": False}

    async def send(message: Any) -> None:
        said.append(message)

    path = "/v1/callbacks/sms"
    scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b""}
    scope |= {"http_version": "1.1", "scheme": "http", "root_path": ""}
    scope |= {"headers": [(b"x-signature", signature.encode()), (b"content-encoding", encoding.encode())]}
    await make_door(door)(scope, receive, send)
    # No token would help a gateway: it is asked for none.
    assert b"www-authenticate" not in dict(said[0]["headers"])
    return said[0]["status"], said[1]["body"]


@pytest.mark.parametrize("signature", [PROOF, PROOF.upper()])
async def test_a_gateways_signature_is_hexadecimal_in_either_case(signature: str) -> None:
    status, _ = await answered(signature)
    assert status == 204


@pytest.mark.parametrize("signature", ["", PROOF[:-1], PROOF[::-1], f"{PROOF}{PROOF}", "签名"])
async def test_what_is_signed_by_nobody_we_know_is_refused(signature: str) -> None:
    status, _ = await answered(signature)
    assert status == 403


async def test_a_callback_that_is_not_understood_is_not_answered_as_taken() -> None:
    callback = b'[{"n": "1"}, {"n": "2", "s": "OKAY"}]'

    status, body = await answered(hmac(b"proof", callback, sha256).hexdigest(), callback)
    problem = json.loads(body)
    assert (status, problem["status"]) == (422, 422)
    assert [(each["code"], each["pointer"]) for each in problem["errors"]] == [
        ("missing", "/0/s"),
        ("invalid", "/1/s"),
    ]


async def test_a_callback_that_is_compressed_is_told_so() -> None:
    callback = compress(NO_REPORTS)

    status, body = await answered(hmac(b"proof", callback, sha256).hexdigest(), callback, "gzip")
    assert status == 415
    assert "Content-Encoding" in json.loads(body)["errors"][0]["text_en"]
