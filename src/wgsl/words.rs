//! The words that WGSL keeps for itself.

/// The keywords and reserved words of WGSL, which name nothing in a text.
const RESERVED: &str = "\
    NULL Self abstract active alias alignas alignof as asm asm_fragment async attribute auto \
    await become break case cast catch class co_await co_return co_yield coherent column_major \
    common compile compile_fragment concept const const_assert const_cast consteval constexpr \
    constinit continue continuing crate debugger decltype default delete demote demote_to_helper \
    diagnostic discard do dynamic_cast else enable enum explicit export extends extern external \
    fallthrough false filter final finally fn for friend from fxgroup get goto groupshared highp \
    if impl implements import inline instanceof interface layout let loop lowp macro macro_rules \
    match mediump meta mod module move mut mutable namespace new nil noexcept noinline \
    nointerpolation non_coherent noncoherent noperspective null nullptr of operator override \
    package packoffset partition pass patch pixelfragment precise precision premerge priv \
    protected pub public readonly ref regardless register reinterpret_cast require requires \
    resource restrict return self set shared sizeof smooth snorm static static_assert \
    static_cast std struct subroutine super switch target template this thread_local throw trait \
    true try type typedef typeid typename typeof union unless unorm unsafe unsized use using var \
    varying virtual volatile wgsl where while with writeonly yield";

/// The predeclared names that exported functions use, and so must not hide.
const USED: [&str; 4] = ["bitcast", "f32", "i32", "u32"];

/// True if an argument of an exported function can have this name in WGSL.
pub(super) fn is_free(name: &str) -> bool {
    let mut reserved = RESERVED.split(' ');
    name != "_"
        && !name.starts_with("__")
        && !USED.contains(&name)
        && reserved.all(|word| word != name)
}

#[cfg(test)]
mod tests {
    use super::is_free;

    #[test]
    fn no_word_of_wgsl_is_free() {
        for word in naga::keywords::wgsl::RESERVED {
            assert!(!is_free(word), "{word}");
        }
        assert!(is_free("x") && is_free("froms"));
    }
}
