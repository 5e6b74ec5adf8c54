//! The public items of a source file, one line each.

use std::collections::{BTreeMap, BTreeSet};

use super::normal;

/// The name of the type that a line is about, or of the function.
type Name = String;

/// What a crate or a part of it offers.
#[derive(Default)]
pub struct Api {
    lines: BTreeMap<Name, BTreeSet<String>>,
    types: BTreeSet<Name>,
    functions: BTreeSet<Name>,
}

impl Api {
    /// Adds the items of `source`; `staged` tells whether `#[unstable]` marks what does not count.
    pub fn add(&mut self, source: &str, staged: bool) {
        // Not stable, and nothing that the parser knows: an implementation usable in constants.
        let source = source.replace("> const Default for", "> Default for");
        let file = syn::parse_file(&source).expect("Rust source");
        for item in &file.items {
            self.item(item, staged);
        }
    }

    /// The public types.
    pub fn types(&self) -> &BTreeSet<Name> {
        &self.types
    }

    /// All lines about public types and functions.
    pub fn lines(&self) -> BTreeSet<String> {
        self.lines_of(self)
    }

    /// The lines about types and functions that are public in `other`.
    pub fn lines_of(&self, other: &Api) -> BTreeSet<String> {
        let named = |name: &&Name| other.types.contains(*name) || other.functions.contains(*name);
        self.lines
            .iter()
            .filter(|(name, _)| named(name))
            .flat_map(|(_, lines)| lines.clone())
            .collect()
    }

    fn line(&mut self, name: &str, line: String) {
        self.lines.entry(name.to_owned()).or_default().insert(line);
    }

    fn item(&mut self, item: &syn::Item, staged: bool) {
        match item {
            syn::Item::Mod(module) => {
                // Of our crate, only what std has too: not the probe, not what stands in
                // crates, not the C functions.
                let ours = [
                    "of_crates",
                    "probe",
                    "interface",
                    "cost",
                    "deadlock",
                    "variables",
                    "prelude",
                    "display",
                    "sealed",
                ];
                if ours.contains(&module.ident.to_string().as_str()) || cfg_test(&module.attrs) {
                    return;
                }
                for item in module.content.iter().flat_map(|(_, items)| items) {
                    self.item(item, staged);
                }
            }
            syn::Item::Struct(item) if counts(&item.vis, &item.attrs, staged) => {
                let name = item.ident.to_string();
                let line = format!(
                    "{}struct {name}{}",
                    attributes(&item.attrs),
                    normal::generics(&item.generics)
                );
                self.types.insert(name.clone());
                self.line(&name, line);
                for derived in derives(&item.attrs) {
                    self.line(&name, derived_implementation(&derived, item));
                }
            }
            syn::Item::Trait(item) if counts(&item.vis, &item.attrs, staged) => {
                let name = item.ident.to_string();
                self.types.insert(name.clone());
                self.line(
                    &name,
                    format!("trait {name}{}", normal::generics(&item.generics)),
                );
                for item in &item.items {
                    if let syn::TraitItem::Fn(function) = item {
                        self.line(
                            &name,
                            format!("{name}::{}", normal::signature(&function.sig)),
                        );
                    }
                }
            }
            syn::Item::Const(item) if counts(&item.vis, &item.attrs, staged) => {
                let name = item.ident.to_string();
                self.functions.insert(name.clone());
                let line = format!(
                    "{}const {name}: {}",
                    attributes(&item.attrs),
                    normal::ty(&item.ty)
                );
                self.line(&name, line);
            }
            syn::Item::Fn(item) if counts(&item.vis, &item.attrs, staged) => {
                let name = item.sig.ident.to_string();
                if name.starts_with('_') {
                    return;
                }
                self.functions.insert(name.clone());
                let line = format!(
                    "{}{}",
                    attributes(&item.attrs),
                    normal::signature(&item.sig)
                );
                self.line(&name, line);
            }
            syn::Item::Impl(item) if !unstable(&item.attrs, staged) => {
                self.implementation(item, staged)
            }
            syn::Item::Macro(item) => self.macro_call(item),
            _ => {}
        }
    }

    fn implementation(&mut self, item: &syn::ItemImpl, staged: bool) {
        let target = normal::ty(&item.self_ty);
        let name = type_name(&target);
        let Some((not, of, _)) = &item.trait_ else {
            for function in &item.items {
                let syn::ImplItem::Fn(function) = function else {
                    continue;
                };
                if !counts(&function.vis, &function.attrs, staged) {
                    continue;
                }
                let generics = normal::generics(&item.generics);
                let signature = normal::signature(&function.sig);
                let (generics, target, signature) =
                    without_lonely_lifetimes(&generics, &target, &signature);
                let line = format!(
                    "{}impl{generics} {target}: {signature}",
                    attributes(&function.attrs)
                );
                self.line(&name, line);
            }
            return;
        };
        let of_name = of
            .segments
            .last()
            .map(|last| last.ident.to_string())
            .unwrap_or_default();
        // Implementation details of derives, of specialisation and of the library's own layers.
        let internal = [
            "AsInner",
            "FromInner",
            "IntoInner",
            "Sealed",
            "SpecReadByte",
            "StructuralPartialEq",
            "TrivialClone",
        ];
        if internal.contains(&of_name.as_str()) {
            return;
        }
        let safety = if item.unsafety.is_some() {
            "unsafe "
        } else {
            ""
        };
        let not = if not.is_some() { "!" } else { "" };
        let of = normal::path(of);
        // A conversion from one of our types into a foreign one is a line about ours.
        let about = if of_name == "From" {
            type_name(of.trim_start_matches("From < "))
        } else {
            name.clone()
        };
        let generics = normal::generics(&item.generics);
        let line = implementation_line(safety, &generics, &format!("{not}{of}"), &target);
        let about = if self.is_twin(&about) { about } else { name };
        self.line(&about, line);
    }

