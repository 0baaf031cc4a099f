#!/usr/bin/env python3
"""Measures runs over 1, 100 and 1,000 repositories: wall time, memory, and the requests to GitHub that count against its quota.
It measures the first run and the steady state. In the steady state, 5 % of the repositories have changed since the previous run.

    cargo build --release --package system-health-report-cli
    cargo build --release --package system-health-test-support --bin fake-services
    python3 benches/repositories.py [--profile debug] [--repositories 1,100] [--groups default,prs]

GitHub is the fake of the tests, which answers after 50 ms. The histories of the repositories are always the same. Each group of
metrics is measured alone, with a state folder of its own. Only the default selection in the steady state, with several
repositories, has limits: 0.5 counted requests per repository, 60 s and 128 MiB.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import memory

LATENCY = "50ms"
CHANGED_SHARE = 0.05
STEADY_RUNS = 3
GROUPS = ["default", "ci", "commits", "prs", "issues", "dora"]
MAX_REQUESTS_PER_REPOSITORY, MAX_SECONDS, MAX_MIB = 0.5, 60, 128
ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))


class Fakes:
    def __init__(self, folder: pathlib.Path, repositories: int) -> None:
        command = [folder / "fake-services", "--latency", LATENCY, "--repositories", str(repositories)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.services = json.loads(self.process.stdout.readline())

    def change(self, repositories: int) -> int:
        """Changes some repositories. Returns the number of requests so far that count against the quota."""
        self.process.stdin.write(f"change {repositories}\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())["counted_requests"]

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


def settings(group: str, names: list) -> str:
    enabled = [] if group == "default" else [f"{group}.*"]
    return f"[repository]\nnames = {json.dumps(names)}\n[metrics]\nenable = {json.dumps(enabled)}\n"


def measure(report: pathlib.Path, fakes: Fakes, group: str) -> list:
    """Returns the requests per repository, seconds and MiB of the first run, and then of each run in the steady state."""
    names = fakes.services["repositories"]
    environment = {
        "GITHUB_API_URL": fakes.services["github"],
        "GITHUB_TOKEN": "ghp_" + "0" * 36,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "system-health.toml"
        file.write_text(settings(group, names), encoding="utf-8")
        command = [report, "--config", str(file), "--state-dir", f"{folder}/state"]
        command += ["--deadline", "20m", "--format", "json", "--quiet"]
        command += [] if group == "default" else ["--only", f"{group}.*"]
        runs = []
        for number in range(1 + STEADY_RUNS):
            changed = 0 if number == 0 else max(1, round(CHANGED_SHARE * len(names)))
            before, started = fakes.change(changed), time.monotonic()
            total, _ = memory.peaks(command, environment, folder)
            seconds = time.monotonic() - started
            runs.append(((fakes.change(0) - before) / len(names), seconds, total))
        return runs


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--profile", default="release")
    parser.add_argument("--repositories", default="1,100,1000")
    parser.add_argument("--groups", default=",".join(GROUPS))
    arguments = parser.parse_args()
    programs, failures = TARGET / arguments.profile, []
    print("| group | repositories | first run: requests per repository | s | MiB | steady state: requests per repository | s | MiB |")
    print("|---|---|---|---|---|---|---|---|")
    for repositories in map(int, arguments.repositories.split(",")):
        fakes = Fakes(programs, repositories)
        try:
            for group in arguments.groups.split(","):
                first, *steady = measure(programs / "report", fakes, group)
                worst = tuple(map(max, zip(*steady)))
                cells = [f"{requests:.2f} | {seconds:.1f} | {mib:.0f}" for requests, seconds, mib in (first, worst)]
                print(f"| {group} | {repositories:,} | {' | '.join(cells)} |", flush=True)
                limits = (MAX_REQUESTS_PER_REPOSITORY, MAX_SECONDS, MAX_MIB)
                # A single repository always changes.
                if group == "default" and repositories > 1 and any(map(float.__gt__, map(float, worst), map(float, limits))):
                    failures.append(f"{repositories} repositories")
        finally:
            fakes.stop()
    if failures:
        sys.exit(f"over a limit: {', '.join(failures)}")


main()
