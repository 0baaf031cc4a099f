#!/usr/bin/env python3
"""Delivers 1,000, 10,000 and 100,000 series in one push to a local receiver: with `report` to each of its sinks, with each sink
alone, and with the usual Python client of each backend. Compares the CPU time, peak memory and bytes of these programs.

    cargo build --release --package system-health-test-report
    python3 benches/load.py                                # or some sinks: --sinks otlp,dogstatsd

The receiver is a separate process, so its time is not counted. Each program is run three times, and the run with the median CPU
time is shown. `report` also collects the values, writes every point into its state folder first, and reads it again. A run without
a delivery shows what that costs. The sink alone does what the Python client does: it delivers points that are in memory. These are the
limits at 100,000 series: the sink alone may take at most a tenth of the CPU time of the Python client, `report` may use at most
150 MiB of peak memory, and each additional series may take at most twice as much CPU time as at 10,000 series.

Without Datadog's client, which takes minutes to compile, the other sinks can be measured, too:

    cargo build --release --package system-health-test-report --no-default-features
    python3 benches/load.py --sinks prometheus,remote_write,textfile,otlp,cloudwatch,emf,dogstatsd,local
"""

import argparse
import contextlib
import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.request

import memory
from clients.points import DATADOG_KEY

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
CLIENTS = ROOT / "benches/clients"
COUNTS = (1_000, 10_000, 100_000)
MAX_MIB = 150
MIN_CLIENT_CPU_RATIO = 10
REPEATS = 3


@dataclasses.dataclass
class Way:
    """A way to deliver points: a sink with its settings and variables, and the script of a client, if there is one."""

    sink: str | None
    settings: str = ""
    variables: dict[str, str] = dataclasses.field(default_factory=dict)
    client: str | None = None


# The name of a run that delivers nothing.
NO_DELIVERY = "no delivery"

# `{http}` and `{udp}` are the addresses of the receiver.
WAYS = {
    "datadog": Way("datadog", "", {"DD_URL": "{http}", "DD_API_KEY": DATADOG_KEY}, "to_datadog.py"),
    "prometheus": Way("prometheus", "[prometheus]\npushgateway = '{http}'\n", {}, "to_prometheus.py"),
    # Prometheus' client has no remote writes, so they are compared with what people use instead.
    "remote_write": Way("prometheus", "[prometheus]\nremote_write = '{http}/api/v1/write'\n", {}, "to_prometheus.py"),
    "textfile": Way("prometheus", "[prometheus]\ntextfile = 'points.prom'\n"),
    "otlp": Way("otlp", "[otlp]\nendpoint = '{http}'\n", {}, "to_otlp.py"),
    "cloudwatch": Way(
        "cloudwatch",
        "[cloudwatch]\nnamespace = 'SystemHealth'\n",
        {
            "AWS_ENDPOINT_URL_CLOUDWATCH": "{http}",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        },
        "to_cloudwatch.py",
    ),
    "emf": Way("cloudwatch", "[cloudwatch]\nemf = true\n", {}, "to_cloudwatch.py"),
    "dogstatsd": Way("dogstatsd", "[dogstatsd]\naddress = '{udp}'\n", {}, "to_dogstatsd.py"),
    "local": Way("local", "[local]\nfile = 'points.jsonl'\n"),
}


@dataclasses.dataclass
class Measurement:
    cpu: float  # seconds of user and system time
    peak: float  # MiB
    sent: int  # bytes
    requests: int


