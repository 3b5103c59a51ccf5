//! `#[template]` on an impl block.

use crate::pieces::{docs, Pieces};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{
    parenthesized, Error, FnArg, GenericArgument, Ident, ImplItem, ImplItemFn, ItemImpl, Pat, Path,
    PathArguments, Result, ReturnType, Token, Type,
};

/// Methods that are principal-only in every template with `verify`, whatever the record says.
const ALWAYS_PRINCIPAL: [&str; 6] = ["spawn", "verify", "max_spend", "spend", "proxy", "deploy"];

/// `athexp_` and the method's name together.
const EXPORT_NAME_MAX: usize = 64;

/// A method that is exported.
struct Method {
    name: Ident,
    docs: String,
    receiver: bool,
    public: bool,
    nonreentrant: bool,
    args: Vec<(Ident, Type)>,
    returns: Returns,
}

enum Returns {
    Nothing,
    Value(Box<Type>),
    Fallible(Box<[Type; 2]>),
}

/// Exports the methods, and describes the template.
pub fn expand(args: TokenStream, mut item: ItemImpl) -> Result<TokenStream> {
    if item.trait_.is_some() || !item.generics.params.is_empty() {
        let message = "#[template] goes on a plain impl block";
        return Err(Error::new_spanned(&item.self_ty, message));
    }
    let events = parse_events.parse2(args)?;
    let mut methods = Vec::new();
    for entry in &mut item.items {
        if let ImplItem::Fn(f) = entry {
            if let Some(method) = Method::take(f)? {
                methods.push(method);
            }
        }
    }
    let own = &item.self_ty;
    let guarded = methods.iter().any(|m| m.name == "verify");
    let exports = methods.iter().map(|m| m.export(own, guarded));
    let abi = describe(own, &methods, &events, guarded)?;
    Ok(quote! {
        #[cfg_attr(not(target_arch = "riscv32"), allow(dead_code))]
        #item

        #[cfg(target_arch = "riscv32")]
        const _: () = {
            #(#exports)*

            const ABI: &[u8] = #abi;
            #[unsafe(no_mangle)]
            #[unsafe(link_section = ".athena.abi")]
            static ATHENA_ABI: [u8; ABI.len()] = ::athena_sdk::abi::join(&[ABI]);
        };
    })
}

/// `events(A, B)`, or nothing.
fn parse_events(input: ParseStream) -> Result<Vec<Path>> {
    if input.is_empty() {
        return Ok(Vec::new());
    }
    let word: Ident = input.parse()?;
    if word != "events" {
        return Err(Error::new_spanned(word, "expected events(…)"));
    }
    let list;
    parenthesized!(list in input);
    Ok(Punctuated::<Path, Token![,]>::parse_terminated(&list)?
        .into_iter()
        .collect())
}

/// The words of `#[callable(…)]`.
#[derive(Default)]
struct Options {
    public: bool,
    nonreentrant: bool,
}

impl Parse for Options {
    fn parse(input: ParseStream) -> Result<Self> {
        let mut options = Options::default();
        for word in Punctuated::<Ident, Token![,]>::parse_terminated(input)? {
            match word.to_string().as_str() {
                "public" => options.public = true,
                "nonreentrant" => options.nonreentrant = true,
                _ => return Err(Error::new_spanned(word, "expected public or nonreentrant")),
            }
        }
        Ok(options)
    }
}

impl Method {
    /// Takes the mark off a function; None if it has none.
    fn take(f: &mut ImplItemFn) -> Result<Option<Method>> {
        let Some(at) = f
            .attrs
            .iter()
            .position(|attr| attr.path().is_ident("callable"))
        else {
            return Ok(None);
        };
        let mark = f.attrs.remove(at);
        let options = match &mark.meta {
            syn::Meta::Path(_) => Options::default(),
            _ => mark.parse_args::<Options>()?,
        };
        let name = f.sig.ident.clone();
        if "athexp_".len() + name.to_string().len() > EXPORT_NAME_MAX {
            return Err(Error::new_spanned(
                name,
                "the exported name exceeds 64 bytes",
            ));
        }
        if options.public && ALWAYS_PRINCIPAL.iter().any(|always| name == always) {
            let message = "this method is never public in a template with verify";
            return Err(Error::new_spanned(name, message));
        }
        if !f.sig.generics.params.is_empty() || f.sig.asyncness.is_some() {
            return Err(Error::new_spanned(
                &f.sig,
                "a callable method is neither generic nor async",
            ));
        }
        let (mut receiver, mut args) = (false, Vec::new());
        for input in &f.sig.inputs {
            match input {
                FnArg::Receiver(r) if r.mutability.is_some() || r.reference.is_none() => {
                    let message =
                        "the state is immutable: take &self, and keep what changes in storage";
                    return Err(Error::new_spanned(r, message));
                }
                FnArg::Receiver(_) => receiver = true,
                FnArg::Typed(arg) => match &*arg.pat {
                    Pat::Ident(pat) => args.push((pat.ident.clone(), (*arg.ty).clone())),
                    other => return Err(Error::new_spanned(other, "name the argument")),
                },
            }
        }
        let returns = match &f.sig.output {
            ReturnType::Default => Returns::Nothing,
            ReturnType::Type(_, ty) => fallible(ty).unwrap_or(Returns::Value(ty.clone())),
        };
        Ok(Some(Method {
            name,
            docs: docs(&f.attrs),
            receiver,
            public: options.public,
            nonreentrant: options.nonreentrant,
            args,
            returns,
        }))
    }

