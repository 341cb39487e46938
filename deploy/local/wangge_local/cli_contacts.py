"""The commands for reporters' contacts: find what is kept of one, erase it at once or in time, and why."""

from typing import Annotated

import typer

from wangge_local.cli_options import DATA, Data, Json, house_folder


def add_to(commands: typer.Typer) -> None:
    """Give *commands* this."""
    contacts = typer.Typer(
        help="What is kept of reporters: find it, erase it, let it expire.", no_args_is_help=True
    )
    contacts.command("find")(contacts_find)
    contacts.command("erase")(contacts_erase)
    contacts.command("expire")(contacts_expire)
    commands.add_typer(contacts, name="contacts")


def contacts_find(data: Data = DATA, as_json: Json = False) -> None:
    """
    Show what is kept of a person, by telephone number, e-mail address or name.

    It is asked for, or read from standard input: what is typed behind a command is seen in the list of
    programs, and stays in the shell's history.
    """
    from wangge_local import finding

    person = typer.prompt("Telephone number, e-mail address or name", err=True)
    finding.find(house_folder(data), person, as_json=as_json)


def contacts_erase(
    of: Annotated[str, typer.Argument(help="A case number or an incident's id; or a contact_ref.")],
    reason: Annotated[str, typer.Option(help="Why; it is kept, so write nothing personal.")],
    data: Data = DATA,
    as_json: Json = False,
) -> None:
    """Erase what is kept of who reported a matter: name, phone, e-mail address, names of people in it."""
    from wangge_local import erasing

    erasing.erase(house_folder(data), of, reason=reason, as_json=as_json)


def contacts_expire(
    over_for: Annotated[
        str, typer.Option(help="A span, as 180d, since the last was said of a matter that is over.")
    ],
    reason: Annotated[str, typer.Option(help="Why; it is kept, so write nothing personal.")],
    data: Data = DATA,
    as_json: Json = False,
) -> None:
    """Erase what is kept of the reporters of matters that have been over for so long: for a nightly job."""
    from wangge_local import expiring
    from wangge_local.clock import span

    expiring.expire(house_folder(data), span(over_for), reason=reason, as_json=as_json)
