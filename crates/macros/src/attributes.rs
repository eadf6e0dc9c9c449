use syn::meta::ParseNestedMeta;
use syn::{DeriveInput, LitStr, Path, Result, Type};

/// What `#[event(…)]` says.
#[derive(Default)]
pub(crate) struct Attributes {
    pub(crate) name: Option<LitStr>,
    pub(crate) reply: Option<Type>,
    pub(crate) path: Option<Path>,
}

impl Attributes {
    pub(crate) fn of(input: &DeriveInput) -> Result<Self> {
        let mut attributes = Self::default();
        for attribute in &input.attrs {
            if attribute.path().is_ident("event") {
                attribute.parse_nested_meta(|meta| attributes.take(&meta))?;
            }
        }
        Ok(attributes)
    }

    fn take(&mut self, meta: &ParseNestedMeta<'_>) -> Result<()> {
        if meta.path.is_ident("name") {
            once(meta, &mut self.name)
        } else if meta.path.is_ident("reply") {
            once(meta, &mut self.reply)
        } else if meta.path.is_ident("crate") {
            once(meta, &mut self.path)
        } else {
            Err(meta.error(
                "an event has `name = \"…\"`, `reply = Type` and `crate = path`, and nothing else",
            ))
        }
    }
}

fn once<T: syn::parse::Parse>(meta: &ParseNestedMeta<'_>, place: &mut Option<T>) -> Result<()> {
    if place.is_some() {
        return Err(meta.error("this is said twice"));
    }
    *place = Some(meta.value()?.parse()?);
    Ok(())
}
