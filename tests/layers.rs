//! Imports point one way. This test reads the sources and fails on an import that goes up, on any circle between files, and on
//! logic in a `lib.rs` or `mod.rs`, behind which an import could hide. It names the file and the line.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::path::Path;
use std::slice::from_ref;

/// The core from bottom to top. A file imports from its own folder and from the layers below its own; what stands together on
/// a layer does not know each other.
const LAYERS: [&[&str]; 12] = [
    // These know nobody.
    &["text", "cancel", "log", "answer_json", "version"],
    // What can be said of an attempt: error, cause, report.
    &["outcome"],
    // What a caller wrote, parsed once.
    &["request_json", "credential", "identifier"],
    // The wire types.
    &["model"],
    // Rules that need no server.
    &["state_machine", "validate"],
    &["config"],
    // One call over HTTP, with retries and pacing.
    &["transport"],
    // The two requests of the remote API.
    &["api"],
    // What is made of several requests.
    &["launch", "upload"],
    &["client"],
    &["sandbox"],
    // The program.
    &["bin"],
];

#[test]
fn no_import_of_the_core_goes_up() {
    let mut wrong = Vec::new();
    let files = sources("src", "rs");
    for file in files.keys() {
        if unit(file) != "lib" && layer(unit(file)).is_none() {
            wrong.push(format!("{file} stands on no layer; give it one in LAYERS"));
        }
    }
    for name in LAYERS.iter().flat_map(|names| names.iter()) {
        if !files.keys().any(|file| unit(file) == *name) {
            wrong.push(format!("{name} of LAYERS does not exist"));
        }
    }
    for import in core_imports() {
        let (from, to) = (unit(&import.from), unit(&import.to));
        if from != "lib" && from != to && layer(from) <= layer(to) {
            wrong.push(format!("{import}, which does not stand below it"));
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let mut imports = core_imports();
    imports.extend(imports_of("bindings/c/src", "lib.rs"));
    imports.extend(imports_of("bindings/python/src", "lib.rs"));
    imports.extend(python_imports("bindings/python/python/campaigns8x8"));
    let circles = circles(&imports);
    assert!(circles.is_empty(), "\n{}\n", circles.join("\n\n"));
}

#[test]
fn lib_rs_and_mod_rs_of_the_core_hide_nothing() {
    let is_face = |file: &str| file.ends_with("/lib.rs") || file.ends_with("/mod.rs");
    let mut wrong = Vec::new();
    for import in core_imports() {
        if is_face(&import.to) {
            wrong.push(format!("{import} as a whole; name what it takes"));
        }
    }
    for (file, text) in sources("src", "rs") {
        if is_face(&file) {
            wrong.extend(
                first_logic(&text).map(|line| format!("{file}:{line} is neither mod nor use")),
            );
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn imports_of_every_form_are_seen() {
    let files = [
        (
            "s/lib.rs",
            "mod a; mod b;\npub use b::{Deep, other as Face};",
        ),
        (
            "s/a.rs",
            "use crate::{\n  b::Deep,\n  Face as F};\n// use crate::b::x;\nfn f<'a>() { \"crate::b\"; let _ = '\"'; crate::b::two::g(); }\n\
             mod tests { use super::*; use super::super::b; }",
        ),
        (
            "s/b/mod.rs",
            "mod one;\nmod two;\npub(crate) use one::*;\npub use one::Deep; pub use two::other;",
        ),
        (
            "s/b/one.rs",
            "use super::two;\nuse std::fmt;\npub(in crate::b) struct Deep;",
        ),
        ("s/b/two.rs", "pub fn other() { r#\"\nuse crate::a;\"#; }"),
    ];
    let files = files.map(|(file, text)| (file.to_owned(), text.to_owned()));
    let krate = Crate::read("s", "lib.rs", files.into_iter().collect());
    let seen: Vec<_> = krate
        .imports()
        .into_iter()
        .filter(|import| !import.from.ends_with("/lib.rs") && !import.from.ends_with("/mod.rs"))
        .map(|import| format!("{}:{} {}", import.from, import.line, import.to))
        .collect();
    let expected = [
        "s/a.rs:2 s/b/one.rs",
        "s/a.rs:3 s/b/two.rs",
        "s/a.rs:5 s/b/two.rs",
        "s/a.rs:6 s/b/mod.rs",
        "s/b/one.rs:1 s/b/two.rs",
    ];
    assert_eq!(seen, expected);
    assert_eq!(
        first_logic("//! Docs.\n#![a]\nmod a;\n\nfn f() {}"),
        Some(5)
    );
    assert_eq!(
        first_logic("#[cfg(test)]\npub mod a;\npub(crate) use a::{B, C};"),
        None
    );
    let import = |from: &str, to: &str| Import::new(from, 1, to);
    let round = [
        import("a", "b"),
        import("b", "c"),
        import("c", "a"),
        import("c", "d"),
    ];
    assert_eq!(circles(&round).len(), 1);
    assert_eq!(circles(&round[1..]).len(), 0);
}

/// `file` takes something from another file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Import {
    from: String,
    line: usize,
    to: String,
}

impl Import {
    fn new(from: &str, line: usize, to: &str) -> Self {
        let (from, to) = (from.to_owned(), to.to_owned());
        Self { from, line, to }
    }
}

impl std::fmt::Display for Import {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{} imports {}", self.from, self.line, self.to)
    }
}

fn core_imports() -> Vec<Import> {
    let mut imports = imports_of("src", "lib.rs");
    imports.extend(imports_of("src/bin/campaigns8x8", "main.rs"));
    imports
}

fn imports_of(folder: &str, root: &str) -> Vec<Import> {
    let mut files = sources(folder, "rs");
    // Each program is a crate of its own.
    files.retain(|file, _| !file.starts_with("src/bin/") || folder.starts_with("src/bin/"));
    Crate::read(folder, root, files).imports()
}

/// The file or folder of `src` in which a file stands, without its ending.
fn unit(file: &str) -> &str {
    let below = file.strip_prefix("src/").unwrap_or(file);
    let name = below.split('/').next().unwrap_or(below);
    name.strip_suffix(".rs").unwrap_or(name)
}

fn layer(unit: &str) -> Option<usize> {
    LAYERS.iter().position(|names| names.contains(&unit))
}

/// The texts of all files below `folder` with this ending, by their paths from the project's root.
fn sources(folder: &str, ending: &str) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for entry in fs::read_dir(root.join(folder)).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.file_type().unwrap().is_dir() {
            files.append(&mut sources(&path, ending));
        } else if path.ends_with(&format!(".{ending}")) {
            files.insert(path, fs::read_to_string(entry.path()).unwrap());
        }
    }
    files
}

/// Circles, each as a short way round. Of those that share an import only one is told.
fn circles(imports: &[Import]) -> Vec<String> {
    let mut told = BTreeSet::new();
    let mut circles = Vec::new();
    for import in imports {
        let way = way_round(imports, import);
        if !way.is_empty() && !way.iter().any(|step| told.contains(step)) {
            let steps: Vec<_> = way.iter().map(ToString::to_string).collect();
            circles.push(steps.join("\n"));
            told.extend(way);
        }
    }
    circles
}

/// The shortest way that begins with `first` and ends where that began; empty if there is none.
fn way_round<'a>(imports: &'a [Import], first: &'a Import) -> Vec<&'a Import> {
    let mut ways = VecDeque::from([vec![first]]);
    let mut reached = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        let end = &way[way.len() - 1].to;
        if *end == first.from {
            return way;
        }
        if reached.insert(end) {
            let next = imports.iter().filter(|next| next.from == *end);
            ways.extend(next.map(|next| [way.as_slice(), &[next]].concat()));
        }
    }
    Vec::new()
}

