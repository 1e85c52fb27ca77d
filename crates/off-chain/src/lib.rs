//! What stands for Anchor's macros on accounts and errors where Anchor does not compile (it asserts the chain's pointer size, so not for
//! wasm32): the same layouts, discriminators and codes, and nothing that loads, logs or signs.

use proc_macro::{Delimiter, Group, TokenStream, TokenTree};
use sha2::{Digest, Sha256};

/// An account's struct with the layout and discriminator that Anchor gives it.
#[proc_macro_attribute]
pub fn account(_: TokenStream, item: TokenStream) -> TokenStream {
    let name = name_of(&item, "struct");
    let hash = Sha256::digest(format!("account:{name}"));
    let derived = "#[derive(Clone, Copy, ::bytemuck::Pod, ::bytemuck::Zeroable)] #[repr(C)]";
    let trait_impl = format!(
        "impl crate::anchor::Discriminator for {name} {{ const DISCRIMINATOR: &'static [u8] = &{:?}; }}",
        &hash[..8]
    );
    parsed(derived).into_iter().chain(item).chain(parsed(&trait_impl)).collect()
}

/// An enum of errors without its sentences: they are in the IDL.
#[proc_macro_attribute]
pub fn error_code(_: TokenStream, item: TokenStream) -> TokenStream {
    let derived = parsed("#[derive(Clone, Copy)] #[repr(u32)]");
    let bare = item.into_iter().map(|tree| match tree {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
            TokenTree::Group(Group::new(Delimiter::Brace, without_attributes(group.stream())))
        }
        other => other,
    });
    derived.into_iter().chain(bare).collect()
}

/// Nothing: an IDL is built on the host.
#[proc_macro_derive(IdlType)]
pub fn idl_type(_: TokenStream) -> TokenStream {
    TokenStream::new()
}

fn parsed(source: &str) -> TokenStream {
    source.parse().expect("the source above is Rust")
}

/// The word after `keyword`.
fn name_of(item: &TokenStream, keyword: &str) -> String {
    let words = item.clone().into_iter().map(|tree| tree.to_string());
    words.skip_while(|word| word != keyword).nth(1).unwrap_or_else(|| panic!("expected a {keyword}"))
}

fn without_attributes(variants: TokenStream) -> TokenStream {
    let mut trees = variants.into_iter();
    let mut kept = Vec::new();
    while let Some(tree) = trees.next() {
        if matches!(&tree, TokenTree::Punct(punct) if punct.as_char() == '#') {
            trees.next();
        } else {
            kept.push(tree);
        }
    }
    kept.into_iter().collect()
}
