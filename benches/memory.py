"""The CPU time and the memory of a program."""

import os
import pathlib
import subprocess


def measure(command: list, environment: dict, folder: str | pathlib.Path, stderr: int | None = None) -> tuple[float, float, float]:
    """Returns the CPU time in milliseconds, and two peaks in MiB: of all memory, and of anonymous memory. Anonymous memory
    excludes the pages of files, such as the program's own code. The kernel records the first peak. The second one is polled, so a
    short peak can be missed.
    """
    process = subprocess.Popen(command, env=environment, cwd=folder, stdout=subprocess.DEVNULL, stderr=stderr)
    status_file = pathlib.Path(f"/proc/{process.pid}/status")
    total = anonymous = 0
    while True:
        pid, wait_status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        fields = dict(line.split(":", 1) for line in status_file.read_text(encoding="utf-8").splitlines())
        if "RssAnon" in fields:  # missing after the process has ended
            total = int(fields["VmHWM"].split()[0])
            anonymous = max(anonymous, int(fields["RssAnon"].split()[0]))
    process.returncode = os.waitstatus_to_exitcode(wait_status)
    assert process.returncode == 0, command
    return (usage.ru_utime + usage.ru_stime) * 1000, total / 1024, anonymous / 1024


def peaks(command: list, environment: dict, folder: str | pathlib.Path) -> tuple[float, float]:
    """The two peaks of `measure`."""
    _, total, anonymous = measure(command, environment, folder)
    return total, anonymous