/// The modules of a crate, and which names each takes from where.
struct Crate {
    modules: BTreeMap<Vec<String>, Module>,
}

struct Module {
    file: String,
    /// Paths that stand in the file, each with the name under which it is known there, if it is a `use`.
    paths: Vec<Named>,
}

struct Named {
    line: usize,
    path: Vec<String>,
    name: Option<String>,
    /// How many modules inside the file it stands in.
    depth: usize,
}

impl Crate {
    fn read(folder: &str, root: &str, files: BTreeMap<String, String>) -> Self {
        let module = |(file, text): (String, String)| {
            let below = &file[folder.len() + 1..file.len() - ".rs".len()];
            let mut path: Vec<_> = below.split('/').map(str::to_owned).collect();
            if path.last().is_some_and(|name| name == "mod") || file == format!("{folder}/{root}") {
                path.pop();
            }
            let paths = paths(&tokens(&text));
            (path, Module { file, paths })
        };
        let modules = files.into_iter().map(module).collect();
        Self { modules }
    }

    fn imports(&self) -> Vec<Import> {
        let mut imports = Vec::new();
        for (at, module) in &self.modules {
            for named in &module.paths {
                match self.find(at, named, 0) {
                    Some(file) if *file != module.file => {
                        imports.push(Import::new(&module.file, named.line, file));
                    }
                    _ => {}
                }
            }
        }
        imports.sort();
        imports.dedup();
        imports
    }

