"""Write the corpus of service notices: `python -m corpora.services [FOLDER]`."""

from __future__ import annotations

import sys
from pathlib import Path

from corpora.services.catalogue import read_catalogue
from corpora.services.generate import write_corpus
from corpora.services.registry import SERVICES

_HERE = Path(__file__).parent


def main() -> int:
    """Write all files and say how many mails each service has."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else _HERE
    counts = write_corpus(folder, SERVICES, read_catalogue(_HERE.parent / "replies"))
    for name, count in counts.items():
        sys.stdout.write(f"{count:5}  {name}\n")
    sys.stdout.write(f"{sum(counts.values()):5}  mails of {len(counts)} forms\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
