"""Commands for those who work with incidents: see them, report, answer, ask why, replay a city's year."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from wangge_local.cli_answer import answer
from wangge_local.cli_options import DATA, Data, Incident, Json, house_folder, ledger_of


def add_to(commands: typer.Typer) -> None:
    """Give *commands* these."""
    for command in (incidents, report, answer, order, duplicates, explain, replay, conformance):
        commands.command()(command)
    department = typer.Typer(help="What a unit's own system asks an operator for.", no_args_is_help=True)
    department.callback()(lambda: None)
    department.command("resync")(department_resync)
    commands.add_typer(department, name="department")


def incidents(
    data: Data = DATA,
    state: Annotated[str | None, typer.Option(help="A state, or open for all that are not over.")] = None,
    street: Annotated[str | None, typer.Option(help="Code of a place of any level.")] = None,
    department: Annotated[
        str | None, typer.Option(help="A unit that has or had a task, by its slug.")
    ] = None,
    text: Annotated[str | None, typer.Option(help="Part of a number, class, address or description.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 50,
    as_json: Json = False,
) -> None:
    """List matters, the newest first."""
    from wangge_local import incidents as listed

    folder = house_folder(data)
    listed.show(
        ledger_of(folder),
        state=state,
        street=street,
        department=department,
        text=text,
        limit=limit,
        zone=folder.zone(),
        as_json=as_json,
    )


def report(
    text: Annotated[str | None, typer.Argument(help="What is the matter.")] = None,
    data: Data = DATA,
    class_: Annotated[
        str | None,
        typer.Option("--class", help="A class of the standard: SCHEME:CODE or SCHEME:CODE/CONDITION."),
    ] = None,
    grid: Annotated[str | None, typer.Option(help="Code of the grid, or of a larger place.")] = None,
    address: Annotated[str | None, typer.Option(help="Where, in words.")] = None,
    point: Annotated[
        tuple[float, float] | None, typer.Option(help="Longitude and latitude, WGS-84.", metavar="LON LAT")
    ] = None,
    source: Annotated[
        str, typer.Option(help="officer, volunteer, hotline, resident, sensor ...")
    ] = "officer",
    role: Annotated[str, typer.Option(help="In which role somebody reports.")] = "manager",
    terminal: Annotated[str | None, typer.Option(help="Which terminal system; by default the first.")] = None,
    urgent: Annotated[bool, typer.Option("--urgent", help="Claim that it is urgent.")] = False,
    mode: Annotated[str, typer.Option(help="actual, exercise or test.")] = "actual",
    report_id: Annotated[
        str | None,
        typer.Option(
            "--id", help="One that this command printed: the same again, which does not count twice."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Report something at intake's door, and wait for the case number."""
    from wangge_local import reporting

    wish = reporting.Wish(terminal, text, class_, source, role, grid, address, point, urgent, mode, report_id)
    raise typer.Exit(reporting.send(house_folder(data), wish, as_json=as_json))


