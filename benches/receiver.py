"""Receives the points of a benchmark: HTTP for all backends, and DogStatsD over UDP. It counts what arrives, without
parsing it. Its first line of output contains the port for HTTP and the port for UDP. A GET returns the counts and resets them.
"""

import http.server
import json
import socket
import threading

COUNTS = {"bytes": 0, "requests": 0}
LOCK = threading.Lock()

# An option of Linux that Python does not define. Only root may set it. For others, the buffer is smaller, and the kernel may drop
# packets.
SO_RCVBUFFORCE = 33
BUFFER_SIZE = 256 * 1024 * 1024


def count(received: int) -> None:
    with LOCK:
        COUNTS["bytes"] += received
        COUNTS["requests"] += 1


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status: int, kind: str, body: bytes, headers: dict | None = None) -> None:
        self.send_response(status)
        for name, value in {"content-type": kind, "content-length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        count(len(self.rfile.read(int(self.headers["content-length"]))))
        if self.path.startswith("/api/v2/series"):
            self.answer(202, "application/json", b'{"errors": []}')
        elif self.path.startswith("/service/"):  # CloudWatch's newer protocol, with an empty map in CBOR
            self.answer(200, "application/cbor", b"\xbf\xff", {"smithy-protocol": "rpc-v2-cbor"})
        elif self.path == "/v1/metrics":
            self.answer(200, "application/x-protobuf", b"")
        elif self.path == "/":
            self.answer(200, "application/x-amz-json-1.0", b"{}")
        else:
            self.answer(200, "text/plain", b"")

    do_PUT = do_POST

    def do_GET(self) -> None:
        with LOCK:
            body = json.dumps(COUNTS).encode()
            COUNTS.update(bytes=0, requests=0)
        self.answer(200, "application/json", body)

    def log_message(self, *_: object) -> None:
        pass


def receive_packets(packets: socket.socket) -> None:
    while True:
        packet = packets.recv(65536)
        if packet:  # with an empty packet, the sink finds out whether somebody listens
            count(len(packet))


def main() -> None:
    packets = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        packets.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_SIZE)
    except PermissionError:
        packets.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_SIZE)
    packets.bind(("127.0.0.1", 0))
    threading.Thread(target=receive_packets, args=[packets], daemon=True).start()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_address[1], packets.getsockname()[1], flush=True)
    server.serve_forever()


main()
