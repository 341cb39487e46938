"""PostgreSQL refuses to run as root: as whom it runs then."""

import os
import pwd
import shutil
import stat
from pathlib import Path
from typing import Any

from wangge_local.ground import GroundError


class Account:
    """As whom PostgreSQL runs: as ourselves, or, when we are root, as a system user that can do less."""

    def __init__(self, *reaches: Path) -> None:
        self._user = _system_user() if os.geteuid() == 0 else None
        self._walled = self._user is not None and not all(map(_open_to_all, reaches))

    @property
    def options(self) -> dict[str, Any]:
        """For `subprocess`: change to the user."""
        if self._user is None or self._walled:
            return {}
        return {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []}

    def command(self, command: list[str], *, bound: bool = False) -> list[str]:
        """
        *command*, led by `setpriv` where the user could not enter a folder on the way (such as /root).

        The one capability that it leaves lets the program pass, so no folder has to be opened to all. The bit
        keeps it through `access()`, by which initdb looks for its neighbours.
        """
        if not self._walled:
            return command
        assert self._user is not None
        if not (setpriv := shutil.which("setpriv", path=f"{os.environ.get('PATH', '')}:/usr/bin:/bin")):
            raise GroundError(
                f"PostgreSQL does not run as root, and user {self._user.pw_name} cannot enter this folder:"
                " move the project (to /srv, say), install setpriv (util-linux), or be another user"
            )
        user, group = self._user.pw_uid, self._user.pw_gid
        leave = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--securebits=+no_setuid_fixup"]
        if bound:  # what the kernel was told about the parent's end is forgotten when the user changes
            leave.append("--pdeathsig=KILL")
        return [setpriv, f"--reuid={user}", f"--regid={group}", "--clear-groups", *leave, "--", *command]

    def own(self, path: Path) -> None:
        """Make the user the owner of *path* and all below, where it is not yet."""
        if self._user is None or path.stat().st_uid == self._user.pw_uid:
            return
        for each in (path, *path.rglob("*")):
            os.chown(each, self._user.pw_uid, self._user.pw_gid, follow_symlinks=False)


def _system_user() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise GroundError(
        "PostgreSQL does not run as root, and there is no user postgres or nobody: be another user"
    )


def _open_to_all(path: Path) -> bool:
    """Whether anybody can reach *path*; what does not exist yet is as open as its folder."""
    folders = [each for each in path.absolute().parents if each.exists()]
    return all(each.stat().st_mode & stat.S_IXOTH for each in folders)
