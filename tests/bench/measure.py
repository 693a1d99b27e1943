"""Runs a command and prints one line: CPU seconds, peak MiB of any of its processes, exit code.

usage: measure.py TIMEOUT COMMAND…    The command's output goes to standard error.
"""

import os
import resource
import signal
import subprocess
import sys

timeout, command = float(sys.argv[1]), sys.argv[2:]
# A group of its own, so that a timeout ends what the command has started, too.
child = subprocess.Popen(command, stdout=sys.stderr, start_new_session=True)
try:
    code = child.wait(timeout)
except subprocess.TimeoutExpired:
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    code = "timeout"
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(f"{used.ru_utime + used.ru_stime:.2f} {used.ru_maxrss / 1024:.0f} {code}")
