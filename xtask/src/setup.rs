//! What a machine needs, installed when it lacks it. Every step looks first, so a second run starts at once.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::process::{is_root, output, program, root, run, succeeds};

/// What building needs: wasm target, npm packages, wasm-bindgen, cargo-leptos.
pub fn for_building() -> Result<()> {
    wasm_target()?;
    npm_packages()?;
    WASM_BINDGEN.install()?;
    CARGO_LEPTOS.install()
}

fn wasm_target() -> Result<()> {
    let sysroot = output(program("rustc").args(["--print", "sysroot"]))?;
    if Path::new(&sysroot)
        .join("lib/rustlib/wasm32-unknown-unknown")
        .exists()
    {
        return Ok(());
    }
    say("Rust's wasm32 target", "half a minute");
    run(program("rustup").args(["target", "add", "wasm32-unknown-unknown"]))
}

/// `npm ci` when the lock file is not the one that was installed last.
fn npm_packages() -> Result<()> {
    let (lock, stamp) = (
        root().join("package-lock.json"),
        root().join("node_modules/.bonex-lock"),
    );
    let wanted = std::fs::read_to_string(&lock)?;
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    if !succeeds(program("npm").arg("--version")) {
        bail!("Node with npm is missing. On Debian: apt-get install nodejs npm");
    }
    say("npm packages", "a minute");
    run(program("npm").args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]))?;
    std::fs::write(stamp, wanted)?;
    Ok(())
}

/// Builds the site.
const CARGO_LEPTOS: Tool = Tool {
    name: "cargo-leptos",
    version: "0.3.10",
    options: &["--locked", "--features", "no_downloads"],
    how_long: "ten minutes on two cores, once",
};

/// Has to be the version of the crate `wasm-bindgen`. Its own lock file names a version that is gone.
const WASM_BINDGEN: Tool = Tool {
    name: "wasm-bindgen-cli",
    version: "0.2.130",
    options: &[],
    how_long: "two minutes on two cores, once",
};

/// Fuzzes.
pub const CARGO_FUZZ: Tool = Tool {
    name: "cargo-fuzz",
    version: "0.13.2",
    options: &["--locked"],
    how_long: "two minutes on two cores, once",
};

/// A program from crates.io.
pub struct Tool {
    name: &'static str,
    version: &'static str,
    options: &'static [&'static str],
    how_long: &'static str,
}

impl Tool {
    /// Installs it when it is not there in this version.
    pub fn install(&self) -> Result<()> {
        let Self {
            name,
            version,
            options,
            how_long,
        } = self;
        let installed = output(program("cargo").args(["install", "--list"]))?;
        if installed
            .lines()
            .any(|line| line == format!("{name} v{version}:"))
        {
            return Ok(());
        }
        if succeeds(program("cargo-binstall").arg("-V")) {
            say(name, "a minute");
            if succeeds(program("cargo").args(["binstall", "--no-confirm", &format!("{name}@{version}")])) {
                return Ok(());
            }
        }
        say(&format!("{name} from source"), how_long);
        let mut install = program("cargo");
        install
            .args(["install", name, "--version", version])
            .args(*options);
        // It is a tool, not a product: built quickly rather than well.
        install.env("CARGO_PROFILE_RELEASE_LTO", "off");
        install
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1");
        run(&mut install)
    }
}

/// The languages of the programs that the guides show: the tests run each of them.
pub fn languages() -> Result<()> {
    let needed = [
        ("openssl", "version", "openssl"),
        ("python3", "--version", "python3"),
        ("php", "--version", "php-cli"),
        ("java", "--version", "default-jdk-headless"),
    ];
    let missing: Vec<&str> = needed
        .into_iter()
        .filter(|(name, version, _)| !succeeds(program(name).arg(version)))
        .map(|(.., package)| package)
        .collect();
    match (missing.as_slice(), is_root()) {
        ([], _) => Ok(()),
        (packages, true) => apt(packages),
        (packages, false) => bail!(
            "programs of the guides can't be run. Type: sudo apt-get install {}",
            packages.join(" ")
        ),
    }
}

/// A Chromium to test in.
pub fn chromium() -> Result<PathBuf> {
    if let Some(found) = find_chromium() {
        return Ok(found);
    }
    if is_root() {
        apt(&["chromium"])?;
    } else {
        say("Chromium through Playwright", "a minute");
        // Without network to Playwright's servers this fails; the line below then says what to do.
        succeeds(program("npx").args(["playwright", "install", "chromium"]));
    }
    match find_chromium() {
        Some(found) => Ok(found),
        None => bail!("no Chromium was found. Type: sudo apt-get install chromium"),
    }
}

fn find_chromium() -> Option<PathBuf> {
    let named = std::env::var_os("BONEX_CHROMIUM").map(PathBuf::from);
    let usual = [
        "/usr/bin/chromium",
        "/usr/bin/chromium-browser",
        "/usr/bin/google-chrome",
    ]
    .map(PathBuf::from);
    named
        .into_iter()
        .chain(usual)
        .chain(playwrights_own())
        .find(|path| path.exists())
}

fn playwrights_own() -> Option<PathBuf> {
    let home = std::env::var_os("HOME")?;
    let cache = Path::new(&home).join(".cache/ms-playwright");
    let mut folders: Vec<_> = std::fs::read_dir(cache)
        .ok()?
        .flatten()
        .map(|entry| entry.path())
        .collect();
    folders.sort();
    folders
        .into_iter()
        .rev()
        .map(|folder| folder.join("chrome-linux/chrome"))
        .find(|chrome| chrome.exists())
}

/// Installs Debian packages; for root only.
pub fn apt(packages: &[&str]) -> Result<()> {
    say(&packages.join(" "), "a minute");
    let quiet = |arguments: &[&str]| {
        let mut apt = program("apt-get");
        apt.args(["-qq", "-y", "--no-install-recommends"])
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive");
        apt.stdout(std::process::Stdio::null());
        apt
    };
    run(&mut quiet(&["update"]))?;
    if run(quiet(&["install"]).args(packages)).is_err() {
        bail!(
            "apt could not install them. Type: apt-get install {}",
            packages.join(" ")
        );
    }
    Ok(())
}

/// Tells what is being installed and how long it takes.
pub fn say(what: &str, how_long: &str) {
    println!("Installing {what} (about {how_long}) …");
}