    /// The file in which the thing is defined that a path names; `None` if that is in another crate. Follows what a module
    /// only hands on.
    fn find(&self, at: &[String], named: &Named, handed_on: usize) -> Option<&str> {
        let mut at = at.to_vec();
        let mut depth = named.depth;
        let mut first = true;
        for name in &named.path {
            match name.as_str() {
                "crate" => at.clear(),
                "self" | "*" => {}
                "super" if depth > 0 => depth -= 1,
                "super" => drop(at.pop()),
                _ if self
                    .modules
                    .contains_key(&[at.as_slice(), from_ref(name)].concat()) =>
                {
                    at.push(name.clone());
                }
                _ => {
                    let module = self.modules.get(&at)?;
                    let mut uses = module.paths.iter();
                    let used = uses.find(|other| other.name.as_ref() == Some(name));
                    return match used {
                        // More than once handed on in a row only where a name stands for itself.
                        Some(used) if handed_on < 9 && used.path != [name.as_str()] => {
                            self.find(&at, used, handed_on + 1)
                        }
                        None if first => None,
                        _ => Some(&module.file),
                    };
                }
            }
            first = false;
        }
        self.modules.get(&at).map(|module| module.file.as_str())
    }
}

type Token = (usize, String);

/// The words and signs of a Rust source with their lines, without comments, strings and characters.
fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let chars: Vec<char> = text.chars().collect();
    let (mut at, mut line) = (0, 1);
    let sees = |at: usize, what: &str| {
        what.chars()
            .enumerate()
            .all(|(i, c)| chars.get(at + i) == Some(&c))
    };
    while at < chars.len() {
        let start = at;
        let c = chars[at];
        if sees(at, "//") {
            while at < chars.len() && chars[at] != '\n' {
                at += 1;
            }
        } else if sees(at, "/*") {
            while at < chars.len() && !sees(at, "*/") {
                at += 1;
            }
            at += 2;
        } else if sees(at, "r\"")
            || sees(at, "r#") && !chars.get(at + 2).is_some_and(|c| c.is_alphabetic())
        {
            let hashes = chars[at + 1..].iter().take_while(|c| **c == '#').count();
            let end = format!("\"{}", "#".repeat(hashes));
            at += hashes + 2;
            while at < chars.len() && !sees(at, &end) {
                at += 1;
            }
            at += end.len();
        } else if c == '"' {
            at += 1;
            while at < chars.len() && chars[at] != '"' {
                at += if chars[at] == '\\' { 2 } else { 1 };
            }
            at += 1;
        } else if c == '\'' && (sees(at + 1, "\\") || chars.get(at + 2) == Some(&'\'')) {
            at += if sees(at + 1, "\\") { 3 } else { 2 };
            while at < chars.len() && chars[at] != '\'' {
                at += 1;
            }
            at += 1;
        } else if c.is_alphanumeric() || c == '_' {
            while at < chars.len() && (chars[at].is_alphanumeric() || chars[at] == '_') {
                at += 1;
            }
            tokens.push((line, chars[start..at].iter().collect()));
        } else if sees(at, "::") {
            at += 2;
            tokens.push((line, "::".to_owned()));
        } else {
            at += 1;
            if !c.is_whitespace() {
                tokens.push((line, c.to_string()));
            }
        }
        line += chars[start..at.min(chars.len())]
            .iter()
            .filter(|c| **c == '\n')
            .count();
    }
    tokens
}

