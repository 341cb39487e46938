"""Webhooks: one POST of JSON, signed by Standard Webhooks 1.0; the status is all that counts."""

from time import time

from wangge_notifier.delivering import Outcome
from wangge_notifier.dialling import Dialler
from wangge_notifier.secrecy import Held
from wangge_notifier.sending import Channel, Parcel
from wangge_notifier.signing import sign


class Webhooks(Channel):
    """Posts notices to units' own systems; who has no secret is not told this way."""

    def __init__(self, dialler: Dialler, secrets: Held) -> None:
        self._dialler = dialler
        self._secrets = secrets

    async def send(self, parcel: Parcel) -> Outcome:
        """Post it once."""
        secrets = self._secrets().of(parcel.holder)
        if not secrets:
            return Outcome("no-secret", hopeless=True)
        headers = sign(secrets, message_id=parcel.notice_id, timestamp_s=int(time()), body=parcel.body)
        headers["content-type"] = "application/json"
        outcome, _, _ = await self._dialler.call("POST", parcel.address, headers=headers, body=parcel.body)
        return outcome
