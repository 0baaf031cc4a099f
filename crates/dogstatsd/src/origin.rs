//! The container in which the reporter runs. If a line names it, the Agent adds the container's tags.
//! See <https://docs.datadoghq.com/developers/dogstatsd/datagram_shell/#dogstatsd-protocol-v14>.

use std::{fs, os::unix::fs::MetadataExt, path::Path};

/// The length of an id of a container, in hexadecimal digits.
const ID_LENGTH: usize = 64;

/// The inode of the host's namespace of control groups (`PROC_CGROUP_INIT_INO` in
/// <https://github.com/torvalds/linux/blob/master/include/linux/proc_ns.h>).
const HOST_NAMESPACE: u64 = 0xEFFF_FFFB;

/// The largest inode that cannot belong to a control group of a container: 1 and 2 are the roots of file systems.
const MAX_ROOT_INODE: u64 = 2;

/// This process's container, as the protocol names it: `ci-ID`, or `in-INODE` if only the inode of its control group is known.
/// `None` outside of containers, or if neither is known.
pub(crate) fn container() -> Option<String> {
    let root = Path::new("/");
    let namespace = fs::metadata(root.join("proc/self/ns/cgroup")).ok().map(|file| file.ino());
    container_in(root, namespace)
}

/// The container of a process with this root folder, in a namespace of control groups with this inode.
fn container_in(root: &Path, namespace: Option<u64>) -> Option<String> {
    let groups = fs::read_to_string(root.join("proc/self/cgroup")).ok()?;
    // In a namespace of its own, as with cgroup v2 by default, the process sees its control group as `/`.
    let in_mounts = || id_in_mounts(&fs::read_to_string(root.join("proc/self/mountinfo")).ok()?);
    if let Some(id) = id_in_groups(&groups).or_else(in_mounts) {
        return Some(format!("ci-{id}"));
    }
    // In the host's namespace, the name of a container's control group would contain the id. So the process is in no container.
    if namespace == Some(HOST_NAMESPACE) {
        return None;
    }
    Some(format!("in-{}", inode(root, &groups)?))
}

/// The id in lines such as `12:cpu:/docker/ID` or `0::/kubepods.slice/cri-containerd-ID.scope`.
fn id_in_groups(groups: &str) -> Option<String> {
    let last_part = |line: &str| line.rsplit('/').next().map(str::to_owned);
    let id = |part: String| {
        let part = part.strip_suffix(".scope").unwrap_or(&part);
        let id = part.rsplit('-').next()?;
        is_id(id).then(|| id.to_owned())
    };
    groups.lines().filter_map(last_part).find_map(id)
}

/// The id in the path of the file that is mounted as the container's `/etc/hostname`, such as
/// `/var/lib/docker/containers/ID/hostname`. See <https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html>.
fn id_in_mounts(mounts: &str) -> Option<String> {
    let id = |line: &str| {
        let path = line.split_whitespace().nth(3)?.strip_suffix("/hostname")?;
        let parts: Vec<&str> = path.split('/').collect();
        let at = parts.iter().rposition(|part| is_id(part))?;
        // In Kubernetes with containerd, the file belongs to the pod, and the path contains the id of the pod.
        let is_of_pod = at.checked_sub(1).is_some_and(|before| parts[before] == "sandboxes");
        (!is_of_pod).then(|| parts[at].to_owned())
    };
    mounts.lines().find_map(id)
}

/// The inode of the process's control group, by which the Agent finds the container.
fn inode(root: &Path, groups: &str) -> Option<u64> {
    let path_of = |controller: &str| {
        groups.lines().find_map(|line| {
            let mut parts = line.splitn(3, ':').skip(1);
            (parts.next()? == controller).then(|| parts.next())?
        })
    };
    // With cgroup v1, each controller has a tree of its own. The name of the only tree of cgroup v2 is empty.
    ["memory", ""].into_iter().find_map(|controller| {
        let group = root.join("sys/fs/cgroup").join(controller);
        let inode = fs::metadata(group.join(path_of(controller)?.trim_start_matches('/'))).ok()?.ino();
        (inode > MAX_ROOT_INODE).then_some(inode)
    })
}

