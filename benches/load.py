#!/usr/bin/env python3
"""Delivers 1,000, 10,000 and 100,000 series in one push to a local intake, with `report` and with Datadog's own Python
client, and compares their time and memory.

    cargo build --release --package system-health-test-report
    python3 benches/load.py

The intake is a separate process, so its time is not counted. Each program is run three times, and the run with the median
CPU time is shown. The limits for `report` at 100,000 series are: a tenth of the CPU time of the Python client, 150 MiB of
peak memory, and twice the CPU time per series of 10,000 series.
"""

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import memory

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
CLIENT = ("datadog-api-client==2.62.0", "zstandard==0.25.0")
KEY = "0dd0c0ffee0dd0c0ffee0dd0c0ffee00"
COUNTS = (1_000, 10_000, 100_000)
MOST_MEMORY = 150
REPEATS = 3

INTAKE = """
import http.server, json, sys

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    received, requests = 0, 0

    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_POST(self):
        Handler.received += len(self.rfile.read(int(self.headers["content-length"])))
        Handler.requests += 1
        self.answer(202, {"errors": []})

    def do_GET(self):
        counts = {"valid": True, "bytes": Handler.received, "requests": Handler.requests}
        Handler.received = Handler.requests = 0
        self.answer(200, counts)

    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
"""

# The same series as those of `test.many`, in payloads of the largest size that Datadog accepts.
PYTHON = """
import sys, time
from datadog_api_client import ApiClient, Configuration
from datadog_api_client.v2.api.metrics_api import MetricsApi
from datadog_api_client.v2.model.metric_content_encoding import MetricContentEncoding
from datadog_api_client.v2.model.metric_intake_type import MetricIntakeType
from datadog_api_client.v2.model.metric_payload import MetricPayload
from datadog_api_client.v2.model.metric_point import MetricPoint
from datadog_api_client.v2.model.metric_series import MetricSeries

url, key, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
protocol, name = url.split("://")
configuration = Configuration(server_index=1, server_variables={"protocol": protocol, "name": name})
configuration.api_key["apiKeyAuth"] = key
now = int(time.time())
tags = ["env:development", "service:system-health", "source:system-health", "team:platform"]
with ApiClient(configuration) as client:
    api = MetricsApi(client)
    for start in range(0, count, 20_000):
        series = [
            MetricSeries(
                metric="test.many",
                type=MetricIntakeType.GAUGE,
                unit="item",
                tags=[*tags, f"item:{number:06}"],
                points=[MetricPoint(timestamp=now, value=number / 8)],
            )
            for number in range(start, min(start + 20_000, count))
        ]
        api.submit_metrics(body=MetricPayload(series=series), content_encoding=MetricContentEncoding.ZSTD1)
"""


def client_python() -> pathlib.Path:
    """A Python environment with Datadog's client. It is created on first use."""
    folder = ROOT / "target/datadog-python-client"
    if not (folder / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([folder / "bin/pip", "install", "--quiet", *CLIENT], check=True)
        (folder / "ready").touch()
    return folder / "bin/python"


def measure(command: list, environment: dict, folder: str) -> tuple[float, float, float]:
    """CPU seconds, wall seconds and peak memory in MiB."""
    started = time.monotonic()
    process = subprocess.Popen(command, env=environment, cwd=folder, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - started
    assert os.waitstatus_to_exitcode(status) == 0, command
    return usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024


def received(url: str) -> dict:
    counts = subprocess.run(["curl", "--silent", "--noproxy", "*", url], check=True, capture_output=True).stdout
    return json.loads(counts)


def main() -> None:
    python = client_python()
    intake = subprocess.Popen([sys.executable, "-c", INTAKE], stdout=subprocess.PIPE, text=True)
    url = f"http://127.0.0.1:{intake.stdout.readline().strip()}"
    rows = {}
    with contextlib.ExitStack() as scratch:
        scratch.callback(intake.kill)
        print(f"{'':22}{'series':>8}{'CPU s':>8}{'wall s':>8}{'MiB':>7}{'sent KB':>9}{'requests':>10}")
        for count in COUNTS:
            measured = {}
            for _ in range(REPEATS):
                folder = scratch.enter_context(tempfile.TemporaryDirectory())
                push = [TARGET / "release/test-report", "--push", "--only", "test.many", "--no-self-metrics", "--quiet"]
                push += ["--format", "table"]
                environment = {"DD_URL": url, "DD_API_KEY": KEY, "TEST_SAMPLES": str(count)}
                environment |= {"AWS_EC2_METADATA_DISABLED": "true"}
                programs = {
                    "report": (push + ["--state-dir", folder + "/state"], environment),
                    "report --no-state": (push + ["--no-state"], environment),
                    "Python client": ([python, "-c", PYTHON, url, KEY, str(count)], {"PATH": os.environ["PATH"]}),
                }
                for name, (command, variables) in programs.items():
                    received(url)
                    measured.setdefault(name, []).append((measure(command, variables, folder), received(url)))
            _, anonymous = memory.peak(push + ["--no-state"], environment, folder)
            for name, runs in measured.items():
                rows[name, count], sent = sorted(runs, key=lambda run: run[0])[REPEATS // 2]
                cpu, wall, peak = rows[name, count]
                print(f"{name:22}{count:8}{cpu:8.2f}{wall:8.2f}{peak:7.0f}{sent['bytes'] / 1000:9.0f}"
                      f"{sent['requests']:10}")
            print(f"{'':22}{count:8}  of the peak of `report --no-state`, {anonymous:.0f} MiB are anonymous")
    most = COUNTS[-1]
    ours, theirs = rows["report", most], rows["Python client", most]
    small = rows["report", COUNTS[0]][0]
    each = {count: (rows["report", count][0] - small) / (count - COUNTS[0]) for count in COUNTS[1:]}
    print(f"CPU time of the Python client: {theirs[0] / ours[0]:.1f} times ours; the limit is 10")
    print("CPU time of a further series: " + ", ".join(f"{cost * 1e6:.1f} µs at {count}" for count, cost in each.items()))
    if theirs[0] < 10 * ours[0] or ours[2] > MOST_MEMORY or each[most] > 2 * each[COUNTS[1]]:
        sys.exit("over a limit")


main()
