//! rust-analyzer's answers, in our words.

use super::plain::plain;
use crate::protocol::{Answer, Candidate, Documentation, Found, Question};
use ra_ap_hir::PrefixKind;
use ra_ap_ide::{
    Analysis, CallableSnippets, CompletionConfig, CompletionFieldsToResolve, CompletionItemKind,
    FileId, FilePosition, FileRange, HoverConfig, HoverDocFormat, RaFixtureConfig, SubstTyLen,
};
use ra_ap_ide_db::imports::insert_use::{ImportGranularity, InsertUseConfig};
use ra_ap_ide_db::{SnippetCap, SymbolKind};
use ra_ap_syntax::{TextRange, TextSize};

/// What could stand at the offset: only what goes on with what is typed there, and in its place.
pub(super) fn completions(analysis: &Analysis, file_id: FileId, question: &Question) -> Answer {
    let offset = position(&question.source, question.offset);
    let place = FilePosition { file_id, offset };
    let items = match analysis.completions(&completion_config(), place, None) {
        Ok(items) => items.unwrap_or_default(),
        Err(_) => return Answer::Failed("rust-analyzer was interrupted".into()),
    };
    let mut found = Found {
        candidates: Vec::new(),
        start: question.offset,
        end: question.offset,
    };
    let mut replaced = None;
    for item in items {
        let mut edits = item.text_edit.iter();
        let (Some(edit), None) = (edits.next(), edits.next()) else {
            continue;
        };
        let typed = question.source.get(std::ops::Range::from(edit.delete));
        if !typed.is_some_and(|typed| item.lookup().starts_with(typed)) {
            continue;
        }
        // All are to replace the same.
        if *replaced.get_or_insert(edit.delete) != edit.delete {
            continue;
        }
        found.start = edit.delete.start().into();
        found.end = edit.delete.end().into();
        found.candidates.push(Candidate {
            code: edit.insert.clone(),
            kind: kind(item.kind).to_owned(),
            label: item.label.primary.to_string(),
        });
    }
    Answer::Completions(found)
}

/// What is known of the name at the offset.
pub(super) fn documentation(analysis: &Analysis, file_id: FileId, offset: usize) -> Answer {
    let offset = TextSize::try_from(offset).unwrap_or_default();
    let range = TextRange::empty(offset);
    let place = FileRange { file_id, range };
    let hover = analysis.hover(&hover_config(), place).ok().flatten();
    Answer::Documentation(hover.map(|hover| {
        let markdown = String::from(hover.info.markup);
        let mut html = String::new();
        pulldown_cmark::html::push_html(&mut html, pulldown_cmark::Parser::new(&markdown));
        // rust-analyzer's own plain text has no break after a heading.
        let plain = plain(&markdown);
        Documentation { plain, html }
    }))
}

/// An offset that is within the source and between two characters.
fn position(source: &str, offset: usize) -> TextSize {
    let offset = source.floor_char_boundary(offset);
    TextSize::try_from(offset).unwrap_or_default()
}

fn completion_config() -> CompletionConfig<'static> {
    CompletionConfig {
        enable_postfix_completions: true,
        enable_imports_on_the_fly: false,
        enable_self_on_the_fly: true,
        enable_auto_iter: true,
        enable_auto_await: true,
        enable_private_editable: false,
        enable_term_search: false,
        term_search_fuel: 0,
        full_function_signatures: true,
        callable: Some(CallableSnippets::FillArguments),
        add_semicolon_to_unit: true,
        add_colons_to_module: true,
        snippet_cap: SnippetCap::new(true),
        insert_use: InsertUseConfig {
            granularity: ImportGranularity::Item,
            enforce_granularity: false,
            prefix_kind: PrefixKind::ByCrate,
            group: false,
            skip_glob_imports: false,
        },
        prefer_no_std: false,
        prefer_prelude: false,
        prefer_absolute: false,
        snippets: Vec::new(),
        limit: None,
        fields_to_resolve: CompletionFieldsToResolve::empty(),
        exclude_flyimport: Vec::new(),
        exclude_traits: &[],
        ra_fixture: RaFixtureConfig::default(),
    }
}

fn hover_config() -> HoverConfig<'static> {
    HoverConfig {
        links_in_hover: true,
        memory_layout: None,
        documentation: true,
        format: HoverDocFormat::Markdown,
        keywords: true,
        max_trait_assoc_items_count: None,
        max_fields_count: Some(5),
        max_enum_variants_count: Some(5),
        max_subst_ty_len: SubstTyLen::Unlimited,
        show_drop_glue: false,
        ra_fixture: RaFixtureConfig::default(),
    }
}

/// The words that front ends have icons for.
fn kind(kind: CompletionItemKind) -> &'static str {
    match kind {
        CompletionItemKind::SymbolKind(symbol) => match symbol {
            SymbolKind::Module | SymbolKind::CrateRoot | SymbolKind::ToolModule => "module",
            SymbolKind::Struct
            | SymbolKind::Enum
            | SymbolKind::Union
            | SymbolKind::Trait
            | SymbolKind::TypeAlias
            | SymbolKind::TypeParam
            | SymbolKind::SelfType => "class",
            SymbolKind::Function
            | SymbolKind::Method
            | SymbolKind::Macro
            | SymbolKind::ProcMacro
            | SymbolKind::Derive
            | SymbolKind::DeriveHelper
            | SymbolKind::Attribute
            | SymbolKind::BuiltinAttr => "function",
            _ => "instance",
        },
        CompletionItemKind::Keyword => "keyword",
        _ => "instance",
    }
}