fn is_id(text: &str) -> bool {
    text.len() == ID_LENGTH && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    /// A namespace of control groups that is not the host's.
    const PRIVATE: Option<u64> = Some(4_026_532_500);

    fn id() -> String {
        "0123456789abcdef".repeat(4)
    }

    /// A root folder with these files.
    fn root(files: &[(&str, &str)]) -> TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let file = root.path().join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        root
    }

    #[test]
    fn the_id_is_the_last_part_of_a_control_group() {
        let id = id();
        for groups in [
            format!("13:pids:/docker/{id}\n12:cpu:/docker/{id}"),
            format!("1:name=systemd:/kubepods/besteffort/pod3d274242/{id}"),
            format!("0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-{id}.scope"),
        ] {
            assert_eq!(id_in_groups(&groups).as_deref(), Some(&*id), "{groups}");
        }
        for groups in ["", "0::/", "0::/user.slice/session-2.scope", &format!("0::/docker/{}", &id[1..])] {
            assert_eq!(id_in_groups(groups), None, "{groups}");
        }
    }

    #[test]
    fn a_mounted_file_names_the_container_but_not_the_pod() {
        let id = id();
        let mount = |path: &str| {
            format!(
                "22 27 0:21 / /proc rw,relatime - proc proc rw\n\
                 23 27 0:40 / / rw - overlay overlay rw,upperdir=/var/lib/docker/overlay2/{id}/diff\n\
                 627 608 259:1 {path} /etc/hostname rw,relatime - ext4 /dev/root rw\n"
            )
        };
        for path in [
            format!("/var/lib/docker/containers/{id}/hostname"),
            format!("/containers/storage/overlay-containers/{id}/userdata/hostname"),
        ] {
            assert_eq!(id_in_mounts(&mount(&path)).as_deref(), Some(&*id), "{path}");
        }
        for path in [
            format!("/var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/{id}/hostname"),
            format!("/var/lib/docker/containers/{id}/resolv.conf"),
            "/etc/hostname".to_owned(),
        ] {
            assert_eq!(id_in_mounts(&mount(&path)), None, "{path}");
        }
    }

    #[test]
    fn the_inode_of_the_control_group_is_used_if_no_id_is_known() {
        let id = id();
        let sandbox = format!("1 2 8:1 /cri/sandboxes/{id}/hostname /etc/hostname rw - ext4 /dev/sda1 rw");
        let inode = |root: &TempDir, path: &str| {
            Some(format!("in-{}", fs::metadata(root.path().join(path)).unwrap().ino()))
        };

        let unified = root(&[
            ("proc/self/cgroup", "0::/\n"),
            ("proc/self/mountinfo", &sandbox),
            ("sys/fs/cgroup/cgroup.procs", ""),
        ]);
        assert_eq!(container_in(unified.path(), PRIVATE), inode(&unified, "sys/fs/cgroup"));
        assert_eq!(container_in(unified.path(), Some(HOST_NAMESPACE)), None, "not in a container");

        let groups = "5:cpu,cpuacct:/\n4:memory:/app\n0::/\n";
        let by_controller = root(&[("proc/self/cgroup", groups), ("sys/fs/cgroup/memory/app/tasks", "")]);
        assert_eq!(
            container_in(by_controller.path(), PRIVATE),
            inode(&by_controller, "sys/fs/cgroup/memory/app")
        );

        assert_eq!(container_in(root(&[]).path(), PRIVATE), None, "not on Linux");
    }

    #[test]
    fn an_id_is_preferred_to_the_inode() {
        let id = id();
        let mounts = format!("1 2 8:1 /docker/containers/{id}/hostname /etc/hostname rw - ext4 /dev/sda1 rw");
        let root = root(&[
            ("proc/self/cgroup", "0::/\n"),
            ("proc/self/mountinfo", &mounts),
            ("sys/fs/cgroup/cgroup.procs", ""),
        ]);

        assert_eq!(container_in(root.path(), PRIVATE), Some(format!("ci-{id}")));
    }
}
