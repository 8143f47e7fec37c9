"""Take the addresses for donations out of npm's lock file: lock files hold hashes and name no address.

Usage: ``python tools/strip_funding.py web/package-lock.json``. npm writes them anew with each change; it has no option.
"""

import json
import sys
from pathlib import Path


def main(path: Path) -> None:
    """Write the lock file again without its ``funding`` entries."""
    lock = json.loads(path.read_text(encoding="utf-8"))
    for package in lock["packages"].values():
        package.pop("funding", None)
    path.write_text(json.dumps(lock, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
