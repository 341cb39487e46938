"""A reporter's contact: only intake knows it, and is asked when an attempt is made. Nothing of it is kept."""

from dataclasses import dataclass, replace
from typing import Literal

from wangge_notifier.delivering import Outcome
from wangge_notifier.dialling import Dialler
from wangge_notifier.secrecy import Held
from wangge_notifier.sending import Channel, Parcel
from wangge_notifier.shaping import read

Holds = Literal["phone", "email"]
_ERASED = Outcome("contact-erased", hopeless=True)
_LACKING = Outcome("no-address", hopeless=True)
_NO_VAULT = Outcome("no-vault", hopeless=True)


@dataclass(frozen=True, slots=True)
class Vault:
    """
    Intake's door for contacts.

    Whatever it answers but a contact, or that there is none, is an outage of our own house: nothing was
    sent, and the notice waits.
    """

    dialler: Dialler
    """Of our own house: what is asked for lies inside."""
    secrets: Held
    url: str
    """Of intake; empty: reporters cannot be reached."""

    async def address(self, ref: str, *, holds: Holds, notice_id: str) -> str | Outcome:
        """Return where to reach a reporter, or why the attempt ends here."""
        token = self.secrets().contacts_token
        if not self.url or token is None:
            return _NO_VAULT
        outcome, status, body = await self.dialler.call(
            "GET",
            f"{self.url}/v1/contacts/{ref}?notice={notice_id}",
            headers={"authorization": f"Bearer {token.get_secret_value()}"},
            body=None,
            reads=True,
        )
        said = read(body)
        if status == 200 and isinstance(said, dict):
            return str(said[holds]) if said.get(holds) else _LACKING
        if status == 404 and isinstance(said, dict) and _code(said) == "unknown-contact":
            return _ERASED
        return Outcome(
            "vault-away", untried=True, retry_after=outcome.retry_after, detail=f"status {status or 'none'}"
        )


def _code(problem: dict[str, object]) -> str:
    """Return the code of a problem of ours; any other server's 404 has none."""
    return str(problem.get("type", "")).removeprefix("urn:wangge:problem:")


class Confided(Channel):
    """A channel that learns a reporter's address while it sends; to everybody else it goes as it is."""

    def __init__(self, inner: Channel, vault: Vault, *, holds: Holds) -> None:
        self._inner, self._vault, self._holds = inner, vault, holds

    async def send(self, parcel: Parcel) -> Outcome:
        """Ask for the address where it is needed, and make one attempt."""
        addressed = await self._addressed(parcel)
        return addressed if isinstance(addressed, Outcome) else await self._inner.send(addressed)

    async def query(self, parcel: Parcel) -> Outcome:
        """Ask what became of an attempt; the gateway may want to be told the address again."""
        addressed = await self._addressed(parcel)
        if isinstance(addressed, Outcome):
            return replace(addressed, doubtful=addressed.untried)
        return await self._inner.query(addressed)

    async def _addressed(self, parcel: Parcel) -> Parcel | Outcome:
        if parcel.contact_ref is None:
            return parcel
        found = await self._vault.address(parcel.contact_ref, holds=self._holds, notice_id=parcel.notice_id)
        return found if isinstance(found, Outcome) else replace(parcel, address=found)
