//! No circle between files: whoever reads one never has to read it together with another that reads it in turn. Checked
//! over `use` lines; a name that a module hands on counts as that of the file where it is made.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::path::{Path, PathBuf};

use syn::{Attribute, Item, Meta, UseTree, Visibility};

/// What is looked at, and how many edges there are at least: less would mean that it is not read.
const ROOTS: &[(&str, usize)] = &[
    ("loyalty/src/lib.rs", 500),
    ("app/src/lib.rs", 30),
    ("server/src/lib.rs", 200),
    ("xtask/src/main.rs", 20),
];

type Module = Vec<String>;
type Files = HashMap<Module, File>;

/// One file: its module, the names that it hands on, and what it asks for.
struct File {
    path: PathBuf,
    /// Names of what is made here.
    made: BTreeSet<String>,
    /// What this module gives as its own name, and where it comes from.
    handed_on: Vec<Used>,
    used: Vec<Used>,
}

/// One path of a `use`, made absolute; the last name is `*` for everything.
#[derive(Clone)]
struct Used {
    path: Module,
    name: String,
}

fn is_of_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string().contains("test"),
        _ => false,
    })
}

/// Reads the files of a crate, from its root on along `mod`.
fn read(root: &Path) -> Files {
    let mut files = HashMap::new();
    let mut waiting = vec![(Module::new(), root.to_owned())];
    while let Some((module, path)) = waiting.pop() {
        let source = std::fs::read_to_string(&path).unwrap();
        let parsed = syn::parse_file(&source).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut file = File {
            path: path.clone(),
            made: BTreeSet::new(),
            handed_on: Vec::new(),
            used: Vec::new(),
        };
        let folder = match path.file_name().and_then(|name| name.to_str()) {
            Some("mod.rs" | "lib.rs" | "main.rs") => path.parent().unwrap().to_owned(),
            _ => path.with_extension(""),
        };
        for item in parsed.items {
            match item {
                Item::Mod(inner) if !is_of_tests(&inner.attrs) && inner.content.is_none() => {
                    let name = inner.ident.to_string();
                    let places = [
                        folder.join(format!("{name}.rs")),
                        folder.join(&name).join("mod.rs"),
                    ];
                    let place = places.iter().find(|place| place.exists()).unwrap();
                    waiting.push(([module.clone(), vec![name]].concat(), place.clone()));
                }
                Item::Use(item) if !is_of_tests(&item.attrs) => {
                    let mut found = Vec::new();
                    flatten(&item.tree, &mut Vec::new(), &mut found);
                    for (path, name) in found {
                        let Some(path) = absolute(&module, &path) else {
                            continue;
                        };
                        let used = Used { path, name };
                        match item.vis {
                            Visibility::Inherited => file.used.push(used),
                            _ => file.handed_on.push(used),
                        }
                    }
                }
                item => file.made.extend(name_of(&item)),
            }
        }
        files.insert(module, file);
    }
    files
}

fn name_of(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}

/// Each path of a tree with the name that it brings.
fn flatten(tree: &UseTree, before: &mut Module, found: &mut Vec<(Module, String)>) {
    match tree {
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            flatten(&path.tree, before, found);
            before.pop();
        }
        UseTree::Name(name) if name.ident == "self" => {
            let last = before.last().cloned().unwrap_or_default();
            found.push((before.clone(), last));
        }
        UseTree::Name(name) => {
            found.push((
                [before.clone(), vec![name.ident.to_string()]].concat(),
                name.ident.to_string(),
            ));
        }
        UseTree::Rename(rename) => {
            let path = [before.clone(), vec![rename.ident.to_string()]].concat();
            found.push((path, rename.rename.to_string()));
        }
        UseTree::Glob(_) => found.push(([before.clone(), vec!["*".to_owned()]].concat(), "*".to_owned())),
        UseTree::Group(group) => {
            for tree in &group.items {
                flatten(tree, before, found);
            }
        }
    }
}

/// The path from the crate's root; none when it leads out of the crate.
fn absolute(module: &[String], path: &[String]) -> Option<Module> {
    let (first, rest) = path.split_first()?;
    match first.as_str() {
        "crate" => Some(rest.to_vec()),
        "self" => Some([module, rest].concat()),
        "super" => {
            let (_, parent) = module.split_last()?;
            match rest.first().is_some_and(|next| next == "super") {
                true => absolute(parent, rest),
                false => Some([parent, rest].concat()),
            }
        }
        // A module of this file's own, handed on: `pub use sell::sell`.
        _ => Some([module, path].concat()),
    }
}

