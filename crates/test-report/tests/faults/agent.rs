//! Faults of a Datadog Agent that receives DogStatsD. The next run delivers the waiting points with their own times.

use std::{
    fs, io,
    net::UdpSocket,
    os::unix::net::UnixDatagram,
    path::{Path, PathBuf},
};

use system_health_test_support::scene::{Scene, next_second};

use crate::scenario::{Scenario, World, delivery};

const PLACE: &str = "Datadog Agent";
const RUN: [&str; 6] = ["--push", "--no-self-metrics", "--only", "test.value", "--deadline", "5s"];

/// The rows of the table.
pub(crate) fn scenarios() -> Vec<Scenario> {
    [
        "no Unix socket",
        "nobody reads from the Unix socket",
        "its queue is full",
        "nobody listens on the UDP port",
    ]
    .map(|fault| Scenario {
        place: PLACE,
        fault: fault.to_owned(),
        delivered: "nothing yet; all with the next run",
        status: 3,
    })
    .into()
}

type Receive = Box<dyn FnMut(&mut [u8]) -> io::Result<usize>>;

/// Makes a run that can deliver nothing, fixes the fault, and runs again. `fix` returns what receives the packets.
fn check(fault: &str, scene: &Scene, fix: impl FnOnce() -> Receive) {
    let row = scenarios().into_iter().find(|row| row.fault == fault).unwrap();

    let first = scene.run(&RUN).with_status(row.status);
    let receipt = delivery(&first);
    assert_eq!(
        (&receipt["left"], &receipt["lost"], &receipt["unknown"]),
        (&1.into(), &0.into(), &0.into()),
        "{first}"
    );
    let mut receive = fix();
    next_second();
    let second = scene.run(&RUN).with_status(0);

    assert_eq!(delivery(&second)["points_of_earlier_runs"], 1, "{second}");
    let mut buffer = [0; 9000];
    let mut lines = Vec::new();
    while let Ok(length) = receive(&mut buffer) {
        let packet = String::from_utf8(buffer[..length].to_vec()).unwrap();
        lines.extend(packet.lines().filter(|line| line.starts_with("test.value:7|g|#")).map(str::to_owned));
    }
    // The lines differ in their times.
    assert!(lines.len() == 2 && lines[0] != lines[1], "{lines:?}");
}

/// A scene that delivers to an Agent.
fn scene(world: &World) -> Scene {
    let settings = "[repository]\nname = 'acme/shop'\nbranch = 'main'\n[report]\nto = ['dogstatsd']\n";
    world.scene().file("system-health.toml", settings)
}

/// A scene that delivers to a Unix socket, and the path of the socket.
fn unix_scene(world: &World) -> (Scene, PathBuf) {
    let scene = scene(world);
    let path = scene.folder().join("dsd.socket");
    let url = format!("unix://{}", path.display());
    (scene.variable("DD_DOGSTATSD_URL", url), path)
}

fn bind(path: &Path) -> UnixDatagram {
    let socket = UnixDatagram::bind(path).unwrap();
    socket.set_nonblocking(true).unwrap();
    socket
}

fn receiver(path: &Path) -> Receive {
    let socket = bind(path);
    Box::new(move |buffer| socket.recv(buffer))
}

#[test]
fn the_unix_socket_is_gone() {
    let world = World::new();
    let (scene, path) = unix_scene(&world);

    check("no Unix socket", &scene, || receiver(&path));
}

#[test]
fn nobody_reads_from_the_unix_socket() {
    let world = World::new();
    let (scene, path) = unix_scene(&world);
    drop(bind(&path));

    check("nobody reads from the Unix socket", &scene, || {
        fs::remove_file(&path).unwrap();
        receiver(&path)
    });
}

#[test]
fn the_queue_is_full() {
    let world = World::new();
    let (scene, path) = unix_scene(&world);
    let socket = bind(&path);
    // One sender may not fill the queue, because its own buffer is limited, too.
    let mut senders = Vec::new();
    loop {
        let sender = UnixDatagram::unbound().unwrap();
        sender.set_nonblocking(true).unwrap();
        sender.connect(&path).unwrap();
        if sender.send(b"other:1|c").is_err() {
            break;
        }
        while sender.send(b"other:1|c").is_ok() {}
        senders.push(sender);
    }

    check("its queue is full", &scene, || {
        while socket.recv(&mut [0; 10]).is_ok() {}
        Box::new(move |buffer| socket.recv(buffer))
    });
}

#[test]
fn nobody_listens_on_the_udp_port() {
    let world = World::new();
    let port = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let scene = scene(&world).variable("DD_DOGSTATSD_URL", format!("udp://{port}"));

    check("nobody listens on the UDP port", &scene, || {
        let socket = UdpSocket::bind(port).unwrap();
        socket.set_nonblocking(true).unwrap();
        Box::new(move |buffer| socket.recv(buffer))
    });
}
