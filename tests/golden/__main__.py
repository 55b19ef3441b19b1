"""`python -m tests.golden --update` writes the golden files anew; `--print` prints their texts."""

from __future__ import annotations

import sys

from tests.golden.cases import CASES


def main(words: list[str]) -> int:
    if words == ["--print"]:
        sys.stdout.write("".join(case.text() for case in CASES))
        return 0
    if words != ["--update"]:
        print(__doc__, file=sys.stderr)
        return 2
    failed = 0
    for case in CASES:
        try:
            text = case.text()
        except AssertionError as error:
            print(error, file=sys.stderr)
            failed += 1
            continue
        if not case.path.exists() or case.path.read_text(encoding="utf-8") != text:
            print(case.path.name)
            case.path.write_text(text, encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
