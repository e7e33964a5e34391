//! Finds which module of a crate uses which. Every path in a module's files is followed through re-exports to
//! the module that defines the name. Test code is ignored, and so are re-exports that the module itself does
//! not use.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The segments of a path or the name of a module, without the crate: `["database", "session"]`.
pub type Segments = Vec<String>;

/// The modules of one crate.
pub struct Crate {
    modules: BTreeMap<Segments, Module>,
}

/// One file.
#[derive(Default)]
struct Module {
    children: BTreeSet<String>,
    /// The names that `use` brings into scope, with their paths as written.
    imports: BTreeMap<String, Segments>,
    /// The imports that are re-exports.
    exported: BTreeSet<String>,
    /// Paths in the code.
    paths: Vec<Segments>,
    /// All other words of the code.
    words: BTreeSet<String>,
}

impl Crate {
    /// Reads the file `lib.rs` of `folder` and the modules that it declares.
    pub fn read(folder: &Path) -> Self {
        let mut this = Self { modules: BTreeMap::new() };
        this.add(&folder.join("lib.rs"), folder, Vec::new());
        this
    }

    fn add(&mut self, file: &Path, folder: &Path, name: Segments) {
        let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let mut module = Module::default();
        module.scan(text.parse().unwrap_or_else(|error| panic!("{}: {error}", file.display())));
        for child in &module.children {
            let of_folder = folder.join(child).join("mod.rs");
            let file = if of_folder.exists() { of_folder } else { folder.join(format!("{child}.rs")) };
            self.add(&file, &folder.join(child), [name.clone(), vec![child.clone()]].concat());
        }
        self.modules.insert(name, module);
    }

    /// Returns every pair of modules in which the first uses the second.
    pub fn arrows(&self) -> BTreeSet<(Segments, Segments)> {
        let mut arrows = BTreeSet::new();
        for (name, module) in &self.modules {
            let is_used = |import: &str| !module.exported.contains(import) || module.words.contains(import);
            let imported = module.imports.iter().filter(|(import, _)| is_used(import)).map(|(_, path)| path);
            for path in imported.chain(&module.paths) {
                if let Some(definer) = self.definer(name, path, 0)
                    && definer != *name
                {
                    arrows.insert((name.clone(), definer));
                }
            }
        }
        arrows
    }

    /// Returns every pair of a module and a crate with the name `prefix…` that it uses.
    pub fn crates(&self, prefix: &str) -> BTreeSet<(Segments, String)> {
        let mut used = BTreeSet::new();
        for (name, module) in &self.modules {
            let firsts = module.imports.values().chain(&module.paths).filter_map(|path| path.first());
            used.extend(
                firsts.filter(|first| first.starts_with(prefix)).map(|first| (name.clone(), first.clone())),
            );
        }
        used
    }

    /// Returns the module that defines what `path` in module `from` names, or `None` for a module and for
    /// another crate's name.
    fn definer(&self, from: &Segments, path: &[String], depth: usize) -> Option<Segments> {
        let (first, mut rest) = path.split_first()?;
        let mut at = match first.as_str() {
            "crate" => Vec::new(),
            "self" => from.clone(),
            "super" => from[..from.len() - 1].to_vec(),
            word if self.modules[from].children.contains(word) => {
                [from.clone(), vec![first.clone()]].concat()
            }
            word => {
                // A name that `use` has brought into scope. Two hundred of them in a row would be a cycle.
                let import = self.modules[from].imports.get(word).filter(|import| import[0] != *word)?;
                return (depth < 200).then(|| self.definer(from, &[import, rest].concat(), depth + 1))?;
            }
        };
        while let Some((word, after)) = rest.split_first() {
            let module = &self.modules[&at];
            if word == "super" {
                at.pop();
            } else if module.children.contains(word) {
                at.push(word.clone());
            } else if let Some(import) = module.imports.get(word) {
                return (depth < 200).then(|| self.definer(&at, &[import, after].concat(), depth + 1))?;
            } else {
                return Some(at);
            }
            rest = after;
        }
        None
    }
}

