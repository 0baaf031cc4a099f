#!/usr/bin/env python3
"""Measures the time of whole runs of `report --push` in conditions like those of a pod. The secrets are in AWS, everything else
is requested over HTTP, and every response takes 50 ms.

    cargo xtask tools
    cargo build --release --package system-health-report-cli
    cargo build --release --package system-health-test-support --bin fake-services
    python3 benches/whole_run.py

GitHub and Datadog are the fakes of the tests. AWS Secrets Manager is moto behind a proxy that adds the latency. The longest
chain of sequential requests has five requests: one for a secret, three for pages of commits, and the push. A page starts at a
parent of the last commit of the previous page, so pages cannot be requested concurrently. The limit of the wall time is 1.15 times
the latency of this chain, plus 30 ms. The limit of `report list`, which sends no request, is 10 ms.

Every second run is traced, and sends its trace to a fake Agent on this machine, without latency. The limit of its wall time is
1.05 times the wall time of the other runs.
"""

import http.client
import http.server
import json
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import memory

LATENCY = 0.050
CHAIN_LENGTH = 5
RUNS = 15
MAX_LIST_SECONDS = 0.010
MAX_TRACING_RATIO = 1.05
ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
REPORT = TARGET / "release/report"
SECRETS = {
    "github/dashboard-token": "ghp_0123456789012345678901234567890123ab",
    "datadog/api-key": "0dd0c0ffee0dd0c0ffee0dd0c0ffee00",
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask_moto(port: int, headers: dict, body: bytes) -> tuple[int, bytes, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("POST", "/", body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.getheader("content-type", "")
    finally:
        connection.close()


def start_moto() -> tuple[subprocess.Popen, int]:
    port = free_port()
    command = [TARGET / "test-tools/python/bin/python", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    moto = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for name, value in SECRETS.items():
        headers = {
            "X-Amz-Target": "secretsmanager.CreateSecret",
            "Content-Type": "application/x-amz-json-1.1",
            "Authorization": "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/secretsmanager/aws4_request",
        }
        body = json.dumps({"Name": name, "SecretString": value}).encode()
        status = None
        for _ in range(200):
            try:
                status, _, _ = ask_moto(port, headers, body)
                break
            except ConnectionError:
                time.sleep(0.05)
        assert status == 200, f"moto answered {status}"
    return moto, port


class Counters:
    secrets = 0


def start_slow_secrets_manager(moto_port: int) -> str:
    """Starts a proxy that delays each response until the latency has passed since the request."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            due = time.monotonic() + LATENCY
            Counters.secrets += 1
            body = self.rfile.read(int(self.headers["content-length"]))
            status, answer, kind = ask_moto(moto_port, dict(self.headers), body)
            time.sleep(max(0.0, due - time.monotonic()))
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}"


def start_agent() -> tuple[str, list]:
    """Starts a fake Agent. Returns its URL, and a list to which the length of each trace is appended."""
    lengths = []

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_PUT(self) -> None:
            lengths.append(len(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}", lengths


def push_command(folder: str) -> list:
    command = [REPORT, "--push", "--branch", "main", "--no-self-metrics", "--quiet"]
    return command + ["--state-dir", f"{folder}/state"]


def one_run(environment: dict, folder: str) -> tuple[float, float]:
    """Wall seconds and CPU seconds of one run."""
    started = time.monotonic()
    process = subprocess.Popen(push_command(folder), env=environment, cwd=folder, stdout=subprocess.PIPE)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - started
    document = json.loads(output)
    states = [metric["state"] for metric in document["metrics"]]
    assert os.waitstatus_to_exitcode(status) == 0, output.decode()
    assert states == ["value"] * 3 and document["deliveries"][0]["state"] == "accepted", output.decode()
    return wall, usage.ru_utime + usage.ru_stime


def one_list(folder: str) -> float:
    """Wall seconds of one `report list`."""
    started = time.monotonic()
    command = [REPORT, "list", "--state-dir", f"{folder}/state"]
    subprocess.run(command, env={}, cwd=folder, stdout=subprocess.DEVNULL, check=True)
    return time.monotonic() - started


def main() -> None:
    moto, port = start_moto()
    fakes = subprocess.Popen(
        [TARGET / "release/fake-services", "--latency", f"{LATENCY * 1000:.0f}ms", "--commits", "250"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        services = json.loads(fakes.stdout.readline())
        environment = {
            "AWS_ENDPOINT_URL": start_slow_secrets_manager(port),
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "GITHUB_API_URL": services["github"],
            "GITHUB_REPOSITORY": services["repository"],
            "DD_URL": services["datadog"],
        }
        with tempfile.TemporaryDirectory() as folder:
            one_run(environment, folder)
            Counters.secrets = 0
            agent, trace_lengths = start_agent()
            traced_environment = environment | {"DD_TRACE_ENABLED": "true", "DD_TRACE_AGENT_URL": agent}
            runs, traced = [], []
            # Alternately, so that both have the same conditions.
            for _ in range(RUNS):
                runs.append(one_run(environment, folder))
                traced.append(one_run(traced_environment, folder))
            assert len(trace_lengths) == RUNS, f"{len(trace_lengths)} traces"
            secret_requests = Counters.secrets / (2 * RUNS)
            total, anonymous = memory.peaks(push_command(folder), environment, folder)
            lists = [one_list(folder) for _ in range(RUNS)]
        fakes.stdin.close()
        github = json.loads(fakes.stdout.read())["github"]
    finally:
        moto.kill()
        fakes.kill()
    walls, cpus = zip(*runs)
    traced_walls, traced_cpus = zip(*traced)
    limit = CHAIN_LENGTH * LATENCY * 1.15 + 0.030
    wall, listed = statistics.median(walls), statistics.median(lists)
    print(f"wall time    median {wall * 1000:.0f} ms, {min(walls) * 1000:.0f} to {max(walls) * 1000:.0f} ms; "
          f"the limit is {limit * 1000:.0f} ms")
    print(f"CPU time     median {statistics.median(cpus) * 1000:.0f} ms")
    tracing = statistics.median(traced_walls) / wall
    print(f"with traces  {tracing:.3f} of the wall time, {statistics.median(traced_cpus) * 1000:.0f} ms CPU time, "
          f"{statistics.median(trace_lengths):.0f} bytes; the limit is {MAX_TRACING_RATIO} of the wall time")
    print(f"peak memory  {total:.1f} MiB, of which {anonymous:.1f} MiB anonymous")
    counts = (secret_requests, len(github) / (2 * RUNS + 2))
    print(f"requests     {counts[0]:g} for secrets, {counts[1]:g} to GitHub, a run")
    print(f"report list  median {listed * 1000:.1f} ms; the limit is {MAX_LIST_SECONDS * 1000:.0f} ms")
    if wall > limit or listed > MAX_LIST_SECONDS or tracing > MAX_TRACING_RATIO or counts != (2, 4):
        sys.exit("over a limit")


main()
