"""What runs within: reads code and inputs, calls `main`, writes what it returned.

Run by its text, by the Python of the system, without ours and without anything that is installed:
nothing of this package is there.
"""

import json
import os
import sys
import traceback

RESULT = 3
"""Descriptor for the result; what is printed goes elsewhere."""


def _called(code: str, inputs: object) -> str:
    space: dict[str, object] = {"__name__": "step", "__builtins__": __builtins__}
    exec(compile(code, "<step>", "exec"), space)
    main = space.get("main")
    if not callable(main):
        raise NameError("define main(inputs): what it returns is the output")
    return json.dumps({"output": main(inputs)}, ensure_ascii=False, allow_nan=False)


def _failure(error: BaseException) -> str:
    frames = [one for one in traceback.extract_tb(error.__traceback__) if one.filename == "<step>"]
    line = f" (line {frames[-1].lineno})" if frames else ""
    said = traceback.format_exception_only(type(error), error)[-1].strip()
    return json.dumps({"error": f"{said[:500]}{line}"})


def _main() -> None:
    given = json.loads(sys.stdin.buffer.read())
    os.set_inheritable(RESULT, False)
    try:
        result = _called(given["code"], given["inputs"])
    except BaseException as error:  # noqa: BLE001 -- whatever it was, the caller is told
        result = _failure(error)
    data = memoryview(result.encode("utf-8", "surrogatepass"))
    while data:
        data = data[os.write(RESULT, data) :]
    sys.stdout.flush()
    os._exit(0)  # its threads need not agree


_main()
