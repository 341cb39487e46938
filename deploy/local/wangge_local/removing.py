"""Everything that a house has kept, forgotten; what else lies in its folder stays."""

import shutil

from wangge_local.ground import GroundError
from wangge_local.house_folder import HouseFolder


def refuse_while_running(folder: HouseFolder) -> None:
    """:raises GroundError: the house runs."""
    if folder.keeper() is not None:
        raise GroundError(f"the house in {folder.root} runs: wangge stop first")


def remove(folder: HouseFolder) -> bool:
    """Remove it and say whether there was anything. Raises GroundError when something cannot be removed."""
    found = [path for path in folder.kept if path.exists()]
    try:
        with folder.held():
            for path in found:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
    except OSError as error:
        raise GroundError(f"{error.filename} cannot be removed: {error.strerror}") from None
    folder.lock.unlink(missing_ok=True)
    return bool(found)
