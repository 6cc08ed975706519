"""`python -m vrooli` is the same as the command `vrooli`."""

from vrooli.main.cli import main

if __name__ == "__main__":
    main()
