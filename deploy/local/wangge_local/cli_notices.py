"""Commands for notices: who was told, why, how far each came; send one again, try a new contact."""

from typing import Annotated

import typer

from wangge_local.cli_options import DATA, Data, Json, house_folder

Notice = Annotated[str, typer.Argument(help="A notice's id, as the list gives it, or how it begins.")]


def add_to(commands: typer.Typer) -> None:
    """Give *commands* these."""
    notices = typer.Typer(help="Who was told: list, show, explain, resend, try.", no_args_is_help=True)
    notices.command("list")(notices_list)
    notices.command("show")(notices_show)
    notices.command("explain")(notices_explain)
    notices.command("resend")(notices_resend)
    notices.command("try")(notices_try)
    commands.add_typer(notices, name="notices")


def notices_list(
    incident: Annotated[str | None, typer.Argument(help="A case number or an incident's id.")] = None,
    to: Annotated[
        str | None, typer.Option(help="A post, desk or unit (officer:CODE/ROLE), or a staff number.")
    ] = None,
    channel: Annotated[str | None, typer.Option(help="console, webhook, sms, email ...")] = None,
    state: Annotated[str | None, typer.Option(help="sent, confirmed, failed, given-up ...")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many at most.")] = 50,
    data: Data = DATA,
    as_json: Json = False,
) -> None:
    """List notices, the newest first."""
    from wangge_local import notices

    notices.show_list(
        house_folder(data),
        incident=incident,
        to=to,
        channel=channel,
        state=state,
        limit=limit,
        as_json=as_json,
    )


def notices_show(notice: Notice, data: Data = DATA, as_json: Json = False) -> None:
    """Show one notice with its text."""
    from wangge_local import notices

    notices.show_one(house_folder(data), notice, as_json=as_json)


def notices_explain(notice: Notice, data: Data = DATA, as_json: Json = False) -> None:
    """Say why this person, why by this means, and how every attempt went."""
    from wangge_local import notices

    notices.explain(house_folder(data), notice, as_json=as_json)


def notices_resend(notice: Notice, data: Data = DATA, as_json: Json = False) -> None:
    """Send a notice once more, as a notice of its own."""
    from wangge_local import notices

    notices.resend(house_folder(data), notice, as_json=as_json)


def notices_try(
    to: Annotated[str, typer.Argument(help="A post, desk or unit, or a staff number.")],
    template: Annotated[str, typer.Option(help="By this template.")] = "trial",
    channel: Annotated[str | None, typer.Option(help="Only by this means.")] = None,
    urgency: Annotated[str, typer.Option(help="As a notice of this urgency would go.")] = "urgent",
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for what becomes of it.")] = 15,
    data: Data = DATA,
    as_json: Json = False,
) -> None:
    """Send a test notice by what is published now, and say what became of it."""
    from wangge_local import notices_trying

    raise typer.Exit(
        notices_trying.send(
            house_folder(data),
            to,
            template=template,
            channel=channel,
            urgency=urgency,
            wait_s=wait,
            as_json=as_json,
        )
    )
