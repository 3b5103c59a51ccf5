//! `#[data]` on a struct or an enum.

use crate::codec;
use crate::pieces::Pieces;
use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Error, Fields, Result};

/// Makes the type encodable, and describes it.
pub fn expand(item: DeriveInput) -> Result<TokenStream> {
    let mut text = Pieces::default();
    let (name, codec) = match &item.data {
        Data::Struct(s) => {
            text.text(&item.ident.to_string());
            fields(&mut text, &s.fields)?;
            (&item.ident, codec::implement_struct(&item.ident, &s.fields))
        }
        Data::Enum(e) => {
            text.text(&format!("{}<", item.ident));
            for (i, variant) in e.variants.iter().enumerate() {
                text.text(if i > 0 { "," } else { "" })
                    .text(&variant.ident.to_string());
                fields(&mut text, &variant.fields)?;
            }
            text.text(">");
            (&item.ident, codec::implement_enum(&item.ident, e)?)
        }
        Data::Union(_) => {
            return Err(Error::new_spanned(
                item,
                "#[data] goes on a struct or an enum",
            ))
        }
    };
    if !item.generics.params.is_empty() {
        let message = "a type of the ABI has no generic parameters";
        return Err(Error::new_spanned(&item.generics, message));
    }
    let text = text.joined();
    Ok(quote! {
        #item

        #codec

        impl ::athena_sdk::abi::Describe for #name {
            const TYPE: &'static str = ::athena_sdk::abi::text(#text);
        }
    })
}

fn fields(text: &mut Pieces, fields: &Fields) -> Result<()> {
    match fields {
        Fields::Unit => {}
        Fields::Unnamed(f) => {
            text.text("(")
                .types(f.unnamed.iter().map(|f| &f.ty))?
                .text(")");
        }
        Fields::Named(f) => {
            text.text("{");
            for (i, field) in f.named.iter().enumerate() {
                let name = field.ident.as_ref().expect("a named field has a name");
                text.text(if i > 0 { "," } else { "" })
                    .text(&format!("{name}:"))
                    .ty(&field.ty)?;
            }
            text.text("}");
        }
    }
    Ok(())
}