/// The paths of every `use`, and those in code that begin with `crate`, `self` or `super`.
fn paths(tokens: &[Token]) -> Vec<Named> {
    let word = |at: usize| tokens.get(at).map_or("", |(_, word)| word.as_str());
    let mut paths = Vec::new();
    // The depths of braces at which modules inside the file begin.
    let (mut modules, mut braces) = (Vec::new(), 0);
    let mut at = 0;
    while at < tokens.len() {
        match word(at) {
            "{" => braces += 1,
            "}" => {
                braces -= 1;
                modules.pop_if(|begins| *begins == braces);
            }
            "mod" if word(at + 2) == "{" => modules.push(braces),
            "pub" if word(at + 1) == "(" => {
                while word(at) != ")" {
                    at += 1;
                }
            }
            "use" => {
                let (leaves, end) = use_tree(tokens, at + 1, &[]);
                paths.extend(leaves.into_iter().map(|(line, path, name)| Named {
                    line,
                    path,
                    name: Some(name),
                    depth: modules.len(),
                }));
                at = end;
            }
            "crate" | "self" | "super"
                if word(at + 1) == "::" && word(at.wrapping_sub(1)) != "::" =>
            {
                let line = tokens[at].0;
                let mut path = vec![word(at).to_owned()];
                while word(at + 1) == "::"
                    && word(at + 2).starts_with(|c: char| c.is_alphabetic() || c == '_')
                {
                    at += 2;
                    path.push(word(at).to_owned());
                }
                let depth = modules.len();
                paths.push(Named {
                    line,
                    path,
                    name: None,
                    depth,
                });
            }
            _ => {}
        }
        at += 1;
    }
    paths
}

/// A line, a whole path, and the name under which its end is known.
type Leaf = (usize, Vec<String>, String);

/// Reads the tree of a `use` from `at` on, below `before`: its leaves, and where it ends.
fn use_tree(tokens: &[Token], mut at: usize, before: &[String]) -> (Vec<Leaf>, usize) {
    let word = |at: usize| tokens.get(at).map_or(";", |(_, word)| word.as_str());
    let mut path = before.to_vec();
    let mut line = 0;
    loop {
        match word(at) {
            "::" => {}
            "{" => {
                let mut leaves = Vec::new();
                at += 1;
                while word(at) != "}" && word(at) != ";" {
                    let (mut more, end) = use_tree(tokens, at, &path);
                    leaves.append(&mut more);
                    at = if word(end) == "," { end + 1 } else { end };
                }
                return (leaves, at + 1);
            }
            "," | "}" | ";" | "as" => break,
            name => {
                line = tokens[at].0;
                path.push(name.to_owned());
            }
        }
        at += 1;
    }
    let own = path.iter().rev().find(|name| *name != "self");
    let mut name = own.cloned().unwrap_or_default();
    if word(at) == "as" {
        name = word(at + 1).to_owned();
        at += 2;
    }
    (vec![(line, path, name)], at)
}

/// The line of the first thing that is neither an attribute nor `mod …;` nor `use …;`.
fn first_logic(text: &str) -> Option<usize> {
    let tokens = tokens(text);
    let word = |at: usize| tokens.get(at).map_or(";", |(_, word)| word.as_str());
    let skip = |mut at: usize, end: &str| {
        while at < tokens.len() && word(at) != end {
            at += 1;
        }
        at + 1
    };
    let mut at = 0;
    while at < tokens.len() {
        at = match word(at) {
            "#" => skip(at, "]"),
            "pub" if word(at + 1) == "(" => skip(at, ")"),
            "pub" => at + 1,
            "mod" if word(at + 2) == ";" => at + 3,
            "use" => skip(at, ";"),
            _ => return Some(tokens[at].0),
        };
    }
    None
}

/// What the modules of a Python package import from each other, for types alone too.
fn python_imports(folder: &str) -> Vec<Import> {
    let files = sources(folder, "py");
    let mut imports = Vec::new();
    for (file, text) in &files {
        for (number, line) in text.lines().enumerate() {
            let Some((module, names)) = line
                .trim()
                .strip_prefix("from .")
                .and_then(|rest| rest.split_once("import "))
            else {
                continue;
            };
            let names = match module.trim() {
                "" => names,
                module => module,
            };
            for name in names
                .split([',', '(', ')', ' '])
                .filter(|name| !name.is_empty())
            {
                let mut to = format!("{folder}/{name}.py");
                if !files.contains_key(&to) && module.trim().is_empty() {
                    to = format!("{folder}/__init__.py");
                }
                // What is not there is native.
                if files.contains_key(&to) && to != *file {
                    imports.push(Import::new(file, number + 1, &to));
                }
            }
        }
    }
    imports
}
