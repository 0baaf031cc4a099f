//! Who can access the server.

use std::net::TcpListener;

use system_health_test_support::serving::ServerProcess;

use crate::{scene, serve};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

#[test]
fn an_address_that_other_machines_can_reach_needs_a_token() {
    let ended = scene("").run(&["serve", "--listen", "0.0.0.0:0"]).with_status(2);

    ended.says(
        "can be reached from other machines, so the server needs a token (on 127.0.0.1, it needs none): found no token \
         of the service: SYSTEM_HEALTH_SERVE_TOKEN is not set",
    );
    assert_eq!(ended.stderr().matches("needs a token").count(), 1, "{ended}");
}

#[test]
fn a_short_token_is_refused_from_a_variable_and_from_a_file() {
    let variable = scene("").variable("SYSTEM_HEALTH_SERVE_TOKEN", "hunter2");
    let file = scene("").file("token", "hunter2").variable("SYSTEM_HEALTH_SERVE_TOKEN_FILE", "token");
    for scene in [variable, file] {
        let ended = scene.run(&["serve", "--listen", "127.0.0.1:0"]).with_status(2);

        ended.says("the token of the service has fewer than 16 characters");
        assert!(!ended.stderr().contains("hunter2"));
    }
}

#[test]
fn a_token_that_no_header_can_contain_is_refused() {
    let scene = scene("").variable("SYSTEM_HEALTH_SERVE_TOKEN", "schlüssel-schlüssel-schlüssel");

    let ended = scene.run(&["serve", "--listen", "127.0.0.1:0"]).with_status(2);

    ended.says(
        "cannot use the value of SYSTEM_HEALTH_SERVE_TOKEN as the token of the service: it contains white space, a \
         control character or a non-ASCII character",
    );
    assert!(!ended.stderr().contains("schlüssel"));
}

#[test]
fn requests_need_the_token_and_no_output_shows_it() {
    let scene = scene("").variable("SYSTEM_HEALTH_SERVE_TOKEN", TOKEN);
    let command = scene.command(&["serve", "--listen", "0.0.0.0:0", "--only", "commits.*", "-vv"]);
    let service = ServerProcess::start(command);

    let _ = service.get_until("/readyz", 200);
    assert_eq!(service.get("/metrics", "").status, 401);
    assert_eq!(service.get("/metrics", "Authorization: Bearer 0123456789abcdef\r\n").status, 401);
    let allowed = service.get("/metrics", &format!("Authorization: Bearer {TOKEN}\r\n"));
    assert!(allowed.status == 200 && allowed.body.contains("commits_hotfix{"), "{allowed:?}");
    service.signal("TERM");
    let (status, messages) = service.wait();

    assert_eq!(status, Some(0));
    assert!(!messages.contains(TOKEN), "{messages}");
}

#[test]
fn a_request_for_another_host_is_refused() {
    let scene = scene("");
    let service = serve(&scene, &["--only", "commits.*"]);

    let reply = service.get("/metrics", "Host: evil.example\r\n");

    assert_eq!(reply.status, 421, "{reply:?}");
}

#[test]
fn mistakes_are_found_before_anything_runs() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for (arguments, settings, message) in [
        (&["--listen", address.as_str()][..], "", "cannot listen on"),
        (&["--listen", "localhost:8700"], "", "an address is an IP address with a port"),
        (&["--every", "1s"], "", "at least 10s"),
        (&["--every", "1M"], "", "`1M` has the unit `M`; for minutes, write `1m`"),
        (&[], "[serve]\nevery = '1s'\n", "system-health.toml:2"),
        (&["--listen", "127.0.0.1:0"], "[metrics.every]\n'comits.*' = '1h'\n", "did you mean"),
        (&["--listen", "127.0.0.1:0", "--only", "comits.*"], "", "matches no metric"),
        (&["--listen", "127.0.0.1:0", "--to", "datdog"], "", "datdog"),
    ] {
        let ended = scene(settings).run(&[&["serve"][..], arguments].concat()).with_status(2);
        assert!(ended.stderr().contains(message), "{arguments:?}: {ended}");
    }
}
