"""SMS by the gateway whose shape the reference data tell."""

from dataclasses import replace

from wangge_notifier.delivering import Outcome
from wangge_notifier.dialling import Dialler
from wangge_notifier.secrecy import Held
from wangge_notifier.sending import Channel, Parcel
from wangge_notifier.shaping import Call


class Texts(Channel):
    """Sends texts, and asks what became of one."""

    def __init__(self, dialler: Dialler, secrets: Held, *, callback: str) -> None:
        self._dialler = dialler
        self._secrets = secrets
        self._callback = callback

    async def send(self, parcel: Parcel) -> Outcome:
        """Hand one text to the gateway."""
        gateway = parcel.channels.sms
        return await self._make(gateway.send, parcel) if gateway else Outcome("no-gateway", hopeless=True)

    async def query(self, parcel: Parcel) -> Outcome:
        """Ask the gateway for a text; an answer that tells nothing leaves it in doubt."""
        gateway = parcel.channels.sms
        if gateway is None or gateway.query is None:
            return Outcome("cannot-ask", doubtful=True)
        outcome = await self._make(gateway.query, parcel)
        clear = outcome.accepted or outcome.code in gateway.query.answer.hopeless
        return outcome if clear else replace(outcome, doubtful=True, hopeless=False)

    async def _make(self, call: Call, parcel: Parcel) -> Outcome:
        words = self._secrets().words() | {
            "to": parcel.address,
            "text": parcel.text,
            "subject": parcel.subject,
            "notice": parcel.notice_id,
            "reference": parcel.reference or "",
            "callback": self._callback,
        }
        try:
            url, headers, body = call.filled(words)
        except LookupError:
            return Outcome("no-secret", hopeless=True)
        outcome, status, answer = await self._dialler.call(
            call.method, url, headers=headers, body=body, reads=True
        )
        if not outcome.accepted:
            return outcome
        return call.outcome(status, answer)
