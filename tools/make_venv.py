"""Make the virtual environment; where Python came without what that needs, install it or say how.

Usage: ``python3 tools/make_venv.py .venv``. Needs nothing but Python.
"""

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

OLDEST = (3, 11)


def main(folder: Path) -> int:
    """Make ``folder`` a virtual environment and return an exit code."""
    if sys.version_info < OLDEST:
        found = ".".join(str(part) for part in sys.version_info[:3])
        return _say(
            f"This is Python {found}; Rufbus needs 3.11 or newer. Install one and give it: make PYTHON=python3.12"
        )
    if not _can_make_venvs() and not _install_venv_package():
        package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
        return _say(f"{sys.executable} cannot make virtual environments: install its package, such as {package}.")
    venv.create(folder, with_pip=True, symlinks=os.name != "nt")
    return 0


def _can_make_venvs() -> bool:
    """Tell whether pip can be put into an environment; Debian keeps that in a package of its own."""
    return subprocess.run([sys.executable, "-c", "import ensurepip"], capture_output=True, check=False).returncode == 0


def _install_venv_package() -> bool:
    """Install Debian's package for virtual environments where we may; tell whether that helped."""
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        return False
    subprocess.run(["apt-get", "update", "-qq"], check=False)
    package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", package], check=False)
    return _can_make_venvs()


def _say(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
