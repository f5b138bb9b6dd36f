"""Runs the emulator for as long as the process that started it lives.

However that process ends, its end of our standard input closes, and nothing is left running.
"""

import os
import runpy
import signal
import threading


def end_with_parent() -> None:
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


threading.Thread(target=end_with_parent, daemon=True).start()
runpy.run_module("ministack", run_name="__main__")
