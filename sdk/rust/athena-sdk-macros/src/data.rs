//! `#[data]` on a struct or an enum.

use crate::pieces::Pieces;
use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, Fields, Generics, Item, Result};

/// Makes the type encodable, and describes it.
pub fn expand(item: Item) -> Result<TokenStream> {
    let mut text = Pieces::default();
    let name = match &item {
        Item::Struct(s) => {
            plain(&s.generics)?;
            text.text(&s.ident.to_string());
            fields(&mut text, &s.fields)?;
            &s.ident
        }
        Item::Enum(e) => {
            plain(&e.generics)?;
            text.text(&format!("{}<", e.ident));
            for (i, variant) in e.variants.iter().enumerate() {
                text.text(if i > 0 { "," } else { "" }).text(&variant.ident.to_string());
                fields(&mut text, &variant.fields)?;
            }
            text.text(">");
            &e.ident
        }
        other => return Err(Error::new_spanned(other, "#[data] goes on a struct or an enum")),
    };
    let text = text.joined();
    Ok(quote! {
        #[derive(::athena_sdk::codec::Encode, ::athena_sdk::codec::Decode)]
        #[codec(crate = ::athena_sdk::codec)]
        #item

        impl ::athena_sdk::abi::Describe for #name {
            const TYPE: &'static str = ::athena_sdk::abi::text(#text);
        }
    })
}

fn plain(generics: &Generics) -> Result<()> {
    if generics.params.is_empty() {
        return Ok(());
    }
    Err(Error::new_spanned(generics, "a type of the ABI has no generic parameters"))
}

fn fields(text: &mut Pieces, fields: &Fields) -> Result<()> {
    match fields {
        Fields::Unit => {}
        Fields::Unnamed(f) => {
            text.text("(").types(f.unnamed.iter().map(|f| &f.ty))?.text(")");
        }
        Fields::Named(f) => {
            text.text("{");
            for (i, field) in f.named.iter().enumerate() {
                let name = field.ident.as_ref().expect("a named field has a name");
                text.text(if i > 0 { "," } else { "" }).text(&format!("{name}:")).ty(&field.ty)?;
            }
            text.text("}");
        }
    }
    Ok(())
}
