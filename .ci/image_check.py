"""Runs the image as a cluster does: as user 65532, with a read-only root and with fake services.

usage: image_check.py ROOT OCI FAKE_SERVICES   as root, in a separate mount namespace if possible

ROOT is the folder with the files of the image. OCI is the folder with the image in the format of a registry.
"""

import atexit
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "crates/test-support/contract"))
import corporate_network

USER = 65532
# The default memory limit of the chart, and the maximum that the reporter may use, in MiB.
MEMORY_LIMIT = 64
MAX_MIB = 40
# The maximum compressed size in MiB, with the base image of .ci/image. A distroless static base image has about 1 MiB.
MAX_IMAGE_MIB = 20
# The address of the fake name server. The protocol fixes the port, so the server has an IP address that nothing else uses.
NAME_SERVER = ("127.0.0.77", 53)
# An address of this machine for which clients use a proxy.
OUTSIDE = "0.0.0.0"


def main(root: str, oci: str, fake_services: str) -> None:
    size = sum(blob.stat().st_size for blob in pathlib.Path(oci, "blobs/sha256").iterdir()) / 2**20
    print(f"compressed: {size:.1f} MiB")
    assert size <= MAX_IMAGE_MIB, size

    pathlib.Path(root, "etc/resolv.conf").write_text(f"nameserver {NAME_SERVER[0]}\n", encoding="utf-8")
    state = f"{root}/var/lib/system-health"
    is_read_only = mount("--bind", root, root) and mount("-o", "remount,bind,ro", root)
    has_volume = mount("-t", "tmpfs", "-o", f"uid={USER},mode=700,size=64m", "tmpfs", state)

    status, out, _, _ = run(root, ["--version"], {})
    assert (status, out.split()[0]) == (0, "report"), out
    status, out, _, _ = run(root, ["list", "--format", "json"], {})
    assert status == 0 and "commits.hotfix" in out, out
    status, out, _, _ = run(root, ["list"], {}, ["/usr/bin/id"])
    assert status == 127, "the image contains another program than `report`"

    fakes = subprocess.Popen([fake_services], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        services = json.loads(fakes.stdout.readline())
        environment = {
            "GITHUB_API_URL": services["github"],
            "GITHUB_REPOSITORY": services["repository"],
            "GITHUB_TOKEN": "any",
            "DD_URL": services["datadog"],
            "DD_API_KEY": services["datadog_api_key"],
            "SYSTEM_HEALTH_STATE_DIR": "/var/lib/system-health",
        }
        arguments = ["--push", "--align", "15m", "--log-format", "json", "--fail-on", "delivery"]
        status, out, err, peak = run(root, arguments, environment)
        assert status == 0, (status, err)
        delivery = json.loads(out)["deliveries"][0]
        assert delivery["state"] == "accepted" and delivery["left"] == 0, delivery
        assert "cannot keep state" not in err, err
        print(f"a push: {delivery['series']} series, peak memory {peak:.1f} MiB of {MEMORY_LIMIT}")
        assert peak <= MAX_MIB, peak
        status, out, _, _ = run(root, ["history", "--format", "json"], environment)
        assert status == 0 and json.loads(out), out

        # Check that the program resolves names. It is static, so it cannot use the C library of the system for that.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
            server.bind(NAME_SERVER)
            threading.Thread(target=answer_names, args=(server,), daemon=True).start()
            with_host_name = environment | {"DD_URL": services["datadog"].replace("127.0.0.1", "datadog.test")}
            status, _, err, _ = run(root, arguments, with_host_name)
            assert status == 0, (status, err)

        # Check that the program uses a proxy, and servers with certificates of a private authority.
        with tempfile.TemporaryDirectory() as folder:
            proxied = start_proxy(pathlib.Path(folder), services)
            shutil.copy(f"{folder}/ca.pem", f"{state}/ca.pem")
            proxied["SSL_CERT_FILE"] = "/var/lib/system-health/ca.pem"
            status, out, err, _ = run(root, arguments, environment | proxied)
            assert status == 0 and json.loads(out)["deliveries"][0]["state"] == "accepted", (status, err)
            requests = pathlib.Path(folder, "proxy.log").read_text(encoding="utf-8")
            assert requests.count(f"CONNECT {OUTSIDE}") >= 2, requests

        # Check that the delivery succeeds without a volume, although no state is kept.
        if is_read_only and has_volume:
            subprocess.run(["umount", state], check=True)
            status, out, err, _ = run(root, arguments, environment)
            assert status == 0 and "cannot keep state" in err, (status, err)
    finally:
        fakes.stdin.close()
        fakes.wait()


def start_proxy(folder: pathlib.Path, services: dict) -> dict:
    """Starts tinyproxy and both services with TLS behind it. Returns the environment. The proxy ends with this script."""
    upstream = [services["github"].removeprefix("http://"), services["datadog"].removeprefix("http://")]
    github, datadog = corporate_network.start_https_servers(folder, [(OUTSIDE, address) for address in upstream])
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (folder / "tinyproxy.conf").write_text(
        f'Port {port}\nListen 127.0.0.1\nTimeout 30\nLogLevel Connect\nLogFile "{folder}/proxy.log"\n', encoding="utf-8"
    )
    proxy = subprocess.Popen(["tinyproxy", "-d", "-c", folder / "tinyproxy.conf"])
    atexit.register(proxy.terminate)
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except ConnectionRefusedError:
            assert proxy.poll() is None, "tinyproxy has ended"
            time.sleep(0.05)
    return {
        "HTTPS_PROXY": f"http://127.0.0.1:{port}",
        "GITHUB_API_URL": f"https://{OUTSIDE}:{github}",
        "DD_URL": f"https://{OUTSIDE}:{datadog}",
    }


def answer_names(server: socket.socket) -> None:
    """Answers every query for an IPv4 address with 127.0.0.1, and all other queries with no address."""
    while True:
        question, client = server.recvfrom(512)
        name_and_type = question[12 : question.index(0, 12) + 5]
        wants_v4 = name_and_type[-4:-2] == b"\0\1"
        header = question[:2] + b"\x81\x80\0\1" + (b"\0\1" if wants_v4 else b"\0\0") + b"\0\0\0\0"
        address = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0\1"
        server.sendto(header + name_and_type + (address if wants_v4 else b""), client)


def mount(*arguments: str) -> bool:
    mounted = subprocess.run(["mount", *arguments], check=False, capture_output=True, text=True)
    if mounted.returncode != 0:
        print(f"SKIPPED: mount {' '.join(arguments)}: {mounted.stderr.strip()}")
    return mounted.returncode == 0


def run(root: str, arguments: list, environment: dict, program=("/usr/local/bin/report",)) -> tuple:
    """Returns the status, both streams, and the peak memory in MiB."""
    chroot = ["chroot", f"--userspec={USER}:{USER}", root, *program, *arguments]
    process = subprocess.Popen(chroot, env={"AWS_EC2_METADATA_DISABLED": "true", "PATH": os.environ["PATH"]} | environment,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    out, err = process.stdout.read(), process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, out, err, usage.ru_maxrss / 1024


if __name__ == "__main__":
    main(*sys.argv[1:])
