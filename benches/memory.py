"""The memory of a program while it runs."""

import pathlib
import subprocess


def peak(command: list, environment: dict, folder: str) -> tuple[float, float]:
    """Returns two peaks in MiB: of all memory, and of anonymous memory. Anonymous memory excludes the pages of files, such as
    the program's own code. The kernel records the first peak. The second one is polled, so a short peak can be missed.
    """
    process = subprocess.Popen(command, env=environment, cwd=folder, stdout=subprocess.DEVNULL)
    status = pathlib.Path(f"/proc/{process.pid}/status")
    total = anonymous = 0
    while process.poll() is None:
        fields = dict(line.split(":", 1) for line in status.read_text(encoding="utf-8").splitlines())
        if "RssAnon" in fields:  # missing after the process has ended
            total = int(fields["VmHWM"].split()[0])
            anonymous = max(anonymous, int(fields["RssAnon"].split()[0]))
    assert process.returncode == 0, command
    return total / 1024, anonymous / 1024