    /// Whether a name looks like one of the types that conversions are about.
    fn is_twin(&self, name: &str) -> bool {
        ["Stdout", "Stderr"].contains(&name)
    }

    /// The macros of the real library that stand for implementations.
    fn macro_call(&mut self, item: &syn::ItemMacro) {
        if item.mac.path.is_ident("impl_is_terminal") {
            for target in item.mac.tokens.to_string().split(',').map(str::trim) {
                if let Ok(target) = syn::parse_str::<syn::Type>(target) {
                    let target = normal::ty(&target);
                    self.line(&type_name(&target), format!("impl IsTerminal for {target}"));
                }
            }
        }
    }
}

fn implementation_line(safety: &str, generics: &str, of: &str, target: &str) -> String {
    let (generics, of, target) = without_lonely_lifetimes(generics, of, target);
    format!("{safety}impl{generics} {of} for {target}")
}

/// One spelling for an implementation: a lifetime that is named only once may as well not be.
/// Returns the generic parameters and the two texts that use them.
fn without_lonely_lifetimes(generics: &str, first: &str, second: &str) -> (String, String, String) {
    let mut parameters: Vec<&str> = generics
        .trim_start_matches('<')
        .trim_end_matches('>')
        .split(" , ")
        .map(str::trim)
        .collect();
    let (mut first, mut second) = (first.to_owned(), second.to_owned());
    parameters.retain(|parameter| {
        let lonely = parameter.starts_with('\'')
            && !parameter.contains(':')
            && !generics.contains(&format!(": {parameter}"))
            && !generics.contains(&format!("+ {parameter}"))
            && first.matches(parameter).count() + second.matches(parameter).count() == 1;
        if lonely {
            first = first.replace(parameter, "'_");
            second = second.replace(parameter, "'_");
        }
        !lonely && !parameter.is_empty()
    });
    // A clause after the parameters keeps its place: it never stands with lifetimes in these files.
    let generics = match parameters.as_slice() {
        [] => String::new(),
        _ if generics.contains("> where") => generics.to_owned(),
        parameters => format!("< {} >", parameters.join(" , ")),
    };
    (generics, first, second)
}

/// The implementation that `#[derive]` makes.
fn derived_implementation(derived: &str, item: &syn::ItemStruct) -> String {
    let mut generics = item.generics.clone();
    for parameter in generics.type_params_mut() {
        let bounds = std::mem::take(&mut parameter.bounds);
        let derived: syn::TypeParamBound = syn::parse_str(derived).expect("a trait");
        parameter.bounds = std::iter::once(derived).chain(bounds).collect();
    }
    let (_, arguments, _) = item.generics.split_for_impl();
    let target = syn::parse_str(&format!(
        "{}{}",
        item.ident,
        quote::ToTokens::to_token_stream(&arguments)
    ));
    let target = normal::ty(&target.expect("a type"));
    implementation_line("", &normal::generics(&generics), derived, &target)
}

fn type_name(target: &str) -> String {
    let target = target.trim_start_matches('&').trim();
    target
        .split([' ', '<', '>'])
        .next()
        .unwrap_or_default()
        .to_owned()
}

fn counts(visibility: &syn::Visibility, attributes: &[syn::Attribute], staged: bool) -> bool {
    let stable = !staged
        || attributes
            .iter()
            .any(|attribute| attribute.path().is_ident("stable"));
    matches!(visibility, syn::Visibility::Public(_))
        && stable
        && !unstable(attributes, staged)
        && !hidden(attributes)
}

fn unstable(attributes: &[syn::Attribute], staged: bool) -> bool {
    staged
        && attributes
            .iter()
            .any(|attribute| attribute.path().is_ident("unstable"))
}

fn hidden(attributes: &[syn::Attribute]) -> bool {
    let is_hidden = |attribute: &syn::Attribute| {
        attribute.path().is_ident("doc")
            && attribute
                .meta
                .require_list()
                .is_ok_and(|list| list.tokens.to_string() == "hidden")
    };
    attributes.iter().any(is_hidden)
}

fn cfg_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute
                .meta
                .require_list()
                .is_ok_and(|list| list.tokens.to_string() == "test")
    })
}

/// What the caller of an item notices: `#[must_use]` with its text, and `#[deprecated]`.
fn attributes(attributes: &[syn::Attribute]) -> String {
    let mut text = String::new();
    for attribute in attributes {
        if attribute.path().is_ident("deprecated") {
            text.push_str("#[deprecated] ");
        } else if attribute.path().is_ident("must_use") {
            let reason = match &attribute.meta {
                syn::Meta::NameValue(pair) => {
                    quote::ToTokens::to_token_stream(&pair.value).to_string()
                }
                syn::Meta::List(list) => list.tokens.to_string(),
                syn::Meta::Path(_) => String::new(),
            };
            text.push_str(&format!(
                "#[must_use{}] ",
                if reason.is_empty() {
                    reason
                } else {
                    format!(" = {reason}")
                }
            ));
        }
    }
    text
}

fn derives(attributes: &[syn::Attribute]) -> Vec<String> {
    let lists = attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("derive"));
    let names = lists
        .filter_map(|list| list.meta.require_list().ok())
        .flat_map(|list| {
            let names: Vec<String> = list
                .tokens
                .to_string()
                .split(',')
                .map(|name| name.trim().to_owned())
                .collect();
            names
        });
    names.filter(|name| !name.is_empty()).collect()
}
