"""The command for those who hold a task: answer it."""

from typing import Annotated

import typer

from wangge_local.cli_options import DATA, Data, Incident, Json, house_folder


def answer(
    incident: Incident,
    act: Annotated[str, typer.Argument(help="acknowledge, progress, done, return, check, arrived, left ...")],
    data: Data = DATA,
    holder: Annotated[
        str | None, typer.Option("--as", help="Who answers: department:SLUG, desk:CODE, officer:CODE/ROLE.")
    ] = None,
    task: Annotated[
        str | None, typer.Option(help="Which of its tasks, by id or kind, where it has several.")
    ] = None,
    text: Annotated[str | None, typer.Option(help="What is said.")] = None,
    reason_code: Annotated[
        str | None, typer.Option(help="Why, for return, extension and suspension.")
    ] = None,
    verdict: Annotated[str | None, typer.Option(help="passed, failed, approved, refused.")] = None,
    result_code: Annotated[str | None, typer.Option(help="For done; solved by default.")] = None,
    until: Annotated[str | None, typer.Option(help="A span from now for extensions, as 5d.")] = None,
    evidence: Annotated[
        list[str] | None, typer.Option(help="Declare an attachment: before, after, scene, document.")
    ] = None,
    to: Annotated[str | None, typer.Option(help="Who takes over, for forward.")] = None,
    order_id: Annotated[str | None, typer.Option("--order", help="Which order is replied to.")] = None,
    suggested_unit: Annotated[
        str | None, typer.Option(help="Whose it is instead, for return: department:SLUG.")
    ] = None,
    basis: Annotated[str | None, typer.Option(help="The rule or paper that a return leans on.")] = None,
    milestone: Annotated[str | None, typer.Option(help="What is reached, for progress.")] = None,
    planned_completion: Annotated[
        str | None, typer.Option(help="When it will be done, a span from now, as 5d: for progress.")
    ] = None,
    contact: Annotated[
        str | None,
        typer.Option(
            help="How a unit without a system was reached, for contact-logged: phone, message, visit."
        ),
    ] = None,
    spoke_to: Annotated[str | None, typer.Option(help="With --contact: who answered.")] = None,
    contact_result: Annotated[str | None, typer.Option(help="With --contact: what came of it.")] = None,
    as_json: Json = False,
) -> None:
    """Answer a task as its holder would: on the department's topic, by PDA, or at the console."""
    from wangge_local import answering

    wish = answering.Wish(
        incident=incident,
        act=act,
        holder=holder,
        task=task,
        text=text,
        reason_code=reason_code,
        verdict=verdict,
        result_code=result_code,
        until=until,
        evidence=tuple(evidence or ()),
        to=to,
        order_id=order_id,
        suggested_unit=suggested_unit,
        basis=basis,
        milestone=milestone,
        planned_completion=planned_completion,
        contact=contact,
        spoke_to=spoke_to,
        contact_result=contact_result,
    )
    raise typer.Exit(answering.send(house_folder(data), wish, as_json=as_json))
