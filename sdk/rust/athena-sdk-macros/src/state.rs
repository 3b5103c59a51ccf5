//! `#[template]` on a struct.

use crate::codec;
use crate::pieces::{docs, Pieces};
use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, Fields, ItemStruct, Result};

/// Makes the struct encodable, and describes its fields.
pub fn expand(args: TokenStream, item: ItemStruct) -> Result<TokenStream> {
    if !args.is_empty() {
        return Err(Error::new_spanned(args, "the events go on the impl block"));
    }
    if !item.generics.params.is_empty() {
        return Err(Error::new_spanned(
            &item.generics,
            "a template has no generic parameters",
        ));
    }
    let mut fields = Pieces::default();
    fields.text("[");
    match &item.fields {
        Fields::Named(named) => {
            for (i, field) in named.named.iter().enumerate() {
                let name = field
                    .ident
                    .as_ref()
                    .expect("a named field has a name")
                    .to_string();
                fields
                    .text(if i > 0 { ",{" } else { "{" })
                    .named(&name, &field.ty)?
                    .text("}");
            }
        }
        Fields::Unit => {}
        Fields::Unnamed(f) => return Err(Error::new_spanned(f, "name the fields of a template")),
    }
    fields.text("]");
    let mut doc = Pieces::default();
    doc.string(&docs(&item.attrs));
    let (name, fields, doc) = (&item.ident, fields.joined(), doc.joined());
    let codec = codec::implement_struct(name, &item.fields);
    Ok(quote! {
        #item

        #codec

        impl ::athena_sdk::rt::State for #name {
            const FIELDS: &'static [u8] = #fields;
            const DOCS: &'static [u8] = #doc;
        }
    })
}