/// The file where what stands at this path is made; none when it is none of ours.
fn made_in(files: &Files, path: &[String], depth: usize) -> Option<Module> {
    // As far as modules go.
    let known = (0..=path.len())
        .rev()
        .find(|length| files.contains_key(&path[..*length]))?;
    let (module, rest) = path.split_at(known);
    let file = &files[module];
    let Some(name) = rest
        .first()
        .filter(|name| !file.made.contains(*name) && depth < 20)
    else {
        return Some(module.to_vec());
    };
    let named = file
        .handed_on
        .iter()
        .chain(&file.used)
        .filter(|used| used.name == *name);
    let from_named = named.filter_map(|used| made_in(files, &used.path, depth + 1));
    let all = file.handed_on.iter().filter(|used| used.name == "*");
    let from_all = all.filter_map(|used| {
        let path = [&used.path[..used.path.len() - 1], rest].concat();
        made_in(files, &path, depth + 1).filter(|found| files[found].made.contains(name))
    });
    from_named
        .chain(from_all)
        .next()
        .or_else(|| Some(module.to_vec()))
}

/// Which files each file asks for something.
fn edges(files: &Files) -> BTreeMap<Module, BTreeSet<Module>> {
    let asked = |(module, file): (&Module, &File)| {
        let others = file.used.iter().filter_map(|used| {
            let path = match used.path.split_last() {
                Some((last, before)) if last == "*" => before,
                _ => &used.path,
            };
            made_in(files, path, 0).filter(|other| other != module)
        });
        (module.clone(), others.collect())
    };
    files.iter().map(asked).collect()
}

/// Files that ask for each other, however far around: each circle once, as the shortest way around from its first file.
fn circles(edges: &BTreeMap<Module, BTreeSet<Module>>) -> Vec<Vec<Module>> {
    let mut found: Vec<Vec<Module>> = Vec::new();
    for begin in edges.keys() {
        if found.iter().any(|circle| circle.contains(begin)) {
            continue;
        }
        let (mut from, mut waiting) = (BTreeMap::new(), VecDeque::from([begin]));
        while let Some(module) = waiting.pop_front() {
            for next in &edges[module] {
                if next == begin {
                    let mut circle = vec![module.clone()];
                    while let Some(before) = from.get(circle.last().unwrap()) {
                        circle.push(Module::clone(before));
                    }
                    circle.reverse();
                    found.push(circle);
                    waiting.clear();
                    break;
                }
                if !from.contains_key(next) {
                    from.insert(next, module.clone());
                    waiting.push_back(next);
                }
            }
        }
    }
    found
}

fn told(files: &Files, circle: &[Module]) -> String {
    let paths: Vec<String> = circle
        .iter()
        .map(|module| files[module].path.display().to_string())
        .collect();
    paths.join("\n     → ")
}

#[test]
fn no_file_asks_for_one_that_asks_for_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut told_of = Vec::new();
    for (root_file, least) in ROOTS {
        let files = read(&root.join(root_file));
        let edges = edges(&files);
        let count: usize = edges.values().map(BTreeSet::len).sum();
        assert!(count >= *least, "{root_file} is read: {count} edges");
        told_of.extend(circles(&edges).iter().map(|circle| told(&files, circle)));
    }
    assert!(
        told_of.is_empty(),
        "{} circles:\n{}",
        told_of.len(),
        told_of.join("\n")
    );
}

#[test]
fn a_circle_is_found_through_a_module_that_only_hands_on() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    std::fs::create_dir(folder.path().join("room")).unwrap();
    write("lib.rs", "mod room; mod other;");
    write("room/mod.rs", "mod one; pub use one::*;");
    write("room/one.rs", "use crate::other::Other; pub struct One;");
    write("other.rs", "use crate::room::One; pub struct Other;");
    let files = read(&folder.path().join("lib.rs"));
    let found = circles(&edges(&files));
    assert_eq!(found.len(), 1);
    assert_eq!(
        found[0],
        [
            vec!["other".to_owned()],
            vec!["room".to_owned(), "one".to_owned()]
        ]
    );
    write("other.rs", "pub struct Other;");
    assert_eq!(
        circles(&edges(&read(&folder.path().join("lib.rs")))),
        Vec::<Vec<Module>>::new()
    );
}
