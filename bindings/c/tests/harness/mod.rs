//! Compiles C and C++ programs against the library as it is now and runs them against a sandbox.
#![allow(dead_code, reason = "each test binary uses its own part")]

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use campaigns::sandbox::Sandbox;

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// The artifacts of one build of the library.
pub struct Library {
    pub shared: PathBuf,
    pub archive: PathBuf,
}

/// Builds the library and takes the paths from cargo's own word, so that no stale file can be linked. The tests' own build
/// has the sandbox in the core, which the library must not have; hence a build of its own.
pub fn build(arguments: &[&str]) -> Library {
    let output = Command::new(env!("CARGO"))
        .current_dir(root())
        .args(["build", "-p", "campaigns8x8-c", "--message-format=json"])
        .args(arguments)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let files: Vec<PathBuf> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| {
            let of_this_crate = message["package_id"]
                .as_str()
                .is_some_and(|id| id.contains("campaigns8x8-c"));
            message["reason"] == "compiler-artifact" && of_this_crate
        })
        .flat_map(|message| message["filenames"].as_array().cloned().unwrap())
        .map(|file| PathBuf::from(file.as_str().unwrap()))
        .collect();
    let with_extension = |extension: &str| {
        files
            .iter()
            .find(|file| file.extension() == Some(OsStr::new(extension)))
            .unwrap_or_else(|| panic!("no .{extension} among {files:?}"))
            .clone()
    };
    Library {
        shared: with_extension("so"),
        archive: with_extension("a"),
    }
}

impl Library {
    /// A folder where the shared library has the names that linker and loader look for: with the ABI's number, its SONAME.
    fn folder(&self) -> &'static Path {
        static FOLDER: OnceLock<PathBuf> = OnceLock::new();
        FOLDER.get_or_init(|| {
            let name = format!("lib-{}", std::process::id());
            let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
            std::fs::create_dir_all(&folder).unwrap();
            for name in ["libcampaigns8x8.so", "libcampaigns8x8.so.0"] {
                let link = folder.join(name);
                let _ = std::fs::remove_file(&link);
                std::os::unix::fs::symlink(&self.shared, link).unwrap();
            }
            folder
        })
    }
}

/// How a program is made.
pub struct Program<'a> {
    pub source: &'a str,
    pub compiler: &'a str,
    pub flags: &'a [&'a str],
    /// What it is linked with beside this library.
    pub libraries: &'a [&'a str],
    /// Link the archive instead of the shared library.
    pub statically: bool,
}

pub const C: &[&str] = &[
    "-std=c99",
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wstrict-prototypes",
    "-Werror",
];

pub fn c(source: &str) -> Program<'_> {
    Program {
        source,
        compiler: "cc",
        flags: C,
        libraries: &[],
        statically: false,
    }
}

pub fn cpp<'a>(source: &'a str, flags: &'a [&'a str]) -> Program<'a> {
    Program {
        source,
        compiler: "c++",
        flags,
        libraries: &[],
        statically: false,
    }
}

impl Program<'_> {
    /// Compiles it; any warning is an error.
    pub fn compile(&self, library: &Library) -> PathBuf {
        let kind = if self.statically { "static" } else { "shared" };
        self.compile_as(library, kind)
    }

    /// The same, under a name of its own, for a program that is compiled in more than one way.
    pub fn compile_as(&self, library: &Library, kind: &str) -> PathBuf {
        let stem = Path::new(self.source)
            .file_stem()
            .unwrap()
            .to_string_lossy();
        // By the process too: test binaries run at the same time.
        let name = format!("{stem}-{}-{kind}-{}", self.compiler, std::process::id());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let program = folder.join(name);
        let mut command = Command::new(self.compiler);
        command
            .args(self.flags)
            .arg("-g")
            .arg("-I")
            .arg(root().join("include"))
            .arg(root().join(self.source))
            .arg("-o")
            .arg(&program);
        if self.statically {
            command.arg(&library.archive);
            command.args([
                "-lgcc_s",
                "-lutil",
                "-lrt",
                "-lpthread",
                "-lm",
                "-ldl",
                "-lc",
            ]);
        } else {
            let folder = library.folder();
            command
                .arg("-L")
                .arg(folder)
                .arg(format!("-Wl,-rpath,{}", folder.display()))
                // A program that only opens the library when it runs must not have it loaded already.
                .arg("-Wl,--as-needed")
                .args(["-lcampaigns8x8", "-lpthread", "-ldl"])
                .args(self.libraries);
        }
        let output = command.output().unwrap_or_else(|error| {
            panic!(
                "{} cannot be run: {error}; install it: apt-get install gcc g++",
                self.compiler
            )
        });
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success() && text.is_empty(),
            "{}: {text}",
            self.source
        );
        program
    }
}

/// Gives a command the sandbox as its remote API.
pub fn with_sandbox<'a>(command: &'a mut Command, sandbox: &Sandbox) -> &'a mut Command {
    command
        .env("CAMPAIGNS8X8_BASE_URL", sandbox.base_url())
        .env("CAMPAIGNS8X8_API_KEY", sandbox.api_key())
        .env("CAMPAIGNS8X8_TENANT", sandbox.tenant())
}

/// What a program left behind must be: status 0, and no word on standard error.
#[track_caller]
pub fn succeeded(name: &str, output: &Output) -> String {
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && err.is_empty(),
        "{name}: {}\n{out}\n{err}",
        output.status
    );
    out
}
