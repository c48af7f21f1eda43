"""Fuzz one target: ``python -m tests.fuzz.one gcc NAME [libFuzzer's own arguments]``. tools/fuzz.py prepares it."""

from __future__ import annotations

import sys

from tests.fuzz.instrumented import Compiler, Instrumented, attach


def main() -> None:
    """Fuzz until libFuzzer's arguments say that it is enough, or something does not hold."""
    name, target, *arguments = sys.argv[1:]
    chosen = Compiler(name)
    sys.meta_path.insert(0, Instrumented(chosen))
    import atheris

    from tests.fuzz.targets import PLANTED, targets

    (run,) = [one.function() for one in (PLANTED, *targets()) if one.name == target]
    attach(chosen)
    atheris.Setup([target, *arguments], run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
