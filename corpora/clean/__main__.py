"""Write the clean corpus anew: `python -m corpora.clean [FOLDER]`, from the repository's root."""

from __future__ import annotations

import sys
from pathlib import Path

from corpora.clean.writing import write_corpus


def main() -> None:
    """Write the corpus into FOLDER, or into this one, and say how much it is."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    counts = write_corpus(folder)
    for box, count in counts.items():
        sys.stdout.write(f"{count:5}  messages/{box}.mbox\n")
    sys.stdout.write(f"{sum(counts.values()):5}  in all\n")


if __name__ == "__main__":
    main()
