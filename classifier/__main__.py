"""`python -m classifier` is the same as `whybounce`."""

from classifier.cli import main

if __name__ == "__main__":
    main()
