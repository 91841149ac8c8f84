"""`python -m mensrea`: the `mensrea` command."""

from .cli import main

if __name__ == "__main__":
    main()
