"""A reporter's address is asked for while his notice is sent; what intake cannot answer costs him nothing."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from tests.unit.notifier.conftest import Serving
from wangge_notifier.addresses import Admitted
from wangge_notifier.channels import Channels
from wangge_notifier.delivering import Outcome
from wangge_notifier.dialling import Dialler
from wangge_notifier.secrecy import Secrets
from wangge_notifier.sending import Channel, Parcel
from wangge_notifier.vault import Confided, Vault

PHONE = "13800000000"
REF = "0" * 32
SECRETS = Secrets.model_validate({"contacts_token": "t0ken"})
SENT = Outcome("OK", accepted=True)


class Recorder(Channel):
    """A channel that takes everything, and the addresses it was told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    async def send(self, parcel: Parcel) -> Outcome:
        self.told.append(parcel.address)
        return SENT

    async def query(self, parcel: Parcel) -> Outcome:
        return await self.send(parcel)


@pytest.fixture
async def dialler() -> AsyncIterator[Dialler]:
    made = Dialler(Admitted.parse("127.0.0.0/8"), within_s=2)
    yield made
    await made._opened().close()


def parcel(contact_ref: str | None = REF, address: str = "") -> Parcel:
    return Parcel("1" * 32, 1, address, REF, "s", "t", b"", Channels(), contact_ref=contact_ref)


def problem(status: int, code: str, **headers: str) -> web.Response:
    said = {"type": f"urn:wangge:problem:{code}", "status": status}
    return web.json_response(said, status=status, headers=headers)


async def test_the_address_is_asked_for_with_our_token_and_told_the_channel_alone(
    dialler: Dialler, serving: Serving
) -> None:
    asked: list[tuple[str, str | None]] = []

    def answer(request: web.BaseRequest) -> web.Response:
        asked.append((request.path_qs, request.headers.get("authorization")))
        return web.json_response({"phone": PHONE})

    url = f"http://127.0.0.1:{await serving(answer)}"
    inner = Recorder()
    channel = Confided(inner, Vault(dialler, lambda: SECRETS, url), holds="phone")
    outcome = await channel.send(parcel())

    assert (outcome, inner.told) == (SENT, [PHONE])
    assert asked == [(f"/v1/contacts/{REF}?notice={'1' * 32}", "Bearer t0ken")]


async def test_who_is_no_reporter_is_sent_to_without_asking(dialler: Dialler) -> None:
    inner = Recorder()
    channel = Confided(inner, Vault(dialler, lambda: SECRETS, "http://127.0.0.1:1"), holds="phone")

    assert await channel.send(parcel(None, "+86-1")) == SENT
    assert inner.told == ["+86-1"]


@pytest.mark.parametrize(
    ("answer", "code", "hopeless", "untried"),
    [
        (web.json_response({"email": "a@example.org"}), "no-address", True, False),
        (problem(404, "unknown-contact"), "contact-erased", True, False),
        # Somebody else's 404 says nothing of the contact.
        (web.Response(status=404, text="not found"), "vault-away", False, True),
        (problem(401, "token-unknown"), "vault-away", False, True),
        (problem(503, "unavailable"), "vault-away", False, True),
        (web.Response(status=200, text="<html>"), "vault-away", False, True),
    ],
)
async def test_only_a_contact_that_is_not_there_ends_it(
    dialler: Dialler, serving: Serving, answer: web.Response, code: str, hopeless: bool, untried: bool
) -> None:
    inner = Recorder()
    vault = Vault(dialler, lambda: SECRETS, f"http://127.0.0.1:{await serving(lambda _: answer)}")
    outcome = await Confided(inner, vault, holds="phone").send(parcel())

    assert (outcome.code, outcome.hopeless, outcome.untried) == (code, hopeless, untried)
    assert (outcome.doubtful, outcome.sick, outcome.gone) == (False, False, False)
    assert inner.told == []


async def test_who_is_asked_too_much_is_left_alone_as_long_as_it_says(
    dialler: Dialler, serving: Serving
) -> None:
    port = await serving(lambda _: problem(429, "quota", **{"retry-after": "7"}))
    vault = Vault(dialler, lambda: SECRETS, f"http://127.0.0.1:{port}")

    outcome = await Confided(Recorder(), vault, holds="phone").send(parcel())
    assert (outcome.untried, outcome.retry_after) == (True, timedelta(seconds=7))


@pytest.mark.parametrize(("url", "secrets"), [("", SECRETS), ("http://127.0.0.1:1", Secrets())])
async def test_without_a_vault_nobody_waits_for_it(dialler: Dialler, url: str, secrets: Secrets) -> None:
    outcome = await Confided(Recorder(), Vault(dialler, lambda: secrets, url), holds="phone").send(parcel())

    assert (outcome.code, outcome.hopeless) == ("no-vault", True)


@pytest.mark.parametrize(("status", "doubtful"), [(503, True), (404, False)])
async def test_a_doubt_stays_one_while_nobody_can_be_asked(
    dialler: Dialler, serving: Serving, status: int, doubtful: bool
) -> None:
    code = "unknown-contact" if status == 404 else "unavailable"
    port = await serving(lambda _: problem(status, code))
    vault = Vault(dialler, lambda: SECRETS, f"http://127.0.0.1:{port}")
    outcome: Any = await Confided(Recorder(), vault, holds="phone").query(parcel())

    assert (outcome.doubtful, outcome.accepted) == (doubtful, False)
