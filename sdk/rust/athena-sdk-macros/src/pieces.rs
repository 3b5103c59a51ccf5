//! Text that is known in part now and in part to the compiler later.

use proc_macro2::TokenStream;
use quote::{quote, ToTokens};
use syn::{
    Attribute, Error, Expr, ExprLit, GenericArgument, Lit, Meta, PathArguments, Result, Type,
};

/// Pieces of bytes: literals, and constant expressions of type `&[u8]`.
#[derive(Default)]
pub struct Pieces {
    done: Vec<TokenStream>,
    literal: String,
}

impl Pieces {
    /// Adds text.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.literal.push_str(text);
        self
    }

    /// Adds a JSON string.
    pub fn string(&mut self, text: &str) -> &mut Self {
        self.literal.push('"');
        for c in text.chars() {
            match c {
                '"' => self.literal.push_str("\\\""),
                '\\' => self.literal.push_str("\\\\"),
                '\n' => self.literal.push_str("\\n"),
                c if (c as u32) < 0x20 => self.literal.push_str(&format!("\\u{:04x}", c as u32)),
                c => self.literal.push(c),
            }
        }
        self.literal.push('"');
        self
    }

    /// Adds a constant expression of type `&[u8]`.
    pub fn expr(&mut self, expr: TokenStream) -> &mut Self {
        self.flush();
        self.done.push(expr);
        self
    }

    fn flush(&mut self) {
        if !self.literal.is_empty() {
            let literal = std::mem::take(&mut self.literal);
            self.done.push(quote!(#literal.as_bytes()));
        }
    }

    /// An expression of type `&'static [u8]`: the pieces joined.
    pub fn joined(mut self) -> TokenStream {
        self.flush();
        let pieces = self.done;
        quote!({
            const PIECES: &[&[u8]] = &[#(#pieces),*];
            const LEN: usize = ::athena_sdk::abi::length(PIECES);
            const JOINED: [u8; LEN] = ::athena_sdk::abi::join(PIECES);
            &JOINED
        })
    }

    /// Adds the description of a type. Containers are spelled out here, since their names depend
    /// on what they contain; all other types describe themselves.
    pub fn ty(&mut self, ty: &Type) -> Result<&mut Self> {
        match ty {
            Type::Paren(t) => return self.ty(&t.elem),
            Type::Group(t) => return self.ty(&t.elem),
            Type::Array(t) => {
                let Expr::Lit(ExprLit {
                    lit: Lit::Int(len), ..
                }) = &t.len
                else {
                    return Err(Error::new_spanned(&t.len, "write the length as a number"));
                };
                let len = len.base10_digits().to_owned();
                self.text("[").ty(&t.elem)?.text(&format!(";{len}]"));
            }
            Type::Tuple(t) => {
                self.text("(").types(t.elems.iter())?.text(")");
            }
            Type::Path(t) if t.qself.is_none() => {
                let last = t.path.segments.last().expect("a path has segments");
                let container = last.ident == "Vec" || last.ident == "Option";
                match &last.arguments {
                    PathArguments::AngleBracketed(args) if container => {
                        let inner = args.args.iter().filter_map(|a| match a {
                            GenericArgument::Type(t) => Some(t),
                            _ => None,
                        });
                        self.text(&format!("{}<", last.ident))
                            .types(inner)?
                            .text(">");
                    }
                    _ => {
                        self.described(ty);
                    }
                }
            }
            Type::Reference(_) => {
                return Err(Error::new_spanned(
                    ty,
                    "arguments and results are owned values",
                ))
            }
            _ => {
                self.described(ty);
            }
        }
        Ok(self)
    }

    fn described(&mut self, ty: &impl ToTokens) {
        self.expr(quote!(<#ty as ::athena_sdk::abi::Describe>::TYPE.as_bytes()));
    }

    /// Adds the descriptions of types with commas between them.
    pub fn types<'a>(&mut self, types: impl Iterator<Item = &'a Type>) -> Result<&mut Self> {
        for (i, ty) in types.enumerate() {
            if i > 0 {
                self.text(",");
            }
            self.ty(ty)?;
        }
        Ok(self)
    }

    /// Adds `"name":…,"type":"…"` for a field or an argument.
    pub fn named(&mut self, name: &str, ty: &Type) -> Result<&mut Self> {
        self.text("\"name\":")
            .string(name)
            .text(",\"type\":\"")
            .ty(ty)?
            .text("\"");
        Ok(self)
    }
}

/// The text of the documentation comments.
pub fn docs(attrs: &[Attribute]) -> String {
    let mut lines = Vec::new();
    for attr in attrs {
        if let Meta::NameValue(meta) = &attr.meta {
            if let (
                true,
                Expr::Lit(ExprLit {
                    lit: Lit::Str(line),
                    ..
                }),
            ) = (meta.path.is_ident("doc"), &meta.value)
            {
                let line = line.value();
                lines.push(
                    line.strip_prefix(' ')
                        .unwrap_or(&line)
                        .trim_end()
                        .to_owned(),
                );
            }
        }
    }
    lines.join("\n")
}
