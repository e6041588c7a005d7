//! Texts against what is said about them and what is made of them: `golden/NAME.conf` against `golden/NAME.out`.
//! `NAME.lan` holds the files of several members of one LAN, each behind a line `--- FILE`.
//!
//! `UPDATE=1 cargo test -p tanist-conf --test golden` writes the `.out` files; the difference is then to be read.
#![expect(clippy::disallowed_methods, reason = "the golden texts are files")]

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use conf::model::Config;
use conf::{Code, Diagnostics, Environment, MemoryLoader, RenderStyle, Secrets, Severity};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// All files of the folder and of those in it.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// All files, named relative to the folder, executable as they are there.
static LOADER: LazyLock<MemoryLoader> = LazyLock::new(|| {
    files(&folder()).into_iter().fold(MemoryLoader::default(), |loader, path| {
        let name = path.strip_prefix(folder()).unwrap().to_owned();
        let executable = fs::metadata(&path).unwrap().permissions().mode() & 0o111 != 0;
        let loader = if executable { loader.executable(name.clone()) } else { loader };
        loader.with(name, fs::read(&path).unwrap())
    })
});

fn cases() -> BTreeSet<PathBuf> {
    let names = files(&folder()).into_iter().map(|path| path.strip_prefix(folder()).unwrap().to_owned());
    names.filter(|name| name.extension().is_some_and(|extension| extension == "conf" || extension == "lan")).collect()
}

/// What is said about a case, and what is made of it.
fn load(name: &Path) -> (Diagnostics, String) {
    if name.extension().is_some_and(|extension| extension == "lan") {
        return (load_lan(&fs::read_to_string(folder().join(name)).unwrap()), String::new());
    }
    let environment = Environment { config_id: Some("left".to_owned()), ..Environment::default() };
    let conf::Loaded { config, diagnostics, places: _, routers } =
        conf::load_in(&environment, name, &mut LOADER.clone());
    (diagnostics, describe(&config) + &format!("# {}\n", conf::summary(&routers)))
}

fn load_lan(text: &str) -> Diagnostics {
    let mut loader = MemoryLoader::default();
    let mut members = Vec::new();
    for (name, content) in text.split("--- ").skip(1).filter_map(|member| member.split_once('\n')) {
        members.push((Environment::default(), PathBuf::from(name)));
        loader = loader.with(name, content);
    }
    conf::load_lan(&members, &mut loader).diagnostics
}

/// Every case says what its `.out` file says.
#[test]
fn texts_become_what_is_written_beside_them() {
    let mut wrong = Vec::new();
    for name in cases() {
        let (diagnostics, made) = load(&name);
        let now = format!("{}{made}", diagnostics.render(RenderStyle::Plain));
        let path = folder().join(name.with_extension("out"));
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&path, &now).unwrap();
        } else if fs::read_to_string(&path).unwrap_or_default() != now {
            wrong.push(format!("{}:\n{now}", name.display()));
        }
    }
    assert!(wrong.is_empty(), "differs from golden files (UPDATE=1 to accept):\n{}", wrong.join("\n"));
}

/// Sixty configurations of the kinds that people run: `valid/` and `deployments/`. Advice may be given; what is not carried out
/// is told once for each feature.
#[test]
fn real_deployments_draw_no_warning() {
    let real = cases().into_iter().filter(|name| name.starts_with("valid") || name.starts_with("deployments"));
    let mut count = 0;
    for name in real {
        let (diagnostics, _) = load(&name);
        let unsupported = diagnostics.iter().filter(|said| said.severity == Severity::Unsupported);
        let notes: Vec<_> = unsupported.map(|said| (said.code, said.note.clone())).collect();
        let features: BTreeSet<_> = notes.iter().collect();
        assert!(diagnostics.worst() < Some(Severity::Warning), "{}", diagnostics.render(RenderStyle::Plain));
        assert_eq!(features.len(), notes.len(), "{}", diagnostics.render(RenderStyle::Plain));
        count += 1;
    }
    assert!(count >= 60, "{count}");
}

/// Every code of the table occurs in some case, so that its words have been read once.
#[test]
fn every_code_has_a_case() {
    let said: BTreeSet<Code> = cases()
        .iter()
        .flat_map(|name| load(name).0.iter().map(|diagnostic| diagnostic.code).collect::<Vec<_>>())
        .collect();
    // What depends on the machine is tested in keywords.rs.
    let elsewhere = [
        Code::MachineInterface,
        Code::MachineVirtualMac,
        Code::MachineProgram,
        Code::MachineSource,
        Code::MachineScriptRefused,
        Code::MachineScriptWeak,
        Code::MachineUser,
        Code::FileUnreadable,
        Code::NothingConfigured,
        Code::MainNotPlain,
        Code::IncludeUnreadable,
        Code::ConditionUnknown,
        Code::HmacKeyShared,
    ];
    let missing: Vec<_> = Code::ALL.iter().filter(|code| !said.contains(code) && !elsewhere.contains(code)).collect();
    assert!(missing.is_empty(), "no case for {missing:?}");
}

/// The model as a text, the keys that were read from files behind it.
fn describe(config: &Config) -> String {
    let mut out = config.to_text(Secrets::Shown);
    for router in config.routers.iter().chain(&config.left_out) {
        for key in router.hmac.iter().flat_map(|hmac| &hmac.keys) {
            let bytes: String = key.bytes.expose().iter().map(|byte| format!("{byte:02x}")).collect();
            out += &format!("# {}, key {}: {bytes}\n", router.name, key.id);
        }
    }
    out
}
