//! The container in which the reporter runs. With it, the Agent adds the tags of the container.
//! See <https://docs.datadoghq.com/developers/dogstatsd/datagram_shell/#dogstatsd-protocol-v12>.

use std::{fs, path::Path};

/// The length of an id of a container, in hexadecimal digits.
const ID_LENGTH: usize = 64;

/// The id of this process's container, if its control group names it.
pub(crate) fn container_id() -> Option<String> {
    id_in(&fs::read_to_string(Path::new("/proc/self/cgroup")).ok()?)
}

/// The id in lines such as `12:cpu:/docker/ID` or `0::/kubepods.slice/cri-containerd-ID.scope`.
fn id_in(groups: &str) -> Option<String> {
    let last_part = |line: &str| line.rsplit('/').next().map(str::to_owned);
    let id = |part: String| {
        let part = part.strip_suffix(".scope").unwrap_or(&part);
        let id = part.rsplit('-').next()?;
        let is_id = id.len() == ID_LENGTH && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_id.then(|| id.to_owned())
    };
    groups.lines().filter_map(last_part).find_map(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_the_last_part_of_a_control_group() {
        let id = "0123456789abcdef".repeat(4);
        for groups in [
            format!("13:pids:/docker/{id}\n12:cpu:/docker/{id}"),
            format!("1:name=systemd:/kubepods/besteffort/pod3d274242/{id}"),
            format!("0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-{id}.scope"),
        ] {
            assert_eq!(id_in(&groups).as_deref(), Some(&*id), "{groups}");
        }
        for groups in ["", "0::/", "0::/user.slice/session-2.scope", &format!("0::/docker/{}", &id[1..])] {
            assert_eq!(id_in(groups), None, "{groups}");
        }
    }
}
