//! Brings two spellings of the same signature to one: paths lose their modules, parameters their
//! names, and elided lifetimes are written out.

use quote::ToTokens;
use syn::visit_mut::{self, VisitMut};

struct Normal;

impl VisitMut for Normal {
    fn visit_path_mut(&mut self, path: &mut syn::Path) {
        path.leading_colon = None;
        if let Some(last) = path.segments.pop() {
            path.segments.clear();
            path.segments.push_value(last.into_value());
        }
        visit_mut::visit_path_mut(self, path);
    }

    fn visit_type_mut(&mut self, ty: &mut syn::Type) {
        // The order of bounds of a trait object says nothing.
        if let syn::Type::TraitObject(object) = ty {
            let mut bounds: Vec<_> = object.bounds.iter().cloned().collect();
            bounds.sort_by_key(|bound| bound.to_token_stream().to_string());
            object.bounds = bounds.into_iter().collect();
        }
        if let syn::Type::Paren(paren) = ty {
            *ty = (*paren.elem).clone();
        }
        visit_mut::visit_type_mut(self, ty);
    }

    fn visit_fn_arg_mut(&mut self, argument: &mut syn::FnArg) {
        match argument {
            syn::FnArg::Typed(typed) => {
                *typed.pat = syn::parse_quote!(_);
                typed.attrs.clear();
            }
            syn::FnArg::Receiver(receiver) => {
                receiver.attrs.clear();
                if receiver.reference.is_none() {
                    receiver.mutability = None;
                }
            }
        }
        visit_mut::visit_fn_arg_mut(self, argument);
    }

    fn visit_generics_mut(&mut self, generics: &mut syn::Generics) {
        for parameter in &mut generics.params {
            if let syn::GenericParam::Type(parameter) = parameter {
                parameter.attrs.clear();
            }
        }
        if let Some(clause) = &mut generics.where_clause {
            let predicates: Vec<_> = clause.predicates.iter().cloned().collect();
            clause.predicates = predicates.into_iter().collect();
        }
        visit_mut::visit_generics_mut(self, generics);
    }
}

/// The tokens of `node` after normalisation, with single spaces.
fn text(node: impl ToTokens) -> String {
    let text = node.to_token_stream().to_string();
    let text = text
        .replace("' _", "'_")
        .replace(" , >", " >")
        .replace(", )", ")")
        .replace(",)", ")");
    let mut words: Vec<&str> = text.split_whitespace().collect();
    words.dedup_by(|next, previous| *next == "," && *previous == ",");
    words.join(" ").replace(" , )", " )")
}

/// A function's signature.
pub fn signature(signature: &syn::Signature) -> String {
    let mut signature = signature.clone();
    Normal.visit_signature_mut(&mut signature);
    // In trailing commas the two differ without meaning it.
    signature.inputs = signature.inputs.into_iter().collect();
    text(signature)
}

/// A type.
pub fn ty(ty: &syn::Type) -> String {
    let mut ty = ty.clone();
    Normal.visit_type_mut(&mut ty);
    text(ty)
}

/// A trait with its arguments.
pub fn path(path: &syn::Path) -> String {
    let mut path = path.clone();
    Normal.visit_path_mut(&mut path);
    text(path)
}

/// Generic parameters and their bounds.
pub fn generics(generics: &syn::Generics) -> String {
    let mut generics = generics.clone();
    Normal.visit_generics_mut(&mut generics);
    let parameters = text(&generics);
    let clause = text(&generics.where_clause);
    format!("{parameters} {clause}").trim().to_owned()
}
