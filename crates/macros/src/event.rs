use proc_macro2::TokenStream;
use quote::quote;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Error, Fields, LitStr, Result};

use crate::attributes::Attributes;
use crate::name;

/// The `impl Event` of a type.
pub(crate) fn derive(input: &DeriveInput) -> Result<TokenStream> {
    let attributes = Attributes::of(input)?;
    let form = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Unit => quote!(Empty),
            Fields::Unnamed(fields) if fields.unnamed.is_empty() => quote!(Empty),
            Fields::Unnamed(fields) if fields.unnamed.len() > 1 => quote!(Several),
            Fields::Unnamed(_) | Fields::Named(_) => quote!(Single),
        },
        Data::Enum(_) => quote!(Single),
        Data::Union(data) => {
            return Err(Error::new(
                data.union_token.span(),
                "an event is a struct or an enum: nobody can read a union from a packet",
            ));
        }
    };
    let ident = &input.ident;
    let name = attributes
        .name
        .unwrap_or_else(|| LitStr::new(&name::of_type(&ident.to_string()), ident.span()));
    name::check(&name)?;
    let path = attributes
        .path
        .map_or_else(|| quote!(::sockeye), |path| quote!(#path));
    let reply = attributes
        .reply
        .map_or_else(|| quote!(#path::event::NoReply), |reply| quote!(#reply));
    let (impl_generics, type_generics, where_clause) = input.generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        impl #impl_generics #path::event::Event for #ident #type_generics #where_clause {
            const NAME: &'static str = #name;
            type Form = #path::event::#form;
            type Reply = #reply;
        }
    })
}