def order(
    what: Annotated[
        list[str],
        typer.Argument(
            help="A case number or id, left out where many are meant; then what is ordered: dispatch, "
            "call, supervise, list, merge, split, reopen, extend ...",
            metavar="[INCIDENT] ORDER",
        ),
    ],
    data: Data = DATA,
    desk: Annotated[
        str | None,
        typer.Option(
            "--as", help="Whose desk orders: desk:CODE; by default the deciding one, and of many to be named."
        ),
    ] = None,
    staff: Annotated[str | None, typer.Option(help="The staff number of who orders.")] = None,
    task: Annotated[
        list[str] | None, typer.Option(help="A task that is meant, by id, kind or holder; repeat for more.")
    ] = None,
    party: Annotated[
        list[str] | None, typer.Option(help="Who gets a task: KIND=HOLDER, as handle=department:SLUG.")
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Why, in words.")] = None,
    reason_code: Annotated[str | None, typer.Option(help="Why, as a code.")] = None,
    until: Annotated[str | None, typer.Option(help="A span from now, as 5d: extend, suspend.")] = None,
    reply_by: Annotated[str | None, typer.Option(help="A span from now, for supervise.")] = None,
    board: Annotated[str | None, typer.Option(help="street or district, for list and unlist.")] = None,
    to: Annotated[str | None, typer.Option(help="Who takes over, for forward and transfer.")] = None,
    into: Annotated[str | None, typer.Option(help="The other incident, for merge.")] = None,
    class_: Annotated[
        str | None, typer.Option("--class", help="SCHEME@VERSION:CODE/CONDITION, for file, correct, split.")
    ] = None,
    text: Annotated[str | None, typer.Option(help="The description, for correct and split.")] = None,
    whistle: Annotated[
        str | None, typer.Option(help="routine, tough or emergency: a street's call is a whistle (吹哨).")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Of all open matters that the desk has.")] = False,
    where: Annotated[
        list[str] | None,
        typer.Option(
            help="Of all open matters with place=, holder=, kind=, class=; repeat to narrow. They are "
            "actual, or with mode=exercise a drill's."
        ),
    ] = None,
    file: Annotated[
        Path | None, typer.Option(help="Of the matters in a file, a case number or id a line; - for stdin.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Order it of many; else only show which.")] = False,
    bulk_id: Annotated[
        str | None,
        typer.Option(
            help="That of an order for many that was cut off: only those that have not had it get it."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """
    Order something of an incident as a desk would, at the ledger's counter, and wait for the verdict.

    With --all, --where or --file one order with one reason goes to many; without --yes it only shows which.
    """
    from wangge_local import commanding

    fields = {"reason": reason, "reason_code": reason_code, "until": until, "reply_by": reply_by}
    fields |= {"board": board, "to": to, "other_incident_id": into, "class_ref": class_, "description": text}
    fields["whistle"] = whistle
    many = bool(everything or where or file)
    if len(what) != (1 if many else 2):
        wanted = "ORDER alone, for --where says of which" if many else "INCIDENT and ORDER, or use --where"
        raise typer.BadParameter(f"name {wanted}")
    *incident, ordered = what
    wish = commanding.Wish(
        "".join(incident), ordered, desk, staff, tuple(task or ()), tuple(party or ()), fields
    )
    if not many:
        raise typer.Exit(commanding.send(house_folder(data), wish, as_json=as_json))
    from wangge_local import commanding_many

    meant = commanding_many.Many(everything, tuple(where or ()), file, bulk_id)
    raise typer.Exit(commanding_many.send(house_folder(data), wish, meant, sure=yes, as_json=as_json))


def duplicates(incident: Incident, data: Data = DATA, as_json: Json = False) -> None:
    """List open matters that may be the same, near in kind, place and time; a person decides."""
    from wangge_local import duplicates as suspected

    suspected.show(ledger_of(house_folder(data)), incident, as_json=as_json)


def explain(
    incident: Incident,
    data: Data = DATA,
    whole: Annotated[
        bool, typer.Option("--all", help="Everything, also where it is longer than the screen.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Say where a matter is, who held it for how long, what was decided and why, and who must act next."""
    from wangge_local import explain as explained

    explained.show(house_folder(data), incident, whole=whole, as_json=as_json)


def replay(
    file: Annotated[
        Path, typer.Argument(help="A CSV, packed with gzip or not.", exists=True, dir_okay=False)
    ],
    data: Data = DATA,
    mapping: Annotated[
        Path | None,
        typer.Option(help="How its columns are read; by default mapping.toml of the house's configuration."),
    ] = None,
    speed: Annotated[str, typer.Option(help="Reports per second, or max.")] = "max",
    limit: Annotated[int | None, typer.Option(min=1, help="Only so many rows.")] = None,
    as_json: Json = False,
) -> None:
    """Play a city's service requests through the whole house, and count what became of each."""
    from wangge_local import replay_shown

    raise typer.Exit(
        replay_shown.play(
            house_folder(data), file, mapping=mapping, speed=speed, limit=limit, as_json=as_json
        )
    )


def department_resync(
    slug: Annotated[str, typer.Argument(help="The unit, by its slug.")],
    data: Data = DATA,
    as_json: Json = False,
) -> None:
    """List every open task of a unit, for who set its system up anew; --json: each whole, with its clock."""
    from wangge_local import resync

    folder = house_folder(data)
    resync.show(ledger_of(folder), slug, zone=folder.zone(), as_json=as_json)


def conformance(
    kind: Annotated[Literal["department", "terminal"], typer.Argument(help="Whose connector it is.")],
    slug: Annotated[str, typer.Argument(help="The unit or terminal system, by its slug.")],
    data: Data = DATA,
    tasks: Annotated[
        bool,
        typer.Option("--tasks", help="Of a terminal system what its officers' tasks need, not its reports."),
    ] = False,
    within: Annotated[float, typer.Option(min=1, help="Seconds to wait for what should come.")] = 60,
    quiet: Annotated[float, typer.Option(min=0.5, help="Seconds to listen for what should not come.")] = 3,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Where a terminal system is to report; 0: a free port.")
    ] = 0,
    as_json: Json = False,
) -> None:
    """
    Try a connector out before it counts: a department's, or a terminal system's that reports by HTTP.

    A mailbox brings new, repeated, older and withdrawn tasks, and what no contract knows (mode test); the
    connector acknowledges each, by itself or by hand. A terminal system reports at a door that hands on to
    the house's, and loses an answer, refuses, or is not the house at all.
    """
    from wangge_local import conformance_played, conformance_reported

    folder = house_folder(data)
    if kind == "terminal" and not tasks:
        status = conformance_reported.play(
            folder, slug, port=port, within_s=within, quiet_s=quiet, as_json=as_json
        )
    else:
        status = conformance_played.play(folder, kind, slug, within_s=within, quiet_s=quiet, as_json=as_json)
    raise typer.Exit(status)
