// The attribute cannot see the `impl` around the function, but the compiler can.
use system_health_registry::system_health_metric;

struct Pulls;

impl Pulls {
    /// Open pull requests.
    #[system_health_metric(key = "pulls.open")]
    fn open() -> u64 { 0 }
}

fn main() {}
