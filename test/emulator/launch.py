"""Runs the emulator for as long as its standard input is open, which is as long as its starter lives.

It is in a process group of its own, so neither Ctrl-C nor a kill of the starter would reach it otherwise, and
it would hold its port, its functions and its files. Its working directory is its own and goes with it.
"""

import os
import runpy
import shutil
import signal
import threading


def end_with_starter() -> None:
    while os.read(0, 4096):
        pass
    shutil.rmtree(os.getcwd(), ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


threading.Thread(target=end_with_starter, daemon=True).start()
runpy.run_module("ministack", run_name="__main__", alter_sys=True)