    /// The exported function and its record.
    fn export(&self, own: &Type, guarded: bool) -> TokenStream {
        let name = &self.name;
        // The names keep the items for the linker, whose script keeps the sections: #[used] would do
        // too, but makes the file one for GNU systems only (ELF's OS/ABI).
        let record = format_ident!("ATHENA_EXPORT_{name}");
        let (export, nul) = (format_ident!("athexp_{name}"), format!("athexp_{name}\0"));
        let principal_only = guarded && !self.public;
        let take = self.args.iter().map(|(arg, ty)| {
            let text = arg.to_string();
            quote!(let #arg: #ty = ::athena_sdk::rt::take(&mut rest, #text);)
        });
        let args = self.args.iter().map(|(arg, _)| arg);
        let (this, call) = if self.receiver {
            let this = quote!(let this: #own = ::athena_sdk::rt::take(&mut rest, "self"););
            (this, quote!(<#own>::#name(&this, #(#args),*)))
        } else {
            (quote!(), quote!(<#own>::#name(#(#args),*)))
        };
        let give = match self.returns {
            Returns::Fallible(..) => quote!(::athena_sdk::rt::give_or_revert),
            _ => quote!(::athena_sdk::rt::give),
        };
        let (lock, unlock) = if self.nonreentrant {
            (
                quote!(::athena_sdk::rt::lock();),
                quote!(::athena_sdk::rt::unlock();),
            )
        } else {
            (quote!(), quote!())
        };
        quote! {
            const _: () = {
                #[unsafe(no_mangle)]
                unsafe extern "C" fn #export() {
                    let input = ::athena_sdk::rt::input();
                    #[allow(unused_mut)]
                    let mut rest = &input[..];
                    #this
                    #(#take)*
                    ::athena_sdk::rt::finish(rest);
                    #lock
                    let result = #call;
                    #unlock
                    #give(&result);
                }

                #[unsafe(no_mangle)]
                #[unsafe(link_section = ".note.athena_export")]
                static #record: ::athena_sdk::rt::Export =
                    ::athena_sdk::rt::Export::new(#principal_only, #export, #nul.as_bytes());
            };
        }
    }

    fn describe(&self, abi: &mut Pieces, guarded: bool) -> Result<()> {
        let name = self.name.to_string();
        abi.text("{\"name\":")
            .string(&name)
            .text(",\"selector\":\"");
        let selector = quote!(&::athena_sdk::Selector::of(#name).0);
        abi.expr(quote!(&::athena_sdk::abi::hex::<8>(#selector)));
        abi.text("\",\"docs\":").string(&self.docs);
        abi.text(&format!(",\"receiver\":{}", self.receiver));
        abi.text(&format!(
            ",\"principalOnly\":{},\"args\":[",
            guarded && !self.public
        ));
        for (i, (arg, ty)) in self.args.iter().enumerate() {
            abi.text(if i > 0 { ",{" } else { "{" })
                .named(&arg.to_string(), ty)?
                .text("}");
        }
        abi.text("],\"returns\":\"");
        match &self.returns {
            Returns::Nothing => abi.text("()\"}"),
            Returns::Value(ty) => abi.ty(ty)?.text("\"}"),
            Returns::Fallible(types) => {
                let [ok, error] = &**types;
                abi.ty(ok)?.text("\",\"error\":\"").ty(error)?.text("\"}")
            }
        };
        Ok(())
    }
}

/// The two types of a `Result`.
fn fallible(ty: &Type) -> Option<Returns> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    let PathArguments::AngleBracketed(args) = &last.arguments else {
        return None;
    };
    let mut types = args.args.iter().filter_map(|arg| match arg {
        GenericArgument::Type(ty) => Some(ty.clone()),
        _ => None,
    });
    match (last.ident == "Result", types.next(), types.next()) {
        (true, Some(ok), Some(error)) => Some(Returns::Fallible(Box::new([ok, error]))),
        _ => None,
    }
}

/// The JSON document of the template.
fn describe(own: &Type, methods: &[Method], events: &[Path], guarded: bool) -> Result<TokenStream> {
    let mut abi = Pieces::default();
    let name = quote!(#own).to_string();
    abi.text("{\"abi\":1,\"name\":")
        .string(&name)
        .text(",\"docs\":");
    abi.expr(quote!(<#own as ::athena_sdk::rt::State>::DOCS))
        .text(",\"state\":");
    abi.expr(quote!(<#own as ::athena_sdk::rt::State>::FIELDS))
        .text(",\"methods\":[");
    for (i, method) in methods.iter().enumerate() {
        abi.text(if i > 0 { "," } else { "" });
        method.describe(&mut abi, guarded)?;
    }
    abi.text("],\"events\":[");
    for (i, event) in events.iter().enumerate() {
        abi.text(if i > 0 { "," } else { "" });
        abi.expr(quote!(<#event as ::athena_sdk::event::Event>::ABI));
    }
    abi.text("]}");
    Ok(abi.joined())
}
