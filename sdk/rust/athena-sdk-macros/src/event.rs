//! `#[event]` on a struct.

use crate::pieces::{docs, Pieces};
use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, Fields, ItemStruct, Result};

/// The topics that an event may have beside its name.
const INDEXED_MAX: usize = 3;

/// Implements `Event` for the struct.
pub fn expand(mut item: ItemStruct) -> Result<TokenStream> {
    if !item.generics.params.is_empty() {
        return Err(Error::new_spanned(
            &item.generics,
            "an event has no generic parameters",
        ));
    }
    let name = item.ident.to_string();
    let mut abi = Pieces::default();
    abi.text("{\"name\":").string(&name).text(",\"topic\":\"");
    abi.expr(quote!(&::athena_sdk::abi::hex::<64>(&TOPIC)))
        .text("\",\"docs\":");
    abi.string(&docs(&item.attrs)).text(",\"fields\":[");
    let (mut indexed, mut plain) = (Vec::new(), Vec::new());
    match &mut item.fields {
        Fields::Named(named) => {
            for (i, field) in named.named.iter_mut().enumerate() {
                let ident = field.ident.clone().expect("a named field has a name");
                let before = field.attrs.len();
                field.attrs.retain(|attr| !attr.path().is_ident("indexed"));
                let topic = field.attrs.len() < before;
                abi.text(if i > 0 { ",{" } else { "{" })
                    .named(&ident.to_string(), &field.ty)?;
                abi.text(if topic {
                    ",\"indexed\":true}"
                } else {
                    ",\"indexed\":false}"
                });
                if topic { &mut indexed } else { &mut plain }.push(ident);
            }
        }
        Fields::Unit => {}
        Fields::Unnamed(f) => return Err(Error::new_spanned(f, "name the fields of an event")),
    }
    abi.text("]}");
    if indexed.len() > INDEXED_MAX {
        return Err(Error::new_spanned(
            &item,
            "at most three fields of an event are indexed",
        ));
    }
    let (ident, abi) = (&item.ident, abi.joined());
    Ok(quote! {
        #item

        const _: () = {
            const TOPIC: ::athena_sdk::event::Topic =
                ::athena_sdk::hash::blake3_const(#name.as_bytes());

            impl ::athena_sdk::event::Event for #ident {
                const TOPIC: ::athena_sdk::event::Topic = TOPIC;
                const ABI: &'static [u8] = #abi;

                fn emit(&self) {
                    let topics = [TOPIC, #(::athena_sdk::event::topic(&self.#indexed)),*];
                    let data = ::athena_sdk::Encode::encode(&(#(&self.#plain,)*));
                    ::athena_sdk::event::emit_raw(&topics, &data);
                }
            }
        };
    })
}
