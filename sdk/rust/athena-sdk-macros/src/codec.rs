//! The encoding of structs and enums: SCALE, fields in order, variants by their position.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{DataEnum, Error, Fields, Ident, Result};

/// The variants that a byte can name.
const VARIANTS_MAX: usize = 256;

/// Implements `Encode` and `Decode` for a struct.
pub fn implement_struct(name: &Ident, fields: &Fields) -> TokenStream {
    let (pattern, bound) = bind(fields);
    let encode = quote! {
        let #name #pattern = self;
        #(::athena_sdk::Encode::encode_to(#bound, out);)*
    };
    let build = build(fields);
    implement(name, encode, quote!(Ok(#name #build)))
}

/// Implements `Encode` and `Decode` for an enum.
pub fn implement_enum(name: &Ident, data: &DataEnum) -> Result<TokenStream> {
    if data.variants.len() > VARIANTS_MAX || data.variants.is_empty() {
        return Err(Error::new_spanned(
            name,
            "an enum of the ABI has 1 to 256 variants",
        ));
    }
    let (mut encode, mut decode) = (Vec::new(), Vec::new());
    for (i, variant) in data.variants.iter().enumerate() {
        let (i, ident) = (i as u8, &variant.ident);
        let (pattern, bound) = bind(&variant.fields);
        let build = build(&variant.fields);
        encode.push(quote! {
            #name::#ident #pattern => {
                out.push(#i);
                #(::athena_sdk::Encode::encode_to(#bound, out);)*
            }
        });
        decode.push(quote!(#i => Ok(#name::#ident #build),));
    }
    let encode = quote!(match self { #(#encode)* });
    let decode = quote! {
        match <u8 as ::athena_sdk::Decode>::decode(input)? {
            #(#decode)*
            #[allow(unreachable_patterns)]
            _ => Err(::athena_sdk::codec::Malformed),
        }
    };
    Ok(implement(name, encode, decode))
}

fn implement(name: &Ident, encode: TokenStream, decode: TokenStream) -> TokenStream {
    quote! {
        impl ::athena_sdk::Encode for #name {
            #[allow(unused_variables)]
            fn encode_to(&self, out: &mut ::athena_sdk::codec::Bytes) {
                #encode
            }
        }

        impl ::athena_sdk::Decode for #name {
            #[allow(unused_variables)]
            fn decode(
                input: &mut &[u8],
            ) -> ::core::result::Result<Self, ::athena_sdk::codec::Malformed> {
                #decode
            }
        }
    }
}

/// A pattern for the fields, and the names that it binds in order.
fn bind(fields: &Fields) -> (TokenStream, Vec<Ident>) {
    let bound: Vec<Ident> = (0..fields.len())
        .map(|i| format_ident!("field{i}"))
        .collect();
    let pattern = match fields {
        Fields::Unit => quote!(),
        Fields::Unnamed(_) => quote!((#(#bound),*)),
        Fields::Named(named) => {
            let names = named.named.iter().map(|field| &field.ident);
            quote!({ #(#names: #bound),* })
        }
    };
    (pattern, bound)
}

/// The fields, each decoded from `input`.
fn build(fields: &Fields) -> TokenStream {
    let decode = quote!(::athena_sdk::Decode::decode(input)?);
    match fields {
        Fields::Unit => quote!(),
        Fields::Unnamed(unnamed) => {
            let each = unnamed.unnamed.iter().map(|_| &decode);
            quote!((#(#each),*))
        }
        Fields::Named(named) => {
            let names = named.named.iter().map(|field| &field.ident);
            quote!({ #(#names: #decode),* })
        }
    }
}
