"""The members' wishes -> `requirements.lock`: versions and hashes for all platforms, and no address."""

import subprocess
import sys
import tomllib

from wangge_local.setup import LOCK, MEMBERS, ROOT, VENV


def main() -> int:
    wishes = [f"{member}/pyproject.toml" for member in MEMBERS]
    own = [tomllib.loads((ROOT / wish).read_text())["project"]["name"] for wish in wishes]
    command = [
        *(str(VENV / "bin" / "uv"), "pip", "compile", "--universal", "--generate-hashes"),
        *("--no-emit-index-url", "--no-emit-find-links", "--no-annotate", "--no-header", "--quiet"),
        *(part for name in own for part in ("--no-emit-package", name)),
        *("--group", "dev", *wishes, "-o", str(LOCK)),
        *sys.argv[1:],
    ]
    code = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL).returncode
    if not code and "://" in LOCK.read_text():
        sys.stderr.write(f"{LOCK.name} names an address: a package must come from an index, by name\n")
        return 1
    return code


if __name__ == "__main__":
    sys.exit(main())
