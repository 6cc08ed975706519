"""A short-lived child that does what standard input says."""

import json
import os
import subprocess
import sys
import time

asked = json.load(sys.stdin)
sys.stdout.write(asked.get("say", ""))
sys.stdout.flush()
sys.stderr.write(asked.get("complain", ""))
if asked.get("fork"):
    code = "import time; time.sleep(600)"
    own = subprocess.Popen([sys.executable, "-S", "-c", code])
    with open(asked["fork"], "w", encoding="ascii") as file:
        file.write(str(own.pid))
if asked.get("environment"):
    sys.stdout.write(json.dumps(dict(os.environ)))
time.sleep(asked.get("sleep", 0))
sys.exit(asked.get("code", 0))
