"""`python -m vrooli` is the same as the command `vrooli`."""

from vrooli.main.entry import vrooli

if __name__ == "__main__":
    vrooli()
