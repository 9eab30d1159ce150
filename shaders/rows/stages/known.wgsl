// The results of blocks of rows of which all is known from earlier dispatches.
@group(0) @binding(4) var<storage, read> statistics: array<vec2<u32>>;
