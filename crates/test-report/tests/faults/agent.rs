//! Faults of a Datadog Agent that receives DogStatsD. The next run delivers the waiting points with their own times.

use std::{
    collections::BTreeMap,
    fs, io,
    net::UdpSocket,
    os::unix::net::UnixDatagram,
    path::{Path, PathBuf},
    process::Stdio,
    thread,
};

use system_health_test_support::scene::{Scene, next_second};

use crate::scenario::{Scenario, World, delivery};

const PLACE: &str = "Datadog Agent";
const RUN: [&str; 6] = ["--push", "--no-self-metrics", "--only", "test.value", "--deadline", "5s"];

const PARTLY: &str = "its queue takes only some of the packets";
const KILLED: &str = "the process is killed (SIGKILL) during the delivery";

/// The rows of the table.
pub(crate) fn scenarios() -> Vec<Scenario> {
    let nothing = "nothing yet; all with the next run";
    [
        ("no Unix socket", nothing, 3),
        ("nobody reads from the Unix socket", nothing, 3),
        ("its queue is full", nothing, 3),
        ("nobody listens on the UDP port", nothing, 3),
        (PARTLY, "the packets that it took, once; the others with the next run", 3),
        (KILLED, "some; all with the next run", 137),
    ]
    .map(|(fault, delivered, status)| Scenario { place: PLACE, fault: fault.to_owned(), delivered, status })
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
fn points_wait_if_there_is_no_unix_socket() {
    let world = World::new();
    let (scene, path) = unix_scene(&world);

    check("no Unix socket", &scene, || receiver(&path));
}

#[test]
fn points_wait_if_nobody_reads_from_the_unix_socket() {
    let world = World::new();
    let (scene, path) = unix_scene(&world);
    drop(bind(&path));

    check("nobody reads from the Unix socket", &scene, || {
        fs::remove_file(&path).unwrap();
        receiver(&path)
    });
}

#[test]
fn points_wait_if_the_queue_is_full() {
    let world = World::new();
    let (scene, path) = unix_scene(&world);
    let socket = bind(&path);
    // One sender is perhaps not enough to fill the queue, because its own buffer is limited, too.
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
fn points_wait_if_nobody_listens_on_the_udp_port() {
    let world = World::new();
    let address = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let scene = scene(&world).variable("DD_DOGSTATSD_URL", format!("udp://{address}"));

    check("nobody listens on the UDP port", &scene, || {
        let socket = UdpSocket::bind(address).unwrap();
        socket.set_nonblocking(true).unwrap();
        Box::new(move |buffer| socket.recv(buffer))
    });
}

/// The number of points of `test.many`: more packets than a queue takes.
const MANY: usize = 300;
const RUN_MANY: [&str; 6] = ["--push", "--no-self-metrics", "--only", "test.many", "--deadline", "10s"];

/// A scene in which each point fills a packet.
fn scene_of_many(world: &World) -> (Scene, PathBuf) {
    let (scene, path) = unix_scene(world);
    let tags = ["one", "two", "three", "four"].map(|name| format!("{name}:{}", "x".repeat(180)));
    let settings =
        format!("[report]\nto = ['dogstatsd']\ntags = {tags:?}\n[dogstatsd]\nmax_packet_size = 1000\n");
    (scene.file("system-health.toml", &settings).variable("TEST_SAMPLES", MANY.to_string()), path)
}

/// The lines of the packets that wait in a queue.
fn waiting(socket: &UnixDatagram) -> Vec<String> {
    let mut buffer = [0; 9000];
    let mut lines = Vec::new();
    while let Ok(length) = socket.recv(&mut buffer) {
        let packet = String::from_utf8(buffer[..length].to_vec()).unwrap();
        lines.extend(packet.lines().map(str::to_owned));
    }
    lines
}

/// Runs again, and reads from the socket until the run has ended. Returns how often each line of both runs has arrived.
fn arrivals_after_the_next_run(
    scene: &Scene,
    socket: &UnixDatagram,
    first: Vec<String>,
) -> BTreeMap<String, usize> {
    let mut lines = first;
    next_second();
    let run = RUN_MANY.map(|argument| if argument == "10s" { "1m" } else { argument });
    let mut child = scene.command(&run).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while child.try_wait().unwrap().is_none() {
        lines.extend(waiting(socket));
        thread::yield_now();
    }
    assert!(child.wait().unwrap().success());
    lines.extend(waiting(socket));
    let mut arrivals = BTreeMap::new();
    for line in lines {
        assert!(line.starts_with("test.many:"), "{line}");
        *arrivals.entry(line).or_default() += 1;
    }
    arrivals
}

#[test]
fn each_point_arrives_once_if_the_queue_takes_only_some() {
    let world = World::new();
    let (scene, path) = scene_of_many(&world);
    let socket = bind(&path);
    let row = scenarios().into_iter().find(|row| row.fault == PARTLY).unwrap();

    let first = scene.run(&RUN_MANY).with_status(row.status);

    let receipt = delivery(&first);
    let taken = waiting(&socket);
    let (accepted, left) = (receipt["series"].as_u64().unwrap(), receipt["left"].as_u64().unwrap());
    assert!(accepted > 0 && left > 0, "{accepted} {left}");
    assert_eq!((taken.len() as u64, accepted + left), (accepted, MANY as u64));
    assert_eq!((&receipt["unknown"], &receipt["lost"]), (&0.into(), &0.into()));
    let arrivals = arrivals_after_the_next_run(&scene, &socket, taken);
    assert_eq!(arrivals.len(), 2 * MANY);
    assert!(arrivals.values().all(|count| *count == 1));
}

#[test]
fn all_points_arrive_after_a_process_was_killed() {
    let world = World::new();
    let (scene, path) = scene_of_many(&world);
    let socket = bind(&path);
    let mut child = scene.command(&RUN_MANY).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut buffer = [0; 9000];
    let length = loop {
        if let Ok(length) = socket.recv(&mut buffer) {
            break length;
        }
        thread::yield_now();
    };

    child.kill().unwrap();
    child.wait().unwrap();

    let mut taken: Vec<String> =
        String::from_utf8_lossy(&buffer[..length]).lines().map(str::to_owned).collect();
    taken.extend(waiting(&socket));
    assert!(taken.len() < MANY, "the queue takes all {MANY} points");
    let arrivals = arrivals_after_the_next_run(&scene, &socket, taken);
    // A gauge that was sent again has the same time, and overwrites itself.
    assert_eq!(arrivals.len(), 2 * MANY);
    assert!(arrivals.values().all(|count| *count <= 2));
}
