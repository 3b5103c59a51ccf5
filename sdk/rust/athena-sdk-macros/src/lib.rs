//! The attribute macros of `athena-sdk`; use them through that crate.

mod codec;
mod data;
mod event;
mod methods;
mod pieces;
mod state;

use proc_macro::TokenStream;
use syn::{parse_macro_input, Item};

/// On a struct: makes it the immutable state of an account. On its `impl` block: exports the
/// methods marked `#[callable]`.
///
/// `#[template(events(A, B))]` on the `impl` block lists the events for the ABI. A template with a
/// method `verify` keeps every method to the account's own transactions, except those marked
/// `#[callable(public)]`; in a template without it every method is public.
#[proc_macro_attribute]
pub fn template(args: TokenStream, item: TokenStream) -> TokenStream {
    let result = match parse_macro_input!(item as Item) {
        Item::Struct(item) => state::expand(args.into(), item),
        Item::Impl(item) => methods::expand(args.into(), item),
        other => Err(syn::Error::new_spanned(
            other,
            "#[template] goes on a struct or on its impl block",
        )),
    };
    result.unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Marks a method of a `#[template]` block as callable from outside.
///
/// `#[callable(public)]` opens it to everybody in a template with `verify`;
/// `#[callable(nonreentrant)]` fails it while another such method of the account is running.
#[proc_macro_attribute]
pub fn callable(_: TokenStream, item: TokenStream) -> TokenStream {
    let item = proc_macro2::TokenStream::from(item);
    syn::Error::new_spanned(
        item,
        "#[callable] works only inside a #[template] impl block",
    )
    .into_compile_error()
    .into()
}

/// Makes a struct an event. Fields marked `#[indexed]`, at most three, become topics.
#[proc_macro_attribute]
pub fn event(_: TokenStream, item: TokenStream) -> TokenStream {
    let item = parse_macro_input!(item as syn::ItemStruct);
    event::expand(item)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Makes a struct or an enum a type of arguments, results and stored values.
#[proc_macro_attribute]
pub fn data(_: TokenStream, item: TokenStream) -> TokenStream {
    let item = parse_macro_input!(item as syn::DeriveInput);
    data::expand(item)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