class Receiver:
    """The process that receives the points."""

    def __init__(self) -> None:
        command = [sys.executable, ROOT / "benches/receiver.py"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        http, udp = self.process.stdout.readline().split()
        self.addresses = {"http": f"http://127.0.0.1:{http}", "udp": f"udp://127.0.0.1:{udp}"}
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def counts(self) -> dict:
        """The bytes and requests since the last call. Asks until nothing more was received, because packets may wait in the queue."""
        counts = {"bytes": 0, "requests": 0}
        while True:
            with self.opener.open(self.addresses["http"]) as response:
                more = json.load(response)
            if not more["requests"]:
                return counts
            counts = {name: number + more[name] for name, number in counts.items()}
            time.sleep(0.2)

    def with_addresses(self, text: str) -> str:
        """Replaces `{http}` and `{udp}` in a text."""
        for name, address in self.addresses.items():
            text = text.replace("{" + name + "}", address)
        return text


def client_python() -> pathlib.Path:
    """The interpreter of an environment with the clients. The environment is created on first use, and again if the list of clients
    changes.
    """
    requirements = CLIENTS / "requirements.txt"
    folder = TARGET / "python-clients"
    ready = folder / "ready"
    if not ready.exists() or ready.read_text(encoding="utf-8") != requirements.read_text(encoding="utf-8"):
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([folder / "bin/pip", "install", "--quiet", "--requirement", requirements], check=True)
        ready.write_text(requirements.read_text(encoding="utf-8"), encoding="utf-8")
    return folder / "bin/python"


def report_command(way: Way, receiver: Receiver, folder: pathlib.Path, count: int) -> tuple[list, dict]:
    """The command and the environment of `report`."""
    (folder / "system-health.toml").write_text(receiver.with_addresses(way.settings), encoding="utf-8")
    command = [TARGET / "release/test-report", "--only", "test.many", "--no-self-metrics", "--quiet"]
    command += ["--format", "table", "--state-dir", folder / "state"]
    command += ["--push", "--to", way.sink] if way.sink else []
    variables = {name: receiver.with_addresses(text) for name, text in way.variables.items()}
    return command, {"AWS_EC2_METADATA_DISABLED": "true", "TEST_SAMPLES": str(count), **variables}


def sink_command(way: Way, receiver: Receiver, folder: pathlib.Path, count: int) -> tuple[list, dict]:
    """The command and the environment of the sink alone."""
    _, environment = report_command(way, receiver, folder, count)
    return [TARGET / "release/deliver", way.sink, folder / "system-health.toml", str(count)], environment


def client_command(way: Way, receiver: Receiver, python: pathlib.Path, count: int) -> tuple[list, dict]:
    """The command and the environment of the Python client."""
    address = receiver.addresses["udp" if way.sink == "dogstatsd" else "http"]
    command = [python, CLIENTS / way.client, address, str(count)]
    return command, {"PATH": os.environ["PATH"], "NO_PROXY": "*"}


def measure(command: list, environment: dict, folder: pathlib.Path, receiver: Receiver) -> Measurement:
    receiver.counts()
    written = folder / "stdout"
    with written.open("wb") as output:
        process = subprocess.Popen(command, env=environment, cwd=folder, stdout=output)
        _, status, usage = os.wait4(process.pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0, command
    counts = receiver.counts()
    files = [path for path in (folder / "points.prom", folder / "points.jsonl", written) if path.exists()]
    if not counts["requests"]:
        counts["bytes"] = sum(path.stat().st_size for path in files)
    for path in files:
        path.unlink()
    cpu, peak = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
    return Measurement(cpu, peak, counts["bytes"], counts["requests"])


def median(runs: list[Measurement]) -> Measurement:
    return sorted(runs, key=lambda run: run.cpu)[len(runs) // 2]


def show(name: str, program: str, count: int, row: Measurement) -> None:
    print(f"{name:13}{program:10}{count:8}{row.cpu:8.2f}{row.peak:7.0f}{row.sent / 1000:9.0f}{row.requests:10}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sinks", default=",".join(WAYS), help="the sinks, separated by commas")
    names = parser.parse_args().sinks.split(",")
    if unknown := set(names) - set(WAYS):
        parser.error(f"there is no sink {', '.join(sorted(unknown))}; the sinks are {', '.join(WAYS)}")
    python = client_python()
    receiver = Receiver()
    by_report, by_sink, by_client, over_limit = {}, {}, {}, []
    with contextlib.ExitStack() as scratch:
        scratch.callback(receiver.process.kill)
        print(f"{'sink':13}{'program':10}{'series':>8}{'CPU s':>8}{'MiB':>7}{'sent KB':>9}{'requests':>10}")
        for name in [NO_DELIVERY, *names]:
            way = Way(None) if name == NO_DELIVERY else WAYS[name]
            for count in COUNTS:
                report_runs, sink_runs, client_runs = [], [], []
                # Alternately, so that a busy machine affects all programs.
                for _ in range(REPEATS):
                    folder = pathlib.Path(scratch.enter_context(tempfile.TemporaryDirectory()))
                    report_runs.append(measure(*report_command(way, receiver, folder, count), folder, receiver))
                    if way.sink:
                        sink_runs.append(measure(*sink_command(way, receiver, folder, count), folder, receiver))
                    if way.client:
                        client_runs.append(measure(*client_command(way, receiver, python, count), folder, receiver))
                by_report[name, count] = median(report_runs)
                show(name, "report", count, by_report[name, count])
                if sink_runs:
                    by_sink[name, count] = median(sink_runs)
                    show(name, "sink alone", count, by_sink[name, count])
                if client_runs:
                    by_client[name, count] = median(client_runs)
                    show(name, "Python", count, by_client[name, count])
            if name == "datadog":
                folder = pathlib.Path(scratch.enter_context(tempfile.TemporaryDirectory()))
                command, environment = report_command(way, receiver, folder, COUNTS[-1])
                _, anonymous = memory.peaks(command, environment, folder)
                print(f"{name:13}of the peak of `report`, {anonymous:.0f} MiB are anonymous")
    largest = COUNTS[-1]
    for name in names:
        smallest, row = by_report[name, COUNTS[0]], by_report[name, largest]
        cpu_per_series = {count: (by_report[name, count].cpu - smallest.cpu) / (count - COUNTS[0]) for count in COUNTS[1:]}
        text = ", ".join(f"{cost * 1e6:.1f} µs at {count}" for count, cost in cpu_per_series.items())
        print(f"{name}: each additional series takes {text}")
        if row.peak > MAX_MIB or cpu_per_series[largest] > 2 * cpu_per_series[COUNTS[1]]:
            over_limit.append(name)
        if (name, largest) in by_client:
            client_cpu, sink_cpu = by_client[name, largest].cpu, by_sink[name, largest].cpu
            print(f"{name}: the Python client takes {client_cpu / row.cpu:.1f} times the CPU time of the run, and "
                  f"{client_cpu / sink_cpu:.1f} times that of the sink alone")
            if client_cpu < MIN_CLIENT_CPU_RATIO * sink_cpu:
                over_limit.append(name)
    if over_limit:
        sys.exit(f"over a limit: {', '.join(dict.fromkeys(over_limit))}")


main()