impl Module {
    fn scan(&mut self, tokens: TokenStream) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            at += 1;
            match token {
                TokenTree::Punct(sign) if sign.as_char() == '#' && is_cfg_test(tokens.get(at)) => {
                    at = item_end(&tokens, at);
                }
                TokenTree::Ident(word) if word == "mod" => {
                    if let (Some(TokenTree::Ident(name)), Some(TokenTree::Punct(_))) =
                        (tokens.get(at), tokens.get(at + 1))
                    {
                        self.children.insert(name.to_string());
                    }
                }
                TokenTree::Ident(word) if word == "use" => {
                    let end = item_end(&tokens, at);
                    let exported = tokens[..at - 1].iter().rev().take(2).any(|token| is_word(token, "pub"));
                    self.tree(&tokens[at..end], &[], exported);
                    at = end;
                }
                TokenTree::Ident(word) => {
                    let mut path = vec![word.to_string()];
                    while is_path_separator(&tokens[at..])
                        && let Some(TokenTree::Ident(next)) = tokens.get(at + 2)
                    {
                        path.push(next.to_string());
                        at += 3;
                    }
                    if path.len() > 1 {
                        self.paths.push(path.clone());
                    }
                    self.words.insert(path.swap_remove(0));
                }
                TokenTree::Group(group) => self.scan(group.stream()),
                _ => {}
            }
        }
    }

    /// Reads one tree of a `use`, after the prefix `before`.
    fn tree(&mut self, tokens: &[TokenTree], before: &[String], exported: bool) {
        let mut path = before.to_vec();
        let mut name = None;
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            at += 1;
            match token {
                TokenTree::Ident(word) if word == "as" => {
                    name = tokens.get(at).map(ToString::to_string);
                    at += 1;
                }
                TokenTree::Ident(word) if word == "self" && !path.is_empty() => {}
                TokenTree::Ident(word) => path.push(word.to_string()),
                TokenTree::Group(group) => {
                    let inner: Vec<_> = group.stream().into_iter().collect();
                    let is_comma =
                        |token: &TokenTree| matches!(token, TokenTree::Punct(sign) if sign.as_char() == ',');
                    for tree in inner.split(is_comma).filter(|tree| !tree.is_empty()) {
                        self.tree(tree, &path, exported);
                    }
                    return;
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
        let name = name.or_else(|| path.last().cloned()).unwrap_or_default();
        // Several traits may be imported as `_`.
        let name = if name == "_" { path.join("::") } else { name };
        if exported {
            self.exported.insert(name.clone());
        }
        self.imports.insert(name, path);
    }
}

fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == word)
}

fn is_path_separator(tokens: &[TokenTree]) -> bool {
    let is_colon = |token: &TokenTree| matches!(token, TokenTree::Punct(sign) if sign.as_char() == ':');
    tokens.len() > 1 && tokens[..2].iter().all(is_colon)
}

/// Returns whether this is the group of `#[cfg(test)]`.
fn is_cfg_test(token: Option<&TokenTree>) -> bool {
    matches!(token, Some(TokenTree::Group(group)) if group.stream().to_string().replace(' ', "") == "cfg(test)")
}

/// Returns where the item that begins at `at` ends: after its `;` or its braces. Braces do not end a `use`.
fn item_end(tokens: &[TokenTree], at: usize) -> usize {
    let is_use = is_path_separator(&tokens[(at + 1).min(tokens.len())..]);
    let ends = |token: &TokenTree| match token {
        TokenTree::Punct(sign) => sign.as_char() == ';',
        TokenTree::Group(group) => !is_use && group.delimiter() == Delimiter::Brace,
        _ => false,
    };
    tokens[at..].iter().position(ends).map_or(tokens.len(), |length| at + length + 1)
}
