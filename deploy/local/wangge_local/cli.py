"""The command line `wangge`: every command, and one line instead of a traceback when something is missing."""

import sys
from collections.abc import Sequence
from io import TextIOWrapper
from itertools import pairwise
from typing import Annotated

import typer
from typer.core import TyperGroup

from wangge_local import (
    cli_commands,
    cli_contacts,
    cli_notices,
    cli_places,
    cli_repair,
    cli_route,
    cli_rules,
    cli_work,
)
from wangge_local.cli_screen import complain, say
from wangge_local.ground import GroundError


def run(arguments: Sequence[str]) -> int:
    """Run one command and return 0 done, 1 it cannot be done and why was said, 2 it was asked wrongly."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A terminal without Chinese shows codes instead, and no traceback.
            stream.reconfigure(errors="backslashreplace")
    if (option := _left_empty(arguments)) is not None:
        complain(f"nothing stands after {option}: give it a value, or leave it out")
        return 2
    try:
        command_line().main(list(arguments), prog_name="wangge")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 1
    except OSError as error:
        complain(f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror or error))
        return 1
    except Exception as error:
        if not _is_for_people(error):
            raise
        complain(*map(str, error.args))
        return 1
    return 0


def _left_empty(arguments: Sequence[str]) -> str | None:
    """
    Return the first option with an empty value, as a script gives it whose variable was never set.

    As if it were absent, an empty id would say again what was said, and an empty desk be another's.
    """
    for before, argument in pairwise(("", *arguments)):
        if argument == "" and before.startswith("-"):
            return before
        option, separator, value = argument.partition("=")
        if option.startswith("--") and separator and not value:
            return option
    return None


def command_line() -> TyperGroup:
    """Return every command there is; a list of commands tells of each its whole first sentence."""
    commands = typer.Typer(
        name="wangge",
        help=(
            "The whole house on one machine: start it, look into it, speak in it.\n\n"
            "Exit code: 0 done, 1 it cannot be done and why was said, 2 it was asked wrongly."
        ),
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["--help", "-h"]},
    )
    commands.callback()(_wangge)
    for group in (
        cli_commands,
        cli_work,
        cli_places,
        cli_rules,
        cli_route,
        cli_repair,
        cli_notices,
        cli_contacts,
    ):
        group.add_to(commands)
    everything = typer.main.get_command(commands)
    assert isinstance(everything, TyperGroup)
    _say_whole(everything)
    return everything


def _tell_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        say(f"wangge {version('wangge-local')}")
        raise typer.Exit


def _wangge(
    _version: Annotated[
        bool,
        typer.Option("--version", help="Say which version this is.", callback=_tell_version, is_eager=True),
    ] = False,
) -> None:
    """Take what stands before any command."""


def _say_whole(group: TyperGroup) -> None:
    for command in group.commands.values():
        # What is not named short is cut after so many signs, in the middle of a sentence.
        command.short_help = (command.help or "").partition("\n\n")[0].replace("\n", " ")
        if isinstance(command, TyperGroup):
            _say_whole(command)


def _is_for_people(error: Exception) -> bool:
    """Whether the error's text is all that a person needs."""
    kinds: list[type[Exception]] = [GroundError]
    # Only what is loaded can have been raised; loading it to find out would slow every command down.
    for module, name in (("wangge_local.bundle", "BadBundle"), ("wangge_local.stories", "BadStory")):
        if module in sys.modules:
            kinds.append(getattr(sys.modules[module], name))
    return isinstance(error, tuple(kinds))
