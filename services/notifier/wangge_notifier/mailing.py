"""E-mail by SMTP (RFC 5321), one connection an attempt."""

import asyncio
import re
import socket
from email.message import EmailMessage
from email.utils import formatdate

import aiosmtplib
from aiohappyeyeballs import start_connection

from wangge_notifier.channels import Mail
from wangge_notifier.delivering import Outcome
from wangge_notifier.resolving import NOT_ASKED, TO_LOOK_UP, NotAsked, Resolver
from wangge_notifier.secrecy import Held
from wangge_notifier.sending import Channel, Parcel

_ATOM = r"[^\s\x00-\x1f\x7f()<>\[\]:;@\\,.\"]+"
_ADDRESS = re.compile(rf"(?!.*=\?){_ATOM}(\.{_ATOM})*@{_ATOM}(\.{_ATOM})*")
"""
One dot-atom at another (RFC 5322 3.4.1, RFC 6532): no list, no group, no name, nothing in quotes, and no
encoded-word, which has no place in an address (RFC 2047 5) and may hold any of them.
"""
_PERMANENT = range(500, 600)
_OF_US = (aiosmtplib.SMTPHeloError, aiosmtplib.SMTPSenderRefused)
"""What refuses whoever sends, though we were connected: the mail's own recipient was not named yet."""


class Mails(Channel):
    """Sends mail; the `Message-ID` is the notice's on every attempt, so that a repeat can be told."""

    def __init__(self, secrets: Held, *, within_s: float, resolver: Resolver | None = None) -> None:
        self._secrets = secrets
        self._within_s = within_s
        self._resolver = resolver or Resolver(patience_s=within_s * TO_LOOK_UP)
        self._own_name: str | None = None

    async def send(self, parcel: Parcel) -> Outcome:
        """Hand one mail to the server."""
        server = parcel.channels.mail
        if server is None:
            return Outcome("no-mail-server", hopeless=True)
        client: aiosmtplib.SMTP | None = None
        on_its_way = False
        try:
            to = _one_address(parcel.address)
            mail = _mail(parcel, sender=server.sender, to=to)
            async with asyncio.timeout(self._within_s):
                client = await self._dialled(server)
                await client.connect()
                on_its_way = True
                await client.send_message(mail, recipients=[to])
            return Outcome("250", accepted=True)
        except aiosmtplib.SMTPRecipientsRefused as error:
            refused = error.recipients[0].code if error.recipients else 550
            return Outcome(str(refused), hopeless=refused in _PERMANENT)
        except aiosmtplib.SMTPResponseException as error:
            # The server has spoken: it has not taken the mail. A greeting or a login that it refuses
            # (RFC 5321 3.1, RFC 4954 4) is between it and us: an operator mends that, and no mail is lost.
            ours = not on_its_way or isinstance(error, _OF_US)
            hopeless = error.code in _PERMANENT and not ours
            return Outcome(str(error.code), hopeless=hopeless, sick=ours or error.code == 421)
        except ValueError:
            return Outcome("bad-address", hopeless=True)
        except NotAsked:
            return NOT_ASKED
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            if on_its_way and isinstance(error, aiosmtplib.SMTPNotSupported):
                # The server takes ASCII addresses alone (RFC 6531 3.1), so it was not told of this one.
                return Outcome("no-smtputf8", hopeless=True)
            code = "broken-off" if on_its_way else "unreachable"
            return Outcome(code, sick=True, doubtful=on_its_way, detail=type(error).__name__)
        finally:
            if client is not None:
                client.close()

    async def _dialled(self, server: Mail) -> aiosmtplib.SMTP:
        """Return a client on a connection to *server*, which has not spoken yet; raises OSError."""
        if self._own_name is None:
            self._own_name = await self._resolver.own()
        found = await self._resolver.resolve(server.host, server.port)
        line = await start_connection(
            [(at["family"], socket.SOCK_STREAM, at["proto"], "", (at["host"], at["port"])) for at in found]
        )
        login = self._secrets().mail
        return aiosmtplib.SMTP(
            hostname=server.host,
            sock=line,
            local_hostname=self._own_name,
            use_tls=server.security == "tls",
            start_tls=server.security == "starttls",
            username=login.user.get_secret_value() if login else None,
            password=login.password.get_secret_value() if login else None,
            timeout=self._within_s,
        )


def _one_address(written: str) -> str:
    """
    Return the address that is *written*; raises ValueError if it is not exactly one.

    A reporter wrote it: of several, each would be somebody who is told of a matter that is none of his.
    """
    address = written.strip()
    if not _ADDRESS.fullmatch(address):
        raise ValueError("not one address")
    return address


def _mail(parcel: Parcel, *, sender: str, to: str) -> EmailMessage:
    """Write the mail; raises ValueError for a subject with a line break in it."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, to, parcel.subject
    mail["Date"] = formatdate()
    mail["Message-ID"] = f"<{parcel.notice_id}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers, please
    mail.set_content(parcel.text)
    return mail
