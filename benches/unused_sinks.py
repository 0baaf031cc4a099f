#!/usr/bin/env python3
"""Shows what sinks cost a run that does not use them: two builds of `report`, one with a single sink and one with all, make the
same runs.

    cargo build --release --package system-health-report-cli --no-default-features --features git,prometheus --target-dir target/one
    cargo build --release --package system-health-report-cli
    python3 benches/unused_sinks.py target/one/release/report target/release/report

Features also add collectors. To compare sinks alone, give both builds the same other features. The runs alternate, so that a busy
machine affects both. The memory is the peak of a run. Its anonymous part does not contain the program itself.
"""

import pathlib
import statistics
import subprocess
import sys
import tempfile

import memory

RUNS = 100
SETTINGS = "[report]\nname = 'bench'\nself_metrics = false\nto = ['prometheus']\n[prometheus]\ntextfile = 'health.prom'\n"
ARGUMENTS = {
    "--version": ["--version"],
    "list": ["list"],
    "--dry-run": ["--dry-run", "--only", "commits.hotfix", "--quiet"],
    "--push": ["--push", "--only", "commits.hotfix", "--quiet"],
}


def git(folder: str, *arguments: str) -> None:
    settings = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *settings, *arguments], cwd=folder, check=True)


def main() -> None:
    environment = {"AWS_EC2_METADATA_DISABLED": "true"}
    programs = [pathlib.Path(path).resolve() for path in sys.argv[1:]]
    with tempfile.TemporaryDirectory() as folder:
        git(folder, "init", "--quiet", "--initial-branch=main")
        git(folder, "commit", "--quiet", "--allow-empty", "--message", "hotfix")
        pathlib.Path(folder, "system-health.toml").write_text(SETTINGS, encoding="utf-8")
        print(f"{'run':12}{'program':>10}{'CPU ms':>9}{'MiB':>8}{'anonymous MiB':>15}")
        for name, arguments in ARGUMENTS.items():
            runs = {program: [] for program in programs}
            for _ in range(RUNS):
                for program in programs:
                    state = ["--state-dir", f"{folder}/state-{programs.index(program)}"]
                    command = [program, *arguments] + (state if name != "--version" else [])
                    runs[program].append(memory.measure(command, environment, folder, subprocess.DEVNULL))
            for number, program in enumerate(programs, 1):
                cpu, total, anonymous = (statistics.median(column) for column in zip(*runs[program]))
                print(f"{name:12}{number:10}{cpu:9.2f}{total:8.1f}{anonymous:15.1f}")


main()
