"""A corporate network: names that only its proxy can resolve, and servers with certificates of a private authority.

usage: corporate_network.py FOLDER NAME=HOST:PORT...

Each NAME becomes an HTTPS server that passes what it gets on to HOST:PORT. The proxy is proxy.py, a real forward proxy.
Writes the authority's certificate to FOLDER/ca.pem, then one line of JSON: the proxy's port and each name's port. Ends
when its standard input is closed. The environment variable PROXY_LOGIN may set the user and the password
that the proxy requires.
"""

import datetime
import ipaddress
import json
import os
import pathlib
import select
import socket
import ssl
import sys
import threading

import proxy
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from proxy.http.proxy import HttpProxyBasePlugin


class Resolver(HttpProxyBasePlugin):
    """Resolves every name to this machine. Only the proxy uses it."""

    def resolve_dns(self, host: str, port: int):
        return "127.0.0.1", None


def main(folder: pathlib.Path, servers: list) -> None:
    servers = [server.split("=") for server in servers]
    ports = dict(zip((name for name, _ in servers), start_https_servers(folder, servers)))
    arguments = ["--hostname", "127.0.0.1", "--port", "0", "--num-workers", "1", "--num-acceptors", "1"]
    arguments += ["--log-level", "ERROR"]
    if login := os.environ.get("PROXY_LOGIN"):
        arguments += ["--basic-auth", login]
    with proxy.Proxy(arguments, plugins=[Resolver]) as running:
        print(json.dumps({"proxy": running.flags.port, "servers": ports}), flush=True)
        sys.stdin.read()


def start_https_servers(folder: pathlib.Path, servers: list) -> list:
    """Starts HTTPS servers, and returns their ports. Each is given by its name and by HOST:PORT of the server behind it."""
    authority_key, authority = certificate(f"Private CA {folder.name}", None, None, [])
    (folder / "ca.pem").write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    ports = []
    for number, (name, upstream) in enumerate(servers):
        host, port = upstream.rsplit(":", 1)
        key, leaf = certificate(name, authority_key, authority, [name])
        pem = folder / f"{number}.pem"
        pem.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + leaf.public_bytes(serialization.Encoding.PEM)
        )
        ports.append(serve(pem, (host, int(port))))
    return ports


def certificate(name: str, issuer_key, issuer, names: list) -> tuple:
    """A key and a certificate for it. Without an issuer, they are those of the authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([subject_name(name) for name in names]), critical=False)
    return key, builder.sign(issuer_key or key, hashes.SHA256())


def subject_name(name: str):
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def serve(pem: pathlib.Path, upstream: tuple) -> int:
    """Starts an HTTPS server in front of another server, and returns its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            client, _ = listener.accept()
            threading.Thread(target=relay, args=(context, client, upstream), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listener.getsockname()[1]


def relay(context: ssl.SSLContext, client: socket.socket, upstream: tuple) -> None:
    try:
        # One thread passes data in both directions, because two threads must not use the same TLS socket.
        with context.wrap_socket(client, server_side=True) as client, socket.create_connection(upstream) as server:
            client.setblocking(False)
            server.setblocking(False)
            exchange(client, server)
    except OSError:
        pass  # For example, the client refused the certificate.


def exchange(client: ssl.SSLSocket, server: socket.socket) -> None:
    while True:
        if not client.pending():
            select.select([client, server], [], [])
        for source, target in ((client, server), (server, client)):
            try:
                data = source.recv(65536)
            except (BlockingIOError, ssl.SSLWantReadError):
                continue
            if not data:
                return
            target.setblocking(True)
            target.sendall(data)
            target.setblocking(False)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), sys.argv[2:])
